/**
 * Calls Anthropic without an API key, from a workload that has an identity of its own.
 *
 * The OpenID Connect token of the workload's platform is exchanged for a short-lived Anthropic token, by a federation
 * rule of your organization.
 *
 * @example
 * ```ts
 * import * as IdentityToken from "llmfx/credentials/IdentityToken"
 * import * as WorkloadIdentity from "llmfx/anthropic/WorkloadIdentity"
 *
 * // Needs an HttpClient and, for the file, a FileSystem.
 * const layer = WorkloadIdentity.layer({
 *   federationRuleId: "fdrl_123",
 *   organizationId: "org_123",
 *   identityToken: IdentityToken.fromFile("/var/run/secrets/anthropic/token")
 * })
 * ```
 */

import * as Effect from "effect/Effect"
import type * as FileSystem from "effect/FileSystem"
import * as HttpClient from "effect/http/HttpClient"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import type * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { ConfigurationError } from "../ConfigurationError.ts"
import * as Credential from "../credentials/Credential.ts"
import * as IdentityToken from "../credentials/IdentityToken.ts"
import { requestToken } from "../internal/credentials/tokenRequest.ts"
import { type Definition, layerConfigOf, layerOf } from "../internal/layers.ts"
import {
  baseUrlProblems,
  bearer,
  debugVariable,
  type Environment,
  headersVariable,
  secretVariable,
  settings,
  variable,
  withSecret
} from "../internal/provider.ts"
import { withoutEnd } from "../internal/text.ts"
import { Anthropic } from "./Anthropic.ts"
import { type ClientSettings, defaultVersion, makeAnthropic } from "./internal/client.ts"
import { dialect } from "./internal/dialect.ts"

/**
 * Which token to exchange, and on whose behalf.
 *
 * @category models
 */
export interface Exchange<R = never> {
  readonly federationRuleId: string
  readonly organizationId: string
  readonly identityToken: IdentityToken.IdentityToken<R>
  readonly serviceAccountId?: string | undefined
  /** Required if the rule covers several workspaces. The token is valid for this workspace only. */
  readonly workspaceId?: string | undefined
  /** Also the address of the exchange. Default: `https://api.anthropic.com`. */
  readonly baseUrl?: string | undefined
}

/**
 * Settings of the layer.
 *
 * @category models
 */
export interface Options<R = never> extends Exchange<R>, ClientSettings {}

/**
 * Any of the settings.
 *
 * @category models
 */
export type Overrides = {
  readonly [K in keyof Options]?: Options<FileSystem.FileSystem>[K] | undefined
}

/**
 * Makes a client whose token is exchanged, cached, renewed before it expires, and exchanged again if the server refuses
 * it.
 *
 * @category layers
 */
export const layer = <R = never>(
  options: Options<R>
): Layer.Layer<Anthropic, ConfigurationError, HttpClient.HttpClient | R> =>
  layerOf({ service: Anthropic, make }, options)

/**
 * Makes a client configured by the environment. `overrides` win.
 *
 * **Details**
 *
 * Reads `ANTHROPIC_FEDERATION_RULE_ID`, `ANTHROPIC_ORGANIZATION_ID`, `ANTHROPIC_SERVICE_ACCOUNT_ID`,
 * `ANTHROPIC_WORKSPACE_ID`, `ANTHROPIC_IDENTITY_TOKEN_FILE` or `ANTHROPIC_IDENTITY_TOKEN`, `ANTHROPIC_BASE_URL`,
 * `ANTHROPIC_CUSTOM_HEADERS` and `LLMFX_DEBUG`.
 *
 * @category layers
 */
export const layerConfig = (
  overrides?: Overrides
): Layer.Layer<Anthropic, ConfigurationError, HttpClient.HttpClient | FileSystem.FileSystem> =>
  layerConfigOf(definition, overrides)

const environment: Environment<Overrides> = /*#__PURE__*/ Effect.map(
  /*#__PURE__*/ settings({
    federationRuleId: /*#__PURE__*/ variable("ANTHROPIC_FEDERATION_RULE_ID"),
    organizationId: /*#__PURE__*/ variable("ANTHROPIC_ORGANIZATION_ID"),
    serviceAccountId: /*#__PURE__*/ variable("ANTHROPIC_SERVICE_ACCOUNT_ID"),
    workspaceId: /*#__PURE__*/ variable("ANTHROPIC_WORKSPACE_ID"),
    tokenFile: /*#__PURE__*/ variable("ANTHROPIC_IDENTITY_TOKEN_FILE"),
    token: /*#__PURE__*/ secretVariable("ANTHROPIC_IDENTITY_TOKEN"),
    baseUrl: /*#__PURE__*/ variable("ANTHROPIC_BASE_URL"),
    headers: /*#__PURE__*/ headersVariable("ANTHROPIC_CUSTOM_HEADERS"),
    debug: debugVariable
  }),
  ({ token, tokenFile, ...settings }) => ({
    ...settings,
    identityToken: tokenFile === undefined ? tokenIn(token) : IdentityToken.fromFile(tokenFile)
  })
)

