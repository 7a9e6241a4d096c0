/** The module of a provider's own tools, for toolkits of `effect/ai`. */
import type { Places } from "../names.ts"
import type { Overrides } from "../overrides.ts"
import { type Declarations, type Field, resolve, type Type } from "../Type.ts"
import { pascal } from "../words.ts"

interface HostedTool {
  readonly type: string
  readonly name: string | undefined
  readonly declaration: string
  readonly isOwn: boolean
}

/** The source of the module: one tool for each member of the unions, the first that has a type. */
export const hostedToolsText = (
  header: string,
  folder: string,
  { clientTypes, prefix, unions }: NonNullable<Overrides["hostedTools"]>,
  declarations: Declarations,
  places: Places
): string => {
  const tools = new Map<string, HostedTool>()
  for (const union of unions) {
    for (const tool of membersOf(union, declarations, clientTypes))
      if (!tools.has(tool.type)) tools.set(tool.type, tool)
  }
  const texts = [...tools.values()].map((tool) => {
    const place = places.get(tool.declaration)
    if (place === undefined) throw new Error(`${tool.declaration}: a type without a place`)
    const args = `${place.module}.${place.name}`
    const omitted = tool.name === undefined ? `"type"` : `"name" | "type"`
    const id = `"${folder}.${tool.type}"`
    const name = `"${prefix}${named(tool.type)}"`
    const doc = tool.isOwn ? "The program runs its calls: the toolkit needs a handler." : "The API runs its calls."
    return [
      `/** \`${tool.type}\`. ${doc} */`,
      `export const ${exportName(tool.type)}: HostedTool<${id}, ${name}, Omit<${args}, ${omitted}>, ${tool.isOwn}> = /*#__PURE__*/ hostedTool<Omit<${args}, ${omitted}>>()({`,
      `  id: ${id},`,
      `  defaultName: ${name},`,
      `  providerName: "${tool.name ?? providerName(tool.type)}",`,
      `  requiresHandler: ${tool.isOwn}`,
      "})"
    ].join("\n")
  })
  const modules = new Set([...tools.values()].map(({ declaration }) => places.get(declaration)?.module))
  const imports = [...modules].map((module) => `import type * as ${module} from "./${module}.ts"`)
  return `${[
    [header, ...imports, `import { type HostedTool, hostedTool } from "../../internal/ai/hostedTool.ts"`].join("\n"),
    ...texts
  ].join("\n\n")}\n`
}

const membersOf = (union: string, declarations: Declarations, clientTypes: RegExp): ReadonlyArray<HostedTool> => {
  const declaration = declarations.get(union)
  if (declaration?.type.kind !== "union") throw new Error(`${union}: not a union of tools`)
  return declaration.type.members.flatMap((member): ReadonlyArray<HostedTool> => {
    const type = resolve(declarations, member)
    if (member.kind !== "ref" || type.kind !== "object") throw new Error(`${union}: a member without a name`)
    const tag = literalOf(type.fields, "type")
    // Functions are the tools that programs define themselves.
    if (tag === undefined || (tag === "custom" && union.includes("messages")) || tag === "function") return []
    return [{ type: tag, name: literalOf(type.fields, "name"), declaration: member.id, isOwn: clientTypes.test(tag) }]
  })
}

/** The first literal of a field: the API's name for the newest version stands after the dated one. */
const literalOf = (fields: ReadonlyArray<Field>, name: string): string | undefined => {
  const field = fields.find((field) => field.name === name)
  return field === undefined || field.optional ? undefined : firstLiteral(field.type)
}

const firstLiteral = (type: Type): string | undefined => {
  if (type.kind === "literal") return String(type.value)
  return type.kind === "union" ? type.members.map(firstLiteral).find((value) => value !== undefined) : undefined
}

const named = (type: string): string => undated(type).split("_").map(pascal).join("")

const undated = (type: string): string => type.replace(/_\d{8}$/, "")

/** `web_search_20250305` → `WebSearch20250305`; `tool_search_tool_bm25_20251119` → `ToolSearchToolBm25_20251119`. */
const exportName = (type: string): string => {
  const date = /\d{8}$/.exec(type)?.[0] ?? ""
  const base = named(type)
  return /\d$/.test(base) && date !== "" ? `${base}_${date}` : `${base}${date}`
}

/** A toolset goes by the name that its members' calls carry. */
const providerName = (type: string): string => undated(type).replace(/_toolset$/, "")
