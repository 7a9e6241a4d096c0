import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Random from "effect/Random"
import * as Redacted from "effect/Redacted"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/testing/TestClock"
import { type Credential, FileSource, RequestOptions, RetryPolicy } from "llmfx"
import { Anthropic } from "../../src/anthropic/Anthropic.ts"
import { Coze } from "../../src/coze/Coze.ts"
import { failureOf, reasonOf } from "../support/errors.ts"
import { type FakeHttp, fakeHttp, type Reply, sse } from "../support/FakeHttp.ts"
import { anthropicOver, cozeOver, key, openAiOver, probes, probesOf } from "../support/probes.ts"

/** Runs a program to its end while an hour passes. */
const settle = <A, E, R>(program: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.gen(function* () {
    const fiber = yield* Effect.forkChild(program)
    yield* TestClock.adjust("1 hour")
    return yield* Fiber.join(fiber)
  })

const withRandom =
  (value: number) =>
  <A, E, R>(program: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    Effect.provideService(program, Random.Random, { nextIntUnsafe: () => 0, nextDoubleUnsafe: () => value })

/** The waits between the requests, in milliseconds. */
const waits = ({ sent }: FakeHttp): ReadonlyArray<number> =>
  sent.slice(1).map(({ at }, index) => at - (sent[index]?.at ?? 0))

const ok: Reply = { body: { ok: true } }
const failing = (status: number, headers: Reply["headers"] = {}): Reply => ({
  status,
  headers,
  body: { error: { message: "no" } }
})

const getOver = (http: FakeHttp) => probes.get({}).pipe(Effect.provide(openAiOver(http)), withRandom(0))

describe("the official policy", () => {
  for (const status of [408, 409, 429, 500, 502, 503, 504, 529, 599]) {
    it.effect(`tries ${status} twice more`, () =>
      Effect.gen(function* () {
        const http = fakeHttp(failing(status))
        const error = yield* settle(failureOf(getOver(http)))
        assert.strictEqual(http.sent.length, 3)
        assert.deepStrictEqual(
          error.attempts.map(({ status, waited }) => [status, waited]),
          [
            [status, 500],
            [status, 1000]
          ]
        )
        assert.include(error.message, "after 3 tries")
      })
    )
  }

  for (const status of [400, 401, 402, 403, 404, 405, 413, 422, 499]) {
    it.effect(`does not repeat ${status}`, () =>
      Effect.gen(function* () {
        const http = fakeHttp(failing(status), ok)
        yield* settle(failureOf(getOver(http)))
        assert.strictEqual(http.sent.length, 1)
      })
    )
  }

  it.effect("x-should-retry: true repeats what else would not be", () =>
    Effect.gen(function* () {
      const http = fakeHttp(failing(400, { "x-should-retry": "true" }), ok)
      yield* settle(getOver(http))
      assert.strictEqual(http.sent.length, 2)
    })
  )

  it.effect("x-should-retry: false stops what else would be repeated", () =>
    Effect.gen(function* () {
      const http = fakeHttp(failing(500, { "x-should-retry": "false" }), ok)
      yield* settle(failureOf(getOver(http)))
      assert.strictEqual(http.sent.length, 1)
    })
  )

  for (const breaks of ["ECONNREFUSED", "ECONNRESET", "ENOTFOUND", "EPIPE", "UND_ERR_SOCKET"]) {
    it.effect(`tries again after ${breaks}`, () =>
      Effect.gen(function* () {
        const http = fakeHttp({ breaks }, ok)
        yield* settle(getOver(http))
        assert.deepStrictEqual(waits(http), [500])
      })
    )
  }

  it.effect("tries again after its own timeout for the headers", () =>
    Effect.gen(function* () {
      const http = fakeHttp({ ...ok, delay: 11 * 60_000 }, ok)
      yield* settle(getOver(http))
      assert.deepStrictEqual(waits(http), [600_500])
    })
  )

  it.effect("tries again after its own timeout for a JSON body", () =>
    Effect.gen(function* () {
      const slow = { parts: ['{"ok":', 11 * 60_000, "true}"], headers: { "content-type": "application/json" } }
      const http = fakeHttp(slow, ok)
      yield* settle(getOver(http))
      assert.deepStrictEqual(waits(http), [600_500])
    })
  )

  it.effect("waits 0.5 s, 1 s, 2 s, 4 s, then 8 s", () =>
    Effect.gen(function* () {
      const http = fakeHttp(failing(500))
      const policy = RetryPolicy.set(RetryPolicy.official, { maxRetries: 7 })
      yield* settle(failureOf(getOver(http).pipe(RequestOptions.withRetry(policy))))
      assert.deepStrictEqual(waits(http), [500, 1000, 2000, 4000, 8000, 8000, 8000])
    })
  )

  it.effect("shortens each wait by at most a quarter", () =>
    Effect.gen(function* () {
      for (const [random, expected] of [
        [0.5, [437.5, 875]],
        [1 - 2 ** -20, [375, 750]]
      ] as const) {
        const http = fakeHttp(failing(500))
        yield* settle(failureOf(probes.get({}).pipe(Effect.provide(openAiOver(http)), withRandom(random))))
        waits(http).forEach((wait, index) => {
          assert.approximately(wait, expected[index] ?? NaN, 0.01)
        })
        assert.strictEqual(http.sent.length, 3)
      }
    })
  )

  it.effect("goes on with its own waits if one was the server's", () =>
    Effect.gen(function* () {
      const http = fakeHttp(failing(429, { "retry-after": "7" }), failing(500), ok)
      yield* settle(getOver(http))
      assert.deepStrictEqual(waits(http), [7000, 1000])
    })
  )

  const imf = (millis: number): string => new Date(millis).toUTCString()
  const hints: ReadonlyArray<readonly [name: string, headers: NonNullable<Reply["headers"]>, wait: number]> = [
    ["retry-after-ms", { "retry-after-ms": "1234" }, 1234],
    ["retry-after-ms before retry-after", { "retry-after-ms": "100", "retry-after": "9" }, 100],
    ["a fraction of a millisecond", { "retry-after-ms": "1.5" }, 1.5],
    ["retry-after in seconds", { "retry-after": "9" }, 9000],
    ["retry-after in fractions of a second", { "retry-after": "0.25" }, 250],
    ["a number with its unit", { "retry-after": "3s" }, 3000],
    ["retry-after as a date", { "retry-after": imf(12_000) }, 12_000],
    ["a date that is now", { "retry-after": imf(0) }, 0],
    ["zero milliseconds", { "retry-after-ms": "0" }, 0],
    ["zero seconds", { "retry-after": "0" }, 0],
    ["zero milliseconds before seconds", { "retry-after-ms": "0", "retry-after": "5" }, 0],
    ["exactly a minute", { "retry-after": "60" }, 60_000],
    ["more than a minute: its own wait", { "retry-after": "60.001" }, 500],
    ["a date beyond a minute: its own wait", { "retry-after": imf(61_000) }, 500],
    ["a date in the past: its own wait", { "retry-after": imf(-5000) }, 500],
    ["negative milliseconds: its own wait", { "retry-after-ms": "-1", "retry-after": "5" }, 500],
    ["negative seconds: its own wait", { "retry-after": "-3" }, 500],
    ["no number of milliseconds: the seconds", { "retry-after-ms": "soon", "retry-after": "4" }, 4000],
    ["neither number nor date: its own wait", { "retry-after": "soon" }, 500],
    ["empty: its own wait", { "retry-after-ms": "", "retry-after": "" }, 500],
    ["infinite: its own wait", { "retry-after-ms": "Infinity", "retry-after": "4" }, 500]
  ]
  for (const [name, headers, wait] of hints) {
    it.effect(`reads the server's wait: ${name}`, () =>
      Effect.gen(function* () {
        const http = fakeHttp(failing(429, headers), ok)
        yield* settle(getOver(http))
        assert.deepStrictEqual(waits(http), [wait])
      })
    )
  }

  const quota: Reply = { status: 429, body: { error: { message: "no", code: "insufficient_quota" } } }

  it.effect("an exhausted quota is repeated: its status is 429", () =>
    Effect.gen(function* () {
      const http = fakeHttp(quota)
      const error = yield* settle(failureOf(getOver(http)))
      reasonOf(error, "QuotaExceededError")
      assert.strictEqual(http.sent.length, 3)
    })
  )

  for (const [name, policy] of [
    ["quotaAware", RetryPolicy.quotaAware],
    ["patient", RetryPolicy.patient]
  ] as const) {
    it.effect(`an exhausted quota is not repeated by ${name}`, () =>
      Effect.gen(function* () {
        const http = fakeHttp(quota, ok)
        yield* settle(failureOf(getOver(http).pipe(RequestOptions.withRetry(policy))))
        assert.strictEqual(http.sent.length, 1)
      })
    )
  }

  it.effect("an answer that does not decode is not repeated, whatever x-should-retry says of errors", () =>
    Effect.gen(function* () {
      const http = fakeHttp({ headers: { "x-should-retry": "true" }, body: { ok: "yes" } }, ok)
      const error = yield* settle(failureOf(getOver(http)))
      reasonOf(error, "DecodeError")
      assert.strictEqual(http.sent.length, 1)
    })
  )

  it.effect("interruption ends a wait", () =>
    Effect.gen(function* () {
      const http = fakeHttp(failing(500))
      const fiber = yield* Effect.forkChild(getOver(http))
      yield* TestClock.adjust(100)
      yield* Fiber.interrupt(fiber)
      yield* TestClock.adjust("1 hour")
      assert.strictEqual(http.sent.length, 1)
    })
  )
})

describe("the header that counts repetitions", () => {
  const counts = ({ sent }: FakeHttp): ReadonlyArray<string | undefined> =>
    sent.map(({ headers }) => headers["x-stainless-retry-count"])

  it.effect("is sent to OpenAI and Anthropic with each attempt", () =>
    Effect.gen(function* () {
      const http = fakeHttp(failing(500))
      yield* settle(failureOf(getOver(http)))
      assert.deepStrictEqual(counts(http), ["0", "1", "2"])
      const other = fakeHttp(failing(500), ok)
      yield* settle(
        probesOf(Anthropic)
          .get({})
          .pipe(Effect.provide(anthropicOver(other)))
      )
      assert.deepStrictEqual(counts(other), ["0", "1"])
    })
  )

  it.effect("is not sent to Coze", () =>
    Effect.gen(function* () {
      const http = fakeHttp(failing(500))
      yield* settle(
        failureOf(
          probesOf(Coze)
            .get({})
            .pipe(Effect.provide(cozeOver(http, { retry: RetryPolicy.official })))
        )
      )
      assert.deepStrictEqual(counts(http), [undefined, undefined, undefined])
    })
  )

  it.effect("can be removed", () =>
    Effect.gen(function* () {
      const http = fakeHttp(failing(500), ok)
      yield* settle(getOver(http).pipe(RequestOptions.withHeaders({ "X-Stainless-Retry-Count": null })))
      assert.deepStrictEqual(counts(http), [undefined, undefined])
    })
  )
})

describe("a server's wait beyond the longest accepted one", () => {
  const policy = (beyond: RetryPolicy.ServerHint["beyond"]) =>
    RetryPolicy.set(RetryPolicy.official, { serverHint: { max: "10 seconds", beyond, acceptZero: true } })
  const run = (beyond: RetryPolicy.ServerHint["beyond"]) =>
    Effect.gen(function* () {
      const http = fakeHttp(failing(429, { "retry-after": "11" }), ok)
      const exit = yield* settle(Effect.exit(getOver(http).pipe(RequestOptions.withRetry(policy(beyond)))))
      return { exit, waits: waits(http) }
    })

  it.effect("is replaced by the schedule's with ignore", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual((yield* run("ignore")).waits, [500])
    })
  )

  it.effect("is cut with clamp", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual((yield* run("clamp")).waits, [10_000])
    })
  )

  it.effect("ends the call with giveUp", () =>
    Effect.gen(function* () {
      const { exit, waits } = yield* run("giveUp")
      assert.isTrue(Exit.isFailure(exit))
      assert.deepStrictEqual(waits, [])
    })
  )

  it.effect("is not even read without a hint rule", () =>
    Effect.gen(function* () {
      const http = fakeHttp(failing(429, { "retry-after": "3" }), ok)
      const policy = RetryPolicy.set({ serverHint: undefined })(RetryPolicy.official)
      yield* settle(getOver(http).pipe(RequestOptions.withRetry(policy)))
      assert.deepStrictEqual(waits(http), [500])
    })
  )
})

