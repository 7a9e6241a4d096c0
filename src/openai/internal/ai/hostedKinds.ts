/** Which tool of the Responses API an item of an output belongs to. */
import type * as Tool from "effect/ai/Tool"
import type { ToolTable } from "../../../internal/ai/tools.ts"
import { isObject } from "../../../internal/json/json.ts"

type Item = { readonly [key: string]: unknown }

/** The types of tools that make items of a type. */
const toolTypes: { readonly [itemType: string]: ReadonlyArray<string> } = {
  apply_patch_call: ["apply_patch"],
  code_interpreter_call: ["code_interpreter"],
  computer_call: ["computer", "computer_use_preview"],
  file_search_call: ["file_search"],
  image_generation_call: ["image_generation"],
  local_shell_call: ["local_shell"],
  mcp_approval_request: ["mcp"],
  mcp_call: ["mcp"],
  shell_call: ["shell"],
  web_search_call: ["web_search", "web_search_2025_08_26", "web_search_preview", "web_search_preview_2025_03_11"]
}

/** Items of calls that the program runs. */
const clientRun = new Set(["apply_patch_call", "computer_call", "custom_tool_call", "local_shell_call"])

/** Whether a call does not say where it runs. The API leaves that out of some calls that it has run itself. */
export const isUnclear = ({ environment, type }: Item): boolean => type === "shell_call" && !isObject(environment)

/** Whether the program has to run the call. A shell is the program's own unless its environment is the API's. */
export const isClientRun = (item: Item): boolean => {
  const { environment, type } = item
  if (type === "shell_call") {
    const kind =
      typeof environment === "object" && environment !== null && "type" in environment ? environment.type : ""
    return kind !== "container_reference" && kind !== "container_auto"
  }
  return typeof type === "string" && clientRun.has(type)
}

/** The id of the provider-defined tool for a type of the API's tools. */
export const toolId = <const T extends string>(type: T): `openai.${T}` => `openai.${type}`

/** The declared tool of an item. */
export const toolOf = (table: ToolTable, item: Item): Tool.AnyProviderDefined | undefined => {
  const type = String(item["type"])
  if (type === "custom_tool_call") {
    return table.hosted(toolId("custom")).find((tool) => nameOf(tool) === item["name"])
  }
  const types = Object.hasOwn(toolTypes, type) ? (toolTypes[type] ?? []) : []
  const tools = types.flatMap((type) => table.hosted(toolId(type)))
  const label = item["server_label"]
  return label === undefined ? tools[0] : tools.find((tool) => argsOf(tool)["server_label"] === label)
}

/** The name that the API knows a custom tool by. */
export const nameOf = (tool: Tool.AnyProviderDefined): unknown => argsOf(tool)["name"] ?? tool.name

/** The fields that a tool was declared with. */
export const argsOf = ({ args }: Tool.AnyProviderDefined): Item => (isObject(args) ? args : {})
