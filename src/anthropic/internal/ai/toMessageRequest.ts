/** A call of `effect/ai` as the input of `Messages.create`. */

import * as AiError from "effect/ai/AiError"
import type * as LanguageModel from "effect/ai/LanguageModel"
import * as AiTool from "effect/ai/Tool"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Struct from "effect/Struct"
import type { ModelRequest } from "../../../internal/ai/languageModel.ts"
import { writePrompt } from "../../../internal/ai/parts.ts"
import { arrayOf, isObject, type JsonObject, textOf } from "../../../internal/json/json.ts"
import { strictBudget } from "../../../internal/schema/strictBudget.ts"
import type { Anthropic } from "../../Anthropic.ts"
import type { Config } from "../../MessageLanguageModel.ts"
import { conversion } from "../conversion.ts"
import { withContainer } from "./continuePaused.ts"
import { DeclaredTools, toolParams, typeOf } from "./declaredTools.ts"
import type { Capabilities } from "./modelCapabilities.ts"
import { present } from "./partFields.ts"
import { promptToMessages } from "./promptToMessages.ts"
import { ToolSettings } from "./toolSettings.ts"

/** The input of the endpoint, as JSON. */
export type MessageRequest = JsonObject & { readonly messages: ReadonlyArray<JsonObject> }

/** Whether a file's data is the id of an uploaded file. */
export const isFileId = (data: string): boolean => data.startsWith("file_")

export const toMessageRequest = (
  request: ModelRequest<Config>,
  capabilities: Capabilities
): Effect.Effect<MessageRequest, AiError.AiError, Anthropic> =>
  Effect.gen(function* () {
    const now = yield* Clock.currentTimeMillis
    const maxTokens = request.config.max_tokens ?? (yield* capabilities.maxTokens)
    const { input, omitted } = yield* writePrompt("llmfx/anthropic/MessageLanguageModel", () =>
      inputOf(request, maxTokens, now)
    )
    for (const what of omitted)
      yield* Effect.logWarning(`Left out of the prompt, as the Messages API does not take it: ${what}`)
    return input
  })

/** The input, and what the prompt holds that the API does not take. */
const inputOf = (
  { config, model, object, options, tools: table }: ModelRequest<Config>,
  maxTokens: number,
  now: number
): { readonly input: MessageRequest; readonly omitted: ReadonlyArray<string> } => {
  const declared = new DeclaredTools(table)
  const { isFileId: isId = isFileId, systemInHistory = "user" } = config
  const prompt = promptToMessages(options.prompt, declared, { systemInHistory, isFileId: isId })
  const budget = strictBudget(conversion.strictLimits)
  const isEnforced = object?.strict === true && (budget.takeFormat(object.jsonSchema) || config.strict === true)
  const tools = toolParams(options.tools, {
    strict: config.strict,
    onUnsupported: config.onUnsupported,
    budget,
    settingsOf
  })
  const wanted = tools.length === 0 ? undefined : toolChoice(options.toolChoice, declared, config.disableParallelTools)
  const inWords = object !== undefined && !isEnforced
  const system = inWords ? [...prompt.system, instruction(object.jsonSchema)] : prompt.system
  const format = isEnforced ? { type: "json_schema", schema: object.jsonSchema } : undefined
  const betas = [...new Set([...(config.betas ?? []), ...betasOf(options.tools)])]
  const known = options.tools.some(AiTool.isProviderDefined) ? livingContainer(prompt.container, now) : undefined
  const input: MessageRequest = {
    ...paramsOf(config),
    ...present({
      output_config: format === undefined ? config.output_config : { ...config.output_config, format },
      container: withContainer(config.container, known),
      tool_choice: wanted
    }),
    model,
    max_tokens: maxTokens,
    messages: prompt.messages,
    ...(system.length === 0 ? {} : { system }),
    ...(tools.length === 0 ? {} : { tools }),
    ...(betas.length === 0 ? {} : { betas })
  }
  checkBreakpoints(input)
  return { input, omitted: prompt.omitted }
}

