/** A call of a job: within the limits, its usage counted, its end as it is stored. */
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as RateLimiter from "effect/persistence/RateLimiter"
import * as Schema from "effect/Schema"
import * as Tracer from "effect/Tracer"
import * as ApiError from "../../ApiError.ts"
import * as ApiErrorSchema from "../../ApiErrorSchema.ts"
import * as Middleware from "../../Middleware.ts"
import * as RateLimiting from "../../policies/RateLimiting.ts"
import * as RequestOptions from "../../RequestOptions.ts"
import * as Usage from "../../telemetry/Usage.ts"
import { makeCallScrubs } from "../errors/callScrubs.ts"
import { maxMessage, plainText, type Scrub, scrubDeep } from "../errors/redact.ts"
import type { NotSent, Outcome, Spent, StartCall } from "./model.ts"

/** The call of a definition, with all that surrounds it. */
export interface Call<R> {
  readonly run: (input: unknown) => Effect.Effect<unknown, unknown, R>
  /** The value as JSON; throws if it does not fit. */
  readonly encode: (value: unknown) => string
  readonly prices: Usage.Prices
  readonly limiter: Middleware.Middleware | undefined
}

/** The store of the limiter failed, so the call was not sent. */
const storeFailed = "client_rate_limit_unknown"

/** Begins a call. */
export const startCall = <R>({ encode, limiter, prices, run }: Call<R>, given: Context.Context<R>): StartCall => {
  const context = untracedUnlessAsked(given)
  const outer = Context.get(context, Middleware.Current)
  return (item, end) => {
    const total: Total = { models: [], limited: 0 }
    const around = limiter === undefined ? [counting(total)] : [counting(total), limiter, watching(total)]
    const { scrub, watch } = makeCallScrubs()
    const fiber = Effect.runForkWith(Context.add(context, Middleware.Current, [...outer, ...around]))(
      watch(run(item.input))
    )
    fiber.addObserver((exit) => {
      end(
        Exit.isSuccess(exit)
          ? succeeded(exit.value, { encode, scrub, prices }, total)
          : failed(errorIn(exit.cause), { scrub, prices }, total)
      )
    })
    return fiber
  }
}

/** A workflow has spans even if nobody records them. Calls only make their own, which cost a lot, for a tracer. */
const untracedUnlessAsked = <R>(context: Context.Context<R>): Context.Context<R> =>
  Context.getOrUndefined(context, Tracer.Tracer) === undefined
    ? (Context.omit(Tracer.ParentSpan)(context) as Context.Context<R>)
    : context

/** Usage of the calls for one input. */
interface Total {
  models: Array<Usage.ModelTotal>
  limited: number
}

const counting = (total: Total): Middleware.Middleware =>
  Usage.counting({
    record: ({ model, provider, tokens }) =>
      Effect.sync(() => {
        if (tokens !== undefined) total.models.push({ provider, model, calls: 1, tokens })
      }),
    total: Effect.succeed({ calls: 0, unreported: 0, tokens: Usage.zero, models: [] })
  })

/** Counts the answers that say that a limit is reached. */
const watching = (total: Total): Middleware.Middleware =>
  Middleware.make((call, next) =>
    next({
      ...call,
      options: RequestOptions.merge(call.options, {
        transformAttempt: (attempt) =>
          Effect.tapError(attempt, (error) =>
            Effect.sync(() => {
              if (error.reason._tag === "RateLimitError") total.limited++
            })
          )
      })
    })
  )

/** How the end of a call is stored: a failure without the secrets of the call, which a server may have repeated. */
export interface Storing {
  readonly encode: Call<never>["encode"]
  readonly scrub: Scrub
  readonly prices: Usage.Prices
}

/** A value as it is stored, for calls that no middleware has seen. One that cannot be written is a failure. */
export const successOf = (value: unknown, storing: Storing): Outcome =>
  succeeded(value, storing, { models: [], limited: 0 })

