/**
 * Short constructors for the reasons of an `ApiError`, for what a mocked call fails with.
 *
 * @example
 * ```ts
 * import * as Effect from "effect/Effect"
 * import { Failure, Mock } from "llmfx/testing"
 * import { Files } from "llmfx/openai"
 *
 * const busy = Mock.on(Files.retrieve, () => Effect.fail(Failure.rateLimit({ retryAfter: "2 seconds" })))
 * ```
 */
import * as Duration from "effect/Duration"
import * as ApiError from "../ApiError.ts"
import type { RateLimitInfo } from "../policies/RateLimit.ts"

/**
 * The server's words. Every part has a default.
 *
 * @category models
 */
export interface Detail {
  readonly message?: string | undefined
  readonly code?: string | undefined
  readonly type?: string | undefined
  readonly param?: string | undefined
  readonly helpUrl?: string | undefined
}

interface Waiting extends Detail {
  readonly retryAfter?: Duration.Input | undefined
}

const serverDetail = (detail: Detail | undefined, message: string): ApiError.ServerDetail => ({
  message: detail?.message ?? message,
  code: detail?.code,
  type: detail?.type,
  param: detail?.param,
  helpUrl: detail?.helpUrl
})

const retryAfter = (detail: Waiting | undefined): { readonly retryAfter: Duration.Duration | undefined } => ({
  retryAfter: detail?.retryAfter === undefined ? undefined : Duration.fromInputUnsafe(detail.retryAfter)
})

/**
 * 401.
 *
 * @category constructors
 */
export const authentication = (detail?: Detail): ApiError.AuthenticationError =>
  new ApiError.AuthenticationError(serverDetail(detail, "The key is not valid"))

/**
 * 403.
 *
 * @category constructors
 */
export const permissionDenied = (detail?: Detail): ApiError.PermissionDeniedError =>
  new ApiError.PermissionDeniedError(serverDetail(detail, "The key may not do this"))

/**
 * 404.
 *
 * @category constructors
 */
export const notFound = (detail?: Detail): ApiError.NotFoundError =>
  new ApiError.NotFoundError(serverDetail(detail, "There is no such resource"))

/**
 * 400.
 *
 * @category constructors
 */
export const invalidRequest = (detail?: Detail): ApiError.InvalidRequestError =>
  new ApiError.InvalidRequestError(serverDetail(detail, "The input is not valid"))

/**
 * 409.
 *
 * @category constructors
 */
export const conflict = (detail?: Detail): ApiError.ConflictError =>
  new ApiError.ConflictError(serverDetail(detail, "The resource is in use"))

/**
 * 429.
 *
 * @category constructors
 */
export const rateLimit = (
  detail?: Waiting & { readonly limits?: RateLimitInfo | undefined }
): ApiError.RateLimitError =>
  new ApiError.RateLimitError({
    ...serverDetail(detail, "Too many requests"),
    ...retryAfter(detail),
    limits: detail?.limits
  })

/**
 * The account has no credit left.
 *
 * @category constructors
 */
export const quotaExceeded = (detail?: Detail): ApiError.QuotaExceededError =>
  new ApiError.QuotaExceededError(serverDetail(detail, "The quota is used up"))

/**
 * The content policy refuses the input.
 *
 * @category constructors
 */
export const contentPolicy = (detail?: Detail): ApiError.ContentPolicyError =>
  new ApiError.ContentPolicyError(serverDetail(detail, "The content is not allowed"))

/**
 * 529, or 503 with a code that says so.
 *
 * @category constructors
 */
export const overloaded = (detail?: Waiting): ApiError.OverloadedError =>
  new ApiError.OverloadedError({ ...serverDetail(detail, "The server is overloaded"), ...retryAfter(detail) })

/**
 * 500.
 *
 * @category constructors
 */
export const server = (detail?: Waiting): ApiError.ServerError =>
  new ApiError.ServerError({ ...serverDetail(detail, "The server failed"), ...retryAfter(detail) })

/**
 * The connection fails. Default: `ECONNRESET` before the response.
 *
 * @category constructors
 */
export const network = (options?: {
  readonly code?: string | undefined
  readonly phase?: ApiError.NetworkError["phase"] | undefined
  readonly message?: string | undefined
}): ApiError.NetworkError => {
  const code = options?.code ?? "ECONNRESET"
  return new ApiError.NetworkError({
    message: options?.message ?? `The connection failed (${code})`,
    phase: options?.phase ?? "headers",
    code
  })
}

/**
 * A timeout expires. Default: the one of the response headers. Over HTTP, the server never answers.
 *
 * @category constructors
 */
export const timeout = (options?: {
  readonly which?: ApiError.TimeoutError["which"] | undefined
  readonly duration?: Duration.Input | undefined
}): ApiError.TimeoutError =>
  new ApiError.TimeoutError({
    message: "No response arrived in time",
    which: options?.which ?? "headers",
    duration: Duration.fromInputUnsafe(options?.duration ?? "10 minutes"),
    attempt: 1
  })

/**
 * The answer is `raw`, which does not fit the schema.
 *
 * @category constructors
 */
export const decode = (raw: unknown = null): ApiError.DecodeError =>
  new ApiError.DecodeError({
    message: "The answer does not fit its schema",
    path: [],
    expected: "another value",
    raw
  })

/**
 * An error event within a stream.
 *
 * @category constructors
 */
export const stream = (detail?: Detail & { readonly raw?: unknown }): ApiError.StreamError =>
  new ApiError.StreamError({ ...serverDetail(detail, "The stream failed"), raw: detail?.raw })

/**
 * The stream breaks off.
 *
 * @category constructors
 */
export const streamTruncated = (
  partial?: {
    readonly [K in keyof ApiError.PartialOutput]?: ApiError.PartialOutput[K]
  }
): ApiError.StreamTruncatedError =>
  new ApiError.StreamTruncatedError({
    message: "The stream ended before its last event",
    partial: { text: "", usage: undefined, events: 0, ...partial }
  })

/**
 * A page in place of an answer, such as a proxy sends.
 *
 * @category constructors
 */
export const unexpectedResponse = (options?: {
  readonly message?: string | undefined
  readonly contentType?: string | undefined
}): ApiError.UnexpectedResponseError =>
  new ApiError.UnexpectedResponseError({
    message: options?.message ?? "Bad gateway",
    contentType: options?.contentType ?? "text/html"
  })
