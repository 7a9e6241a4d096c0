/** Shared by the layers of all providers. */
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as HttpClient from "effect/http/HttpClient"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as Redacted from "effect/Redacted"
import type { ApiClient } from "../ApiClient.ts"
import { RequestError } from "../ApiError.ts"
import type { ClientOptions } from "../ClientOptions.ts"
import { ConfigurationError } from "../ConfigurationError.ts"
import type * as Credential from "../credentials/Credential.ts"
import type * as Endpoint from "../Endpoint.ts"
import * as EventStream from "../EventStream.ts"
import type { RetryPolicy } from "../policies/RetryPolicy.ts"
import type { Timeouts } from "../policies/Timeouts.ts"
import type { Debug, RequestOptions } from "../RequestOptions.ts"
import type { Authorize, ClientConfig } from "./attempt/call.ts"
import { makeClient } from "./attempt/client.ts"
import { withMiddleware } from "./attempt/middleware.ts"
import type { Dialect } from "./dialect.ts"
import { secretsInHeaders, secretsInQuery, secretsInUrl, secretsOf } from "./errors/redact.ts"
import { optionProblems } from "./optionProblems.ts"
import { makeWireMaker, type Route } from "./request/wire.ts"

/** How the clients of two layers differ. */
export interface ProviderConfig {
  readonly dialect: Dialect
  readonly baseUrl: string
  readonly headers: { readonly [name: string]: string }
  /** Secrets known when the layer is built are redacted from errors and logs from the first call on. */
  readonly credentials: ReadonlyArray<Credential.Input | undefined>
  readonly authorize: Authorize
  readonly retry: RetryPolicy
  readonly timeouts: Timeouts
  readonly options: ClientOptions
  /** Rewrites requests for another back end. */
  readonly route?: Route | undefined
  readonly framing?: ClientConfig["framing"]
}

/** What the options say about tools, or else the dialect. */
const strictToolsOf = ({ dialect, options }: ProviderConfig): boolean =>
  options.strictTools ?? dialect.strictTools ?? true

export const makeProvider = (
  config: ProviderConfig
): Effect.Effect<ApiClient, ConfigurationError, HttpClient.HttpClient> =>
  Effect.flatMap(HttpClient.HttpClient, (http) => {
    const { options } = config
    const problems = optionProblems(options)
    if (problems.length > 0) {
      return Effect.fail(new ConfigurationError({ provider: config.dialect.provider, problems }))
    }
    const defaults: RequestOptions = {
      headers: options.headers,
      query: options.query,
      retry: options.retry ?? config.retry,
      timeouts: { ...config.timeouts, ...options.timeouts },
      decoding: options.decoding,
      debug: options.debug,
      transformClient: options.transformClient,
      maxBodyLength: options.maxBodyLength
    }
    const secrets = {
      values: [...secretsInHeaders(options.headers), ...secretsInQuery(options.query), ...secretsInUrl(config.baseUrl)],
      credentials: config.credentials.filter(Redacted.isRedacted).flatMap(secretsOf)
    }
    const client = makeClient({
      dialect: config.dialect,
      http,
      wireOf: makeWireMaker({
        baseUrl: config.baseUrl,
        headers: { "user-agent": userAgent, ...config.headers },
        queryStyle: config.dialect.queryStyle,
        listHeaders: config.dialect.listHeaders,
        layerHeaders: options.headers,
        route: config.route
      }),
      defaults,
      authorize: config.authorize,
      framing: config.framing,
      secrets,
      maxEventLength: options.maxEventLength ?? EventStream.defaultLimit,
      redirects: { seen: false }
    })
    return Effect.succeed(withMiddleware({ ...client, strictTools: strictToolsOf(config) }, options.middleware))
  })

const userAgent = "llmfx/0.1.0"

