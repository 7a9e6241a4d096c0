/**
 * Fails calls at once while a provider is down, instead of waiting for it each time.
 *
 * Combine it with `Fallback` to move on quickly to another provider. Make one breaker and share it: it learns from all
 * calls that use it.
 *
 * @example
 * ```ts
 * import * as Effect from "effect/Effect"
 * import { CircuitBreaking, Middleware } from "llmfx"
 * import { Models } from "llmfx/openai"
 *
 * const program = Effect.gen(function* () {
 *   const breaker = yield* CircuitBreaking.make()
 *   return yield* Models.retrieve({ model: "gpt-5.4-mini" }).pipe(Middleware.use(breaker))
 * })
 * ```
 */
import * as Cause from "effect/Cause"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as CircuitBreaker from "effect/persistence/CircuitBreaker"
import type * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import * as ApiError from "../ApiError.ts"
import { optionsOf, providerKey } from "../internal/attempt/optionsOf.ts"
import { refusalDetail } from "../internal/errors/refusal.ts"
import { make as around, type Call, type Middleware } from "../Middleware.ts"

/**
 * Options of {@link make}.
 *
 * @category models
 */
export interface Options extends KeyOptions {
  /** How many failures in a row, or which failure rate, open the circuit. Default: five in a row. */
  readonly tripPolicy?: CircuitBreaker.TripPolicy | undefined
  /** How long the circuit stays open before one call is let through as a probe. Default: 30 seconds. */
  readonly openDuration?: Duration.Input | Schedule.Schedule<unknown, number> | undefined
}

/**
 * Which calls share a circuit.
 *
 * @category models
 */
export interface KeyOptions {
  /**
   * Calls with the same key share a circuit. The call has the options of the program around it. Default: all calls of a
   * provider, and of the same base URL if the options name one.
   */
  readonly key?: ((call: Call) => string) | undefined
}

/**
 * Makes a breaker that counts the calls of this process.
 *
 * @category constructors
 */
export const make = (options: Options = {}): Effect.Effect<Middleware, never, Scope.Scope> =>
  Effect.flatMap(Layer.build(CircuitBreaker.layerStoreMemory()), (store) =>
    CircuitBreaker.make({
      tripPolicy: options.tripPolicy ?? CircuitBreaker.consecutive(5),
      openDuration: options.openDuration ?? "30 seconds"
    }).pipe(
      Effect.provide(store),
      Effect.map((breaker) => fromBreaker(breaker, options))
    )
  )

/**
 * Makes a breaker on top of Effect's `CircuitBreaker`, whose state many processes can share.
 *
 * **Details**
 *
 * A call counts once with all its retries, a stream up to its first event. A timeout counts as a failure, also one that
 * the caller has chosen; an interrupted call does not count. While the circuit is open, calls fail with
 * `OverloadedError` and the code `circuit_open`.
 *
 * @category constructors
 */
export const fromBreaker = (breaker: CircuitBreaker.CircuitBreaker, options: KeyOptions = {}): Middleware =>
  around((call, next) =>
    Effect.flatMap(optionsOf(call), (merged) => {
      const key = options.key?.({ ...call, options: merged }) ?? providerKey(call.endpoint, merged)
      return breaker
        .execute(next(call), { key, classify })
        .pipe(
          Effect.mapError((error) =>
            error._tag === "CircuitBreakerError" ? ApiError.local(call.endpoint, openReason(call, error)) : error
          )
        )
    })
  )

/** Outages are failures. A refused input is a success, because the provider answered. Rate limits count as neither. */
const classify = (exit: Exit.Exit<unknown, ApiError.ApiError>): CircuitBreaker.Outcome => {
  if (Exit.isSuccess(exit)) return CircuitBreaker.success
  const failure = exit.cause.reasons.find(Cause.isFailReason)
  if (failure === undefined) return CircuitBreaker.ignored
  const { reason } = failure.error
  switch (reason._tag) {
    case "OverloadedError":
    case "ServerError":
      return CircuitBreaker.failure({ retryAfter: reason.retryAfter })
    case "NetworkError":
    case "TimeoutError":
    case "StreamTruncatedError":
    case "StreamError":
    case "UnexpectedResponseError":
      return CircuitBreaker.failure()
    case "RateLimitError":
    case "QuotaExceededError":
    case "RequestError":
      return CircuitBreaker.ignored
    case "AuthenticationError":
    case "PermissionDeniedError":
    case "NotFoundError":
    case "InvalidRequestError":
    case "ConflictError":
    case "ContentPolicyError":
    case "DecodeError":
      return CircuitBreaker.success
  }
}

const openReason = (call: Call, { reason }: CircuitBreaker.CircuitBreakerError): ApiError.OverloadedError => {
  const { provider } = call.endpoint
  switch (reason._tag) {
    case "CircuitOpen":
      return new ApiError.OverloadedError({
        ...refusalDetail(
          "circuit_open",
          `Calls to ${provider} have failed too often and are not sent for ${Duration.format(reason.retryAfter)}`
        ),
        retryAfter: reason.retryAfter
      })
    case "CircuitHalfOpen":
      return new ApiError.OverloadedError({
        ...refusalDetail("circuit_open", `Another call is finding out whether ${provider} answers again`),
        retryAfter: undefined
      })
    case "CircuitBreakerStoreError":
      return new ApiError.OverloadedError({
        ...refusalDetail("circuit_unknown", `The circuit breaker's store failed: ${reason.message}`),
        retryAfter: undefined
      })
  }
}
