/** The one way from an endpoint's input to its value, for every provider. */
import type * as Arr from "effect/Array"
import type * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { identity } from "effect/Function"
import type * as HttpClientResponse from "effect/http/HttpClientResponse"
import * as Pull from "effect/Pull"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { ApiClient } from "../ApiClient.ts"
import * as ApiError from "../ApiError.ts"
import type * as Endpoint from "../Endpoint.ts"
import * as RateLimit from "../RateLimit.ts"
import { decodeBody } from "./body.ts"
import { type Call, type ClientConfig, errorOf, requestIdOf, startCall, summarize } from "./call.ts"
import { makeDeadlines } from "./deadlines.ts"
import { hasDebug, logBody } from "./debug.ts"
import { openValues } from "./events.ts"
import { retrying } from "./retry.ts"
import { send, transportReason } from "./send.ts"

/** The client of a provider. */
export const makeClient = (config: ClientConfig): ApiClient => ({
  provider: config.dialect.provider,
  call: (endpoint, input, options) =>
    Effect.flatMap(startCall(config, endpoint, input, options), (call) => retrying(call, callOnce(call, input))),
  raw: (endpoint, input, options) =>
    Effect.flatMap(startCall(config, endpoint, input, options), (call) => retrying(call, sendOnce(call))),
  open: (endpoint, input, options) =>
    Effect.flatMap(startCall(config, endpoint, input, options), (call) =>
      Effect.zipWith(openStream(call), Clock.currentTimeMillis, ({ first, response, rest }, now) =>
        responseOf(call, response, now, {
          value: Stream.fromPull(Effect.succeed(startingWith(first, rest))),
          raw: undefined
        })
      )
    ),
  stream: (endpoint, input, options) =>
    Stream.scoped(
      Stream.fromPull(
        Effect.flatMap(startCall(config, endpoint, input, options), (call) =>
          Effect.map(openStream(call), ({ first, rest }) => startingWith(first, rest))
        )
      )
    )
})

const sendOnce = (call: Call): Effect.Effect<HttpClientResponse.HttpClientResponse, ApiError.ApiError> =>
  Effect.flatMap(Clock.currentTimeMillis, (start) => {
    const deadlines = makeDeadlines(call)
    deadlines.set(["headers"], start)
    return deadlines.guard(send(call))
  })

const callOnce = (call: Call, input: unknown): Effect.Effect<Endpoint.Response<unknown>, ApiError.ApiError> =>
  Effect.flatMap(Clock.currentTimeMillis, (start) => {
    const deadlines = makeDeadlines(call)
    deadlines.set(["headers", "body"], start)
    return deadlines.guard(
      Effect.flatMap(send(call), (response) => {
        deadlines.set(["body"], start)
        return readBody(call, input, response)
      })
    )
  })

const readBody = (
  call: Call,
  input: unknown,
  response: HttpClientResponse.HttpClientResponse
): Effect.Effect<Endpoint.Response<unknown>, ApiError.ApiError> =>
  response.text.pipe(
    Effect.mapError((error) =>
      errorOf(call, transportReason(call, error, "body"), summarize(call, response, undefined))
    ),
    hasDebug(call) ? Effect.tap((text) => logBody(call, text)) : identity,
    Effect.flatMap((text) =>
      Effect.flatMap(Clock.currentTimeMillis, (now) => {
        try {
          return Effect.succeed(responseOf(call, response, now, decodeBody(call, input, response, text, now)))
        } catch (thrown) {
          return ApiError.isApiError(thrown) ? Effect.fail(thrown) : Effect.die(thrown)
        }
      })
    )
  )

/** What few callers look at is worked out when they do. */
const responseOf = <A>(
  call: Call,
  response: HttpClientResponse.HttpClientResponse,
  now: number,
  { raw, value }: { readonly value: A; readonly raw: unknown }
): Endpoint.Response<A> => ({
  value,
  raw,
  status: response.status,
  get headers() {
    return response.headers
  },
  get requestId() {
    return requestIdOf(call.config.dialect, response.headers)
  },
  get rateLimit() {
    return RateLimit.fromHeaders(response.headers, now)
  },
  attempts: call.sent
})

type Values = Pull.Pull<Arr.NonEmptyReadonlyArray<unknown>, ApiError.ApiError>

interface Opened {
  readonly response: HttpClientResponse.HttpClientResponse
  /** The first values, or the end of a stream that has none. */
  readonly first: Values
  readonly rest: Values
}

/** Opens a stream up to its first values: whatever fails before is retried like any call. */
const openStream = (call: Call): Effect.Effect<Opened, ApiError.ApiError, Scope.Scope> =>
  Effect.flatMap(Effect.scope, (scope) => retrying(call, openOnce(call, scope)))

const openOnce = (call: Call, outer: Scope.Scope): Effect.Effect<Opened, ApiError.ApiError> =>
  Effect.flatMap(Clock.currentTimeMillis, (start) =>
    Effect.flatMap(Scope.fork(outer), (scope) => {
      const deadlines = makeDeadlines(call)
      deadlines.set(["headers", "firstEvent"], start)
      const opened = Effect.flatMap(send(call), (response) => {
        deadlines.set(["firstEvent"], start)
        return Effect.flatMap(Scope.provide(openValues(call, response), scope), (rest) =>
          Effect.flatMap(Effect.exit(rest), (first) =>
            Exit.isFailure(first) && !Pull.isDoneCause(first.cause)
              ? Effect.failCause(first.cause as Cause.Cause<ApiError.ApiError>)
              : Effect.succeed<Opened>({ response, first, rest })
          )
        )
      })
      return Effect.onExit(deadlines.guard(opened), (exit) =>
        Exit.isFailure(exit) ? Scope.close(scope, exit) : Effect.void
      )
    })
  )

const startingWith = (first: Values, rest: Values): Values => {
  let started = false
  return Effect.suspend(() => {
    if (started) return rest
    started = true
    return first
  })
}
