/** Functions on the answers of `Responses` and `BetaResponses`. */
import type * as BetaResponses from "../api/BetaResponses.ts"
import type * as Responses from "../api/Responses.ts"
import { sentItems } from "./responseParam.ts"
import { textOfResponse } from "./responseText.ts"

/** The text of the messages of a response. */
export const text = (response: Pick<Responses.Response, "output">): string => textOfResponse(response)

/**
 * The output of a response as input of the next request: without what the API does not take back, calls that were cut,
 * and reasoning that leads to nothing. If the response is not stored, reasoning that is not encrypted is left out.
 */
export const toInput = (
  response: Pick<Responses.Response, "output" | "status" | "store">
): ReadonlyArray<Responses.ResponseInputItem> =>
  // Every item that is left is one of an input, too.
  sentItems(response, response.store !== false) as ReadonlyArray<Responses.ResponseInputItem>

/** The text of the messages of a response, of all agents. */
export const betaText = (response: Pick<BetaResponses.BetaResponse, "output">): string => textOfResponse(response)

/** The output of a response as input of the next request; like `Responses.toInput`. */
export const betaToInput = (
  response: Pick<BetaResponses.BetaResponse, "output" | "status" | "store">
): ReadonlyArray<BetaResponses.BetaResponseInputItem> =>
  // Every item that is left is one of an input, too.
  sentItems(response, response.store !== false) as ReadonlyArray<BetaResponses.BetaResponseInputItem>
