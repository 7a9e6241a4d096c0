import type * as Responses from "../api/Responses.ts"

/** Whether the server stores the conversation, so only new items are sent. */
export const isKept = ({ conversation }: Responses.ResponseCreateParams): boolean =>
  conversation !== undefined && conversation !== null

/** Returns the input as items. */
export const itemsOf = ({ input }: Responses.ResponseCreateParams): ReadonlyArray<Responses.ResponseInputItem> =>
  input === undefined ? [] : typeof input === "string" ? [{ role: "user", content: input }] : input
