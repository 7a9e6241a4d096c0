import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Schedule from "effect/Schedule"
import * as TestClock from "effect/testing/TestClock"
import * as Chat from "../../src/coze/api/Chat.ts"
import * as ChatMessage from "../../src/coze/ChatMessage.ts"
import * as RequestOptions from "../../src/RequestOptions.ts"
import { apiError, failureOf, reasonOf } from "../support/errors.ts"
import { type FakeHttp, fakeHttp, type Reply, type Sent } from "../support/FakeHttp.ts"
import { cozeOver } from "./support/layers.ts"

const question = { bot_id: "b", user_id: "u", additional_messages: [ChatMessage.user("hi")] }
const answers = [
  { role: "assistant", type: "answer", content: "Hello.", content_type: "text" },
  { role: "assistant", type: "follow_up", content: "And then?", content_type: "text" }
]

/** A platform on which a chat has the given states, one after the other. */
const platform = (...statuses: ReadonlyArray<string | object>): FakeHttp => {
  let at = 0
  const chat = (): Reply => {
    const status = statuses[Math.min(at++, statuses.length - 1)]
    const state = typeof status === "string" ? { status } : status
    return { body: { code: 0, data: { id: "c", conversation_id: "v", ...state } } }
  }
  return fakeHttp(({ url }) =>
    url.includes("/message/list") ? { body: { code: 0, data: answers } } : url.includes("/cancel") ? cancelled : chat()
  )
}

const cancelled: Reply = { body: { code: 0, data: { id: "c", conversation_id: "v", status: "canceled" } } }

const pathsOf = (sent: ReadonlyArray<Sent>): ReadonlyArray<string> => sent.map(({ url }) => new URL(url).pathname)

const ask = (http: FakeHttp, options?: Chat.PollOptions) =>
  Effect.provide(Chat.createAndPoll(question, options), cozeOver(http.layer))

