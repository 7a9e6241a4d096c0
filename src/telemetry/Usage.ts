/**
 * Counts tokens in one form for all APIs, adds them up over a program, and computes what they cost.
 *
 * Use {@link of} for a single answer, {@link countInto} or {@link counting} for all calls of a program.
 *
 * @example
 * ```ts
 * import * as Effect from "effect/Effect"
 * import { Usage } from "llmfx"
 * import { OpenAi, Responses } from "llmfx/openai"
 *
 * const program = Effect.gen(function* () {
 *   const counter = yield* Usage.makeCounter
 *   yield* Responses.create({ model: "gpt-5.4-mini", input: "hi" }).pipe(Usage.countInto(OpenAi, counter))
 *   const total = yield* counter.total
 *   return Usage.cost(total, { "gpt-5.4-mini": { input: 0.25, output: 2 } })
 * })
 * ```
 */
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { ApiClient } from "../ApiClient.ts"
import type * as Endpoint from "../Endpoint.ts"
import type { Program, Same } from "../internal/program.ts"
import { countsOf, noTokens, usageIn } from "../internal/usage/usageFields.ts"
import { metered } from "../internal/usage/usageMeter.ts"
import * as Middleware from "../Middleware.ts"

/**
 * Numbers of tokens.
 *
 * @category models
 */
export interface Tokens {
  /** All input tokens, including those read from a cache. */
  readonly input: number
  /** Input tokens read from a cache. */
  readonly cacheRead: number
  /** Input tokens written to a cache. */
  readonly cacheWrite: number
  /** The part of `cacheWrite` that is kept for an hour, which costs more. */
  readonly cacheWrite1h: number
  /** Input tokens that are audio. */
  readonly inputAudio: number
  /** All output tokens, including reasoning. */
  readonly output: number
  /** Output tokens spent on reasoning. */
  readonly reasoning: number
  /** Output tokens that are audio. */
  readonly outputAudio: number
}

/**
 * The usage of one response.
 *
 * @category models
 */
export interface Usage extends Tokens {
  /** The usage record as the server sent it. */
  readonly raw: unknown
}

/**
 * No tokens.
 *
 * @category constants
 */
export const zero: Tokens = noTokens

/**
 * Adds two usages.
 *
 * @category combinators
 */
export const add = (a: Tokens, b: Tokens): Tokens => ({
  input: a.input + b.input,
  cacheRead: a.cacheRead + b.cacheRead,
  cacheWrite: a.cacheWrite + b.cacheWrite,
  cacheWrite1h: a.cacheWrite1h + b.cacheWrite1h,
  inputAudio: a.inputAudio + b.inputAudio,
  output: a.output + b.output,
  reasoning: a.reasoning + b.reasoning,
  outputAudio: a.outputAudio + b.outputAudio
})

/**
 * Returns the usage of a response or a snapshot of any API, or `undefined` if it does not report any.
 *
 * @category getters
 */
export const of = (answer: unknown): Usage | undefined => {
  const { usage } = usageIn(answer)
  const counts: Tokens | undefined = countsOf(usage)
  return counts === undefined ? undefined : { ...counts, raw: usage }
}

/**
 * The usage of one model.
 *
 * @category models
 */
export interface ModelTotal {
  readonly provider: string
  readonly model: string
  /** The number of calls that reported usage. */
  readonly calls: number
  readonly tokens: Tokens
}

/**
 * The usage of a program.
 *
 * @category models
 */
export interface Total {
  /** The number of calls that reported usage. */
  readonly calls: number
  /** The number of streams that ended before the server reported usage. Their tokens are not in the total. */
  readonly unreported: number
  readonly tokens: Tokens
  readonly models: ReadonlyArray<ModelTotal>
}

/**
 * Adds up usage.
 *
 * @category models
 */
export interface Counter {
  readonly record: (call: {
    readonly provider: string
    readonly model: string
    /** `undefined` if the server did not report usage. */
    readonly tokens: Tokens | undefined
  }) => Effect.Effect<void>
  readonly total: Effect.Effect<Total>
}

/**
 * Makes a counter that starts at zero.
 *
 * @category constructors
 */
export const makeCounter: Effect.Effect<Counter> = /*#__PURE__*/ Effect.sync(() => {
  const models = new Map<string, ModelTotal>()
  let unreported = 0
  return {
    record: ({ model, provider, tokens }) =>
      Effect.sync(() => {
        if (tokens === undefined) {
          unreported++
          return
        }
        const key = JSON.stringify([provider, model])
        const before = models.get(key)
        models.set(key, {
          provider,
          model,
          calls: (before?.calls ?? 0) + 1,
          tokens: add(before?.tokens ?? zero, tokens)
        })
      }),
    total: Effect.sync(() => {
      const list = [...models.values()]
      return {
        calls: list.reduce((sum, { calls }) => sum + calls, 0),
        unreported,
        tokens: list.reduce((sum, { tokens }) => add(sum, tokens), zero),
        models: list
      }
    })
  }
})

