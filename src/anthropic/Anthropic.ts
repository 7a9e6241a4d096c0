/**
 * The Anthropic service: the client that all Anthropic endpoints run through, its layers and its credentials.
 *
 * Provide {@link Anthropic.layerConfig} to read the key from the environment, or {@link Anthropic.layer} to pass it in
 * code. Both need an `HttpClient`. For Bedrock, Vertex and Foundry, use their modules' layers instead.
 *
 * @example
 * ```ts
 * import * as Effect from "effect/Effect"
 * import * as FetchHttpClient from "effect/http/FetchHttpClient"
 * import { Anthropic, Messages } from "llmfx/anthropic"
 *
 * const program = Messages.create({
 *   model: "claude-sonnet-5",
 *   max_tokens: 256,
 *   messages: [{ role: "user", content: "hi" }]
 * })
 *
 * program.pipe(Effect.provide(Anthropic.layerConfig()), Effect.provide(FetchHttpClient.layer))
 * ```
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as HttpClient from "effect/http/HttpClient"
import type * as Layer from "effect/Layer"
import type { ApiClient } from "../ApiClient.ts"
import type { ApiError } from "../ApiError.ts"
import * as ApiRequest from "../ApiRequest.ts"
import { ConfigurationError } from "../ConfigurationError.ts"
import * as Credential from "../credentials/Credential.ts"
import { retryCountHeader } from "../internal/attempt/retry.ts"
import { type Definition, layerConfigOf, layerOf } from "../internal/layers.ts"
import {
  baseUrlProblems,
  debugVariable,
  type Environment,
  headersVariable,
  secretVariable,
  settings,
  variable,
  withSecret
} from "../internal/provider.ts"
import type { RequestOptions } from "../RequestOptions.ts"
import { type ClientSettings, defaultVersion, makeAnthropic } from "./internal/client.ts"
import { dialect } from "./internal/dialect.ts"

/**
 * Settings of the Anthropic layer. Exactly one of `apiKey` and `authToken` is required.
 *
 * @category models
 */
export interface Options extends ClientSettings {
  readonly apiKey?: Credential.Input | undefined
  /** An OAuth token to use instead of a key. */
  readonly authToken?: Credential.Input | undefined
  /** Its path and query are kept. Default: `https://api.anthropic.com`. */
  readonly baseUrl?: string | undefined
}

/**
 * The client for the Anthropic API.
 *
 * @category services
 */
export class Anthropic extends Context.Service<Anthropic, ApiClient>()("llmfx/Anthropic") {
  static readonly provider = "anthropic"

  /** Returns the client itself. */
  static readonly client: Effect.Effect<ApiClient, never, Anthropic> = Effect.service(Anthropic)

  /** Sends a request that no endpoint covers, with the same credential, policies and errors. */
  static request<A>(request: ApiRequest.Typed<A>, options?: RequestOptions): Effect.Effect<A, ApiError, Anthropic>
  static request(request: ApiRequest.ApiRequest, options?: RequestOptions): Effect.Effect<unknown, ApiError, Anthropic>
  static request(
    request: ApiRequest.ApiRequest,
    options?: RequestOptions
  ): Effect.Effect<unknown, ApiError, Anthropic> {
    return ApiRequest.send(Anthropic, request, options)
  }

  /** Makes a client with the given settings. */
  static readonly layer = (options: Options): Layer.Layer<Anthropic, ConfigurationError, HttpClient.HttpClient> =>
    layerOf(definition, options)

  /**
   * Makes a client configured by `ANTHROPIC_API_KEY` or `ANTHROPIC_AUTH_TOKEN`, `ANTHROPIC_BASE_URL`,
   * `ANTHROPIC_CUSTOM_HEADERS` and `LLMFX_DEBUG`. `overrides` win over the environment.
   */
  static readonly layerConfig = (
    overrides?: Options
  ): Layer.Layer<Anthropic, ConfigurationError, HttpClient.HttpClient> => layerConfigOf(definition, overrides)
}

const environment: Environment<Options> = /*#__PURE__*/ settings({
  apiKey: /*#__PURE__*/ secretVariable("ANTHROPIC_API_KEY"),
  authToken: /*#__PURE__*/ secretVariable("ANTHROPIC_AUTH_TOKEN"),
  baseUrl: /*#__PURE__*/ variable("ANTHROPIC_BASE_URL"),
  headers: /*#__PURE__*/ headersVariable("ANTHROPIC_CUSTOM_HEADERS"),
  debug: debugVariable
})

const definition: Definition<Anthropic, Options> = {
  service: Anthropic,
  provider: Anthropic.provider,
  environment: () => environment,
  exclusive: [["apiKey", "authToken"]],
  make: (options) => make(options)
}

const make = Effect.fnUntraced(function* (options: Options) {
  const { apiKey, authToken } = options
  const secret = apiKey ?? authToken
  const problems = [
    ...(secret === undefined
      ? ["no key: set ANTHROPIC_API_KEY (or apiKey), or ANTHROPIC_AUTH_TOKEN (or authToken)"]
      : []),
    ...(apiKey !== undefined && authToken !== undefined
      ? ["ANTHROPIC_API_KEY (apiKey) and ANTHROPIC_AUTH_TOKEN (authToken) contradict each other: give one of them"]
      : []),
    ...baseUrlProblems("ANTHROPIC_BASE_URL (baseUrl)", options.baseUrl)
  ]
  if (secret === undefined || problems.length > 0) {
    return yield* new ConfigurationError({ provider: Anthropic.provider, problems })
  }
  const credential = Effect.succeed(Credential.make(secret))
  return yield* makeAnthropic({
    dialect,
    baseUrl: options.baseUrl ?? "https://api.anthropic.com",
    headers: { [retryCountHeader]: "0", "anthropic-version": options.version ?? defaultVersion },
    credentials: [secret],
    authorize: withSecret(() => credential),
    options
  })
})
