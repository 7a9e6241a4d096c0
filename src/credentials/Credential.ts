/**
 * A secret that may expire: read on every attempt, renewed before it expires, and once more if the server refuses it.
 *
 * A layer accepts a plain `Redacted` secret as well. Use {@link cached} if a token has to be fetched and expires.
 *
 * @example
 * ```ts
 * import * as Effect from "effect/Effect"
 * import * as Layer from "effect/Layer"
 * import * as Redacted from "effect/Redacted"
 * import { Credential } from "llmfx"
 * import { Anthropic } from "llmfx/anthropic"
 *
 * const fetchToken = Effect.sync(() => ({
 *   value: Redacted.make("a-short-lived-token"),
 *   expiresAt: Date.now() + 3_600_000
 * }))
 *
 * const AnthropicLive = Layer.unwrap(
 *   Effect.map(Credential.cached({ acquire: fetchToken }), (authToken) => Anthropic.layer({ authToken }))
 * )
 * ```
 */
import * as Data from "effect/Data"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { makeTokenCache } from "../internal/credentials/tokenCache.ts"

/**
 * A secret could not be obtained. The call fails with `AuthenticationError`.
 *
 * @category errors
 */
export class CredentialError extends Data.TaggedError("CredentialError")<{ readonly message: string }> {}

/**
 * Provides an API key, a token or a pair of keys.
 *
 * @category models
 */
export interface Credential<A = Redacted.Redacted> {
  /** Runs on every attempt. */
  readonly get: Effect.Effect<A, CredentialError>
  /** Discards a secret that the server refused. `undefined` if it cannot be replaced. */
  readonly refresh?: ((refused: A) => Effect.Effect<void, CredentialError>) | undefined
}

/**
 * The forms of a secret that a layer accepts.
 *
 * @category models
 */
export type Input = Redacted.Redacted | Effect.Effect<Redacted.Redacted, CredentialError> | Credential

/**
 * Makes a credential of a secret, of an effect that runs on every attempt, or of a credential. Layers do this with their
 * `apiKey` or `credential`.
 *
 * @category constructors
 */
export const make = (input: Input): Credential => {
  if (Redacted.isRedacted(input)) return { get: Effect.succeed(input) }
  if (Effect.isEffect(input)) return { get: input }
  return typeof input === "object" ? input : { get: Effect.fail(new CredentialError({ message: bareSecret })) }
}

/** The message for a program without types. */
const bareSecret = "A key or token is given as Redacted.make(…), not as a bare text"

/**
 * A secret and when it expires, in milliseconds since 1970. `undefined` if it does not expire.
 *
 * @category models
 */
export interface Token<A = Redacted.Redacted> {
  readonly value: A
  readonly expiresAt: number | undefined
}

/**
 * Caches a token until it expires. All callers that wait share one renewal.
 *
 * **Details**
 *
 * In the last two minutes of a token (`refreshBefore`), a call starts a renewal in the background and uses the old token;
 * failed renewals are five seconds apart. In the last thirty seconds (`blockBefore`), calls wait for the new token. Both
 * are at most half of the token's lifetime.
 *
 * @category utilities
 */
export const cached = <A = Redacted.Redacted>(options: {
  readonly acquire: Effect.Effect<Token<A>, CredentialError>
  /** Default: two minutes. */
  readonly refreshBefore?: Duration.Input | undefined
  /** Default: thirty seconds. */
  readonly blockBefore?: Duration.Input | undefined
}): Effect.Effect<Credential<A>> =>
  Effect.sync(() => {
    const cache = makeTokenCache(options)
    return { get: cache.get, refresh: cache.discard }
  })
