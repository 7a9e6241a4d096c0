/**
 * Runs another program if a provider is not available: another model, endpoint or provider.
 *
 * To move from layer to layer instead, use Effect's `ExecutionPlan` with {@link isUnavailable} as the `while` of its
 * steps.
 *
 * @example
 * ```ts
 * import * as Effect from "effect/Effect"
 * import { Fallback } from "llmfx"
 * import { Messages } from "llmfx/anthropic"
 * import { Responses } from "llmfx/openai"
 *
 * const ask = (question: string) =>
 *   Responses.create({ model: "gpt-5.4-mini", input: question }).pipe(
 *     Effect.map((response) => JSON.stringify(response.output)),
 *     Fallback.to(
 *       Messages.create({
 *         model: "claude-sonnet-5",
 *         max_tokens: 500,
 *         messages: [{ role: "user", content: question }]
 *       }).pipe(Effect.map((message) => JSON.stringify(message.content)))
 *     )
 *   )
 * ```
 */
import type { AiError } from "effect/ai/AiError"
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import * as Stream from "effect/Stream"
import { type ApiError, isApiError } from "../ApiError.ts"
import { ConfigurationError } from "../ConfigurationError.ts"
import { aiMetadataKey } from "../internal/errors/aiMetadataKey.ts"
import { isObject, textOf } from "../internal/json/json.ts"
import type { Program } from "../internal/program.ts"

/**
 * When and how to continue with the other program.
 *
 * @category models
 */
export interface Options {
  /** Returns whether to fall back after an error. Default: {@link isUnavailable}. */
  readonly when?: ((error: unknown) => boolean) | undefined
  /**
   * The reaction to a Stream that fails after its first value: fail with its error (`"fail"`, the default), or continue with
   * all values of the other stream (`"append"`).
   */
  readonly afterOutput?: "fail" | "append" | undefined
}

/**
 * Returns whether an error means that the provider cannot answer now.
 *
 * **Details**
 *
 * True for rate limits, exhausted quota, overload, outages, broken connections, timeouts, broken streams, and responses
 * that do not come from the API; also if they come as the `AiError` of a language model of `effect/ai`. True for a
 * `ConfigurationError`, the error of a layer whose key is not set. Also works as the `while` of an `ExecutionPlan` step.
 *
 * @category guards
 */
export const isUnavailable = (error: unknown): boolean =>
  isApiError(error)
    ? unavailable[error.reason._tag]
    : error instanceof ConfigurationError || (isAiError(error) && isUnavailableReason(error.reason))

const unavailable: Readonly<Record<ApiError["reason"]["_tag"], boolean>> = {
  RateLimitError: true,
  QuotaExceededError: true,
  OverloadedError: true,
  ServerError: true,
  NetworkError: true,
  TimeoutError: true,
  StreamError: true,
  StreamTruncatedError: true,
  UnexpectedResponseError: true,
  AuthenticationError: false,
  PermissionDeniedError: false,
  NotFoundError: false,
  InvalidRequestError: false,
  ConflictError: false,
  ContentPolicyError: false,
  DecodeError: false,
  RequestError: false
}

/** Looks at the tag only, so a program without a language model does not load `effect/ai`. */
const isAiError = (error: unknown): error is AiError =>
  Predicate.isTagged(error, "AiError") && Predicate.hasProperty(error, "reason")

const isUnavailableReason = (reason: AiError["reason"]): boolean => {
  switch (reason._tag) {
    case "RateLimitError":
    case "QuotaExhaustedError":
    case "InternalProviderError":
      return true
    case "NetworkError":
      return reason.isRetryable
    case "InvalidResponseError":
    case "UnknownError":
      return isUnavailableApiError(reason.metadata[aiMetadataKey])
    default:
      return false
  }
}

/** A truncated stream, the total timeout and a page of a proxy have no reason of their own in `effect/ai`. */
const isUnavailableApiError = (json: unknown): boolean => {
  const reason = isObject(json) ? json["reason"] : undefined
  const tag = isObject(reason) ? textOf(reason["_tag"]) : ""
  return Object.entries(unavailable).some(([name, value]) => value && name === tag)
}

type Either<P extends Program, Q extends Program> =
  P extends Stream.Stream<infer A, infer E, infer R>
    ? Q extends Stream.Stream<infer A2, infer E2, infer R2>
      ? Stream.Stream<A | A2, E | E2, R | R2>
      : never
    : P extends Effect.Effect<infer A, infer E, infer R>
      ? Q extends Effect.Effect<infer A2, infer E2, infer R2>
        ? Effect.Effect<A | A2, E | E2, R | R2>
        : never
      : never

/**
 * Runs `other` if the program fails because its provider is not available. Both must be Effects, or both Streams.
 *
 * @category combinators
 */
export const to =
  <Q extends Program>(other: Q, options: Options = {}) =>
  <P extends Program>(self: P): Either<P, Q> =>
    either(self, other, options) as Either<P, Q>

const either = (self: Program, other: Program, { afterOutput = "fail", when = isUnavailable }: Options): Program => {
  if (!Stream.isStream(self) && !Stream.isStream(other)) return Effect.catchIf(self, when, () => other)
  if (!Stream.isStream(self) || !Stream.isStream(other)) {
    throw new TypeError("Fallback.to takes two Effects or two Streams")
  }
  return Stream.suspend(() => {
    let hasOutput = false
    return self.pipe(
      Stream.mapArray((values) => {
        hasOutput = true
        return values
      }),
      Stream.catchIf(
        (error) => (afterOutput === "append" || !hasOutput) && when(error),
        () => other
      )
    )
  })
}