describe("Chat.createAndPoll", () => {
  it.effect("waits for the end of a chat and fetches what was said", () =>
    Effect.gen(function* () {
      const http = platform("created", "in_progress", "in_progress", "completed")
      const fiber = yield* Effect.forkChild(ask(http))
      yield* TestClock.adjust("1 minute")
      const { chat, messages, status } = yield* Fiber.join(fiber)
      assert.strictEqual(status, "completed")
      assert.strictEqual(chat.id, "c")
      assert.strictEqual(ChatMessage.answerOf(messages), "Hello.")
      assert.strictEqual(Chat.text({ messages }), "Hello.")
      assert.deepStrictEqual(ChatMessage.followUpsOf(messages), ["And then?"])
      assert.deepStrictEqual(
        http.sent.map(({ at }) => at),
        [0, 500, 1250, 2375, 2375]
      )
      assert.deepStrictEqual(pathsOf(http.sent), [
        "/v3/chat",
        "/v3/chat/retrieve",
        "/v3/chat/retrieve",
        "/v3/chat/retrieve",
        "/v3/chat/message/list"
      ])
      assert.deepInclude(http.sent[0]?.body, { stream: false, auto_save_history: true })
    })
  )

  it.effect("never waits longer than five seconds between two looks", () =>
    Effect.gen(function* () {
      const http = platform(...Array<string>(20).fill("in_progress"), "completed")
      const fiber = yield* Effect.forkChild(ask(http))
      yield* TestClock.adjust("5 minutes")
      yield* Fiber.join(fiber)
      const times = http.sent.map(({ at }) => at)
      const waits = times.slice(1).map((at, index) => at - (times[index] ?? 0))
      assert.strictEqual(Math.max(...waits), 5000)
    })
  )

  it.effect("waits as the schedule says", () =>
    Effect.gen(function* () {
      const http = platform("created", "in_progress", "completed")
      const fiber = yield* Effect.forkChild(ask(http, { schedule: Schedule.spaced("3 seconds") }))
      yield* TestClock.adjust("10 seconds")
      yield* Fiber.join(fiber)
      assert.deepStrictEqual(
        http.sent.map(({ at }) => at),
        [0, 3000, 6000, 6000]
      )
    })
  )

  it.effect("gives a chat that needs tools back, with the calls", () =>
    Effect.gen(function* () {
      const call = { id: "t", type: "function", function: { name: "weather", arguments: "{}" } }
      const action = { type: "submit_tool_outputs", submit_tool_outputs: { tool_calls: [call] } }
      const http = platform({ status: "requires_action", required_action: action })
      const { chat, status } = yield* ask(http)
      assert.strictEqual(status, "requires_action")
      assert.strictEqual(chat.required_action?.submit_tool_outputs?.tool_calls[0]?.function?.name, "weather")
    })
  )

  it.effect("gives a chat back that somebody cancelled", () =>
    Effect.gen(function* () {
      const { status } = yield* ask(platform("canceled"))
      assert.strictEqual(status, "canceled")
    })
  )

  it.effect("fails with the reason of a failed chat's code", () =>
    Effect.gen(function* () {
      const http = platform({ status: "failed", last_error: { code: 4013, msg: "too many requests" } })
      const error = apiError(yield* failureOf(ask(http)))
      assert.include(reasonOf(error, "RateLimitError").message, "too many requests")
      assert.strictEqual(error.endpoint, "chat.createAndPoll")
      const unknown = apiError(yield* failureOf(ask(platform({ status: "failed", last_error: { code: 99 } }))))
      assert.strictEqual(reasonOf(unknown, "ServerError").code, "99")
      for (const last_error of [undefined, null, { code: 0, msg: "" }]) {
        const silent = apiError(yield* failureOf(ask(platform({ status: "failed", last_error }))))
        assert.strictEqual(reasonOf(silent, "ServerError").message, "The chat failed")
      }
    })
  )

  it.effect("cancels the chat when its deadline passes", () =>
    Effect.gen(function* () {
      const http = platform("in_progress")
      const fiber = yield* Effect.forkChild(failureOf(ask(http, { deadline: "10 seconds" })))
      yield* TestClock.adjust("10 seconds")
      const error = apiError(yield* Fiber.join(fiber))
      assert.strictEqual(reasonOf(error, "TimeoutError").which, "total")
      assert.strictEqual(pathsOf(http.sent).at(-1), "/v3/chat/cancel")
      assert.deepStrictEqual(http.sent.at(-1)?.body, { conversation_id: "v", chat_id: "c" })
    })
  )

  it.effect("cancels the chat when the deadline of the whole program passes", () =>
    Effect.gen(function* () {
      const http = platform("in_progress")
      const program = RequestOptions.withDeadline(Chat.createAndPoll(question), "4 seconds")
      const fiber = yield* Effect.forkChild(failureOf(Effect.provide(program, cozeOver(http.layer))))
      yield* TestClock.adjust("1 minute")
      reasonOf(apiError(yield* Fiber.join(fiber)), "TimeoutError")
      assert.strictEqual(pathsOf(http.sent).at(-1), "/v3/chat/cancel")
    })
  )

  it.effect("cancels the chat when its schedule ends", () =>
    Effect.gen(function* () {
      const http = platform("in_progress")
      const fiber = yield* Effect.forkChild(failureOf(ask(http, { schedule: Schedule.recurs(2) })))
      yield* TestClock.adjust("1 second")
      reasonOf(apiError(yield* Fiber.join(fiber)), "TimeoutError")
      assert.deepStrictEqual(pathsOf(http.sent), [
        "/v3/chat",
        "/v3/chat/retrieve",
        "/v3/chat/retrieve",
        "/v3/chat/cancel"
      ])
    })
  )

  it.effect("cancels the chat when it is interrupted", () =>
    Effect.gen(function* () {
      const http = platform("in_progress")
      const fiber = yield* Effect.forkChild(ask(http))
      yield* TestClock.adjust("2 seconds")
      yield* Fiber.interrupt(fiber)
      assert.isTrue(Exit.hasInterrupts(yield* Fiber.await(fiber)))
      assert.strictEqual(pathsOf(http.sent).at(-1), "/v3/chat/cancel")
    })
  )

  it.effect("leaves a finished chat alone", () =>
    Effect.gen(function* () {
      const http = platform("completed")
      yield* ask(http, { deadline: "1 minute" })
      assert.notInclude(pathsOf(http.sent), "/v3/chat/cancel")
    })
  )
})

describe("Chat.poll", () => {
  it.effect("waits for a chat that goes on after tool outputs", () =>
    Effect.gen(function* () {
      const http = platform("in_progress", "completed")
      const fiber = yield* Effect.forkChild(
        Effect.provide(Chat.poll({ conversation_id: "v", chat_id: "c" }), cozeOver(http.layer))
      )
      yield* TestClock.adjust("5 seconds")
      const { status } = yield* Fiber.join(fiber)
      assert.strictEqual(status, "completed")
    })
  )
})

describe("ChatMessage", () => {
  it("writes the parts of a message as text, as the API takes them", () => {
    const parts = [
      ChatMessage.text("What is this?"),
      ChatMessage.image({ file_id: "1" }),
      ChatMessage.file({ file_url: "u" })
    ]
    assert.deepStrictEqual(ChatMessage.user(parts, { meta_data: { k: "v" } }), {
      role: "user",
      type: "question",
      content: JSON.stringify([
        { type: "text", text: "What is this?" },
        { type: "image", file_id: "1" },
        { type: "file", file_url: "u" }
      ]),
      content_type: "object_string",
      meta_data: { k: "v" }
    })
  })

  it("marks what the agent said as an answer", () => {
    assert.deepStrictEqual(ChatMessage.assistant("Hello."), {
      role: "assistant",
      type: "answer",
      content: "Hello.",
      content_type: "text"
    })
  })
})
