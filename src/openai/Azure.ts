/**
 * Runs OpenAI's models on Azure, with a key or a Microsoft Entra ID token.
 *
 * Azure has two surfaces: the classic one, with dated versions, and v1. A program written against `OpenAi` runs
 * unchanged on both, except that a model's name is the name of a deployment.
 *
 * @example
 * ```ts
 * import * as Effect from "effect/Effect"
 * import * as FetchHttpClient from "effect/http/FetchHttpClient"
 * import { ChatCompletions } from "llmfx/openai"
 * import * as Azure from "llmfx/openai/Azure"
 *
 * const program = ChatCompletions.create({ model: "my-deployment", messages: [{ role: "user", content: "hi" }] })
 *
 * program.pipe(Effect.provide(Azure.layerConfig()), Effect.provide(FetchHttpClient.layer))
 * ```
 */
import * as Effect from "effect/Effect"
import type * as HttpClient from "effect/http/HttpClient"
import type * as Layer from "effect/Layer"
import { RequestError } from "../ApiError.ts"
import type { ClientOptions } from "../ClientOptions.ts"
import { ConfigurationError } from "../ConfigurationError.ts"
import type * as Credential from "../credentials/Credential.ts"
import type * as Entra from "../credentials/Entra.ts"
import { authorization, credentialProblems, resourceProblems } from "../internal/clouds/azure.ts"
import { pathSegment, pinnedTo, replacePath } from "../internal/clouds/routing.ts"
import { type Definition, layerConfigOf, layerOf } from "../internal/layers.ts"
import {
  baseUrlProblems,
  debugVariable,
  makeProvider,
  secretVariable,
  settings,
  variable
} from "../internal/provider.ts"
import type { Route } from "../internal/request/wire.ts"
import { withoutEnd } from "../internal/text.ts"
import * as RetryPolicy from "../policies/RetryPolicy.ts"
import * as Timeouts from "../policies/Timeouts.ts"
import { dialect } from "./internal/dialect.ts"
import { OpenAi } from "./OpenAi.ts"

/**
 * Settings of the Azure layer. Give one of `resource`, `endpoint` and `baseUrl`, and one of `apiKey` and
 * `tokenProvider`.
 *
 * @category models
 */
export interface Options extends ClientOptions {
  /** The name of the resource in `https://{resource}.openai.azure.com`. */
  readonly resource?: string | undefined
  /** For instance `https://my-resource.openai.azure.com` or `https://my-resource.cognitiveservices.azure.com`. */
  readonly endpoint?: string | undefined
  /** The address of a gateway: everything before the endpoints' own paths. Its path and query are kept. */
  readonly baseUrl?: string | undefined
  /**
   * A dated version, such as `2024-10-21` or `2025-04-01-preview`, selects the classic surface, which has deployments
   * in its paths. `v1`, `preview` or no version select the v1 surface.
   */
  readonly apiVersion?: string | undefined
  /** On the classic surface, the deployment for all calls, whatever their `model`. */
  readonly deployment?: string | undefined
  readonly apiKey?: Credential.Input | undefined
  /** A token to use instead of a key. A `TokenCredential` is asked for {@link scope}. */
  readonly tokenProvider?: Entra.TokenProvider | undefined
}

/**
 * The scope of an Entra token for Azure OpenAI.
 *
 * @category constants
 */
export const scope = "https://cognitiveservices.azure.com/.default"

/**
 * Makes a client with the given settings.
 *
 * @category layers
 */
export const layer = (options: Options): Layer.Layer<OpenAi, ConfigurationError, HttpClient.HttpClient> =>
  layerOf(definition, options)

/**
 * Makes a client configured by `AZURE_OPENAI_API_KEY`, `AZURE_OPENAI_ENDPOINT`, `OPENAI_API_VERSION` and `LLMFX_DEBUG`.
 * `overrides` win.
 *
 * @category layers
 */
export const layerConfig = (overrides?: Options): Layer.Layer<OpenAi, ConfigurationError, HttpClient.HttpClient> =>
  layerConfigOf(definition, overrides)

const environment = /*#__PURE__*/ settings({
  apiKey: /*#__PURE__*/ secretVariable("AZURE_OPENAI_API_KEY"),
  endpoint: /*#__PURE__*/ variable("AZURE_OPENAI_ENDPOINT"),
  apiVersion: /*#__PURE__*/ variable("OPENAI_API_VERSION"),
  debug: debugVariable
})

const definition: Definition<OpenAi, Options> = {
  service: OpenAi,
  provider: OpenAi.provider,
  environment: () => environment,
  exclusive: [
    ["apiKey", "tokenProvider"],
    ["baseUrl", "endpoint", "resource"]
  ],
  make: (options) => make(options)
}

