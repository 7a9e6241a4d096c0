import type { Behaviour } from "../../internal/behaviour.ts"
import { isObject, type JsonObject } from "../../internal/json/json.ts"

const numbers: ReadonlySet<string> = new Set([
  "duration",
  "start",
  "end",
  "seek",
  "temperature",
  "avg_logprob",
  "compression_ratio",
  "no_speech_prob"
])

/** Whisper servers write numbers as text, as the published schema once said of the duration. */
const withNumbers = (value: JsonObject): JsonObject =>
  Object.fromEntries(
    Object.entries(value).map(([name, field]) => {
      if (Array.isArray(field)) return [name, field.map((item) => (isObject(item) ? withNumbers(item) : item))]
      const isNumber =
        typeof field === "string" && numbers.has(name) && field.trim() !== "" && Number.isFinite(Number(field))
      return [name, isNumber ? Number(field) : field]
    })
  )

export const transcriptNumbers: Behaviour = { normalize: withNumbers }
