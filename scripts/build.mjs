// Builds dist: declarations by the TypeScript compiler, modules by rolldown. Every public module stays importable by
// itself, but modules that are loaded together share a file: that halves the time an import takes.
import { spawnSync } from "node:child_process"
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { dirname, join, relative, resolve } from "node:path"
import { fileURLToPath } from "node:url"
import { rolldown } from "rolldown"

const root = join(dirname(fileURLToPath(import.meta.url)), "..")
const source = join(root, "src")
const dist = join(root, "dist")

const modules = readdirSync(source, { recursive: true, encoding: "utf8" })
  .map((path) => path.replaceAll("\\", "/"))
  .filter((path) => path.endsWith(".ts") && !path.split("/").includes("internal"))

/** They only re-export: as they are, so that a bundler sees through them. */
const isIndex = (path) => /(^|\/)index\.ts$/.test(path)

/** A module and all that it imports. */
const closure = (path, found = new Set()) => {
  if (found.has(path)) return found
  found.add(path)
  for (const [, from] of readFileSync(path, "utf8").matchAll(/^(?:import|export) (?!type )[^"]*"(\.[^"]+)"/gm)) {
    closure(resolve(dirname(path), from), found)
  }
  return found
}

/** What every call needs, whichever the endpoint. */
const core = closure(join(source, "Endpoint.ts"))
for (const path of ["OpenSchema.ts", "Page.ts", "internal/provider.ts"]) closure(join(source, path), core)

/** Resources that few programs load, but that the index of their provider has to. */
const families = [
  ["openai-admin", /^openai\/Admin/],
  ["openai-agents", /^openai\/BetaAgents/],
  ["openai-live", /^openai\/(Live|Realtime|BetaRealtime)/],
  ["openai-assistants", /^openai\/(BetaAssistants|BetaChatkit|BetaResponses|BetaThreads)/],
  ["openai-other", /^openai\/(Audio|Batches|Containers|Content|Conversations|Decisions|Evals|FineTuning|Graders)/],
  ["openai-more", /^openai\/(Images|Moderations|Safety|Skills|Uploads|VectorStores|Videos|Webhook)/],
  ["anthropic-admin", /^anthropic\/(Beta)?Organization/],
  [
    "anthropic-agents",
    /^anthropic\/Beta(Agents|Deployment|Dreams|Environments|Memory|Sessions|Tunnels|UserProfiles|Vaults|Webhook)/
  ],
  ["coze-resources", /^coze\/(?!Coze|ErrorCodes|internal)/]
]

const inFamily = (pattern) => (id) => pattern.test(relative(source, id).replaceAll("\\", "/"))

rmSync(dist, { recursive: true, force: true })
const { status } = spawnSync(
  process.execPath,
  [join(root, "node_modules/typescript/bin/tsc"), "-p", join(root, "tsconfig.build.json")],
  { stdio: "inherit" }
)
if (status !== 0) process.exit(status ?? 1)

const build = await rolldown({
  input: Object.fromEntries(
    modules.filter((path) => !isIndex(path)).map((path) => [path.slice(0, -".ts".length), join(source, path)])
  ),
  external: (id) => !id.startsWith(".") && !id.startsWith("/"),
  platform: "neutral",
  preserveEntrySignatures: "allow-extension",
  treeshake: false
})
await build.write({
  dir: dist,
  format: "esm",
  sourcemap: true,
  entryFileNames: "[name].js",
  chunkFileNames: "chunks/[name].js",
  codeSplitting: {
    includeDependenciesRecursively: false,
    groups: [
      { name: "core", test: (id) => core.has(id) },
      ...families.map(([name, pattern]) => ({ name, test: inFamily(pattern) }))
    ]
  }
})
await build.close()

for (const path of modules.filter(isIndex)) {
  const text = readFileSync(join(source, path), "utf8")
  writeFileSync(join(dist, path.replace(/\.ts$/, ".js")), text.replaceAll(/\.ts"$/gm, '.js"'))
}
