/**
 * The interface of a provider's service: it runs any endpoint.
 *
 * Endpoints call it for you. Implement it to replace a provider, as `Mock` does, or wrap it with `Middleware`.
 *
 * @example
 * ```ts
 * import * as Effect from "effect/Effect"
 * import { Models, OpenAi } from "llmfx/openai"
 *
 * const program = Effect.gen(function* () {
 *   const client = yield* OpenAi
 *   return yield* client.call(Models.retrieve, { model: "gpt-5.4-mini" })
 * })
 * ```
 */
import type * as Effect from "effect/Effect"
import type * as HttpClientResponse from "effect/http/HttpClientResponse"
import type * as Scope from "effect/Scope"
import type * as Stream from "effect/Stream"
import type { ApiError } from "./ApiError.ts"
import type * as Endpoint from "./Endpoint.ts"
import type { RequestOptions } from "./RequestOptions.ts"

/**
 * Runs the endpoints of one provider.
 *
 * @category models
 */
export interface ApiClient {
  readonly provider: string
  /** Whether tools that do not say `strict` themselves may be sent as strict. Default: `true`. */
  readonly strictTools?: boolean
  /** Runs endpoints of kind `json`, `none`, `text` and `list` (one page). */
  readonly call: (
    endpoint: Endpoint.Metadata,
    input: unknown,
    options?: RequestOptions
  ) => Effect.Effect<Endpoint.Response<unknown>, ApiError>
  /** Runs endpoints of kind `stream`, `jsonl` and `binary`. */
  readonly stream: (
    endpoint: Endpoint.Metadata,
    input: unknown,
    options?: RequestOptions
  ) => Stream.Stream<unknown, ApiError>
  /** Like `stream`, but returns as soon as the headers arrive. */
  readonly open: (
    endpoint: Endpoint.Metadata,
    input: unknown,
    options?: RequestOptions
  ) => Effect.Effect<Endpoint.Response<Stream.Stream<unknown, ApiError>>, ApiError, Scope.Scope>
  /** Runs any endpoint and returns the response with its body unread. */
  readonly raw: (
    endpoint: Endpoint.Metadata,
    input: unknown,
    options?: RequestOptions
  ) => Effect.Effect<HttpClientResponse.HttpClientResponse, ApiError>
}
