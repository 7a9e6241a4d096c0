import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/testing/TestClock"
import { RequestOptions, RetryPolicy, Timeouts } from "llmfx"
import type { ApiError } from "../../src/ApiError.ts"
import { Anthropic } from "../../src/anthropic/Anthropic.ts"
import { Coze } from "../../src/coze/Coze.ts"
import { apiError, failureOf, reasonOf, streamFailure } from "../support/errors.ts"
import { type FakeHttp, fakeHttp, type Part, type Reply, sse } from "../support/FakeHttp.ts"
import { anthropicOver, cozeOver, openAiOver, probes, probesOf } from "../support/probes.ts"

const json = (...parts: ReadonlyArray<Part>): Reply => ({ parts, headers: { "content-type": "application/json" } })
const ok = json('{"ok":true}')
const once = { retry: RetryPolicy.none }

/** The result of a program and when it came, in milliseconds from the start, while a day passes. */
const timed = <A, E, R>(program: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const fiber = yield* Effect.forkChild(Effect.zip(program, Clock.currentTimeMillis))
    yield* TestClock.adjust("1 day")
    return yield* Fiber.join(fiber)
  })

/** Returns what a timeout error says, and when it came. */
const told = ([error, at]: readonly [error: ApiError, at: number]) => {
  const { attempt, duration, which } = reasonOf(error, "TimeoutError")
  return { which, duration: Duration.toMillis(duration), attempt, at }
}

const get = (http: FakeHttp, timeouts: Timeouts.Timeouts) =>
  probes.get({}).pipe(Effect.provide(openAiOver(http, { ...once, timeouts })))

const streamed = (http: FakeHttp, timeouts: Timeouts.Timeouts) =>
  Stream.provide(probes.stream({}), openAiOver(http, { ...once, timeouts }))

/** Fails a stream; gives the error and the types of the events before it. */
const streamTold = (http: FakeHttp, timeouts: Timeouts.Timeouts) =>
  Effect.map(timed(streamFailure(streamed(http, timeouts))), ([{ error, values }, at]) => ({
    ...told([apiError(error), at]),
    values: values.map(({ type }) => type)
  }))

const tick = sse({ type: "tick" })
const end = sse({ type: "end" })

describe("headers", () => {
  it.effect("runs from sending a request to its headers", () =>
    Effect.gen(function* () {
      const http = fakeHttp({ ...ok, delay: 3001 })
      const result = yield* timed(failureOf(get(http, { headers: "3 seconds" })))
      assert.deepStrictEqual(told(result), { which: "headers", duration: 3000, attempt: 1, at: 3000 })
      assert.include(result[0].message, "headers timeout, 3s, attempt 1")
    })
  )

  it.effect("does not count the body", () =>
    Effect.gen(function* () {
      const http = fakeHttp({ ...json('{"ok":', 60_000, "true}"), delay: 2999 })
      const [{ ok }] = yield* timed(get(http, { ...Timeouts.none, headers: "3 seconds" }))
      assert.isTrue(ok)
    })
  )

  it.effect("starts over on each attempt", () =>
    Effect.gen(function* () {
      const http = fakeHttp({ ...ok, delay: 5000 })
      const policy = RetryPolicy.set(RetryPolicy.official, { schedule: Schedule.spaced("1 second") })
      const result = yield* timed(failureOf(get(http, { headers: 4000 }).pipe(RequestOptions.withRetry(policy))))
      assert.deepStrictEqual(told(result), { which: "headers", duration: 4000, attempt: 3, at: 14_000 })
    })
  )

  it.effect("gives up the request", () =>
    Effect.gen(function* () {
      const http = fakeHttp({ ...ok, delay: 5000 })
      yield* timed(failureOf(get(http, { headers: 4000 })))
      assert.strictEqual(http.aborted(), 1)
    })
  )

  it.effect("holds for a stream and for a raw response too", () =>
    Effect.gen(function* () {
      const http = fakeHttp({ parts: [end], delay: 4000 })
      assert.deepStrictEqual(yield* streamTold(http, { headers: 3000 }), {
        which: "headers",
        duration: 3000,
        attempt: 1,
        at: 3000,
        values: []
      })
      const raw = probes.get.raw({}).pipe(Effect.provide(openAiOver(http, { ...once, timeouts: { headers: 3000 } })))
      const fiber = yield* Effect.forkChild(failureOf(raw))
      yield* TestClock.adjust(3000)
      reasonOf(yield* Fiber.join(fiber), "TimeoutError")
    })
  )
})

