/** Makes one attempt: the credential, the request, redirects, and the status. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import { constTrue } from "effect/Function"
import * as Headers from "effect/http/Headers"
import * as HttpBody from "effect/http/HttpBody"
import * as HttpClient from "effect/http/HttpClient"
import * as HttpClientError from "effect/http/HttpClientError"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import type * as HttpClientResponse from "effect/http/HttpClientResponse"
import * as UrlParams from "effect/http/UrlParams"
import * as Option from "effect/Option"
import * as Scope from "effect/Scope"
import * as Tracer from "effect/Tracer"
import * as ApiError from "../../ApiError.ts"
import { programError } from "../errors/networkFailure.ts"
import { describeText, networkError, reasonOf } from "../errors/reasons.ts"
import { errorInText } from "../errors/serverError.ts"
import { parseStart } from "../json/parseStart.ts"
import { type Call, detailIn, errorOf, summarize } from "./call.ts"
import { logRequest, logResponse } from "./debug.ts"
import { UnreadableEncoding } from "./decompress.ts"
import * as FetchClient from "./fetchClient.ts"
import { plainTracer } from "./plainTracer.ts"
import { type BodyTooLong, defaultMaxBodyLength, PartialBody } from "./readBody.ts"
import { retryCountHeader } from "./retry.ts"

import { forAtMost } from "./untilTime.ts"
import { withNow } from "./withNow.ts"

/**
 * Sends the request once; fails for every status that is not a success. If the body is to be read as it arrives,
 * `connection` is the scope that closes its connection.
 */
export const send = (
  call: Call,
  connection?: Scope.Scope
): Effect.Effect<HttpClientResponse.HttpClientResponse, ApiError.ApiError> =>
  Effect.flatMapEager(authorized(call), (request) => {
    call.sent++
    const { debug, transformClient } = call.options
    const sent = execute(call, call.config.http, request, maxRedirects, {
      contextOf: (context) => requestContext(context, call),
      transform: (client) => {
        const transformed = transformClient?.(client) ?? client
        return connection === undefined ? transformed : closingWith(transformed, connection)
      }
    })
    const logged =
      debug === undefined || debug === false
        ? sent
        : Effect.andThen(
            logRequest(call, debug),
            Effect.flatMap(sent, (response) => Effect.as(logResponse(call, response), response))
          )
    return Effect.flatMap(logged, (response) =>
      response.status >= 200 && response.status < 300 ? Effect.succeed(response) : failStatus(call, response)
    )
  })

/** A client whose connections close with a scope. */
const closingWith = (client: HttpClient.HttpClient, scope: Scope.Scope): HttpClient.HttpClient => {
  const scoped = HttpClient.withScope(client)
  return HttpClient.makeWith((request) => Scope.provide(scoped.postprocess(request), scope), client.preprocess)
}

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
      call.secrets.addCredentials(authorized.secrets)
      return authorized.request
    }),
    Effect.mapErrorEager((error) =>
      errorOf(
        call,
        error._tag === "RequestError"
          ? new ApiError.RequestError({ message: call.scrub(error.message) })
          : new ApiError.AuthenticationError({ ...noDetail, message: call.scrub(error.message) })
      )
    )
  )
}

/** Counts the retries in a header, if the layer sends it and the caller does not replace it. */
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
  redirects: number,
  sending: FetchClient.Sending
): Effect.Effect<HttpClientResponse.HttpClientResponse, ApiError.ApiError> => {
  const isLarge = isLargeBody(request.body)
  const attempt = (init: RequestInit): Effect.Effect<HttpClientResponse.HttpClientResponse, ApiError.ApiError> =>
    Effect.matchEffect(FetchClient.execute(client, request, init, sending), {
      onFailure: (error) => {
        // A program may fail with what it likes, in spite of the types.
        if (!HttpClientError.isHttpClientError(error)) return Effect.die(error)
        call.secrets.addRequest(error.reason.request)
        // Middleware may refuse a status; what it means is said here all the same.
        if (error.reason._tag === "StatusCodeError") return follow(error.reason.response)
        if (init === following || !isRefusedRedirect(error)) {
          return bugIn(error) ?? Effect.fail(errorOf(call, transportReason(call, error, "headers")))
        }
        call.config.redirects.seen = true
        return isLarge ? Effect.fail(errorOf(call, redirectedUpload())) : attempt(following)
      },
      onSuccess: follow
    })
  const follow = (
    response: HttpClientResponse.HttpClientResponse
  ): Effect.Effect<HttpClientResponse.HttpClientResponse, ApiError.ApiError> => {
    call.secrets.addRequest(response.request)
    if (response.status < 300 || response.status >= 400 || redirects === 0) return Effect.succeed(response)
    const { location } = response.headers
    const to = location === undefined ? undefined : targetOf(location, request.url)
    const next = to === undefined ? undefined : redirected(call, request, response.status, to)
    if (next === undefined) return Effect.succeed(response)
    const followed = next.isSameOrigin
      ? execute(call, client, next.request, redirects - 1, sending)
      : execute(call, toOtherOrigin(call.config.http), next.request, redirects - 1, {
          ...sending,
          contextOf: (context) => Context.add(sending.contextOf(context), HttpClient.TracerPropagationEnabled, false)
        })
    return Effect.andThen(discardBody(response), followed)
  }
  const mayRefuse = request.body._tag !== "Empty" && (isLarge || !call.config.redirects.seen)
  return attempt(mayRefuse && copiesBodies() ? refusing : following)
}

