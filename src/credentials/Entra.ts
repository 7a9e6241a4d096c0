/**
 * Tokens of Microsoft Entra ID, for models on Azure. Does not need `@azure/identity`, but accepts its credentials.
 *
 * @example
 * ```ts
 * import * as Azure from "llmfx/openai/Azure"
 *
 * const AzureLive = Azure.layer({
 *   endpoint: "https://my-resource.openai.azure.com",
 *   tokenProvider: () => Promise.resolve("a token of your own library")
 * })
 * ```
 */
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { messageOf } from "../internal/errors/messageOf.ts"
import * as Credential from "./Credential.ts"

/**
 * A credential of `@azure/identity`, such as `new DefaultAzureCredential()`.
 *
 * @category models
 */
export interface TokenCredential {
  getToken(
    scopes: string | Array<string>
  ): Promise<{ readonly token: string; readonly expiresOnTimestamp: number } | null>
}

/**
 * Provides a token: a credential of `@azure/identity`, the function made by its `getBearerTokenProvider` (called on
 * every attempt), or any credential of this library.
 *
 * @category models
 */
export type TokenProvider = Credential.Input | TokenCredential | (() => Promise<string>)

/**
 * Makes a credential from a token provider. A {@link TokenCredential} is asked for `scope`, and its token is cached
 * until it expires.
 *
 * @category constructors
 */
export const credential = (provider: TokenProvider, scope: string): Effect.Effect<Credential.Credential> => {
  if (typeof provider === "function") {
    return Effect.succeed({ get: Effect.flatMap(attempt(provider), (token) => nonEmpty(token)) })
  }
  if (!isTokenCredential(provider)) return Effect.succeed(Credential.make(provider))
  return Credential.cached({
    acquire: Effect.flatMap(
      attempt(() => provider.getToken(scope)),
      (answer) => Effect.map(nonEmpty(answer?.token), (value) => ({ value, expiresAt: answer?.expiresOnTimestamp }))
    )
  })
}

const isTokenCredential = (provider: object): provider is TokenCredential =>
  "getToken" in provider && typeof provider.getToken === "function"

const attempt = <A>(run: () => Promise<A>): Effect.Effect<A, Credential.CredentialError> =>
  Effect.tryPromise({
    try: run,
    catch: (thrown) =>
      new Credential.CredentialError({ message: `The Entra token provider failed: ${messageOf(thrown)}` })
  })

const nonEmpty = (token: string | undefined): Effect.Effect<Redacted.Redacted, Credential.CredentialError> =>
  typeof token === "string" && token !== ""
    ? Effect.succeed(Redacted.make(token))
    : Effect.fail(new Credential.CredentialError({ message: "The Entra token provider gave no token" }))