describe("Anthropic's policy", () => {
  const endpoint = probesOf(Anthropic).get
  const run = (headers: NonNullable<Reply["headers"]>) =>
    Effect.gen(function* () {
      const http = fakeHttp(failing(529, headers), ok)
      yield* settle(endpoint({}).pipe(Effect.provide(anthropicOver(http)), withRandom(0)))
      return waits(http)
    })

  const hints: ReadonlyArray<readonly [name: string, headers: NonNullable<Reply["headers"]>, wait: number]> = [
    ["no wait given", {}, 500],
    ["zero milliseconds are none", { "retry-after-ms": "0" }, 500],
    ["zero milliseconds give way to seconds", { "retry-after-ms": "0", "retry-after": "5" }, 5000],
    ["zero seconds are none", { "retry-after": "0" }, 500],
    ["more than a minute is waited", { "retry-after": "90" }, 90_000],
    ["more than a timer can hold is ignored", { "retry-after-ms": String(2 ** 31) }, 500]
  ]
  for (const [name, headers, wait] of hints) {
    it.effect(name, () =>
      Effect.gen(function* () {
        assert.deepStrictEqual(yield* run(headers), [wait])
      })
    )
  }

  it.effect("gives up after two more tries", () =>
    Effect.gen(function* () {
      const http = fakeHttp(failing(500))
      yield* settle(failureOf(endpoint({}).pipe(Effect.provide(anthropicOver(http)))))
      assert.strictEqual(http.sent.length, 3)
    })
  )
})

