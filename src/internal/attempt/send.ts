/** One try: the credential, the request, redirects, and the status. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import { constTrue } from "effect/Function"
import * as Headers from "effect/http/Headers"
import * as HttpBody from "effect/http/HttpBody"
import * as HttpClient from "effect/http/HttpClient"
import type * as HttpClientError from "effect/http/HttpClientError"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import type * as HttpClientResponse from "effect/http/HttpClientResponse"
import * as UrlParams from "effect/http/UrlParams"
import * as Option from "effect/Option"
import * as Tracer from "effect/Tracer"
import * as ApiError from "../../ApiError.ts"
import { describeText, networkError, reasonOf } from "../errors/reasons.ts"
import { errorInText } from "../errors/serverError.ts"
import { type Call, errorOf, summarize } from "./call.ts"
import { logRequest, logResponse } from "./debug.ts"
import { UnreadableEncoding } from "./decompress.ts"
import * as FetchClient from "./fetchClient.ts"
import { retryCountHeader } from "./retry.ts"

import { withNow } from "./withNow.ts"

/** Sends the request once; fails for every status that is not a success. */
export const send = (call: Call): Effect.Effect<HttpClientResponse.HttpClientResponse, ApiError.ApiError> =>
  Effect.flatMapEager(authorized(call), (request) => {
    call.sent++
    const { http } = call.config
    const client = call.options.transformClient?.(http) ?? http
    const debug = call.options.debug
    const sent = execute(call, client, request, maxRedirects)
    const logged =
      debug === undefined || debug === false
        ? sent
        : Effect.andThen(
            logRequest(call, debug),
            Effect.tap(sent, (response) => logResponse(call, response))
          )
    return Effect.flatMap(logged, (response) =>
      response.status >= 200 && response.status < 300 ? Effect.succeed(response) : failStatus(call, response)
    )
  })

const authorized = (call: Call): Effect.Effect<HttpClientRequest.HttpClientRequest, ApiError.ApiError> => {
  const { config, endpoint, wire } = call
  const request = HttpClientRequest.makeWith(
    wire.method,
    wire.url,
    UrlParams.empty,
    Option.none(),
    countedHeaders(call),
    wire.body
  )
  if (hasOwnCredential(call.options.headers)) return Effect.succeed(request)
  return config.authorize(request, endpoint).pipe(
    Effect.mapEager((authorized) => {
      call.refresh = authorized.refresh
      authorized.secrets.forEach(config.learnSecret)
      return authorized.request
    }),
    Effect.mapErrorEager((error) =>
      errorOf(
        call,
        error._tag === "RequestError"
          ? new ApiError.RequestError({ message: config.scrub(error.message) })
          : new ApiError.AuthenticationError({ ...noDetail, message: config.scrub(error.message) })
      )
    )
  )
}

/** The headers with how often the call was repeated, where the layer sends that and the caller leaves it. */
const countedHeaders = ({ attempts, wire: { headers } }: Call): Headers.Headers =>
  attempts.length === 0 || headers[retryCountHeader] !== "0"
    ? headers
    : Headers.set(headers, retryCountHeader, String(attempts.length))

/** Whether the caller sends another credential, or, with `null`, none. */
const hasOwnCredential = (headers: Call["options"]["headers"]): boolean =>
  headers !== undefined && Object.keys(headers).some((name) => /^(authorization|x-api-key|api-key)$/i.test(name))

const noDetail = { code: undefined, type: undefined, param: undefined, helpUrl: undefined }

const maxRedirects = 5

/** Redirects are followed here, not by the runtime, so that no credential goes to another origin. */
const execute = (
  call: Call,
  client: HttpClient.HttpClient,
  request: HttpClientRequest.HttpClientRequest,
  redirects: number
): Effect.Effect<HttpClientResponse.HttpClientResponse, ApiError.ApiError> => {
  const isLarge = isLargeBody(request.body)
  const attempt = (init: RequestInit): Effect.Effect<HttpClientResponse.HttpClientResponse, ApiError.ApiError> =>
    Effect.matchEffect(
      FetchClient.execute(client, request, init, (context) => requestContext(context, call)),
      {
        onFailure: (error) => {
          // Middleware may refuse a status; what it means is said here all the same.
          if (error.reason._tag === "StatusCodeError") return follow(error.reason.response)
          if (init === following || !isRefusedRedirect(error)) {
            return Effect.fail(errorOf(call, transportReason(call, error, "headers")))
          }
          call.config.redirects.seen = true
          return isLarge ? Effect.fail(errorOf(call, redirectedUpload())) : attempt(following)
        },
        onSuccess: follow
      }
    )
  const follow = (
    response: HttpClientResponse.HttpClientResponse
  ): Effect.Effect<HttpClientResponse.HttpClientResponse, ApiError.ApiError> => {
    if (response.status < 300 || response.status >= 400 || redirects === 0) return Effect.succeed(response)
    const { location } = response.headers
    const next = location === undefined ? undefined : redirected(call, request, response.status, location)
    return next === undefined ? Effect.succeed(response) : execute(call, client, next, redirects - 1)
  }
  const mayRefuse = request.body._tag !== "Empty" && (isLarge || !call.config.redirects.seen)
  return attempt(mayRefuse && copiesBodies() ? refusing : following)
}

const isLargeBody = (body: HttpBody.HttpBody): boolean =>
  body._tag === "Stream" ||
  (body._tag === "FormData" &&
    [...body.formData.values()].some((value) => value instanceof Blob && value.size > 16 * 1024 * 1024))

/**
 * Node's `fetch` copies every body, unless redirects are errors to it: a sixth of what a call costs, and with a large
 * upload all of it in memory. So they are errors until a server sends one; the request that it refused goes again.
 */
