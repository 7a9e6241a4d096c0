import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as KeyValueStore from "effect/persistence/KeyValueStore"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/testing/TestClock"
import { ToolLoop, Tools } from "llmfx"
import type { ChatCompletion, ChatCompletionCreateParams } from "../../src/openai/api/ChatCompletions.ts"
import * as ChatToolLoop from "../../src/openai/ChatToolLoop.ts"
import { type FakeHttp, fakeHttp, type Part, type Reply, sse } from "../support/FakeHttp.ts"
import { openAiOver } from "../support/probes.ts"
import { sentBody } from "../support/sent.ts"
import { passSlowly, settleSlowly } from "../support/settle.ts"

const chunk = (delta: object, finish_reason: string | null = null) => ({
  id: "c",
  object: "chat.completion.chunk",
  created: 1,
  model: "m",
  choices: [{ index: 0, delta, finish_reason }]
})

const callChunk = (index: number, id: string, name: string, json: string) =>
  sse(chunk({ tool_calls: [{ index, id, type: "function", function: { name, arguments: json } }] }))

const says = (content: string): Reply => ({ parts: [sse(chunk({ content }), chunk({}, "stop"), "[DONE]")] })
const asks = (...parts: ReadonlyArray<Part>): Reply => ({ parts: [...parts, sse(chunk({}, "tool_calls"), "[DONE]")] })

const input = { model: "m", messages: [{ role: "user" as const, content: "hi" }] }

/** Tools that take as many milliseconds as they are told to, and when they began and ended. */
const sleepers = () => {
  const log: Array<string> = []
  const sleep = Tools.make({
    name: "sleep",
    parameters: Schema.Struct({ ms: Schema.Finite }),
    run: ({ ms }) =>
      Effect.gen(function* () {
        log.push(`${ms} begins at ${yield* Clock.currentTimeMillis}`)
        yield* Effect.sleep(ms)
        log.push(`${ms} ends at ${yield* Clock.currentTimeMillis}`)
        return `slept ${ms}`
      })
  })
  return { log, sleep }
}

type Options = ToolLoop.Options<ChatCompletionCreateParams, ChatCompletion>

const collect = (http: FakeHttp, tools: ReadonlyArray<Tools.Tool>, options?: Options) =>
  settleSlowly(Stream.runCollect(ChatToolLoop.run(input, tools, options))).pipe(Effect.provide(openAiOver(http)))

const messagesOf = (http: FakeHttp, index: number) =>
  sentBody<{ readonly messages: ReadonlyArray<{ readonly role: string }> }>(http, index).messages

