/**
 * Decides when a failed call is sent again.
 *
 * A policy combines a classifier (which errors), a `Schedule` (how long to wait), the rule for the server's
 * `retry-after`, and an optional budget that many calls share. Set one as `retry` on a layer, or with
 * `RequestOptions.withRetry` around a program.
 *
 * A request whose body can be read only once is never retried. If a wait would end after the caller's deadline, the
 * call fails at once.
 *
 * @example
 * ```ts
 * import { RequestOptions, RetryPolicy } from "llmfx"
 * import { Models } from "llmfx/openai"
 *
 * const program = Models.retrieve({ model: "gpt-5.4-mini" }).pipe(
 *   RequestOptions.withRetry(RetryPolicy.set(RetryPolicy.official, { maxRetries: 5 }))
 * )
 * ```
 */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { dual } from "effect/Function"
import * as Random from "effect/Random"
import * as Schedule from "effect/Schedule"
import type { ApiError } from "../ApiError.ts"
import { serverVerdict } from "../internal/errors/serverVerdict.ts"

/**
 * The rule for the response headers `retry-after-ms` and `retry-after`.
 *
 * @category models
 */
export interface ServerHint {
  /** The longest wait to accept. */
  readonly max: Duration.Input
  /** The reaction to a longer wait: use the schedule's delay, wait for `max`, or give up. */
  readonly beyond: "ignore" | "clamp" | "giveUp"
  /** If `true`, a wait of zero means "retry at once"; if `false`, the schedule's delay is used. */
  readonly acceptZero: boolean
}

/**
 * A token bucket of retries that many calls share; see {@link makeBudget}.
 *
 * @category models
 */
export interface Budget {
  /** Takes one retry out of the bucket. Returns `false` if the bucket is empty. */
  readonly take: Effect.Effect<boolean>
}

/**
 * Which failed calls are sent again, how often, and after which wait.
 *
 * @category models
 */
export interface RetryPolicy {
  /** How many attempts may follow the first one. */
  readonly maxRetries: number
  /** Returns whether an error is worth another attempt. */
  readonly retryable: (error: ApiError) => boolean
  /** The wait before each retry. If the schedule ends, so do the retries. */
  readonly schedule: Schedule.Schedule<unknown, ApiError>
  /** `undefined` ignores `retry-after`. */
  readonly serverHint: ServerHint | undefined
  /**
   * Whether to repeat a call that is not idempotent after a timeout or a broken connection, when the server may already
   * have done the work. The official clients do.
   */
  readonly retryUnknownOutcome: boolean
  readonly budget: Budget | undefined
}

/**
 * The official backoff: 0.5 s, 1 s, 2 s, 4 s, then 8 s, each shortened by a random 0–25 %.
 *
 * @category utilities
 */
export const officialSchedule: Schedule.Schedule<Duration.Duration, unknown> = /*#__PURE__*/ Schedule.fromStep(
  /*#__PURE__*/ Effect.sync(() => {
    let millis = 250
    return () =>
      Effect.map(Random.next, (random): [Duration.Duration, Duration.Duration] => {
        millis = Math.min(millis * 2, 8000)
        return [Duration.millis(millis), Duration.millis(millis * (1 - random * 0.25))]
      })
  })
)

/**
 * The rule of the official clients: two retries.
 *
 * **Details**
 *
 * Retries statuses 408, 409, 429 and 500 or above, timeouts, and broken connections. `x-should-retry` overrides the
 * status. The server's `retry-after` is used if it is at most one minute.
 *
 * @category constants
 */
export const official: RetryPolicy = {
  maxRetries: 2,
  retryable: (error) => {
    const { response } = error
    if (response === undefined || response.status < 400) return error.isRetryable
    const { status } = response
    return serverVerdict(response) ?? (status === 408 || status === 409 || status === 429 || status >= 500)
  },
  schedule: officialSchedule,
  serverHint: { max: "1 minute", beyond: "ignore", acceptZero: true },
  retryUnknownOutcome: true,
  budget: undefined
}

type Parts = { readonly [K in keyof RetryPolicy]?: RetryPolicy[K] }

/** A function, so that its calls can be marked as pure: a bundler leaves out an unused one, but no object with a spread. */
function derived(self: RetryPolicy, parts: Parts): RetryPolicy {
  return { ...self, ...parts }
}

/**
 * Like {@link official}, but decides by the error's reason instead of its status. An error that waiting cannot fix,
 * such as a 429 for lack of credit, fails at once.
 *
 * @category constants
 */
export const quotaAware: RetryPolicy = /*#__PURE__*/ derived(official, {
  retryable: (error) => error.isRetryable
})

/**
 * Never sends a call twice.
 *
 * @category constants
 */
export const none: RetryPolicy = /*#__PURE__*/ derived(official, { maxRetries: 0 })

/**
 * Eight retries that wait as long as the server asks, up to two minutes. For jobs that nobody waits for.
 *
 * @category constants
 */
export const patient: RetryPolicy = /*#__PURE__*/ derived(quotaAware, {
  maxRetries: 8,
  serverHint: { max: "2 minutes", beyond: "clamp", acceptZero: true }
})

/**
 * Returns a copy of a policy with some parts replaced.
 *
 * @category combinators
 */
export const set: {
  (parts: Parts): (self: RetryPolicy) => RetryPolicy
  (self: RetryPolicy, parts: Parts): RetryPolicy
} = /*#__PURE__*/ dual(2, derived)

/**
 * Makes a budget: a bucket of `retries`, refilled evenly over `window`. It keeps clients from multiplying the load during
 * an outage.
 *
 * **Gotchas**
 *
 * A full bucket can be spent while it is refilled, so one `window` can see up to twice as many retries.
 *
 * @category constructors
 */
export const makeBudget = (options: {
  readonly retries: number
  readonly window: Duration.Input
}): Effect.Effect<Budget> =>
  Effect.map(Clock.currentTimeMillis, (start) => {
    const perMilli = options.retries / Duration.toMillis(options.window)
    let left = options.retries
    let last = start
    return {
      take: Effect.map(Clock.currentTimeMillis, (now) => {
        left = Math.min(options.retries, left + (now - last) * perMilli)
        last = now
        if (left < 1) return false
        left -= 1
        return true
      })
    }
  })
