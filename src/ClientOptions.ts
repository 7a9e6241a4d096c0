/** What the layers of all providers take. */
import type * as HttpClient from "effect/http/HttpClient"
import type { Middleware } from "./Middleware.ts"
import type { Debug, Decoding } from "./RequestOptions.ts"
import type { RetryPolicy } from "./policies/RetryPolicy.ts"
import type { Timeouts } from "./policies/Timeouts.ts"

/** Settings for all calls of a layer. `RequestOptions` override them for one. */
export interface ClientOptions {
  /** Sent with every request; `null` removes a header that the client would send. */
  readonly headers?: { readonly [name: string]: string | null } | undefined
  /** Query parameters of every request. */
  readonly query?: { readonly [name: string]: unknown } | undefined
  readonly retry?: RetryPolicy | undefined
  /** Added to the provider's default timeouts; `undefined` as a value switches one off. */
  readonly timeouts?: Timeouts | undefined
  /** `"open"` unless set. */
  readonly decoding?: Decoding | undefined
  readonly debug?: Debug | undefined
  /** Middleware: wraps the `HttpClient`, once per try. */
  readonly transformClient?: ((client: HttpClient.HttpClient) => HttpClient.HttpClient) | undefined
  /** Runs around every call; the first one is outermost. */
  readonly middleware?: ReadonlyArray<Middleware> | undefined
  /** The longest event or line of a stream, in characters; 64 Mi unless set. */
  readonly maxEventLength?: number | undefined
}