/**
 * Counts the usage of all calls that a program makes through a service.
 *
 * **Details**
 *
 * A stream is counted when it ends, fails or is interrupted, with the usage reported by then. Chat completions are
 * asked to report usage, which adds a chunk without choices to their streams.
 *
 * **Gotchas**
 *
 * Responses that are only retrieved, such as a background response that is polled, are not counted. Use {@link of} for
 * them.
 *
 * @category combinators
 */
export const countInto =
  <I>(service: Context.Key<I, ApiClient>, counter: Counter) =>
  <P extends Program>(self: P): Same<P, never, I> => {
    const update = counting(counter)
    const program: Program = self
    const counted = Stream.isStream(program)
      ? Stream.updateService(program, service, update)
      : Effect.updateService(program, service, update)
    return counted as Same<P, never, I>
  }

/**
 * Makes middleware that counts the usage of all calls of a layer or a program, as {@link countInto} does.
 *
 * @category combinators
 */
export const counting = (counter: Counter): Middleware.Middleware =>
  Middleware.make((given, next) => {
    const call = { ...given, input: asking(given.endpoint, given.input) }
    return metered(call, next(call), (seen) => {
      const tokens = countsOf(seen.usage)
      // Most other calls do not use tokens.
      if (tokens === undefined && call.endpoint.kind !== "stream") return Effect.void
      const model = seen.model ?? usageIn(call.input).model ?? "unknown"
      return counter.record({ provider: call.endpoint.provider, model, tokens })
    })
  })

/** Streams that end with a finish reason report usage only if asked to. */
const asking = ({ terminal }: Endpoint.Metadata, input: unknown): unknown => {
  if (terminal !== "finishReason" || typeof input !== "object" || input === null) return input
  const given = "stream_options" in input ? input.stream_options : undefined
  if (given === null) return input
  return { ...input, stream_options: { include_usage: true, ...(typeof given === "object" ? given : undefined) } }
}

/**
 * The price of a million tokens, in any currency. A kind that is left out costs as much as other input or output.
 *
 * @category models
 */
export interface Price {
  readonly input: number
  readonly output: number
  readonly cacheRead?: number | undefined
  readonly cacheWrite?: number | undefined
  readonly cacheWrite1h?: number | undefined
  readonly inputAudio?: number | undefined
  readonly outputAudio?: number | undefined
}

/**
 * Prices by model. A dated model is also found without its date: `gpt-5.4-mini` for `gpt-5.4-mini-2026-03-05`.
 *
 * @category models
 */
export interface Prices {
  readonly [model: string]: Price
}

/**
 * The cost of usage, and the models without a price.
 *
 * @category models
 */
export interface Cost {
  readonly amount: number
  /** Models without a price. Their tokens are not in the amount. */
  readonly unpriced: ReadonlyArray<string>
}

/**
 * Computes the cost of a program's usage.
 *
 * @category getters
 */
export const cost = (total: Pick<Total, "models">, prices: Prices): Cost => {
  let amount = 0
  const unpriced: Array<string> = []
  for (const { model, tokens } of total.models) {
    const price = priceOf(model, prices)
    if (price === undefined) unpriced.push(model)
    else amount += costOf(tokens, price)
  }
  return { amount, unpriced }
}

const priceOf = (model: string, prices: Prices): Price | undefined => {
  const undated = model.replace(/-(?:\d{8}|\d{4}-\d{2}-\d{2})$/, "")
  const name = Object.hasOwn(prices, model) ? model : undated
  return Object.hasOwn(prices, name) ? prices[name] : undefined
}

/**
 * Computes the cost of tokens at a price.
 *
 * @category getters
 */
export const costOf = (tokens: Tokens, price: Price): number => {
  const write1h = Math.min(tokens.cacheWrite1h, tokens.cacheWrite)
  const write = tokens.cacheWrite - write1h
  const input = Math.max(0, tokens.input - tokens.cacheRead - tokens.cacheWrite - tokens.inputAudio)
  const output = Math.max(0, tokens.output - tokens.outputAudio)
  const writePrice = price.cacheWrite ?? price.input
  return (
    (input * price.input +
      tokens.cacheRead * (price.cacheRead ?? price.input) +
      write * writePrice +
      write1h * (price.cacheWrite1h ?? writePrice) +
      tokens.inputAudio * (price.inputAudio ?? price.input) +
      output * price.output +
      tokens.outputAudio * (price.outputAudio ?? price.output)) /
    1_000_000
  )
}
