/** Coze Studio, the self-hosted Coze: chats as its users report them. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/testing/TestClock"
import { ToolLoop } from "llmfx"
import * as Chat from "../../src/coze/api/Chat.ts"
import * as ChatMessages from "../../src/coze/api/ChatMessages.ts"
import * as ChatMessage from "../../src/coze/ChatMessage.ts"
import * as ChatStream from "../../src/coze/ChatStream.ts"
import * as ChatToolLoop from "../../src/coze/ChatToolLoop.ts"
import { Coze } from "../../src/coze/Coze.ts"
import { countedTool } from "../support/countedTool.ts"
import { apiError, streamFailure } from "../support/errors.ts"
import { fakeHttp, type Reply } from "../support/FakeHttp.ts"
import { cozeOver } from "../support/probes.ts"
import { sentBody } from "../support/sent.ts"
import { settleSlowly } from "../support/settle.ts"

const question = { bot_id: "7", user_id: "u", additional_messages: [ChatMessage.user("hi")] }

const chat = (status: string) => ({ id: "1", conversation_id: "2", bot_id: "7", status })
const message = { id: "3", role: "assistant", type: "answer", content: "Hello", content_type: "text" }

const addCall = { id: 5, type: "function", function: { name: "add", arguments: { a: 1 } } }

const event = (name: string, data?: unknown): string =>
  `event:${name}\ndata:${data === undefined ? "" : JSON.stringify(data)}\n\n`

const json = (text: string): Reply => ({ parts: [text], headers: { "content-type": "application/json" } })

describe("Coze Studio", () => {
  it.effect("streams a chat, which ends with an event of its own", () =>
    Effect.gen(function* () {
      const answer = yield* ChatStream.streamed(question)
      const end = yield* settleSlowly(answer.final)
      assert.strictEqual(end.chat.status, "completed")
      assert.strictEqual(Chat.text(end), "Hello")
    }).pipe(
      Effect.scoped,
      Effect.provide(
        cozeOver(
          fakeHttp({
            parts: [
              event("conversation.chat.created", chat("created")),
              event("conversation.message.delta", message),
              event("conversation.message.completed", message),
              event("conversation.chat.completed", chat("completed")),
              event("conversation.stream.done")
            ]
          })
        )
      )
    )
  )

  it.effect("finds a chat by GET only, and spells its end with two l", () => {
    const http = fakeHttp(({ method, url }): Reply => {
      if (url.includes("/message/list")) return { body: { code: 0, msg: "", data: [message] } }
      if (!url.includes("/retrieve")) return { body: { code: 0, msg: "", data: chat("in_progress") } }
      return method === "GET"
        ? { body: { code: 0, msg: "", data: chat("cancelled") } }
        : { status: 404, body: { message: "404 page not found" } }
    })
    return Effect.gen(function* () {
      const fiber = yield* Effect.forkChild(Chat.createAndPoll(question))
      yield* TestClock.adjust("1 minute")
      const end = yield* Fiber.join(fiber)
      assert.strictEqual(end.status, "canceled")
      assert.strictEqual(Chat.text(end), "Hello")
    }).pipe(Effect.provide(cozeOver(http)))
  })

  it.effect("leaves out a list that is empty", () =>
    Effect.gen(function* () {
      const messages = yield* ChatMessages.list({ chat_id: "1", conversation_id: "2" })
      assert.deepStrictEqual(messages, [])
    }).pipe(Effect.provide(cozeOver(fakeHttp({ body: { code: 0, msg: "" } }))))
  )

  it.effect("writes ids as numbers, whose digits are kept", () => {
    const body = '{"code":0,"msg":"","data":[{"execute_id":7529000000000000001}]}'
    return Effect.gen(function* () {
      const answer = yield* Coze.request({ method: "GET", path: "/v1/workflow/get_run_history" })
      assert.include(JSON.stringify(answer), "7529000000000000001")
    }).pipe(Effect.provide(cozeOver(fakeHttp(json(body)))))
  })

  it.effect("writes small ids as numbers, too, in answers and in events", () => {
    const chat = '{"id":7529000000000000009,"conversation_id":12,"bot_id":0,"status":"completed"}'
    const message =
      '{"id":5,"conversation_id":12,"role":"assistant","type":"answer","content":"hi","content_type":"text"}'
    const answer = json(`{"code":0,"msg":"","data":[${message}]}`)
    const stream = {
      parts: [
        `event:conversation.message.delta\ndata:${message}\n\n`,
        `event:conversation.message.completed\ndata:${message}\n\n`,
        `event:conversation.chat.completed\ndata:${chat}\n\n`,
        "event:done\ndata:[DONE]\n\n"
      ]
    }
    return Effect.gen(function* () {
      const [listed] = yield* ChatMessages.list({ chat_id: "1", conversation_id: "2" })
      assert.deepInclude(listed, { id: "5", conversation_id: "12" })
      const answer = yield* ChatStream.streamed(question)
      const { chat, messages } = yield* settleSlowly(answer.final)
      assert.deepInclude(chat, { id: "7529000000000000009", conversation_id: "12", bot_id: "0" })
      assert.deepStrictEqual(
        messages.map(({ content, id }) => [id, content]),
        [["5", "hi"]]
      )
    }).pipe(Effect.scoped, Effect.provide(cozeOver(fakeHttp(answer, stream))))
  })

  it.effect("has its errors told in its own words", () =>
    Effect.gen(function* () {
      const { reason } = apiError(yield* Effect.flip(Chat.create(question)))
      assert.include(reason.message, "agent not published")
    }).pipe(Effect.provide(cozeOver(fakeHttp({ body: { code: 4000, msg: "agent not published" } }))))
  )

  it.effect("has the errors of its streams told, whatever it names them", () =>
    Effect.gen(function* () {
      for (const name of ["error", "Error", "conversation.error", "exception"]) {
        const http = fakeHttp({ parts: [event(name, { code: 4028, msg: "quota used up" })] })
        const { error } = yield* Effect.provide(streamFailure(Chat.stream(question)), cozeOver(http))
        const { reason } = apiError(error)
        assert.deepStrictEqual([reason._tag, reason.message.includes("quota used up")], ["QuotaExceededError", true])
      }
    })
  )

  it.effect("has its call made once, with arguments that are an object, and is told the output", () => {
    const waits = { ...chat("requires_action"), required_action: { submit_tool_outputs: { tool_calls: [addCall] } } }
    const http = fakeHttp(
      { parts: [event("conversation.chat.requires_action", waits), event("conversation.stream.done")] },
      {
        parts: [
          event("conversation.message.completed", message),
          event("conversation.chat.completed", chat("completed")),
          event("conversation.stream.done")
        ]
      }
    )
    const { add, ran } = countedTool()
    return Effect.gen(function* () {
      const { reason } = yield* settleSlowly(ToolLoop.finished(ChatToolLoop.run(question, [add])))
      assert.deepStrictEqual([reason, ran], ["done", [1]])
      assert.deepStrictEqual(sentBody(http, 1)["tool_outputs"], [{ tool_call_id: "5", output: "2" }])
    }).pipe(Effect.provide(cozeOver(http)))
  })
})
