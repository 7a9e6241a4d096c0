/** Counts the rate limits of each key, and writes the headers that report them. */
import * as Duration from "effect/Duration"
import * as Failure from "../../Failure.ts"
import { limitHeadersOf } from "../wireFailure.ts"
import { Refusal } from "./exchange.ts"

/** So much in a window, of what is set; each key has its own, refilled when the window is over. */
export interface Limits {
  readonly requests?: number | undefined
  /** Input and output together. */
  readonly tokens?: number | undefined
  readonly inputTokens?: number | undefined
  readonly outputTokens?: number | undefined
  /** In milliseconds. */
  readonly window: number
}

type Provider = "openai" | "anthropic" | "coze"
type Dimension = "requests" | "tokens" | "input-tokens" | "output-tokens"
type Amounts = { readonly [D in Dimension]?: number | undefined }

/** One request of a key. Its limits are those that concern it. */
export interface Account {
  /** Counts a request. Throws {@link Refusal} if the limit is reached. */
  readonly request: () => void
  /**
   * Counts the tokens of an input. Throws {@link Refusal} if there are too many, or no token is left for the output.
   */
  readonly input: (tokens: number) => void
  /** Counts the tokens of an output. */
  readonly output: (tokens: number) => void
  readonly headers: () => { readonly [name: string]: string }
}

export const makeLimiter = (provider: Provider, limits: Limits): ((key: string, now: number) => Account) => {
  const allowed = allowedBy(provider, limits)
  const windows = new Map<string, { readonly start: number; readonly used: Map<Dimension, number> }>()
  return (key, now) => {
    let current = windows.get(key)
    if (current === undefined || now >= current.start + limits.window) {
      current = { start: now, used: new Map() }
      windows.set(key, current)
    }
    const { start, used } = current
    const reset = start + limits.window - now
    const concerned = new Set<Dimension>()
    const usedOf = (dimension: Dimension): number => used.get(dimension) ?? 0

    const count = (amounts: Amounts): void => {
      for (const [dimension, amount = 0] of entriesOf(amounts)) used.set(dimension, usedOf(dimension) + amount)
    }
    const admit = (amounts: Amounts): void => {
      const entries = entriesOf(amounts)
      for (const [dimension] of entries) if (allowed[dimension] !== undefined) concerned.add(dimension)
      for (const [dimension, amount = 0] of entries) {
        const limit = allowed[dimension] ?? Number.POSITIVE_INFINITY
        if (usedOf(dimension) >= limit || usedOf(dimension) + amount > limit) {
          throw refusal(provider, { dimension, limit, used: usedOf(dimension), requested: amount, reset })
        }
      }
      count(amounts)
    }
    return {
      request: () => admit({ requests: 1 }),
      input: (tokens) => admit({ "input-tokens": tokens, "output-tokens": 0, tokens }),
      output: (tokens) => count({ "output-tokens": tokens, tokens }),
      headers: () =>
        Object.assign(
          {},
          ...Array.from(concerned, (dimension) => {
            const limit = allowed[dimension] ?? 0
            const remaining = Math.max(0, limit - usedOf(dimension))
            return limitHeadersOf(provider, dimension, { limit, remaining, reset: Duration.millis(reset) }, now)
          })
        )
    }
  }
}

const entriesOf = (amounts: Amounts) =>
  Object.entries(amounts) as ReadonlyArray<readonly [Dimension, number | undefined]>

/** OpenAI counts all tokens together, Anthropic also apart, Coze only requests. */
const allowedBy = (provider: Provider, { inputTokens, outputTokens, requests, tokens }: Limits): Amounts => {
  if (provider === "coze") return { requests }
  const sum = inputTokens === undefined || outputTokens === undefined ? undefined : inputTokens + outputTokens
  const common = { requests, tokens: tokens ?? sum }
  return provider === "openai" ? common : { ...common, "input-tokens": inputTokens, "output-tokens": outputTokens }
}

interface Excess {
  readonly dimension: Dimension
  readonly limit: number
  readonly used: number
  readonly requested: number
  readonly reset: number
}

const refusal = (provider: Provider, { dimension, limit, requested, reset, used }: Excess): Refusal => {
  const seconds = Math.max(1, Math.ceil(reset / 1000))
  const retryAfter = Duration.seconds(seconds)
  if (provider !== "openai") {
    const what = dimension.replace("-", " ")
    return new Refusal(
      Failure.rateLimit({ message: `This request would exceed the rate limit of ${limit} ${what}`, retryAfter })
    )
  }
  const counts = `Limit ${limit}, Used ${used}, Requested ${requested}`
  return new Refusal(
    Failure.rateLimit({
      message: `Rate limit reached on ${dimension}: ${counts}. Please try again in ${seconds}s.`,
      type: dimension,
      retryAfter
    })
  )
}
