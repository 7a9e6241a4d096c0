import type { BetaResponse } from "../api/BetaResponses.ts"
import type { Response } from "../api/Responses.ts"

type Answer = Pick<Response, "output"> | Pick<BetaResponse, "output">
type Item = (Response | BetaResponse)["output"][number]

/** Returns the text of a response's messages, in either version of the API. A message that is listed twice counts once. */
export const textOfResponse = ({ output }: Answer): string => textOf(output)

/** Returns the text of the answer proper: without the remarks that a model makes before it, if it says which they are. */
export const finalTextOfResponse = ({ output }: Answer): string => {
  const items: ReadonlyArray<Item> = output
  const isFinal = (item: Item) => item.type === "message" && item.phase !== "commentary"
  return textOf(items.some(isFinal) ? items.filter(isFinal) : items)
}

const textOf = (output: ReadonlyArray<Item>): string => {
  const seen = new Set<string>()
  return output
    .flatMap((item) => {
      if (item.type !== "message" || (item.id !== "" && seen.has(item.id))) return []
      if (item.id) seen.add(item.id)
      return item.content
    })
    .map((part) => (part.type === "output_text" ? part.text : ""))
    .join("")
}
