/**
 * Runs Anthropic's models on Azure AI Foundry, with a key or a Microsoft Entra ID token.
 *
 * A program written against `Anthropic` runs unchanged, except that a model's name is the name of a deployment. Foundry
 * has no message batches and no list of models; these endpoints fail before anything is sent.
 *
 * @example
 * ```ts
 * import * as Effect from "effect/Effect"
 * import * as FetchHttpClient from "effect/http/FetchHttpClient"
 * import { Messages } from "llmfx/anthropic"
 * import * as Foundry from "llmfx/anthropic/Foundry"
 *
 * const program = Messages.create({
 *   model: "claude-sonnet-5",
 *   max_tokens: 256,
 *   messages: [{ role: "user", content: "hi" }]
 * })
 *
 * program.pipe(Effect.provide(Foundry.layerConfig()), Effect.provide(FetchHttpClient.layer))
 * ```
 */
import * as Effect from "effect/Effect"
import type * as HttpClient from "effect/http/HttpClient"
import type * as Layer from "effect/Layer"
import { RequestError } from "../ApiError.ts"
import { ConfigurationError } from "../ConfigurationError.ts"
import type * as Credential from "../credentials/Credential.ts"
import type * as Entra from "../credentials/Entra.ts"
import { authorization, credentialProblems, resourceProblems } from "../internal/clouds/azure.ts"
import { pinnedTo } from "../internal/clouds/routing.ts"
import { type Definition, layerConfigOf, layerOf } from "../internal/layers.ts"
import { baseUrlProblems, debugVariable, secretVariable, settings, variable } from "../internal/provider.ts"
import type { Route } from "../internal/request/wire.ts"
import { Anthropic } from "./Anthropic.ts"
import { type ClientSettings, defaultVersion, makeAnthropic } from "./internal/client.ts"
import { dialect } from "./internal/dialect.ts"

/**
 * Settings of the Foundry layer: one of `resource` and `baseUrl`, and one of `apiKey` and `tokenProvider`.
 *
 * @category models
 */
export interface Options extends ClientSettings {
  /** The name of the resource in `https://{resource}.services.ai.azure.com/anthropic`. */
  readonly resource?: string | undefined
  /** Everything before `/v1/messages`. Its path and query are kept. */
  readonly baseUrl?: string | undefined
  readonly apiKey?: Credential.Input | undefined
  /** A token to use instead of a key. A `TokenCredential` is asked for {@link scope}. */
  readonly tokenProvider?: Entra.TokenProvider | undefined
}

/**
 * The scope of an Entra token for Foundry.
 *
 * @category constants
 */
export const scope = "https://ai.azure.com/.default"

/**
 * Makes a client with the given settings.
 *
 * @category layers
 */
export const layer = (options: Options): Layer.Layer<Anthropic, ConfigurationError, HttpClient.HttpClient> =>
  layerOf(definition, options)

/**
 * Makes a client configured by `ANTHROPIC_FOUNDRY_API_KEY`, `ANTHROPIC_FOUNDRY_RESOURCE` or
 * `ANTHROPIC_FOUNDRY_BASE_URL`, and `LLMFX_DEBUG`. `overrides` win.
 *
 * @category layers
 */
export const layerConfig = (overrides?: Options): Layer.Layer<Anthropic, ConfigurationError, HttpClient.HttpClient> =>
  layerConfigOf(definition, overrides)

const environment = /*#__PURE__*/ settings({
  apiKey: /*#__PURE__*/ secretVariable("ANTHROPIC_FOUNDRY_API_KEY"),
  resource: /*#__PURE__*/ variable("ANTHROPIC_FOUNDRY_RESOURCE"),
  baseUrl: /*#__PURE__*/ variable("ANTHROPIC_FOUNDRY_BASE_URL"),
  debug: debugVariable
})

const definition: Definition<Anthropic, Options> = {
  service: Anthropic,
  provider: Anthropic.provider,
  environment: () => environment,
  exclusive: [
    ["apiKey", "tokenProvider"],
    ["baseUrl", "resource"]
  ],
  make: (options) => make(options)
}

const make = Effect.fnUntraced(function* (options: Options) {
  const { apiKey, resource } = options
  const baseUrl =
    options.baseUrl ?? (resource === undefined ? undefined : `https://${resource}.services.ai.azure.com/anthropic`)
  const problems = [
    ...(baseUrl === undefined ? ["no resource: set ANTHROPIC_FOUNDRY_RESOURCE (or resource)"] : []),
    ...(options.baseUrl !== undefined && resource !== undefined
      ? ["resource and baseUrl contradict each other: give one of them"]
      : []),
    ...resourceProblems(resource),
    ...baseUrlProblems("ANTHROPIC_FOUNDRY_BASE_URL (baseUrl)", options.baseUrl),
    ...credentialProblems("ANTHROPIC_FOUNDRY_API_KEY", options)
  ]
  const authorize = authorization(options, { keyHeader: "x-api-key", scope })
  if (baseUrl === undefined || authorize === undefined || problems.length > 0) {
    return yield* new ConfigurationError({ provider: Anthropic.provider, problems })
  }
  return yield* makeAnthropic({
    // A preview there.
    dialect: { ...dialect, strictTools: false },
    baseUrl,
    headers: { "anthropic-version": options.version ?? defaultVersion },
    credentials: [apiKey],
    authorize: yield* authorize,
    route: pinnedTo(baseUrl, route),
    options
  })
})

const route: Route = (draft, endpoint) => {
  if (/^\/v1\/(messages\/batches|models)(\/|\?|$)/.test(endpoint.path)) {
    throw new RequestError({ message: `Azure Foundry does not serve ${endpoint.id}` })
  }
  return draft
}
