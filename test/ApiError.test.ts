import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { ApiError, RetryPolicy } from "llmfx"
import { Anthropic } from "../src/anthropic/Anthropic.ts"
import { Coze } from "../src/coze/Coze.ts"
import { failureOf, reasonOf } from "./support/errors.ts"
import { fakeHttp, type Reply } from "./support/FakeHttp.ts"
import { anthropicOver, cozeOver, openAiOver, probes, probesOf } from "./support/probes.ts"

const once = { retry: RetryPolicy.none }

const openAiError = (reply: Reply) =>
  failureOf(probes.post({ prompt: "hi" })).pipe(Effect.provide(openAiOver(fakeHttp(reply), once)))
const anthropicError = (reply: Reply) =>
  failureOf(probesOf(Anthropic).post({})).pipe(Effect.provide(anthropicOver(fakeHttp(reply), once)))
const cozeError = (reply: Reply) =>
  failureOf(probesOf(Coze).post({})).pipe(Effect.provide(cozeOver(fakeHttp(reply), once)))

describe("the reason of a status", () => {
  for (const [status, tag, isRetryable] of [
    [400, "InvalidRequestError", false],
    [401, "AuthenticationError", false],
    [402, "QuotaExceededError", false],
    [403, "PermissionDeniedError", false],
    [404, "NotFoundError", false],
    [408, "InvalidRequestError", true],
    [409, "ConflictError", true],
    [413, "InvalidRequestError", false],
    [422, "InvalidRequestError", false],
    [429, "RateLimitError", true],
    [500, "ServerError", true],
    [503, "ServerError", true],
    [529, "OverloadedError", true]
  ] as const) {
    it.effect(`${status} is a ${tag}, ${isRetryable ? "worth" : "not worth"} another try`, () =>
      Effect.gen(function* () {
        for (const failed of [openAiError, anthropicError, cozeError]) {
          const error = yield* failed({ status, body: { error: { message: "no" }, msg: "no" } })
          assert.strictEqual(error.reason._tag, tag)
          assert.strictEqual(error.isRetryable, isRetryable)
          assert.strictEqual(error.response?.status, status)
        }
      })
    )
  }
})

describe("the server's own words", () => {
  it.effect("of OpenAI are the message, code, type and parameter", () =>
    Effect.gen(function* () {
      const error = yield* openAiError({
        status: 400,
        headers: { "x-request-id": "req-1" },
        body: {
          error: {
            message: "Too long",
            type: "invalid_request_error",
            param: "messages",
            code: "context_length_exceeded"
          }
        }
      })
      const { code, message, param, type } = reasonOf(error, "InvalidRequestError")
      assert.deepStrictEqual(
        { code, message, param, type },
        { code: "context_length_exceeded", message: "Too long", param: "messages", type: "invalid_request_error" }
      )
      assert.strictEqual(error.requestId, "req-1")
    })
  )

  for (const [name, status, error, tag] of [
    ["an exhausted quota", 429, { code: "insufficient_quota" }, "QuotaExceededError"],
    ["the content policy", 400, { code: "content_policy_violation" }, "ContentPolicyError"],
    ["overload", 503, { code: "slow_down" }, "OverloadedError"]
  ] as const) {
    it.effect(`of OpenAI about ${name} come before the status`, () =>
      Effect.gen(function* () {
        const failure = yield* openAiError({ status, body: { error: { message: "no", ...error } } })
        assert.strictEqual(failure.reason._tag, tag)
      })
    )
  }

  for (const [name, body] of [
    ["a plain message", { message: "nope" }],
    ["a text as the error", { error: "nope" }],
    ["a detail", { detail: "nope" }],
    ["a list of errors", { errors: [{ message: "nope" }] }],
    ["an error in a list", [{ error: { message: "nope", code: 400, status: "INVALID_ARGUMENT" } }]]
  ] as const) {
    it.effect(`are found in the body of a compatible server: ${name}`, () =>
      Effect.gen(function* () {
        assert.strictEqual(reasonOf(yield* openAiError({ status: 400, body }), "InvalidRequestError").message, "nope")
      })
    )
  }

  it.effect("of Anthropic are the message and type, and the request id of the body", () =>
    Effect.gen(function* () {
      const error = yield* anthropicError({
        status: 529,
        body: { type: "error", error: { type: "overloaded_error", message: "Overloaded" }, request_id: "req_2" }
      })
      assert.strictEqual(reasonOf(error, "OverloadedError").type, "overloaded_error")
      assert.strictEqual(error.requestId, "req_2")
    })
  )

  it.effect("of Anthropic about credit are a QuotaExceededError", () =>
    Effect.gen(function* () {
      const message = "Your credit balance is too low to access the API."
      const error = yield* anthropicError({
        status: 400,
        body: { type: "error", error: { type: "invalid_request_error", message } }
      })
      reasonOf(error, "QuotaExceededError")
    })
  )

  it.effect("of Coze are the code and message, with the log id", () =>
    Effect.gen(function* () {
      const error = yield* cozeError({ body: { code: 4200, msg: "no such bot", detail: { logid: "log-3" } } })
      const reason = reasonOf(error, "NotFoundError")
      assert.strictEqual(reason.code, "4200")
      assert.include(reason.message, "no such bot")
      assert.strictEqual(error.requestId, "log-3")
    })
  )
})

