/** The events in which the Messages API streams an answer. */

import { isObject, type JsonObject, objectsOf, textOf } from "../../../internal/json/json.ts"
import { pieces } from "./pieces.ts"

export const messageEvents = (message: JsonObject): ReadonlyArray<JsonObject> => {
  const {
    container,
    content,
    stop_details: stopDetails,
    stop_reason: stopReason,
    stop_sequence: stopSequence
  } = message
  const usage = isObject(message["usage"]) ? message["usage"] : {}
  const { container: _, ...head } = message
  const { output_tokens_details: _details, ...begunUsage } = usage
  return [
    {
      type: "message_start",
      message: {
        ...head,
        content: [],
        stop_reason: null,
        stop_sequence: null,
        ...("stop_details" in message ? { stop_details: null } : {}),
        usage: { ...begunUsage, output_tokens: Math.min(1, Number(usage["output_tokens"] ?? 0)) }
      }
    },
    ...objectsOf(content).flatMap(blockEvents),
    {
      type: "message_delta",
      delta: {
        stop_reason: stopReason ?? null,
        stop_sequence: stopSequence ?? null,
        ...(stopDetails === undefined ? {} : { stop_details: stopDetails }),
        ...(container === undefined ? {} : { container })
      },
      usage: cumulative(usage)
    },
    { type: "message_stop" }
  ]
}

const counts = [
  "input_tokens",
  "cache_creation_input_tokens",
  "cache_read_input_tokens",
  "output_tokens",
  "output_tokens_details",
  "server_tool_use"
]

const cumulative = (usage: JsonObject): JsonObject =>
  Object.fromEntries(counts.flatMap((name) => (name in usage ? [[name, usage[name]]] : [])))

const blockEvents = (block: JsonObject, index: number): ReadonlyArray<JsonObject> => {
  const { begun, deltas } = progressOf(block)
  return [
    { type: "content_block_start", index, content_block: begun },
    ...deltas.map((delta) => ({ type: "content_block_delta", index, delta })),
    { type: "content_block_stop", index }
  ]
}

const progressOf = (block: JsonObject): { readonly begun: JsonObject; readonly deltas: ReadonlyArray<JsonObject> } => {
  switch (block["type"]) {
    case "text":
      return {
        begun: { ...block, text: "", ...(Array.isArray(block["citations"]) ? { citations: [] } : {}) },
        deltas: [
          ...objectsOf(block["citations"]).map((citation) => ({ type: "citations_delta", citation })),
          ...pieces(textOf(block["text"])).map((text) => ({ type: "text_delta", text }))
        ]
      }
    case "thinking":
      return {
        begun: { ...block, thinking: "", signature: "" },
        deltas: [
          ...pieces(textOf(block["thinking"])).map((thinking) => ({ type: "thinking_delta", thinking })),
          { type: "signature_delta", signature: textOf(block["signature"]) }
        ]
      }
    case "tool_use":
    case "server_tool_use":
    case "mcp_tool_use":
      return {
        begun: { ...block, input: {} },
        deltas: ["", ...inputPieces(block["input"])].map((partial) => ({
          type: "input_json_delta",
          partial_json: partial
        }))
      }
    case "compaction":
      return {
        begun: { ...block, content: null },
        deltas: [{ type: "compaction_delta", content: block["content"] ?? null }]
      }
    default:
      return { begun: block, deltas: [] }
  }
}

/** A tool that takes no input gets no text at all. */
const inputPieces = (input: unknown): ReadonlyArray<string> =>
  !isObject(input) || Object.keys(input).length === 0 ? [] : pieces(JSON.stringify(input))
