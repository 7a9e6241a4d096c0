/**
 * Runs Anthropic's models on Amazon Bedrock.
 *
 * A program written against `Anthropic` runs unchanged, except that models have Bedrock's names. Bedrock serves
 * `Messages.create` and `Messages.stream`; with `surface: "mantle"` also token counts and message batches. Other
 * endpoints fail before anything is sent.
 *
 * @example
 * ```ts
 * import * as Effect from "effect/Effect"
 * import * as FetchHttpClient from "effect/http/FetchHttpClient"
 * import { Messages } from "llmfx/anthropic"
 * import * as Bedrock from "llmfx/anthropic/Bedrock"
 *
 * const program = Messages.create({
 *   model: "us.anthropic.claude-sonnet-5-v1:0",
 *   max_tokens: 256,
 *   messages: [{ role: "user", content: "hi" }]
 * })
 *
 * program.pipe(Effect.provide(Bedrock.layerConfig()), Effect.provide(FetchHttpClient.layer))
 * ```
 */
import * as Effect from "effect/Effect"
import type * as HttpClient from "effect/http/HttpClient"
import type * as Layer from "effect/Layer"
import { RequestError } from "../ApiError.ts"
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
import { pathSegment, pinnedTo, replacePath, withoutHeaders, withoutQuery } from "../internal/clouds/routing.ts"
import { type Dialect, skip } from "../internal/dialect.ts"
import { isObject } from "../internal/json/json.ts"
import { type Definition, layerConfigOf, layerOf } from "../internal/layers.ts"
import { baseUrlProblems, type Environment, variable } from "../internal/provider.ts"
import type { Draft, Route } from "../internal/request/wire.ts"
import { Anthropic } from "./Anthropic.ts"
import { framing } from "./internal/bedrockEvents.ts"
import { type ClientSettings, defaultVersion, makeAnthropic } from "./internal/client.ts"
import { dialect } from "./internal/dialect.ts"

/**
 * Settings of the Bedrock layer: a region, and one of `apiKey` and `credentials`.
 *
 * @category models
 */
export interface Options extends ClientSettings, CredentialOptions {
  /** For instance `us-east-1`. */
  readonly region?: string | undefined
  /**
   * `runtime` is Bedrock's own API with a binary stream. `mantle` speaks Anthropic's API, and also serves message
   * batches and token counts. Default: `runtime`.
   */
  readonly surface?: Surface | undefined
  /** Replaces the region's address. */
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
 * Makes a client configured by the environment. `overrides` win.
 *
 * **Details**
 *
 * Reads `AWS_BEARER_TOKEN_BEDROCK` or `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY` and `AWS_SESSION_TOKEN`;
 * `AWS_REGION` or `AWS_DEFAULT_REGION`; `ANTHROPIC_BEDROCK_BASE_URL` or, for `mantle`,
 * `ANTHROPIC_BEDROCK_MANTLE_BASE_URL`; and `LLMFX_DEBUG`.
 *
 * @category layers
 */
export const layerConfig = (overrides?: Options): Layer.Layer<Anthropic, ConfigurationError, HttpClient.HttpClient> =>
  layerConfigOf(definition, overrides)

const environment = (surface: Surface | undefined): Environment<Options> =>
  Effect.zipWith(
    credentialEnvironment,
    variable(surface === "mantle" ? "ANTHROPIC_BEDROCK_MANTLE_BASE_URL" : "ANTHROPIC_BEDROCK_BASE_URL"),
    (settings, baseUrl) => ({ ...settings, baseUrl })
  )

const definition: Definition<Anthropic, Options> = {
  service: Anthropic,
  provider: Anthropic.provider,
  environment: (overrides) => environment(overrides?.surface),
  exclusive: [["apiKey", "credentials"]],
  make: (options) => make(options)
}

const make = Effect.fnUntraced(function* (options: Options) {
  const { region, surface = "runtime" } = options
  const problems = [
    ...regionProblems(region),
    ...credentialProblems(options),
    ...baseUrlProblems("ANTHROPIC_BEDROCK_BASE_URL (baseUrl)", options.baseUrl)
  ]
  if (region === undefined || problems.length > 0) {
    return yield* new ConfigurationError({ provider: Anthropic.provider, problems })
  }
  const host = hostUrl(surface, region)
  const baseUrl = options.baseUrl ?? (surface === "mantle" ? `${host}/anthropic` : host)
  return yield* makeAnthropic({
    dialect: bedrockDialect,
    baseUrl,
    headers: { "anthropic-version": options.version ?? defaultVersion },
    credentials: [options.apiKey],
    authorize: authorizeWith(options, surface, region),
    route: pinnedTo(baseUrl, surface === "mantle" ? routeToMantle : routeToRuntime),
    framing,
    options
  })
})

const profileHeader = "anthropic-user-profile-id"

const routeToRuntime: Route = (draft, endpoint) => {
  if (!endpoint.path.startsWith("/v1/")) return draft
  const { body, headers } = draft
  if (!isMessages(endpoint.path) || !isObject(body)) {
    throw new RequestError({
      message:
        `Amazon Bedrock does not serve ${endpoint.id}, only the creation and streaming of messages` +
        (endpoint.path.startsWith("/v1/messages/") ? `; surface: "mantle" does` : "")
    })
  }
  const { model, stream, ...rest } = body
  const action = stream === true ? "invoke-with-response-stream" : "invoke"
  const path = `/model/${pathSegment("The model", model)}/${action}`
  const betas = headers["anthropic-beta"]
  return {
    url: withoutQuery(replacePath(draft.url, endpoint.path, path), "beta"),
    headers: { ...withoutHeaders(headers, "anthropic-version", profileHeader), accept: "application/json" },
    body: {
      ...rest,
      anthropic_version: rest["anthropic_version"] ?? headers["anthropic-version"],
      anthropic_beta: rest["anthropic_beta"] ?? betas?.split(",").map((beta) => beta.trim()),
      user_profile_id: "user_profile_id" in rest ? rest["user_profile_id"] : headers[profileHeader]
    }
  }
}

const routeToMantle: Route = (draft, endpoint) => {
  if (endpoint.path.startsWith("/v1/") && !/^\/v1\/messages(\/|\?|$)/.test(endpoint.path)) {
    throw new RequestError({ message: `Amazon Bedrock does not serve ${endpoint.id}, only messages` })
  }
  return /^\/v1\/messages(\/count_tokens)?(\?|$)/.test(endpoint.path) ? profileInBody(draft) : draft
}

/** The mantle surface drops unknown headers. */
const profileInBody = (draft: Draft): Draft => {
  const profile = draft.headers[profileHeader]
  return profile === undefined || !isObject(draft.body)
    ? draft
    : {
        ...draft,
        headers: withoutHeaders(draft.headers, profileHeader),
        body: { user_profile_id: profile, ...draft.body }
      }
}

const isMessages = (path: string): boolean => path === "/v1/messages" || path.startsWith("/v1/messages?")

const bedrockDialect: Dialect = {
  ...withAwsErrors(dialect),
  // Refused by older models, and by all on the mantle surface.
  strictTools: false,
  events: (endpoint, frames) => {
    const read = dialect.events(endpoint, frames)
    return (event, data, id) => {
      const json = read(event, data, id)
      return isObject(json) && typeof json["type"] !== "string" ? skip : json
    }
  }
}
