import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { identity } from "effect/Function"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import type * as ApiError from "../../ApiError.ts"
import type { ServerHint } from "../../policies/RetryPolicy.ts"
import { retryAfterOf } from "../errors/reasons.ts"
import type { Call } from "./call.ts"
import { makeDeadlines } from "./deadlines.ts"
import { logRetry } from "./debug.ts"
import { withNow } from "./withNow.ts"

/**
 * The header of the official clients that tells the server how often a call was repeated. If a layer sends it, it starts
 * as `"0"`, and each retry raises it.
 */
export const retryCountHeader = "x-stainless-retry-count"

/** Repeats an attempt as the call's policy allows. `errorForPolicy` turns an error into the one that the policy judges. */
export const retrying = <A>(
  call: Call,
  attempt: Effect.Effect<A, ApiError.ApiError>,
  errorForPolicy: (error: ApiError.ApiError) => ApiError.ApiError = identity
): Effect.Effect<A, ApiError.ApiError> => {
  let nextDelay: NextDelay | undefined
  const around = aroundAttempt(call, attempt)
  const again = Effect.fnUntraced(function* (error: ApiError.ApiError) {
    if (yield* refreshOnce(call, error)) return yield* loop
    if (around.isFromWrapper(error) || !isWorthwhile(call, errorForPolicy(error))) return yield* error
    nextDelay ??= yield* delaysOf(call)
    const now = yield* Clock.currentTimeMillis
    const wait = yield* waitFor(call, error, nextDelay, now)
    if (wait === undefined || (call.deadline !== undefined && now + wait >= call.deadline)) return yield* error
    if (call.retry.budget !== undefined && !(yield* call.retry.budget.take)) return yield* error
    call.attempts.push({ reason: error.reason._tag, status: error.response?.status, waited: wait })
    yield* logRetry(call, error, wait)
    yield* Effect.sleep(wait)
    return yield* loop
  })
  const loop: Effect.Effect<A, ApiError.ApiError> = Effect.catch(around.attempt, again)
  return loop
}

/** Wraps an attempt in the call's `transformAttempt`. */
const aroundAttempt = <A>(
  call: Call,
  attempt: Effect.Effect<A, ApiError.ApiError>
): {
  readonly attempt: Effect.Effect<A, ApiError.ApiError>
  /** Returns whether an error comes from the wrapper, not from the attempt. */
  readonly isFromWrapper: (error: ApiError.ApiError) => boolean
} => {
  const { transformAttempt } = call.options
  if (transformAttempt === undefined) return { attempt, isFromWrapper: () => false }
  let own: ApiError.ApiError | undefined
  const noted = Effect.catch(attempt, (error) => {
    own = error
    return Effect.fail(error)
  })
  return {
    attempt: withNow((now) => {
      const deadlines = makeDeadlines(call)
      deadlines.set([], now)
      return deadlines.guard(transformAttempt(noted))
    }),
    isFromWrapper: (error) => error !== own
  }
}

/**
 * Replaces a credential that the server refused, once per call, and returns whether it did. The next attempt is not a
 * retry.
 */
const refreshOnce = (call: Call, error: ApiError.ApiError): Effect.Effect<boolean, ApiError.ApiError> => {
  if (
    call.refresh === undefined ||
    call.hasReplacedCredential ||
    !call.wire.replayable ||
    !isCredentialRefused(error)
  ) {
    return Effect.succeed(false)
  }
  call.hasReplacedCredential = true
  return Effect.mapError(Effect.as(call.refresh, true), () => error)
}

/** Amazon answers 403 to a token that has expired. */
const isCredentialRefused = ({ reason, response }: ApiError.ApiError): boolean =>
  response?.status === 401 ||
  (reason._tag === "PermissionDeniedError" && /expired/i.test(`${reason.type} ${reason.code} ${reason.message}`))

const isWorthwhile = (call: Call, error: ApiError.ApiError): boolean => {
  const { endpoint, retry, wire } = call
  if (call.attempts.length >= retry.maxRetries || !wire.replayable || !retry.retryable(error)) return false
  return retry.retryUnknownOutcome || endpoint.safety !== "unsafe" || !isUnknownOutcome(error)
}

/** The request was sent and nothing came back: the server may have done its work. */
const isUnknownOutcome = ({ reason }: ApiError.ApiError): boolean =>
  reason._tag === "TimeoutError" ||
  (reason._tag === "NetworkError" && (reason.phase === "headers" || reason.phase === "body"))

type NextDelay = (now: number, error: ApiError.ApiError) => Effect.Effect<Option.Option<Duration.Duration>>

const delaysOf = (call: Call): Effect.Effect<NextDelay> =>
  Effect.map(
    Schedule.toStep(call.retry.schedule),
    (step) => (now, error) =>
      step(now, error).pipe(
        Effect.map(([, delay]) => Option.some(delay)),
        Effect.catch(() => Effect.succeed(Option.none()))
      )
  )

/**
 * Returns how many milliseconds to wait, or `undefined` to give up. The schedule takes a step even if the server says
 * how long.
 */
const waitFor = (
  call: Call,
  error: ApiError.ApiError,
  nextDelay: NextDelay,
  now: number
): Effect.Effect<number | undefined> =>
  Effect.map(nextDelay(now, error), (delay) => {
    if (Option.isNone(delay)) return undefined
    const own = Duration.toMillis(delay.value)
    const { serverHint } = call.retry
    if (serverHint === undefined || error.response === undefined) return own
    const hint = retryAfterOf(error.response.headers, now, serverHint.acceptZero)
    return hint === undefined ? own : acceptedWait(Duration.toMillis(hint), own, serverHint)
  })

/** Returns the wait for a server that asks for `hint`, where the schedule would wait `own`. */
const acceptedWait = (hint: number, own: number, { beyond, max }: ServerHint): number | undefined => {
  const longest = Duration.toMillis(max)
  if (hint <= longest) return hint
  switch (beyond) {
    case "ignore":
      return own
    case "clamp":
      return longest
    case "giveUp":
      return undefined
  }
}
