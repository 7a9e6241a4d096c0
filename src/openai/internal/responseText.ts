import type { BetaResponse } from "../api/BetaResponses.ts"
import type { Response } from "../api/Responses.ts"

/** Returns the text of a response's messages, in either version of the API. */
export const textOfResponse = ({ output }: Pick<Response, "output"> | Pick<BetaResponse, "output">): string =>
  output
    .flatMap((item: Item) => (item.type === "message" ? item.content : []))
    .map((part) => (part.type === "output_text" ? part.text : ""))
    .join("")

type Item = (Response | BetaResponse)["output"][number]
