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

/** The requests of the server, in order, with their paths. */
let asked: Array<string> = []
let paths: Array<string> = []
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
    paths.push(request.url ?? "")
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
              usage: { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 },
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
  paths = []
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

const address = (): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}`

const start = (...args: ReadonlyArray<string>) => startWith({ OPENAI_BASE_URL: `${address()}/v1` }, ...args)

const startWith = (env: { readonly [name: string]: string }, ...args: ReadonlyArray<string>) => {
  const child = spawn(process.execPath, [join(program, "NodeMain.mjs"), ...args], {
    cwd: root,
    env: { PATH: process.env["PATH"], OPENAI_API_KEY: "sk-secret", ...env },
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

  it("sends equal inputs once with --dedupe, and counts what they cost with --prices", async () => {
    const contents = ["one", "two", "one"]
    writeFileSync(
      at("equal.jsonl"),
      contents.map((content, n) => JSON.stringify({ custom_id: `${n}`, body: bodyOf(content) })).join("\n")
    )
    writeFileSync(at("prices.json"), JSON.stringify({ m: { input: 1e6, output: 2e6 } }))
    const { code } = await llmfx(...runArgs("equal", "--dedupe", "--prices", at("prices.json")))
    expect(code).toBe(0)
    expect(asked.toSorted()).toEqual(["one", "two"])
    expect(linesOf("equal.out")).toHaveLength(3)
    const { out } = await llmfx("bulk", "status", "--db", at("equal.db"), "--json")
    expect(JSON.parse(out)).toMatchObject({ cost: 40, duplicates: 1, tokens: { input: 20, output: 10 } })
  })

  it("pauses when a budget is used up, and goes on with another", async () => {
    const names = Array.from({ length: 30 }, (_, index) => `n${index}`)
    writeFileSync(at("dear.jsonl"), names.map(inputOf).join("\n"))
    delay = 100
    const stopped = await llmfx(...runArgs("dear", "--concurrency", "2", "--budget-tokens", "60"))
    expect(stopped.code).toBe(1)
    expect(stopped.err).toContain("of a budget of 60")
    const resumed = await llmfx("bulk", "resume", "--db", at("dear.db"), "--budget-tokens", "100000")
    expect(resumed.out).toContain('"dear.jsonl" goes on')
    delay = 0
    const { code } = await llmfx(...runArgs("dear", "--concurrency", "2", "--budget-tokens", "100000"))
    expect(code).toBe(0)
    expect(asked.toSorted()).toEqual(names.toSorted())
  })

  it("is watched, paused and canceled by other processes while it runs", async () => {
    const names = Array.from({ length: 60 }, (_, index) => `n${index}`)
    writeFileSync(at("slow.jsonl"), names.map(inputOf).join("\n"))
    delay = 150
    const run = start(...runArgs("slow", "--concurrency", "2"))
    await until(() => asked.length >= 4)
    const watch = start("bulk", "status", "--db", at("slow.db"), "--watch", "--json")
    const paused = await llmfx("bulk", "pause", "--db", at("slow.db"))
    expect(paused.out).toContain('"slow.jsonl" is paused')
    const ended = await run.ended
    expect(ended.code).toBe(1)
    expect(ended.err).toContain("paused")
    const states = (await watch.ended).out
      .trim()
      .split("\n")
      .map((line) => (JSON.parse(line) as { readonly state: string }).state)
    expect(states.at(-1)).toBe("paused")
    const canceled = await llmfx("bulk", "cancel", "--db", at("slow.db"))
    expect(canceled.out).toContain('"slow.jsonl" is canceled')
    const again = await llmfx("bulk", "resume", "--db", at("slow.db"))
    expect(again).toMatchObject({ code: 1 })
    expect(again.err).toContain("canceled")
  })

  it("calls compatible servers and clouds", async () => {
    writeFileSync(at("cloud.jsonl"), inputOf("one"))
    const own = await startWith({}, ...runArgs("cloud", "--base-url", `${address()}/compatible/v1`)).ended
    expect(own.code).toBe(0)
    writeFileSync(at("azure.jsonl"), inputOf("one"))
    const azure = await startWith(
      { AZURE_OPENAI_API_KEY: "azure-secret", AZURE_OPENAI_ENDPOINT: address(), OPENAI_API_VERSION: "2024-10-21" },
      ...runArgs("azure", "--cloud", "azure")
    ).ended
    expect(azure.err).not.toContain("llmfx:")
    expect(azure.code).toBe(0)
    expect(paths[0]).toBe("/compatible/v1/chat/completions")
    expect(paths[1]).toContain("/openai/deployments/m/chat/completions?api-version=2024-10-21")
    const nowhere = await llmfx(...runArgs("cloud", "--cloud", "foundry"))
    expect(nowhere.code).toBe(2)
    expect(nowhere.err).toContain("openai is not on foundry, but on azure, bedrock, vertex")
  })

  it("wants to know where the jobs are", async () => {
    const nowhere = await llmfx("bulk", "status")
    expect(nowhere.code).toBe(2)
    expect(nowhere.err).toContain("--db <file>, or --postgres <url>")
    const twice = await llmfx("bulk", "status", "--db", at("mixed.db"), "--postgres", "postgres://u:secret@h/d")
    expect(twice.code).toBe(2)
    expect(twice.err).not.toContain("secret")
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