const make = Effect.fnUntraced(function* (options: Options) {
  const { apiKey, apiVersion, deployment } = options
  const problems = [
    ...endpointProblems(options),
    ...credentialProblems("AZURE_OPENAI_API_KEY", options),
    ...deploymentProblems(options)
  ]
  const authorize = authorization(options, { keyHeader: "api-key", scope })
  if (authorize === undefined || problems.length > 0) {
    return yield* new ConfigurationError({ provider: OpenAi.provider, problems })
  }
  const url = baseUrlOf(options)
  return yield* makeProvider({
    dialect,
    baseUrl: url,
    headers: {},
    credentials: [apiKey],
    authorize: yield* authorize,
    route: pinnedTo(url, route(apiVersion, deployment)),
    retry: RetryPolicy.official,
    timeouts: Timeouts.official,
    options
  })
})

const endpointProblems = ({ baseUrl, endpoint, resource }: Options): ReadonlyArray<string> => {
  const given = [resource, endpoint, baseUrl].filter((url) => url !== undefined)
  return [
    ...(given.length === 0 ? ["no endpoint: set AZURE_OPENAI_ENDPOINT (or endpoint), or give a resource"] : []),
    ...(given.length > 1 ? ["resource, endpoint and baseUrl contradict each other: give one of them"] : []),
    ...resourceProblems(resource),
    ...baseUrlProblems("AZURE_OPENAI_ENDPOINT (endpoint)", endpoint),
    ...baseUrlProblems("baseUrl", baseUrl)
  ]
}

const deploymentProblems = ({ apiVersion, deployment }: Options): ReadonlyArray<string> =>
  deployment === undefined || isClassic(apiVersion)
    ? []
    : ["deployment is for the classic surface: give an apiVersion such as 2024-10-21 too, or name it as the model"]

/** Dated versions belong to the classic surface. */
const isClassic = (apiVersion: string | undefined): apiVersion is string =>
  apiVersion !== undefined && /^\d/.test(apiVersion)

const baseUrlOf = ({ apiVersion, baseUrl, endpoint, resource }: Options): string => {
  if (baseUrl !== undefined) return baseUrl
  const root = withoutEnd(endpoint ?? `https://${resource}.openai.azure.com`, "/").replace(/\/openai(\/v1)?$/, "")
  return `${root}/openai${isClassic(apiVersion) ? "" : "/v1"}`
}

const route =
  (apiVersion: string | undefined, deployment: string | undefined): Route =>
  (draft, endpoint) => {
    if (endpoint.credential === "admin") {
      throw new RequestError({ message: `Azure OpenAI has no administration API, so it cannot serve ${endpoint.id}` })
    }
    const versioned = { ...draft, url: withApiVersion(draft.url, apiVersion) }
    if (!isClassic(apiVersion) || endpoint.method !== "POST" || !deploymentPaths.has(endpoint.path)) return versioned
    const model = deployment ?? modelOf(draft.body)
    if (model === undefined || draft.url.pathname.split("/").includes("deployments")) return versioned
    const path = `/deployments/${pathSegment("The deployment (model)", model)}${endpoint.path}`
    return { ...versioned, url: replacePath(versioned.url, endpoint.path, path) }
  }

/** Endpoints of the classic surface that belong to a deployment. The others belong to the resource. */
const deploymentPaths: ReadonlySet<string> = new Set([
  "/completions",
  "/chat/completions",
  "/embeddings",
  "/audio/transcriptions",
  "/audio/translations",
  "/audio/speech",
  "/images/generations",
  "/images/edits",
  "/batches"
])

const modelOf = (body: unknown): unknown =>
  typeof body === "object" && body !== null && "model" in body ? body.model : undefined

const withApiVersion = (url: URL, apiVersion: string | undefined): URL => {
  if (apiVersion === undefined || apiVersion === "v1" || url.searchParams.has("api-version")) return url
  const copy = new URL(url)
  copy.search = `${copy.search === "" ? "?" : `${copy.search}&`}api-version=${encodeURIComponent(apiVersion)}`
  return copy
}

/**
 * The target of a realtime connection.
 *
 * @category models
 */
export type RealtimeTarget =
  | { readonly model: string }
  | { readonly call_id: string }
  | { readonly intent: "transcription" }

/**
 * Returns the address of a realtime WebSocket. It is always on the v1 surface, the only one with realtime
 * connections.
 *
 * @category getters
 */
export const realtimeUrl = (options: Options, target: RealtimeTarget): URL => {
  const url = new URL(baseUrlOf(options))
  const path = url.pathname.replace(/\/+/g, "/").replace(/\/$/, "")
  url.pathname = `${path.endsWith("/v1") ? path : `${path}/v1`}/realtime`
  url.search = new URLSearchParams(Object.entries(target)).toString()
  url.protocol = url.protocol === "http:" ? "ws:" : "wss:"
  return url
}
