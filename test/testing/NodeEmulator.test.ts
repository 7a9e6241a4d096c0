import { spawn } from "node:child_process"
import { connect } from "node:net"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import { Faults } from "llmfx/testing"
import * as NodeEmulator from "llmfx/testing/NodeEmulator"

const root = fileURLToPath(new URL("../..", import.meta.url))

const headers = { authorization: "Bearer x", "content-type": "application/json" }
const streamed = JSON.stringify({
  model: "m",
  stream: true,
  messages: [{ role: "user", content: Array.from({ length: 200 }, (_, index) => `w${index}`).join(" ") }]
})

/** The status of the answer to a request of these bytes. */
const statusOf = (port: number, raw: string): Effect.Effect<number> =>
  Effect.promise(
    () =>
      new Promise<number>((resolve) => {
        let text = ""
        const socket = connect(port, "127.0.0.1", () => socket.write(raw))
        socket.on("data", (data) => {
          text += data
        })
        socket.on("close", () => resolve(Number(/^HTTP\/1\.1 (\d+)/.exec(text)?.[1])))
      })
  )

describe("NodeEmulator", () => {
  it.live("serves until its scope ends, and closes all connections then", () =>
    Effect.gen(function* () {
      const server = yield* Effect.scoped(
        Effect.gen(function* () {
          const server = yield* NodeEmulator.serve()
          const response = yield* Effect.promise(() => fetch(`${server.baseUrls.openai}/models`, { headers }))
          assert.strictEqual(response.status, 200)
          assert.isAbove(server.connections(), 0)
          yield* Effect.promise(() => response.text())
          return server
        })
      )
      assert.strictEqual(server.connections(), 0)
      const refused = yield* Effect.promise(() => fetch(`${server.url}/openai/v1/models`).catch(() => "refused"))
      assert.strictEqual(refused, "refused")
    })
  )

  it.live("fails if the port is taken", () =>
    Effect.gen(function* () {
      const { url } = yield* NodeEmulator.serve()
      const error = yield* Effect.flip(NodeEmulator.serve({ port: Number(new URL(url).port) }))
      assert.include(error.message, "EADDRINUSE")
    }).pipe(Effect.scoped)
  )

  const modelsOf = (method: string, host: string): string =>
    `${method} /openai/v1/models HTTP/1.1\r\nHost: ${host}\r\nAuthorization: Bearer k\r\nConnection: close\r\n\r\n`

  it.live.each<readonly [string, number, string, ReadonlyArray<string>]>([
    ["refuses a method that it does not have", 405, "TRACE", ["localhost"]],
    ["refuses what is not the name of a host", 400, "GET", ["x:99999", "a b", "localhost/x", "localhost@evil.example"]],
    ["refuses hosts that are not this machine", 403, "GET", ["evil.example", "localhost.evil.example", "10.0.0.1"]],
    ["answers the names of this machine", 200, "GET", ["localhost", "127.0.0.1", "app.localhost:80", "[::1]"]],
    ["answers the names that are allowed", 200, "GET", ["emulator.test"]]
  ])("%s", ([, status, method, hosts]) =>
    Effect.gen(function* () {
      const { url } = yield* NodeEmulator.serve({ allowedHosts: ["emulator.test"] })
      const port = Number(new URL(url).port)
      for (const host of hosts) assert.strictEqual(yield* statusOf(port, modelsOf(method, host)), status, host)
      assert.strictEqual(yield* statusOf(port, modelsOf("GET", "localhost")), 200)
    }).pipe(Effect.scoped)
  )

  it.live(
    "answers requests for connections, other places and the names of every object with what they are: wrong",
    () =>
      Effect.gen(function* () {
        const { url } = yield* NodeEmulator.serve()
        const port = Number(new URL(url).port)
        const head = (method: string, target: string) =>
          `${method} ${target} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer k\r\nConnection: close\r\n`
        const post = (path: string, body: unknown) => {
          const text = JSON.stringify(body)
          return `${head("POST", path)}Content-Type: application/json\r\nContent-Length: ${text.length}\r\n\r\n${text}`
        }
        assert.strictEqual(yield* statusOf(port, `${head("CONNECT", "evil.example:443")}\r\n`), 405)
        for (const target of ["http://u:p@localhost/openai/v1/models", "ftp://localhost/openai/v1/models"]) {
          assert.strictEqual(yield* statusOf(port, `${head("GET", target)}\r\n`), 400)
        }
        const oauth = "/coze/api/permission/oauth2/token"
        for (const grant_type of ["constructor", "__proto__"]) {
          assert.strictEqual(yield* statusOf(port, post(oauth, { client_id: "a", grant_type })), 400)
        }
        for (const type of ["constructor", "toString", "__proto__"]) {
          const schema = { type: "object", properties: { a: { type, format: type } }, required: ["a"] }
          const json_schema = { name: "a", strict: true, schema: { ...schema, additionalProperties: false } }
          const chat = { model: "m", messages: [{ role: type, content: "hi" }], tools: [{ type }] }
          const asked = [
            post("/openai/v1/chat/completions", { ...chat, response_format: { type: "json_schema", json_schema } }),
            post("/openai/v1/responses", { model: "m", input: [{ type, role: type, content: "a" }], tools: [{ type }] })
          ]
          for (const raw of asked) assert.isBelow(yield* statusOf(port, raw), 500)
        }
      }).pipe(Effect.scoped)
  )

  it.live("stops a stream whose client has gone", () =>
    Effect.gen(function* () {
      const server = yield* NodeEmulator.serve({ pace: "20 millis" })
      const gone = new AbortController()
      const response = yield* Effect.promise(() =>
        fetch(`${server.baseUrls.openai}/chat/completions`, {
          method: "POST",
          headers,
          body: streamed,
          signal: gone.signal
        })
      )
      const reader = response.body?.getReader()
      const first = yield* Effect.promise(() => reader?.read() ?? Promise.reject(new Error("no body")))
      assert.isFalse(first.done)
      assert.strictEqual(server.pending(), 1)
      gone.abort()
      yield* Effect.suspend(() => (server.pending() === 0 ? Effect.void : Effect.fail("open"))).pipe(
        Effect.retry(Schedule.spaced(5)),
        Effect.timeout("2 seconds")
      )
    }).pipe(Effect.scoped)
  )

  it.live("breaks connections if a fault says so, before the answer and within it", () =>
    Effect.gen(function* () {
      const { baseUrls, hits } = yield* NodeEmulator.serve({
        faults: Faults.inOrder(Faults.reset, Faults.dropAfterEvents(3))
      })
      const call = () => fetch(`${baseUrls.openai}/chat/completions`, { method: "POST", headers, body: streamed })
      assert.strictEqual(yield* Effect.promise(() => call().catch(() => "reset")), "reset")
      const received: Array<string> = []
      const end = yield* Effect.promise(async () => {
        const { body } = await call()
        try {
          for await (const chunk of body?.pipeThrough(new TextDecoderStream()) ?? []) received.push(chunk)
          return "whole"
        } catch {
          return "broken"
        }
      })
      assert.strictEqual(end, "broken")
      assert.strictEqual(received.join("").match(/^data: /gm)?.length, 3)
      assert.deepStrictEqual(
        (yield* hits).map(({ fault }) => fault),
        ["reset", "drop after events"]
      )
    }).pipe(Effect.scoped)
  )

  it("is a program that prints its base URLs and ends when it is told to", async () => {
    const child = spawn(
      process.execPath,
      ["scripts/run.mjs", "src/cli/NodeEmulatorMain.ts", "--port", "0", "--pace", "1 millis"],
      { cwd: root, stdio: ["ignore", "pipe", "inherit"] }
    )
    const ended = new Promise<number | null>((resolve) => child.once("exit", (code) => resolve(code)))
    let printed = ""
    for await (const chunk of child.stdout.setEncoding("utf8")) {
      printed += chunk
      if (printed.includes("COZE_API_BASE")) break
    }
    const [, base = ""] = /^OPENAI_BASE_URL=(.+)$/m.exec(printed) ?? []
    const response = await fetch(`${base}/models`, { headers })
    assert.strictEqual(response.status, 200)
    await response.text()
    child.kill("SIGTERM")
    assert.strictEqual(await ended, 0)
  })

  it("is a program that breaks the share of requests that it is told to", async () => {
    const child = spawn(
      process.execPath,
      ["scripts/run.mjs", "src/cli/NodeEmulatorMain.ts", "--port", "0", "--fault-rate", "1", "--seed", "3"],
      { cwd: root, stdio: ["ignore", "pipe", "inherit"] }
    )
    let printed = ""
    for await (const chunk of child.stdout.setEncoding("utf8")) {
      printed += chunk
      if (printed.includes("COZE_API_BASE")) break
    }
    const [, base = ""] = /^OPENAI_BASE_URL=(.+)$/m.exec(printed) ?? []
    const outcomes = await Promise.all(
      Array.from({ length: 16 }, (_, index) => (index % 2 === 0 ? "gpt-5.4" : "gpt-5.4-mini")).map((model) =>
        fetch(`${base}/models/${model}`, { headers, signal: AbortSignal.timeout(1000) })
          .then(async (response) => `${response.status} ${await response.text()}`)
          .catch(() => "broken")
      )
    )
    assert.isTrue(outcomes.some((outcome) => outcome === "broken" || !outcome.startsWith("200 {")))
    child.kill("SIGTERM")
    await new Promise((resolve) => child.once("exit", resolve))
  })

  it("is a program that explains its options where they are wrong", async () => {
    const child = spawn(process.execPath, ["scripts/run.mjs", "src/cli/NodeEmulatorMain.ts", "--pace", "soon"], {
      cwd: root,
      stdio: ["ignore", "ignore", "pipe"]
    })
    let printed = ""
    child.stderr.setEncoding("utf8").on("data", (chunk) => {
      printed += chunk
    })
    const code = await new Promise((resolve) => child.once("close", resolve))
    assert.strictEqual(code, 2)
    assert.include(printed, "--pace: soon is not a duration")
    assert.include(printed, 'such as "20 millis"')
  })
})