const succeeded = (value: unknown, { encode, prices, scrub }: Storing, total: Total): Outcome => {
  const spent = spentOf(total, prices) ?? spentIn(value, prices)
  try {
    return {
      state: "succeeded",
      value: encode(value),
      reason: undefined,
      isRetryable: false,
      spent,
      limited: total.limited
    }
  } catch (thrown) {
    return { ...failureOf(thrown, scrub), spent, limited: total.limited }
  }
}

const spentOf = ({ models }: Total, prices: Usage.Prices): Spent | undefined => {
  if (models.length === 0) return undefined
  const tokens = models.reduce((sum, { tokens }) => Usage.add(sum, tokens), Usage.zero)
  const { amount, unpriced } = Usage.cost({ models }, prices)
  return {
    input: tokens.input,
    cached: tokens.cacheRead,
    output: tokens.output,
    cost: amount,
    unpriced: unpriced.length > 0
  }
}

/** Reads usage from a value, for calls that no middleware has seen. */
const spentIn = (value: unknown, prices: Usage.Prices): Spent | undefined => {
  const usage = Usage.of(value)
  if (usage === undefined) return undefined
  const model =
    typeof value === "object" && value !== null && "model" in value && typeof value.model === "string"
      ? value.model
      : "unknown"
  return spentOf({ models: [{ provider: "", model, calls: 1, tokens: usage }], limited: 0 }, prices)
}

const encodeApiError = /*#__PURE__*/ Schema.encodeSync(ApiErrorSchema.schema)

const failed = (error: unknown, { prices, scrub }: Omit<Storing, "encode">, total: Total): Outcome | NotSent => {
  if (
    error instanceof ApiError.ApiError &&
    error.reason._tag === "RateLimitError" &&
    error.reason.code === storeFailed
  ) {
    return { state: "notSent", message: error.reason.message }
  }
  return { ...failureOf(error, scrub), spent: spentOf(total, prices), limited: total.limited }
}

/** How long the name of a reason may be, in characters. */
const maxReason = 200

/** An error as it is stored. */
export const failureOf = (error: unknown, scrub: Scrub): Outcome => {
  const isRetryable =
    typeof error === "object" && error !== null && "isRetryable" in error && error.isRetryable === true
  const reason = plainText(tagOf(error), maxReason, scrub)
  return {
    state: "failed",
    value: JSON.stringify(
      error instanceof ApiError.ApiError
        ? scrubDeep(encodeApiError(error), scrub)
        : { _tag: reason, message: plainText(messageIn(error), maxMessage, scrub), isRetryable }
    ),
    reason,
    isRetryable,
    spent: undefined,
    limited: 0
  }
}

const messageIn = (error: unknown): string =>
  typeof error === "object" && error !== null && "message" in error ? String(error.message) : String(error)

/** A defect has a name of its own among the reasons. */
class Defect {
  readonly _tag = "Defect"
  readonly message: string
  constructor(thrown: unknown) {
    this.message = thrown instanceof Error ? thrown.message : String(thrown)
  }
}

const errorIn = (cause: Cause.Cause<unknown>): unknown => {
  const error = Cause.findErrorOption(cause)
  return error._tag === "Some" ? error.value : new Defect(Cause.squash(cause))
}

/** The tag of an error's reason, or its own, or its name. */
const tagOf = (error: unknown): string => {
  if (typeof error !== "object" || error === null) return "Error"
  if ("reason" in error && typeof error.reason === "object" && error.reason !== null && "_tag" in error.reason) {
    return String(error.reason._tag)
  }
  return "_tag" in error ? String(error._tag) : error instanceof Error ? error.name : "Error"
}

/** The limiter of a job's calls. */
export const limiterOf = (limiter: RateLimiter.RateLimiter, options: RateLimiting.Options): Middleware.Middleware =>
  RateLimiting.fromLimiter(limiter, { onStoreError: "fail", ...options })
