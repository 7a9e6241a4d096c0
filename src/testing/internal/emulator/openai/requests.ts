/** The requests of the OpenAI API in the terms of the emulator's model. */

import { arrayOf, isObject, type JsonObject, objectsOf, stringOf } from "../../../../internal/json/json.ts"
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
      role: roles[String(role)] ?? "user",
      text: textOf(content)
    })),
    tools: objectsOf(body["tools"]).flatMap(({ custom, function: fn }) => [...toolOf(fn), ...toolOf(custom, true)]),
    toolChoice: choiceOf(body["tool_choice"]),
    format: formatOf(body["response_format"]),
    body
  }
}

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
    model: String(required(body, "model")),
    messages: [
      ...(instructions === undefined ? [] : [{ role: "system" as const, text: instructions }]),
      ...[...history, ...inputItems(body["input"])].flatMap(messageOfItem)
    ],
    tools: objectsOf(body["tools"]).flatMap((tool) =>
      tool["type"] === "function" ? toolOf(tool) : tool["type"] === "custom" ? toolOf(tool, true) : []
    ),
    toolChoice: choiceOf(body["tool_choice"]),
    format: isObject(body["text"]) ? formatOf(body["text"]["format"]) : undefined,
    body
  }
}

/** The input as items: a text is a message of the user. */
export const inputItems = (input: unknown): ReadonlyArray<JsonObject> =>
  typeof input === "string"
    ? [{ type: "message", role: "user", content: [{ type: "input_text", text: input }] }]
    : objectsOf(input).map((item) => ("type" in item ? item : { type: "message", ...item }))

const messageOfItem = (item: JsonObject): ReadonlyArray<ChatMessage> => {
  switch (item["type"]) {
    case "message":
      return [{ role: roles[String(item["role"])] ?? "user", text: textOf(item["content"]) }]
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
export const finishReason = ({ toolCalls, truncated }: ChatReply): string =>
  truncated === true ? "length" : toolCalls !== undefined && toolCalls.length > 0 ? "tool_calls" : "stop"