describe("body", () => {
  it.effect("runs from sending a request to the end of its JSON body", () =>
    Effect.gen(function* () {
      const http = fakeHttp({ ...json('{"ok":', 3000, "true}"), delay: 3000 })
      const result = yield* timed(failureOf(get(http, { headers: 5000, body: 5000 })))
      assert.deepStrictEqual(told(result), { which: "body", duration: 5000, attempt: 1, at: 5000 })
      assert.strictEqual(http.aborted(), 1)
    })
  )

  it.effect("is named if nothing came either, if it is the shorter one", () =>
    Effect.gen(function* () {
      const http = fakeHttp({ ...ok, delay: 9000 })
      const result = yield* timed(failureOf(get(http, { headers: 8000, body: 5000 })))
      assert.strictEqual(told(result).which, "body")
    })
  )

  it.effect("does not cut a stream", () =>
    Effect.gen(function* () {
      const http = fakeHttp({ parts: [tick, 60_000, tick, 60_000, end] })
      const [values] = yield* timed(Stream.runCollect(streamed(http, { body: 5000 })))
      assert.strictEqual(values.length, 3)
    })
  )
})

describe("firstEvent", () => {
  it.effect("runs from sending a request to the first event", () =>
    Effect.gen(function* () {
      const http = fakeHttp({ parts: [2000, tick, end], delay: 2000 })
      assert.deepStrictEqual(yield* streamTold(http, { headers: 5000, firstEvent: 3000 }), {
        which: "firstEvent",
        duration: 3000,
        attempt: 1,
        at: 3000,
        values: []
      })
      assert.strictEqual(http.aborted(), 1)
    })
  )

  it.effect("is not reached by comments", () =>
    Effect.gen(function* () {
      const http = fakeHttp({ parts: [": hi\n\n", 1000, ": hi\n\n", 1000, ": hi\n\n", 2000, tick, end] })
      assert.strictEqual((yield* streamTold(http, { firstEvent: 3000 })).at, 3000)
    })
  )

  it.effect("does not count what comes after the first event", () =>
    Effect.gen(function* () {
      const http = fakeHttp({ parts: [2999, tick, 60_000, end] })
      const [values] = yield* timed(Stream.runCollect(streamed(http, { firstEvent: 3000 })))
      assert.strictEqual(values.length, 2)
    })
  )

  it.effect("is tried again, for the stream has given nothing yet", () =>
    Effect.gen(function* () {
      const http = fakeHttp({ parts: [5000, tick, end] }, { parts: [tick, end] })
      const policy = RetryPolicy.set(RetryPolicy.official, { schedule: Schedule.spaced(1000) })
      const stream = streamed(http, { firstEvent: 3000 }).pipe(RequestOptions.withRetry(policy))
      const [values, at] = yield* timed(Stream.runCollect(stream))
      assert.strictEqual(values.length, 2)
      assert.strictEqual(at, 4000)
    })
  )
})

