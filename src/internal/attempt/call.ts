import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as HttpClient from "effect/http/HttpClient"
import type * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as ApiError from "../../ApiError.ts"
import type * as Credential from "../../credentials/Credential.ts"
import type * as Endpoint from "../../Endpoint.ts"
import type { Decoder, Sink } from "../../EventStream.ts"
import * as RetryPolicy from "../../policies/RetryPolicy.ts"
import type { Timeouts } from "../../policies/Timeouts.ts"
import * as RequestOptions from "../../RequestOptions.ts"
import type { Dialect } from "../dialect.ts"
import { ScrubListener } from "../errors/callScrubs.ts"
import {
  limitTexts,
  maxMessage,
  plainResponseHeaders,
  plainText,
  type Scrub,
  type Secrets,
  scrubbedStart,
  scrubDeep,
  scrubError
} from "../errors/redact.ts"
import { optionProblems } from "../optionProblems.ts"
import type { Wire, WireMaker } from "../request/wire.ts"
import { CallSecrets } from "./callSecrets.ts"

/** The configuration of a client. */
export interface ClientConfig {
  readonly dialect: Dialect
  readonly http: HttpClient.HttpClient
  readonly wireOf: WireMaker
  /** The layer's settings for all calls. */
  readonly defaults: RequestOptions.RequestOptions
  readonly authorize: Authorize
  /** How to cut a stream of this content type into events, if it is not server-sent events. */
  readonly framing?: ((contentType: string) => Framing | undefined) | undefined
  /** Known when the layer is built. */
  readonly secrets: Secrets
  readonly maxEventLength: number
  /** Whether a server has answered with a redirect. */
  readonly redirects: { seen: boolean }
}

/** Puts the credential into an otherwise complete request. Runs on every attempt. */
export type Authorize = (
  request: HttpClientRequest.HttpClientRequest,
  endpoint: Endpoint.Metadata
) => Effect.Effect<Authorized, Credential.CredentialError | ApiError.RequestError>

/** A request that can be sent. */
export interface Authorized {
  readonly request: HttpClientRequest.HttpClientRequest
  /** Secrets that no error and no log may contain. */
  readonly secrets: ReadonlyArray<string>
  /** Discards the credential that the server refused. `undefined` if it cannot be replaced. */
  readonly refresh: Effect.Effect<void, Credential.CredentialError> | undefined
}

/** Makes a decoder that gives `sink` each event. */
export type Framing = (sink: Sink, limit: number, onOther?: (line: string) => void) => Decoder

/** One call on its way: what is fixed, and what its tries add. */
export interface Call {
  readonly config: ClientConfig
  readonly endpoint: Endpoint.Metadata
  readonly options: RequestOptions.RequestOptions
  readonly wire: Wire
  /** The input, as the endpoint and the dialect have prepared it. */
  readonly input: { readonly [name: string]: unknown }
  readonly retry: RetryPolicy.RetryPolicy
  readonly timeouts: Timeouts
  readonly secrets: CallSecrets
  /** Takes the call's secrets out of a text. */
  readonly scrub: Scrub
  readonly attempts: Array<ApiError.Attempt>
  /** Milliseconds since 1970. */
  readonly deadline: number | undefined
  /** How many times the request was sent. */
  sent: number
  /** Discards the credential of the last attempt. */
  refresh: Authorized["refresh"]
  /** Whether the call went again with another credential. */
  hasReplacedCredential: boolean
  /** Fails with what a status means while its body is read: a timeout that expires meanwhile does not hide it. */
  statusFailure: Effect.Effect<never, ApiError.ApiError> | undefined
}

/** Prepares a call and continues with it. Fails with `RequestError` if it cannot be sent. */
export const withCall = <A, R>(
  config: ClientConfig,
  endpoint: Endpoint.Metadata,
  input: unknown,
  own: RequestOptions.RequestOptions | undefined,
  use: (call: Call) => Effect.Effect<A, ApiError.ApiError, R>
): Effect.Effect<A, ApiError.ApiError, R> =>
  Effect.withFiber((fiber) => {
    const scoped = RequestOptions.merge(config.defaults, fiber.getRef(RequestOptions.Current))
    const options = own === undefined ? scoped : RequestOptions.merge(scoped, own)
    const given = (input ?? {}) as { readonly [name: string]: unknown }
    const timeouts = options.timeouts ?? {}
    const secrets = new CallSecrets(config.secrets, options)
    const { scrub } = secrets
    fiber.getRef(ScrubListener)?.(scrub)
    let wire: Wire
    let fields = given
    try {
      if (options !== config.defaults) refuseOptions(options)
      refuseStream(endpoint, given, options)
      const prepared = endpoint.prepare === undefined ? given : endpoint.prepare(given)
      fields = endpoint.behaviour?.send?.(prepared) ?? prepared
      const refusal = config.dialect.guard?.(endpoint, fields, {
        explicit: timeouts.body !== config.defaults.timeouts?.body || timeouts.total !== undefined
      })
      if (refusal !== undefined) throw new ApiError.RequestError({ message: refusal })
      wire = config.wireOf(endpoint, fields, options, scrub)
    } catch (thrown) {
      const refusal = refusalOf(thrown)
      if (refusal === undefined) throw thrown
      return Effect.fail(ApiError.local(endpoint, new ApiError.RequestError({ message: scrub(refusal.message) })))
    }
    const now = fiber.getRef(Clock.Clock).currentTimeMillisUnsafe()
    return use({
      config,
      endpoint,
      options,
      wire,
      input: fields,
      retry: options.retry ?? RetryPolicy.none,
      timeouts,
      secrets,
      scrub,
      attempts: [],
      deadline: deadlineOf(now, timeouts, options.deadline),
      sent: 0,
      refresh: undefined,
      hasReplacedCredential: false,
      statusFailure: undefined
    })
  })

