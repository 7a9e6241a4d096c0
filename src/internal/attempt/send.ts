/** Makes one attempt: the credential, the request, and the status of the response. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import { constTrue } from "effect/Function"
import * as Headers from "effect/http/Headers"
import * as HttpClient from "effect/http/HttpClient"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import type * as HttpClientResponse from "effect/http/HttpClientResponse"
import * as UrlParams from "effect/http/UrlParams"
import * as Option from "effect/Option"
import * as Scope from "effect/Scope"
import * as Tracer from "effect/Tracer"
import * as ApiError from "../../ApiError.ts"
import { describeText, reasonOf } from "../errors/reasons.ts"
import { errorInText } from "../errors/serverError.ts"
import { parseStart } from "../json/parseStart.ts"
import { type Call, detailIn, errorOf, summarize } from "./call.ts"
import { logRequest, logResponse } from "./debug.ts"
import { plainTracer } from "./plainTracer.ts"
import { PartialBody } from "./readBody.ts"
import { placeOf, sendFollowing } from "./redirects.ts"
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
    const sent = sendFollowing(call, call.config.http, request, {
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
      call.statusFailure = undefined
      return Effect.fail(statusError(call, response, body.text, now))
    })
    call.statusFailure = failed
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
        message: strayMessage(call, response),
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

/** What a status says that is neither a success nor an error. */
const strayMessage = (call: Call, { headers, request, status }: HttpClientResponse.HttpClientResponse): string => {
  // So a browser answers for every redirect that it does not follow.
  if (status === 0) {
    return "The server redirects, and the browser does not say where to: set the base URL to the redirect's target"
  }
  const { location } = headers
  if (location === undefined)
    return `The server answered with status ${status}, which is neither a success nor an error`
  const place = placeOf(call.scrub(location), request.url)
  return place === new URL(request.url).origin
    ? `The server redirects within ${call.scrub(place)}, too often or with a body that cannot be sent again`
    : `The server redirects to ${place}, where this call must not go`
}
