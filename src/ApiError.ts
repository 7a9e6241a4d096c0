/**
 * The one error of every endpoint.
 *
 * `reason` says what went wrong, as a tagged union for `Effect.catchReason`, `Effect.catchReasons` and
 * `Effect.unwrapReason`. The other fields say which call failed: endpoint, request, response and earlier attempts. An
 * error never holds a secret. To send one to another process, use `ApiErrorSchema`.
 *
 * @example
 * ```ts
 * import * as Effect from "effect/Effect"
 * import { Files } from "llmfx/openai"
 *
 * const file = Files.retrieve({ file_id: "file-1" }).pipe(
 *   Effect.catchReason("ApiError", "NotFoundError", () => Effect.succeed(undefined))
 * )
 * ```
 */
import * as Data from "effect/Data"
import type * as Duration from "effect/Duration"
import * as Predicate from "effect/Predicate"
import { advice } from "./internal/errors/advice.ts"
import { serverVerdict } from "./internal/errors/serverVerdict.ts"
import { abridge } from "./internal/json/abridge.ts"
import { toCurl } from "./internal/request/curl.ts"
import type { RateLimitInfo } from "./policies/RateLimit.ts"

/**
 * The request of a failed call, without secrets.
 *
 * @category models
 */
export interface RequestSummary {
  readonly method: string
  readonly url: string
  readonly headers: { readonly [name: string]: string }
}

/**
 * The response of a failed call.
 *
 * @category models
 */
export interface ResponseSummary {
  readonly status: number
  readonly headers: { readonly [name: string]: string }
  readonly requestId: string | undefined
  /** The first 2,000 characters of the body. */
  readonly body: string | undefined
}

/**
 * One failed attempt of a call that was retried.
 *
 * @category models
 */
export interface Attempt {
  readonly reason: Reason["_tag"]
  readonly status: number | undefined
  /** The wait before the next attempt, in milliseconds. */
  readonly waited: number
}

/**
 * The content of an error body.
 *
 * @category models
 */
export interface ServerDetail<out Code extends string = string> {
  readonly message: string
  /** The provider's error code, such as `context_length_exceeded`. */
  readonly code: Code | undefined
  /** The provider's error class, such as `invalid_request_error`. */
  readonly type: string | undefined
  /** The input field that caused the error. */
  readonly param: string | undefined
  /** A page that explains the error. */
  readonly helpUrl: string | undefined
}

/**
 * The credential is missing, wrong or expired (401).
 *
 * @category errors
 */
export class AuthenticationError<out Code extends string = string> extends Data.TaggedError("AuthenticationError")<
  ServerDetail<Code>
> {}

/**
 * The credential does not allow this call (403).
 *
 * @category errors
 */
export class PermissionDeniedError<out Code extends string = string> extends Data.TaggedError("PermissionDeniedError")<
  ServerDetail<Code>
> {}

/**
 * The resource, model or path does not exist (404).
 *
 * @category errors
 */
export class NotFoundError<out Code extends string = string> extends Data.TaggedError("NotFoundError")<
  ServerDetail<Code>
> {}

/**
 * The server refused the input (400, 413, 422).
 *
 * @category errors
 */
export class InvalidRequestError<out Code extends string = string> extends Data.TaggedError("InvalidRequestError")<
  ServerDetail<Code>
> {}

/**
 * The state of the resource does not allow this call (409).
 *
 * @category errors
 */
export class ConflictError<out Code extends string = string> extends Data.TaggedError("ConflictError")<
  ServerDetail<Code>
> {}

/**
 * Too many requests or tokens in a time window (429).
 *
 * @category errors
 */
export class RateLimitError<out Code extends string = string> extends Data.TaggedError("RateLimitError")<
  ServerDetail<Code> & {
    readonly retryAfter: Duration.Duration | undefined
    readonly limits: RateLimitInfo | undefined
  }
> {}

/**
 * The account's credit or quota is used up. Waiting does not help.
 *
 * @category errors
 */
export class QuotaExceededError<out Code extends string = string> extends Data.TaggedError("QuotaExceededError")<
  ServerDetail<Code>
> {}

