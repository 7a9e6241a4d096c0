/** Follows redirects here, not in the runtime, so that no credential and no input goes to another origin. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Headers from "effect/http/Headers"
import * as HttpBody from "effect/http/HttpBody"
import * as HttpClient from "effect/http/HttpClient"
import * as HttpClientError from "effect/http/HttpClientError"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as HttpClientResponse from "effect/http/HttpClientResponse"
import * as UrlParams from "effect/http/UrlParams"
import * as Option from "effect/Option"
import * as ApiError from "../../ApiError.ts"
import { type Call, errorOf } from "./call.ts"
import * as FetchClient from "./fetchClient.ts"
import { PartialBody } from "./readBody.ts"
import { bugIn, transportReason } from "./transportErrors.ts"
import { undiciVersion } from "./undici.ts"
import { forAtMost } from "./untilTime.ts"

const maxRedirects = 5

/** Sends a request, and follows the redirects that the call may follow. */
export const sendFollowing = (
  call: Call,
  client: HttpClient.HttpClient,
  request: HttpClientRequest.HttpClientRequest,
  sending: FetchClient.Sending,
  redirects: number = maxRedirects
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
    const strayed = otherOriginOf(request, response)
    if (strayed !== undefined) return Effect.fail(errorOf(call, followedByItself(call.scrub(strayed))))
    if (response.status < 300 || response.status >= 400 || redirects === 0) return Effect.succeed(response)
    const { location } = response.headers
    const to = location === undefined ? undefined : targetOf(location, request.url)
    const next = to === undefined ? undefined : redirected(call, request, response.status, to)
    if (next === undefined) return Effect.succeed(response)
    const followed = next.isSameOrigin
      ? sendFollowing(call, client, next.request, sending, redirects - 1)
      : sendFollowing(call, toOtherOrigin(call.config.http), next.request, untraced(sending), redirects - 1)
    return Effect.andThen(discardBody(response), followed)
  }
  const mayRefuse = request.body._tag !== "Empty" && (isLarge || !call.config.redirects.seen)
  return attempt(mayRefuse && copiesBodies() ? refusing : following)
}

/**
 * The origin to which a `fetch` has followed a redirect of a request with input, in spite of what it is told. An answer
 * that has another address for another reason, such as a proxy, is left alone.
 */
const otherOriginOf = (
  { method, url }: HttpClientRequest.HttpClientRequest,
  response: HttpClientResponse.HttpClientResponse
): string | undefined => {
  const web = Option.getOrUndefined(HttpClientResponse.toWeb(response))
  if (method === "GET" || web?.redirected !== true || !URL.canParse(web.url)) return undefined
  const { origin } = new URL(web.url)
  return origin === new URL(url).origin ? undefined : origin
}

const followedByItself = (origin: string): ApiError.Reason =>
  new ApiError.UnexpectedResponseError({
    message: `The HTTP client followed a redirect to ${origin}, where this call must not go: have it not follow any`,
    contentType: undefined
  })

/** The body of a redirect is read up to this length, in bytes, so that its connection can be used again. */
const maxRedirectBody = 16 * 1024

/** A longer wait for the end of that body would hold up the call. In milliseconds. */
const redirectBodyTime = 250

/** Reads the body of a redirect. If it does not end, its connection is closed. */
const discardBody = (response: HttpClientResponse.HttpClientResponse): Effect.Effect<void> =>
  forAtMost(redirectBodyTime, new PartialBody(maxRedirectBody).read(response))

/** Sends no trace headers. */
const untraced = (sending: FetchClient.Sending): FetchClient.Sending => ({
  ...sending,
  contextOf: (context) => Context.add(sending.contextOf(context), HttpClient.TracerPropagationEnabled, false)
})

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
 * With `redirect: "manual"`, Node's `fetch` copies every body: a sixth of the cost of a call, and a large upload is held
 * in memory. So requests have `redirect: "error"` until a server redirects, and a request that it refused is sent again.
 */
const copiesBodies = (): boolean => undiciVersion !== undefined

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
/** The fetch standard lets a body go uncopied only if the request has no window, either. */
const refusing: RequestInit = { redirect: "error", window: null }

/** Returns the target of a redirect, or `undefined` if it is not a web address. */
const targetOf = (location: string, from: string): URL | undefined => {
  if (!URL.canParse(location, from)) return undefined
  const to = new URL(location, from)
  return isWeb(to) ? to : undefined
}

const isWeb = ({ protocol }: URL): boolean => protocol === "http:" || protocol === "https:"

/**
 * Returns the request to the target of a redirect. Returns `undefined` if it leads a request other than GET to another
 * origin, leads from https to http on another origin, or needs a body that cannot be sent again.
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

/** Names the target of a redirect in a message: its origin only, because the rest may hold a secret. */
export const placeOf = (location: string, from: string): string => {
  if (!URL.canParse(location, from)) return "an invalid URL"
  const to = new URL(location, from)
  return isWeb(to) ? to.origin : `an address of the scheme ${to.protocol.slice(0, 40)}`
}
