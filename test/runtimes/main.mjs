/**
 * Runs one program with the packed package on every runtime: node test/runtimes/main.mjs [--packed <file.tgz>] [part of a
 * runtime's name…]. Installs the runtimes in this folder when their list changes; Chromium is that of the system.
 * Prints a line per check; exits with 1 if one fails. A run of all runtimes writes the table of docs/runtimes.md.
 */
import { spawn } from "node:child_process"
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { createServer } from "node:http"
import { createRequire } from "node:module"
import { tmpdir } from "node:os"
import { join, resolve } from "node:path"
import { fileURLToPath, pathToFileURL } from "node:url"
import { parseArgs } from "node:util"
import { installPackages } from "../support/ownPackages.mjs"

const folder = fileURLToPath(new URL(".", import.meta.url))
const root = resolve(folder, "../..")
const { positionals: wanted, values: given } = parseArgs({
  allowPositionals: true,
  options: { packed: { type: "string" } }
})
const timeout = 300_000

installPackages(folder)
const require = createRequire(join(folder, "package.json"))
const scratch = mkdtempSync(join(tmpdir(), "llmfx-runtimes-"))
process.once("exit", () => rmSync(scratch, { recursive: true, force: true }))

/** Runs a command and returns what it printed. */
const output = (file, args, { cwd = scratch, env = process.env } = {}) =>
  new Promise((done, fail) => {
    const child = spawn(file, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"] })
    let printed = ""
    let complaints = ""
    child.stdout.setEncoding("utf8").on("data", (text) => {
      printed += text
    })
    child.stderr.setEncoding("utf8").on("data", (text) => {
      complaints += text
    })
    const timer = setTimeout(() => child.kill("SIGKILL"), timeout)
    child.once("error", fail)
    child.once("close", (code) => {
      clearTimeout(timer)
      if (code === 0) done(printed)
      else fail(new Error(`${file} ended with ${code}\n${printed}${complaints}`))
    })
  })

const lastLine = (text) => text.trim().split("\n").at(-1) ?? ""

const pack = async () => {
  const name = lastLine(await output("npm", ["pack", "--silent", "--pack-destination", scratch], { cwd: root }))
  return join(scratch, name)
}

const installPacked = async () => {
  const packed = given.packed === undefined ? await pack() : resolve(given.packed)
  const { version } = JSON.parse(readFileSync(join(root, "node_modules/effect/package.json"), "utf8"))
  writeFileSync(join(scratch, "package.json"), JSON.stringify({ name: "runtimes", private: true, type: "module" }))
  await output("npm", ["install", "--prefer-offline", "--no-audit", "--no-fund", packed, `effect@${version}`])
  cpSync(join(folder, "program.mjs"), join(scratch, "program.mjs"))
  cpSync(join(folder, "hosts"), join(scratch, "hosts"), { recursive: true })
}

const bundle = async (host, conditions) => {
  const { build } = require("esbuild")
  const outfile = join(scratch, `${host}.bundle.mjs`)
  await build({
    entryPoints: [join(scratch, `hosts/${host}.mjs`)],
    outfile,
    bundle: true,
    format: "esm",
    platform: "browser",
    target: "es2022",
    conditions,
    logLevel: "error"
  })
  return outfile
}

/** The replies of the emulated model, which repeats anything else. */
const makeReplies = (Failure) => {
  const seen = new Set()
  return ({ messages, tools }) => {
    const { role, text = "" } = messages.at(-1) ?? {}
    if (text === "too much") return { failure: Failure.rateLimit({ retryAfter: "1 second" }) }
    if (text.startsWith("busy ") && !seen.has(text)) {
      seen.add(text)
      return { failure: Failure.rateLimit({ retryAfter: "1 second" }) }
    }
    if (tools.length === 0) return undefined
    return role === "tool" ? "It is 21 degrees." : { toolCalls: [{ name: "weather", input: { city: "Paris" } }] }
  }
}

/** Serves two emulators of the packed package, and how many requests the slow one is answering. */
const serve = async () => {
  const importPacked = (path) => import(pathToFileURL(join(scratch, "node_modules", path)).href)
  const Effect = await importPacked("effect/dist/Effect.js")
  const Scope = await importPacked("effect/dist/Scope.js")
  const NodeEmulator = await importPacked("llmfx/dist/testing/NodeEmulator.js")
  const Failure = await importPacked("llmfx/dist/testing/Failure.js")
  const scope = Scope.makeUnsafe()
  const start = (options) => Effect.runPromise(Scope.provide(NodeEmulator.serve(options), scope))
  const fast = await start({ replies: makeReplies(Failure), jobDuration: "50 millis" })
  const slow = await start({ pace: "50 millis" })
  const side = createServer((request, response) => {
    if (request.url === "/pending") {
      response.setHeader("access-control-allow-origin", "*")
      response.end(String(slow.pending()))
    } else if (request.url === "/page.mjs") {
      response.setHeader("content-type", "text/javascript")
      response.end(readFileSync(join(scratch, "page.bundle.mjs")))
    } else {
      response.setHeader("content-type", "text/html")
      response.end('<!doctype html><title>llmfx</title><script type="module" src="/page.mjs"></script>')
    }
  })
  await new Promise((done) => side.listen(0, "127.0.0.1", done))
  const origin = `http://127.0.0.1:${side.address().port}`
  return { origin, settings: { urls: fast.baseUrls, slow: slow.baseUrls, pendingUrl: `${origin}/pending` } }
}

const node = (major) => join(folder, `node_modules/node${major}-${process.platform}-${process.arch}/bin/node`)
const bin = (name) => join(folder, "node_modules/.bin", name)
const inProcess =
  (file, ...args) =>
  async (settings) =>
    lastLine(await output(file, [...args, "hosts/process.mjs", JSON.stringify(settings)]))

const onWorkerd = async (settings) => {
  const worker = await bundle("worker", ["workerd", "worker"])
  // miniflare needs a newer Node than llmfx does.
  return lastLine(await output(node(24), [join(folder, "hosts/workerd.mjs"), worker, JSON.stringify(settings)]))
}

const chromium = "/usr/bin/chromium"
const onChromium = async (settings, origin) => {
  await bundle("page", ["browser"])
  const { chromium: launcher } = require("playwright-core")
  const context = await launcher.launchPersistentContext(join(scratch, "profile"), {
    executablePath: chromium,
    args: [
      ...(process.getuid?.() === 0 ? ["--no-sandbox"] : []),
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      "--disable-quic",
      "--no-first-run"
    ]
  })
  try {
    const page = await context.newPage()
    page.setDefaultTimeout(timeout)
    await page.goto(`${origin}/`)
    await page.waitForFunction(() => globalThis.runProgram !== undefined)
    return JSON.stringify(await page.evaluate((given) => globalThis.runProgram(given), settings))
  } finally {
    await context.close()
  }
}

const nodes = ["20", "22", "24"].map((major) => ({
  name: `Node ${major}`,
  missing: existsSync(node(major))
    ? undefined
    : `no Node ${major} for ${process.platform}-${process.arch} in the lockfile`,
  run: inProcess(node(major))
}))
const versionOf = (name) => JSON.parse(readFileSync(join(folder, `node_modules/${name}/package.json`), "utf8")).version
const shortVersionOf = (name) => versionOf(name).split(".").slice(0, 2).join(".")

/** Whether a program can be started. */
const startProblem = async (file) => {
  try {
    await output(file, ["--version"])
    return undefined
  } catch (error) {
    return `${file} does not start: ${String(error.message).split("\n")[0]}`
  }
}

const runtimes = [
  ...nodes,
  { name: `Bun ${shortVersionOf("bun")}`, missing: await startProblem(bin("bun")), run: inProcess(bin("bun"), "run") },
  {
    name: `Deno ${shortVersionOf("deno")}`,
    missing: await startProblem(bin("deno")),
    run: inProcess(bin("deno"), "run", "--allow-all", "--no-config", "--node-modules-dir=manual")
  },
  {
    name: "workerd",
    missing: existsSync(node(24)) ? undefined : "miniflare needs Node 22 or later",
    run: onWorkerd
  },
  {
    name: "Chromium",
    missing: existsSync(chromium) ? undefined : `${chromium} does not exist: install the package chromium`,
    run: onChromium
  }
]

/** Puts the table between the markers of the guide. */
const writeTable = (found) => {
  const checks = found[0].results.map(({ name }) => name)
  const row = (cells) => `| ${cells.join(" | ")} |`
  const table = [
    row(["", ...found.map(({ name }) => name)]),
    row(["---", ...found.map(() => "---")]),
    ...checks.map((check) =>
      row([
        check,
        ...found.map(({ results }) =>
          results.some(({ name, problem }) => name === check && problem === undefined) ? "yes" : "no"
        )
      ])
    )
  ].join("\n")
  const path = join(root, "docs/runtimes.md")
  const page = readFileSync(path, "utf8")
  const next = page.replace(
    /<!-- runtimes -->[\s\S]*<!-- \/runtimes -->/,
    () => `<!-- runtimes -->\n\n${table}\n\n<!-- /runtimes -->`
  )
  if (next !== page) writeFileSync(path, next)
}

console.log("packing and installing the package")
await installPacked()
const { origin, settings } = await serve()
const found = []
let failures = 0
for (const { missing, name, run } of runtimes) {
  if (wanted.length > 0 && !wanted.some((part) => name.toLowerCase().includes(part.toLowerCase()))) continue
  if (missing !== undefined) {
    console.log(`skipped ${name}: ${missing}`)
    continue
  }
  try {
    const results = JSON.parse(await run({ ...settings, runtime: name }, origin))
    for (const { name: check, problem } of results) {
      if (problem === undefined) {
        console.log(`ok      ${name}: ${check}`)
      } else {
        failures++
        console.log(`FAILED  ${name}: ${check}\n${problem.replace(/^/gm, "        ")}`)
      }
    }
    found.push({ name, results })
  } catch (error) {
    failures++
    console.log(`FAILED  ${name}: the program did not end\n${String(error?.stack ?? error).replace(/^/gm, "        ")}`)
  }
}

if (found.length === runtimes.length) writeTable(found)
else console.log("docs/runtimes.md is left as it is: not all runtimes ran")
console.log(`${found.length} of ${runtimes.length} runtimes ran, ${failures} checks failed`)
process.exit(failures === 0 && found.length > 0 ? 0 : 1)
