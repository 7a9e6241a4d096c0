import type { BetaResponse } from "../BetaResponses.ts"
import type { Response } from "../Responses.ts"

/** The text of the messages of a response, of either version of the API. */
export const textOfResponse = ({ output }: Pick<Response, "output"> | Pick<BetaResponse, "output">): string =>
  output
    .flatMap((item: Item) => (item.type === "message" ? item.content : []))
    .map((part) => (part.type === "output_text" ? part.text : ""))
    .join("")

type Item = (Response | BetaResponse)["output"][number]
