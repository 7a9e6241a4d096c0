// @ts-check
// Runs a TypeScript file of this repository: node scripts/run.mjs <file.ts> [args…]
// Imports of "llmfx" and "llmfx/…" resolve to src/, so examples read as a user's program does.
import { mkdirSync, rmSync } from "node:fs"
import { basename, join, resolve } from "node:path"
import { pathToFileURL } from "node:url"
import { build } from "esbuild"
import { root, toSource } from "./sources.mjs"

const [file, ...args] = process.argv.slice(2)
if (file === undefined) {
  console.error("usage: node scripts/run.mjs <file.ts> [args…]")
  process.exit(2)
}

// Under node_modules, so the bundle's bare imports resolve. One folder per process, so runs do not collide.
const folder = join(root, "node_modules/.cache/llmfx", String(process.pid))
mkdirSync(folder, { recursive: true })
process.on("exit", () => rmSync(folder, { recursive: true, force: true }))
const outfile = join(folder, `${basename(file).replace(/\.[cm]?ts$/, "")}.mjs`)
await build({
  entryPoints: [resolve(file)],
  outfile,
  bundle: true,
  platform: "node",
  format: "esm",
  target: "node20",
  packages: "external",
  sourcemap: "inline",
  logLevel: "error",
  plugins: [toSource]
})

process.setSourceMapsEnabled(true)
process.argv = [process.execPath, resolve(file), ...args]
await import(pathToFileURL(outfile).href)
