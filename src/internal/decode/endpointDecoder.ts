import type * as Endpoint from "../../Endpoint.ts"
import type * as Page from "../../Page.ts"
import type { Decoding } from "../../RequestOptions.ts"
import type { MakeDecoder } from "./schemaDecoder.ts"

/**
 * How an endpoint's JSON is decoded. The endpoint brings the code along, and not the client, so that a program whose
 * endpoints decode nothing is bundled without it.
 */
export const DecoderOf: unique symbol = Symbol("decoder")

/** Returns the decoder of an endpoint's value, item or event. An endpoint without one returns its JSON. */
export const endpointDecoder = (
  endpoint: Endpoint.Metadata,
  decoding: Decoding = "open"
): ((json: unknown) => unknown) => {
  const { [DecoderOf]: make } = endpoint as { readonly [DecoderOf]?: MakeDecoder }
  return make === undefined ? (json) => json : make(endpoint.success, decoding)
}

/** Reads a page from the JSON of a response. A list endpoint brings this along as well. */
export type PageReader = (payload: unknown, input: unknown, decode: (item: unknown) => unknown) => Page.Page<unknown>

export const PageReaderOf: unique symbol = Symbol("pageReader")

/** Returns the reader of a list endpoint's pages; `undefined` for other endpoints. */
export const pageReaderOf = (endpoint: Endpoint.Metadata): PageReader | undefined =>
  (endpoint as { readonly [PageReaderOf]?: PageReader })[PageReaderOf]
