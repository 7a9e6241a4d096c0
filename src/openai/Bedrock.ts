/**
 * Calls models of OpenAI and others on Amazon Bedrock, through OpenAI's API.
 *
 * A program written against `OpenAi` runs unchanged, except that models have Bedrock's names. The available endpoints
 * depend on region and model; the others fail with `NotFoundError`.
 *
 * @example
 * ```ts
 * import * as Effect from "effect/Effect"
 * import * as FetchHttpClient from "effect/http/FetchHttpClient"
 * import { Responses } from "llmfx/openai"
 * import * as Bedrock from "llmfx/openai/Bedrock"
 *
 * const program = Responses.create({ model: "openai.gpt-oss-120b", input: "hi" })
 *
 * program.pipe(Effect.provide(Bedrock.layerConfig()), Effect.provide(FetchHttpClient.layer))
 * ```
 */
import * as Effect from "effect/Effect"
import type * as HttpClient from "effect/http/HttpClient"
import type * as Layer from "effect/Layer"
import { RequestError } from "../ApiError.ts"
import type { ClientOptions } from "../ClientOptions.ts"
import { ConfigurationError } from "../ConfigurationError.ts"
import { withAwsErrors } from "../internal/clouds/awsErrors.ts"
import {
  authorizeWith,
  type CredentialOptions,
  environment as credentialEnvironment,
  credentialProblems,
  hostUrl,
  regionProblems,
  type Surface
} from "../internal/clouds/bedrock.ts"
import { pinnedTo } from "../internal/clouds/routing.ts"
import { type Definition, layerConfigOf, layerOf } from "../internal/layers.ts"
import { baseUrlProblems, type Environment, makeProvider, variable } from "../internal/provider.ts"
import type { Route } from "../internal/request/wire.ts"
import * as RetryPolicy from "../policies/RetryPolicy.ts"
import * as Timeouts from "../policies/Timeouts.ts"
import { dialect } from "./internal/dialect.ts"
import { OpenAi } from "./OpenAi.ts"

/**
 * Settings of the Bedrock layer: a region, and one of `apiKey` and `credentials`.
 *
 * @category models
 */
export interface Options extends ClientOptions, CredentialOptions {
  /** For instance `us-east-1`. */
  readonly region?: string | undefined
  /** `mantle` or `runtime`: two addresses of the same API, with different regions and models. Default: `mantle`. */
  readonly surface?: Surface | undefined
  /** Replaces the region's address, such as `https://bedrock-mantle.us-east-1.api.aws/openai/v1`. */
  readonly baseUrl?: string | undefined
}

/**
 * Makes a client with the given settings.
 *
 * @category layers
 */
export const layer = (options: Options): Layer.Layer<OpenAi, ConfigurationError, HttpClient.HttpClient> =>
  layerOf(definition, options)

/**
 * Makes a client configured by the environment. `overrides` win.
 *
 * **Details**
 *
 * Reads `AWS_BEARER_TOKEN_BEDROCK` or `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY` and `AWS_SESSION_TOKEN`;
 * `AWS_REGION` or `AWS_DEFAULT_REGION`; `AWS_BEDROCK_BASE_URL`; and `LLMFX_DEBUG`.
 *
 * @category layers
 */
export const layerConfig = (overrides?: Options): Layer.Layer<OpenAi, ConfigurationError, HttpClient.HttpClient> =>
  layerConfigOf(definition, overrides)

const environment: Environment<Options> = /*#__PURE__*/ Effect.zipWith(
  credentialEnvironment,
  /*#__PURE__*/ variable("AWS_BEDROCK_BASE_URL"),
  (settings, baseUrl) => ({ ...settings, baseUrl })
)

const definition: Definition<OpenAi, Options> = {
  service: OpenAi,
  provider: OpenAi.provider,
  environment: () => environment,
  exclusive: [["apiKey", "credentials"]],
  make: (options) => make(options)
}

const make = Effect.fnUntraced(function* (options: Options) {
  const { region, surface = "mantle" } = options
  const problems = [
    ...regionProblems(region),
    ...credentialProblems(options),
    ...baseUrlProblems("AWS_BEDROCK_BASE_URL (baseUrl)", options.baseUrl)
  ]
  if (region === undefined || problems.length > 0) {
    return yield* new ConfigurationError({ provider: OpenAi.provider, problems })
  }
  const baseUrl = options.baseUrl ?? `${hostUrl(surface, region)}/openai/v1`
  return yield* makeProvider({
    dialect: withAwsErrors(dialect),
    baseUrl,
    headers: {},
    credentials: [options.apiKey],
    authorize: authorizeWith(options, surface, region),
    route: pinnedTo(baseUrl, route),
    retry: RetryPolicy.official,
    timeouts: Timeouts.official,
    options
  })
})

const route: Route = (draft, endpoint) => {
  if (endpoint.credential === "admin") {
    throw new RequestError({ message: `Amazon Bedrock has no administration API, so it cannot serve ${endpoint.id}` })
  }
  return draft
}