describe("Coze's policy", () => {
  it.effect("repeats nothing unless told to", () =>
    Effect.gen(function* () {
      const http = fakeHttp(failing(500), ok)
      yield* settle(
        failureOf(
          probesOf(Coze)
            .get({})
            .pipe(Effect.provide(cozeOver(http)))
        )
      )
      assert.strictEqual(http.sent.length, 1)
    })
  )

  it.effect("repeats an error that came with a successful status, if it may", () =>
    Effect.gen(function* () {
      const http = fakeHttp(
        { body: { code: 4013, msg: "too many" } },
        { body: { code: 0, msg: "", data: { ok: true } } }
      )
      yield* settle(
        probesOf(Coze)
          .get({})
          .pipe(Effect.provide(cozeOver(http, { retry: RetryPolicy.official })))
      )
      assert.strictEqual(http.sent.length, 2)
    })
  )
})

describe("a body that can be read once", () => {
  const bytes = Stream.make(new Uint8Array([1, 2]))

  it.effect("is never sent twice", () =>
    Effect.gen(function* () {
      const http = fakeHttp(failing(500), ok)
      const file = FileSource.fromStreamOnce(bytes, { name: "a.bin" })
      yield* settle(failureOf(probes.upload({ file }).pipe(Effect.provide(openAiOver(http)))))
      assert.strictEqual(http.sent.length, 1)
    })
  )

  it.effect("is not sent again with a new credential either", () =>
    Effect.gen(function* () {
      const http = fakeHttp(failing(401), ok)
      const file = FileSource.fromStreamOnce(bytes, { name: "a.bin" })
      const apiKey: Credential.Credential = { get: Effect.succeed(Redacted.make(key)), refresh: () => Effect.void }
      yield* settle(failureOf(probes.upload({ file }).pipe(Effect.provide(openAiOver(http, { apiKey })))))
      assert.strictEqual(http.sent.length, 1)
    })
  )

  it.effect("one whose stream can be opened again is", () =>
    Effect.gen(function* () {
      const http = fakeHttp(failing(500), ok)
      const file = FileSource.fromStream(() => bytes, { name: "a.bin" })
      yield* settle(probes.upload({ file }).pipe(Effect.provide(openAiOver(http))))
      assert.strictEqual(http.sent.length, 2)
    })
  )
})

