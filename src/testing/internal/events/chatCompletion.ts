/** The chunks in which the Chat Completions API streams an answer. */

import { isObject, type JsonObject, objectsOf, textOf } from "../../../internal/json/json.ts"
import { pieces } from "./pieces.ts"

export const chatCompletionChunks = (completion: JsonObject, includeUsage: boolean): ReadonlyArray<JsonObject> => {
  const { choices, object: _, usage, ...common } = completion
  const chunk = (fields: JsonObject): JsonObject => ({
    ...common,
    object: "chat.completion.chunk",
    ...fields,
    ...(includeUsage && !("usage" in fields) ? { usage: null } : {})
  })
  const chunks = objectsOf(choices).flatMap((choice) => choiceChunks(choice).map((part) => chunk({ choices: [part] })))
  return includeUsage && usage !== undefined ? [...chunks, chunk({ choices: [], usage })] : chunks
}

const choiceChunks = (choice: JsonObject): ReadonlyArray<JsonObject> => {
  const { finish_reason: finishReason, index, logprobs, message } = choice
  const {
    content,
    function_call: functionCall,
    reasoning_content: reasoning,
    refusal,
    role,
    tool_calls: toolCalls,
    ...rest
  } = isObject(message) ? message : {}
  const part = (delta: JsonObject): JsonObject => ({ index, delta, finish_reason: null, logprobs: null })
  const texts = (name: string, text: unknown) => pieces(textOf(text)).map((piece) => part({ [name]: piece }))
  const calls = objectsOf(toolCalls).map(toolCallDeltas)
  const { annotations: _, ...more } = rest
  const begun: JsonObject = {
    role: role ?? "assistant",
    content: typeof content === "string" ? "" : null,
    refusal: null,
    ...more
  }
  // The only call of an answer without text begins with the answer.
  const [only] = calls.length === 1 && typeof content !== "string" ? calls : []
  const body = [
    ...texts("reasoning_content", reasoning),
    ...texts("content", content),
    ...texts("refusal", refusal),
    ...(only === undefined ? calls.flat() : only.slice(1)).map(part),
    ...functionCallDeltas(functionCall).map(part)
  ]
  const all = [part({ ...begun, ...only?.[0] }), ...body, { ...part({}), finish_reason: finishReason ?? "stop" }]
  if (!isObject(logprobs)) return all
  return all.map((chunk, position) => (position === Math.min(1, all.length - 1) ? { ...chunk, logprobs } : chunk))
}

const toolCallDeltas = (call: JsonObject, index: number): ReadonlyArray<JsonObject> => {
  const kind = isObject(call["custom"]) ? "custom" : "function"
  const field = kind === "custom" ? "input" : "arguments"
  const body = isObject(call[kind]) ? call[kind] : {}
  const delta = (fields: JsonObject): JsonObject => ({ tool_calls: [{ index, ...fields }] })
  return [
    delta({ ...call, [kind]: { ...body, [field]: "" } }),
    ...pieces(textOf(body[field])).map((piece) => delta({ [kind]: { [field]: piece } }))
  ]
}

const functionCallDeltas = (call: unknown): ReadonlyArray<JsonObject> =>
  isObject(call)
    ? [
        { function_call: { name: call["name"], arguments: "" } },
        ...pieces(textOf(call["arguments"])).map((piece) => ({ function_call: { arguments: piece } }))
      ]
    : []