describe("a loop", () => {
  it.effect("makes the calls and asks again, until there are none", () =>
    Effect.gen(function* () {
      const { sleep } = sleepers()
      const http = fakeHttp(
        asks(callChunk(0, "a", "sleep", '{"ms":20}'), callChunk(1, "b", "sleep", '{"ms":10}')),
        asks(callChunk(0, "c", "nope", "{}")),
        says("done")
      )
      const events = yield* collect(http, [sleep])
      assert.deepStrictEqual(
        events.flatMap((event) =>
          event._tag === "Delta"
            ? []
            : [event._tag === "Called" ? `${event.call.id}: ${event.result.output}` : event._tag]
        ),
        [
          "Answered",
          "Checkpoint",
          "a: slept 20",
          "b: slept 10",
          "Checkpoint",
          "Answered",
          "Checkpoint",
          'c: There is no tool named "nope"',
          "Checkpoint",
          "Answered",
          "Finished"
        ]
      )
      assert.deepStrictEqual(
        messagesOf(http, 2).map(({ role }) => role),
        ["user", "assistant", "tool", "tool", "assistant", "tool"]
      )
      const end = events.at(-1)
      assert.isTrue(end?._tag === "Finished" && end.reason === "done" && end.steps === 3)
      assert.strictEqual(end?._tag === "Finished" && end.input.messages.length, 7)
    })
  )

  it.effect("tells of its answers piece by piece", () =>
    Effect.gen(function* () {
      const events = yield* collect(fakeHttp(says("hello")), [])
      assert.deepStrictEqual(
        events.map((event) => (event._tag === "Delta" ? event.step._tag : event._tag)),
        ["TextDelta", "TextDone", "Answered", "Finished"]
      )
    })
  )

  it.effect("runs calls side by side, some at a time", () =>
    Effect.gen(function* () {
      const { log, sleep } = sleepers()
      const http = fakeHttp(
        asks(...[30, 10, 20].map((ms, index) => callChunk(index, `${ms}`, "sleep", `{"ms":${ms}}`))),
        says("done")
      )
      yield* collect(http, [sleep], { concurrency: 2 })
      assert.deepStrictEqual(log, [
        "30 begins at 0",
        "10 begins at 0",
        "10 ends at 10",
        "20 begins at 10",
        "30 ends at 30",
        "20 ends at 30"
      ])
    })
  )

  for (const eager of [true, false]) {
    it.effect(
      `begins a call ${eager ? "while" : "after"} the answer goes on, where it is ${eager ? "" : "not "}eager`,
      () =>
        Effect.gen(function* () {
          const { log, sleep } = sleepers()
          const http = fakeHttp(
            asks(callChunk(0, "a", "sleep", '{"ms":10}'), callChunk(1, "b", "sleep", '{"ms":20}'), 500),
            says("done")
          )
          yield* collect(http, [sleep], { eager })
          assert.deepStrictEqual(
            log.slice(0, 2),
            eager ? ["10 begins at 0", "10 ends at 10"] : ["10 begins at 500", "20 begins at 500"]
          )
          assert.strictEqual(log.length, 4)
        })
    )
  }

  it.effect("stops after so many requests, with what it has", () =>
    Effect.gen(function* () {
      const { sleep } = sleepers()
      const http = fakeHttp(asks(callChunk(0, "a", "sleep", '{"ms":1}')))
      const events = yield* collect(http, [sleep], { maxSteps: 3 })
      const end = events.at(-1)
      assert.strictEqual(end?._tag === "Finished" && end.reason, "maxSteps")
      assert.strictEqual(http.sent.length, 3)
      assert.strictEqual(end?._tag === "Finished" && end.input.messages.length, 7)
    })
  )

  it.effect("does after each step what is decided", () =>
    Effect.gen(function* () {
      const { sleep } = sleepers()
      const http = fakeHttp(asks(callChunk(0, "a", "sleep", '{"ms":1}')))
      const seen: Array<string> = []
      const events = yield* collect(http, [sleep], {
        decide: ({ next, results, steps }) => {
          seen.push(`${steps}: ${results[0]?.output}`)
          return Effect.succeed(
            steps === 1 ? ToolLoop.ContinueWith({ ...next, model: "other", messages: [] }) : ToolLoop.Stop
          )
        }
      })
      assert.deepStrictEqual(seen, ["1: slept 1", "2: slept 1"])
      assert.strictEqual(sentBody(http, 1)["model"], "other")
      assert.deepStrictEqual(messagesOf(http, 1), [])
      const end = events.at(-1)
      assert.strictEqual(end?._tag === "Finished" && end.reason, "stopped")
    })
  )

  it.effect("interrupts its calls with its fiber", () =>
    Effect.gen(function* () {
      const { log, sleep } = sleepers()
      const http = fakeHttp(asks(callChunk(0, "a", "sleep", '{"ms":60000}')), says("done"))
      const fiber = yield* Effect.forkChild(
        Effect.provide(Stream.runDrain(ChatToolLoop.run(input, [sleep])), openAiOver(http))
      )
      yield* passSlowly(100)
      yield* Fiber.interrupt(fiber)
      yield* TestClock.adjust("2 minutes")
      assert.deepStrictEqual(log, ["60000 begins at 0"])
    })
  )

  it.effect("interrupts calls that began early if the answer breaks off", () =>
    Effect.gen(function* () {
      const { log, sleep } = sleepers()
      const http = fakeHttp({
        parts: [callChunk(0, "a", "sleep", '{"ms":600}'), callChunk(1, "b", "sleep", "{}"), 100, "<broken>"]
      })
      const exit = yield* Effect.exit(collect(http, [sleep], { eager: true }))
      assert.isTrue(Exit.isFailure(exit))
      assert.deepStrictEqual(log, ["600 begins at 0"])
    })
  )

  it.effect("can be awaited as a whole", () =>
    Effect.gen(function* () {
      const end = yield* ToolLoop.finished(ChatToolLoop.run(input, [])).pipe(
        Effect.provide(openAiOver(fakeHttp(says("hello"))))
      )
      assert.strictEqual(end.answer.choices[0]?.message.content, "hello")
    })
  )
})

