/** Says why the HTTP client failed: the request, the connection, the body, or an exception of the program. */
import * as Effect from "effect/Effect"
import type * as HttpClientError from "effect/http/HttpClientError"
import type * as HttpClientResponse from "effect/http/HttpClientResponse"
import * as ApiError from "../../ApiError.ts"
import { programError } from "../errors/networkFailure.ts"
import { networkError } from "../errors/reasons.ts"
import { type Call, errorOf, summarize } from "./call.ts"
import { UnreadableEncoding } from "./decompress.ts"
import { ThrownByFetch } from "./fetchClient.ts"
import { type BodyTooLong, defaultMaxBodyLength } from "./readBody.ts"

/** If an exception of the program was reported as a broken connection, returns an effect that dies with it. */
export const bugIn = ({ reason }: HttpClientError.HttpClientError): Effect.Effect<never> | undefined => {
  const cause = "cause" in reason ? reason.cause : undefined
  if (cause instanceof ThrownByFetch) return Effect.die(cause.cause)
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
