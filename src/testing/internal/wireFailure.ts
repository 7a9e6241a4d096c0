/** How each API writes an error. */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as ApiError from "../../ApiError.ts"
import type * as Endpoint from "../../Endpoint.ts"
import type { Limit } from "../../policies/RateLimit.ts"
import * as Reply from "../Reply.ts"
import { ConnectionLost } from "./ConnectionLost.ts"

/** The reasons that a server gives with a status and a body. */
export type ServerReason = Extract<ApiError.Reason, ApiError.ServerDetail>

interface Form {
  readonly status: number
  readonly openai: { readonly type: string; readonly code: string | null }
  /** The class of the error. */
  readonly anthropic: string
  /** The number in the body, and the status that goes with it. */
  readonly coze: { readonly code: number; readonly status: number }
}

const forms: { readonly [K in ServerReason["_tag"]]: Form } = {
  AuthenticationError: {
    status: 401,
    openai: { type: "invalid_request_error", code: "invalid_api_key" },
    anthropic: "authentication_error",
    coze: { code: 4100, status: 401 }
  },
  PermissionDeniedError: {
    status: 403,
    openai: { type: "invalid_request_error", code: "forbidden" },
    anthropic: "permission_error",
    coze: { code: 777777765, status: 403 }
  },
  NotFoundError: {
    status: 404,
    openai: { type: "invalid_request_error", code: "not_found" },
    anthropic: "not_found_error",
    coze: { code: 4200, status: 200 }
  },
  InvalidRequestError: {
    status: 400,
    openai: { type: "invalid_request_error", code: null },
    anthropic: "invalid_request_error",
    coze: { code: 4000, status: 200 }
  },
  ConflictError: {
    status: 409,
    openai: { type: "invalid_request_error", code: "conflict" },
    anthropic: "conflict_error",
    coze: { code: 4016, status: 200 }
  },
  RateLimitError: {
    status: 429,
    openai: { type: "requests", code: "rate_limit_exceeded" },
    anthropic: "rate_limit_error",
    coze: { code: 4013, status: 429 }
  },
  QuotaExceededError: {
    status: 429,
    openai: { type: "insufficient_quota", code: "insufficient_quota" },
    anthropic: "billing_error",
    coze: { code: 4011, status: 200 }
  },
  ContentPolicyError: {
    status: 400,
    openai: { type: "invalid_request_error", code: "content_policy_violation" },
    anthropic: "content_policy_error",
    coze: { code: 4105, status: 200 }
  },
  OverloadedError: {
    status: 503,
    openai: { type: "server_error", code: "overloaded" },
    anthropic: "overloaded_error",
    coze: { code: 0, status: 529 }
  },
  ServerError: {
    status: 500,
    openai: { type: "server_error", code: null },
    anthropic: "api_error",
    coze: { code: 5000, status: 500 }
  },
  StreamError: {
    status: 200,
    openai: { type: "stream_failed", code: "stream_failed" },
    anthropic: "stream_failed",
    coze: { code: 1, status: 200 }
  }
}

const anthropicStatus: { readonly [tag: string]: number } = { OverloadedError: 529, QuotaExceededError: 402 }

type Provider = string

/** The JSON that says what went wrong. */
const errorBody = (provider: Provider, reason: ServerReason): unknown => {
  const form = forms[reason._tag]
  switch (provider) {
    case "anthropic":
      return {
        type: "error",
        error: {
          type: reason.type ?? form.anthropic,
          message: reason.message,
          ...(reason.code === undefined ? {} : { details: { error_code: reason.code } })
        },
        request_id: requestId
      }
    case "coze":
      return {
        code: Number(reason.code ?? form.coze.code),
        msg: reason.message,
        detail: { logid: requestId },
        ...(reason.helpUrl === undefined ? {} : { help_doc: reason.helpUrl })
      }
    default:
      return {
        error: {
          message: reason.message,
          type: reason.type ?? form.openai.type,
          param: reason.param ?? null,
          code: reason.code ?? form.openai.code
        }
      }
  }
}

const requestId = "req_mock"

const requestIdHeader: { readonly [provider: string]: string } = { anthropic: "request-id", coze: "x-tt-logid" }

/** The header with the id of a request. */
export const requestIdHeaders = (provider: Provider, id: string = requestId): { readonly [name: string]: string } => ({
  [requestIdHeader[provider] ?? "x-request-id"]: id
})

const statusOf = (provider: Provider, reason: ServerReason): number => {
  const form = forms[reason._tag]
  if (provider === "coze") return form.coze.status
  return (provider === "anthropic" ? anthropicStatus[reason._tag] : undefined) ?? form.status
}

const isServerReason = (reason: ApiError.Reason): reason is ServerReason => Object.hasOwn(forms, reason._tag)