describe("a loop that was interrupted", () => {
  const answer = asks(callChunk(0, "a", "quick", "{}"), callChunk(1, "b", "slow", "{}"))

  for (const [name, makeLedger] of [
    ["memory", ToolLoop.makeMemoryLedger],
    ["a key-value store", Effect.map(KeyValueStore.KeyValueStore, (store) => ToolLoop.ledgerFromKeyValueStore(store))]
  ] as const) {
    it.effect(`goes on at its last checkpoint, and makes only the calls that a ledger in ${name} does not have`, () =>
      Effect.gen(function* () {
        const ledger: ToolLoop.Ledger<unknown> = yield* makeLedger
        const log: Array<string> = []
        let checkpoint: unknown
        const first = fakeHttp(answer, says("done"))
        const tool = (name: string, ms: number) =>
          Tools.make({
            name,
            parameters: Schema.Struct({}),
            run: () =>
              Effect.andThen(
                Effect.sleep(ms),
                Effect.sync(() => log.push(name))
              )
          })
        const tools = [tool("quick", 10), tool("slow", 1000)]
        const fiber = yield* Effect.forkChild(
          Effect.provide(
            Stream.runForEach(ChatToolLoop.run(input, tools, { ledger }), (event) =>
              Effect.sync(() => {
                if (event._tag === "Checkpoint") checkpoint = JSON.parse(JSON.stringify(event.state))
              })
            ),
            openAiOver(first)
          )
        )
        yield* passSlowly(100)
        yield* Fiber.interrupt(fiber)
        assert.deepStrictEqual(log, ["quick"])
        assert.strictEqual(first.sent.length, 1)

        const second = fakeHttp(says("done"))
        const resume = checkpoint as Options["resume"]
        const end = yield* settleSlowly(ToolLoop.finished(ChatToolLoop.run(input, tools, { ledger, resume }))).pipe(
          Effect.provide(openAiOver(second))
        )
        assert.deepStrictEqual(log, ["quick", "slow"])
        assert.strictEqual(end.steps, 2)
        assert.deepStrictEqual(
          messagesOf(second, 0).map(({ role }) => role),
          ["user", "assistant", "tool", "tool"]
        )
      }).pipe(Effect.provide(KeyValueStore.layerMemory))
    )
  }

  it.effect("has in its ledger what a call has done, however slowly that is written", () =>
    Effect.gen(function* () {
      const memory = yield* ToolLoop.makeMemoryLedger
      const ledger: ToolLoop.Ledger = {
        ...memory,
        record: (call, result) => Effect.andThen(Effect.sleep(500), memory.record(call, result))
      }
      const { sleep } = sleepers()
      const http = fakeHttp(asks(callChunk(0, "a", "sleep", '{"ms":10}')), says("done"))
      const fiber = yield* Effect.forkChild(
        Effect.provide(Stream.runDrain(ChatToolLoop.run(input, [sleep], { ledger })), openAiOver(http))
      )
      yield* passSlowly(100)
      yield* Effect.forkChild(Fiber.interrupt(fiber))
      yield* passSlowly(600)
      assert.strictEqual(
        (yield* memory.recall({ id: "a", name: "sleep", arguments: `{"ms":10}`, place: "1/a/0" }))?.output,
        "slept 10"
      )
      assert.strictEqual(http.sent.length, 1)
    })
  )
})