const copiesBodies = (): boolean => FetchClient.undiciVersion !== undefined

/** Each runtime says in its own words that it refused a redirect. */
const isRefusedRedirect = ({ reason }: HttpClientError.HttpClientError): boolean => {
  const cause = reason._tag === "TransportError" ? reason.cause : undefined
  return [cause, cause instanceof Error ? cause.cause : undefined].some(
    (error) => error instanceof Error && /redirect/i.test(error.message)
  )
}

const redirectedUpload = (): ApiError.Reason =>
  new ApiError.UnexpectedResponseError({
    message: "The server redirects a large upload, which cannot follow: set the base URL to where it leads",
    contentType: undefined
  })

const following: RequestInit = { redirect: "manual" }
const refusing: RequestInit = { redirect: "error", window: null }

/** The context in which requests are sent: without a tracer, no spans are made and no trace headers are sent. */
const requestContext = (context: Context.Context<never>, call: Call): Context.Context<never> =>
  isTraced(context) ? withoutSecrets(context, call) : Context.add(context, HttpClient.TracerDisabledWhen, constTrue)

/** Keeps the parameters and headers that may hold a secret out of spans. */
const withoutSecrets = (context: Context.Context<never>, { options, wire }: Call): Context.Context<never> => {
  const names = Context.get(context, Headers.CurrentRedactedNames)
  const withHeaders = Context.add(context, Headers.CurrentRedactedNames, [
    ...names,
    "api-key",
    ...Object.keys(options.headers ?? {}).map((name) => name.toLowerCase())
  ])
  const { secretQuery } = wire
  return secretQuery.length === 0
    ? withHeaders
    : Context.add(withHeaders, UrlParams.CurrentRedactedNames, [
        ...Context.get(context, UrlParams.CurrentRedactedNames),
        ...secretQuery
      ])
}

const isTraced = (context: Context.Context<never>): boolean =>
  Context.getOrUndefined(context, Tracer.Tracer) !== undefined ||
  Context.getOrUndefined(context, Tracer.ParentSpan) !== undefined

/** The request to the new place; `undefined` where the input would go to another origin or cannot be sent again. */
const redirected = (
  call: Call,
  request: HttpClientRequest.HttpClientRequest,
  status: number,
  location: string
): HttpClientRequest.HttpClientRequest | undefined => {
  const from = new URL(request.url)
  let to: URL
  try {
    to = new URL(location, from)
  } catch {
    return undefined
  }
  const rewrites = status === 303 || ((status === 301 || status === 302) && request.method === "POST")
  const method = rewrites ? "GET" : request.method
  const sameOrigin = to.origin === from.origin
  if ((!sameOrigin && method !== "GET") || (!rewrites && !call.wire.replayable)) return undefined
  const { accept, "user-agent": agent } = request.headers
  return HttpClientRequest.makeWith(
    method,
    to.href,
    UrlParams.empty,
    Option.none(),
    sameOrigin
      ? rewrites
        ? Headers.remove(request.headers, "content-type")
        : request.headers
      : Headers.fromInput({ accept, "user-agent": agent }),
    rewrites ? HttpBody.empty : request.body
  )
}

/** The reason for a failure of the HTTP client. */
export const transportReason = (
  call: Call,
  error: HttpClientError.HttpClientError,
  phase: "headers" | "body"
): ApiError.Reason => {
  const { reason } = error
  switch (reason._tag) {
    case "EncodeError":
    case "InvalidUrlError":
      return new ApiError.RequestError({ message: call.config.scrub(reason.description ?? reason.message) })
    case "EmptyBodyError":
      return new ApiError.UnexpectedResponseError({
        message: "The response has no body",
        contentType: reason.response.headers["content-type"]
      })
    default:
      return reason.cause instanceof UnreadableEncoding
        ? new ApiError.UnexpectedResponseError({ message: reason.cause.message, contentType: undefined })
        : networkError(reason.cause ?? reason, phase, call.config.scrub)
  }
}

/** What follows from a response that is no success. Its body is read, but not for ever. */
const failStatus = (
  call: Call,
  response: HttpClientResponse.HttpClientResponse
): Effect.Effect<never, ApiError.ApiError> =>
  response.text.pipe(
    Effect.timeoutOrElse({ duration: "10 seconds", orElse: () => Effect.succeed("") }),
    Effect.catch(() => Effect.succeed("")),
    Effect.flatMap((text) => withNow((now) => Effect.fail(statusError(call, response, text, now))))
  )

const statusError = (
  call: Call,
  response: HttpClientResponse.HttpClientResponse,
  text: string,
  now: number
): ApiError.ApiError => {
  const { headers, status } = response
  const raw = errorInText(text)
  const summary = summarize(call, response, text, raw)
  if (status < 400) {
    return errorOf(
      call,
      new ApiError.UnexpectedResponseError({
        message:
          headers["location"] === undefined
            ? `The server answered with status ${status}, which is neither a success nor an error`
            : `The server redirects to ${call.config.scrub(originOf(headers["location"]))}, where this call must not go`,
        contentType: headers["content-type"]
      }),
      summary
    )
  }
  const detail = call.config.dialect.errorDetail(raw, headers) ?? {
    ...noDetail,
    message: describeText(call.config.scrub(text), headers["content-type"])
  }
  const safe = { ...detail, message: call.config.scrub(detail.message) }
  return errorOf(
    call,
    call.config.dialect.reasonOf?.(safe, raw, { headers, now }) ?? reasonOf(status, safe, headers, now),
    summary
  )
}

const originOf = (location: string): string => {
  try {
    return new URL(location).origin
  } catch {
    return "an invalid URL"
  }
}
