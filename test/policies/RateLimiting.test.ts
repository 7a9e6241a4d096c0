import { assert, describe, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as RateLimiter from "effect/persistence/RateLimiter"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/testing/TestClock"
import { Middleware, RateLimiting, RequestOptions, RetryPolicy } from "llmfx"
import { failureOf, reasonOf } from "../support/errors.ts"
import { type FakeHttp, fakeHttp, type Reply, sse } from "../support/FakeHttp.ts"
import { openAiOver, probes } from "../support/probes.ts"

/** When the requests were sent, in seconds. */
const times = ({ sent }: FakeHttp): ReadonlyArray<number> => sent.map(({ at }) => at / 1000)

/** The same, to a tenth of a second. */
const tenths = (http: FakeHttp): ReadonlyArray<number> => times(http).map((time) => Math.round(time * 10) / 10)

const settle = <A, E, R>(program: Effect.Effect<A, E, R>, during: Duration.Input = "1 hour") =>
  Effect.gen(function* () {
    const fiber = yield* Effect.forkChild(program)
    yield* TestClock.adjust(during)
    return yield* Fiber.join(fiber)
  })

const used = (input: number, output: number): Reply => ({
  body: { ok: true, usage: { input_tokens: input, output_tokens: output } }
})

const callsOver = (http: FakeHttp, limiter: Middleware.Middleware) => {
  const layer = openAiOver(http, { retry: RetryPolicy.none })
  const call = (fields: { readonly [name: string]: unknown } = {}) =>
    probes.post({ model: "m", ...fields }).pipe(Middleware.use(limiter), Effect.provide(layer))
  return {
    call,
    many: (count: number, fields?: { readonly [name: string]: unknown }) =>
      Effect.forEach(Array.from({ length: count }), () => call(fields), { concurrency: "unbounded", discard: true })
  }
}

const estimate =
  (input: number, output = 0) =>
  () => ({ input, output })

describe("RateLimiting", () => {
  it.effect("spreads requests over the window", () =>
    Effect.gen(function* () {
      const http = fakeHttp(used(0, 0))
      const limiter = yield* RateLimiting.make({ limits: { requests: 2 } })
      yield* settle(callsOver(http, limiter).many(5))
      assert.deepStrictEqual(times(http), [0, 30, 60, 90, 120])
    })
  )

  it.effect("sends a twentieth of the limit at once", () =>
    Effect.gen(function* () {
      const http = fakeHttp(used(0, 0))
      const limiter = yield* RateLimiting.make({ limits: { requests: 60 } })
      yield* settle(callsOver(http, limiter).many(5))
      const spacing = 60 / 55
      assert.deepStrictEqual(
        times(http).map((time) => time.toFixed(1)),
        [0, 0, 0, spacing, 2 * spacing].map((time) => time.toFixed(1))
      )
    })
  )

  for (const requests of [1, 3, 19, 20, 60, 400, 1000]) {
    it.effect(`lets at most the limit of ${requests} through in any window, and most of it`, () =>
      Effect.gen(function* () {
        const http = fakeHttp(used(0, 0))
        const limiter = yield* RateLimiting.make({ limits: { requests } })
        const { many } = callsOver(http, limiter)
        // A busy time, a pause that fills the bucket, and another busy time.
        const program = Effect.andThen(
          Effect.delay(many(requests * 2), "7 seconds"),
          Effect.delay(many(requests * 2), "90 seconds")
        )
        yield* settle(program)
        const sent = times(http)
        assert.lengthOf(sent, requests * 4)
        const inWindow = (from: number) => sent.filter((time) => time >= from && time < from + 60).length
        assert.isAtMost(Math.max(...sent.map(inWindow)), requests)
        assert.isAtLeast(inWindow(7), Math.floor(requests * 0.9))
      })
    )
  }

  it.effect("waits for the tokens that a call is estimated to take", () =>
    Effect.gen(function* () {
      const http = fakeHttp(used(60, 0))
      const limiter = yield* RateLimiting.make({ limits: { tokens: 60 }, estimate: estimate(60) })
      yield* settle(callsOver(http, limiter).many(3))
      assert.deepStrictEqual(tenths(http), [0, 65.5, 130.9])
    })
  )

  it.effect("gives back what a call did not use, and takes what it used beyond", () =>
    Effect.gen(function* () {
      const http = fakeHttp(used(15, 15), used(60, 60), used(0, 0))
      const limiter = yield* RateLimiting.make({ limits: { tokens: 60 }, estimate: estimate(30, 30) })
      const { call } = callsOver(http, limiter)
      yield* settle(Effect.all([call(), call(), call()], { discard: true }))
      // 30 of 60 left, 30 to wait for; then 60 too many were used, and 60 are wanted. 55 become free in a minute.
      assert.deepStrictEqual(tenths(http), [0, 32.7, 163.6])
    })
  )

  it.effect("counts a stream by the usage that it reports, however it ends", () =>
    Effect.gen(function* () {
      const events = sse({ type: "tick", usage: { input_tokens: 60, output_tokens: 60 } }, { type: "end" })
      const http = fakeHttp({ parts: [events] }, used(0, 0))
      const limiter = yield* RateLimiting.make({ limits: { tokens: 60 }, estimate: estimate(0, 1) })
      const stream = probes.stream({ model: "m" }).pipe(Stream.runHead)
      const program = Effect.andThen(stream, probes.post({ model: "m" }))
      yield* settle(program.pipe(Middleware.use(limiter), Effect.provide(openAiOver(http))))
      // Of the 3 that may be used at once, 118 too many were used.
      assert.deepStrictEqual(tenths(http), [0, 128.7])
    })
  )

  it.effect("lets a call through that no window could hold, once a whole one is free", () =>
    Effect.gen(function* () {
      const http = fakeHttp(used(60, 0), used(600, 0))
      const limiter = yield* RateLimiting.make({ limits: { "input-tokens": 60 }, estimate: estimate(600) })
      yield* settle(callsOver(http, limiter).many(2))
      assert.deepStrictEqual(tenths(http), [0, 65.5])
    })
  )

  it.effect("does not count input that came from a cache", () =>
    Effect.gen(function* () {
      const cached = { input_tokens: 0, cache_read_input_tokens: 600, output_tokens: 1 }
      const http = fakeHttp({ body: { ok: true, usage: cached } })
      const limiter = yield* RateLimiting.make({ limits: { "input-tokens": 60 }, estimate: estimate(60) })
      const { call } = callsOver(http, limiter)
      yield* settle(Effect.andThen(call(), call()))
      assert.deepStrictEqual(times(http), [0, 0])
    })
  )

  it.effect("learns the limits, and what others have used, from the headers of responses", () =>
    Effect.gen(function* () {
      const headers = { "x-ratelimit-limit-requests": "60", "x-ratelimit-remaining-requests": "1" }
      const http = fakeHttp({ ...used(0, 0), headers }, used(0, 0))
      const { call, many } = callsOver(http, yield* RateLimiting.make())
      yield* settle(Effect.andThen(call(), many(3)))
      assert.deepStrictEqual(tenths(http), [0, 0, 1.1, 2.2])
    })
  )

  it.effect("learns from the headers of Anthropic's errors", () =>
    Effect.gen(function* () {
      const headers = {
        "anthropic-ratelimit-output-tokens-limit": "60",
        "anthropic-ratelimit-output-tokens-remaining": "0"
      }
      const http = fakeHttp({ status: 500, headers }, used(0, 10))
      const { call } = callsOver(http, yield* RateLimiting.make({ estimate: estimate(0, 10) }))
      yield* settle(Effect.andThen(Effect.exit(call()), call()))
      assert.deepStrictEqual(tenths(http), [0, 10.9])
    })
  )

  it.effect("keeps to its own limit if that is lower than the server's", () =>
    Effect.gen(function* () {
      const headers = { "x-ratelimit-limit-requests": "600", "x-ratelimit-remaining-requests": "599" }
      const http = fakeHttp({ ...used(0, 0), headers })
      yield* settle(callsOver(http, yield* RateLimiting.make({ limits: { requests: 1 } })).many(3))
      assert.deepStrictEqual(times(http), [0, 60, 120])
    })
  )

  it.effect("holds all calls back while a 429 asks to wait", () =>
    Effect.gen(function* () {
      const http = fakeHttp({ status: 429, headers: { "retry-after": "20" } }, used(0, 0))
      const { call, many } = callsOver(http, yield* RateLimiting.make())
      yield* settle(Effect.andThen(Effect.exit(call()), many(2)))
      assert.deepStrictEqual(times(http), [0, 20, 20])
    })
  )

  it.effect("takes a place for each attempt", () =>
    Effect.gen(function* () {
      const http = fakeHttp({ status: 500 }, used(0, 0))
      const limiter = yield* RateLimiting.make({ limits: { requests: 1 } })
      const call = probes.post({ model: "m" }).pipe(Middleware.use(limiter), Effect.provide(openAiOver(http)))
      yield* settle(call)
      assert.deepStrictEqual(times(http), [0, 60])
    })
  )

  it.effect("refuses a call that would wait too long, and takes nothing for it", () =>
    Effect.gen(function* () {
      const http = fakeHttp(used(0, 0))
      const limiter = yield* RateLimiting.make({ limits: { requests: 1 }, maxWait: "1 minute" })
      const { call, many } = callsOver(http, limiter)
      const error = yield* settle(
        Effect.gen(function* () {
          const two = yield* Effect.forkChild(many(2))
          yield* Effect.yieldNow
          const error = yield* failureOf(call())
          yield* Fiber.join(two)
          yield* call()
          return error
        })
      )
      const reason = reasonOf(error, "RateLimitError")
      assert.strictEqual(reason.code, "client_rate_limit")
      assert.deepStrictEqual(reason.retryAfter, Duration.minutes(2))
      assert.include(error.message, "would hold this call back for 2m; nothing was sent")
      assert.deepStrictEqual(times(http), [0, 60, 120])
    })
  )

  it.effect("does not retry its own refusal", () =>
    Effect.gen(function* () {
      const http = fakeHttp(used(0, 0))
      const limiter = yield* RateLimiting.make({ limits: { requests: 1 }, maxWait: 0 })
      const program = probes.post({ model: "m" }).pipe(Middleware.use(limiter), Effect.provide(openAiOver(http)))
      yield* program
      const error = yield* failureOf(program)
      assert.deepStrictEqual(error.attempts, [])
    })
  )

  it.effect("waits outside the time for headers, but within the whole call's", () =>
    Effect.gen(function* () {
      const http = fakeHttp(used(0, 0))
      const limiter = yield* RateLimiting.make({ limits: { requests: 1 } })
      const { call } = callsOver(http, limiter)
      yield* call()
      yield* settle(call().pipe(RequestOptions.withTimeouts({ headers: "1 second" })))
      assert.deepStrictEqual(times(http), [0, 60])
      yield* call()
      const error = yield* settle(failureOf(call().pipe(RequestOptions.withTimeouts({ total: "10 seconds" }))))
      assert.strictEqual(reasonOf(error, "TimeoutError").which, "total")
    })
  )

  it.effect("gives its place back when the wait is interrupted", () =>
    Effect.gen(function* () {
      const http = fakeHttp(used(0, 0))
      const limiter = yield* RateLimiting.make({ limits: { requests: 1 } })
      const { call } = callsOver(http, limiter)
      yield* call()
      const waiting = yield* Effect.forkChild(call())
      yield* TestClock.adjust("1 second")
      yield* Fiber.interrupt(waiting)
      yield* settle(call())
      assert.deepStrictEqual(times(http), [0, 60])
    })
  )

  it.effect("has separate limits for each model", () =>
    Effect.gen(function* () {
      const http = fakeHttp(used(0, 0))
      const { call } = callsOver(http, yield* RateLimiting.make({ limits: { requests: 1 } }))
      yield* settle(Effect.all([call(), call({ model: "n" }), call()], { concurrency: "unbounded" }))
      assert.deepStrictEqual(times(http), [0, 0, 60])
    })
  )

  it.effect("estimates a call by the length of its texts and the output that it allows", () =>
    Effect.gen(function* () {
      const http = fakeHttp(used(0, 0))
      const limiter = yield* RateLimiting.make({ limits: { "input-tokens": 60, "output-tokens": 60 } })
      const { call } = callsOver(http, limiter)
      const input = {
        messages: [{ content: "x".repeat(80) }, { image_url: { url: "data:,".padEnd(9999) } }],
        max_tokens: 6
      }
      const hanging = fakeHttp({ ...used(0, 0), delay: 100_000 })
      const others = callsOver(hanging, limiter)
      yield* Effect.forkChild(others.call({ messages: "x".repeat(240), max_tokens: 60 }))
      yield* Effect.yieldNow
      yield* Effect.forkChild(call(input))
      yield* TestClock.adjust("1 minute")
      // 20 tokens of input, of which 55 become free in a minute.
      assert.deepStrictEqual(tenths(http), [21.8])
    })
  )

  const failing = RateLimiter.make.pipe(
    Effect.map((limiter): RateLimiter.RateLimiter => {
      const fail = () =>
        Effect.fail(
          new RateLimiter.RateLimiterError({ reason: new RateLimiter.RateLimitStoreError({ message: "no Redis" }) })
        )
      return { ...limiter, consume: fail, adaptiveConsume: fail }
    }),
    Effect.provide(RateLimiter.layerStoreMemory)
  )

  it.effect("sends calls while its store fails", () =>
    Effect.gen(function* () {
      const http = fakeHttp(used(0, 0))
      yield* callsOver(http, RateLimiting.fromLimiter(yield* failing, { limits: { requests: 1 } })).many(3)
      assert.lengthOf(http.sent, 3)
    })
  )

  it.effect("refuses calls while its store fails, if asked to", () =>
    Effect.gen(function* () {
      const http = fakeHttp(used(0, 0))
      const limiter = RateLimiting.fromLimiter(yield* failing, { onStoreError: "fail" })
      const error = yield* failureOf(callsOver(http, limiter).call())
      assert.include(error.message, "The limiter's store failed: no Redis")
      assert.isEmpty(http.sent)
    })
  )

  it.effect("shares a limiter with others", () =>
    Effect.gen(function* () {
      const shared = yield* RateLimiter.make
      const http = fakeHttp(used(0, 0))
      const limits = { requests: 1 }
      yield* callsOver(http, RateLimiting.fromLimiter(shared, { limits })).call()
      yield* settle(callsOver(http, RateLimiting.fromLimiter(shared, { limits })).call())
      assert.deepStrictEqual(times(http), [0, 60])
    }).pipe(Effect.provide(RateLimiter.layerStoreMemory))
  )

  it.effect("keeps at most a thousand accounts, however many models calls name", () =>
    Effect.gen(function* () {
      const keys = new Set<string>()
      const limiter = yield* RateLimiter.make
      const counting: RateLimiter.RateLimiter = {
        ...limiter,
        adaptiveConsume: (options) => {
          keys.add(options.key)
          return limiter.adaptiveConsume(options)
        }
      }
      const { call } = callsOver(
        fakeHttp(used(0, 0)),
        RateLimiting.fromLimiter(counting, { limits: { requests: 1e6 } })
      )
      yield* settle(namedCalls(call, "invented", 1500))
      assert.strictEqual(keys.size, 1001)
    }).pipe(Effect.provide(RateLimiter.layerStoreMemory))
  )

  /** When the calls of a model were sent, of which no window may have more than two. */
  const timesWithinTwo = ({ sent }: FakeHttp, model: string): ReadonlyArray<number> => {
    const at = sent.flatMap(({ at, body }) => (isFieldsOf(body, model) ? [at / 1000] : []))
    for (const start of at) assert.isAtMost(at.filter((time) => time >= start && time < start + 60).length, 2)
    return at
  }

  it.effect("keeps the account of a model that was used within a window, however many others come", () =>
    Effect.gen(function* () {
      const http = fakeHttp(used(0, 0))
      const { call, many } = callsOver(http, yield* RateLimiting.make({ limits: { requests: 2 } }))
      yield* settle(many(2), "31 seconds")
      const others = yield* Effect.forkChild(namedCalls(call, "a", 1000))
      yield* TestClock.adjust(0)
      yield* settle(many(2), "10 minutes")
      yield* Fiber.join(others)
      assert.deepStrictEqual(timesWithinTwo(http, "m"), [0, 30, 60, 90])
    })
  )

  it.effect("drops the account of a model that was not used for a window", () =>
    Effect.gen(function* () {
      const http = fakeHttp(used(0, 0))
      const { call, many } = callsOver(http, yield* RateLimiting.make({ limits: { requests: 2 } }))
      yield* settle(many(3), "5 minutes")
      yield* settle(namedCalls(call, "a", 1000), "5 minutes")
      yield* settle(many(3), "5 minutes")
      assert.deepStrictEqual(timesWithinTwo(http, "m"), [0, 30, 60, 600, 630, 660])
    })
  )

  it.effect("does not give a model its limit twice that has shared one with others", () =>
    Effect.gen(function* () {
      const http = fakeHttp(used(0, 0))
      const { call, many } = callsOver(http, yield* RateLimiting.make({ limits: { requests: 2 } }))
      yield* settle(namedCalls(call, "a", 1000), "1 second")
      yield* settle(many(1), "79 seconds")
      yield* settle(many(1), "20 seconds")
      yield* settle(many(3), "5 minutes")
      assert.deepStrictEqual(timesWithinTwo(http, "m"), [1, 80, 110, 140, 170])
    })
  )

  it.effect("keeps the account of a model while a call is under way, however long", () =>
    Effect.gen(function* () {
      const http = fakeHttp(({ body }) => (isFieldsOf(body, "m") ? { ...used(1200, 0), delay: 600_000 } : used(0, 0)))
      const limiter = yield* RateLimiting.make({ limits: { tokens: 60 }, estimate: estimate(1) })
      const { call } = callsOver(http, limiter)
      const slow = yield* Effect.forkChild(call())
      yield* TestClock.adjust("5 minutes")
      yield* settle(namedCalls(call, "a", 1000), "5 minutes")
      yield* Fiber.join(slow)
      yield* settle(call())
      const [first, second = NaN] = http.sent.flatMap(({ at, body }) => (isFieldsOf(body, "m") ? [at / 1000] : []))
      assert.strictEqual(first, 0)
      assert.isAbove(second, 1000)
    })
  )

  it.effect("remembers a learned limit after the account was dropped", () =>
    Effect.gen(function* () {
      const http = fakeHttp({ ...used(0, 0), headers: { "x-ratelimit-limit-requests": "2" } }, used(0, 0))
      const { call, many } = callsOver(http, yield* RateLimiting.make())
      yield* call()
      yield* TestClock.adjust("5 minutes")
      yield* settle(namedCalls(call, "a", 1000), "5 minutes")
      const start = http.sent.length
      yield* settle(many(3), "5 minutes")
      const [first = NaN, ...rest] = times(http).slice(start)
      assert.deepStrictEqual(
        rest.map((time) => time - first),
        [30, 60]
      )
    })
  )

  it.effect("does not count or learn for other calls what a call does at a base URL of its own", () =>
    Effect.gen(function* () {
      const http = fakeHttp({ status: 429, headers: { "retry-after": "600" } }, used(0, 0))
      const { call } = callsOver(http, yield* RateLimiting.make({ limits: { requests: 1 } }))
      yield* Effect.exit(call().pipe(RequestOptions.withBaseUrl("https://own.test/v1")))
      yield* settle(call(), "1 second")
      assert.deepStrictEqual(times(http), [0, 0])
    })
  )

  it.effect("does not let the deadline of the first in the queue end the wait of the next", () =>
    Effect.gen(function* () {
      const http = fakeHttp(used(0, 0))
      const { call } = callsOver(http, yield* RateLimiting.make({ limits: { requests: 1 } }))
      yield* call()
      const hasty = yield* Effect.forkChild(
        Effect.exit(call().pipe(RequestOptions.withTimeouts({ total: "1 second" })))
      )
      yield* TestClock.adjust("2 seconds")
      assert.strictEqual((yield* Fiber.join(hasty))._tag, "Failure")
      yield* settle(call())
      assert.deepStrictEqual(times(http), [0, 60])
    })
  )
})

const namedCalls = <E>(
  call: (fields: { readonly [name: string]: unknown }) => Effect.Effect<unknown, E>,
  prefix: string,
  count: number
) =>
  Effect.forEach(
    Array.from({ length: count }, (_, index) => `${prefix}${index}`),
    (model) => call({ model }),
    {
      concurrency: "unbounded",
      discard: true
    }
  )

const isFieldsOf = (body: unknown, model: string): boolean =>
  typeof body === "object" && body !== null && "model" in body && body.model === model
