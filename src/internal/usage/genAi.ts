/** Maps inputs and responses to OpenTelemetry's semantic conventions for generative AI. Reads unchecked JSON. */
import type * as Endpoint from "../../Endpoint.ts"
import { arrayOf, isObject, type JsonObject, stringOf } from "../json/json.ts"

/** The conventions' name for an operation, or the endpoint's id if they have none. */
export const operationOf = ({ id }: Endpoint.Metadata): string => {
  if (/^(?:beta\.)?(?:chat\.completions|responses|messages|chat)\.(?:create|stream)\b/.test(id)) return "chat"
  if (/^embeddings\.create\b/.test(id)) return "embeddings"
  return /^completions\.create\b/.test(id) ? "text_completion" : id
}

const requestNames: { readonly [field: string]: string } = {
  model: "gen_ai.request.model",
  temperature: "gen_ai.request.temperature",
  top_p: "gen_ai.request.top_p",
  top_k: "gen_ai.request.top_k",
  max_tokens: "gen_ai.request.max_tokens",
  max_completion_tokens: "gen_ai.request.max_tokens",
  max_output_tokens: "gen_ai.request.max_tokens",
  frequency_penalty: "gen_ai.request.frequency_penalty",
  presence_penalty: "gen_ai.request.presence_penalty",
  seed: "gen_ai.request.seed",
  stop: "gen_ai.request.stop_sequences",
  stop_sequences: "gen_ai.request.stop_sequences",
  n: "gen_ai.request.choice.count",
  encoding_format: "gen_ai.request.encoding_formats",
  dimensions: "gen_ai.embeddings.dimension.count"
}

const lists: ReadonlySet<string> = new Set(["gen_ai.request.stop_sequences", "gen_ai.request.encoding_formats"])

/** The attributes of a call's settings, without its content. */
export const requestAttributes = (input: unknown): JsonObject => {
  const attributes: Record<string, unknown> = {}
  if (!isObject(input)) return attributes
  for (const [field, name] of Object.entries(requestNames)) {
    const value = input[field]
    if (value === undefined || value === null || isObject(value)) continue
    attributes[name] = lists.has(name) && !Array.isArray(value) ? [value] : value
  }
  return attributes
}

/** The facts that a response, or a series of stream events, reports about itself. */
export interface Described {
  id: string | undefined
  finishReasons: Array<string>
}

/** Records one response or event. */
export const describe = (into: Described, value: unknown): void => {
  if (!isObject(value)) return
  const holders = [value["response"], value["message"], value["data"], value].filter(isObject)
  into.id ??= holders.map(({ id }) => stringOf(id)).find((id) => id !== undefined)
  for (const holder of [...holders, value["delta"]].filter(isObject)) {
    const { choices, status, stop_reason } = holder
    for (const choice of arrayOf(choices)) addReason(into, isObject(choice) ? choice["finish_reason"] : undefined)
    addReason(into, stop_reason)
    if (status === "completed" || status === "incomplete") addReason(into, status)
  }
}

/** More reasons than these say nothing about a response, and each is compared with those before it. */
const maxReasons = 16

const addReason = ({ finishReasons }: Described, reason: unknown): void => {
  if (typeof reason !== "string" || finishReasons.length === maxReasons || finishReasons.includes(reason)) return
  finishReasons.push(reason)
}

/** Returns the text of a response, or the text that an event adds. */
export const textIn = (value: unknown): string => {
  if (!isObject(value)) return ""
  const { choices, content, data, delta, output, type } = value
  if (typeof delta === "string") return type === "response.output_text.delta" ? delta : ""
  if (isObject(delta)) return typeof delta["text"] === "string" ? delta["text"] : ""
  if (isObject(data)) return value["event"] === "conversation.message.delta" ? (stringOf(data["content"]) ?? "") : ""
  return [
    ...arrayOf(choices).map(textOfChoice),
    ...arrayOf(content).map(textOfPart),
    ...arrayOf(output).flatMap((item) => (isObject(item) ? arrayOf(item["content"]).map(textOfPart) : []))
  ].join("")
}

const textOfChoice = (choice: unknown): string => {
  if (!isObject(choice)) return ""
  const { delta, message, text } = choice
  const holder = isObject(message) ? message : isObject(delta) ? delta : { content: text }
  return stringOf(holder["content"]) ?? ""
}

const textOfPart = (part: unknown): string => (isObject(part) ? (stringOf(part["text"]) ?? "") : "")

/** Returns the messages of an input. */
export const inputMessages = (input: unknown): ReadonlyArray<unknown> => {
  if (!isObject(input)) return []
  const { additional_messages, input: items, messages, prompt } = input
  const given = messages ?? items ?? additional_messages ?? prompt
  return typeof given === "string" ? [message({ role: "user", content: given })] : arrayOf(given).map(message)
}

/** Returns the instructions of an input that are not messages. */
export const instructions = (input: unknown): ReadonlyArray<unknown> =>
  isObject(input) ? parts(input["system"] ?? input["instructions"]) : []

const message = (item: unknown): unknown =>
  isObject(item) ? { role: item["role"] ?? item["type"] ?? "user", parts: parts(item["content"] ?? [item]) } : item

const parts = (content: unknown): ReadonlyArray<unknown> => {
  if (typeof content === "string") return [{ type: "text", content }]
  return arrayOf(content).map((part) =>
    isObject(part) && typeof part["text"] === "string" ? { type: "text", content: part["text"] } : part
  )
}

/** Returns a response as messages. */
export const outputMessages = (text: string, { finishReasons }: Described): ReadonlyArray<unknown> =>
  text === ""
    ? []
    : [{ role: "assistant", parts: [{ type: "text", content: text }], finish_reason: finishReasons[0] ?? "unknown" }]
