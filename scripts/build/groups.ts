/** Which modules share a file, because programs load them together. */
import { dirname, join } from "node:path"
import { closure, closureOf, indexText, isIndex, modules, nameOf, readModule, source } from "./modules.ts"

export interface Group {
  readonly name: string
  readonly has: (id: string) => boolean
}

/** Every call needs these, whatever its endpoint. */
const core = closureOf([
  "Endpoint.ts",
  "ApiRequest.ts",
  "OpenSchema.ts",
  "Page.ts",
  "credentials/Credential.ts",
  "internal/bytes/base64.ts",
  "internal/decode/declares.ts",
  "internal/json/jsonText.ts",
  "internal/layers.ts",
  "policies/Timeouts.ts"
])

/** The modules that every call of a provider needs, and the small ones that its endpoints name as their behaviour. */
const clientModules: ReadonlyArray<readonly [service: string, ...behaviours: ReadonlyArray<string>]> = [
  [
    "openai/OpenAi.ts",
    "openai/internal/compactVectors.ts",
    "openai/internal/sentAnswers.ts",
    "openai/internal/textArguments.ts",
    "openai/internal/transcriptNumbers.ts"
  ],
  ["anthropic/Anthropic.ts", "anthropic/internal/outputFormat.ts"],
  ["coze/Coze.ts"]
]

const clients: ReadonlyArray<Group> = clientModules.map(([service, ...behaviours]) => {
  const provider = dirname(service)
  const files = closureOf([service, ...behaviours])
  return {
    name: `${provider}-client`,
    has: (id) => files.has(id) && id.startsWith(join(source, provider))
  }
})

/** The helpers of all providers share these. */
const helpers = closureOf([
  "Accumulator.ts",
  "internal/stream/fold.ts",
  "jobs/Batch.ts",
  "jobs/Poll.ts",
  "tools/PartialJson.ts"
])

/** Small modules, or modules that few programs load by themselves, but that the index of their provider loads. */
const patterns: ReadonlyArray<readonly [name: string, pattern: RegExp]> = [
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

export interface Family {
  readonly name: string
  readonly provider: string
  /** Paths of the modules. */
  readonly members: ReadonlyArray<string>
}

/** The modules of each pattern that the index of their provider exports. */
export const families: ReadonlyArray<Family> = patterns.map(([name, pattern]) => {
  const [provider = ""] = name.split("-")
  const index = indexText(`${provider}/index.ts`)
  return {
    name,
    provider,
    members: modules.filter((path) => pattern.test(path) && index.includes(`"./${path.slice(provider.length + 1)}"`))
  }
})

/** The id of the virtual module that exports a family's modules as namespaces. */
export const familyId = (name: string): string => `family:${name}`

/** The source of a family's virtual module. */
export const familyText = (id: string): string | undefined =>
  families
    .find(({ name }) => id === familyId(name))
    ?.members.map(asObject)
    .join("\n")

/** Exports a module as an object of its values. A bundler's namespace has a function for each value. */
const asObject = (path: string): string => {
  const module = nameOf(path)
  const names = ownNames(readModule(path))
  const from = JSON.stringify(join(source, path))
  return names === undefined
    ? `export * as ${module} from ${from}`
    : `import { ${names.map((name) => `${name} as ${module}_${name}`).join()} } from ${from}
export const ${module} = { ${names.map((name) => `${name}: ${module}_${name}`).join()} }`
}

/** The names of a module's values, or `undefined` if some are re-exported. */
const ownNames = (text: string): ReadonlyArray<string> | undefined =>
  /^export (?!const|class|function|interface|type|\{ delete_ as delete \}$)/m.test(text)
    ? undefined
    : Array.from(text.matchAll(/^export (?:const|class|function\*?|\{ delete_ as) (\w+)/gm), ([, name = ""]) => name)

/**
 * Adds modules between the files, needed by one and needing another, and those that only the files need. Left out, they
 * may come into the file of a single module, and files would import each other.
 */
const withBetween = (files: ReadonlySet<string>): ReadonlySet<string> => {
  const needed = [...files].flatMap((file) => [...closure(file)])
  // Ways through the files themselves do not count.
  const elsewhere = new Set(files)
  for (const path of modules) if (!isIndex(path)) closure(join(source, path), elsewhere)
  const isBetween = (file: string) => [...closure(file)].some((other) => files.has(other))
  return new Set([...files, ...needed.filter((file) => isBetween(file) || !elsewhere.has(file))])
}

export const groups: ReadonlyArray<Group> = [
  { name: "core", has: (id) => core.has(id) },
  { name: "helpers", has: (id) => helpers.has(id) && !core.has(id) },
  ...clients,
  ...families.map(({ members, name }) => {
    const files = withBetween(new Set(members.map((path) => join(source, path))))
    return { name, has: (id: string) => files.has(id) || id === familyId(name) }
  })
]
