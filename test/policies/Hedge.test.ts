import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/testing/TestClock"
import { Hedge, Idempotency, RequestOptions, RetryPolicy } from "llmfx"
import { failureOf } from "../support/errors.ts"
import { type FakeHttp, fakeHttp, sse } from "../support/FakeHttp.ts"
import { openAiOver, probes } from "../support/probes.ts"

const over = (http: FakeHttp) => openAiOver(http, { retry: RetryPolicy.none })

const settle = <A, E, R>(program: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const fiber = yield* Effect.forkChild(program)
    yield* TestClock.adjust("1 minute")
    return yield* Fiber.join(fiber)
  })

const ok = { body: { ok: true } }

describe("Hedge.after", () => {
  it.effect("runs a fast program once", () =>
    Effect.gen(function* () {
      const http = fakeHttp({ ...ok, delay: 900 })
      yield* settle(probes.get({}).pipe(Hedge.after("1 second"), Effect.provide(over(http))))
      assert.strictEqual(http.sent.length, 1)
    })
  )

  it.effect("runs a slow one again, takes what comes first and gives up the other", () =>
    Effect.gen(function* () {
      const http = fakeHttp({ ...ok, delay: 30_000 }, { body: { ok: false }, delay: 500 })
      const program = probes.get({}).pipe(
        Hedge.after("1 second"),
        Effect.flatMap(({ ok }) => Effect.clockWith((clock) => Effect.map(clock.currentTimeMillis, (at) => [ok, at])))
      )
      assert.deepStrictEqual(yield* settle(program.pipe(Effect.provide(over(http)))), [false, 1500])
      assert.deepStrictEqual(
        http.sent.map(({ at }) => at),
        [0, 1000]
      )
      assert.strictEqual(http.aborted(), 1)
    })
  )

  it.effect("takes the first run if that wins after all", () =>
    Effect.gen(function* () {
      const http = fakeHttp({ ...ok, delay: 1200 }, { body: { ok: false }, delay: 5000 })
      const { ok: first } = yield* settle(probes.get({}).pipe(Hedge.after("1 second"), Effect.provide(over(http))))
      assert.isTrue(first)
      assert.strictEqual(http.aborted(), 1)
    })
  )

  it.effect("fails at once with a run that fails early", () =>
    Effect.gen(function* () {
      const http = fakeHttp({ status: 500, delay: 100 })
      yield* settle(failureOf(probes.get({}).pipe(Hedge.after("1 second"), Effect.provide(over(http)))))
      assert.strictEqual(http.sent.length, 1)
    })
  )

  it.effect("outlives the failure of one of two runs", () =>
    Effect.gen(function* () {
      const http = fakeHttp({ status: 500, delay: 1500 }, { ...ok, delay: 2000 })
      yield* settle(probes.get({}).pipe(Hedge.after("1 second"), Effect.provide(over(http))))
      assert.strictEqual(http.sent.length, 2)
    })
  )

  it.effect("gives up both runs when it is interrupted", () =>
    Effect.gen(function* () {
      const http = fakeHttp({ ...ok, delay: 30_000 })
      const fiber = yield* Effect.forkChild(probes.get({}).pipe(Hedge.after("1 second"), Effect.provide(over(http))))
      yield* TestClock.adjust("2 seconds")
      yield* Fiber.interrupt(fiber)
      assert.strictEqual(http.aborted(), 2)
    })
  )

  it.effect("leaves what the winner has opened open for as long as the program's scope", () =>
    Effect.gen(function* () {
      const http = fakeHttp({ parts: [sse({ type: "tick", delta: "a" }), 2000, sse({ type: "end" })] })
      const program = probes.stream.withResponse({}).pipe(
        Hedge.after("1 second"),
        Effect.flatMap(({ value }) => Stream.runCount(value)),
        Effect.scoped
      )
      assert.strictEqual(yield* settle(program.pipe(Effect.provide(over(http)))), 2)
    })
  )

  it.effect("goes on with the stream whose first values come first, and closes the other", () =>
    Effect.gen(function* () {
      const event = (delta: string) => sse({ type: "tick", delta })
      const http = fakeHttp(
        { parts: [5000, event("slow"), sse({ type: "end" })] },
        { parts: [500, event("a"), 9000, event("b"), sse({ type: "end" })] }
      )
      const values = yield* settle(
        Stream.runCollect(probes.stream({}).pipe(Hedge.after("1 second"))).pipe(Effect.provide(over(http)))
      )
      assert.deepStrictEqual(
        values.map(({ delta }) => delta),
        ["a", "b", undefined]
      )
      assert.strictEqual(http.aborted(), 1)
    })
  )

  it.effect("sends the second run with the options of the program, and an idempotency key of its own", () =>
    Effect.gen(function* () {
      const http = fakeHttp({ ...ok, delay: 30_000 }, ok)
      const layer = openAiOver(http, { retry: RetryPolicy.none, middleware: [Idempotency.keys] })
      yield* settle(
        probes
          .post({})
          .pipe(Hedge.after("1 second"), RequestOptions.withHeaders({ "x-tenant": "a" }), Effect.provide(layer))
      )
      const headers = http.sent.map(({ headers }) => headers)
      assert.deepStrictEqual(
        headers.map((sent) => sent["x-tenant"]),
        ["a", "a"]
      )
      assert.strictEqual(new Set(headers.map((sent) => sent["idempotency-key"])).size, 2)
    })
  )

  it.effect("gives the second run time of its own when the first one runs out of it", () =>
    Effect.gen(function* () {
      const http = fakeHttp({ ...ok, delay: 30_000 }, { ...ok, delay: 1500 })
      const call = probes.get({}).pipe(RequestOptions.withTimeouts({ total: "2 seconds" }), Hedge.after("1 second"))
      assert.isTrue((yield* settle(Effect.provide(call, over(http)))).ok)
    })
  )
})
