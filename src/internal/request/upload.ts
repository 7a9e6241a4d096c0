/** How a request whose body is read from a stream is sent. The body brings it along (see streamedForm.ts). */
import type * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type * as HttpBody from "effect/http/HttpBody"
import type * as HttpClientError from "effect/http/HttpClientError"
import type * as HttpClientRequest from "effect/http/HttpClientRequest"

/** One sending of such a body. */
export interface Upload {
  /** The request with its body watched, and read in the caller's context. */
  readonly requestOf: (request: HttpClientRequest.HttpClientRequest) => HttpClientRequest.HttpClientRequest
  /** Tells the failure of the body from that of the connection it goes over. */
  readonly tell: (
    request: HttpClientRequest.HttpClientRequest,
    error: HttpClientError.HttpClientError
  ) => Effect.Effect<never, HttpClientError.HttpClientError>
}

/** Begins a sending for a caller in this context. */
export type MakeUpload = (context: Context.Context<never>) => Upload

export const UploadOf: unique symbol = Symbol("upload")

/** Returns how the body is sent; `undefined` for a body that is in memory. */
export const uploadOf = (body: HttpBody.HttpBody): MakeUpload | undefined =>
  (body as { readonly [UploadOf]?: MakeUpload })[UploadOf]