describe("idle", () => {
  it.effect("runs between two events", () =>
    Effect.gen(function* () {
      const http = fakeHttp({ parts: [tick, 2999, tick, 3001, end] })
      assert.deepStrictEqual(yield* streamTold(http, { idle: 3000 }), {
        which: "idle",
        duration: 3000,
        attempt: 1,
        at: 5999,
        values: ["tick", "tick"]
      })
      assert.strictEqual(http.aborted(), 1)
    })
  )

  it.effect("is not fed by comments", () =>
    Effect.gen(function* () {
      const http = fakeHttp({ parts: [tick, 1000, ": alive\n\n", 1000, ": alive\n\n", 2000, end] })
      assert.strictEqual((yield* streamTold(http, { idle: 3000 })).at, 3000)
    })
  )

  it.effect("is not fed by pings", () =>
    Effect.gen(function* () {
      const ping = 'event: ping\ndata: {"type":"ping"}\n\n'
      const http = fakeHttp({ parts: [tick, 1000, ping, 1000, ping, 2000, end] })
      const endpoint = probesOf(Anthropic).stream
      const layer = anthropicOver(http, { ...once, timeouts: { idle: 3000 } })
      const [{ error, values }, at] = yield* timed(streamFailure(Stream.provide(endpoint({}), layer)))
      assert.strictEqual(told([apiError(error), at]).at, 3000)
      assert.strictEqual(values.length, 1)
    })
  )

  it.effect("does not fail an answer whose end has come, although the connection stays open", () =>
    Effect.gen(function* () {
      for (const timeouts of [{ idle: 300 }, { total: 300 }]) {
        const [values] = yield* timed(
          Stream.runCollect(streamed(fakeHttp({ parts: [tick, 100, end, 5000] }), timeouts))
        )
        assert.strictEqual(values.length, 2)
      }
    })
  )

  it.effect("does not count the time the consumer takes", () =>
    Effect.gen(function* () {
      const http = fakeHttp({ parts: [tick, 1000, tick, 1000, end] })
      const slow = Stream.mapEffect(streamed(http, { idle: 3000 }), (value) => Effect.as(Effect.sleep(60_000), value))
      const [values] = yield* timed(Stream.runCollect(slow))
      assert.strictEqual(values.length, 3)
    })
  )

  it.effect("is not tried again, for the stream has given something", () =>
    Effect.gen(function* () {
      const http = fakeHttp({ parts: [tick, 5000, end] }, { parts: [end] })
      const stream = streamed(http, { idle: 3000 }).pipe(RequestOptions.withRetry(RetryPolicy.official))
      const [{ error }] = yield* timed(streamFailure(stream))
      reasonOf(apiError(error), "TimeoutError")
      assert.strictEqual(http.sent.length, 1)
    })
  )
})

describe("what had come by the time that a limit passes", () => {
  const id = { "x-request-id": "req-1" }
  const spoken = sse({ type: "response.output_text.delta", delta: "Hello" })

  for (const timeouts of [{ idle: 3000 }, { total: 3000 }] as const) {
    it.effect(`is in the error of ${Object.keys(timeouts)}, with the response`, () =>
      Effect.gen(function* () {
        const http = fakeHttp({ parts: [spoken, 100, tick, 5000, end], headers: id })
        const [{ error }] = yield* timed(streamFailure(streamed(http, timeouts)))
        const { message, partial, requestId, response } = apiError(error)
        assert.deepStrictEqual(partial, { text: "Hello", usage: undefined, events: 2 })
        assert.strictEqual(response?.status, 200)
        assert.strictEqual(requestId, "req-1")
        assert.include(message, "attempt 1). What had arrived, 2 events, is in partial. Retry")
      })
    )
  }

  it.effect("is nothing before the first event but the response", () =>
    Effect.gen(function* () {
      const http = fakeHttp({ parts: [5000, tick, end], headers: id })
      const [{ error }] = yield* timed(streamFailure(streamed(http, { firstEvent: 3000 })))
      assert.isUndefined(apiError(error).partial)
      assert.strictEqual(apiError(error).requestId, "req-1")
    })
  )

  it.effect("is the response if a body does not end", () =>
    Effect.gen(function* () {
      const http = fakeHttp({
        ...json('{"ok":', 5000, "true}"),
        headers: { "content-type": "application/json", ...id }
      })
      const [error] = yield* timed(failureOf(get(http, { body: 3000 })))
      assert.strictEqual(error.requestId, "req-1")
      assert.isUndefined(error.partial)
    })
  )

  it.effect("is undefined if no response came", () =>
    Effect.gen(function* () {
      const [error] = yield* timed(failureOf(get(fakeHttp({ ...ok, delay: 5000 }), { headers: 3000 })))
      assert.isUndefined(error.response)
    })
  )
})

