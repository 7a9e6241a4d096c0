/**
 * Tests the package as its users get it: packed, installed next to `effect` in an empty folder, compiled and run there.
 */
import { execFile, spawn, spawnSync } from "node:child_process"
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { createRequire } from "node:module"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { afterAll, beforeAll, describe, expect, it } from "vitest"

const root = fileURLToPath(new URL("..", import.meta.url))
const require = createRequire(import.meta.url)
const manifestOf = (folder: string) =>
  JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as {
    readonly version: string
    readonly exports: object
  }

const folder = mkdtempSync(join(tmpdir(), "llmfx-consumer-"))

/** Runs a command; fails with all that it said. */
const run = (file: string, args: ReadonlyArray<string>, cwd: string): Promise<string> =>
  promisify(execFile)(file, [...args], { cwd, maxBuffer: 64 * 1024 * 1024 }).then(
    ({ stdout }) => stdout,
    (error: Error & { readonly stdout: string; readonly stderr: string }) => {
      throw new Error(`${file} ${args.join(" ")} failed:\n${error.stdout}${error.stderr}`)
    }
  )

/** The other runtimes on this machine, and how they run a program. */
const runtimes = (
  [
    ["bun", ["run"]],
    ["deno", ["run", "--allow-all", "--node-modules-dir=manual"]]
  ] as const
).map(([name, args]) => ({ name, args, isInstalled: spawnSync(name, ["--version"]).error === undefined }))

const program = `
import * as Effect from "effect/Effect"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { type ApiError, RetryPolicy } from "llmfx"
import { Anthropic, Messages } from "llmfx/anthropic"
import { Coze, Workspaces } from "llmfx/coze"
import { endpoints } from "llmfx/openai/endpoints"
import * as Models from "llmfx/openai/Models"
import { OpenAi } from "llmfx/openai/OpenAi"

const answers: Record<string, unknown> = {
  "api.openai.com": { id: "gpt-5.4-mini", object: "model", created: 1, owned_by: "openai" },
  "api.anthropic.com": { type: "error", error: { type: "not_found_error", message: "no such model" } },
  "api.coze.com": { code: 0, msg: "", data: { total_count: 1, workspaces: [{ id: "1", name: "first" }] } }
}
const fetch: typeof globalThis.fetch = async (input) => {
  const { host } = new URL(String(input))
  return Response.json(answers[host], { status: host === "api.anthropic.com" ? 404 : 200 })
}

const calls: Effect.Effect<ReadonlyArray<string>, ApiError.ApiError, OpenAi | Anthropic | Coze> = Effect.all([
  Effect.map(Models.retrieve({ model: "gpt-5.4-mini" }), (model) => model.owned_by),
  Messages.create({ model: "claude-0", max_tokens: 1, messages: [] }).pipe(
    Effect.map((message) => message.id),
    Effect.catchReason("ApiError", "NotFoundError", (reason) => Effect.succeed(reason.message))
  ),
  Effect.map(Workspaces.list.page(), (page) => page.items.map(({ name }) => name).join())
])

const layers = Layer.mergeAll(
  OpenAi.layer({ apiKey: Redacted.make("key"), retry: RetryPolicy.none }),
  Anthropic.layer({ apiKey: Redacted.make("key"), retry: RetryPolicy.none }),
  Coze.layer({ token: Redacted.make("token"), platform: "com" })
)

const words = await Effect.runPromise(
  calls.pipe(
    Effect.provide(Layer.provide(layers, FetchHttpClient.layer)),
    Effect.provideService(FetchHttpClient.Fetch, fetch)
  )
)
console.log(words.join(" | "), endpoints.length > 300)
`

beforeAll(async () => {
  const packed = await run("npm", ["pack", "--silent", "--pack-destination", folder], root)
  const tarball = packed.trim().split("\n").at(-1) ?? ""
  writeFileSync(join(folder, "package.json"), JSON.stringify({ name: "consumer", private: true, type: "module" }))
  const effect = `effect@${manifestOf(join(root, "node_modules/effect")).version}`
  try {
    await run(
      "npm",
      ["install", "--prefer-offline", "--no-audit", "--no-fund", "--fetch-retries=1", `./${tarball}`, effect],
      folder
    )
  } catch (error) {
    throw new Error(`The package was not installed. This test needs the npm registry, or ${effect} in npm's cache.`, {
      cause: error
    })
  }
  writeFileSync(join(folder, "main.ts"), program)
  writeFileSync(
    join(folder, "tsconfig.json"),
    JSON.stringify({
      compilerOptions: {
        target: "ES2022",
        module: "NodeNext",
        lib: ["ES2023", "DOM", "DOM.Iterable", "DOM.AsyncIterable"],
        types: [],
        strict: true,
        exactOptionalPropertyTypes: true,
        skipLibCheck: false
      },
      files: ["main.ts"]
    })
  )
}, 300_000)

afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe("the packed package", () => {
  it("brings no dependency but effect and what effect brings", () => {
    const installed = readdirSync(join(folder, "node_modules"))
    expect(installed).toEqual(expect.arrayContaining(["effect", "llmfx"]))
    const foreign = installed.filter((name) => /^(openai|@anthropic-ai|@coze|typescript|vitest|esbuild|ws)$/.test(name))
    expect(foreign).toEqual([])
  })

  it("compiles and runs in a user's project", async () => {
    const tsc = join(dirname(require.resolve("typescript/package.json")), "bin/tsc")
    await run(process.execPath, [tsc, "-p", "tsconfig.json"], folder)
    const printed = await run(process.execPath, ["main.js"], folder)
    expect(printed.trim()).toBe("openai | no such model | first true")
  }, 60_000)

  for (const { args, isInstalled, name } of runtimes) {
    it.skipIf(!isInstalled)(`runs on ${name}, if that is installed`, async () => {
      const printed = await run(name, [...args, "main.ts"], folder)
      expect(printed.trim()).toBe("openai | no such model | first true")
    })
  }

  it("can be imported at every path that it exports", async () => {
    const { exports } = manifestOf(root)
    const paths = Object.entries(exports).flatMap(([path, target]) =>
      target === null || path.includes("*") || path === "./package.json" ? [] : [path]
    )
    const imports = paths.map((path) => `await import(${JSON.stringify(join("llmfx", path))})`)
    const code = `console.log([${imports.join()}].length)`
    const printed = await run(process.execPath, ["--input-type=module", "-e", code], folder)
    expect(Number(printed)).toBe(paths.length)
  })

  it("gives every module the values of its source", async () => {
    const source = join(root, "src")
    const modules = readdirSync(source, { recursive: true, encoding: "utf8" })
      .map((path) => path.replaceAll("\\", "/"))
      .filter((path) => path.endsWith(".ts") && !/(^|\/)(internal|index\.ts)|^cli\//.test(path))
      .map((path) => path.slice(0, -".ts".length))
    const names = (path: string) =>
      Array.from(
        readFileSync(join(source, `${path}.ts`), "utf8").matchAll(
          /^export (?:(?:const|class|function\*?) |\{ delete_ as )(\w+)/gm
        ),
        ([, name]) => name ?? ""
      )
    const code = `for (const path of ${JSON.stringify(modules)}) {
      console.log(JSON.stringify([path, Object.keys(await import("llmfx/" + path.replace("/api/", "/")))]))
    }`
    const printed = await run(process.execPath, ["--input-type=module", "-e", code], folder)
    const found = printed
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as [string, ReadonlyArray<string>])
    expect(found.length).toBeGreaterThan(300)
    expect(found.filter(([path, keys]) => names(path).some((name) => !keys.includes(name)))).toEqual([])
  }, 60_000)

  it("has a command line that runs jobs", async () => {
    const llmfx = join(folder, "node_modules/.bin/llmfx")
    expect(await run(llmfx, ["bulk", "--help"], folder)).toContain("retry-failed")
    writeFileSync(join(folder, "in.jsonl"), "{}")
    const args = ["bulk", "run", "in.jsonl", "--db", "job.db", "--endpoint", "openai:models.list"]
    await expect(run(llmfx, args, folder)).rejects.toThrow("does not answer with one JSON value")
  }, 60_000)

  it("has an emulator that runs as a program", async () => {
    const emulator = spawn(join(folder, "node_modules/.bin/llmfx-emulator"), ["--port", "0"], {
      cwd: folder,
      stdio: ["ignore", "pipe", "inherit"],
      detached: true
    })
    const ended = new Promise((resolve) => emulator.once("exit", resolve))
    try {
      let printed = ""
      for await (const chunk of emulator.stdout.setEncoding("utf8")) {
        printed += chunk
        if (printed.includes("COZE_API_BASE")) break
      }
      const [, base = ""] = /^OPENAI_BASE_URL=(.+)$/m.exec(printed) ?? []
      const response = await fetch(`${base}/models`, { headers: { authorization: "Bearer any" } })
      expect(await response.json()).toMatchObject({ object: "list" })
    } finally {
      process.kill(-(emulator.pid ?? 0), "SIGTERM")
      await ended
    }
  }, 60_000)

  it("keeps internal modules to itself", async () => {
    const code = 'import("llmfx/internal/dialect").then(() => "open", (error) => error.code).then(console.log)'
    const printed = await run(process.execPath, ["--input-type=module", "-e", code], folder)
    expect(printed.trim()).toBe("ERR_PACKAGE_PATH_NOT_EXPORTED")
  })
})