const tokenIn = (token: Redacted.Redacted | undefined): IdentityToken.IdentityToken | undefined =>
  token === undefined ? undefined : Effect.succeed(token)

const definition: Definition<Anthropic, Overrides, HttpClient.HttpClient | FileSystem.FileSystem> = {
  service: Anthropic,
  provider: Anthropic.provider,
  environment: () => environment,
  exclusive: [],
  make: (options) => makeChecked(options)
}

const makeChecked = Effect.fnUntraced(function* (options: Overrides) {
  const { federationRuleId, identityToken, organizationId } = options
  const problems = [
    ...(federationRuleId === undefined ? ["no rule: set ANTHROPIC_FEDERATION_RULE_ID (or federationRuleId)"] : []),
    ...(organizationId === undefined ? ["no organization: set ANTHROPIC_ORGANIZATION_ID (or organizationId)"] : []),
    ...(identityToken === undefined
      ? ["no identity token: set ANTHROPIC_IDENTITY_TOKEN_FILE or ANTHROPIC_IDENTITY_TOKEN (or identityToken)"]
      : [])
  ]
  if (federationRuleId === undefined || organizationId === undefined || identityToken === undefined) {
    return yield* new ConfigurationError({ provider: Anthropic.provider, problems })
  }
  return yield* make({ ...options, federationRuleId, organizationId, identityToken })
})

const defaultUrl = "https://api.anthropic.com"

const make = Effect.fnUntraced(function* <R>(options: Options<R>) {
  const problems = baseUrlProblems("ANTHROPIC_BASE_URL (baseUrl)", options.baseUrl)
  if (problems.length > 0) return yield* new ConfigurationError({ provider: Anthropic.provider, problems })
  const secret = Effect.succeed(yield* credential(options))
  return yield* makeAnthropic({
    dialect,
    baseUrl: options.baseUrl ?? defaultUrl,
    headers: { "anthropic-version": options.version ?? defaultVersion },
    credentials: [],
    authorize: withSecret(() => secret, oauthBearer),
    options
  })
})

const oauthBeta = "oauth-2025-04-20"
const betaHeader = "anthropic-beta"

/** Sends a bearer token, and adds the beta that such tokens need after the betas of the call. */
const oauthBearer = (
  request: HttpClientRequest.HttpClientRequest,
  token: string
): HttpClientRequest.HttpClientRequest => {
  const betas = request.headers[betaHeader]?.split(",").map((beta) => beta.trim()) ?? []
  const authorized = bearer(request, token)
  return betas.includes(oauthBeta)
    ? authorized
    : HttpClientRequest.setHeader(authorized, betaHeader, [...betas, oauthBeta].join(","))
}

/**
 * Returns the token as a credential.
 *
 * **Gotchas**
 *
 * Calls with it need the `anthropic-beta` value `oauth-2025-04-20`, which {@link layer} sends.
 *
 * @category getters
 */
export const credential = <R = never>(
  options: Exchange<R>
): Effect.Effect<Credential.Credential, never, HttpClient.HttpClient | R> =>
  Effect.flatMap(Effect.context<HttpClient.HttpClient | R>(), (context) =>
    Credential.cached({ acquire: Effect.provideContext(exchange(options), context) })
  )

/** The token endpoint's limit, in characters. */
const longestAssertion = 16 * 1024

const exchange = <R>(
  options: Exchange<R>
): Effect.Effect<Credential.Token, Credential.CredentialError, HttpClient.HttpClient | R> =>
  Effect.gen(function* () {
    const http = yield* HttpClient.HttpClient
    const assertion = Redacted.value(yield* options.identityToken)
    if (assertion.length > longestAssertion) {
      return yield* new Credential.CredentialError({
        message: `The identity token has ${assertion.length} characters; Anthropic's token endpoint takes ${longestAssertion}`
      })
    }
    const url = new URL(options.baseUrl ?? defaultUrl)
    url.pathname = `${withoutEnd(url.pathname, "/")}/v1/oauth/token`
    const request = HttpClientRequest.post(url).pipe(
      HttpClientRequest.setHeader(betaHeader, `${oauthBeta},oidc-federation-2026-04-01`),
      HttpClientRequest.bodyJsonUnsafe({
        grant_type: "urn:ietf:params:oauth:grant-type:jwt-bearer",
        assertion,
        federation_rule_id: options.federationRuleId,
        organization_id: options.organizationId,
        service_account_id: options.serviceAccountId,
        workspace_id: options.workspaceId
      })
    )
    return yield* requestToken({
      http,
      from: "Anthropic's token endpoint",
      request,
      hint:
        "The federation rule must match the identity token" +
        (options.workspaceId === undefined ? ", and a rule for several workspaces needs a workspaceId" : "")
    })
  })
