import { assert, describe, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as CircuitBreaker from "effect/persistence/CircuitBreaker"
import * as TestClock from "effect/testing/TestClock"
import { CircuitBreaking, Middleware, RequestOptions, RetryPolicy } from "llmfx"
import { failureOf, reasonOf } from "../support/errors.ts"
import { type FakeHttp, fakeHttp, type Reply } from "../support/FakeHttp.ts"
import { openAiOver, probes } from "../support/probes.ts"

const down: Reply = { status: 500, body: { error: { message: "down" } } }
const ok: Reply = { body: { ok: true } }

const over = (http: FakeHttp) => openAiOver(http, { retry: RetryPolicy.none })
const called = (http: FakeHttp, breaker: Middleware.Middleware) =>
  probes.get({}).pipe(Middleware.use(breaker), Effect.provide(over(http)))

const times = <A, E>(n: number, effect: Effect.Effect<A, E>) => Effect.repeat(Effect.exit(effect), { times: n - 1 })

describe("CircuitBreaking", () => {
  it.effect("fails at once after five failures in a row", () =>
    Effect.gen(function* () {
      const http = fakeHttp(down)
      const breaker = yield* CircuitBreaking.make()
      yield* times(5, called(http, breaker))
      const error = yield* failureOf(called(http, breaker))
      const reason = reasonOf(error, "OverloadedError")
      assert.strictEqual(reason.code, "circuit_open")
      assert.deepStrictEqual(reason.retryAfter, Duration.seconds(30))
      assert.include(error.message, "Calls to openai have failed too often and are not sent for 30s")
      assert.strictEqual(http.sent.length, 5)
    })
  )

  it.effect("lets a call try again after a time, and closes when it succeeds", () =>
    Effect.gen(function* () {
      const http = fakeHttp(down, down, ok)
      const breaker = yield* CircuitBreaking.make({
        tripPolicy: CircuitBreaker.consecutive(2),
        openDuration: "10 seconds"
      })
      yield* times(3, called(http, breaker))
      yield* TestClock.adjust("10 seconds")
      yield* called(http, breaker)
      yield* called(http, breaker)
      assert.strictEqual(http.sent.length, 4)
    })
  )

  it.effect("stays open as long as the server asks", () =>
    Effect.gen(function* () {
      const http = fakeHttp({ ...down, status: 503, headers: { "retry-after": "60" } }, ok)
      const breaker = yield* CircuitBreaking.make({ tripPolicy: CircuitBreaker.consecutive(1) })
      yield* times(1, called(http, breaker))
      yield* TestClock.adjust("59 seconds")
      yield* failureOf(called(http, breaker))
      yield* TestClock.adjust("1 second")
      yield* called(http, breaker)
      assert.strictEqual(http.sent.length, 2)
    })
  )

  for (const status of [400, 401, 404, 429]) {
    it.effect(`does not count ${status}`, () =>
      Effect.gen(function* () {
        const http = fakeHttp({ status }, { status }, ok)
        const breaker = yield* CircuitBreaking.make({ tripPolicy: CircuitBreaker.consecutive(1) })
        yield* times(2, called(http, breaker))
        yield* called(http, breaker)
      })
    )
  }

  it.effect("has a circuit for each key", () =>
    Effect.gen(function* () {
      const breaker = yield* CircuitBreaking.make({
        tripPolicy: CircuitBreaker.consecutive(1),
        key: ({ endpoint }) => endpoint.id
      })
      const http = fakeHttp(down, ok)
      yield* times(1, called(http, breaker))
      yield* probes.put({}).pipe(Middleware.use(breaker), Effect.provide(over(http)))
      assert.strictEqual(http.sent.length, 2)
    })
  )

  it.effect("uses a breaker that others share", () =>
    Effect.gen(function* () {
      const shared = yield* CircuitBreaker.make({ tripPolicy: CircuitBreaker.consecutive(1), openDuration: "1 minute" })
      const http = fakeHttp(down)
      yield* times(1, called(http, CircuitBreaking.fromBreaker(shared)))
      yield* failureOf(called(http, CircuitBreaking.fromBreaker(shared)))
      assert.strictEqual((yield* shared.state("openai"))._tag, "Open")
      assert.strictEqual(http.sent.length, 1)
    }).pipe(Effect.provide(CircuitBreaker.layerStoreMemory()))
  )

  it.effect("stays closed for others if a call fails at a base URL of its own", () =>
    Effect.gen(function* () {
      const http = fakeHttp(down, ok)
      const breaker = yield* CircuitBreaking.make({ tripPolicy: CircuitBreaker.consecutive(1) })
      yield* Effect.exit(called(http, breaker).pipe(RequestOptions.withBaseUrl("https://own.test")))
      yield* called(http, breaker)
      assert.strictEqual(http.sent.length, 2)
    })
  )

  it.effect("takes the next call as a probe if the caller of the first one is interrupted", () =>
    Effect.gen(function* () {
      const http = fakeHttp(down, { ...ok, delay: 60_000 }, ok)
      const breaker = yield* CircuitBreaking.make({
        tripPolicy: CircuitBreaker.consecutive(1),
        openDuration: "10 seconds"
      })
      yield* Effect.exit(called(http, breaker))
      yield* TestClock.adjust("10 seconds")
      const probe = yield* Effect.forkChild(called(http, breaker))
      yield* TestClock.adjust("1 second")
      yield* Fiber.interrupt(probe)
      yield* called(http, breaker)
      assert.strictEqual(http.sent.length, 3)
    })
  )
})
