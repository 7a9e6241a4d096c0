/** What a provider's service is: it runs any endpoint. */
import type * as Effect from "effect/Effect"
import type * as HttpClientResponse from "effect/http/HttpClientResponse"
import type * as Scope from "effect/Scope"
import type * as Stream from "effect/Stream"
import type { ApiError } from "./ApiError.ts"
import type * as Endpoint from "./Endpoint.ts"
import type { RequestOptions } from "./RequestOptions.ts"

/** Runs endpoints of one provider. Endpoints call it; a program seldom does. */
export interface ApiClient {
  readonly provider: string
  /** Endpoints of kind `json`, `none`, `text` and `list` (one page). */
  readonly call: (
    endpoint: Endpoint.Metadata,
    input: unknown,
    options?: RequestOptions
  ) => Effect.Effect<Endpoint.Response<unknown>, ApiError>
  /** Endpoints of kind `stream`, `jsonl` and `binary`. */
  readonly stream: (
    endpoint: Endpoint.Metadata,
    input: unknown,
    options?: RequestOptions
  ) => Stream.Stream<unknown, ApiError>
  /** Like `stream`, once the headers have arrived. */
  readonly open: (
    endpoint: Endpoint.Metadata,
    input: unknown,
    options?: RequestOptions
  ) => Effect.Effect<Endpoint.Response<Stream.Stream<unknown, ApiError>>, ApiError, Scope.Scope>
  /** Any endpoint; the response's body is unread. */
  readonly raw: (
    endpoint: Endpoint.Metadata,
    input: unknown,
    options?: RequestOptions
  ) => Effect.Effect<HttpClientResponse.HttpClientResponse, ApiError>
}
