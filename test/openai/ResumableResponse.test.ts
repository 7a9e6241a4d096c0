import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import { RetryPolicy } from "llmfx"
import * as ResponseStream from "../../src/openai/ResponseStream.ts"
import * as ResumableResponse from "../../src/openai/ResumableResponse.ts"
import { type FakeHttp, fakeHttp, type Reply, sse } from "../support/FakeHttp.ts"
import { openAiOver } from "../support/probes.ts"
import { sentBody } from "../support/sent.ts"
import { passSlowly, settleSlowly } from "../support/settle.ts"

const message = (text: string) => ({
  id: "msg_1",
  type: "message",
  role: "assistant",
  status: "completed",
  content: [{ type: "output_text", text, annotations: [] }]
})

const response = (status: string, output: ReadonlyArray<object> = []) => ({
  id: "resp_1",
  object: "response",
  created_at: 1,
  status,
  model: "m",
  output,
  parallel_tool_calls: true,
  tool_choice: "auto",
  tools: []
})

const whole = response("completed", [message("Hello")])

const events = [
  { type: "response.created", response: response("in_progress") },
  { type: "response.output_item.added", output_index: 0, item: { ...message(""), content: [] } },
  ...[..."Hello"].map((delta) => ({
    type: "response.output_text.delta",
    output_index: 0,
    content_index: 0,
    item_id: "msg_1",
    delta
  })),
  { type: "response.completed", response: whole }
].map((event, sequence_number) => ({ ...event, sequence_number }))

const part = (start: number, end = events.length): string => sse(...events.slice(start, end))
const broken = (start: number, end: number): Reply => ({ parts: [part(start, end), "<broken>"] })
const refusal: Reply = { status: 400, body: { error: { message: "too old", type: "invalid_request_error" } } }

const input = { model: "m", input: "hi" }

/** Runs the stream; gives the sequence numbers, and what was requested. */
const numbers = (http: FakeHttp, options: ResumableResponse.Options = {}) =>
  settleSlowly(Stream.runCollect(ResumableResponse.stream(input, options))).pipe(
    Effect.map((read) => read.map(({ cursor }) => cursor.sequenceNumber)),
    Effect.provide(openAiOver(http, { retry: RetryPolicy.none }))
  )

const requests = ({ sent }: FakeHttp): ReadonlyArray<string> =>
  sent.map(({ method, url }) => `${method} ${url.slice("http://api.test".length)}`)

const all = events.map(({ sequence_number }) => sequence_number)

describe("a stream", () => {
  it.effect("runs in the background", () =>
    Effect.gen(function* () {
      const http = fakeHttp({ parts: [part(0)] })
      assert.deepStrictEqual(yield* numbers(http), all)
      assert.deepInclude(sentBody(http), { background: true, stream: true })
    })
  )

  it("that breaks after any event is taken up there, and has each event once", { timeout: 60_000 }, async () => {
    for (let at = 1; at < events.length; at++) {
      const http = fakeHttp(broken(0, at), { parts: [part(at)] })
      const read = await Effect.runPromise(
        Stream.runCollect(ResumableResponse.stream(input, { schedule: Schedule.spaced(0) })).pipe(
          Effect.provide(openAiOver(http, { retry: RetryPolicy.none }))
        )
      )
      assert.deepStrictEqual(
        read.map(({ cursor }) => cursor.sequenceNumber),
        all,
        `broken after ${at}`
      )
      assert.match(requests(http)[1] ?? "", new RegExp(`^GET /responses/resp_1\\?.*starting_after=${at - 1}$`))
    }
  })

  it.effect("leaves out what the server sends again", () =>
    Effect.gen(function* () {
      const http = fakeHttp(broken(0, 5), { parts: [part(2)] })
      assert.deepStrictEqual(yield* numbers(http), all)
    })
  )

  it.effect("is taken up as often as it breaks, the waits starting over with every event", () =>
    Effect.gen(function* () {
      const http = fakeHttp(broken(0, 2), broken(2, 3), broken(3, 4), broken(4, 5), broken(5, 6), broken(6, 7), {
        parts: [part(7)]
      })
      assert.deepStrictEqual(yield* numbers(http), all)
      assert.deepStrictEqual(
        http.sent.slice(1).map(({ at }, index) => at - (http.sent[index]?.at ?? 0)),
        [500, 500, 500, 500, 500, 500]
      )
    })
  )

  it.effect("waits longer each time if the connection cannot be made", () =>
    Effect.gen(function* () {
      const http = fakeHttp(broken(0, 2), { breaks: "ECONNREFUSED" }, { status: 503, body: {} }, { parts: [part(2)] })
      assert.deepStrictEqual(yield* numbers(http), all)
      assert.deepStrictEqual(
        http.sent.map(({ at }) => at),
        [0, 500, 1500, 3500]
      )
    })
  )

  for (const [name, replies, schedule] of [
    ["the server refuses to stream", [refusal], undefined],
    ["no connection can be made", [{ breaks: "ECONNREFUSED" }], Schedule.recurs(1)]
  ] as const) {
    it.effect(`is polled if ${name}`, () =>
      Effect.gen(function* () {
        const http = fakeHttp(broken(0, 4), ...replies, { body: response("in_progress") }, { body: whole })
        const poll = { schedule: Schedule.spaced(100) }
        const read = yield* numbers(http, schedule === undefined ? { poll } : { schedule, poll })
        assert.deepStrictEqual(read, [0, 1, 2, 3, 4])
        assert.deepStrictEqual(requests(http).slice(-2), ["GET /responses/resp_1", "GET /responses/resp_1"])
      })
    )
  }

  it.effect("ends as the response does that is polled", () =>
    Effect.gen(function* () {
      const answer = yield* ResumableResponse.streamed(input)
      const final = yield* settleSlowly(answer.final)
      assert.strictEqual(final.status, "cancelled")
    }).pipe(
      Effect.scoped,
      Effect.provide(
        openAiOver(fakeHttp(broken(0, 4), refusal, { body: response("cancelled") }), { retry: RetryPolicy.none })
      )
    )
  )

  it.effect("adds up to the same response as one that does not break", () =>
    Effect.gen(function* () {
      const answer = yield* ResumableResponse.streamed(input)
      const text = yield* settleSlowly(Stream.mkString(answer.text))
      assert.strictEqual(text, "Hello")
      assert.strictEqual(ResponseStream.outputText(yield* answer.final), "Hello")
    }).pipe(
      Effect.scoped,
      Effect.provide(openAiOver(fakeHttp(broken(0, 4), { parts: [part(4)] }), { retry: RetryPolicy.none }))
    )
  )

  it.effect("that never began fails as it did", () =>
    Effect.gen(function* () {
      const http = fakeHttp(refusal)
      const error = yield* Stream.runDrain(ResumableResponse.stream(input)).pipe(
        Effect.flip,
        Effect.provide(openAiOver(http))
      )
      assert.strictEqual(error._tag === "ApiError" && error.reason._tag, "InvalidRequestError")
      assert.strictEqual(http.sent.length, 1)
    })
  )

  for (const cancel of [true, false]) {
    it.effect(
      `that is interrupted ${cancel ? "cancels" : "leaves"} the response, where that is ${cancel ? "" : "not "}asked for`,
      () =>
        Effect.gen(function* () {
          const http = fakeHttp({ parts: [part(0, 3), 60_000] }, { body: response("cancelled") })
          const fiber = yield* Effect.forkChild(
            Effect.provide(Stream.runDrain(ResumableResponse.stream(input, { cancel })), openAiOver(http))
          )
          yield* passSlowly(100)
          yield* Fiber.interrupt(fiber)
          assert.deepStrictEqual(requests(http).slice(1), cancel ? ["POST /responses/resp_1/cancel"] : [])
        })
    )
  }
})

