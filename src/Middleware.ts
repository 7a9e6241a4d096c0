/**
 * Runs code around every call of a layer or a program.
 *
 * Middleware sees the endpoint, the input and the answer. It may delay, refuse, change or repeat the call. To change
 * the `HttpClient` or single attempts, set the call's options. The policies in `llmfx/policies` that keep state are
 * middleware.
 *
 * @example
 * ```ts
 * import * as Effect from "effect/Effect"
 * import { Middleware } from "llmfx"
 * import { Models } from "llmfx/openai"
 *
 * const announced = Middleware.make((call, next) =>
 *   Effect.andThen(Effect.log(`calling ${call.endpoint.id}`), next(call))
 * )
 *
 * const model = Models.retrieve({ model: "gpt-5.4-mini" }).pipe(Middleware.use(announced))
 * ```
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import { dual } from "effect/Function"
import * as HttpClientResponse from "effect/http/HttpClientResponse"
import * as Predicate from "effect/Predicate"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { ApiClient } from "./ApiClient.ts"
import type { ApiError } from "./ApiError.ts"
import type * as Endpoint from "./Endpoint.ts"
import type { Combinator, Program } from "./internal/program.ts"
import * as RateLimit from "./policies/RateLimit.ts"
import * as RequestOptions from "./RequestOptions.ts"

/**
 * A call as middleware sees it.
 *
 * @category models
 */
export interface Call {
  readonly endpoint: Endpoint.Metadata
  readonly input: unknown
  readonly options: RequestOptions.RequestOptions
}

/**
 * The result of a call.
 *
 * **Details**
 *
 * Its value is a Stream for endpoints of kind `stream`, `jsonl` and `binary`, and the unread `HttpClientResponse` for
 * `.raw`. The scope ends with the call; for a Stream, when its reader stops.
 *
 * @category models
 */
export type Answer = Effect.Effect<Endpoint.Response<unknown>, ApiError, Scope.Scope>

/**
 * Makes the call.
 *
 * @category models
 */
export type Next = (call: Call) => Answer

/**
 * Wraps a client.
 *
 * @category models
 */
export type Middleware = (client: ApiClient) => ApiClient

/**
 * The middleware of the running program. The first entry is the outermost.
 *
 * @category references
 */
export const Current: Context.Reference<ReadonlyArray<Middleware>> = /*#__PURE__*/ Context.Reference<
  ReadonlyArray<Middleware>
>("llmfx/Middleware", { defaultValue: () => none })

const none: ReadonlyArray<Middleware> = []

/**
 * Runs middleware around all calls of a program, inside the middleware of the layer and of outer programs.
 *
 * @category combinators
 */
export const use: Combinator<Middleware> = /*#__PURE__*/ dual(2, (self: Program, middleware: Middleware) => {
  const update = (outer: ReadonlyArray<Middleware>) => [...outer, middleware]
  return Stream.isStream(self)
    ? Stream.updateService(self, Current, update)
    : Effect.updateService(self, Current, update)
})

/**
 * Changes the values of a streaming endpoint. Other answers stay the same.
 *
 * @category combinators
 */
export const mapValues: {
  (
    f: (values: Stream.Stream<unknown, ApiError>) => Stream.Stream<unknown, ApiError>
  ): (response: Endpoint.Response<unknown>) => Endpoint.Response<unknown>
  (
    response: Endpoint.Response<unknown>,
    f: (values: Stream.Stream<unknown, ApiError>) => Stream.Stream<unknown, ApiError>
  ): Endpoint.Response<unknown>
} = /*#__PURE__*/ dual(
  2,
  (
    response: Endpoint.Response<unknown>,
    f: (values: Stream.Stream<unknown, ApiError>) => Stream.Stream<unknown, ApiError>
  ): Endpoint.Response<unknown> => (isStreaming(response) ? { ...response, value: f(response.value) } : response)
)

const isStreaming = (
  response: Endpoint.Response<unknown>
): response is Endpoint.Response<Stream.Stream<unknown, ApiError>> => Stream.isStream(response.value)

/**
 * Makes middleware from a function that runs around each call. A list endpoint makes one call for each page.
 *
 * @category constructors
 */
export const make =
  (around: (call: Call, next: Next) => Answer): Middleware =>
  (client) => {
    const through = (
      endpoint: Endpoint.Metadata,
      input: unknown,
      options: RequestOptions.RequestOptions = {},
      next: Next
    ) => Effect.suspend(() => around({ endpoint, input, options }, next))
    const call = ({ endpoint, input, options }: Call): Answer => client.call(endpoint, input, options)
    const open = ({ endpoint, input, options }: Call): Answer => client.open(endpoint, input, options)
    const raw = (call: Call): Answer => rawAnswer(client, call)
    const opened: ApiClient["open"] = (endpoint, input, options) =>
      Effect.flatMap(through(endpoint, input, options, open), (response) =>
        isStreaming(response)
          ? Effect.succeed(response)
          : Effect.die(new TypeError("Middleware must give a Stream here"))
      )
    return {
      ...client,
      call: (endpoint, input, options) => Effect.scoped(through(endpoint, input, options, call)),
      open: opened,
      stream: (endpoint, input, options) =>
        Stream.unwrap(Effect.map(opened(endpoint, input, options), ({ value }) => value)),
      raw: (endpoint, input, options) =>
        Effect.flatMap(Effect.scoped(through(endpoint, input, options, raw)), ({ value }) =>
          isUnread(value)
            ? Effect.succeed(value)
            : Effect.die(new TypeError("Middleware must give an HttpClientResponse here"))
        )
    }
  }

const isUnread = (value: unknown): value is HttpClientResponse.HttpClientResponse =>
  Predicate.hasProperty(value, HttpClientResponse.TypeId)

const rawAnswer = (client: ApiClient, { endpoint, input, options }: Call): Answer =>
  Effect.suspend(() => {
    let attempts = 0
    const counted = RequestOptions.merge(options, {
      transformAttempt: (attempt) =>
        Effect.suspend(() => {
          attempts++
          return attempt
        })
    })
    return Effect.zipWith(client.raw(endpoint, input, counted), Clock.currentTimeMillis, (value, now) => ({
      value,
      raw: undefined,
      status: value.status,
      headers: value.headers,
      requestId: undefined,
      rateLimit: RateLimit.fromHeaders(value.headers, now),
      attempts
    }))
  })
