/**
 * What one call, or all calls of a program, do differently from their layer. Options travel in the context: they work
 * on any Effect or Stream, however deep the call is, and the innermost one wins.
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
import type { Combinator, Program } from "./internal/program.ts"
import type { RetryPolicy } from "./policies/RetryPolicy.ts"
import type { Timeouts } from "./policies/Timeouts.ts"

/** How far an answer may differ from its schema. */
export type Decoding =
  /** Unknown properties, literals and variants pass; a known field of the wrong type does not. */
  | "open"
  /** Nothing unknown passes: for tests that watch an API for changes. */
  | "strict"
  /** Nothing is checked; the value is what the server sent. */
  | "raw"

/** What is logged at level Debug; secrets never are. */
export type Debug =
  | boolean
  /** The first `bodies` characters of request and response bodies too. */
  | { readonly bodies: number }

/** Changes to a call. Each part is optional. */
export interface RequestOptions {
  /** Header values by name; `null` removes a header that the client would send. */
  readonly headers?: { readonly [name: string]: string | null } | undefined
  /** Query parameters beside the endpoint's own; `undefined` removes one. */
  readonly query?: { readonly [name: string]: unknown } | undefined
  /** Fields merged into the JSON body. */
  readonly body?: { readonly [name: string]: unknown } | undefined
  /** Edits of the JSON body by path, in order: `["messages", 0, "name"]`; `undefined` deletes. */
  readonly edits?: ReadonlyArray<readonly [path: ReadonlyArray<string | number>, value: unknown]> | undefined
  readonly baseUrl?: string | undefined
  readonly retry?: RetryPolicy | undefined
  readonly timeouts?: Timeouts | undefined
  readonly decoding?: Decoding | undefined
  readonly debug?: Debug | undefined
  /** Sent as `Idempotency-Key`, the same on every try. */
  readonly idempotencyKey?: string | undefined
  /** Wraps the `HttpClient`, once per try. */
  readonly transformClient?: ((client: HttpClient.HttpClient) => HttpClient.HttpClient) | undefined
  /**
   * Runs around each try of a call: outside its time limits, but for the whole call's. A stream's try ends with its first
   * event. What fails that is not the try itself is not retried.
   */
  readonly transformAttempt?: TransformAttempt | undefined
  /** The time (milliseconds since 1970) after which the call fails, whatever it is doing. */
  readonly deadline?: number | undefined
}

/** Wraps one try. */
export type TransformAttempt = <A>(attempt: Effect.Effect<A, ApiError>) => Effect.Effect<A, ApiError>

/** The options of the running program. */
export const Current: Context.Reference<RequestOptions> = /*#__PURE__*/ Context.Reference<RequestOptions>(
  "llmfx/RequestOptions",
  { defaultValue: () => empty }
)

const empty: RequestOptions = {}

/** Both; `inner` wins where they disagree. Headers, query, body fields, timeouts and transformers are merged. */
export const merge = (outer: RequestOptions, inner: RequestOptions): RequestOptions => {
  if (outer === empty) return inner
  if (inner === empty) return outer
  const merged = { ...outer, ...defined(inner) }
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

const defined = <A extends object>(options: A): A =>
  Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as A

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

/** Applies any options to all calls of a program. */
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

/** Adds headers; `null` removes one. */
export const withHeaders: Combinator<{ readonly [name: string]: string | null }> = /*#__PURE__*/ combinator(
  (headers) => ({ headers })
)

/** Adds query parameters. */
export const withQuery: Combinator<{ readonly [name: string]: unknown }> = /*#__PURE__*/ combinator((query) => ({
  query
}))

/** Merges undocumented fields into JSON bodies. */
export const withBody: Combinator<{ readonly [name: string]: unknown }> = /*#__PURE__*/ combinator((body) => ({ body }))

/** Sets the value at a path of the JSON body; `undefined` deletes it. */
export const withEdit: Combinator<readonly [path: ReadonlyArray<string | number>, value: unknown]> =
  /*#__PURE__*/ combinator((edit) => ({ edits: [edit] }))

/** Sends calls to another base URL, with the credential of the layer. */
export const withBaseUrl: Combinator<string> = /*#__PURE__*/ combinator((baseUrl) => ({ baseUrl }))

/** Replaces the retry policy. */
export const withRetry: Combinator<RetryPolicy> = /*#__PURE__*/ combinator((retry) => ({ retry }))

/** Replaces the given timeouts. */
export const withTimeouts: Combinator<Timeouts> = /*#__PURE__*/ combinator((timeouts) => ({ timeouts }))

/** Replaces the decode policy. */
export const withDecoding: Combinator<Decoding> = /*#__PURE__*/ combinator((decoding) => ({ decoding }))

/** Logs requests and responses at level Debug. */
export const withDebug: Combinator<Debug> = /*#__PURE__*/ combinator((debug) => ({ debug }))

/** Wraps the `HttpClient` of all calls: retries see each other's tries as separate requests. */
export const withClient: Combinator<(client: HttpClient.HttpClient) => HttpClient.HttpClient> =
  /*#__PURE__*/ combinator((transformClient) => ({ transformClient }))

/**
 * One deadline for everything a program does, counted from its start: calls, their retries and waits, streams. A retry
 * whose wait would end later is not begun. The call that is under way then fails with `TimeoutError`.
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
