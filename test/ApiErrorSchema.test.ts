import { assert, describe, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { ApiError, ApiErrorSchema } from "llmfx"
import { failureOf, reasonOf } from "./support/errors.ts"
import { fakeHttp } from "./support/FakeHttp.ts"
import { openAiOver, probes } from "./support/probes.ts"

const json = Schema.toCodecJson(ApiErrorSchema.schema)

/** Out of the process and back. */
const sent = (error: ApiError.ApiError): Effect.Effect<ApiError.ApiError, Schema.SchemaError> =>
  Schema.encodeEffect(json)(error).pipe(
    Effect.flatMap((encoded) => Schema.decodeUnknownEffect(json)(JSON.parse(JSON.stringify(encoded))))
  )

const partial = { text: "so far", usage: { input_tokens: 3 }, events: 2 }

const errorOf = (reason: ApiError.Reason, isBare: boolean): ApiError.ApiError =>
  new ApiError.ApiError({
    provider: "openai",
    endpoint: "models.retrieve",
    reason,
    request: isBare ? undefined : { method: "GET", url: "https://api.openai.com/v1/models/m", headers: { a: "b" } },
    response: isBare
      ? undefined
      : { status: 500, headers: { "x-should-retry": "false" }, requestId: "req_1", body: "no" },
    attempts: isBare ? [] : [{ reason: reason._tag, status: undefined, waited: 500 }],
    partial: isBare ? undefined : partial
  })

const message = "what went wrong"
const bare = { message, code: undefined, type: undefined, param: undefined, helpUrl: undefined }
const full = { message, code: "a", type: "b", param: "c", helpUrl: "https://help" }
const retryAfter = Duration.millis(1500)
const limits = { requests: { limit: 60, remaining: undefined, reset: Duration.seconds(6) } }

const reasons: ReadonlyArray<ApiError.Reason> = [
  ...[bare, full].flatMap((detail) => [
    new ApiError.AuthenticationError(detail),
    new ApiError.PermissionDeniedError(detail),
    new ApiError.NotFoundError(detail),
    new ApiError.InvalidRequestError(detail),
    new ApiError.ConflictError(detail),
    new ApiError.QuotaExceededError(detail),
    new ApiError.ContentPolicyError(detail),
    new ApiError.RateLimitError({ ...detail, retryAfter: undefined, limits: undefined }),
    new ApiError.RateLimitError({ ...detail, retryAfter, limits }),
    new ApiError.OverloadedError({ ...detail, retryAfter }),
    new ApiError.ServerError({ ...detail, retryAfter }),
    new ApiError.StreamError({ ...detail, raw: { type: "error", error: [null] } })
  ]),
  new ApiError.NetworkError({ message, phase: "connect", code: "ECONNREFUSED" }),
  new ApiError.TimeoutError({ message, which: "idle", duration: Duration.seconds(30), attempt: 2 }),
  new ApiError.DecodeError({ message, path: ["a", 0], expected: "a number", raw: { a: ["x"] } }),
  new ApiError.DecodeError({ message, path: [], expected: "an object", raw: null }),
  new ApiError.StreamTruncatedError({ message, partial }),
  new ApiError.StreamTruncatedError({ message, partial: { ...partial, usage: undefined } }),
  new ApiError.UnexpectedResponseError({ message, contentType: undefined }),
  new ApiError.RequestError({ message })
]

describe("ApiErrorSchema", () => {
  for (const [index, reason] of reasons.entries()) {
    for (const isBare of [false, true]) {
      it.effect(`brings back ${reason._tag} ${index}${isBare ? " of a call without request and response" : ""}`, () =>
        Effect.gen(function* () {
          const error = errorOf(reason, isBare)
          const back = yield* sent(error)
          assert.instanceOf(back, ApiError.ApiError)
          assert.strictEqual(back.reason.constructor, error.reason.constructor)
          assert.deepStrictEqual(back.toJSON(), error.toJSON())
          assert.deepStrictEqual(
            [back.message, back.isRetryable, back.partial],
            [error.message, error.isRetryable, error.partial]
          )
        })
      )
    }
  }

  it.effect("brings back what a call failed with, to be caught by its reason", () =>
    Effect.gen(function* () {
      const http = fakeHttp({ status: 404, headers: { "content-type": "application/json" }, parts: ['{"error":{}}'] })
      const back = yield* sent(yield* failureOf(Effect.provide(probes.get({}), openAiOver(http, {}))))
      const caught = yield* Effect.fail(back).pipe(
        Effect.catchReason("ApiError", "NotFoundError", () => Effect.succeed("caught"))
      )
      assert.strictEqual(caught, "caught")
      assert.include(back.toCurl(), "curl")
      reasonOf(back, "NotFoundError")
    })
  )

  it.effect("refuses a reason that there is not", () =>
    Effect.gen(function* () {
      const encoded = {
        ...Object(errorOf(new ApiError.RequestError({ message }), true).toJSON()),
        reason: { _tag: "X" }
      }
      const error = yield* Effect.flip(Schema.decodeUnknownEffect(json)(encoded))
      assert.include(error.message, "reason")
    })
  )
})

describe("an ApiError with a large answer", () => {
  it.effect("is sent with as much of it as a queue can hold", () =>
    Effect.gen(function* () {
      const deep: unknown = JSON.parse("[".repeat(5000) + "]".repeat(5000))
      const raw = { text: "x".repeat(10_000_000), deep }
      const error = errorOf(new ApiError.DecodeError({ message, path: [], expected: "an object", raw }), false)
      const encoded = JSON.stringify(yield* Schema.encodeEffect(json)(error))
      assert.isBelow(encoded.length, 100_000)
      assert.strictEqual(reasonOf(yield* sent(error), "DecodeError").message, message)
    })
  )
})
