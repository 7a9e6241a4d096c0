/**
 * When a failed call is sent again: a classifier × a schedule × the server's hint × a budget. A body that cannot be
 * read twice is never sent twice, and no wait starts that would end after the caller's deadline.
 */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { dual } from "effect/Function"
import * as Random from "effect/Random"
import * as Schedule from "effect/Schedule"
import type { ApiError } from "../ApiError.ts"

/** The rule for `retry-after-ms` and `retry-after`. */
export interface ServerHint {
  /** The longest wait that is accepted. */
  readonly max: Duration.Input
  /** What to do with a longer one: use the schedule's own delay, wait `max`, or give up. */
  readonly beyond: "ignore" | "clamp" | "giveUp"
  /** Whether a wait of zero is one (retry at once) or none (use the schedule). */
  readonly acceptZero: boolean
}

/** A bucket of retries that many calls share; see {@link makeBudget}. */
export interface Budget {
  /** Takes one retry out of the bucket; `false` where it is empty. */
  readonly take: Effect.Effect<boolean>
}

/** When and how often a failed call is sent again. */
export interface RetryPolicy {
  /** Tries after the first one. */
  readonly maxRetries: number
  /** Whether an error is worth another try. */
  readonly retryable: (error: ApiError) => boolean
  /** The waits; a schedule that ends also ends the retries. */
  readonly schedule: Schedule.Schedule<unknown, ApiError>
  /** `undefined` ignores what the server asks for. */
  readonly serverHint: ServerHint | undefined
  /**
   * Whether to repeat a call that is not idempotent and may have taken effect, because the connection broke after the
   * request was sent. The official clients do.
   */
  readonly retryUnknownOutcome: boolean
  readonly budget: Budget | undefined
}

/** 0.5 s, 1 s, 2 s, 4 s, then 8 s, each less up to 25 % at random. */
export const officialSchedule: Schedule.Schedule<Duration.Duration, unknown> = /*#__PURE__*/ Schedule.modifyDelay(
  /*#__PURE__*/ Schedule.exponential("500 millis"),
  ({ duration }) =>
    Effect.map(Random.next, (random) => {
      const millis = Math.min(Duration.toMillis(duration), 8000)
      return Duration.millis(millis * (1 - random * 0.25))
    })
)

/**
 * The rule of the official clients: two retries after 408, 409, 429, 500 and above, timeouts and broken connections;
 * `x-should-retry` decides where the server sends it; the server's wait is used up to one minute.
 */
export const official: RetryPolicy = {
  maxRetries: 2,
  retryable: (error) => {
    const { response } = error
    if (response === undefined || response.status < 400) return error.isRetryable
    const { headers, status } = response
    const verdict = headers["x-should-retry"]
    return (
      verdict === "true" ||
      (verdict !== "false" && (status === 408 || status === 409 || status === 429 || status >= 500))
    )
  },
  schedule: officialSchedule,
  serverHint: { max: "1 minute", beyond: "ignore", acceptZero: true },
  retryUnknownOutcome: true,
  budget: undefined
}

/** The official rule by reason instead of status: what waiting does not help, such as a 429 for lack of credit, fails at once. */
export const quotaAware: RetryPolicy = { ...official, retryable: (error) => error.isRetryable }

/** Never sends a call twice. */
export const none: RetryPolicy = { ...official, maxRetries: 0 }

/** Eight retries that wait as long as the server asks, up to two minutes: for jobs that nobody waits for. */
export const patient: RetryPolicy = {
  ...quotaAware,
  maxRetries: 8,
  serverHint: { max: "2 minutes", beyond: "clamp", acceptZero: true }
}

/** A policy with some parts replaced. */
export const set: {
  (parts: { readonly [K in keyof RetryPolicy]?: RetryPolicy[K] }): (self: RetryPolicy) => RetryPolicy
  (self: RetryPolicy, parts: { readonly [K in keyof RetryPolicy]?: RetryPolicy[K] }): RetryPolicy
} = /*#__PURE__*/ dual(
  2,
  (self: RetryPolicy, parts: { readonly [K in keyof RetryPolicy]?: RetryPolicy[K] }): RetryPolicy => ({
    ...self,
    ...parts
  })
)

/** At most `retries` retries in any `window`, refilled evenly: keeps an outage from being multiplied. */
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