/** The response of a provider's server to a request that it refuses for this reason, at a time in milliseconds. */
export const failureReplyOf = (provider: Provider, reason: ServerReason, now: number): Reply.Reply =>
  Reply.json(errorBody(provider, reason), {
    status: statusOf(provider, reason),
    headers: { ...requestIdHeaders(provider), ...waitHeaders(reason), ...limitHeaders(provider, reason, now) }
  })

/** The provider whose API a request speaks to; that of OpenAI unless something tells of another. */
export const providerOf = (request: {
  readonly url: string
  readonly headers: { readonly [name: string]: string }
}): Provider => {
  if ("anthropic-version" in request.headers) return "anthropic"
  return /coze|\/v3\/chat|\/open_api\//.test(request.url) ? "coze" : "openai"
}

/** The error event of a stream of no particular endpoint. */
export const errorEventOf = (
  provider: Provider,
  reason: ServerReason
): { readonly event: string | undefined; readonly data: unknown } => ({
  event: provider === "openai" ? undefined : "error",
  data: errorBody(provider, reason)
})

/** The error event of a stream: its name and its JSON. */
export const errorEvent = (
  endpoint: Endpoint.Metadata,
  reason: ServerReason
): { readonly event: string | undefined; readonly data: unknown } => {
  const body = errorBody(endpoint.provider, reason)
  if (endpoint.provider !== "openai") return { event: "error", data: body }
  const isTyped = Array.isArray(endpoint.terminal) && endpoint.terminal.includes("response.completed")
  if (!isTyped) return { event: endpoint.envelope === true ? "error" : undefined, data: body }
  const { code, message, param } = (body as { readonly error: ServerReason }).error
  return { event: "error", data: { type: "error", code, message, param, sequence_number: 0 } }
}

/** The response in which a client finds this reason, or the failure of the connection. */
export const failureReply = (
  endpoint: Endpoint.Metadata,
  reason: ApiError.Reason
): Effect.Effect<Reply.Reply, ConnectionLost> => {
  if (isServerReason(reason)) {
    return Effect.map(Clock.currentTimeMillis, (now) => failureReplyOf(endpoint.provider, reason, now))
  }
  switch (reason._tag) {
    case "NetworkError":
      return Effect.fail(new ConnectionLost({ code: reason.code ?? "ECONNRESET" }))
    case "TimeoutError":
      return Effect.never
    case "DecodeError":
      return Effect.succeed(Reply.json(reason.raw))
    case "StreamTruncatedError":
      return Effect.succeed({
        status: 200,
        headers: { "content-type": "text/event-stream" },
        body: ""
      })
    case "UnexpectedResponseError":
      return Effect.succeed(
        Reply.text(`<html><head><title>${reason.message}</title></head></html>`, {
          headers: { "content-type": reason.contentType ?? "text/html" }
        })
      )
    default:
      return Effect.die(
        new Error(`A server cannot cause ${reason._tag}: it is what the client says before anything is sent`)
      )
  }
}

const waitHeaders = (reason: ServerReason): { readonly [name: string]: string } => {
  const wait = "retryAfter" in reason ? reason.retryAfter : undefined
  if (wait === undefined) return {}
  const millis = Duration.toMillis(wait)
  return millis % 1000 === 0 ? { "retry-after": String(millis / 1000) } : { "retry-after-ms": String(millis) }
}

const limitHeaders = (provider: Provider, reason: ServerReason, now: number): { readonly [name: string]: string } =>
  reason._tag === "RateLimitError" && reason.limits !== undefined
    ? Object.assign(
        {},
        ...Object.entries(reason.limits).map(([dimension, limit]) => limitHeadersOf(provider, dimension, limit, now))
      )
    : {}

/** One limit in the headers of a provider. */
export const limitHeadersOf = (
  provider: Provider,
  dimension: string,
  { limit, remaining, reset }: Limit,
  now: number
): { readonly [name: string]: string } => {
  if (provider === "coze") return {}
  const name = (field: string): string =>
    provider === "anthropic" ? `anthropic-ratelimit-${dimension}-${field}` : `x-ratelimit-${field}-${dimension}`
  return {
    ...(limit === undefined ? {} : { [name("limit")]: String(limit) }),
    ...(remaining === undefined ? {} : { [name("remaining")]: String(remaining) }),
    ...(reset === undefined ? {} : { [name("reset")]: resetText(provider, Duration.toMillis(reset), now) })
  }
}

/** The whole second of the reset, or the time until it. */
const resetText = (provider: Provider, millis: number, now: number): string =>
  provider === "anthropic"
    ? new Date(Math.ceil((now + millis) / 1000) * 1000).toISOString().replace(".000", "")
    : millis < 1000
      ? `${millis}ms`
      : `${millis / 1000}s`