/** The body of a redirect is read up to this length, in bytes, so that its connection can be used again. */
const maxRedirectBody = 16 * 1024

/** A body of a redirect that goes on is cancelled: its connection would stay open as long as the server likes. */
const discardBody = (response: HttpClientResponse.HttpClientResponse): Effect.Effect<void> =>
  forAtMost(250, new PartialBody(maxRedirectBody).read(response))

/** A client that sends none of the headers that the program or its middleware adds for the API. */
const toOtherOrigin = (http: HttpClient.HttpClient): HttpClient.HttpClient =>
  HttpClient.makeWith<HttpClientError.HttpClientError, never, HttpClientError.HttpClientError, never>(
    (request) => http.postprocess(Effect.map(request, withPlainHeaders)),
    http.preprocess
  )

const withPlainHeaders = (request: HttpClientRequest.HttpClientRequest): HttpClientRequest.HttpClientRequest =>
  HttpClientRequest.makeWith(
    request.method,
    request.url,
    request.urlParams,
    request.hash,
    Headers.fromInput(
      Object.entries(request.headers).filter(([name]) => /^(?:accept|accept-encoding|range|user-agent)$/.test(name))
    ),
    request.body
  )

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
    message: "The server redirects a large upload, which cannot follow: set the base URL to the redirect's target",
    contentType: undefined
  })

const following: RequestInit = { redirect: "manual" }
const refusing: RequestInit = { redirect: "error", window: null }

/** The context in which requests are sent: without a tracer, no spans are made and no trace headers are sent. */
const requestContext = (context: Context.Context<never>, call: Call): Context.Context<never> =>
  isTraced(context) ? withoutSecrets(context, call) : Context.add(context, HttpClient.TracerDisabledWhen, constTrue)

/** Keeps what may be a secret out of spans: headers and parameters by name, and everything else by its value. */
const withoutSecrets = (context: Context.Context<never>, { options, scrub, wire }: Call): Context.Context<never> => {
  const names = Context.get(context, Headers.CurrentRedactedNames)
  const withHeaders = Context.add(context, Headers.CurrentRedactedNames, [
    ...names,
    "api-key",
    ...Object.keys(options.headers ?? {}).map((name) => name.toLowerCase())
  ])
  const url = new URL(wire.url)
  const secret = new Set(wire.secretQuery)
  return Context.add(
    withHeaders,
    Tracer.Tracer,
    plainTracer(Context.get(context, Tracer.Tracer), (name) => url.searchParams.has(name) && !secret.has(name), scrub)
  )
}

const isTraced = (context: Context.Context<never>): boolean =>
  Context.getOrUndefined(context, Tracer.Tracer) !== undefined ||
  Context.getOrUndefined(context, Tracer.ParentSpan) !== undefined

/** Returns the target of a redirect, or `undefined` if it is not a web address. */
const targetOf = (location: string, from: string): URL | undefined => {
  if (!URL.canParse(location, from)) return undefined
  const to = new URL(location, from)
  return isWeb(to) ? to : undefined
}

const isWeb = ({ protocol }: URL): boolean => protocol === "http:" || protocol === "https:"

/**
 * The request to the new place; `undefined` if the input would have to go to another origin, if the answer there would
 * be to another question, or if the input cannot be sent again.
 */
