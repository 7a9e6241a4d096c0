// Builds dist: declarations by the TypeScript compiler, modules by rolldown. Every public module stays importable by
// itself, but modules that are loaded together share a file: that halves the time an import takes.
import { spawnSync } from "node:child_process"
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { basename, dirname, join, resolve } from "node:path"
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
const patterns = [
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

const nameOf = (path) => basename(path, ".ts")

/** The modules of each family that the index of their provider has. */
const families = patterns.map(([name, pattern]) => {
  const [provider] = name.split("-")
  const index = readFileSync(join(source, provider, "index.ts"), "utf8")
  return {
    name,
    provider,
    members: modules.filter((path) => pattern.test(path) && index.includes(`"./${nameOf(path)}.ts"`))
  }
})

/** Makes a family's modules namespaces of one file, for the index: a file costs more to load than what is in it. */
const familyPrefix = "family:"
const familyIndexes = {
  name: "family-indexes",
  resolveId: (id) => (id.startsWith(familyPrefix) ? id : undefined),
  load: (id) =>
    families
      .find(({ name }) => id === familyPrefix + name)
      ?.members.map((path) => `export * as ${nameOf(path)} from ${JSON.stringify(join(source, path))}`)
      .join("\n")
}

rmSync(dist, { recursive: true, force: true })
const { status } = spawnSync(
  process.execPath,
  [join(root, "node_modules/typescript/bin/tsc"), "-p", join(root, "tsconfig.build.json")],
  { stdio: "inherit" }
)
if (status !== 0) process.exit(status ?? 1)

const build = await rolldown({
  input: Object.fromEntries([
    ...modules.filter((path) => !isIndex(path)).map((path) => [path.slice(0, -".ts".length), join(source, path)]),
    ...families.map(({ name }) => [`chunks/${name}-index`, familyPrefix + name])
  ]),
  plugins: [familyIndexes],
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
      ...families.map(({ members, name }) => {
        const files = new Set(members.map((path) => join(source, path)))
        return { name, test: (id) => files.has(id) }
      })
    ]
  }
})
await build.close()

/** The index of a provider, with the namespaces of its families. */
const indexOf = (path) => {
  let text = readFileSync(join(source, path), "utf8").replaceAll(/\.ts"$/gm, '.js"')
  for (const { members, name } of families.filter(({ provider }) => provider === dirname(path))) {
    const names = members.map(nameOf)
    const isMember = (line) => names.some((member) => line === `export * as ${member} from "./${member}.js"`)
    const others = text.split("\n").filter((line) => !isMember(line))
    text = `${others.join("\n")}export { ${names.join(", ")} } from "../chunks/${name}-index.js"\n`
  }
  return text
}

for (const path of modules.filter(isIndex)) writeFileSync(join(dist, path.replace(/\.ts$/, ".js")), indexOf(path))
