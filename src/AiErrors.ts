/**
 * Errors of the APIs as errors of `effect/ai`, and back. The language models use it; so can a program that mixes both.
 *
 * @example
 * ```ts
 * import * as LanguageModel from "effect/ai/LanguageModel"
 * import * as Effect from "effect/Effect"
 * import * as Option from "effect/Option"
 * import * as AiErrors from "llmfx/AiErrors"
 *
 * const answer = LanguageModel.generateText({ prompt: "hi" }).pipe(
 *   Effect.tapError((error) =>
 *     Effect.logError(Option.match(AiErrors.toApiError(error), { onNone: () => error, onSome: ({ requestId }) => requestId }))
 *   )
 * )
 * ```
 */
import * as AiError from "effect/ai/AiError"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import { type ApiError, isApiError } from "./ApiError.ts"
import * as ApiErrorSchema from "./ApiErrorSchema.ts"
import { plainJson } from "./internal/ai/plainJson.ts"
import { aiMetadataKey } from "./internal/errors/aiMetadataKey.ts"
import { isObject } from "./internal/json/json.ts"

/**
 * The module and method that an `AiError` names.
 *
 * @category models
 */
export interface Place {
  readonly module: string
  readonly method: string
}

/**
 * The key under which a reason's metadata holds the `ApiError` as JSON.
 *
 * @category constants
 */
export const metadataKey: typeof aiMetadataKey = aiMetadataKey

/**
 * Converts the error of a call. The reason's metadata holds the whole `ApiError` as JSON, under {@link metadataKey}; a
 * `NetworkError`, which has no metadata, holds it as its cause. What had arrived of a stream is in `partial` there.
 *
 * @category converting
 */
export const fromApiError = (error: ApiError, place: Place): AiError.AiError =>
  AiError.make({ ...place, reason: reasonOf(error) })

/**
 * The `ApiError` that an `AiError` was made from.
 *
 * @category converting
 */
export const toApiError = ({ reason }: AiError.AiError): Option.Option<ApiError> => {
  if (reason._tag === "NetworkError") {
    return isApiError(reason.cause) ? Option.some(reason.cause) : Option.none()
  }
  const metadata: unknown = Predicate.hasProperty(reason, "metadata") ? reason.metadata : undefined
  return isObject(metadata) && metadataKey in metadata ? decode(metadata[metadataKey]) : Option.none()
}

const decode = /*#__PURE__*/ Schema.decodeUnknownOption(ApiErrorSchema.schema)
const encode = /*#__PURE__*/ Schema.encodeUnknownOption(ApiErrorSchema.schema)

const jsonOf = (error: ApiError): Schema.MutableJson => plainJson(Option.getOrElse(encode(error), () => error.toJSON()))

const reasonOf = (error: ApiError): AiError.AiErrorReason => {
  const { message: description, reason, request, response } = error
  const common = {
    metadata: { [metadataKey]: jsonOf(error) },
    ...(response === undefined
      ? {}
      : { http: { response: { status: response.status, headers: response.headers }, body: response.body } })
  }
  switch (reason._tag) {
    case "AuthenticationError":
      return new AiError.AuthenticationError({ kind: kindOf(reason), description, ...common })
    case "PermissionDeniedError":
      return new AiError.AuthenticationError({ kind: "InsufficientPermissions", description, ...common })
    case "RateLimitError":
      return new AiError.RateLimitError({ retryAfter: reason.retryAfter, ...common })
    case "QuotaExceededError":
      return new AiError.QuotaExhaustedError(common)
    case "ContentPolicyError":
      return new AiError.ContentPolicyError({ description, ...common })
    case "InvalidRequestError":
    case "NotFoundError":
    case "ConflictError":
      return new AiError.InvalidRequestError({ parameter: reason.param, description, ...common })
    case "RequestError":
      return new AiError.InvalidRequestError({ description, ...common })
    case "OverloadedError":
    case "ServerError":
    case "StreamError":
      return new AiError.InternalProviderError({ description, ...common })
    case "DecodeError":
    case "UnexpectedResponseError":
      return new AiError.InvalidResponseError({ description, ...common })
    case "StreamTruncatedError":
      // Once output was seen, a second attempt would repeat it.
      return reason.partial.events === 0
        ? new AiError.InternalProviderError({ description, ...common })
        : new AiError.UnknownError({ description, ...common })
    case "TimeoutError":
      // The total timeout covers all attempts, so no time is left for another.
      if (reason.which === "total") return new AiError.UnknownError({ description, ...common })
      return networkError(error, request)
    case "NetworkError":
      return networkError(error, request)
  }
}

const networkError = (error: ApiError, request: ApiError["request"]): AiError.NetworkError =>
  new AiError.NetworkError({
    reason: "TransportError",
    method: request?.method ?? "POST",
    url: request?.url ?? "",
    description: error.message,
    cause: error
  })

const kindOf = (detail: {
  readonly message: string
  readonly code: string | undefined
}): AiError.AuthenticationError["kind"] => {
  const text = `${detail.code ?? ""} ${detail.message}`
  if (/expired/i.test(text)) return "ExpiredKey"
  return /missing|(?:not|n't) provide|no api key/i.test(text) ? "MissingKey" : "InvalidKey"
}
