import { assert, describe, it } from "@effect/vitest"
import * as AiError from "effect/ai/AiError"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as ExecutionPlan from "effect/ExecutionPlan"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/testing/TestClock"
import { type ApiError, Fallback, RequestOptions, RetryPolicy } from "llmfx"
import * as AiErrors from "llmfx/AiErrors"
import { Anthropic } from "llmfx/anthropic"
import { OpenAi } from "llmfx/openai"
import { failureOf, streamFailure } from "../support/errors.ts"
import { type FakeHttp, fakeHttp, type Reply, sse } from "../support/FakeHttp.ts"
import { anthropicOver, openAiOver, probes, probesOf } from "../support/probes.ts"

const others = probesOf(Anthropic)
const place = { module: "test", method: "ask" }
const tick = (delta: string) => sse({ type: "tick", delta })
const ok: Reply = { body: { ok: true } }
const status = (status: number): Reply => ({ status, body: { error: { message: "no" } } })

const over =
  (primary: FakeHttp, secondary: FakeHttp) =>
  <A, E, R>(effect: Effect.Effect<A, E, R>) =>
    effect.pipe(
      Effect.provide(openAiOver(primary, { retry: RetryPolicy.none })),
      Effect.provide(anthropicOver(secondary, { retry: RetryPolicy.none }))
    )

describe("Fallback.to", () => {
  for (const code of [429, 500, 503, 529]) {
    it.effect(`goes to the other program after ${code}`, () =>
      Effect.gen(function* () {
        const [primary, secondary] = [fakeHttp(status(code)), fakeHttp(ok)]
        yield* probes.get({}).pipe(Fallback.to(others.get({})), over(primary, secondary))
        assert.strictEqual(secondary.sent.length, 1)
      })
    )
  }

  for (const code of [400, 401, 403, 404, 409]) {
    it.effect(`stays with ${code}`, () =>
      Effect.gen(function* () {
        const [primary, secondary] = [fakeHttp(status(code)), fakeHttp(ok)]
        yield* failureOf(probes.get({}).pipe(Fallback.to(others.get({})), over(primary, secondary)))
        assert.strictEqual(secondary.sent.length, 0)
      })
    )
  }

  it.effect("goes through several, as `when` says", () =>
    Effect.gen(function* () {
      const [primary, secondary] = [fakeHttp(status(404), ok), fakeHttp(status(500))]
      yield* probes.get({}).pipe(
        Fallback.to(others.get({}), {
          when: (error) => (error as ApiError.ApiError).reason._tag === "NotFoundError"
        }),
        Fallback.to(probes.put({})),
        over(primary, secondary)
      )
      assert.deepStrictEqual([primary.sent.length, secondary.sent.length], [2, 1])
    })
  )

  const end = sse({ type: "end" })

  it.effect("starts the other stream if the first one fails before any value", () =>
    Effect.gen(function* () {
      const [primary, secondary] = [fakeHttp({ parts: ["<broken>"] }), fakeHttp({ parts: [tick("b"), end] })]
      const values = yield* probes
        .stream({})
        .pipe(Fallback.to(others.stream({})), Stream.runCollect, over(primary, secondary))
      assert.deepStrictEqual(
        values.map(({ delta }) => delta),
        ["b", undefined]
      )
    })
  )

  it.effect("does not, once there were values: nothing comes twice", () =>
    Effect.gen(function* () {
      const [primary, secondary] = [fakeHttp({ parts: [tick("a"), "<broken>"] }), fakeHttp({ parts: [tick("b"), end] })]
      const { values } = yield* streamFailure(probes.stream({}).pipe(Fallback.to(others.stream({})))).pipe(
        over(primary, secondary)
      )
      assert.lengthOf(values, 1)
      assert.strictEqual(secondary.sent.length, 0)
    })
  )

  it.effect("appends the other stream if asked to", () =>
    Effect.gen(function* () {
      const [primary, secondary] = [fakeHttp({ parts: [tick("a"), "<broken>"] }), fakeHttp({ parts: [tick("b"), end] })]
      const values = yield* probes
        .stream({})
        .pipe(Fallback.to(others.stream({}), { afterOutput: "append" }), Stream.runCollect, over(primary, secondary))
      assert.deepStrictEqual(
        values.map(({ delta }) => delta),
        ["a", "b", undefined]
      )
    })
  )

  const hurried = {
    headers: { "x-tenant": "first" },
    baseUrl: "http://first.test",
    timeouts: { total: "1 second" }
  } as const

  it.effect("runs the other program without the options and the deadline of the first", () =>
    Effect.gen(function* () {
      const [primary, secondary] = [fakeHttp({ ...ok, delay: 5000 }), fakeHttp({ ...ok, delay: 5000 })]
      const program = probes.get({}).pipe(RequestOptions.withOptions(hurried), Fallback.to(others.get({})))
      const fiber = yield* Effect.forkChild(program.pipe(over(primary, secondary)))
      yield* TestClock.adjust("10 seconds")
      yield* Fiber.join(fiber)
      assert.deepStrictEqual(
        secondary.sent.map(({ headers, url }) => [headers["x-tenant"], url]),
        [[undefined, "http://api.test/probe"]]
      )
    })
  )

  it.effect("runs the other stream without the options and the deadline of the first", () =>
    Effect.gen(function* () {
      const [primary, secondary] = [fakeHttp({ parts: [5000, end] }), fakeHttp({ parts: [5000, end] })]
      const program = probes.stream({}).pipe(RequestOptions.withOptions(hurried), Fallback.to(others.stream({})))
      const fiber = yield* Effect.forkChild(Stream.runDrain(program).pipe(over(primary, secondary)))
      yield* TestClock.adjust("10 seconds")
      yield* Fiber.join(fiber)
      assert.deepStrictEqual(
        secondary.sent.map(({ headers, url }) => [headers["x-tenant"], url]),
        [[undefined, "http://api.test/probe"]]
      )
    })
  )
})

