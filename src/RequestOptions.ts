/**
 * Overrides a layer's settings for one call or for all calls of a program.
 *
 * Options travel in the context, so they work on any Effect or Stream, however deep the call is. The innermost option
 * wins.
 *
 * @example
 * ```ts
 * import { RequestOptions, RetryPolicy } from "llmfx"
 * import { Models } from "llmfx/openai"
 *
 * const model = Models.retrieve({ model: "gpt-5.4-mini" }).pipe(
 *   RequestOptions.withHeaders({ "x-trace": "42" }),
 *   RequestOptions.withRetry(RetryPolicy.none)
 * )
 * ```
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { dual } from "effect/Function"
import type * as HttpClient from "effect/http/HttpClient"
import * as Stream from "effect/Stream"
import type { ApiError } from "./ApiError.ts"
import { withoutUndefined } from "./internal/json/json.ts"
import type { Combinator, Program } from "./internal/program.ts"
import type { RetryPolicy } from "./policies/RetryPolicy.ts"
import type { Timeouts } from "./policies/Timeouts.ts"

/**
 * How far a response may differ from its schema.
 *
 * @category models
 */
export type Decoding =
  /** Accepts unknown properties, literals and variants, but not a known field of the wrong type. */
  | "open"
  /** Refuses everything unknown. For tests that watch an API for changes. */
  | "strict"
  /** Checks nothing and returns what the server sent. */
  | "raw"

/**
 * How much to log at level Debug. Secrets are never logged.
 *
 * @category models
 */
export type Debug =
  | boolean
  /** Also logs the first `bodies` characters of request and response bodies. */
  | { readonly bodies: number }

/**
 * Changes to a call.
 *
 * @category models
 */
export interface RequestOptions {
  /** Headers to add. `null` removes a header that the client would send. */
  readonly headers?: { readonly [name: string]: string | null } | undefined
  /** Query parameters to add. `undefined` removes one. */
  readonly query?: { readonly [name: string]: unknown } | undefined
  /** Fields to merge into the JSON body. */
  readonly body?: { readonly [name: string]: unknown } | undefined
  /** Edits of the JSON body by path, such as `["messages", 0, "name"]`, applied in order. `undefined` deletes. */
  readonly edits?: ReadonlyArray<readonly [path: ReadonlyArray<string | number>, value: unknown]> | undefined
  readonly baseUrl?: string | undefined
  readonly retry?: RetryPolicy | undefined
  readonly timeouts?: Timeouts | undefined
  /**
   * How long the body of an answer may be, in bytes after decompression. Default: 128 MiB. Streams and downloads are read
   * piece by piece and have no such limit.
   */
  readonly maxBodyLength?: number | undefined
  readonly decoding?: Decoding | undefined
  readonly debug?: Debug | undefined
  /** Sent as `Idempotency-Key`, the same on every attempt. */
  readonly idempotencyKey?: string | undefined
  /** Wraps the `HttpClient`; runs once for each attempt. */
  readonly transformClient?: ((client: HttpClient.HttpClient) => HttpClient.HttpClient) | undefined
  /**
   * Wraps each attempt. Only the `total` timeout covers the wrapper. A stream's attempt ends with its first event. If
   * the wrapper itself fails, the call is not retried.
   */
  readonly transformAttempt?: TransformAttempt | undefined
  /** When the call fails, whatever it is doing, in milliseconds since 1970. */
  readonly deadline?: number | undefined
}

/**
 * Wraps one attempt of a call.
 *
 * @category models
 */
export type TransformAttempt = <A>(attempt: Effect.Effect<A, ApiError>) => Effect.Effect<A, ApiError>

/**
 * The options of the running program.
 *
 * @category references
 */
export const Current: Context.Reference<RequestOptions> = /*#__PURE__*/ Context.Reference<RequestOptions>(
  "llmfx/RequestOptions",
  { defaultValue: () => empty }
)

const empty: RequestOptions = {}

/**
 * Merges two sets of options. Headers, query, body fields, timeouts and transformers are combined; otherwise `inner`
 * wins.
 *
 * @category combinators
 */
export const merge = (outer: RequestOptions, inner: RequestOptions): RequestOptions => {
  if (isEmpty(outer)) return inner
  if (isEmpty(inner)) return outer
  const merged = { ...outer, ...withoutUndefined(inner) }
  return {
    ...merged,
    headers: mergeRecords(outer.headers, inner.headers),
    query: mergeRecords(outer.query, inner.query),
    body: mergeRecords(outer.body, inner.body),
    edits: outer.edits === undefined ? inner.edits : [...outer.edits, ...(inner.edits ?? [])],
    timeouts: mergeRecords(outer.timeouts, inner.timeouts),
    transformClient: compose(inner.transformClient, outer.transformClient),
    transformAttempt: composeAttempts(inner.transformAttempt, outer.transformAttempt),
    deadline: earlier(outer.deadline, inner.deadline)
  }
}

