/**
 * The OpenAI service: the client that all OpenAI endpoints run through, its layers and its credentials.
 *
 * Provide {@link OpenAi.layerConfig} to read the key from the environment, or {@link OpenAi.layer} to pass it in code.
 * Both need an `HttpClient`. For Azure, Bedrock and Vertex, use their modules' layers instead.
 *
 * @example
 * ```ts
 * import * as Effect from "effect/Effect"
 * import * as FetchHttpClient from "effect/http/FetchHttpClient"
 * import { ChatCompletions, OpenAi } from "llmfx/openai"
 *
 * const program = ChatCompletions.create({ model: "gpt-5.4-mini", messages: [{ role: "user", content: "hi" }] })
 *
 * program.pipe(Effect.provide(OpenAi.layerConfig()), Effect.provide(FetchHttpClient.layer))
 * ```
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as HttpClient from "effect/http/HttpClient"
import type * as Layer from "effect/Layer"
import type { ApiClient } from "../ApiClient.ts"
import { type ApiError, RequestError } from "../ApiError.ts"
import * as ApiRequest from "../ApiRequest.ts"
import type { ClientOptions } from "../ClientOptions.ts"
import { ConfigurationError } from "../ConfigurationError.ts"
import * as Credential from "../credentials/Credential.ts"
import { retryCountHeader } from "../internal/attempt/retry.ts"
import { type Definition, layerConfigOf, layerOf } from "../internal/layers.ts"
import {
  baseUrlProblems,
  debugVariable,
  type Environment,
  headersVariable,
  makeProvider,
  secretVariable,
  settings,
  variable,
  withSecret
} from "../internal/provider.ts"
import * as RetryPolicy from "../policies/RetryPolicy.ts"
import * as Timeouts from "../policies/Timeouts.ts"
import type { RequestOptions } from "../RequestOptions.ts"
import { dialect } from "./internal/dialect.ts"

/**
 * The region in which data is processed and stored.
 *
 * @category models
 */
export type DataResidency = "global" | "us" | "eu" | "ae" | "au" | "in" | "jp"

/**
 * Settings of the OpenAI layer. At least one of the two keys is required.
 *
 * @category models
 */
export interface Options extends ClientOptions {
  readonly apiKey?: Credential.Input | undefined
  /** The key for the endpoints under `admin`. */
  readonly adminApiKey?: Credential.Input | undefined
  readonly organization?: string | undefined
  readonly project?: string | undefined
  /** Its path and query are kept. Default: `https://api.openai.com/v1`. */
  readonly baseUrl?: string | undefined
  /** Selects the base URL of a region. Excludes `baseUrl`. */
  readonly dataResidency?: DataResidency | undefined
}

/**
 * The client for the OpenAI API.
 *
 * @category services
 */
export class OpenAi extends Context.Service<OpenAi, ApiClient>()("llmfx/OpenAi") {
  static readonly provider = "openai"

  /** Returns the client itself. */
  static readonly client: Effect.Effect<ApiClient, never, OpenAi> = Effect.service(OpenAi)

  /** Sends a request that no endpoint covers, with the same credential, policies and errors. */
  static request<A>(request: ApiRequest.Typed<A>, options?: RequestOptions): Effect.Effect<A, ApiError, OpenAi>
  static request(request: ApiRequest.ApiRequest, options?: RequestOptions): Effect.Effect<unknown, ApiError, OpenAi>
  static request(request: ApiRequest.ApiRequest, options?: RequestOptions): Effect.Effect<unknown, ApiError, OpenAi> {
    return ApiRequest.send(OpenAi, request, options)
  }

  /** Makes a client with the given settings. */
  static readonly layer = (options: Options): Layer.Layer<OpenAi, ConfigurationError, HttpClient.HttpClient> =>
    layerOf(definition, options)

  /**
   * Makes a client configured by `OPENAI_API_KEY`, `OPENAI_ADMIN_KEY`, `OPENAI_ORG_ID`, `OPENAI_PROJECT_ID`,
   * `OPENAI_BASE_URL`, `OPENAI_CUSTOM_HEADERS` and `LLMFX_DEBUG`. `overrides` win over the environment.
   */
  static readonly layerConfig = (overrides?: Options): Layer.Layer<OpenAi, ConfigurationError, HttpClient.HttpClient> =>
    layerConfigOf(definition, overrides)
}

const environment: Environment<Options> = /*#__PURE__*/ settings({
  apiKey: /*#__PURE__*/ secretVariable("OPENAI_API_KEY"),
  adminApiKey: /*#__PURE__*/ secretVariable("OPENAI_ADMIN_KEY"),
  organization: /*#__PURE__*/ variable("OPENAI_ORG_ID"),
  project: /*#__PURE__*/ variable("OPENAI_PROJECT_ID"),
  baseUrl: /*#__PURE__*/ variable("OPENAI_BASE_URL"),
  headers: /*#__PURE__*/ headersVariable("OPENAI_CUSTOM_HEADERS"),
  debug: debugVariable
})

const definition: Definition<OpenAi, Options> = {
  service: OpenAi,
  provider: OpenAi.provider,
  environment: () => environment,
  exclusive: [["baseUrl", "dataResidency"]],
  make: (options) => make(options)
}

const make = Effect.fnUntraced(function* (options: Options) {
  const problems = [
    ...(options.apiKey === undefined && options.adminApiKey === undefined
      ? ["no key: set OPENAI_API_KEY (or apiKey), or OPENAI_ADMIN_KEY (or adminApiKey) for the admin endpoints"]
      : []),
    ...(options.baseUrl !== undefined && options.dataResidency !== undefined
      ? ["baseUrl and dataResidency contradict each other: give one of them"]
      : []),
    ...baseUrlProblems("OPENAI_BASE_URL (baseUrl)", options.baseUrl)
  ]
  if (problems.length > 0) return yield* new ConfigurationError({ provider: OpenAi.provider, problems })
  const key = options.apiKey === undefined ? undefined : Credential.make(options.apiKey)
  const admin = options.adminApiKey === undefined ? undefined : Credential.make(options.adminApiKey)
  return yield* makeProvider({
    dialect,
    baseUrl: options.baseUrl ?? residencyUrl(options.dataResidency),
    headers: {
      [retryCountHeader]: "0",
      ...(options.organization === undefined ? {} : { "openai-organization": options.organization }),
      ...(options.project === undefined ? {} : { "openai-project": options.project })
    },
    credentials: [options.apiKey, options.adminApiKey],
    authorize: withSecret((endpoint) => {
      const credential = endpoint.credential === "admin" ? admin : key
      return credential === undefined
        ? Effect.fail(
            new RequestError({
              message:
                endpoint.credential === "admin"
                  ? "This endpoint needs an admin key: set OPENAI_ADMIN_KEY (or adminApiKey)"
                  : "This endpoint needs an API key: set OPENAI_API_KEY (or apiKey)"
            })
          )
        : Effect.succeed(credential)
    }),
    retry: RetryPolicy.official,
    timeouts: Timeouts.official,
    options
  })
})

const residencyUrl = (region: DataResidency | undefined): string =>
  region === undefined || region === "global" ? "https://api.openai.com/v1" : `https://${region}.api.openai.com/v1`
