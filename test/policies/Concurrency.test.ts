import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/testing/TestClock"
import { Concurrency, Middleware, RequestOptions } from "llmfx"
import { failureOf, reasonOf } from "../support/errors.ts"
import { fakeHttp, sse } from "../support/FakeHttp.ts"
import { openAiOver, probes } from "../support/probes.ts"

describe("Concurrency", () => {
  it.effect("sends no more calls at a time than it allows", () =>
    Effect.gen(function* () {
      const http = fakeHttp({ body: { ok: true }, delay: 1000 })
      const limit = yield* Concurrency.make(2)
      const calls = Effect.forEach([1, 2, 3, 4, 5], () => probes.get({}), { concurrency: "unbounded" })
      const fiber = yield* Effect.forkChild(calls.pipe(Middleware.use(limit), Effect.provide(openAiOver(http))))
      yield* TestClock.adjust("10 seconds")
      yield* Fiber.join(fiber)
      assert.deepStrictEqual(
        http.sent.map(({ at }) => at),
        [0, 0, 1000, 1000, 2000]
      )
    })
  )

  it.effect("counts a stream until its end, or until nobody reads it", () =>
    Effect.gen(function* () {
      const tick = sse({ type: "tick" })
      const http = fakeHttp({ parts: [tick, 1000, tick, 1000, sse({ type: "end" })] })
      const limit = yield* Concurrency.make(1)
      const program = Effect.all(
        [Stream.runDrain(probes.stream({})), Stream.runHead(probes.stream({})), probes.get({})],
        {
          concurrency: "unbounded"
        }
      )
      const fiber = yield* Effect.forkChild(
        Effect.exit(program).pipe(Middleware.use(limit), Effect.provide(openAiOver(http)))
      )
      yield* TestClock.adjust("10 seconds")
      yield* Fiber.join(fiber)
      assert.deepStrictEqual(
        http.sent.map(({ at }) => at),
        [0, 2000, 2000]
      )
    })
  )

  it.effect("refuses a call that has waited too long, and leaves its place to others", () =>
    Effect.gen(function* () {
      const http = fakeHttp({ body: { ok: true }, delay: 3000 })
      const limit = yield* Concurrency.make(1, { maxWait: "1 second" })
      const program = Effect.all([Effect.asVoid(probes.get({})), failureOf(probes.get({}))], {
        concurrency: "unbounded"
      })
      const layer = openAiOver(http)
      const fiber = yield* Effect.forkChild(program.pipe(Middleware.use(limit), Effect.provide(layer)))
      yield* TestClock.adjust("5 seconds")
      const [, error] = yield* Fiber.join(fiber)
      const reason = reasonOf(error, "RateLimitError")
      assert.strictEqual(reason.code, "client_concurrency_limit")
      assert.include(error.message, "1 other calls were under way for 1s; nothing was sent")
      const next = yield* Effect.forkChild(probes.get({}).pipe(Middleware.use(limit), Effect.provide(layer)))
      yield* TestClock.adjust("5 seconds")
      yield* Fiber.join(next)
      assert.strictEqual(http.sent.length, 2)
    })
  )

  it.effect("gives the place of a caller who is interrupted, or whose time is over, to the next", () =>
    Effect.gen(function* () {
      const http = fakeHttp(
        { body: { ok: true }, delay: 60_000 },
        { body: { ok: true }, delay: 60_000 },
        { body: { ok: true } }
      )
      const limit = yield* Concurrency.make(1)
      const call = probes.get({}).pipe(Middleware.use(limit), Effect.provide(openAiOver(http)))
      const interrupted = yield* Effect.forkChild(call)
      yield* TestClock.adjust(0)
      const late = yield* Effect.forkChild(Effect.exit(call.pipe(RequestOptions.withTimeouts({ total: "2 seconds" }))))
      const gone = yield* Effect.forkChild(call)
      const patient = yield* Effect.forkChild(call)
      yield* TestClock.adjust("1 second")
      yield* Fiber.interruptAll([interrupted, gone])
      yield* TestClock.adjust("5 seconds")
      assert.strictEqual((yield* Fiber.join(late))._tag, "Failure")
      assert.isTrue((yield* Fiber.join(patient)).ok)
    })
  )

  it.effect("sends each call with its own options, whoever was first", () =>
    Effect.gen(function* () {
      const http = fakeHttp({ body: { ok: true }, delay: 1000 })
      const limit = yield* Concurrency.make(1)
      const calls = Effect.forEach(
        ["a", "b", "c"],
        (tenant) => probes.get({}).pipe(RequestOptions.withHeaders({ "x-tenant": tenant })),
        { concurrency: "unbounded" }
      )
      const fiber = yield* Effect.forkChild(calls.pipe(Middleware.use(limit), Effect.provide(openAiOver(http))))
      yield* TestClock.adjust("5 seconds")
      yield* Fiber.join(fiber)
      assert.deepStrictEqual(
        http.sent.map(({ headers }) => headers["x-tenant"]),
        ["a", "b", "c"]
      )
    })
  )
})