/** Middleware passes on empty options for each call. */
const isEmpty = (options: RequestOptions): boolean => {
  for (const _ in options) return false
  return true
}

const mergeRecords = <A extends object>(outer: A | undefined, inner: A | undefined): A | undefined =>
  outer === undefined ? inner : inner === undefined ? outer : { ...outer, ...inner }

const compose = <A>(first: ((a: A) => A) | undefined, second: ((a: A) => A) | undefined): ((a: A) => A) | undefined =>
  first === undefined ? second : second === undefined ? first : (a) => second(first(a))

const composeAttempts = (
  first: TransformAttempt | undefined,
  second: TransformAttempt | undefined
): TransformAttempt | undefined =>
  first === undefined ? second : second === undefined ? first : (attempt) => second(first(attempt))

const earlier = (a: number | undefined, b: number | undefined): number | undefined =>
  a === undefined ? b : b === undefined ? a : Math.min(a, b)

/**
 * Applies options to all calls of a program.
 *
 * @category combinators
 */
export const withOptions: Combinator<RequestOptions> = /*#__PURE__*/ dual(
  2,
  (self: Program, options: RequestOptions) => {
    const update = (outer: RequestOptions) => merge(outer, options)
    return Stream.isStream(self)
      ? Stream.updateService(self, Current, update)
      : Effect.updateService(self, Current, update)
  }
)

const combinator = <Option>(toOptions: (option: Option) => RequestOptions): Combinator<Option> =>
  dual(2, (self: Program, option: Option) =>
    Stream.isStream(self) ? withOptions(self, toOptions(option)) : withOptions(self, toOptions(option))
  )

/**
 * Adds headers. `null` removes one.
 *
 * @category combinators
 */
export const withHeaders: Combinator<{ readonly [name: string]: string | null }> = /*#__PURE__*/ combinator(
  (headers) => ({ headers })
)

/**
 * Adds query parameters. `undefined` removes one.
 *
 * @category combinators
 */
export const withQuery: Combinator<{ readonly [name: string]: unknown }> = /*#__PURE__*/ combinator((query) => ({
  query
}))

/**
 * Merges fields into JSON bodies, for instance undocumented ones.
 *
 * @category combinators
 */
export const withBody: Combinator<{ readonly [name: string]: unknown }> = /*#__PURE__*/ combinator((body) => ({ body }))

/**
 * Sets the value at a path of the JSON body. `undefined` deletes it.
 *
 * @category combinators
 */
export const withEdit: Combinator<readonly [path: ReadonlyArray<string | number>, value: unknown]> =
  /*#__PURE__*/ combinator((edit) => ({ edits: [edit] }))

/**
 * Sends calls to another base URL, with the layer's credential.
 *
 * @category combinators
 */
export const withBaseUrl: Combinator<string> = /*#__PURE__*/ combinator((baseUrl) => ({ baseUrl }))

/**
 * Replaces the retry policy.
 *
 * @category combinators
 */
export const withRetry: Combinator<RetryPolicy> = /*#__PURE__*/ combinator((retry) => ({ retry }))

/**
 * Replaces the given timeouts and keeps the others.
 *
 * @category combinators
 */
export const withTimeouts: Combinator<Timeouts> = /*#__PURE__*/ combinator((timeouts) => ({ timeouts }))

/**
 * Replaces the limit for bodies of answers, in bytes.
 *
 * @category combinators
 */
export const withMaxBodyLength: Combinator<number> = /*#__PURE__*/ combinator((maxBodyLength) => ({ maxBodyLength }))

/**
 * Replaces the decode policy.
 *
 * @category combinators
 */
export const withDecoding: Combinator<Decoding> = /*#__PURE__*/ combinator((decoding) => ({ decoding }))

/**
 * Logs requests and responses at level Debug.
 *
 * @category combinators
 */
export const withDebug: Combinator<Debug> = /*#__PURE__*/ combinator((debug) => ({ debug }))

/**
 * Wraps the `HttpClient` of all calls. The wrapper sees each attempt as a request of its own.
 *
 * @category combinators
 */
export const withClient: Combinator<(client: HttpClient.HttpClient) => HttpClient.HttpClient> =
  /*#__PURE__*/ combinator((transformClient) => ({ transformClient }))

/**
 * Sets one deadline for everything a program does, counted from its start: calls, retries, waits and streams.
 *
 * **Details**
 *
 * A retry that could not start before the deadline is not attempted. A call that is running at the deadline fails with
 * `TimeoutError`.
 *
 * @category combinators
 */
export const withDeadline: Combinator<Duration.Input> = /*#__PURE__*/ dual(
  2,
  (self: Program, duration: Duration.Input) => {
    const deadline = Effect.map(Clock.currentTimeMillis, (now) => now + Duration.toMillis(duration))
    return Stream.isStream(self)
      ? Stream.unwrap(Effect.map(deadline, (deadline) => withOptions(self, { deadline })))
      : Effect.flatMap(deadline, (deadline) => withOptions(self, { deadline }))
  }
)