/**
 * The provider's content policy refused the input or the output.
 *
 * @category errors
 */
export class ContentPolicyError<out Code extends string = string> extends Data.TaggedError("ContentPolicyError")<
  ServerDetail<Code>
> {}

/**
 * The provider is out of capacity (529, or 503 with that code).
 *
 * @category errors
 */
export class OverloadedError<out Code extends string = string> extends Data.TaggedError("OverloadedError")<
  ServerDetail<Code> & { readonly retryAfter: Duration.Duration | undefined }
> {}

/**
 * The server failed (500 and above).
 *
 * @category errors
 */
export class ServerError<out Code extends string = string> extends Data.TaggedError("ServerError")<
  ServerDetail<Code> & { readonly retryAfter: Duration.Duration | undefined }
> {}

/**
 * The connection failed. `code` is the runtime's, such as `ECONNREFUSED`.
 *
 * @category errors
 */
export class NetworkError extends Data.TaggedError("NetworkError")<{
  readonly message: string
  readonly phase: "dns" | "connect" | "tls" | "request" | "headers" | "body"
  readonly code: string | undefined
}> {}

/**
 * A timeout expired. `which` names the field of `Timeouts`, `duration` is its length, `attempt` the number of the
 * attempt.
 *
 * @category errors
 */
export class TimeoutError extends Data.TaggedError("TimeoutError")<{
  readonly message: string
  readonly which: "headers" | "body" | "firstEvent" | "idle" | "total"
  readonly duration: Duration.Duration
  readonly attempt: number
}> {}

/**
 * A successful response does not fit its schema. `raw` holds all of it, so nothing that was paid for is lost.
 *
 * @category errors
 */
export class DecodeError extends Data.TaggedError("DecodeError")<{
  readonly message: string
  readonly path: ReadonlyArray<string | number>
  readonly expected: string
  readonly raw: unknown
}> {}

/**
 * A stream sent an error event that maps to no other reason.
 *
 * @category errors
 */
export class StreamError<out Code extends string = string> extends Data.TaggedError("StreamError")<
  ServerDetail<Code> & { readonly raw: unknown }
> {}

/**
 * The output of a stream up to its failure.
 *
 * @category models
 */
export interface PartialOutput {
  /** The text so far, up to 1,000,000 characters. */
  readonly text: string
  /** The token usage that the server has reported, as it sent it; later counts replace earlier ones. */
  readonly usage: unknown
  /** `true` if the usage is only that of the start: its output count is a placeholder. */
  readonly isUsageProvisional?: boolean | undefined
  /** How many events were delivered. */
  readonly events: number
}

/**
 * A stream or its connection ended before the terminal event.
 *
 * @category errors
 */
export class StreamTruncatedError extends Data.TaggedError("StreamTruncatedError")<{
  readonly message: string
  readonly partial: PartialOutput
}> {}

/**
 * The response does not come from the API: an HTML page, another content type, an unexpected status.
 *
 * @category errors
 */
export class UnexpectedResponseError extends Data.TaggedError("UnexpectedResponseError")<{
  readonly message: string
  readonly contentType: string | undefined
}> {}

/**
 * The input cannot be sent. Nothing was sent.
 *
 * @category errors
 */
export class RequestError extends Data.TaggedError("RequestError")<{ readonly message: string }> {}

/**
 * Why a call failed.
 *
 * @category models
 */
export type Reason<Code extends string = string> =
  | AuthenticationError<Code>
  | PermissionDeniedError<Code>
  | NotFoundError<Code>
  | InvalidRequestError<Code>
  | ConflictError<Code>
  | RateLimitError<Code>
  | QuotaExceededError<Code>
  | ContentPolicyError<Code>
  | OverloadedError<Code>
  | ServerError<Code>
  | NetworkError
  | TimeoutError
  | DecodeError
  | StreamError<Code>
  | StreamTruncatedError
  | UnexpectedResponseError
  | RequestError

/**
 * A failed call of an endpoint.
 *
 * @category errors
 */
