/** A secret that may expire: read on every try, renewed in time, and once more when the server refuses it. */
import * as Data from "effect/Data"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { makeTokenCache } from "../internal/credentials/tokenCache.ts"

/** No secret could be had. The call fails with `AuthenticationError`. */
export class CredentialError extends Data.TaggedError("CredentialError")<{ readonly message: string }> {}

/** Where an API key, a token or a pair of keys comes from. */
export interface Credential<A = Redacted.Redacted> {
  /** Evaluated on every try. */
  readonly get: Effect.Effect<A, CredentialError>
  /** Discards the secret that the server refused; absent where another one cannot be had. */
  readonly refresh?: ((refused: A) => Effect.Effect<void, CredentialError>) | undefined
}

/** What a layer accepts as a secret. */
export type Input = Redacted.Redacted | Effect.Effect<Redacted.Redacted, CredentialError> | Credential

/** A credential from any of its forms. */
export const make = (input: Input): Credential => {
  if (Redacted.isRedacted(input)) return { get: Effect.succeed(input) }
  if (Effect.isEffect(input)) return { get: input }
  return typeof input === "object" ? input : { get: Effect.fail(new CredentialError({ message: bareSecret })) }
}

/** What a program without types learns. */
const bareSecret = "A key or token is given as Redacted.make(…), not as a bare text"

/** A secret and when it expires, in milliseconds since 1970; `undefined` where it does not. */
export interface Token<A = Redacted.Redacted> {
  readonly value: A
  readonly expiresAt: number | undefined
}

/**
 * Keeps a token for as long as it is good. Within `refreshBefore` (two minutes) of its end it is renewed in the
 * background while calls go on with it, and five seconds pass between attempts that fail; within `blockBefore` (thirty
 * seconds) calls wait for the new one. Both are at most half of the token's life. All who wait share one renewal.
 */
export const cached = <A = Redacted.Redacted>(options: {
  readonly acquire: Effect.Effect<Token<A>, CredentialError>
  readonly refreshBefore?: Duration.Input | undefined
  readonly blockBefore?: Duration.Input | undefined
}): Effect.Effect<Credential<A>> =>
  Effect.sync(() => {
    const cache = makeTokenCache(options)
    return { get: cache.get, refresh: cache.discard }
  })
