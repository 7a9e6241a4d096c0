/** The way from an endpoint's input to the stream of its values. */
import type * as Arr from "effect/Array"
import type * as Cause from "effect/Cause"
import * as Channel from "effect/Channel"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as HttpClientResponse from "effect/http/HttpClientResponse"
import * as Pull from "effect/Pull"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as ApiError from "../../ApiError.ts"
import { type Call, withCall } from "../attempt/call.ts"
import { makeDeadlines } from "../attempt/deadlines.ts"
import { responseOf } from "../attempt/response.ts"
import { retrying } from "../attempt/retry.ts"
import { send } from "../attempt/send.ts"
import { withNow } from "../attempt/withNow.ts"
import { afterScope } from "./afterScope.ts"
import { openValues } from "./readEvents.ts"
import type { Transport } from "./streamTransport.ts"

/** Like `Stream.unwrap`, for what is looked up at once: that is done when the stream starts, so no pull pays for it. */
const lookedUp: Transport["unwrap"] = (stream) =>
  Stream.fromChannel(
    Channel.fromTransform((upstream, scope) =>
      Effect.flatMap(stream, (found) => Channel.toTransform(Stream.toChannel(found))(upstream, scope))
    )
  )

export const streaming: Transport = {
  provideService: Stream.provideService,
  unwrap: lookedUp,
  stream: (config, endpoint, input, options) => opening(withCall(config, endpoint, input, options, openStream)),
  open: (config, endpoint, input, options) =>
    withCall(config, endpoint, input, options, (call) =>
      Effect.flatMap(Effect.scope, (scope) =>
        Effect.flatMap(openStream(call), ({ first, response, rest }) =>
          opened(call, response, Stream.fromPull(Effect.succeed(within(scope, first, rest))))
        )
      )
    )
}

/**
 * A stream that its first pull opens. Its scope closes with the stream. Unlike `Stream.scoped`, it provides the scope
 * only to the opening and not to each pull.
 */
const opening = (
  open: Effect.Effect<Opened, ApiError.ApiError, Scope.Scope>
): Stream.Stream<unknown, ApiError.ApiError> =>
  Stream.fromChannel(
    Channel.fromTransformBracket((_upstream, _scope, forkedScope) =>
      Effect.sync(() => {
        let next: Values = Effect.flatMap(Scope.provide(open, forkedScope), ({ first, rest }) => {
          next = rest
          return first
        })
        return Effect.suspend(() => next)
      })
    )
  )

/** The values of a stream that its caller holds, and may read too late. */
const within = (scope: Scope.Scope, first: Values, rest: Values): Values => {
  const values = startingWith(first, rest)
  return Effect.suspend(() => (scope.state._tag === "Closed" ? afterScope : values))
}

/**
 * Like {@link streaming}, for a caller that sees nothing before the end: a stream that fails midway is retried like any
 * call, and its values come together.
 */
export const streamingWhole: Transport = {
  // Not a spread: a bundler keeps those, with all that they name, in every program.
  provideService: Stream.provideService,
  unwrap: Stream.unwrap,
  stream: (...call) => streaming.stream(...call),
  open: (config, endpoint, input, options) =>
    withCall(config, endpoint, input, options, (call) =>
      Effect.flatMap(Effect.scope, (scope) =>
        Effect.flatMap(
          retrying(
            call,
            Effect.flatMap(openOnce(call, scope), ({ first, response, rest }) =>
              Effect.map(Stream.runCollect(Stream.fromPull(Effect.succeed(startingWith(first, rest)))), (values) => ({
                response,
                values
              }))
            ),
            asBroken
          ),
          ({ response, values }) => opened(call, response, Stream.fromIterable(values))
        )
      )
    )
}

const opened = (
  call: Call,
  response: HttpClientResponse.HttpClientResponse,
  values: Stream.Stream<unknown, ApiError.ApiError>
) => withNow((now) => Effect.succeed(responseOf(call, response, now, values, undefined)))

/** A stream that was cut before anybody saw anything of it is a body that broke. */
const asBroken = (error: ApiError.ApiError): ApiError.ApiError => {
  const { message, reason } = error
  return reason._tag === "StreamTruncatedError"
    ? new ApiError.ApiError({
        ...error,
        reason: new ApiError.NetworkError({ message, phase: "body", code: undefined })
      })
    : error
}

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
  withNow((start) =>
    Effect.flatMap(Scope.fork(outer), (scope) => {
      const deadlines = makeDeadlines(call)
      deadlines.set(["headers", "firstEvent"], start)
      const opened = Effect.flatMap(send(call, scope), (response) => {
        deadlines.set(["firstEvent"], start, response)
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
