import type { JsonObject } from "../../../internal/json/json.ts"

/** The words of a text with the space before them: joined, they are the text. */
export const pieces = (text: string): ReadonlyArray<string> =>
  text.match(/\s*\S+|\s+$/gu) ?? (text === "" ? [] : [text])

/** The event with characters that hide how long its text is, as OpenAI sends them: each event is of like length. */
export const padded = (event: JsonObject): JsonObject => {
  const rest = JSON.stringify(event).length % 16
  return { ...event, obfuscation: "abcdefghijklmnop".slice(rest) }
}
