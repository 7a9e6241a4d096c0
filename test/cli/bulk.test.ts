/** The command line, as programs of its own against a server on this machine. */
import { type ChildProcess, spawn } from "node:child_process"
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { createServer, type Server } from "node:http"
import type { AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { build } from "esbuild"
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest"
import { root } from "../../scripts/sources.mjs"

const folder = mkdtempSync(join(tmpdir(), "llmfx-cli-"))
const at = (name: string) => join(folder, name)
const linesOf = (name: string): ReadonlyArray<{ readonly [key: string]: unknown }> =>
  readFileSync(at(name), "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line))

/** Where the program is bundled, once: in the repository, so that its imports resolve. */
let program: string

/** What the server was asked, in order. */
let asked: Array<string> = []
let delay = 0
let server: Server
const children = new Set<ChildProcess>()

beforeAll(async () => {
  const cache = join(root, "node_modules/.cache/llmfx")
  mkdirSync(cache, { recursive: true })
  program = mkdtempSync(join(cache, "cli-"))
  await build({
    entryPoints: [join(root, "src/cli/NodeMain.ts")],
    outdir: program,
    outExtension: { ".js": ".mjs" },
    bundle: true,
    splitting: true,
    platform: "node",
    format: "esm",
    target: "node20",
    packages: "external",
    logLevel: "error"
  })
  server = createServer(async (request, response) => {
    let body = ""
    for await (const chunk of request) body += String(chunk)
    const { messages } = JSON.parse(body) as { readonly messages: ReadonlyArray<{ readonly content: string }> }
    const content = messages[0]?.content ?? ""
    asked.push(content)
    await new Promise((resolve) => setTimeout(resolve, delay))
    response.writeHead(content.includes("bad") ? 400 : 200, { "content-type": "application/json" })
    response.end(
      JSON.stringify(
        content.includes("bad")
          ? { error: { message: "bad words", type: "invalid_request_error" } }
          : {
              id: `answer to ${content}`,
              object: "chat.completion",
              created: 1,
              model: "m",
              choices: [
                {
                  index: 0,
                  finish_reason: "stop",
                  logprobs: null,
                  message: { role: "assistant", content, refusal: null }
                }
              ]
            }
      )
    )
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
})

afterEach(() => {
  for (const child of children) child.kill("SIGKILL")
  children.clear()
  asked = []
  delay = 0
})

afterAll(() => {
  server.close()
  server.closeAllConnections()
  for (const path of [folder, program]) rmSync(path, { recursive: true, force: true })
})

interface Ended {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

const start = (...args: ReadonlyArray<string>) => {
  const { port } = server.address() as AddressInfo
  const child = spawn(process.execPath, [join(program, "NodeMain.mjs"), ...args], {
    cwd: root,
    env: { PATH: process.env["PATH"], OPENAI_API_KEY: "sk-secret", OPENAI_BASE_URL: `http://127.0.0.1:${port}/v1` },
    stdio: ["ignore", "pipe", "pipe"]
  })
  children.add(child)
  let out = ""
  let err = ""
  child.stdout.on("data", (data) => {
    out += String(data)
  })
  child.stderr.on("data", (data) => {
    err += String(data)
  })
  const ended = new Promise<Ended>((resolve) => child.once("close", (code) => resolve({ code, out, err })))
  return { child, ended }
}

const llmfx = (...args: ReadonlyArray<string>): Promise<Ended> => start(...args).ended

const inputOf = (content: string) => JSON.stringify({ custom_id: content, body: bodyOf(content) })
const bodyOf = (content: string) => ({ model: "m", messages: [{ role: "user", content }] })

const runArgs = (name: string, ...more: ReadonlyArray<string>) => [
  ...["bulk", "run", at(`${name}.jsonl`), "--out", at(`${name}.out`), "--db", at(`${name}.db`)],
  ...["--endpoint", "openai:chat.completions.create", ...more]
]

const until = async (holds: () => boolean): Promise<void> => {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 10))
}

describe("llmfx bulk", { timeout: 90_000 }, () => {
  it("runs each line, and leaves broken ones in a rejects file", async () => {
    writeFileSync(at("mixed.jsonl"), [inputOf("one"), "{broken", inputOf("bad"), inputOf("two")].join("\n"))
    const { code, err } = await llmfx(...runArgs("mixed"))
    expect(code).toBe(1)
    expect(err).toContain("Line 2 is not JSON")
    expect(err).not.toContain("sk-secret")
    expect(linesOf("mixed.out").map(({ custom_id, error }) => [custom_id, error === null])).toEqual([
      ["one", true],
      ["bad", false],
      ["two", true]
    ])
    expect(linesOf("mixed.jsonl.rejects.jsonl")).toEqual([{ line: 2, message: "is not JSON", text: "{broken" }])

    const status = await llmfx("bulk", "status", "--db", at("mixed.db"), "--json")
    expect(JSON.parse(status.out)).toMatchObject({ job: "mixed.jsonl", state: "completed", succeeded: 2, failed: 1 })
    const exported = await llmfx("bulk", "export", "--db", at("mixed.db"), "--only", "failed", "--out-format", "plain")
    expect(JSON.parse(exported.out)).toMatchObject({ custom_id: "bad", error: { reason: "InvalidRequestError" } })

    const again = await llmfx("bulk", "retry-failed", "--db", at("mixed.db"))
    expect(again.out).toContain('1 failed inputs of "mixed.jsonl" are sent again')
    await llmfx(...runArgs("mixed"))
    expect(asked.toSorted()).toEqual(["bad", "bad", "one", "two"])
  })

  it("goes on after SIGINT and sends nothing twice", async () => {
    const names = Array.from({ length: 24 }, (_, index) => `n${index}`)
    writeFileSync(at("long.jsonl"), names.map(inputOf).join("\n"))
    delay = 100
    const first = start(...runArgs("long", "--concurrency", "2"))
    await until(() => asked.length >= 5)
    first.child.kill("SIGINT")
    const stopped = await first.ended
    expect(stopped.code).toBe(1)
    expect(stopped.err).toContain("Stopping")
    expect(asked.length).toBeLessThan(24)

    const { code } = await llmfx(...runArgs("long", "--concurrency", "2"))
    expect(code).toBe(0)
    expect(asked.toSorted()).toEqual(names.toSorted())
    expect(linesOf("long.out").map(({ custom_id }) => custom_id)).toEqual(names)
  })

  it("fills a template from the columns of CSV", async () => {
    writeFileSync(at("cities.csv"), "id,city\na,Rome\nb,Berlin\n")
    const { code, out } = await llmfx(
      ...["bulk", "run", at("cities.csv"), "--db", at("cities.db"), "--endpoint", "openai:chat.completions.create"],
      ...["--template", JSON.stringify(bodyOf("{{city}}")), "--id-from", "id", "--out-format", "plain"]
    )
    expect(code).toBe(0)
    expect(asked.toSorted()).toEqual(["Berlin", "Rome"])
    expect(out.match(/"custom_id":"\w"/g)).toEqual(['"custom_id":"a"', '"custom_id":"b"'])
  })

  it("says in one line what was called wrongly", async () => {
    writeFileSync(at("wrong.jsonl"), inputOf("one"))
    const wrong = await llmfx(...runArgs("wrong").slice(0, -1), "openai:chat.completion.create")
    expect(wrong.code).toBe(2)
    expect(wrong.err.trim()).toMatch(/^llmfx: --endpoint: .*Similar: openai:chat\.completions\.create[^\n]*$/)
    const missing = await llmfx("bulk", "status", "--db", at("nothing.db"))
    expect(missing).toMatchObject({ code: 2, out: "" })
    expect(missing.err).toContain("There is no file")
    expect(asked).toEqual([])
  })

  it("shows its commands", async () => {
    const { code, out } = await llmfx("bulk", "--help")
    expect(code).toBe(0)
    for (const name of ["run", "status", "pause", "resume", "cancel", "retry-failed", "export"]) {
      expect(out).toContain(`\n  ${name} `)
    }
  })
})
