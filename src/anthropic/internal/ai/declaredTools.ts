/** The tools of a request: their descriptions for the API, and the tool that a block belongs to. */

import * as AiTool from "effect/ai/Tool"
import { formOf, type ToolTable } from "../../../internal/ai/tools.ts"
import { isObject, type JsonObject } from "../../../internal/json/json.ts"
import type * as StructuredOutput from "../../../tools/StructuredOutput.ts"
import { conversion } from "../conversion.ts"

/** How tools take schemas: as answers do, but the top is an object. */
export const toolConversion: StructuredOutput.Conversion = { ...conversion, objectOnly: true }

/** The own tool of a `tool_use` block. */
export interface OwnTool {
  readonly name: string
  readonly tool: AiTool.Any | undefined
  /** Whether the block's name is that of a member of a toolset. */
  readonly isMember: boolean
}

/** The tools of a request by the names on the wire. */
export class DeclaredTools {
  readonly table: ToolTable
  readonly #provided: ReadonlyArray<AiTool.AnyProviderDefined>

  constructor(table: ToolTable) {
    this.table = table
    this.#provided = table.tools.filter(
      (tool): tool is AiTool.AnyProviderDefined => AiTool.isProviderDefined(tool) && isOfThisApi(tool)
    )
  }

  /** The tool that a `tool_use` block calls. */
  own(block: JsonObject): OwnTool {
    const wireName = String(block["name"])
    const toolset = block["toolset_name"]
    if (typeof toolset === "string") {
      const tool = this.#provided.find(({ id }) => typeOf(id).startsWith(`${toolset}_toolset_`))
      if (tool !== undefined) return { name: tool.name, tool, isMember: true }
    }
    const provided = this.#provided.find(({ providerName }) => providerName === wireName)
    const tool = provided ?? this.table.get(wireName)
    return { name: tool?.name ?? wireName, tool, isMember: false }
  }

  /** The tool of a block that the server runs. */
  hosted(block: JsonObject): AiTool.AnyProviderDefined | undefined {
    const { name, server_name: server, type } = block
    if (type === "mcp_tool_use") {
      return this.#provided.find(
        ({ args, id }) => typeOf(id).startsWith("mcp_toolset") && isObject(args) && args["mcp_server_name"] === server
      )
    }
    return this.#provided.find(
      ({ providerName }) =>
        providerName === name || (providerName === "code_execution" && codeExecutionNames.has(String(name)))
    )
  }

  /** The name on the wire of a tool of the toolkit. */
  wireName(name: string): string {
    return this.#provided.find((tool) => tool.name === name)?.providerName ?? name
  }
}

/** A toolkit for several providers has tools of all of them. */
const isOfThisApi = ({ id }: AiTool.AnyProviderDefined): boolean => id.startsWith("anthropic.")

/** Names that calls of the code execution tools carry. */
const codeExecutionNames = new Set(["bash_code_execution", "text_editor_code_execution"])

/** `web_search_20250305` for `anthropic.web_search_20250305`. */
export const typeOf = (id: string): string => id.slice(id.indexOf(".") + 1)

/** Describes the tools for the API. Throws an `AiError` if a tool has to be strict and cannot be. */
export const toolParams = (
  tools: ReadonlyArray<AiTool.Any>,
  options: { readonly strict: boolean | undefined; readonly settingsOf: (tool: AiTool.Any) => JsonObject }
): ReadonlyArray<JsonObject> => {
  const budget = new StrictBudget()
  return tools.flatMap((tool): ReadonlyArray<JsonObject> => {
    if (AiTool.isProviderDefined(tool)) return isOfThisApi(tool) ? [providedTool(tool)] : []
    const wanted = AiTool.getStrictMode(tool) ?? options.strict
    const form = formOf(tool, { conversion: toolConversion, strict: wanted })
    const isStrict = form.strict && (wanted === true || budget.take(form.jsonSchema))
    const { jsonSchema } = isStrict ? form : formOf(tool, { conversion: toolConversion, strict: false })
    const description = AiTool.getDescription(tool)
    return [
      {
        name: tool.name,
        ...(description === undefined ? {} : { description }),
        input_schema: { ...jsonSchema, type: "object" },
        ...(isStrict ? { strict: true } : {}),
        ...options.settingsOf(tool)
      }
    ]
  })
}

/** A toolset has no name of its own: its `type` and arguments say all. */
const providedTool = (tool: AiTool.AnyProviderDefined): JsonObject => {
  const { failureMode: _, ...args } = isObject(tool.args) ? tool.args : {}
  const type = typeOf(tool.id)
  const isNamed = !type.includes("toolset")
  return { type, ...(isNamed ? { name: tool.providerName } : {}), ...args }
}

/** The API refuses requests with more strict tools, or more alternatives in their schemas, than this. */
class StrictBudget {
  #tools = 20
  #alternatives = 16

  take(schema: JsonObject): boolean {
    const alternatives = countAlternatives(schema)
    if (this.#tools < 1 || this.#alternatives < alternatives) return false
    this.#tools -= 1
    this.#alternatives -= alternatives
    return true
  }
}

const countAlternatives = (node: unknown): number => {
  if (Array.isArray(node)) return node.reduce((sum: number, part: unknown) => sum + countAlternatives(part), 0)
  if (!isObject(node)) return 0
  const own = Array.isArray(node["anyOf"]) || Array.isArray(node["type"]) ? 1 : 0
  return Object.values(node).reduce((sum: number, part) => sum + countAlternatives(part), own)
}
