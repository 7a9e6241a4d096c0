/**
 * The pages of the documentation, as a reader uses them: every `ts` block compiles and runs against the demo server,
 * every link leads somewhere, and every command exists. The examples in docstrings compile, too.
 *
 * A block that binds `program` is run. A block without imports is preceded by the last block of its page that imports
 * something but has no `program`. Lines such as `// → text` are the expected output, with `…` for anything. A block that
 * cannot run offline is marked `ts no-run`.
 */
import { execFile } from "node:child_process"
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
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
const read = (path: string) => readFileSync(join(root, path), "utf8")

const guides = readdirSync(join(root, "docs"))
  .filter((file) => file.endsWith(".md"))
  .map((file) => `docs/${file}`)
const pages = [
  "README.md",
  "ARCHITECTURE.md",
  "CONTRIBUTING.md",
  "SECURITY.md",
  "examples/README.md",
  ...guides
].filter((path) => existsSync(join(root, path)))

interface Block {
  readonly name: string
  readonly code: string
  readonly runs: boolean
  readonly expected: ReadonlyArray<RegExp>
}

const hasImports = (code: string) => code.startsWith("import ")
const hasProgram = (code: string) => /^const program\b/m.test(code)
const runsItself = (code: string) => /\bawait Effect\.runPromise/.test(code)

/** Matches the text of a `// →` line. */
const patternOf = (text: string) =>
  new RegExp(
    text
      .split("…")
      .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"))
      .join("[\\s\\S]*?")
  )

/** The blocks of a page, named by the heading above them and their number below it. */
const blocksOf = (path: string): ReadonlyArray<Block> => {
  const blocks: Array<Block> = []
  let shared = ""
  let heading = ""
  let number = 0
  for (const [, title, info = "", code = ""] of read(path).matchAll(/^#+ (.+)$|^```(ts[^\n]*)\n([\s\S]*?)^```$/gm)) {
    if (title !== undefined) {
      heading = title
      number = 0
    } else {
      const whole = hasImports(code) ? code : `${shared}${code}`
      if (hasImports(code) && !hasProgram(code) && !runsItself(code)) shared = code
      blocks.push({
        name: `${path}: ${heading}, ${++number}`,
        code: whole,
        runs: info.trim() === "ts" && (runsItself(whole) || hasProgram(whole)),
        expected: Array.from(code.matchAll(/^\/\/ → (.*)$/gm), ([, text = ""]) => patternOf(text))
      })
    }
  }
  return blocks
}

const blocks = pages.flatMap(blocksOf)

/** The examples in the docstrings of the sources. */
const examples = readdirSync(join(root, "src"), { recursive: true, encoding: "utf8" })
  .filter((path) => path.endsWith(".ts"))
  .flatMap((path) =>
    Array.from(read(`src/${path}`).matchAll(/^ \* ```ts\n((?: \*.*\n)*?) \* ```$/gm), ([, code = ""], index) => ({
      name: `src/${path}, example ${index + 1}`,
      code: code.replace(/^ \* ?/gm, "")
    }))
  )

/** Runs what a block calls `program` with every service that a page may take for granted. */
const runner = `
import * as RunFiles from "@effect/platform-node/NodeFileSystem"
import * as Run from "effect/Effect"
import * as RunFetch from "effect/http/FetchHttpClient"
import * as RunLayer from "effect/Layer"
import { Anthropic as RunAnthropic } from "llmfx/anthropic"
import { Coze as RunCoze } from "llmfx/coze"
import { OpenAi as RunOpenAi } from "llmfx/openai"

const services = RunLayer.mergeAll(RunOpenAi.layerConfig(), RunAnthropic.layerConfig(), RunCoze.layerConfig())
export const result = await Run.runPromise(
  Run.scoped(program).pipe(Run.provide(RunLayer.mergeAll(RunLayer.provideMerge(services, RunFetch.layer), RunFiles.layer)))
)
`

const folder = join(root, "node_modules/.cache/llmfx", `docs-${process.pid}`)
const fileOf = (index: number, extension: string) => join(folder, `block${index}.${extension}`)
const exampleOf = (index: number) => join(folder, `example${index}.ts`)

/** Undici's client does not load on older versions. */
const canRun = (code: string) => {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number)
  return !/platform-node\/(NodeHttpClient|Undici)/.test(code) || major > 22 || (major === 22 && minor >= 19)
}

