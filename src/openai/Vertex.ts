/**
 * Calls open models on Google Vertex AI, through OpenAI's API.
 *
 * A program written against `OpenAi` runs unchanged, except that models have Vertex's names.
 *
 * @example
 * ```ts
 * import * as Effect from "effect/Effect"
 * import * as FetchHttpClient from "effect/http/FetchHttpClient"
 * import * as Layer from "effect/Layer"
 * import { Responses } from "llmfx/openai"
 * import * as Vertex from "llmfx/openai/Vertex"
 * import * as NodeGoogleCredentials from "llmfx/credentials/NodeGoogleCredentials"
 *
 * const program = Responses.create({ model: "gpt-oss-120b-maas", input: "hi" })
 *
 * const layer = Layer.unwrap(
 *   Effect.map(NodeGoogleCredentials.applicationDefault, (credential) => Vertex.layerConfig({ credential }))
 * )
 *
 * program.pipe(Effect.provide(layer), Effect.provide(FetchHttpClient.layer))
 * ```
 */
import * as Effect from "effect/Effect"
import type * as HttpClient from "effect/http/HttpClient"
import type * as Layer from "effect/Layer"
import { RequestError } from "../ApiError.ts"
import type { ClientOptions } from "../ClientOptions.ts"
import { ConfigurationError } from "../ConfigurationError.ts"
import * as Credential from "../credentials/Credential.ts"
import { pinnedTo } from "../internal/clouds/routing.ts"
import {
  type CredentialInput,
  credentialProblems,
  googleCredential,
  locationProblems,
  projectProblems,
  quotaHeader
} from "../internal/clouds/vertex.ts"
import { type Definition, layerConfigOf, layerOf } from "../internal/layers.ts"
import { baseUrlProblems, debugVariable, makeProvider, settings, variable, withSecret } from "../internal/provider.ts"
import type { Route } from "../internal/request/wire.ts"
import * as RetryPolicy from "../policies/RetryPolicy.ts"
import * as Timeouts from "../policies/Timeouts.ts"
import { dialect } from "./internal/dialect.ts"
import { OpenAi } from "./OpenAi.ts"

/**
 * Settings of the Vertex layer: a location, a project and a credential.
 *
 * @category models
 */
export interface Options extends ClientOptions {
  /** For instance `us-central1` or `global`. */
  readonly location?: string | undefined
  /** Default: the project of the credential. */
  readonly projectId?: string | undefined
  readonly credential?: CredentialInput | undefined
  /** Replaces the address made from location and project. */
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
 * Makes a client configured by `GOOGLE_CLOUD_LOCATION`, `GOOGLE_CLOUD_PROJECT` and `LLMFX_DEBUG`. `overrides` win.
 *
 * @category layers
 */
export const layerConfig = (overrides?: Options): Layer.Layer<OpenAi, ConfigurationError, HttpClient.HttpClient> =>
  layerConfigOf(definition, overrides)

const environment = /*#__PURE__*/ settings({
  location: /*#__PURE__*/ variable("GOOGLE_CLOUD_LOCATION"),
  projectId: /*#__PURE__*/ variable("GOOGLE_CLOUD_PROJECT"),
  debug: debugVariable
})

const definition: Definition<OpenAi, Options> = {
  service: OpenAi,
  provider: OpenAi.provider,
  environment: () => environment,
  exclusive: [],
  make: (options) => make(options)
}

const make = Effect.fnUntraced(function* (options: Options) {
  const { credential, location } = options
  const known = googleCredential(credential)
  const projectId = options.projectId ?? known?.projectId
  const problems = [
    ...(options.baseUrl === undefined
      ? [
          ...locationProblems("GOOGLE_CLOUD_LOCATION (location)", location),
          ...projectProblems("GOOGLE_CLOUD_PROJECT (projectId)", projectId)
        ]
      : baseUrlProblems("baseUrl", options.baseUrl)),
    ...credentialProblems(credential)
  ]
  if (credential === undefined || problems.length > 0) {
    return yield* new ConfigurationError({ provider: OpenAi.provider, problems })
  }
  const host = location === "global" ? "aiplatform.googleapis.com" : `${location}-aiplatform.googleapis.com`
  const baseUrl =
    options.baseUrl ?? `https://${host}/v1/projects/${projectId}/locations/${location}/publishers/openai/v1`
  const secret = Effect.succeed(Credential.make(credential))
  return yield* makeProvider({
    dialect,
    baseUrl,
    headers: quotaHeader(known),
    credentials: [known === undefined ? credential : undefined],
    authorize: withSecret(() => secret),
    route: pinnedTo(baseUrl, route),
    retry: RetryPolicy.official,
    timeouts: Timeouts.official,
    options
  })
})

const route: Route = (draft, endpoint) => {
  if (endpoint.credential === "admin") {
    throw new RequestError({ message: `Google Vertex has no administration API, so it cannot serve ${endpoint.id}` })
  }
  return draft
}
