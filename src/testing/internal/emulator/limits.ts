/** The rate limit of each key, with the headers in which the API tells of it. */
import * as Failure from "../../Failure.ts"
import { Refusal } from "./exchange.ts"

/** So many requests in a window; each key has its own, refilled when the window is over. */
export interface Limit {
  readonly requests: number
  /** In milliseconds. */
  readonly window: number
}

export interface Verdict {
  readonly headers: { readonly [name: string]: string }
  readonly refusal: Refusal | undefined
}

export const makeLimiter = (
  provider: "openai" | "anthropic" | "coze",
  limit: Limit | undefined
): ((key: string, now: number) => Verdict) => {
  const windows = new Map<string, { start: number; used: number }>()
  if (limit === undefined) return () => ({ headers: {}, refusal: undefined })
  return (key, now) => {
    let current = windows.get(key)
    if (current === undefined || now >= current.start + limit.window) {
      current = { start: now, used: 0 }
      windows.set(key, current)
    }
    const reset = current.start + limit.window - now
    const allowed = current.used < limit.requests
    if (allowed) current.used++
    const headers = headersOf(provider, limit.requests, limit.requests - current.used, now + reset, reset)
    if (allowed) return { headers, refusal: undefined }
    return {
      headers: { ...headers, "retry-after": String(Math.ceil(reset / 1000)) },
      refusal: new Refusal(Failure.rateLimit({ message: "Rate limit reached for requests" }))
    }
  }
}

const headersOf = (
  provider: "openai" | "anthropic" | "coze",
  limit: number,
  remaining: number,
  resetAt: number,
  reset: number
): { readonly [name: string]: string } => {
  switch (provider) {
    case "openai":
      return {
        "x-ratelimit-limit-requests": String(limit),
        "x-ratelimit-remaining-requests": String(remaining),
        "x-ratelimit-reset-requests": reset < 1000 ? `${reset}ms` : `${reset / 1000}s`
      }
    case "anthropic":
      return {
        "anthropic-ratelimit-requests-limit": String(limit),
        "anthropic-ratelimit-requests-remaining": String(remaining),
        "anthropic-ratelimit-requests-reset": new Date(resetAt).toISOString()
      }
    case "coze":
      return {}
  }
}