describe("the outcome that nobody knows", () => {
  const careful = { retry: RetryPolicy.set(RetryPolicy.official, { retryUnknownOutcome: false }) }
  const post = (http: FakeHttp) => probes.post({}).pipe(Effect.provide(openAiOver(http, careful)))

  it.effect("is repeated for a POST by the official policy", () =>
    Effect.gen(function* () {
      const http = fakeHttp({ breaks: "ECONNRESET" }, ok)
      yield* settle(probes.post({}).pipe(Effect.provide(openAiOver(http))))
      assert.strictEqual(http.sent.length, 2)
    })
  )

  it.effect("is not repeated for a POST if the policy forbids it", () =>
    Effect.gen(function* () {
      const http = fakeHttp({ breaks: "ECONNRESET" }, ok)
      yield* settle(failureOf(post(http)))
      assert.strictEqual(http.sent.length, 1)
    })
  )

  it.effect("of a POST that timed out is not repeated either", () =>
    Effect.gen(function* () {
      const http = fakeHttp({ ...ok, delay: 1000 }, ok)
      yield* settle(failureOf(post(http).pipe(RequestOptions.withTimeouts({ headers: 500 }))))
      assert.strictEqual(http.sent.length, 1)
    })
  )

  it.effect("is known for a connection that was never made", () =>
    Effect.gen(function* () {
      const http = fakeHttp({ breaks: "ECONNREFUSED" }, ok)
      yield* settle(post(http))
      assert.strictEqual(http.sent.length, 2)
    })
  )

  it.effect("is known if the server answered with an error", () =>
    Effect.gen(function* () {
      const http = fakeHttp(failing(503), ok)
      yield* settle(post(http))
      assert.strictEqual(http.sent.length, 2)
    })
  )

  for (const method of ["get", "put"] as const) {
    it.effect(`does not matter for ${method}`, () =>
      Effect.gen(function* () {
        const http = fakeHttp({ breaks: "ECONNRESET" }, ok)
        yield* settle(probes[method]({}).pipe(Effect.provide(openAiOver(http, careful))))
        assert.strictEqual(http.sent.length, 2)
      })
    )
  }
})