const redirected = (
  call: Call,
  request: HttpClientRequest.HttpClientRequest,
  status: number,
  to: URL
): { readonly request: HttpClientRequest.HttpClientRequest; readonly isSameOrigin: boolean } | undefined => {
  const from = new URL(request.url)
  const isSameOrigin = to.origin === from.origin
  if (!isSameOrigin && (request.method !== "GET" || (from.protocol === "https:" && to.protocol === "http:"))) {
    return undefined
  }
  const rewrites = status === 303 || ((status === 301 || status === 302) && request.method === "POST")
  if (!rewrites && !call.wire.replayable) return undefined
  const plain = new URL(to)
  plain.username = ""
  plain.password = ""
  return {
    isSameOrigin,
    request: HttpClientRequest.makeWith(
      rewrites ? "GET" : request.method,
      plain.href,
      UrlParams.empty,
      Option.none(),
      isSameOrigin && rewrites ? Headers.remove(request.headers, "content-type") : request.headers,
      rewrites ? HttpBody.empty : request.body
    )
  }
}

/** Dies with the exception of the program that the HTTP client took for a broken connection, if it is one. */
export const bugIn = ({ reason }: HttpClientError.HttpClientError): Effect.Effect<never> | undefined => {
  const cause = "cause" in reason ? reason.cause : undefined
  if (cause instanceof FetchClient.ThrownByFetch) return Effect.die(cause.cause)
  const bug = programError(cause)
  return bug === undefined ? undefined : Effect.die(bug)
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
      return new ApiError.RequestError({ message: call.scrub(reason.description ?? reason.message) })
    case "EmptyBodyError":
      return new ApiError.UnexpectedResponseError({
        message: "The response has no body",
        contentType: reason.response.headers["content-type"]
      })
    default:
      return reason.cause instanceof UnreadableEncoding
        ? new ApiError.UnexpectedResponseError({ message: reason.cause.message, contentType: undefined })
        : networkError(reason.cause ?? reason, phase, call.scrub)
  }
}

/** How long the body of an answer may be, in bytes. */
export const maxBodyLengthOf = ({ options: { maxBodyLength = defaultMaxBodyLength } }: Call): number => maxBodyLength

/** Fails for a body that broke off or is too long. */
export const failUnread = (
  call: Call,
  response: HttpClientResponse.HttpClientResponse,
  error: HttpClientError.HttpClientError | BodyTooLong
): Effect.Effect<never, ApiError.ApiError> => {
  const fail = (reason: ApiError.Reason) => Effect.fail(errorOf(call, reason, summarize(call, response, undefined)))
  return error._tag === "BodyTooLong"
    ? fail(
        new ApiError.UnexpectedResponseError({
          message: `The body of the response is longer than ${error.limit} bytes, the limit that maxBodyLength sets`,
          contentType: response.headers["content-type"]
        })
      )
    : (bugIn(error) ?? fail(transportReason(call, error, "body")))
}

/** An error body is kept up to this length, in bytes. */
const maxErrorBody = 256 * 1024

/** The status is known, so a body that does not end is not waited for. In milliseconds. */
const errorBodyTime = 2000

/** Fails with what a status that is not a success means. */
const failStatus = (
  call: Call,
  response: HttpClientResponse.HttpClientResponse
): Effect.Effect<never, ApiError.ApiError> =>
  Effect.suspend(() => {
    const body = new PartialBody(maxErrorBody)
    const failed = withNow((now) => {
      call.refusal = undefined
      return Effect.fail(statusError(call, response, body.text, now))
    })
    call.refusal = failed
    return Effect.andThen(forAtMost(errorBodyTime, body.read(response)), failed)
  })

const statusError = (
  call: Call,
  response: HttpClientResponse.HttpClientResponse,
  text: string,
  now: number
): ApiError.ApiError => {
  const { headers, status } = response
  const raw = errorInText(text) ?? parseStart(text)
  const summary = summarize(call, response, text, raw)
  if (status < 400) {
    return errorOf(
      call,
      new ApiError.UnexpectedResponseError({
        message:
          headers["location"] === undefined
            ? `The server answered with status ${status}, which is neither a success nor an error`
            : `The server redirects to ${call.scrub(placeOf(headers["location"], response.request.url))}, where this call must not go`,
        contentType: headers["content-type"]
      }),
      summary
    )
  }
  const detail = detailIn(call, raw, headers) ?? {
    ...noDetail,
    message: describeText(text, headers["content-type"], call.scrub)
  }
  return errorOf(
    call,
    call.config.dialect.reasonOf?.(detail, raw, { headers, now }) ?? reasonOf(status, detail, headers, now),
    summary
  )
}

const placeOf = (location: string, from: string): string => {
  if (!URL.canParse(location, from)) return "an invalid URL"
  const to = new URL(location, from)
  return isWeb(to) ? to.origin : `an address of the scheme ${to.protocol.slice(0, 40)}`
}
