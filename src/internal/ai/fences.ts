import type * as Response from "effect/ai/Response"

/**
 * The parts of an object's answer without the fenced block that models like to put JSON into, unless the provider enforces
 * the schema. An answer that is JSON as it is stays.
 */
export const withoutFences = (parts: ReadonlyArray<Response.PartEncoded>): ReadonlyArray<Response.PartEncoded> => {
  const text = parts.map((part) => (part.type === "text" ? part.text : "")).join("")
  const inner = isJson(text) ? undefined : fenced(text)
  if (inner === undefined || !isJson(inner)) return parts
  const first = parts.findIndex((part) => part.type === "text")
  return parts.map((part, index) => (part.type === "text" ? { ...part, text: index === first ? inner : "" } : part))
}

/** The lines of the first fenced block, which may begin behind other words. */
const fenced = (text: string): string | undefined => {
  const lines = text.split("\n")
  const start = lines.findIndex((line) => /```(?:json)?$/.test(line.trimEnd()))
  const end = lines.findIndex((line, index) => index > start && line.trimStart().startsWith("```"))
  return start === -1 || end === -1 ? undefined : lines.slice(start + 1, end).join("\n")
}

/** Whether a text is JSON. */
export const isJson = (text: string): boolean => {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
