/**
 * The Coze service: the client that all Coze endpoints run through, its layers and platforms.
 *
 * @example
 * ```ts
 * import * as Effect from "effect/Effect"
 * import * as FetchHttpClient from "effect/http/FetchHttpClient"
 * import { Coze, Workspaces } from "llmfx/coze"
 * import * as Stream from "effect/Stream"
 *
 * const program = Stream.runCollect(Workspaces.list({}))
 *
 * program.pipe(Effect.provide(Coze.layerConfig({ platform: "com" })), Effect.provide(FetchHttpClient.layer))
 * ```
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as HttpClient from "effect/http/HttpClient"
import type * as Layer from "effect/Layer"
import type { ApiClient } from "../ApiClient.ts"
import type { ApiError } from "../ApiError.ts"
import * as ApiRequest from "../ApiRequest.ts"
import type { ClientOptions } from "../ClientOptions.ts"
import { ConfigurationError } from "../ConfigurationError.ts"
import * as Credential from "../credentials/Credential.ts"
import { type Definition, layerConfigOf, layerOf } from "../internal/layers.ts"
import {
  baseUrlProblems,
  debugVariable,
  type Environment,
  makeProvider,
  secretVariable,
  settings,
  variable,
  withSecret
} from "../internal/provider.ts"
import * as RetryPolicy from "../policies/RetryPolicy.ts"
import type { RequestOptions } from "../RequestOptions.ts"
import { dialect } from "./internal/dialect.ts"
import { withSelfHosted } from "./internal/selfHosted.ts"

/**
 * The two platforms. Tokens and data of one do not work on the other.
 *
 * @category models
 */
export type Platform = "com" | "cn"

/**
 * Settings of the Coze layer. Exactly one of `platform` and `baseUrl` is required.
 *
 * @category models
 */
export interface Options extends ClientOptions {
  /** A personal access token or an OAuth token. */
  readonly token?: Credential.Input | undefined
  /** `"com"` is `https://api.coze.com`, `"cn"` is `https://api.coze.cn`. */
  readonly platform?: Platform | undefined
  readonly baseUrl?: string | undefined
}

/**
 * The client for the Coze API.
 *
 * @category services
 */
export class Coze extends Context.Service<Coze, ApiClient>()("llmfx/Coze") {
  static readonly provider = "coze"

  /** Returns the client itself. */
  static readonly client: Effect.Effect<ApiClient, never, Coze> = Effect.service(Coze)

  /** Sends a request that no endpoint covers, with the same credential, policies and errors. */
  static request<A>(request: ApiRequest.Typed<A>, options?: RequestOptions): Effect.Effect<A, ApiError, Coze>
  static request(request: ApiRequest.ApiRequest, options?: RequestOptions): Effect.Effect<unknown, ApiError, Coze>
  static request(request: ApiRequest.ApiRequest, options?: RequestOptions): Effect.Effect<unknown, ApiError, Coze> {
    return ApiRequest.send(Coze, request, options)
  }

  /** Makes a client with the given settings. Like the official clients, it does not retry by default. */
  static readonly layer = (options: Options): Layer.Layer<Coze, ConfigurationError, HttpClient.HttpClient> =>
    layerOf(definition, options)

  /**
   * Makes a client configured by `COZE_API_TOKEN`, `COZE_PLATFORM` (`com` or `cn`) or `COZE_API_BASE`, and
   * `LLMFX_DEBUG`. `overrides` win over the environment.
   */
  static readonly layerConfig = (overrides?: Options): Layer.Layer<Coze, ConfigurationError, HttpClient.HttpClient> =>
    layerConfigOf(definition, overrides)
}

const environment: Environment<Options> = /*#__PURE__*/ Effect.map(
  /*#__PURE__*/ settings({
    token: /*#__PURE__*/ secretVariable("COZE_API_TOKEN"),
    platform: /*#__PURE__*/ variable("COZE_PLATFORM"),
    baseUrl: /*#__PURE__*/ variable("COZE_API_BASE"),
    debug: debugVariable
  }),
  // `make` refuses any other platform.
  (settings) => ({ ...settings, platform: settings.platform as Platform | undefined })
)

const baseUrls: { readonly [K in Platform]: string } = {
  com: "https://api.coze.com",
  cn: "https://api.coze.cn"
}

const definition: Definition<Coze, Options> = {
  service: Coze,
  provider: Coze.provider,
  environment: () => environment,
  exclusive: [["baseUrl", "platform"]],
  make: (options) => make(options)
}

const make = Effect.fnUntraced(function* (options: Options) {
  const { baseUrl, platform, token } = options
  const url = baseUrl ?? (platform === undefined ? undefined : baseUrls[platform])
  const problems = [
    ...(token === undefined ? ["no token: set COZE_API_TOKEN (or token)"] : []),
    ...(platform !== undefined && baseUrls[platform] === undefined
      ? [`COZE_PLATFORM (platform) must be "com" or "cn"`]
      : url === undefined
        ? [`no platform: set COZE_PLATFORM (or platform) to "com" or "cn", or COZE_API_BASE (or baseUrl)`]
        : []),
    ...(platform !== undefined && baseUrl !== undefined
      ? ["COZE_PLATFORM (platform) and COZE_API_BASE (baseUrl) contradict each other: give one of them"]
      : []),
    ...baseUrlProblems("COZE_API_BASE (baseUrl)", baseUrl)
  ]
  if (token === undefined || url === undefined || problems.length > 0) {
    return yield* new ConfigurationError({ provider: Coze.provider, problems })
  }
  const credential = Effect.succeed(Credential.make(token))
  return yield* Effect.map(
    makeProvider({
      dialect,
      baseUrl: url,
      headers: {},
      credentials: [token],
      authorize: withSecret(() => credential),
      retry: RetryPolicy.none,
      timeouts: {},
      options
    }),
    withSelfHosted
  )
})
