/**
 * Runs Anthropic's models on Google Vertex AI.
 *
 * A program written against `Anthropic` runs unchanged, except that models have Vertex's names. Vertex serves messages
 * and their token counts. Other endpoints fail before anything is sent.
 *
 * @example
 * ```ts
 * import * as Effect from "effect/Effect"
 * import * as FetchHttpClient from "effect/http/FetchHttpClient"
 * import * as Layer from "effect/Layer"
 * import { Messages } from "llmfx/anthropic"
 * import * as Vertex from "llmfx/anthropic/Vertex"
 * import * as NodeGoogleCredentials from "llmfx/credentials/NodeGoogleCredentials"
 *
 * const program = Messages.create({
 *   model: "claude-sonnet-5@20260101",
 *   max_tokens: 256,
 *   messages: [{ role: "user", content: "hi" }]
 * })
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
import { ConfigurationError } from "../ConfigurationError.ts"
import * as Credential from "../credentials/Credential.ts"
import { pathSegment, pinnedTo, replacePath, withoutHeaders, withoutQuery } from "../internal/clouds/routing.ts"
import {
  type CredentialInput,
  credentialProblems,
  googleCredential,
  locationProblems,
  projectProblems,
  quotaHeader
} from "../internal/clouds/vertex.ts"
import type { Dialect } from "../internal/dialect.ts"
import { isObject, stringOf } from "../internal/json/json.ts"
import { type Definition, layerConfigOf, layerOf } from "../internal/layers.ts"
import { baseUrlProblems, debugVariable, settings, variable, withSecret } from "../internal/provider.ts"
import type { Route } from "../internal/request/wire.ts"
import { Anthropic } from "./Anthropic.ts"
import { type ClientSettings, defaultVersion, makeAnthropic } from "./internal/client.ts"
import { dialect } from "./internal/dialect.ts"

/**
 * Settings of the Vertex layer: a region, a project and a credential.
 *
 * @category models
 */
export interface Options extends ClientSettings {
  /** A location such as `us-east5` or `global`, or the multi-regions `us` and `eu`. */
  readonly region?: string | undefined
  /** Default: the project of the credential. */
  readonly projectId?: string | undefined
  readonly credential?: CredentialInput | undefined
  /** Replaces the region's address, such as `https://us-east5-aiplatform.googleapis.com/v1`. */
  readonly baseUrl?: string | undefined
}

/**
 * Makes a client with the given settings.
 *
 * @category layers
 */
export const layer = (options: Options): Layer.Layer<Anthropic, ConfigurationError, HttpClient.HttpClient> =>
  layerOf(definition, options)

/**
 * Makes a client configured by `CLOUD_ML_REGION`, `ANTHROPIC_VERTEX_PROJECT_ID`, `ANTHROPIC_VERTEX_BASE_URL` and
 * `LLMFX_DEBUG`. `overrides` win, and provide the credential.
 *
 * @category layers
 */
export const layerConfig = (overrides?: Options): Layer.Layer<Anthropic, ConfigurationError, HttpClient.HttpClient> =>
  layerConfigOf(definition, overrides)

const environment = /*#__PURE__*/ settings({
  region: /*#__PURE__*/ variable("CLOUD_ML_REGION"),
  projectId: /*#__PURE__*/ variable("ANTHROPIC_VERTEX_PROJECT_ID"),
  baseUrl: /*#__PURE__*/ variable("ANTHROPIC_VERTEX_BASE_URL"),
  debug: debugVariable
})

const definition: Definition<Anthropic, Options> = {
  service: Anthropic,
  provider: Anthropic.provider,
  environment: () => environment,
  exclusive: [],
  make: (options) => make(options)
}

const make = Effect.fnUntraced(function* (options: Options) {
  const { credential, region } = options
  const known = googleCredential(credential)
  const projectId = options.projectId ?? known?.projectId
  const problems = [
    ...locationProblems("CLOUD_ML_REGION (region)", region),
    ...projectProblems("ANTHROPIC_VERTEX_PROJECT_ID (projectId)", projectId),
    ...credentialProblems(credential),
    ...baseUrlProblems("ANTHROPIC_VERTEX_BASE_URL (baseUrl)", options.baseUrl)
  ]
  if (region === undefined || projectId === undefined || credential === undefined || problems.length > 0) {
    return yield* new ConfigurationError({ provider: Anthropic.provider, problems })
  }
  const baseUrl = options.baseUrl ?? `https://${hostOf(region)}/v1`
  const secret = Effect.succeed(Credential.make(credential))
  return yield* makeAnthropic({
    dialect: vertexDialect,
    baseUrl,
    headers: {
      "anthropic-version": options.version ?? defaultVersion,
      ...quotaHeader(known)
    },
    credentials: [known === undefined ? credential : undefined],
    authorize: withSecret(() => secret),
    route: pinnedTo(baseUrl, route(projectId, region)),
    options
  })
})

const hostOf = (region: string): string => {
  switch (region) {
    case "global":
      return "aiplatform.googleapis.com"
    case "us":
    case "eu":
      return `aiplatform.${region}.rep.googleapis.com`
    default:
      return `${region}-aiplatform.googleapis.com`
  }
}

const route =
  (projectId: string, region: string): Route =>
  (draft, endpoint) => {
    const { body, headers } = draft
    if (!endpoint.path.startsWith("/v1/")) return draft
    const [path] = endpoint.path.split("?")
    const isCount = path === "/v1/messages/count_tokens"
    if ((path !== "/v1/messages" && !isCount) || !isObject(body)) {
      throw new RequestError({
        message: `Google Vertex does not serve ${endpoint.id}, only messages and their token counts`
      })
    }
    const { model, ...rest } = body
    // A server that drops everything after a semicolon would drop the method, so semicolons are encoded.
    const target = isCount
      ? "count-tokens:rawPredict"
      : `${pathSegment("The model", model).replaceAll(";", "%3B")}:${rest["stream"] === true ? "streamRawPredict" : "rawPredict"}`
    const parent = `/projects/${pathSegment("The project", projectId)}/locations/${region}`
    return {
      url: withoutQuery(
        replacePath(draft.url, endpoint.path, `${parent}/publishers/anthropic/models/${target}`),
        "beta"
      ),
      headers: withoutHeaders(headers, "anthropic-version"),
      body: {
        ...(isCount ? body : rest),
        anthropic_version: body["anthropic_version"] ?? headers["anthropic-version"]
      }
    }
  }

/** Google's own errors name their kind in `status`. In response to a stream request they come inside an array. */
const vertexDialect: Dialect = {
  ...dialect,
  // Refused unless the organization allows structured outputs, and by older models.
  strictTools: false,
  errorDetail: (body) => {
    const first: unknown = Array.isArray(body) ? body[0] : body
    const detail = dialect.errorDetail(first)
    const error = isObject(first) && isObject(first["error"]) ? first["error"] : {}
    return detail === undefined ? undefined : { ...detail, type: detail.type ?? stringOf(error["status"]) }
  }
}
