/**
 * Limits how many calls run at the same time.
 *
 * Use it if a provider bounds parallel requests, or to keep a burst from opening too many connections. Make one limit
 * and share it among programs.
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
import * as ApiError from "../ApiError.ts"
import { refusalDetail } from "../internal/errors/refusal.ts"
import { make as around, type Call, type Middleware } from "../Middleware.ts"

/**
 * Makes middleware that lets at most `calls` calls run at once in all programs that use it.
 *
 * **Details**
 *
 * A call counts until its last retry ends, a stream until its last event. If a call has waited for `maxWait`, it fails
 * with `RateLimitError` and the code `client_concurrency_limit`. Default: no limit to the wait.
 *
 * @category constructors
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
  ApiError.local(
    call.endpoint,
    new ApiError.RateLimitError({
      ...refusalDetail(
        "client_concurrency_limit",
        `${calls} other calls were under way for ${Duration.format(Duration.fromInputUnsafe(maxWait))}; nothing was sent`
      ),
      retryAfter: undefined,
      limits: undefined
    })
  )
