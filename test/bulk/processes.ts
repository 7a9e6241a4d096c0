/** Servers and workers as processes of their own. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process"
import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { build } from "esbuild"
import { root, toSource } from "../../scripts/sources.mjs"
import type { Config } from "./workerMain.ts"

/** Bundles a program of this folder, so that a signal reaches it alone. */
export const bundled = async (name: string): Promise<{ readonly path: string; readonly remove: () => void }> => {
  const cache = join(root, "node_modules/.cache/llmfx")
  mkdirSync(cache, { recursive: true })
  const folder = mkdtempSync(join(cache, "bulk-"))
  const path = join(folder, `${name}.mjs`)
  await build({
    entryPoints: [join(root, "test/bulk", `${name}.ts`)],
    outfile: path,
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node20",
    packages: "external",
    logLevel: "error",
    plugins: [toSource]
  })
  return { path, remove: () => rmSync(folder, { recursive: true, force: true }) }
}

interface Counts {
  readonly total: number
  readonly distinct: number
  /** Requests for an input that had been asked for before. */
  readonly repeated: number
  /** Requests by second. */
  readonly seconds: ReadonlyArray<readonly [second: number, requests: number]>
}

/** A model API that counts. */
export interface CountingServer {
  readonly url: string
  readonly counts: () => Promise<Counts>
  readonly stop: () => void
}

/** Starts a server of this folder, which says its port. */
export const startScript = async (
  name: string,
  ...args: ReadonlyArray<string>
): Promise<{ readonly url: string; readonly child: ChildProcess }> => {
  const child = spawn(process.execPath, [join(root, "test/bulk", name), ...args], {
    stdio: ["ignore", "pipe", "inherit"]
  })
  const port = await new Promise<string>((resolve) => createInterface({ input: child.stdout }).once("line", resolve))
  return { url: `http://127.0.0.1:${port}`, child }
}

export const startServer = async (delay: number): Promise<CountingServer> => {
  const { child, url } = await startScript("countingServer.mjs", String(delay))
  return {
    url,
    counts: async () => (await (await fetch(`${url}/counts`)).json()) as Counts,
    stop: () => child.kill("SIGKILL")
  }
}

interface Seen {
  readonly done: number
  readonly resent: number
  readonly state: string
  /** Why it is paused. */
  readonly reason?: string
}

/** A worker. */
export interface WorkerProcess {
  readonly child: ChildProcess
  readonly last: () => Seen
  /** Ends when so many inputs have a result, or the worker has ended. */
  readonly reaches: (done: number) => Promise<void>
  readonly ended: Promise<number | null>
  readonly log: () => string
}

export const startWorker = (bundle: string, config: Config, node?: string): WorkerProcess =>
  startProgram(bundle, [JSON.stringify(config)], node)

/** Starts a program that prints its progress as JSON. */
export const startProgram = (
  path: string,
  args: ReadonlyArray<string>,
  node: string = process.execPath
): WorkerProcess => {
  const child = spawn(node, [path, ...args], { stdio: ["ignore", "pipe", "pipe"] })
  let last: Seen = { done: 0, resent: 0, state: "starting" }
  let log = ""
  const listeners = new Set<() => void>()
  createInterface({ input: child.stdout }).on("line", (line) => {
    if (line.startsWith("{")) last = JSON.parse(line) as Seen
    else log += `${line}\n`
    for (const listener of listeners) listener()
  })
  child.stderr.on("data", (data) => {
    log += String(data)
  })
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve))
  return {
    child,
    last: () => last,
    ended,
    log: () => log,
    reaches: (done) =>
      new Promise((resolve) => {
        const look = () => {
          if (last.done < done && child.exitCode === null && child.signalCode === null) return
          listeners.delete(look)
          resolve()
        }
        listeners.add(look)
        void ended.then(look)
        look()
      })
  }
}

/** Numbers from 0 to 1 that are the same in each run. */
export const seeded = (seed: number) => (): number => {
  seed = (seed + 0x6d2b79f5) | 0
  let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed)
  mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
}

/** Node 24 from the registry, kept in the temporary folder; `undefined` if it cannot be had. */
export const node24 = (): string | undefined => {
  if (process.versions.node.startsWith("24.")) return process.execPath
  const name = `node-${process.platform}-${process.arch}`
  const folder = join(tmpdir(), "llmfx-node-24")
  const path = join(folder, "node_modules", name, "bin/node")
  try {
    if (!existsSync(path)) {
      mkdirSync(folder, { recursive: true })
      execFileSync("npm", ["install", "--prefix", folder, "--no-audit", "--no-fund", `${name}@24`], { stdio: "ignore" })
    }
    execFileSync(path, ["--version"], { stdio: "ignore" })
    return path
  } catch {
    return undefined
  }
}