describe("Fallback.isUnavailable", () => {
  it.effect("decides in an execution plan that goes from one layer to the next", () =>
    Effect.gen(function* () {
      const [primary, secondary] = [fakeHttp(status(503), status(400)), fakeHttp(ok)]
      const plan = ExecutionPlan.make(
        { provide: openAiOver(primary, { retry: RetryPolicy.none }) },
        { provide: openAiOver(secondary, { retry: RetryPolicy.none }), while: Fallback.isUnavailable }
      )
      yield* Effect.withExecutionPlan(probes.get({}), plan)
      assert.strictEqual(secondary.sent.length, 1)
      yield* failureOf(Effect.withExecutionPlan(probes.get({}), plan))
      assert.strictEqual(secondary.sent.length, 1)
    })
  )

  const apiErrorFrom = (reply: Reply) =>
    failureOf(probes.get({}).pipe(Effect.provide(openAiOver(fakeHttp(reply), { retry: RetryPolicy.none }))))

  for (const [what, reply, expected] of [
    ["a rate limit", status(429), true],
    ["an outage", status(503), true],
    ["a page of a proxy", { status: 200, headers: { "content-type": "text/html" }, body: "<html>" }, true],
    ["a wrong key", status(401), false],
    ["an invalid request", status(400), false]
  ] as const) {
    it.effect(`says ${expected} for ${what}, as ApiError and as AiError`, () =>
      Effect.gen(function* () {
        const error = yield* apiErrorFrom(reply)
        assert.strictEqual(Fallback.isUnavailable(error), expected)
        assert.strictEqual(Fallback.isUnavailable(AiErrors.fromApiError(error, place)), expected)
      })
    )
  }

  it.effect("says true for a truncated stream, also as AiError", () =>
    Effect.gen(function* () {
      const http = fakeHttp({ parts: [tick("a")] })
      const { error } = yield* streamFailure(probes.stream({})).pipe(Effect.provide(openAiOver(http)))
      assert.strictEqual(error.reason._tag, "StreamTruncatedError")
      assert.isTrue(Fallback.isUnavailable(AiErrors.fromApiError(error, place)))
    })
  )

  for (const [reason, expected] of [
    [new AiError.RateLimitError({}), true],
    [new AiError.QuotaExhaustedError({}), true],
    [new AiError.InternalProviderError({ description: "overloaded" }), true],
    [new AiError.NetworkError({ reason: "TransportError", method: "POST", url: "" }), true],
    [new AiError.NetworkError({ reason: "InvalidUrlError", method: "POST", url: "" }), false],
    [new AiError.ContentPolicyError({ description: "no" }), false],
    [new AiError.InvalidOutputError({ description: "no" }), false],
    [new AiError.UnknownError({ description: "no" }), false]
  ] as const) {
    it(`says ${expected} for ${reason._tag} of another provider (${reason.message})`, () => {
      assert.strictEqual(Fallback.isUnavailable(AiError.make({ ...place, reason })), expected)
    })
  }

  it.effect("says true for a layer whose key is not set", () =>
    Effect.gen(function* () {
      const layer = Layer.build(OpenAi.layerConfig()).pipe(Effect.provide(fakeHttp(ok).layer), Effect.scoped)
      assert.isTrue(Fallback.isUnavailable(yield* Effect.flip(layer)))
    }).pipe(Effect.provide(ConfigProvider.layer(ConfigProvider.fromUnknown({}))))
  )

  it("says false for any other error", () => {
    for (const error of [undefined, null, "no", new Error("no"), { _tag: "AiError" }]) {
      assert.isFalse(Fallback.isUnavailable(error))
    }
  })
})