const refuseOptions = (options: RequestOptions.RequestOptions): void => {
  const [problem] = optionProblems(options)
  if (problem !== undefined) throw new ApiError.RequestError({ message: `The call's options are wrong: ${problem}` })
}

/** An answer that is a stream of events cannot be read as one value: another endpoint is for that. */
const refuseStream = (
  endpoint: Endpoint.Metadata,
  input: { readonly [name: string]: unknown },
  options: RequestOptions.RequestOptions
): void => {
  if (endpoint.kind !== "json" || (input["stream"] !== true && options.body?.["stream"] !== true)) return
  if (endpoint.fixed?.["stream"] !== undefined) return
  const { id } = endpoint
  throw new ApiError.RequestError({
    message: `With \`stream: true\` the server sends events, which ${id} does not read. Call ${streamingName(id)} (${id}:stream) instead`
  })
}

/** The name of an endpoint's streaming twin, such as `ChatCompletions.stream`. */
const streamingName = (id: string): string => {
  const path = id.split(".")
  const method = path.pop() ?? ""
  const module = path.map((name) => name.charAt(0).toUpperCase() + name.slice(1)).join("")
  return `${module}.${method === "create" ? "stream" : `${method}Stream`}`
}

/** Returns why an input cannot be written, or `undefined` if something else is wrong. */
const refusalOf = (thrown: unknown): { readonly message: string } | undefined => {
  if (thrown instanceof ApiError.RequestError) return thrown
  if (thrown instanceof URIError) return { message: "The input has a text that is not valid Unicode" }
  if (!(thrown instanceof RangeError)) return undefined
  return {
    message: /call stack/i.test(thrown.message)
      ? "The input contains itself or is nested too deeply"
      : `The input cannot be written: ${thrown.message}`
  }
}

/** When a call that begins now has to end, in milliseconds since 1970. */
export const deadlineOf = (now: number, { total }: Timeouts, deadline: number | undefined): number | undefined => {
  if (total === undefined) return deadline
  const own = now + Duration.toMillis(total)
  return deadline === undefined ? own : Math.min(own, deadline)
}

const maxBody = 2000
const maxRequestId = 200

/** The part of a response that an error carries. */
export const summarize = (
  { config: { dialect }, scrub }: Call,
  response: { readonly status: number; readonly headers: { readonly [name: string]: string } },
  body: string | undefined,
  raw?: unknown
): ApiError.ResponseSummary => {
  const requestId = requestIdOf(dialect, response.headers) ?? dialect.requestIdIn?.(raw)
  return {
    status: response.status,
    headers: plainResponseHeaders(response.headers, scrub),
    requestId: requestId === undefined ? undefined : plainText(requestId, maxRequestId, scrub),
    body: body === undefined ? undefined : scrubbedStart(body, maxBody, scrub)
  }
}

export const requestIdOf = (dialect: Dialect, headers: { readonly [name: string]: string }): string | undefined => {
  for (const name of dialect.requestIdHeaders) {
    const id = headers[name]
    if (id !== undefined) return id
  }
  return undefined
}

const maxName = 200
const maxHelpUrl = 1000

/** Reads an error body, without secrets and short enough to log. Returns `undefined` if it is not an error. */
export const detailIn = (
  { config: { dialect }, scrub }: Call,
  raw: unknown,
  headers: { readonly [name: string]: string }
): ApiError.ServerDetail | undefined => {
  let detail: ApiError.ServerDetail | undefined
  try {
    detail = dialect.errorDetail(raw, headers)
  } catch {
    // Nested so deeply that it cannot be written: the text of the body says what there is to say.
    return undefined
  }
  if (detail === undefined) return undefined
  const name = (text: string | undefined): string | undefined =>
    text === undefined ? undefined : plainText(text, maxName, scrub)
  return {
    message: plainText(detail.message, maxMessage, scrub),
    code: name(detail.code),
    type: name(detail.type),
    param: name(detail.param),
    helpUrl:
      detail.helpUrl !== undefined && /^https?:/i.test(detail.helpUrl)
        ? plainText(detail.helpUrl, maxHelpUrl, scrub)
        : undefined
  }
}

/** The error of a call; takes all secrets out of the reason and of what had arrived. */
export const errorOf = (
  call: Call,
  reason: ApiError.Reason,
  response?: ApiError.ResponseSummary,
  partial?: ApiError.PartialOutput
): ApiError.ApiError => {
  const { scrub } = call
  scrubError(reason, scrub)
  limitTexts(reason)
  const received =
    reason._tag === "StreamTruncatedError"
      ? reason.partial
      : partial && { ...partial, text: scrub(partial.text), usage: scrubDeep(partial.usage, scrub) }
  return new ApiError.ApiError({
    provider: call.endpoint.provider,
    endpoint: call.endpoint.id,
    reason,
    request: call.wire.summary,
    response,
    attempts: [...call.attempts],
    ...(received === undefined ? {} : { partial: received })
  })
}
