/** The content of a chat message: a text, or the list of parts that some servers send. */
import { isObject, type JsonObject } from "../../internal/json/json.ts"

/** The text of a message's content, without what the model thought. */
export const textOfContent = (content: unknown): string => textIn(content, "text")

/** Returns the reasoning, if it is part of the content. */
export const thinkingOfContent = (content: unknown): string =>
  Array.isArray(content)
    ? content
        .map((part: unknown) =>
          isObject(part) && isThought(part) ? textIn(part["thinking"] ?? part["text"], "text") : ""
        )
        .join("")
    : ""

const isThought = ({ type }: JsonObject): boolean => type === "thinking" || type === "reasoning"

const textIn = (content: unknown, name: string): string => {
  if (typeof content === "string") return content
  if (!Array.isArray(content)) return isObject(content) && typeof content[name] === "string" ? content[name] : ""
  return content
    .map((part: unknown) => {
      if (typeof part === "string") return part
      if (!isObject(part) || isThought(part) || part["type"] === "refusal") return ""
      return typeof part[name] === "string" ? part[name] : ""
    })
    .join("")
}