describe("a deadline", () => {
  it.effect("ends the call at once if the wait would go beyond it", () =>
    Effect.gen(function* () {
      const http = fakeHttp(failing(429, { "retry-after": "10" }), ok)
      const fiber = yield* Effect.forkChild(failureOf(getOver(http).pipe(RequestOptions.withDeadline("10 seconds"))))
      yield* TestClock.adjust(0)
      const error = fiber.pollUnsafe()
      assert.isDefined(error)
      assert.strictEqual(http.sent.length, 1)
      reasonOf(yield* Fiber.join(fiber), "RateLimitError")
    })
  )

  it.effect("lets a wait pass that ends before it", () =>
    Effect.gen(function* () {
      const http = fakeHttp(failing(429, { "retry-after": "10" }), ok)
      yield* settle(getOver(http).pipe(RequestOptions.withDeadline("11 seconds")))
      assert.deepStrictEqual(waits(http), [10_000])
    })
  )

  it.effect("is never overrun, however the server answers", () =>
    Effect.gen(function* () {
      const http = fakeHttp({ ...failing(500), delay: 700 })
      const policy = RetryPolicy.set(RetryPolicy.official, { maxRetries: 100 })
      const started = 0
      yield* settle(
        failureOf(getOver(http).pipe(RequestOptions.withRetry(policy), RequestOptions.withDeadline("20 seconds")))
      )
      assert.isBelow((http.sent.at(-1)?.at ?? NaN) - started, 20_000)
    })
  )
})

describe("a budget", () => {
  it.effect("is shared by calls, spent by retries and refilled evenly", () =>
    Effect.gen(function* () {
      const budget = yield* RetryPolicy.makeBudget({ retries: 2, window: "100 seconds" })
      const policy = RetryPolicy.set(RetryPolicy.official, { maxRetries: 1, budget, schedule: Schedule.spaced(0) })
      const layer = (http: FakeHttp) => openAiOver(http, { retry: policy })
      const triesOf = () =>
        Effect.gen(function* () {
          const http = fakeHttp(failing(500))
          const fiber = yield* Effect.forkChild(failureOf(probes.get({}).pipe(Effect.provide(layer(http)))))
          yield* TestClock.adjust(0)
          yield* Fiber.join(fiber)
          return http.sent.length
        })
      assert.deepStrictEqual([yield* triesOf(), yield* triesOf(), yield* triesOf()], [2, 2, 1])
      yield* TestClock.adjust("50 seconds")
      assert.deepStrictEqual([yield* triesOf(), yield* triesOf()], [2, 1])
    })
  )

  it.effect("is not spent by calls that succeed", () =>
    Effect.gen(function* () {
      const budget = yield* RetryPolicy.makeBudget({ retries: 1, window: "1 hour" })
      const policy = RetryPolicy.set(RetryPolicy.official, { budget })
      const http = fakeHttp(ok)
      yield* settle(getOver(http).pipe(RequestOptions.withRetry(policy)))
      assert.isTrue(yield* budget.take)
    })
  )
})