describe("a cursor", () => {
  it.effect("that was stored leads to the rest of the stream", () =>
    Effect.gen(function* () {
      const http = fakeHttp({ parts: [part(0, 4), 60_000] }, { parts: [part(4)] })
      const over = openAiOver(http)
      const read = yield* Stream.runCollect(Stream.take(ResumableResponse.stream(input), 4)).pipe(Effect.provide(over))
      const cursor = JSON.parse(JSON.stringify(read.at(-1)?.cursor)) as ResumableResponse.Cursor
      assert.deepStrictEqual(cursor, { responseId: "resp_1", sequenceNumber: 3 })
      const rest = yield* Stream.runCollect(ResumableResponse.resume(cursor)).pipe(Effect.provide(over))
      assert.deepStrictEqual(
        rest.map(({ event }) => ("sequence_number" in event ? event.sequence_number : undefined)),
        all.slice(4)
      )
    })
  )

  it.effect("without a number leads to the whole stream", () =>
    Effect.gen(function* () {
      const http = fakeHttp({ parts: [part(0)] })
      const read = yield* Stream.runCollect(
        ResumableResponse.resume({ responseId: "resp_1", sequenceNumber: undefined })
      ).pipe(Effect.provide(openAiOver(http)))
      assert.strictEqual(read.length, events.length)
      assert.notInclude(requests(http)[0], "starting_after")
    })
  )

  it.effect("leads to the whole response, and to the text after it", () =>
    Effect.gen(function* () {
      const http = fakeHttp(broken(0, 5), { parts: [part(5)] })
      const cursor = { responseId: "resp_1", sequenceNumber: 3 }
      const [text, final] = yield* settleSlowly(
        Effect.scoped(
          Effect.gen(function* () {
            const followed = yield* ResumableResponse.resumed(cursor)
            const before = yield* followed.snapshot
            assert.strictEqual(before === undefined ? "" : ResponseStream.outputText(before), "He")
            return [yield* Stream.mkString(followed.text), yield* followed.final] as const
          })
        )
      ).pipe(Effect.provide(openAiOver(http, { retry: RetryPolicy.none })))
      assert.strictEqual(text, "llo")
      assert.strictEqual(ResponseStream.outputText(final), "Hello")
    })
  )

  it.effect("leads to the whole response if the server does not stream it any more", () =>
    Effect.gen(function* () {
      const http = fakeHttp(refusal, { body: whole })
      const final = yield* settleSlowly(
        Effect.scoped(
          Effect.flatMap(
            ResumableResponse.resumed({ responseId: "resp_1", sequenceNumber: 3 }),
            (followed) => followed.final
          )
        )
      ).pipe(Effect.provide(openAiOver(http, { retry: RetryPolicy.none })))
      assert.strictEqual(ResponseStream.outputText(final), "Hello")
    })
  )

  it.effect("of a response that is gone fails as the server says", () =>
    Effect.gen(function* () {
      const gone: Reply = {
        status: 404,
        body: { error: { message: "no such response", type: "invalid_request_error" } }
      }
      const error = yield* settleSlowly(
        Effect.scoped(
          Effect.flatMap(ResumableResponse.resumed({ responseId: "resp_1", sequenceNumber: 3 }), ({ final }) =>
            Effect.flip(final)
          )
        )
      ).pipe(Effect.provide(openAiOver(fakeHttp(gone, gone), { retry: RetryPolicy.none })))
      assert.strictEqual(error._tag === "ApiError" && error.reason._tag, "NotFoundError")
    })
  )
})
