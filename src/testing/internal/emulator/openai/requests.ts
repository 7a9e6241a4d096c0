/** The requests of the OpenAI API in the terms of the emulator's model. */

import { arrayOf, entryOf, isObject, type JsonObject, objectsOf, stringOf } from "../../../../internal/json/json.ts"
import * as Failure from "../../../Failure.ts"
import type { ChatMessage, ChatReply, ChatRequest, ChatTool } from "../chat.ts"
import { type Exchange, Refusal } from "../exchange.ts"

/** Refuses a body without the field. */
export const required = (body: JsonObject, field: string): unknown => {
  const value = body[field]
  if (value !== undefined && value !== null) return value
  throw new Refusal(
    Failure.invalidRequest({
      message: `Missing required parameter: '${field}'.`,
      code: "missing_required_parameter",
      param: field
    })
  )
}

/** How many of something a request asks for. Refuses more than `most`, whatever else it takes. */
export const countOf = (body: JsonObject, field: string, fallback: number, most: number): number => {
  const value = Number(body[field] ?? fallback)
  if (Number.isInteger(value) && value >= 0 && value <= most) return value
  throw new Refusal(
    Failure.invalidRequest({
      message: `Invalid '${field}': expected a whole number of at most ${most}, but got ${String(body[field]).slice(0, 40)} instead.`,
      param: field
    })
  )
}

/** The text in any form of content. */
export const textOf = (content: unknown): string =>
  typeof content === "string"
    ? content
    : arrayOf(content)
        .map((part) => (isObject(part) ? (stringOf(part["text"]) ?? stringOf(part["refusal"]) ?? "") : ""))
        .join("")

const roles: { readonly [role: string]: ChatMessage["role"] } = {
  assistant: "assistant",
  developer: "system",
  system: "system",
  tool: "tool",
  function: "tool"
}

/** A request for a chat completion. */
export const chatRequest = ({ body, endpoint }: Exchange): ChatRequest => {
  const messages = required(body, "messages")
  return {
    provider: "openai",
    endpoint: endpoint.id,
    model: String(required(body, "model")),
    messages: objectsOf(messages).map(({ content, role }) => ({
      role: entryOf(roles, String(role)) ?? "user",
      text: textOf(content)
    })),
    tools: isLegacy(body)
      ? objectsOf(body["functions"]).flatMap((fn) => toolOf(fn))
      : objectsOf(body["tools"]).flatMap(({ custom, function: fn }) => [...toolOf(fn), ...toolOf(custom, true)]),
    toolChoice: choiceOf(isLegacy(body) ? body["function_call"] : body["tool_choice"]),
    format: formatOf(body["response_format"]),
    thinking: reasons(body["reasoning_effort"]),
    body
  }
}

/** Whether a request offers functions as they were before there were tools. */
export const isLegacy = (body: JsonObject): boolean => !Array.isArray(body["tools"]) && Array.isArray(body["functions"])

const reasons = (effort: unknown): boolean => typeof effort === "string" && effort !== "none"

/** A summary or the encrypted reasoning is asked for, or an effort. */
const wantsReasoning = ({ include, model, reasoning }: JsonObject): boolean => {
  const { effort, summary } = isObject(reasoning) ? reasoning : {}
  if (effort === "none") return false
  const isEncrypted = arrayOf(include).includes("reasoning.encrypted_content")
  return typeof summary === "string" || reasons(effort) || (isEncrypted && isReasoningModel(model))
}

/** Models that reason unless they are told not to. */
export const isReasoningModel = (model: unknown): boolean => /^(o\d|gpt-5(?!\.[1-9]|-chat|-search))/.test(String(model))

const toolOf = (tool: unknown, isText = false): ReadonlyArray<ChatTool> =>
  isObject(tool) && typeof tool["name"] === "string"
    ? [{ name: tool["name"], schema: isText ? undefined : (tool["parameters"] ?? {}) }]
    : []

const choiceOf = (choice: unknown): string => {
  if (typeof choice === "string") return choice
  if (!isObject(choice)) return "auto"
  const named = isObject(choice["function"])
    ? choice["function"]
    : isObject(choice["custom"])
      ? choice["custom"]
      : choice
  return stringOf(named["name"]) ?? "auto"
}

const formatOf = (format: unknown): ChatRequest["format"] => {
  if (!isObject(format)) return undefined
  if (format["type"] === "json_object") return true
  if (format["type"] !== "json_schema") return undefined
  const holder = isObject(format["json_schema"]) ? format["json_schema"] : format
  return { schema: holder["schema"] }
}

/** A request for a response; `history` comes before its input. */
export const responseRequest = ({ body, endpoint }: Exchange, history: ReadonlyArray<JsonObject>): ChatRequest => {
  const instructions = stringOf(body["instructions"])
  return {
    provider: "openai",
    endpoint: endpoint.id,
    model: stringOf(body["model"]) ?? (isObject(body["prompt"]) ? promptModel : String(required(body, "model"))),
    messages: [
      ...(instructions === undefined ? [] : [{ role: "system" as const, text: instructions }]),
      ...[...history, ...inputItems(body["input"])].flatMap(messageOfItem)
    ],
    tools: objectsOf(body["tools"]).flatMap((tool) =>
      tool["type"] === "function" ? toolOf(tool) : tool["type"] === "custom" ? toolOf(tool, true) : []
    ),
    toolChoice: choiceOf(body["tool_choice"]),
    format: isObject(body["text"]) ? formatOf(body["text"]["format"]) : undefined,
    thinking: wantsReasoning(body),
    body
  }
}

/** The model of a stored prompt, which a request need not name. */
const promptModel = "gpt-5.4"

/** The input as items: a text is a message of the user. */
export const inputItems = (input: unknown): ReadonlyArray<JsonObject> =>
  typeof input === "string"
    ? [{ type: "message", role: "user", content: [{ type: "input_text", text: input }] }]
    : objectsOf(input).map((item) => ("type" in item ? item : { type: "message", ...item }))

const messageOfItem = (item: JsonObject): ReadonlyArray<ChatMessage> => {
  switch (item["type"]) {
    case "message":
      return [{ role: entryOf(roles, String(item["role"])) ?? "user", text: textOf(item["content"]) }]
    case "function_call_output":
    case "custom_tool_call_output":
      return [{ role: "tool", text: textOf(item["output"]) }]
    default:
      return []
  }
}

/** The input of a tool call as the API has it: JSON text, or the text of a custom tool. */
export const isCustomTool = (request: ChatRequest, name: string): boolean =>
  request.tools.some((tool) => tool.name === name && tool.schema === undefined)

/** Why an answer ended. */
export const finishReason = ({ toolCalls, truncated }: ChatReply, body: JsonObject): string => {
  if (truncated === true) return "length"
  if (toolCalls === undefined || toolCalls.length === 0) return "stop"
  return isLegacy(body) ? "function_call" : "tool_calls"
}
