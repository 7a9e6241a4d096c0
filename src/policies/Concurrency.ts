/**
 * A limit to how many calls are under way at the same time.
 *
 * @example
 * ```ts
 * import * as Effect from "effect/Effect"
 * import { Concurrency, Middleware } from "llmfx"
 * import { Responses } from "llmfx/openai"
 *
 * const program = Effect.gen(function* () {
 *   const atMostTen = yield* Concurrency.make(10)
 *   return yield* Effect.forEach(
 *     ["one", "two", "three"],
 *     (input) => Responses.create({ model: "gpt-5.4-mini", input }),
 *     { concurrency: "unbounded" }
 *   ).pipe(Middleware.use(atMostTen))
 * })
 * ```
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Semaphore from "effect/Semaphore"
import { RateLimitError } from "../ApiError.ts"
import { refusal, refusalDetail } from "../internal/errors/refusal.ts"
import { type Call, type Middleware, make as around } from "../Middleware.ts"

/**
 * Lets at most `calls` calls be under way in all programs that use it: a call with its retries, a stream until its end.
 * A call that has waited for `maxWait` fails with `RateLimitError`, code `client_concurrency_limit`; unless set, it waits
 * for as long as it takes.
 */
export const make = (
  calls: number,
  options: { readonly maxWait?: Duration.Input | undefined } = {}
): Effect.Effect<Middleware> =>
  Effect.map(Semaphore.make(calls), (semaphore): Middleware => {
    const { maxWait } = options
    const permit = semaphore.takeScoped(1)
    return around((call, next) => {
      const admitted =
        maxWait === undefined
          ? permit
          : Effect.timeoutOrElse(permit, { duration: maxWait, orElse: () => Effect.fail(full(call, calls, maxWait)) })
      return Effect.andThen(admitted, next(call))
    })
  })

const full = (call: Call, calls: number, maxWait: Duration.Input) =>
  refusal(
    call,
    new RateLimitError({
      ...refusalDetail(
        "client_concurrency_limit",
        `${calls} other calls were under way for ${Duration.format(Duration.fromInputUnsafe(maxWait))}; nothing was sent`
      ),
      retryAfter: undefined,
      limits: undefined
    })
  )
