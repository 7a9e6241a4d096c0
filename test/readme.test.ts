/** The code in README.md and docs, as a reader would use it: compiled, and run against the demo server. */
import { execFile } from "node:child_process"
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { createRequire } from "node:module"
import { dirname, join } from "node:path"
import { fileURLToPath, pathToFileURL } from "node:url"
import { format, promisify } from "node:util"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as Scope from "effect/Scope"
import { build } from "esbuild"
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest"
import { type DemoServer, demoServer } from "../examples/support/demoServer.ts"
import { toSource } from "../scripts/sources.mjs"

const root = fileURLToPath(new URL("..", import.meta.url))
const readme = readFileSync(join(root, "README.md"), "utf8")
const runtimes = readFileSync(join(root, "docs/runtimes.md"), "utf8")

interface Block {
  readonly name: string
  readonly code: string
}

/** The blocks of a language, named by the heading above them and their number below it. */
const blocksOf = (page: string, language: string): ReadonlyArray<Block> => {
  const blocks: Array<Block> = []
  let heading = ""
  let number = 0
  for (const [, title, fence, code] of page.matchAll(/^#+ (.+)$|^```(\w+)\n([\s\S]*?)^```$/gm)) {
    if (title !== undefined) {
      heading = title
      number = 0
    }
    if (fence === language && code !== undefined) blocks.push({ name: `${heading}, ${++number}`, code })
  }
  return blocks
}

const hasImports = (code: string) => code.startsWith("import ")
const isOnlyImports = (code: string) => code.replace(/^import [^"]*"[^"]*"$/gm, "").trim() === ""

const all = [...blocksOf(readme, "ts"), ...blocksOf(runtimes, "ts")]
const shared = all.find(({ code }) => isOnlyImports(code))?.code ?? ""
const blocks = all.filter(({ code }) => !isOnlyImports(code))

/** What each block prints, or the value of its program as JSON, when the demo server answers. */
const expected: { readonly [name: string]: RegExp } = {
  "A chat in ten lines, 1": /^Effect is a TypeScript library/,
  "A chat in ten lines, 2": /text: 'Effect is a TypeScript library/,
  "A chat in ten lines, 3": /^Effect is a TypeScript library/,
  "How it works, 2": /^models\.retrieve GET \/models\/{model}\nopenai 200 req_\d+ {\s+requests: .* 1$/s,
  "Errors, 1": /^"no such model \(model_not_found\)"$/,
  "Policies, 1": /^5$/,
  "Policies, 2": /INFO .*HTTP 200\n5$/,
  "Policies, 3": /^\["You said: Hello.*","You said: Bye.*"\]$/,
  "Streams, 1": /Once.*there.*was.*a.*client/s,
  "Pages, 1": /^\[\["prices\.csv","manual\.pdf","letters\.jsonl"\],2,2\]$/,
  "Credentials and configuration, 1": /"text":"You said: Hello"/,
  "Decoding, 1": /^{"id":"gpt-5\.4-mini"/,
  "Debugging, 1": /DEBUG .*GET http.*\/models\/gpt-5\.4-mini.*HTTP 200.*response body/s,
  "Telemetry, 1": /^{"id":"gpt-5\.4-mini"/,
  "Testing, 1": /^"Hello!"$/,
  "Testing, 2": /^"a test"$/,
  "Runtimes, 1": /^{"id":"gpt-5\.4-mini"/,
  "Proxies, 1": /^{"id":"gpt-5\.4-mini"/
}

/** Runs what a block calls `program` with everything that the page says it needs. */
const runner = `
import * as Run from "effect/Effect"
import * as RunFetch from "effect/http/FetchHttpClient"
import * as RunLayer from "effect/Layer"
import { Anthropic as RunAnthropic } from "llmfx/anthropic"
import { Coze as RunCoze } from "llmfx/coze"
import { OpenAi as RunOpenAi } from "llmfx/openai"

const services = RunLayer.mergeAll(RunOpenAi.layerConfig(), RunAnthropic.layerConfig(), RunCoze.layerConfig())
export const result = await Run.runPromise(
  program.pipe(Run.provide(RunLayer.provideMerge(services, RunFetch.layer)))
)
`

const folder = join(root, "node_modules/.cache/llmfx", `readme-${process.pid}`)
const fileOf = (index: number, extension: string) => join(folder, `block${index}.${extension}`)
const runsItself = (code: string) => /\bawait Effect\.runPromise/.test(code)

/** Undici's client does not load on older versions. */
const canRun = (code: string) => {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number)
  return !code.includes("@effect/platform-node") || major > 22 || (major === 22 && minor >= 19)
}

let server: DemoServer
const scope = Effect.runSync(Scope.make())
const printed: Array<string> = []

beforeAll(async () => {
  mkdirSync(folder, { recursive: true })
  blocks.forEach(({ code }, index) => {
    const whole = `${hasImports(code) ? "" : shared}${code}${runsItself(code) ? "" : runner}`
    writeFileSync(fileOf(index, "ts"), whole)
  })
  await build({
    entryPoints: blocks.map((_, index) => fileOf(index, "ts")),
    outdir: folder,
    outExtension: { ".js": ".mjs" },
    bundle: true,
    splitting: true,
    platform: "node",
    format: "esm",
    target: "node20",
    packages: "external",
    plugins: [toSource],
    logLevel: "silent"
  })

  // Effect keeps the first fetch that it sees.
  vi.stubGlobal("fetch", toDemoServer(globalThis.fetch))
  server = await Effect.runPromise(demoServer.pipe(Scope.provide(scope), Effect.provide(FetchHttpClient.layer)))
  vi.stubEnv("OPENAI_API_KEY", "test-key")
  vi.stubEnv("OPENAI_BASE_URL", server.openai)
  vi.stubEnv("ANTHROPIC_API_KEY", "test-key")
  vi.stubEnv("COZE_API_TOKEN", "test-token")
  vi.stubEnv("COZE_PLATFORM", "com")
  vi.spyOn(console, "log").mockImplementation((...values) => void printed.push(format(...values)))
  vi.spyOn(process.stdout, "write").mockImplementation((text) => {
    printed.push(String(text))
    return true
  })
})

afterAll(async () => {
  vi.restoreAllMocks()
  vi.unstubAllGlobals()
  vi.unstubAllEnvs()
  await Effect.runPromise(Scope.close(scope, Exit.void))
  rmSync(folder, { recursive: true, force: true })
})

/** Sends what is meant for the real APIs to the demo server, and nothing to the network. */
const toDemoServer =
  (fetch: typeof globalThis.fetch): typeof globalThis.fetch =>
  (input, init) => {
    const url = String(input)
      .replace("https://api.anthropic.com", () => server.anthropic)
      .replace("https://api.coze.com", () => server.coze)
    return url.startsWith("http://127.0.0.1:") ? fetch(url, init) : Promise.reject(new Error(`not offline: ${url}`))
  }

describe("the documentation", () => {
  it("has code that compiles", async () => {
    const config = join(folder, "tsconfig.json")
    writeFileSync(
      config,
      JSON.stringify({
        extends: join(root, "tsconfig.test.json"),
        compilerOptions: { noUnusedLocals: false },
        include: [],
        files: blocks.map((_, index) => fileOf(index, "ts"))
      })
    )
    const typescript = dirname(createRequire(import.meta.url).resolve("typescript/package.json"))
    const compiled = promisify(execFile)(process.execPath, [join(typescript, "bin/tsc"), "-p", config])
    const errors = await compiled.then(
      () => "",
      (error: { readonly stdout: string }) => error.stdout
    )
    expect(errors).toBe("")
  }, 60_000)

  blocks.forEach(({ code, name }, index) => {
    it.skipIf(!canRun(code))(`has code that runs: ${name}`, async () => {
      const { result } = (await import(pathToFileURL(fileOf(index, "mjs")).href)) as { readonly result?: unknown }
      const shown = [...printed.splice(0), ...(result === undefined ? [] : [JSON.stringify(result)])]
      expect(shown.join("\n")).toMatch(expected[name] ?? /^this block has no expected output$/)
    })
  })

  it("gives the commands that package.json and .ci/run have", () => {
    const [demo, test] = blocksOf(readme, "sh").map(({ code }) => code.trim())
    expect([demo, test]).toEqual(["npm install && npm run demo", "npm install && npm test"])
    const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { readonly scripts: object }
    expect(Object.keys(scripts)).toEqual(expect.arrayContaining(["demo", "test"]))
    expect(readFileSync(join(root, ".ci/run"), "utf8")).toContain(test)
  })

  it("links only to files that exist", () => {
    const links = [...readme.matchAll(/\]\((?!https?:)([^)#]+)\)/g)].map(([, path]) => path ?? "")
    expect(links.filter((path) => !existsSync(join(root, path)))).toEqual([])
  })
})