export class ApiError extends Data.TaggedError("ApiError")<{
  readonly provider: string
  /** The id of the endpoint, such as `chat.completions.create`. */
  readonly endpoint: string
  readonly reason: Reason
  /** `undefined` if the request could not be built. */
  readonly request: RequestSummary | undefined
  /** `undefined` if no response arrived. */
  readonly response: ResponseSummary | undefined
  /** The attempts before the last one. */
  readonly attempts: ReadonlyArray<Attempt>
  /** The output of a stream up to its failure, whatever the reason. */
  readonly partial?: PartialOutput | undefined
}> {
  override get message(): string {
    const status = this.response === undefined ? "" : ` (HTTP ${this.response.status})`
    const tries = this.attempts.length === 0 ? "" : ` after ${this.attempts.length + 1} tries`
    const id = this.requestId === undefined ? "" : ` [request id ${this.requestId}]`
    const help =
      Predicate.hasProperty(this.reason, "helpUrl") && typeof this.reason.helpUrl === "string"
        ? ` See ${this.reason.helpUrl}`
        : ""
    const received =
      this.partial === undefined || this.reason._tag === "StreamTruncatedError"
        ? ""
        : ` What had arrived, ${countOf(this.partial.events)}, is in partial.`
    return `${this.provider} ${this.endpoint} failed${tries}: ${this.reason._tag}${status}: ${sentence(
      this.reason.message
    )}${received} ${advice[this.reason._tag]}${help}${id}`
  }

  /** The server's id of the request (for Coze the log id). Quote it to the provider's support. */
  get requestId(): string | undefined {
    return this.response?.requestId
  }

  /** Whether the same call may succeed later. `x-should-retry` of an error response overrides the reason. */
  get isRetryable(): boolean {
    const verdict = serverVerdict(this.response)
    if (verdict !== undefined) return verdict
    switch (this.reason._tag) {
      case "RateLimitError":
      case "OverloadedError":
      case "ServerError":
      case "NetworkError":
      case "ConflictError":
        return true
      case "TimeoutError":
        return this.reason.which !== "total"
      case "StreamTruncatedError":
        return this.reason.partial.events === 0
      default:
        return this.response?.status === 408
    }
  }

  /** Returns the call as a shell command, with placeholders for secrets. */
  toCurl(): string {
    return this.request === undefined ? "" : toCurl(this.request)
  }

  override toJSON(): unknown {
    return {
      _tag: this._tag,
      message: this.message,
      provider: this.provider,
      endpoint: this.endpoint,
      reason: { ...abridged(this.reason), message: this.reason.message, _tag: this.reason._tag },
      request: this.request,
      response: this.response,
      attempts: this.attempts,
      partial: this.reason._tag === "StreamTruncatedError" ? undefined : abridge(this.partial)
    }
  }
}

/**
 * Makes the error of a call that fails without a request: it was refused before it was sent, or its response decoded
 * and still cannot be used.
 *
 * @category constructors
 */
export const local = (
  endpoint: { readonly provider: string; readonly id: string },
  reason: Reason,
  partial?: PartialOutput
): ApiError =>
  new ApiError({
    provider: endpoint.provider,
    endpoint: endpoint.id,
    reason,
    request: undefined,
    response: undefined,
    attempts: [],
    ...(partial === undefined ? {} : { partial })
  })

/**
 * An {@link ApiError} of an endpoint with documented error codes. `reason.code` may also hold other codes.
 *
 * @category models
 */
export interface CodedApiError<out Code extends string> extends ApiError {
  readonly reason: Reason<Code>
}

/**
 * Returns whether a value is an {@link ApiError}, including one from another copy of this library.
 *
 * @category guards
 */
export const isApiError = (u: unknown): u is ApiError => Predicate.isTagged(u, "ApiError")

const countOf = (events: number): string => (events === 1 ? "1 event" : `${events} events`)

/** The fields of a reason, of which a server's own value may be large or nested deeply. */
const abridged = (reason: Reason): object => ({
  ...reason,
  ...("raw" in reason ? { raw: abridge(reason.raw) } : {}),
  ...("path" in reason ? { path: abridge(reason.path) } : {}),
  ...("partial" in reason ? { partial: abridge(reason.partial) } : {})
})

const sentence = (text: string): string => (/[.!?]$/.test(text) ? text : `${text}.`)
