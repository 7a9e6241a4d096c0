import type { JsonObject } from "../../../internal/json/json.ts"

/** The words of a text with the space before them: joined, they are the text. */
export const pieces = (text: string): ReadonlyArray<string> =>
  text.length > longest ? slices(text) : (text.match(/\s*\S+|\s+$/gu) ?? (text === "" ? [] : [text]))

/** A longer text is cut anywhere, so it does not become millions of events. */
const longest = 200_000

const slices = (text: string): ReadonlyArray<string> =>
  Array.from({ length: Math.ceil(text.length / longest) }, (_, at) => text.slice(at * longest, (at + 1) * longest))

/** The event with characters that hide how long its text is, as OpenAI sends them: each event is of like length. */
export const padded = (event: JsonObject): JsonObject => {
  const rest = JSON.stringify(event).length % 16
  return { ...event, obfuscation: "abcdefghijklmnop".slice(rest) }
}