describe("a connection that fails", () => {
  const failing = (breaks: string) =>
    failureOf(probes.get({}).pipe(Effect.provide(openAiOver(fakeHttp({ breaks }), { retry: RetryPolicy.none }))))

  for (const [code, phase] of [
    ["EAI_AGAIN", "dns"],
    ["ECONNREFUSED", "connect"],
    ["EHOSTDOWN", "connect"],
    ["EPROTO", "tls"],
    ["CERT_HAS_EXPIRED", "tls"],
    ["EPIPE", "request"],
    ["ECONNRESET", "headers"]
  ] as const) {
    it.effect(`with ${code} is a NetworkError of the phase ${phase}`, () =>
      Effect.gen(function* () {
        const reason = reasonOf(yield* failing(code), "NetworkError")
        assert.strictEqual(reason.phase, phase)
        assert.strictEqual(reason.code, code)
      })
    )
  }

  it.effect("with an empty code has none", () =>
    Effect.gen(function* () {
      assert.isUndefined(reasonOf(yield* failing(""), "NetworkError").code)
    })
  )

  it.effect("by a limit of the runtime says where that is set", () =>
    Effect.gen(function* () {
      assert.include((yield* failing("UND_ERR_HEADERS_TIMEOUT")).message, "raise headersTimeout of its dispatcher")
    })
  )
})

describe("an ApiError", () => {
  const failed = openAiError({
    status: 404,
    headers: { "x-request-id": "req-4" },
    body: { error: { message: "The model does not exist" } }
  })

  it.effect("says what happened, to which call, and what to do", () =>
    Effect.gen(function* () {
      assert.strictEqual(
        (yield* failed).message,
        "openai probe.post failed: NotFoundError (HTTP 404): The model does not exist. " +
          "Check the id, the model name and the base URL. [request id req-4]"
      )
    })
  )

  it.effect("holds the request and the response", () =>
    Effect.gen(function* () {
      const error = yield* failed
      assert.strictEqual(error.provider, "openai")
      assert.strictEqual(error.endpoint, "probe.post")
      assert.strictEqual(error.request?.method, "POST")
      assert.strictEqual(error.request?.url, "http://api.test/probe")
      assert.strictEqual(error.response?.headers["x-request-id"], "req-4")
      assert.strictEqual(error.response?.body, '{"error":{"message":"The model does not exist"}}')
    })
  )

  it.effect("becomes JSON with its message and reason", () =>
    Effect.gen(function* () {
      const json = JSON.parse(JSON.stringify(yield* failed))
      assert.strictEqual(json._tag, "ApiError")
      assert.strictEqual(json.reason._tag, "NotFoundError")
      assert.strictEqual(json.reason.message, "The model does not exist")
      assert.strictEqual(json.response.status, 404)
    })
  )

  it.effect("is told by isApiError", () =>
    Effect.gen(function* () {
      assert.isTrue(ApiError.isApiError(yield* failed))
      assert.isFalse(ApiError.isApiError(new Error("no")))
    })
  )

  it.effect("is caught by its reason, and only by it", () =>
    Effect.gen(function* () {
      const http = fakeHttp({ status: 404, body: {} })
      const call = probes.get({}).pipe(Effect.provide(openAiOver(http, once)))
      assert.strictEqual(
        yield* call.pipe(Effect.catchReason("ApiError", "NotFoundError", () => Effect.succeed("caught"))),
        "caught"
      )
      const other = yield* call.pipe(
        Effect.catchReason("ApiError", "RateLimitError", () => Effect.succeed("caught")),
        Effect.flip
      )
      assert.strictEqual(other.reason._tag, "NotFoundError")
      assert.strictEqual((yield* Effect.flip(Effect.unwrapReason(call, "ApiError")))._tag, "NotFoundError")
    })
  )

  it.effect("keeps the first 2,000 characters of a body", () =>
    Effect.gen(function* () {
      const error = yield* openAiError({ status: 500, body: "x".repeat(5000) })
      assert.strictEqual(error.response?.body?.length, 2000)
    })
  )
})
