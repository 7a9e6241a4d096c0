/**
 * Reads what a response says about the rate limits of the account.
 *
 * `withResponse` of an endpoint returns it as `rateLimit`, and `RateLimitError` holds it as `limits`. To keep calls
 * within limits, use `RateLimiting`.
 *
 * @example
 * ```ts
 * import * as Effect from "effect/Effect"
 * import { Models } from "llmfx/openai"
 *
 * const remaining = Models.retrieve.withResponse({ model: "gpt-5.4-mini" }).pipe(
 *   Effect.map(({ rateLimit }) => rateLimit?.["requests"]?.remaining)
 * )
 * ```
 */
import * as Duration from "effect/Duration"
import { unitMillis } from "../internal/durationText.ts"

/**
 * One limit: how much a window allows, how much is left, and when the window resets.
 *
 * @category models
 */
export interface Limit {
  readonly limit: number | undefined
  readonly remaining: number | undefined
  /** Time from the response to the reset. */
  readonly reset: Duration.Duration | undefined
}

/**
 * Limits by their name in the headers: `requests`, `tokens`, `input-tokens`, `output-tokens`.
 *
 * @category models
 */
export interface RateLimitInfo {
  readonly [dimension: string]: Limit
}

/**
 * Reads `x-ratelimit-{limit,remaining,reset}-{dimension}` and
 * `{vendor}-ratelimit-{dimension}-{limit,remaining,reset}`.
 *
 * **Details**
 *
 * `now` (milliseconds) turns reset times into durations. Returns `undefined` if no such header is present.
 *
 * @category constructors
 */
export const fromHeaders = (headers: { readonly [name: string]: string }, now: number): RateLimitInfo | undefined => {
  const info: Record<string, { -readonly [K in keyof Limit]: Limit[K] }> = {}
  for (const name of Object.keys(headers)) {
    const match = /^x-ratelimit-(limit|remaining|reset)-([\w-]+)$/.exec(name)
    const other = match === null ? /^[a-z]+-ratelimit-([\w-]+)-(limit|remaining|reset)$/.exec(name) : null
    const field = match?.[1] ?? other?.[2]
    const dimension = match?.[2] ?? other?.[1]
    const value = headers[name]
    if (field === undefined || dimension === undefined || value === undefined) continue
    const limit = (info[dimension] ??= { limit: undefined, remaining: undefined, reset: undefined })
    if (field === "reset") limit.reset = resetOf(value, now)
    else if (field === "limit") limit.limit = numberOf(value)
    else limit.remaining = numberOf(value)
  }
  return Object.keys(info).length === 0 ? undefined : info
}

const numberOf = (text: string): number | undefined => {
  const value = Number(text)
  return text.trim() === "" || !Number.isFinite(value) ? undefined : value
}

/** Reads `6m0s`, `20ms`, a number of seconds, or an RFC 3339 time. */
const resetOf = (text: string, now: number): Duration.Duration | undefined => {
  const seconds = numberOf(text)
  if (seconds !== undefined) return Duration.millis(Math.max(0, seconds * 1000))
  if (/^(\d+(\.\d+)?(ms|s|m|h|d))+$/.test(text)) {
    let millis = 0
    for (const [, amount, unit] of text.matchAll(/(\d{1,15}(?:\.\d{1,15})?)(ms|s|m|h|d)/g)) {
      millis += Number(amount) * (unitMillis[unit ?? ""] ?? 0)
    }
    return Duration.millis(millis)
  }
  const time = Date.parse(text)
  return Number.isNaN(time) ? undefined : Duration.millis(Math.max(0, time - now))
}
