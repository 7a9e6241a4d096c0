// Builds dist: declarations by the TypeScript compiler, modules by rolldown. Every public module stays importable by
// itself, but modules that are loaded together share a file: that halves the time an import takes.
import { spawnSync } from "node:child_process"
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { basename, dirname, join, resolve } from "node:path"
import { rolldown } from "rolldown"
import { cycleIn, facadeOf, listOf, withoutFacades } from "./outputs.mjs"
import { root } from "./sources.mjs"

const source = join(root, "src")
const dist = join(root, "dist")

const modules = readdirSync(source, { recursive: true, encoding: "utf8" })
  .map((path) => path.replaceAll("\\", "/"))
  .filter((path) => path.endsWith(".ts") && !path.split("/").includes("internal"))

/** They only re-export: as they are, so that a bundler sees through them. */
const isIndex = (path) => /(^|\/)index\.ts$/.test(path)

/** An index with the one of its provider's resources in it, so that there is a file less to load. */
const indexText = (path) =>
  readFileSync(join(source, path), "utf8").replace(/^export \* from "\.\/api\/index\.ts"\n/m, () =>
    readFileSync(join(source, dirname(path), "api/index.ts"), "utf8").replaceAll('from "./', 'from "./api/')
  )

const imports = new Map()

/** The modules that a module names in its own text. */
const importsOf = (path) => {
  if (!imports.has(path)) {
    const named = readFileSync(path, "utf8").matchAll(/^(?:import|export) (?!type )[^"]*"(\.[^"]+)"/gm)
    imports.set(
      path,
      Array.from(named, ([, from]) => resolve(dirname(path), from))
    )
  }
  return imports.get(path)
}

/** A module and all that it imports. */
const closure = (path, found = new Set()) => {
  if (found.has(path)) return found
  found.add(path)
  for (const imported of importsOf(path)) closure(imported, found)
  return found
}

/** What every call needs, whichever the endpoint. */
const core = closure(join(source, "Endpoint.ts"))
for (const path of [
  "ApiRequest.ts",
  "OpenSchema.ts",
  "Page.ts",
  "credentials/Credential.ts",
  "internal/bytes/base64.ts",
  "internal/provider.ts",
  "policies/Timeouts.ts"
]) {
  closure(join(source, path), core)
}

/** What every call of a provider needs. */
const clients = ["openai/OpenAi.ts", "anthropic/Anthropic.ts", "coze/Coze.ts"].map((path) => {
  const provider = dirname(path)
  const files = [...closure(join(source, path))].filter((file) => file.startsWith(join(source, provider)))
  return { name: `${provider}-client`, files: new Set(files) }
})

/** What the helpers of all providers have in common. */
const helpers = new Set(
  ["Accumulator.ts", "internal/stream/fold.ts", "jobs/Batch.ts", "jobs/Poll.ts", "tools/PartialJson.ts"].flatMap(
    (path) => [...closure(join(source, path))]
  )
)

/** Modules that few programs load by themselves, or that are small, but that the index of their provider has to load. */
const patterns = [
  ["openai-admin", /^openai\/api\/Admin/],
  ["openai-agents", /^openai\/api\/BetaAgents/],
  ["openai-live", /^openai\/(?:api\/)?(Live|Realtime|BetaRealtime)/],
  ["openai-assistants", /^openai\/(?:api\/)?(BetaAssistants|BetaChatkit|BetaResponse|BetaThreads|RunStream)/],
  ["openai-basics", /^openai\/(?:api\/)?(Embeddings|Files|Models)/],
  [
    "openai-other",
    /^openai\/(?:api\/)?(Audio|Batches|Containers|Content|Conversations|Decisions|Evals|FineTuning|Graders)/
  ],
  [
    "openai-more",
    /^openai\/(?:api\/)?(FileUploads|Images|Moderations|Safety|Skills|Uploads|VectorStores|Videos|Webhook)/
  ],
  ["anthropic-basics", /^anthropic\/api\/(Files|Models|Skills|UserProfiles)/],
  ["anthropic-betas", /^anthropic\/api\/Beta(ComplianceReview|Files|Models|Skills)/],
  ["anthropic-admin", /^anthropic\/api\/(Beta)?Organization/],
  [
    "anthropic-agents",
    /^anthropic\/api\/Beta(Agents|Deployment|Dreams|Environments|Memory|Sessions|Tunnels|UserProfiles|Vaults|Webhook)/
  ],
  ["coze-resources", /^coze\/(?:api\/(?!ErrorCodes|index)|(?!Coze|api|index|internal))/]
]

const nameOf = (path) => basename(path, ".ts")

/** The modules of each family that the index of their provider has. */
const families = patterns.map(([name, pattern]) => {
  const [provider] = name.split("-")
  const index = indexText(`${provider}/index.ts`)
  return {
    name,
    provider,
    members: modules.filter((path) => pattern.test(path) && index.includes(`"./${path.slice(provider.length + 1)}"`))
  }
})

/** With the modules that some of them need and that need others of them: those would be needed by a file they need. */
const withBetween = (files) => {
  const needed = [...files].flatMap((file) => [...closure(file)])
  return new Set([...files, ...needed.filter((file) => [...closure(file)].some((other) => files.has(other)))])
}

/** The names of a module's values; `undefined` where it has some that are not its own. */
const ownNames = (text) =>
  /^export (?!const|class|function|interface|type|\{ delete_ as delete \}$)/m.test(text)
    ? undefined
    : Array.from(text.matchAll(/^export (?:const|class|function\*?|\{ delete_ as) (\w+)/gm), ([, name]) => name)

/**
 * A module as an object of its values. The namespaces that a bundler makes have a function for each of them, and
 * functions are what an import spends its time on.
 */
const asObject = (path) => {
  const module = nameOf(path)
  const file = join(source, path)
  const names = ownNames(readFileSync(file, "utf8"))
  const from = JSON.stringify(file)
  return names === undefined
    ? `export * as ${module} from ${from}`
    : `import { ${names.map((name) => `${name} as ${module}_${name}`).join()} } from ${from}
export const ${module} = { ${names.map((name) => `${name}: ${module}_${name}`).join()} }`
}

/** Makes a family's modules namespaces of one file, for the index: a file costs more to load than what is in it. */
const familyPrefix = "family:"
const familyIndexes = {
  name: "family-indexes",
  resolveId: (id) => (id.startsWith(familyPrefix) ? id : undefined),
  load: (id) =>
    families
      .find(({ name }) => id === familyPrefix + name)
      ?.members.map(asObject)
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
const { output } = await build.generate({
  dir: dist,
  format: "esm",
  sourcemap: true,
  // The declarations have the others.
  comments: { annotation: true, jsdoc: false, legal: false },
  entryFileNames: "[name].js",
  chunkFileNames: "chunks/[name].js",
  // Names that facades can be merged by.
  minifyInternalExports: false,
  codeSplitting: {
    includeDependenciesRecursively: false,
    groups: [
      { name: "core", test: (id) => core.has(id) },
      { name: "helpers", test: (id) => helpers.has(id) && !core.has(id) },
      ...clients.map(({ files, name }) => ({ name, test: (id) => files.has(id) })),
      ...families.map(({ members, name }) => {
        const files = withBetween(new Set(members.map((path) => join(source, path))))
        return { name, test: (id) => files.has(id) || id === familyPrefix + name }
      })
    ]
  }
})
await build.close()

const files = withoutFacades(output)
const cycle = cycleIn(files)
if (cycle !== undefined) throw new Error(`Files import each other: ${cycle.join(" → ")}`)

/** The index of a provider, with the namespaces of its families. */
const indexOf = (path) => {
  let text = indexText(path).replaceAll(/\.ts"$/gm, '.js"')
  for (const { members, name, provider } of families.filter(({ provider }) => provider === dirname(path))) {
    const paths = members.map((member) => `"./${member.slice(provider.length + 1, -".ts".length)}.js"`)
    const isMember = (line) => paths.some((member) => line.endsWith(` from ${member}`))
    const others = text.split("\n").filter((line) => !isMember(line))
    const { from, names: namespaces } = facadeOf(files, `chunks/${name}-index.js`)
    text = `${others.join("\n")}export { ${listOf(namespaces)} } from "../${from}"\n`
  }
  return text
}

// They lead past the facades of the families, which are not needed then.
const indexes = modules
  .filter((path) => isIndex(path) && !path.includes("/api/"))
  .map((path) => [path.replace(/\.ts$/, ".js"), indexOf(path)])
for (const { name } of families) files.delete(`chunks/${name}-index.js`)

for (const [path, { code, map }] of files) {
  mkdirSync(join(dist, dirname(path)), { recursive: true })
  writeFileSync(join(dist, path), code)
  writeFileSync(join(dist, `${path}.map`), JSON.stringify(map))
}
for (const [path, code] of indexes) writeFileSync(join(dist, path), code)
