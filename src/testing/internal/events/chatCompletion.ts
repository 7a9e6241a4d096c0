/** The chunks in which the Chat Completions API streams an answer. */
import { isJson, type Json, objects, pieces, textOf } from "./pieces.ts"

export const chatCompletionChunks = (completion: Json, includeUsage: boolean): ReadonlyArray<Json> => {
  const { choices, object: _, usage, ...common } = completion
  const chunk = (fields: Json): Json => ({
    ...common,
    object: "chat.completion.chunk",
    ...fields,
    ...(includeUsage && !("usage" in fields) ? { usage: null } : {})
  })
  const chunks = objects(choices).flatMap((choice) => choiceChunks(choice).map((part) => chunk({ choices: [part] })))
  return includeUsage && usage !== undefined ? [...chunks, chunk({ choices: [], usage })] : chunks
}

const choiceChunks = (choice: Json): ReadonlyArray<Json> => {
  const { finish_reason: finishReason, index, logprobs, message } = choice
  const {
    content,
    function_call: functionCall,
    reasoning_content: reasoning,
    refusal,
    role,
    tool_calls: toolCalls,
    ...rest
  } = isJson(message) ? message : {}
  const part = (delta: Json): Json => ({ index, delta, finish_reason: null, logprobs: null })
  const texts = (name: string, text: unknown) => pieces(textOf(text)).map((piece) => part({ [name]: piece }))
  const calls = objects(toolCalls).map(toolCallDeltas)
  const begun: Json = { role: role ?? "assistant", content: typeof content === "string" ? "" : null, ...rest }
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
  if (!isJson(logprobs)) return all
  return all.map((chunk, position) => (position === Math.min(1, all.length - 1) ? { ...chunk, logprobs } : chunk))
}

const toolCallDeltas = (call: Json, index: number): ReadonlyArray<Json> => {
  const kind = isJson(call["custom"]) ? "custom" : "function"
  const field = kind === "custom" ? "input" : "arguments"
  const body = isJson(call[kind]) ? call[kind] : {}
  const delta = (fields: Json): Json => ({ tool_calls: [{ index, ...fields }] })
  return [
    delta({ ...call, [kind]: { ...body, [field]: "" } }),
    ...pieces(textOf(body[field])).map((piece) => delta({ [kind]: { [field]: piece } }))
  ]
}

const functionCallDeltas = (call: unknown): ReadonlyArray<Json> =>
  isJson(call)
    ? [
        { function_call: { name: call["name"], arguments: "" } },
        ...pieces(textOf(call["arguments"])).map((piece) => ({ function_call: { arguments: piece } }))
      ]
    : []
