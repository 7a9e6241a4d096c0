/**
 * Token usage in one form for all APIs, added up over a program, and what it costs.
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
import { type Counts, countsOf, usageIn } from "../internal/usage/usageFields.ts"
import { metered } from "../internal/usage/usageMeter.ts"
import * as Middleware from "../Middleware.ts"

/** How many tokens were used. */
export interface Tokens {
  /** All tokens of the input, also those that came from a cache. */
  readonly input: number
  /** Of the input: read from a cache. */
  readonly cacheRead: number
  /** Of the input: written to a cache. */
  readonly cacheWrite: number
  /** Of those: kept for an hour, which costs more. */
  readonly cacheWrite1h: number
  /** Of the input: audio. */
  readonly inputAudio: number
  /** All tokens of the output, also those of reasoning. */
  readonly output: number
  /** Of the output: reasoning. */
  readonly reasoning: number
  /** Of the output: audio. */
  readonly outputAudio: number
}

/** The usage of one answer. */
export interface Usage extends Tokens {
  /** As the server reported it. */
  readonly raw: unknown
}

/** No tokens. */
export const zero: Tokens = {
  input: 0,
  cacheRead: 0,
  cacheWrite: 0,
  cacheWrite1h: 0,
  inputAudio: 0,
  output: 0,
  reasoning: 0,
  outputAudio: 0
}

/** Both together. */
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

/** The usage of an answer or a snapshot of any API; `undefined` where it reports none. */
export const of = (answer: unknown): Usage | undefined => {
  const { usage } = usageIn(answer)
  const counts: Counts | undefined = countsOf(usage)
  return counts === undefined ? undefined : { ...counts, raw: usage }
}

/** The usage of one model. */
export interface ModelTotal {
  readonly provider: string
  readonly model: string
  /** The calls that reported usage. */
  readonly calls: number
  readonly tokens: Tokens
}

/** The usage of a program. */
export interface Total {
  /** The calls that reported usage. */
  readonly calls: number
  /** The streams that ended before the server had reported usage: what they used comes on top. */
  readonly unreported: number
  readonly tokens: Tokens
  readonly models: ReadonlyArray<ModelTotal>
}

/** Adds up usage. */
export interface Counter {
  readonly record: (call: {
    readonly provider: string
    readonly model: string
    /** `undefined` where the server has not reported it. */
    readonly tokens: Tokens | undefined
  }) => Effect.Effect<void>
  readonly total: Effect.Effect<Total>
}

/** A counter at zero. */
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
 * Counts the usage of all calls that a program makes through a service. A stream is counted when it ends, however it
 * does, with what the server has reported by then; chat completions are asked for it, which adds a chunk without
 * choices to their streams. What is only retrieved, such as a background response that is polled, is not counted: see
 * {@link of}.
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

/** Counts the usage of all calls of a layer or a program, as {@link countInto} does. */
export const counting = (counter: Counter): Middleware.Middleware =>
  Middleware.make((given, next) => {
    const call = { ...given, input: asking(given.endpoint, given.input) }
    return metered(call, next(call), (seen) => {
      const tokens = countsOf(seen.usage)
      // Of other calls, most do not use any.
      if (tokens === undefined && call.endpoint.kind !== "stream") return Effect.void
      const model = seen.model ?? usageIn(call.input).model ?? "unknown"
      return counter.record({ provider: call.endpoint.provider, model, tokens })
    })
  })

/** The streams that end with a finish reason report usage only where they are asked to. */
const asking = ({ terminal }: Endpoint.Metadata, input: unknown): unknown => {
  if (terminal !== "finishReason" || typeof input !== "object" || input === null) return input
  const given = "stream_options" in input ? input.stream_options : undefined
  return { ...input, stream_options: { include_usage: true, ...(typeof given === "object" ? given : undefined) } }
}

/** What a million tokens cost, in any currency. What is left out costs as much as other input or output. */
export interface Price {
  readonly input: number
  readonly output: number
  readonly cacheRead?: number | undefined
  readonly cacheWrite?: number | undefined
  readonly cacheWrite1h?: number | undefined
  readonly inputAudio?: number | undefined
  readonly outputAudio?: number | undefined
}

/** Prices by model. A model with a date is also found without it: `gpt-5.4-mini` for `gpt-5.4-mini-2026-03-05`. */
export interface Prices {
  readonly [model: string]: Price
}

/** What usage costs, and what could not be priced. */
export interface Cost {
  readonly amount: number
  /** The models without a price; their tokens are not in the amount. */
  readonly unpriced: ReadonlyArray<string>
}

/** The cost of a program's usage. */
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

/** The cost of tokens at a price. */
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
