/**
 * Calls OpenAI without an API key, from a workload that has an identity of its own.
 *
 * The token of the workload's platform (Kubernetes, Azure, Google Cloud, or any issuer that your organization trusts)
 * is exchanged for a short-lived OpenAI token.
 *
 * @example
 * ```ts
 * import * as IdentityToken from "llmfx/credentials/IdentityToken"
 * import * as WorkloadIdentity from "llmfx/openai/WorkloadIdentity"
 *
 * // Needs an HttpClient and, for the file, a FileSystem.
 * const layer = WorkloadIdentity.layer({
 *   identityProviderId: "idp_123",
 *   serviceAccountId: "sa_123",
 *   subjectToken: IdentityToken.fromFile()
 * })
 * ```
 */
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as HttpClient from "effect/http/HttpClient"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import type { ConfigurationError } from "../ConfigurationError.ts"
import * as Credential from "../credentials/Credential.ts"
import type { IdentityToken } from "../credentials/IdentityToken.ts"
import { requestToken } from "../internal/credentials/tokenRequest.ts"
import { OpenAi, type Options as OpenAiOptions } from "./OpenAi.ts"

/**
 * Which token to exchange, and on whose behalf.
 *
 * @category models
 */
export interface Exchange<R = never> {
  /** The identity provider registered with your organization. */
  readonly identityProviderId: string
  /** The service account whose permissions the token gets. */
  readonly serviceAccountId: string
  readonly clientId?: string | undefined
  readonly subjectToken: IdentityToken<R>
  /** Google's metadata server issues an `id` token. Default: `jwt`. */
  readonly subjectTokenType?: "jwt" | "id" | undefined
  /** How long before it expires a token is renewed; at most half of its lifetime. Default: 20 minutes. */
  readonly refreshBefore?: Duration.Input | undefined
  /** Default: `https://auth.openai.com/oauth/token`. */
  readonly tokenUrl?: string | undefined
}

/**
 * Settings of the layer.
 *
 * @category models
 */
export interface Options<R = never> extends Exchange<R>, Omit<OpenAiOptions, "apiKey"> {}

/**
 * Makes a client whose token is exchanged, cached, renewed before it expires, and exchanged again if the server refuses
 * it.
 *
 * @category layers
 */
export const layer = <R = never>(
  options: Options<R>
): Layer.Layer<OpenAi, ConfigurationError, HttpClient.HttpClient | R> =>
  Layer.unwrap(Effect.map(credential(options), (apiKey) => OpenAi.layer({ ...options, apiKey })))

/**
 * Returns the token as a credential, for `OpenAi.layer({ apiKey })`.
 *
 * @category getters
 */
export const credential = <R = never>(
  options: Exchange<R>
): Effect.Effect<Credential.Credential, never, HttpClient.HttpClient | R> =>
  Effect.flatMap(Effect.context<HttpClient.HttpClient | R>(), (context) =>
    Credential.cached({
      acquire: Effect.provideContext(exchange(options), context),
      refreshBefore: options.refreshBefore ?? "20 minutes"
    })
  )

const types = {
  jwt: "urn:ietf:params:oauth:token-type:jwt",
  id: "urn:ietf:params:oauth:token-type:id_token"
}

const anHour = 3600

const exchange = <R>(
  options: Exchange<R>
): Effect.Effect<Credential.Token, Credential.CredentialError, HttpClient.HttpClient | R> =>
  Effect.gen(function* () {
    const http = yield* HttpClient.HttpClient
    const subjectToken = yield* options.subjectToken
    const request = HttpClientRequest.post(options.tokenUrl ?? "https://auth.openai.com/oauth/token").pipe(
      HttpClientRequest.bodyJsonUnsafe({
        grant_type: "urn:ietf:params:oauth:grant-type:token-exchange",
        subject_token: Redacted.value(subjectToken),
        subject_token_type: types[options.subjectTokenType ?? "jwt"],
        identity_provider_id: options.identityProviderId,
        service_account_id: options.serviceAccountId,
        client_id: options.clientId
      })
    )
    return yield* requestToken({ http, from: "OpenAI's token endpoint", request }, anHour)
  })
