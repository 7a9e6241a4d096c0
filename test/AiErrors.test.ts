import { assert, describe, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Option from "effect/Option"
import * as AiErrors from "../src/AiErrors.ts"
import * as ApiError from "../src/ApiError.ts"

const detail = { message: "no", code: undefined, type: undefined, param: "model", helpUrl: undefined }
const partial = { text: "half", usage: { input_tokens: 1 }, events: 3 }

const errorOf = (reason: ApiError.Reason): ApiError.ApiError =>
  new ApiError.ApiError({
    provider: "openai",
    endpoint: "responses.create",
    reason,
    request: { method: "POST", url: "http://api.test/responses", headers: { "content-type": "application/json" } },
    response: { status: 400, headers: {}, requestId: "req_1", body: "{}" },
    attempts: [],
    partial
  })

const retryAfter = Duration.millis(1500)
const timeout = { message: "late", duration: Duration.seconds(1), attempt: 1 }

const cases: ReadonlyArray<readonly [reason: ApiError.Reason, tag: string, isRetryable: boolean]> = [
  [new ApiError.AuthenticationError(detail), "AuthenticationError", false],
  [new ApiError.PermissionDeniedError(detail), "AuthenticationError", false],
  [new ApiError.NotFoundError(detail), "InvalidRequestError", false],
  [new ApiError.InvalidRequestError(detail), "InvalidRequestError", false],
  [new ApiError.ConflictError(detail), "InvalidRequestError", false],
  [new ApiError.RequestError({ message: "no" }), "InvalidRequestError", false],
  [new ApiError.RateLimitError({ ...detail, retryAfter, limits: undefined }), "RateLimitError", true],
  [new ApiError.QuotaExceededError(detail), "QuotaExhaustedError", false],
  [new ApiError.ContentPolicyError(detail), "ContentPolicyError", false],
  [new ApiError.OverloadedError({ ...detail, retryAfter }), "InternalProviderError", true],
  [new ApiError.ServerError({ ...detail, retryAfter }), "InternalProviderError", true],
  [new ApiError.StreamError({ ...detail, raw: {} }), "InternalProviderError", true],
  [new ApiError.NetworkError({ message: "broken", phase: "body", code: "ECONNRESET" }), "NetworkError", true],
  [new ApiError.TimeoutError({ ...timeout, which: "idle" }), "NetworkError", true],
  [new ApiError.TimeoutError({ ...timeout, which: "total" }), "UnknownError", false],
  [
    new ApiError.DecodeError({ message: "no", path: ["a", 0], expected: "string", raw: { a: [1] } }),
    "InvalidResponseError",
    false
  ],
  [new ApiError.UnexpectedResponseError({ message: "html", contentType: "text/html" }), "InvalidResponseError", false],
  [new ApiError.StreamTruncatedError({ message: "cut", partial }), "UnknownError", false],
  [
    new ApiError.StreamTruncatedError({ message: "cut", partial: { ...partial, events: 0 } }),
    "InternalProviderError",
    true
  ]
]

describe("an error of an API", () => {
  for (const [reason, tag, isRetryable] of cases) {
    it(`${reason._tag} becomes ${tag}, and comes back`, () => {
      const error = errorOf(reason)
      const aiError = AiErrors.fromApiError(error, { module: "m", method: "f" })
      assert.strictEqual(aiError.reason._tag, tag)
      assert.strictEqual(aiError.isRetryable, isRetryable)
      const back = Option.getOrThrow(AiErrors.toApiError(aiError))
      assert.strictEqual(back.message, error.message)
      assert.deepStrictEqual(back.reason, error.reason)
      assert.strictEqual(back.requestId, "req_1")
      assert.deepStrictEqual(back.partial, error.partial)
    })
  }

  it("says how long to wait", () => {
    const error = errorOf(new ApiError.RateLimitError({ ...detail, retryAfter, limits: undefined }))
    const { retryAfter: given } = AiErrors.fromApiError(error, { module: "m", method: "f" })
    assert.strictEqual(given === undefined ? undefined : Duration.toMillis(given), 1500)
  })

  it("says what is wrong with a key", () => {
    const kinds = ["Your key has expired", "You didn't provide an API key", "Incorrect API key provided"].map(
      (message) => {
        const { reason } = AiErrors.fromApiError(errorOf(new ApiError.AuthenticationError({ ...detail, message })), {
          module: "m",
          method: "f"
        })
        return reason._tag === "AuthenticationError" ? reason.kind : undefined
      }
    )
    assert.deepStrictEqual(kinds, ["ExpiredKey", "MissingKey", "InvalidKey"])
  })
})
