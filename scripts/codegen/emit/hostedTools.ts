/** The module of a provider's own tools, for toolkits of `effect/ai`. */
import type { Places } from "../names.ts"
import type { Overrides } from "../overrides.ts"
import { type Declarations, type Field, resolve, type Type } from "../Type.ts"
import { pascal } from "../words.ts"

type Config = NonNullable<Overrides["hostedTools"]>

interface HostedTool {
  readonly type: string
  /** The name that a program imports. */
  readonly exportName: string
  /** The name that the API gives the tool, if it has one of its own. */
  readonly name: string | undefined
  readonly declaration: string
  readonly isOwn: boolean
  /** Whether the program names the tool. */
  readonly isNamed: boolean
}

/** The source of the module: one tool for each member of the unions, the first that has a type. */
export const hostedToolsText = (
  header: string,
  folder: string,
  config: Config,
  declarations: Declarations,
  places: Places
): string => {
  const tools = new Map<string, HostedTool>()
  for (const union of config.unions) {
    for (const tool of membersOf(union, declarations, config))
      if (!tools.has(tool.exportName)) tools.set(tool.exportName, tool)
  }
  const all = [...tools.values()]
  const modules = new Set(all.map(({ declaration }) => places.get(declaration)?.module))
  const makers = all.some(({ isNamed }) => isNamed)
    ? "type HostedTool, hostedTool, type NamedTool, namedTool"
    : "type HostedTool, hostedTool"
  const { intro, types } = config
  const head = [
    header,
    ...(intro === undefined ? [] : [docstring(intro)]),
    ...[...modules].map((module) => `import type * as ${module} from "./${module}.ts"`),
    `import { ${makers} } from "../../internal/ai/hostedTool.ts"`,
    ...(types === undefined ? [] : [`import type { ParametersOf, ResultOf } from "${types.module}"`])
  ]
  return `${[
    head.join("\n"),
    ...(types === undefined ? [] : [`export type { ${types.exports.join(", ")} } from "${types.module}"`]),
    ...all.map((tool) => toolText(tool, folder, config, places))
  ].join("\n\n")}\n`
}

const toolText = (tool: HostedTool, folder: string, { prefix, purposes, types }: Config, places: Places): string => {
  const place = places.get(tool.declaration)
  if (place === undefined) throw new Error(`${tool.declaration}: a type without a place`)
  const omitted = tool.name === undefined ? `"type"` : `"name" | "type"`
  const args = `Omit<${place.module}.${place.name}, ${omitted}>`
  const id = `"${folder}.${tool.type}"`
  const name = prefix === undefined ? `"${tool.type}"` : `"${prefix}${named(tool.type)}"`
  const runs = tool.isOwn ? "The program runs its calls: the toolkit needs a handler." : "The API runs its calls."
  const purpose = purposes?.[tool.exportName] ?? purposes?.[tool.type]
  const doc = [`\`${tool.type}\`.`, ...(purpose === undefined ? [] : [purpose]), runs].join(" ")
  const exchanged = types === undefined ? "" : `, ParametersOf<"${tool.exportName}">, ResultOf<"${tool.exportName}">`
  const provider = `"${tool.name ?? (prefix === undefined ? tool.type : providerName(tool.type))}"`
  const type = tool.isNamed
    ? `NamedTool<${id}, ${args}${exchanged}>`
    : `HostedTool<${id}, ${name}, ${args}, ${tool.isOwn}${exchanged}>`
  return [
    docstring(`${doc}\n\n@category tools`),
    `export const ${tool.exportName}: ${type} = /*#__PURE__*/ ${tool.isNamed ? "namedTool" : "hostedTool"}<${args}${exchanged}>()({`,
    `  id: ${id},`,
    ...(tool.isNamed ? [] : [`  defaultName: ${name},`]),
    `  providerName: ${provider},`,
    `  requiresHandler: ${tool.isOwn}`,
    "})"
  ].join("\n")
}

const docstring = (text: string): string =>
  ["/**", ...text.split("\n").map((line) => (line === "" ? " *" : ` * ${line}`)), " */"].join("\n")

const membersOf = (union: string, declarations: Declarations, config: Config): ReadonlyArray<HostedTool> => {
  const declaration = declarations.get(union)
  if (declaration?.type.kind !== "union") throw new Error(`${union}: not a union of tools`)
  return declaration.type.members.flatMap((member): ReadonlyArray<HostedTool> => {
    const type = resolve(declarations, member)
    if (member.kind !== "ref" || type.kind !== "object") throw new Error(`${union}: a member without a name`)
    const { fields } = type
    return literalsOf(fields, "type").flatMap((tag) => {
      // Functions are the tools that programs define themselves.
      if ((tag === "custom" && union.includes("messages")) || tag === "function") return []
      const [name] = literalsOf(fields, "name")
      const isOwn = config.clientTypes.test(tag)
      const isNamed = isOwn && name === undefined && fields.some((field) => field.name === "name" && !field.optional)
      const tool = { type: tag, exportName: exportName(tag), name, declaration: member.id, isOwn, isNamed }
      const twin = config.twins?.[tag]
      return twin === undefined ? [tool] : [tool, { ...tool, exportName: twin, isOwn: false }]
    })
  })
}

/** The literals that a field can be: a name of the API, or several for its versions. */
const literalsOf = (fields: ReadonlyArray<Field>, name: string): ReadonlyArray<string> => {
  const field = fields.find((field) => field.name === name)
  return field === undefined || field.optional ? [] : literalsIn(field.type)
}

const literalsIn = (type: Type): ReadonlyArray<string> => {
  if (type.kind === "literal") return [String(type.value)]
  return type.kind === "union" ? type.members.flatMap(literalsIn) : []
}

const named = (type: string): string => undated(type).split("_").map(pascal).join("")

/** Dates are written as `20250826` or `2025_08_26`. */
const date = /_(\d{4})_?(\d\d)_?(\d\d)$/

const undated = (type: string): string => type.replace(date, "")

/** `web_search_20250305` → `WebSearch20250305`; `tool_search_tool_bm25_20251119` → `ToolSearchToolBm25_20251119`. */
const exportName = (type: string): string => {
  const day = (date.exec(type) ?? []).slice(1).join("")
  const base = named(type)
  return /\d$/.test(base) && day !== "" ? `${base}_${day}` : `${base}${day}`
}

/** A toolset goes by the name that its members' calls carry. */
const providerName = (type: string): string => undated(type).replace(/_toolset$/, "")