/** Sends the credential's secret in a header. Default: `Authorization: Bearer …`. */
export const withSecret =
  (
    credentialOf: (endpoint: Endpoint.Metadata) => Effect.Effect<Credential.Credential, RequestError>,
    put: (request: HttpClientRequest.HttpClientRequest, secret: string) => HttpClientRequest.HttpClientRequest = bearer
  ): Authorize =>
  (request, endpoint) =>
    Effect.flatMapEager(credentialOf(endpoint), (credential) =>
      Effect.flatMapEager(credential.get, (redacted) => {
        const secret = Redacted.value(redacted)
        return /[^\t\x20-\x7e]/.test(secret)
          ? Effect.fail(
              new RequestError({
                message: "The key or token has characters that a header cannot hold, such as a line break"
              })
            )
          : Effect.succeed({
              request: put(request, secret),
              secrets: [secret],
              refresh: credential.refresh?.(redacted)
            })
      })
    )

/** Sets `Authorization: Bearer …`. */
export const bearer = (
  request: HttpClientRequest.HttpClientRequest,
  secret: string
): HttpClientRequest.HttpClientRequest => HttpClientRequest.setHeader(request, "authorization", `Bearer ${secret}`)

/** Returns the problems of a base URL. */
export const baseUrlProblems = (name: string, baseUrl: string | undefined): ReadonlyArray<string> => {
  if (baseUrl === undefined) return []
  try {
    const { password, protocol, username } = new URL(baseUrl)
    return [
      ...(protocol === "http:" || protocol === "https:" ? [] : [`${name} must be an http or https URL`]),
      ...(username === "" && password === "" ? [] : [`${name} must not hold a name or password: send it in a header`])
    ]
  } catch {
    return [`${name} is not a valid URL`]
  }
}

/** Settings read from the `ConfigProvider`, which reads environment variables by default. */
export type Environment<A> = Effect.Effect<A, ConfigProvider.SourceError>

/** Turns a failed read into the layer's `ConfigurationError`. */
export const readEnvironment = <A>(
  provider: string,
  environment: Environment<A>
): Effect.Effect<A, ConfigurationError> =>
  Effect.mapError(environment, ({ message }) => new ConfigurationError({ provider, problems: [message] }))

/**
 * Reads one variable; `undefined` if it is missing or empty. Does not use `Config`, which would add its schemas to
 * every bundle.
 */
export const variable = (name: string): Environment<string | undefined> =>
  Effect.flatMap(ConfigProvider.ConfigProvider, (provider) =>
    Effect.map(provider.load([name]), (node) => {
      const text = node?.value?.trim()
      return text === "" ? undefined : text
    })
  )

/** Reads several settings, one after the other. Takes less code than `Effect.all`, which can do more. */
export const settings = <A extends object>(parts: { readonly [K in keyof A]: Environment<A[K]> }): Environment<A> =>
  Effect.gen(function* () {
    const read: Partial<A> = {}
    for (const name in parts) read[name] = yield* parts[name]
    return read as A
  })

export const secretVariable = (name: string): Environment<Redacted.Redacted | undefined> =>
  Effect.map(variable(name), (value) => (value === undefined ? undefined : Redacted.make(value)))

/**
 * Reads `LLMFX_DEBUG`: `1` or `true` logs requests and responses; a larger number also logs that many characters of
 * bodies.
 */
export const debugVariable: Environment<Debug | undefined> = /*#__PURE__*/ Effect.map(
  /*#__PURE__*/ variable("LLMFX_DEBUG"),
  (value) => {
    if (value === undefined || value === "0" || value === "false") return undefined
    const bodies = Number(value)
    return bodies > 1 ? { bodies } : true
  }
)

/** Reads headers from a variable with one `name: value` on each line. */
export const headersVariable = (name: string): Environment<{ readonly [name: string]: string } | undefined> =>
  Effect.map(variable(name), (text) =>
    text === undefined
      ? undefined
      : Object.fromEntries(
          text.split("\n").flatMap((line) => {
            const colon = line.indexOf(":")
            return colon <= 0 ? [] : [[line.slice(0, colon).trim(), line.slice(colon + 1).trim()]]
          })
        )
  )
