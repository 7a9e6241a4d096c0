import type * as Response from "effect/ai/Response"
import { jsonText } from "../json/jsonText.ts"
import { countsOf } from "../usage/usageFields.ts"

/**
 * The usage of a finish part. Counts are whole and never negative, as `effect/ai` refuses others. Caches and reasoning
 * are `undefined` if the server does not report them.
 */
export const usageOf = (raw: unknown): (typeof Response.Usage)["Encoded"] => {
  const counts = countsOf(raw)
  if (counts === undefined) return { inputTokens: {}, outputTokens: {} }
  const { cacheRead, cacheWrite, input, output, outputAudio, reasoning } = counts
  const text = jsonText(raw)
  const hasCache = text.includes("cache")
  const hasReasoning = /reasoning|thinking/.test(text)
  return {
    inputTokens: {
      total: whole(input),
      uncached: whole(input - cacheRead - cacheWrite),
      ...(hasCache ? { cacheRead: whole(cacheRead), cacheWrite: whole(cacheWrite) } : {})
    },
    outputTokens: {
      total: whole(output),
      ...(hasReasoning ? { text: whole(output - reasoning - outputAudio), reasoning: whole(reasoning) } : {})
    }
  }
}

const whole = (count: number): number => Math.max(0, Math.round(count))