describe("custom parts", () => {
  it.effect("a schedule that ends also ends the retries", () =>
    Effect.gen(function* () {
      const http = fakeHttp(failing(500))
      const policy = RetryPolicy.set(RetryPolicy.official, { maxRetries: 9, schedule: Schedule.recurs(3) })
      yield* settle(failureOf(getOver(http).pipe(RequestOptions.withRetry(policy))))
      assert.strictEqual(http.sent.length, 4)
    })
  )

  it.effect("a classifier decides what is worth another try", () =>
    Effect.gen(function* () {
      const http = fakeHttp(failing(404), failing(500), ok)
      const policy = RetryPolicy.set(RetryPolicy.official, {
        retryable: ({ reason }) => reason._tag === "NotFoundError"
      })
      const error = yield* settle(failureOf(getOver(http).pipe(RequestOptions.withRetry(policy))))
      reasonOf(error, "ServerError")
      assert.strictEqual(http.sent.length, 2)
    })
  )

  it.effect("none sends a call once", () =>
    Effect.gen(function* () {
      const http = fakeHttp(failing(500), ok)
      yield* settle(failureOf(getOver(http).pipe(RequestOptions.withRetry(RetryPolicy.none))))
      assert.strictEqual(http.sent.length, 1)
    })
  )

  it.effect("patient waits as long as the server asks, up to two minutes, eight times", () =>
    Effect.gen(function* () {
      const http = fakeHttp(
        failing(429, { "retry-after": "100" }),
        failing(429, { "retry-after": "1000" }),
        failing(500)
      )
      yield* settle(failureOf(getOver(http).pipe(RequestOptions.withRetry(RetryPolicy.patient))))
      assert.strictEqual(http.sent.length, 9)
      assert.deepStrictEqual(waits(http).slice(0, 2), [100_000, 120_000])
    })
  )
})

describe("credentials", () => {
  it.effect("are read again on every attempt", () =>
    Effect.gen(function* () {
      const http = fakeHttp(failing(500), failing(500), ok)
      let reads = 0
      const apiKey = Effect.sync(() => Redacted.make(`rotating-${++reads}`))
      yield* settle(probes.get({}).pipe(Effect.provide(openAiOver(http, { apiKey }))))
      assert.deepStrictEqual(
        http.sent.map(({ headers }) => headers["authorization"]),
        ["Bearer rotating-1", "Bearer rotating-2", "Bearer rotating-3"]
      )
    })
  )

  /** A credential whose secret changes with each refresh. */
  const renewable = () => {
    let version = 1
    const refused: Array<string> = []
    const credential: Credential.Credential = {
      get: Effect.sync(() => Redacted.make(`version-${version}`)),
      refresh: (secret) =>
        Effect.sync(() => {
          refused.push(Redacted.value(secret))
          version++
        })
    }
    return { credential, refused }
  }

  it.effect("are refreshed on 401, and the call goes once more at once", () =>
    Effect.gen(function* () {
      const http = fakeHttp(failing(401), ok)
      const { credential, refused } = renewable()
      const response = yield* settle(
        probes.get
          .withResponse({})
          .pipe(Effect.provide(openAiOver(http, { apiKey: credential, retry: RetryPolicy.none })))
      )
      assert.deepStrictEqual(waits(http), [0])
      assert.deepStrictEqual(refused, ["version-1"])
      assert.strictEqual(http.sent[1]?.headers["authorization"], "Bearer version-2")
      assert.strictEqual(response.attempts, 2)
    })
  )

  it.effect("are refreshed once a call", () =>
    Effect.gen(function* () {
      const http = fakeHttp(failing(401))
      const { credential, refused } = renewable()
      const error = yield* settle(
        failureOf(probes.get({}).pipe(Effect.provide(openAiOver(http, { apiKey: credential }))))
      )
      reasonOf(error, "AuthenticationError")
      assert.strictEqual(http.sent.length, 2)
      assert.strictEqual(refused.length, 1)
    })
  )

  it.effect("leave the retries that remain as they are when refreshed", () =>
    Effect.gen(function* () {
      const http = fakeHttp(failing(500), failing(401), failing(500), ok)
      const { credential } = renewable()
      yield* settle(probes.get({}).pipe(Effect.provide(openAiOver(http, { apiKey: credential })), withRandom(0)))
      assert.deepStrictEqual(waits(http), [500, 0, 1000])
    })
  )

  it.effect("that cannot be refreshed fail with the server's 401", () =>
    Effect.gen(function* () {
      const http = fakeHttp(failing(401), ok)
      yield* settle(failureOf(getOver(http)))
      assert.strictEqual(http.sent.length, 1)
    })
  )

  it.effect("are refreshed for a stream that is refused", () =>
    Effect.gen(function* () {
      const http = fakeHttp(failing(401), { parts: [sse({ type: "end" })] })
      const { credential } = renewable()
      const values = yield* settle(
        Stream.runCollect(Stream.provide(probes.stream({}), openAiOver(http, { apiKey: credential })))
      )
      assert.strictEqual(values.length, 1)
      assert.strictEqual(http.sent.length, 2)
    })
  )
})

