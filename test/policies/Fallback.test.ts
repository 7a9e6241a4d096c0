import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as ExecutionPlan from "effect/ExecutionPlan"
import * as Stream from "effect/Stream"
import { type ApiError, Fallback, RetryPolicy } from "llmfx"
import { Anthropic } from "llmfx/anthropic"
import { failureOf, streamFailure } from "../support/errors.ts"
import { type FakeHttp, fakeHttp, type Reply, sse } from "../support/FakeHttp.ts"
import { anthropicOver, openAiOver, probes, probesOf } from "../support/probes.ts"

const others = probesOf(Anthropic)
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

  const tick = (delta: string) => sse({ type: "tick", delta })
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
})