describe("total", () => {
  it.effect("spans all tries and the waits between them", () =>
    Effect.gen(function* () {
      const http = fakeHttp({ status: 500, delay: 2000 })
      const policy = RetryPolicy.set(RetryPolicy.official, { maxRetries: 9, schedule: Schedule.spaced(1000) })
      const result = yield* timed(failureOf(get(http, { total: 7000 }).pipe(RequestOptions.withRetry(policy))))
      assert.deepStrictEqual(told(result), { which: "total", duration: 7000, attempt: 3, at: 7000 })
      assert.strictEqual(result[0].attempts.length, 2)
    })
  )

  it.effect("cuts the body of an answer and a stream", () =>
    Effect.gen(function* () {
      const slow = fakeHttp(json('{"ok":', 9000, "true}"))
      assert.strictEqual(told(yield* timed(failureOf(get(slow, { total: 5000 })))).at, 5000)
      const http = fakeHttp({ parts: [tick, 2000, tick, 2000, tick, 2000, end] })
      const fiber = yield* Effect.forkChild(streamFailure(streamed(http, { total: 5000 })))
      yield* TestClock.adjust(5000)
      const { error, values } = yield* Fiber.join(fiber)
      assert.strictEqual(reasonOf(apiError(error), "TimeoutError").which, "total")
      assert.strictEqual(values.length, 3)
    })
  )

  it.effect("is not tried again", () =>
    Effect.gen(function* () {
      const http = fakeHttp({ ...ok, delay: 9000 })
      yield* timed(failureOf(get(http, { total: 5000 }).pipe(RequestOptions.withRetry(RetryPolicy.official))))
      assert.strictEqual(http.sent.length, 1)
    })
  )
})

describe("withDeadline", () => {
  it.effect("is one limit for all calls of a program", () =>
    Effect.gen(function* () {
      const http = fakeHttp({ ...ok, delay: 2000 })
      const program = Effect.forever(get(http, {})).pipe(RequestOptions.withDeadline(5000))
      const [error, at] = yield* timed(failureOf(program))
      assert.strictEqual(at, 5000)
      assert.strictEqual(http.sent.length, 3)
      const { message, which } = reasonOf(error, "TimeoutError")
      assert.strictEqual(which, "total")
      assert.include(message, "deadline")
    })
  )

  it.effect("counts from the start of the program, not from its making", () =>
    Effect.gen(function* () {
      const http = fakeHttp({ ...ok, delay: 2000 })
      const program = get(http, {}).pipe(RequestOptions.withDeadline(3000))
      yield* TestClock.adjust("1 hour")
      const fiber = yield* Effect.forkChild(program)
      yield* TestClock.adjust(2000)
      assert.isTrue((yield* Fiber.join(fiber)).ok)
    })
  )

  it.effect("cuts a stream", () =>
    Effect.gen(function* () {
      const http = fakeHttp({ parts: [tick, 2000, tick, 2000, end] })
      const stream = streamed(http, {}).pipe(RequestOptions.withDeadline(3000))
      const [{ values }, at] = yield* timed(streamFailure(stream))
      assert.strictEqual(at, 3000)
      assert.strictEqual(values.length, 2)
    })
  )

  it.effect("nested deadlines end with the earlier one", () =>
    Effect.gen(function* () {
      const http = fakeHttp({ ...ok, delay: 9000 })
      const program = get(http, {}).pipe(RequestOptions.withDeadline(8000), RequestOptions.withDeadline(2000))
      const [, at] = yield* timed(failureOf(program))
      assert.strictEqual(at, 2000)
    })
  )

  it.effect("sends nothing once it has passed", () =>
    Effect.gen(function* () {
      const http = fakeHttp({ ...ok, delay: 1000 })
      const program = Effect.andThen(Effect.sleep(4000), get(http, {})).pipe(RequestOptions.withDeadline(3000))
      const [error] = yield* timed(failureOf(program))
      reasonOf(error, "TimeoutError")
      assert.strictEqual(http.sent.length, 0)
    })
  )
})