const settingsOf = (tool: AiTool.Any) => ({ ...Context.get(tool.annotations, ToolSettings) })

/** Settings that are not fields of the request, and fields that `inputOf` sets itself. */
const notParams = [
  "betas",
  "container",
  "continuePaused",
  "disableParallelTools",
  "isFileId",
  "max_tokens",
  "onUnsupported",
  "output_config",
  "request",
  "strict",
  "systemInHistory"
] as const satisfies ReadonlyArray<keyof Config>

/** The settings that are fields of the request. */
const paramsOf = (config: Config): JsonObject => Struct.omit(config, notParams)

const toolChoice = (
  choice: LanguageModel.ProviderOptions["toolChoice"],
  tools: DeclaredTools,
  isSerial: boolean | undefined
): JsonObject | undefined => {
  const serial = isSerial === true ? { disable_parallel_tool_use: true } : {}
  if (choice === "none") return { type: "none" }
  if (choice === "required") return { type: "any", ...serial }
  if (typeof choice === "object" && "tool" in choice) {
    return { type: "tool", name: tools.wireName(choice.tool), ...serial }
  }
  if (typeof choice === "object" && choice.mode === "required") return { type: "any", ...serial }
  return isSerial === true ? { type: "auto", ...serial } : undefined
}

/**
 * Asks for JSON in words: the API enforces neither schemas that contain themselves, nor parts that may be any value, nor
 * more optional properties and alternatives than its limits.
 */
const instruction = (jsonSchema: JsonObject): JsonObject => ({
  type: "text",
  text: `Answer with one JSON value that fits this JSON Schema, and with nothing else:\n${JSON.stringify(jsonSchema)}`
})

/** The id of a container that has not expired. */
const livingContainer = (container: JsonObject | undefined, now: number): unknown => {
  if (container === undefined) return undefined
  const end = Date.parse(textOf(container["expires_at"]))
  return Number.isNaN(end) || end > now ? container["id"] : undefined
}

/** The headers that tools in beta need: their names end with the date of the tool. */
const betasOf = (tools: ReadonlyArray<AiTool.Any>): ReadonlyArray<string> =>
  tools.filter(AiTool.isProviderDefined).flatMap(({ id }) => {
    const type = typeOf(id)
    if (type === "mcp_toolset") return ["mcp-client-2025-11-20"]
    const match = /^(computer|bash|text_editor|advisor)_(\d{4})(\d\d)(\d\d)$/.exec(type)
    if (match === null) return []
    const [, kind, ...date] = match
    const day = date.join("-")
    if (kind === "advisor") return [`advisor-tool-${day}`]
    return kind === "computer" || day === "2024-10-22" ? [`computer-use-${day}`] : []
  })

const mostBreakpoints = 4

/** The API refuses more, but only after the whole request was sent. */
const checkBreakpoints = (input: MessageRequest): void => {
  const count = breakpointsIn(input)
  if (count <= mostBreakpoints) return
  throw AiError.make({
    module: "MessageLanguageModel",
    method: "toInput",
    reason: new AiError.InvalidRequestError({
      parameter: "cache_control",
      constraint: `at most ${mostBreakpoints} in a request`,
      description: `The request has ${count} cache breakpoints, and the API takes ${mostBreakpoints}: remove cache_control from earlier messages, parts or tools`
    })
  })
}

const breakpointsIn = (value: unknown): number => {
  if (Array.isArray(value)) return value.reduce((sum: number, part: unknown) => sum + breakpointsIn(part), 0)
  if (!isObject(value)) return 0
  const own = isObject(value["cache_control"]) ? 1 : 0
  return (
    own + ["system", "tools", "messages", "content"].reduce((sum, name) => sum + breakpointsIn(arrayOf(value[name])), 0)
  )
}
