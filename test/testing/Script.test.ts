import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/testing/TestClock"
import * as fc from "fast-check"
import { EventStream } from "llmfx"
import { Messages } from "llmfx/anthropic"
import { Chat } from "llmfx/coze"
import { BetaThreadsRuns, ChatCompletions, Responses } from "llmfx/openai"
import { Events, Failure, Reply, Script } from "llmfx/testing"

const textOf = (script: Script.Script): Effect.Effect<string, unknown> =>
  Stream.mkString(Stream.decodeText(Script.toStream(script)))

const eventsOf = (script: Script.Script) => Stream.runCollect(EventStream.decodeSse()(Script.toStream(script)))

const three = Script.make(Script.event("1"), Script.event("2"), Script.comment(), Script.event("3"))

describe("Script", () => {
  it.effect("writes chat completions as data lines that end with [DONE]", () =>
    Effect.gen(function* () {
      const text = yield* textOf(Script.forEndpoint(ChatCompletions.stream, Events.chatCompletion("hi")))
      assert.match(text, /^data: \{"id":"id",/)
      assert.notInclude(text, "event:")
      assert.isTrue(text.endsWith("data: [DONE]\n\n"))
    })
  )

  it.effect("writes responses and messages with the event's type as its name", () =>
    Effect.gen(function* () {
      const responses = yield* eventsOf(Script.forEndpoint(Responses.stream, Events.response("hi")))
      const messages = yield* eventsOf(Script.forEndpoint(Messages.stream, Events.message("hi")))
      for (const { data, event } of [...responses, ...messages]) assert.strictEqual(JSON.parse(data).type, event)
      assert.strictEqual(responses.at(-1)?.event, "response.completed")
      assert.strictEqual(messages.at(-1)?.event, "message_stop")
    })
  )

  it.effect("writes the events of a Coze chat with their data apart from their name", () =>
    Effect.gen(function* () {
      const events = yield* eventsOf(Script.forEndpoint(Chat.stream, Events.cozeChat("hi")))
      assert.strictEqual(events[0]?.event, "conversation.chat.created")
      assert.deepInclude(JSON.parse(events[0]?.data ?? ""), { status: "created" })
      assert.deepInclude(events.at(-1), { event: "done", data: `"[DONE]"` })
    })
  )

  it.effect("writes the events of a thread with their names", () =>
    Effect.gen(function* () {
      const events = yield* eventsOf(
        Script.forMetadata(BetaThreadsRuns.stream, [
          { event: "thread.run.queued", data: { id: "run" } },
          { event: "done", data: "[DONE]" }
        ])
      )
      assert.deepStrictEqual(
        events.map(({ data, event }) => [event, data]),
        [
          ["thread.run.queued", `{"id":"run"}`],
          ["done", "[DONE]"]
        ]
      )
    })
  )

  it.effect("splits text of several lines into data lines that join again", () =>
    Effect.gen(function* () {
      const [event] = yield* eventsOf(Script.make(Script.event("a\nb\r\nc", { event: "note", id: "7" })))
      assert.deepStrictEqual(event, { event: "note", data: "a\nb\nc", id: "7" })
    })
  )

  it.effect("means the same however its bytes are cut", () =>
    Effect.gen(function* () {
      const whole = Script.forEndpoint(Messages.stream, Events.message("grüße aus 東京 👋"))
      const expected = yield* eventsOf(whole)
      yield* Effect.promise(() =>
        fc.assert(
          fc.asyncProperty(
            fc.oneof(
              fc.integer({ min: 1, max: 300 }),
              fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1 }),
              fc.record({ seed: fc.integer(), max: fc.integer({ min: 1, max: 90 }) })
            ),
            async (cut) => {
              assert.deepStrictEqual(await Effect.runPromise(eventsOf(Script.rechunk(whole, cut))), expected)
            }
          ),
          { numRuns: 60 }
        )
      )
    })
  )

  it("cuts into the sizes that are given, in turn, and leaves pauses where they are", () => {
    const cut = Script.make(Script.raw("abcdefg"), Script.delay("1 second"), Script.raw("hi")).pipe(
      Script.rechunk([2, 3])
    )
    assert.deepStrictEqual(
      cut.steps.map((step) => (step._tag === "Bytes" ? new TextDecoder().decode(step.bytes) : step._tag)),
      ["ab", "cde", "fg", "Delay", "hi"]
    )
  })

  it("cuts by a seed the same way every time", () => {
    const lengths = (seed: number) =>
      Script.rechunk(three, { seed, max: 5 }).steps.map((step) => (step._tag === "Bytes" ? step.bytes.length : 0))
    assert.deepStrictEqual(lengths(3), lengths(3))
    assert.notDeepEqual(lengths(3), lengths(4))
  })

  it.effect("counts only events, not comments, when it is cut short or added to", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* textOf(Script.takeEvents(three, 2)), "data: 1\n\ndata: 2\n\n")
      assert.strictEqual(yield* textOf(Script.takeEvents(three, 0)), "")
      const inserted = three.pipe(Script.takeEvents(2), Script.insertAfter(1, Script.raw("x: y\n")))
      assert.strictEqual(yield* textOf(inserted), "data: 1\n\nx: y\ndata: 2\n\n")
    })
  )

  it.effect("breaks with the code of a drop after what came before it", () =>
    Effect.gen(function* () {
      const seen: Array<number> = []
      const script = three.pipe(Script.takeEvents(1), Script.append(Script.drop("EPIPE")))
      const error = yield* Effect.flip(
        Stream.runForEach(Script.toStream(script), ({ length }) => Effect.sync(() => seen.push(length)))
      )
      assert.strictEqual(error.code, "EPIPE")
      assert.deepStrictEqual(seen, [9])
    })
  )

  it.effect("waits on the clock of the program before every event of a paced body", () =>
    Effect.gen(function* () {
      const times: Array<number> = []
      const fiber = yield* Effect.forkChild(
        Stream.runForEach(Script.toStream(Script.pace(three, "10 seconds")), () =>
          Effect.map(
            Effect.clockWith((clock) => clock.currentTimeMillis),
            (now) => times.push(now)
          )
        )
      )
      yield* TestClock.adjust("1 minute")
      yield* Fiber.join(fiber)
      assert.deepStrictEqual(times, [10_000, 20_000, 20_000, 30_000])
    })
  )

  it.effect("never ends if it stalls", () =>
    Effect.gen(function* () {
      const fiber = yield* Effect.forkChild(Stream.runDrain(Script.toStream(Script.make(Script.stall))))
      yield* TestClock.adjust("1 day")
      assert.isUndefined(fiber.pollUnsafe())
      yield* Fiber.interrupt(fiber)
    })
  )

  it.effect("writes the error event of each API", () =>
    Effect.gen(function* () {
      const eventOf = (step: Script.Step) =>
        Effect.map(eventsOf(Script.make(step)), ([event]) => [event?.event, JSON.parse(event?.data ?? "null")] as const)
      const reason = Failure.overloaded({ message: "busy" })
      const [chatName, chat] = yield* eventOf(Script.error(ChatCompletions.stream, reason))
      assert.deepStrictEqual([chatName, chat.error.message], ["", "busy"])
      const [responseName, response] = yield* eventOf(Script.error(Responses.stream, reason))
      assert.deepStrictEqual([responseName, response.type, response.message], ["error", "error", "busy"])
      const [messageName, message] = yield* eventOf(Script.error(Messages.stream, reason))
      assert.deepStrictEqual([messageName, message.error.type], ["error", "overloaded_error"])
      const [cozeName, coze] = yield* eventOf(Script.error(Chat.stream, Failure.rateLimit()))
      assert.deepStrictEqual([cozeName, coze.code], ["error", 4013])
    })
  )

  it.effect("becomes a web response with its head", () =>
    Effect.gen(function* () {
      const reply = Script.toReply(Script.withHead({ status: 202, headers: { "x-a": "b" } })(three))
      const response = Reply.toWeb(reply, yield* Effect.context<never>())
      assert.strictEqual(response.status, 202)
      assert.strictEqual(response.headers.get("content-type"), "text/event-stream; charset=utf-8")
      assert.strictEqual(response.headers.get("x-a"), "b")
      assert.strictEqual(yield* Effect.promise(() => response.text()), yield* textOf(three))
    })
  )
})
