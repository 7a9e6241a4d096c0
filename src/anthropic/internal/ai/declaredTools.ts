/** The tools of a request: their descriptions for the API, and the tool that a block belongs to. */

import * as AiTool from "effect/ai/Tool"
import type { SchemaForm } from "../../../internal/ai/schemaForm.ts"
import { formOf, type ToolTable, takenTools } from "../../../internal/ai/tools.ts"
import { isObject, type JsonObject } from "../../../internal/json/json.ts"
import type { StrictBudget } from "../../../internal/schema/strictBudget.ts"
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

/**
 * Describes the tools for the API. Tools that do not say `strict` themselves are strict as long as the limits allow it;
 * tools that do count first. Throws an `AiError` if a tool has to be strict and cannot be.
 */
export const toolParams = (
  tools: ReadonlyArray<AiTool.Any>,
  {
    budget,
    onUnsupported,
    settingsOf,
    strict
  }: {
    readonly strict: boolean | undefined
    readonly onUnsupported: "fail" | "omit" | undefined
    readonly budget: StrictBudget
    readonly settingsOf: (tool: AiTool.Any) => JsonObject
  }
): ReadonlyArray<JsonObject> => {
  const own = tools.filter((tool) => !AiTool.isProviderDefined(tool))
  const forms = new Map<AiTool.Any, SchemaForm>()
  const wantedOf = (tool: AiTool.Any) => AiTool.getStrictMode(tool) ?? strict
  for (const tool of own) {
    const wanted = wantedOf(tool)
    if (wanted === undefined) continue
    const form = formOf(tool, { conversion: toolConversion, strict: wanted })
    if (form.strict) budget.take(form.jsonSchema)
    forms.set(tool, form)
  }
  for (const tool of own) {
    if (forms.has(tool)) continue
    const form = formOf(tool, { conversion: toolConversion, strict: undefined })
    const isStrict = form.strict && budget.fits(form.jsonSchema)
    if (isStrict) budget.take(form.jsonSchema)
    forms.set(tool, isStrict ? form : formOf(tool, { conversion: toolConversion, strict: false }))
  }
  const taken = takenTools(tools, isOfThisApi, onUnsupported, "take the one of llmfx/anthropic/HostedTools")
  return taken.map((tool): JsonObject => {
    if (AiTool.isProviderDefined(tool)) return providedTool(tool)
    const form = forms.get(tool)
    const description = AiTool.getDescription(tool)
    return {
      name: tool.name,
      ...(description === undefined ? {} : { description }),
      input_schema: { ...form?.jsonSchema, type: "object" },
      ...(form?.strict === true ? { strict: true } : {}),
      ...settingsOf(tool)
    }
  })
}

/** A toolset has no name of its own: its `type` and arguments say all. */
const providedTool = (tool: AiTool.AnyProviderDefined): JsonObject => {
  const { failureMode: _, ...args } = isObject(tool.args) ? tool.args : {}
  const type = typeOf(tool.id)
  const isNamed = !type.includes("toolset")
  return { type, ...(isNamed ? { name: tool.providerName } : {}), ...args }
}