describe("a stream", () => {
  const collect = (http: FakeHttp) => {
    const values: Array<string> = []
    return Stream.provide(probes.stream({}), openAiOver(http)).pipe(
      Stream.runForEach(({ type }) =>
        Effect.sync(() => {
          values.push(type)
        })
      ),
      withRandom(0),
      Effect.exit,
      Effect.map((exit) => ({ exit, values }))
    )
  }
  const whole: Reply = { parts: [sse({ type: "start" }), sse({ type: "end" })] }

  const before: ReadonlyArray<readonly [name: string, reply: Reply]> = [
    ["a status", failing(503)],
    ["a connection that breaks before the headers", { breaks: "ECONNRESET" }],
    ["a connection that breaks before the first event", { parts: ["", "<broken>"] }],
    ["a connection that breaks within the first event", { parts: ['data: {"ty', "<broken>"] }],
    ["an error as the first event", { parts: [sse({ error: { message: "overloaded", type: "overloaded_error" } })] }],
    ["a comment and then a break", { parts: [": hello\n\n", "<broken>"] }],
    ["a stream that ends without an event", { parts: [": hello\n\n"] }]
  ]
  for (const [name, reply] of before) {
    it.effect(`is opened again after ${name}`, () =>
      Effect.gen(function* () {
        const http = fakeHttp(reply, whole)
        const { exit, values } = yield* settle(collect(http))
        assert.isTrue(Exit.isSuccess(exit))
        assert.deepStrictEqual(values, ["start", "end"])
        assert.deepStrictEqual(waits(http), [500])
      })
    )
  }

  const after: ReadonlyArray<readonly [name: string, parts: NonNullable<Reply["parts"]>]> = [
    ["breaks", [sse({ type: "start" }), "<broken>"]],
    ["ends", [sse({ type: "start" })]],
    ["reports an error", [sse({ type: "start" }), sse({ error: { message: "overloaded", type: "overloaded_error" } })]]
  ]
  for (const [name, parts] of after) {
    it.effect(`is not opened again if it ${name} after its first event`, () =>
      Effect.gen(function* () {
        const http = fakeHttp({ parts }, whole)
        const { exit, values } = yield* settle(collect(http))
        assert.isTrue(Exit.isFailure(exit))
        assert.deepStrictEqual(values, ["start"])
        assert.strictEqual(http.sent.length, 1)
      })
    )
  }

  it.effect("gives up like any call", () =>
    Effect.gen(function* () {
      const http = fakeHttp({ parts: ["", "<broken>"] })
      yield* settle(collect(http))
      assert.strictEqual(http.sent.length, 3)
    })
  )
})
