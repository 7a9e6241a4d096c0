import type * as Responses from "../api/Responses.ts"

/** Whether the server keeps the exchange: it is then sent only what is new. */
export const isKept = ({ conversation }: Responses.ResponseCreateParams): boolean =>
  conversation !== undefined && conversation !== null

/** The input as items. */
export const itemsOf = ({ input }: Responses.ResponseCreateParams): ReadonlyArray<Responses.ResponseInputItem> =>
  input === undefined ? [] : typeof input === "string" ? [{ role: "user", content: input }] : input
