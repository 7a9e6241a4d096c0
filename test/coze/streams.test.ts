import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as Chat from "../../src/coze/api/Chat.ts"
import * as WorkflowsChat from "../../src/coze/api/WorkflowsChat.ts"
import * as WorkflowsRuns from "../../src/coze/api/WorkflowsRuns.ts"
import * as ChatMessage from "../../src/coze/ChatMessage.ts"
import { apiError, failureOf, reasonOf, streamFailure } from "../support/errors.ts"
import { json, loopback, namedEvents, partial } from "../support/LoopbackServer.ts"
import { cozeAt } from "./support/layers.ts"

const ids = { id: "7382159487131697202", conversation_id: "7381473525342978089", bot_id: "7379462189365198898" }
const state = (status: string) => ({
  ...ids,
  completed_at: 1718792949,
  last_error: { code: 0, msg: "" },
  status,
  usage: { token_count: 0, output_count: 0, input_count: 0 }
})
const message = (content: string, type = "answer") => ({
  id: "7382159494123470858",
  conversation_id: ids.conversation_id,
  bot_id: ids.bot_id,
  chat_id: ids.id,
  role: "assistant",
  type,
  content,
  content_type: "text"
})

const question = { bot_id: ids.bot_id, user_id: "u1", additional_messages: [ChatMessage.user("Which day is it?")] }

const chat: ReadonlyArray<readonly [string, unknown]> = [
  ["conversation.chat.created", state("created")],
  ["conversation.chat.in_progress", state("in_progress")],
  ["conversation.message.delta", message("Wednes")],
  ["conversation.message.delta", message("day")],
  ["conversation.audio.delta", { ...message("UklGRg=="), content_type: "audio" }],
  ["conversation.message.completed", message("Wednesday")],
  ["conversation.message.completed", message(JSON.stringify({ msg_type: "generate_answer_finish" }), "verbose")],
  ["conversation.chat.completed", { ...state("completed"), usage: { token_count: 633, output_count: 19 } }],
  ["done", '"[DONE]"']
]

describe("a Coze chat stream", () => {
  it.live("gives every event with its name and its decoded data", () =>
    Effect.gen(function* () {
      const server = yield* loopback(namedEvents(chat))
      const events = yield* Stream.runCollect(Chat.stream(question)).pipe(Effect.provide(cozeAt(server.url)))
      assert.deepStrictEqual(
        events.map(({ event }) => event),
        chat.map(([event]) => event)
      )
      const text = events.flatMap((event) => (event.event === "conversation.message.delta" ? [event.data.content] : []))
      assert.deepStrictEqual(text, ["Wednes", "day"])
      const tokens = events.flatMap((event) =>
        event.event === "conversation.chat.completed" ? [event.data.usage?.token_count] : []
      )
      assert.deepStrictEqual(tokens, [633])
      assert.deepStrictEqual(JSON.parse(server.requests[0]?.body ?? ""), {
        bot_id: ids.bot_id,
        user_id: "u1",
        additional_messages: [{ role: "user", type: "question", content: "Which day is it?", content_type: "text" }],
        stream: true
      })
    })
  )

  it.live("reads times and ids that come as text", () =>
    Effect.gen(function* () {
      const server = yield* loopback(
        namedEvents([
          ["conversation.message.completed", { ...message("x"), created_at: "1716809829", section_id: null }],
          ["done", '"[DONE]"']
        ])
      )
      const events = yield* Stream.runCollect(Chat.stream(question)).pipe(Effect.provide(cozeAt(server.url)))
      assert.deepStrictEqual(events[0], {
        event: "conversation.message.completed",
        data: { ...message("x"), created_at: "1716809829", section_id: null }
      })
    })
  )

  it.live("passes on an event that this version does not know", () =>
    Effect.gen(function* () {
      const server = yield* loopback(
        namedEvents([
          ["conversation.message.thinking", { text: "hm" }],
          ["done", '"[DONE]"']
        ])
      )
      const events = yield* Stream.runCollect(Chat.stream(question)).pipe(Effect.provide(cozeAt(server.url)))
      const [first] = events
      assert.strictEqual(first?.event, "~unknown")
      assert.deepStrictEqual(first?.event === "~unknown" ? first.raw : undefined, {
        event: "conversation.message.thinking",
        data: { text: "hm" }
      })
    })
  )

  it.live("fails with the reason of an error event's code, after what came before", () =>
    Effect.gen(function* () {
      const server = yield* loopback(
        namedEvents([...chat.slice(0, 3), ["error", { code: 4028, msg: "You have exhausted your free quota" }]])
      )
      const { error, values } = yield* streamFailure(Stream.provide(Chat.stream(question), cozeAt(server.url)))
      assert.strictEqual(values.length, 3)
      const reason = reasonOf(apiError(error), "QuotaExceededError")
      assert.strictEqual(reason.code, "4028")
      assert.include(reason.message, "You have exhausted your free quota")
      assert.include(reason.message, "plan")
    })
  )

  it.live("fails with the reason of an error that comes as JSON in place of a stream", () =>
    Effect.gen(function* () {
      const server = yield* loopback(
        json(
          { code: 4101, msg: "The token you entered is incorrect", detail: { logid: "2024LOG" } },
          { headers: { "x-tt-logid": "2024LOG" } }
        )
      )
      const { error, values } = yield* streamFailure(Stream.provide(Chat.stream(question), cozeAt(server.url)))
      assert.deepStrictEqual(values, [])
      assert.include(reasonOf(apiError(error), "AuthenticationError").message, "coze.cn")
      assert.strictEqual(apiError(error).requestId, "2024LOG")
    })
  )

  it.live("fails with the text so far if it breaks off", () =>
    Effect.gen(function* () {
      const server = yield* loopback(namedEvents(chat.slice(0, 4)))
      const { error } = yield* streamFailure(Stream.provide(Chat.stream(question), cozeAt(server.url)))
      assert.strictEqual(reasonOf(apiError(error), "StreamTruncatedError").partial.text, "Wednesday")
    })
  )

  it.live("goes on with the outputs of tools", () =>
    Effect.gen(function* () {
      const server = yield* loopback(namedEvents(chat.slice(2)))
      const outputs = { tool_outputs: [{ tool_call_id: "t1", output: "{}" }] }
      const events = yield* Stream.runCollect(
        Chat.submitToolOutputsStream({ conversation_id: "v1", chat_id: "c1", ...outputs })
      ).pipe(Effect.provide(cozeAt(server.url)))
      assert.strictEqual(events.length, 7)
      assert.strictEqual(server.requests[0]?.url, "/v3/chat/submit_tool_outputs?conversation_id=v1&chat_id=c1")
      assert.deepStrictEqual(JSON.parse(server.requests[0]?.body ?? ""), { ...outputs, stream: true })
    })
  )

  it.live("of a workflow says at its end where the run can be looked at", () =>
    Effect.gen(function* () {
      const server = yield* loopback(namedEvents([["done", { debug_url: "https://www.coze.com/work_flow" }]]))
      const events = yield* Stream.runCollect(
        WorkflowsChat.stream({ workflow_id: "w1", additional_messages: [] })
      ).pipe(Effect.provide(cozeAt(server.url)))
      assert.deepStrictEqual(events, [{ event: "done", data: { debug_url: "https://www.coze.com/work_flow" } }])
    })
  )
})