describe("defaults", () => {
  for (const [name, run] of [
    ["OpenAI", (http: FakeHttp) => probes.get({}).pipe(Effect.provide(openAiOver(http, once)))],
    [
      "Anthropic",
      (http: FakeHttp) =>
        probesOf(Anthropic)
          .get({})
          .pipe(Effect.provide(anthropicOver(http, once)))
    ]
  ] as const) {
    it.effect(`${name}: ten minutes for the headers and the body`, () =>
      Effect.gen(function* () {
        const late = fakeHttp({ ...json('{"ok":', 2, "true}"), delay: 599_999 })
        assert.strictEqual((yield* timed(failureOf(run(late))))[1], 600_000)
        const inTime = fakeHttp({ ...json('{"ok":', 1, "true}"), delay: 599_998 })
        const fiber = yield* Effect.forkChild(run(inTime))
        yield* TestClock.adjust("10 minutes")
        assert.isTrue((yield* Fiber.join(fiber)).ok)
      })
    )
  }

  it.effect("Coze: no limit", () =>
    Effect.gen(function* () {
      const http = fakeHttp({ body: { code: 0, data: { ok: true } }, delay: 3_600_000 })
      const [answer] = yield* timed(
        probesOf(Coze)
          .get({})
          .pipe(Effect.provide(cozeOver(http)))
      )
      assert.isTrue(answer.ok)
    })
  )

  it.effect("a layer's undefined switches a default off", () =>
    Effect.gen(function* () {
      const http = fakeHttp({ ...ok, delay: 3_600_000 })
      const [answer] = yield* timed(get(http, { headers: undefined, body: undefined }))
      assert.isTrue(answer.ok)
    })
  )

  it.effect("an option replaces only the parts it names", () =>
    Effect.gen(function* () {
      const http = fakeHttp({ ...ok, delay: 700_000 })
      const program = get(http, {}).pipe(RequestOptions.withTimeouts({ body: undefined }))
      assert.strictEqual(told(yield* timed(failureOf(program))).which, "headers")
    })
  )

  it.effect("none lifts all of them", () =>
    Effect.gen(function* () {
      const http = fakeHttp({ ...ok, delay: 700_000 })
      const [answer] = yield* timed(get(http, {}).pipe(RequestOptions.withTimeouts(Timeouts.none)))
      assert.isTrue(answer.ok)
    })
  )
})

describe("an error body that stalls", () => {
  it.effect("is given up after two seconds, with the error of its status", () =>
    Effect.gen(function* () {
      const http = fakeHttp({ status: 503, ...json('{"error":', 3_600_000, "1}") })
      const [error, at] = yield* timed(failureOf(get(http, Timeouts.none)))
      reasonOf(error, "ServerError")
      assert.strictEqual(at, 2000)
      assert.strictEqual(error.response?.status, 503)
    })
  )
})

describe("an error whose status has arrived", () => {
  const late = {
    status: 429,
    headers: { "retry-after": "7" },
    parts: ['{"error":{"message":"slow down","code":"x"', 3_600_000]
  }

  for (const limit of ["headers", "body", "total"] as const) {
    it.effect(`is not hidden by the ${limit} timeout, and says what had come of its body`, () =>
      Effect.gen(function* () {
        const [error, at] = yield* timed(failureOf(get(fakeHttp(late), { ...Timeouts.none, [limit]: "1 second" })))
        const reason = reasonOf(error, "RateLimitError")
        assert.strictEqual(at, 1000)
        assert.deepInclude({ ...reason, message: reason.message }, { message: "slow down", code: "x" })
        assert.strictEqual(error.response?.headers["retry-after"], "7")
      })
    )
  }
})

describe("after the terminal event", () => {
  it.effect("a connection that stays open is let go of", () =>
    Effect.gen(function* () {
      const http = fakeHttp({ parts: [tick, end, 3_600_000] })
      const [values, at] = yield* timed(Stream.runCollect(streamed(http, {})))
      assert.strictEqual(values.length, 2)
      assert.strictEqual(at, 1000)
    })
  )
})
