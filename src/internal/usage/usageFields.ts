/** Reads token counts in the forms that the APIs report. */
import type { Tokens } from "../../telemetry/Usage.ts"
import { isObject, type JsonObject } from "../json/json.ts"

const count = (...values: ReadonlyArray<unknown>): number => {
  const found = values.find((value) => typeof value === "number" && Number.isFinite(value) && value >= 0)
  return typeof found === "number" ? found : 0
}

const within = (value: unknown): JsonObject => (isObject(value) ? value : {})

/** Returns the counts of a usage record, or `undefined` if it has none. */
export const countsOf = (raw: unknown): Tokens | undefined => {
  if (!isObject(raw)) return undefined
  if ("prompt_tokens" in raw || "completion_tokens" in raw) return countsOfCompletion(raw)
  if ("input_tokens" in raw || "output_tokens" in raw) return countsOfTokens(raw)
  if ("input_count" in raw || "output_count" in raw) {
    return { ...noTokens, input: count(raw["input_count"]), output: count(raw["output_count"]) }
  }
  return "total_tokens" in raw ? { ...noTokens, input: count(raw["total_tokens"]) } : undefined
}

export const noTokens: Tokens = {
  input: 0,
  cacheRead: 0,
  cacheWrite: 0,
  cacheWrite1h: 0,
  inputAudio: 0,
  output: 0,
  reasoning: 0,
  outputAudio: 0
}

const countsOfCompletion = (raw: JsonObject): Tokens => {
  const prompt = within(raw["prompt_tokens_details"] ?? raw["prompt_token_details"])
  const completion = within(raw["completion_tokens_details"])
  const input = count(raw["prompt_tokens"])
  const output = count(raw["completion_tokens"])
  const reasoning = count(completion["reasoning_tokens"])
  // Some servers report reasoning on top of the completion; the total reveals it.
  const isBeside = reasoning > 0 && count(raw["total_tokens"]) === input + output + reasoning
  return {
    input,
    cacheRead: count(
      prompt["cached_tokens"],
      raw["cached_tokens"],
      raw["num_cached_tokens"],
      raw["prompt_cache_hit_tokens"]
    ),
    cacheWrite: count(prompt["cache_write_tokens"]),
    cacheWrite1h: 0,
    inputAudio: count(prompt["audio_tokens"]),
    output: isBeside ? output + reasoning : output,
    reasoning,
    outputAudio: count(completion["audio_tokens"])
  }
}

const countsOfTokens = (raw: JsonObject): Tokens => {
  const input = within(raw["input_tokens_details"] ?? raw["input_token_details"])
  const output = within(raw["output_tokens_details"] ?? raw["output_token_details"])
  // Anthropic's input count excludes tokens read from or written to the cache.
  const cacheRead = count(raw["cache_read_input_tokens"])
  const cacheWrite = count(raw["cache_creation_input_tokens"])
  return {
    input: count(raw["input_tokens"]) + cacheRead + cacheWrite,
    cacheRead: cacheRead + count(input["cached_tokens"]),
    cacheWrite: cacheWrite + count(input["cache_write_tokens"]),
    cacheWrite1h: count(within(raw["cache_creation"])["ephemeral_1h_input_tokens"]),
    inputAudio: count(input["audio_tokens"]),
    output: count(raw["output_tokens"]),
    reasoning: count(output["reasoning_tokens"], output["thinking_tokens"]),
    outputAudio: count(output["audio_tokens"])
  }
}

/** Returns the usage record of a response or an event, and the model named next to it. */
export const usageIn = (
  value: unknown
): { readonly usage: JsonObject | undefined; readonly model: string | undefined } => {
  for (const holder of holdersOf(value)) {
    const { model, usage } = holder
    if (!isObject(usage) && typeof model !== "string") continue
    return { usage: isObject(usage) ? usage : undefined, model: typeof model === "string" ? model : undefined }
  }
  return { usage: undefined, model: undefined }
}

const holdersOf = (value: unknown): ReadonlyArray<JsonObject> =>
  isObject(value) ? [value, value["response"], value["message"], value["data"]].filter(isObject) : []