let server: DemoServer
const scope = Effect.runSync(Scope.make())
const printed: Array<string> = []

beforeAll(async () => {
  mkdirSync(folder, { recursive: true })
  blocks.forEach(({ code, runs }, index) => {
    writeFileSync(fileOf(index, "ts"), `${code}${runs && !runsItself(code) ? runner : ""}`)
  })
  examples.forEach(({ code }, index) => {
    writeFileSync(exampleOf(index), `${code}\nexport {}\n`)
  })
  await build({
    entryPoints: blocks.flatMap(({ runs }, index) => (runs ? [fileOf(index, "ts")] : [])),
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
  vi.spyOn(console, "log").mockImplementation((...values) => void printed.push(`${format(...values)}\n`))
  vi.spyOn(process.stdout, "write").mockImplementation((text) => {
    printed.push(String(text))
    return true
  })
}, 60_000)

afterAll(async () => {
  vi.restoreAllMocks()
  vi.unstubAllGlobals()
  vi.unstubAllEnvs()
  await Effect.runPromise(Scope.close(scope, Exit.void))
  rmSync(folder, { recursive: true, force: true })
})

/** Sends requests for the real APIs to the demo server, and nothing to the network. */
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
        files: [...blocks.map((_, index) => fileOf(index, "ts")), ...examples.map((_, index) => exampleOf(index))]
      })
    )
    const typescript = dirname(createRequire(import.meta.url).resolve("typescript/package.json"))
    const compiled = promisify(execFile)(process.execPath, [join(typescript, "bin/tsc"), "-p", config])
    const errors = await compiled.then(
      () => "",
      (error: { readonly stdout: string }) => error.stdout
    )
    const named = errors
      .replace(/\S*block(\d+)\.ts/g, (_, index) => blocks[Number(index)]?.name ?? "")
      .replace(/\S*example(\d+)\.ts/g, (_, index) => examples[Number(index)]?.name ?? "")
    expect(examples.length).toBeGreaterThan(80)
    expect(named).toBe("")
  }, 180_000)

  blocks.forEach(({ code, expected, name, runs }, index) => {
    it.skipIf(!runs || !canRun(code))(`has code that runs: ${name}`, async () => {
      printed.length = 0
      const { result } = (await import(pathToFileURL(fileOf(index, "mjs")).href)) as { readonly result?: unknown }
      const shown = [...printed.splice(0), typeof result === "string" ? result : (JSON.stringify(result) ?? "")]
      for (const pattern of expected) expect(shown.join("")).toMatch(pattern)
    })
  })

  it("names scripts that package.json has", () => {
    const { scripts } = JSON.parse(read("package.json")) as { readonly scripts: object }
    const named = pages.flatMap((path) =>
      Array.from(read(path).matchAll(/npm (?:run ([\w:]+)|(test)\b)/g), ([, run, test]) => run ?? test ?? "")
    )
    expect(Object.keys(scripts)).toEqual(expect.arrayContaining([...new Set(named)]))
  })

  it("has the commands of its first lines in .ci/run", () => {
    expect(read("README.md")).toContain("npm install && npm test")
    expect(read(".ci/run")).toContain("npm install && npm test")
  })

  it("has a README that fits on a few screens", () => {
    expect(read("README.md").split("\n").length).toBeLessThanOrEqual(200)
  })

  for (const path of pages) {
    it(`links only to files that exist: ${path}`, () => {
      const links = [...read(path).matchAll(/\]\((?!https?:|#)([^)#]+)(?:#[^)]*)?\)/g)].map(([, link]) => link ?? "")
      expect(links.filter((link) => !existsSync(join(root, dirname(path), link)))).toEqual([])
    })
  }
})