const workflow = (...events: ReadonlyArray<readonly [event: string, data: unknown]>) =>
  partial(
    events
      .map(([event, data], id) => `id: ${id}\nevent: ${event}\ndata: ${data === "" ? "" : JSON.stringify(data)}\n\n`)
      .join(""),
    "end",
    { headers: { "content-type": "text/event-stream" } }
  )

const said = (content: string) => ({
  content,
  node_title: "End",
  node_seq_id: "0",
  node_is_finish: true,
  ext: null,
  token: 12
})

describe("a Coze workflow stream", () => {
  it.live("gives messages, signs of life and the end", () =>
    Effect.gen(function* () {
      const server = yield* loopback(
        workflow(["Message", said("42")], ["PING", {}], ["Done", { debug_url: "https://www.coze.com/work_flow" }])
      )
      const events = yield* Stream.runCollect(WorkflowsRuns.stream({ workflow_id: "w1" })).pipe(
        Effect.provide(cozeAt(server.url))
      )
      assert.deepStrictEqual(
        events.map(({ event }) => event),
        ["Message", "PING", "Done"]
      )
      const [first] = events
      assert.strictEqual(first?.event === "Message" ? first.data.content : undefined, "42")
      assert.strictEqual(first?.event === "Message" ? first.id : undefined, "0")
    })
  )

  it.live("ends with a question, and goes on with the answer", () =>
    Effect.gen(function* () {
      const interrupt = { interrupt_data: { event_id: "7404830425073352713/23", type: 2 }, node_title: "Question" }
      const server = yield* loopback(
        workflow(["Message", said("Where?")], ["Interrupt", interrupt]),
        workflow(["Message", said("Paris it is")], ["Done", ""])
      )
      const texts = yield* Effect.gen(function* () {
        const before = yield* Stream.runCollect(WorkflowsRuns.stream({ workflow_id: "w1" }))
        const question = before.find((event) => event.event === "Interrupt")
        if (question === undefined) return yield* Effect.die("there is no question")
        const { event_id, type } = question.data.interrupt_data
        const after = yield* Stream.runCollect(
          WorkflowsRuns.resume({ workflow_id: "w1", event_id, interrupt_type: type, resume_data: "Paris" })
        )
        return [...before, ...after].flatMap((event) => (event.event === "Message" ? [event.data.content] : []))
      }).pipe(Effect.provide(cozeAt(server.url)))
      assert.deepStrictEqual(texts, ["Where?", "Paris it is"])
      assert.deepStrictEqual(JSON.parse(server.requests[1]?.body ?? ""), {
        workflow_id: "w1",
        event_id: "7404830425073352713/23",
        interrupt_type: 2,
        resume_data: "Paris"
      })
    })
  )

  it.live("gives an error of the workflow as its last event", () =>
    Effect.gen(function* () {
      const error = { error_code: 720702011, error_message: "Workflow not published" }
      const server = yield* loopback(workflow(["Error", error]))
      const events = yield* Stream.runCollect(WorkflowsRuns.stream({ workflow_id: "w1" })).pipe(
        Effect.provide(cozeAt(server.url))
      )
      assert.deepStrictEqual(events, [{ event: "Error", data: error, id: "0" }])
    })
  )

  it.live("fails if the workflow cannot be run at all", () =>
    Effect.gen(function* () {
      const server = yield* loopback(json({ code: 4200, msg: "The requested resource does not exist" }))
      const error = yield* failureOf(
        Stream.runDrain(WorkflowsRuns.stream({ workflow_id: "w1" })).pipe(Effect.provide(cozeAt(server.url)))
      )
      reasonOf(apiError(error), "NotFoundError")
    })
  )
})
