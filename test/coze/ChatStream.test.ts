import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as ChatStream from "../../src/coze/ChatStream.ts"
import { accumulatorLaws } from "../support/accumulatorLaws.ts"
import { fakeHttp } from "../support/FakeHttp.ts"
import { damaged, follow, joined } from "../support/folds.ts"
import { cozeOver } from "../support/probes.ts"

const { accumulator } = ChatStream

const chat = (status: string, rest: object = {}) => ({
  event: `conversation.chat.${status}`,
  data: { id: "c1", conversation_id: "v1", bot_id: "b1", status, ...rest }
})
const message = (id: string, type: string, content: string, rest: object = {}) => ({
  id,
  conversation_id: "v1",
  chat_id: "c1",
  role: "assistant",
  type,
  content,
  content_type: "text",
  ...rest
})
const delta = (...parameters: Parameters<typeof message>) => ({
  event: "conversation.message.delta",
  data: message(...parameters)
})
const completed = (...parameters: Parameters<typeof message>) => ({
  event: "conversation.message.completed",
  data: message(...parameters)
})

const usage = { token_count: 9, input_count: 4, output_count: 5 }
const events = [
  chat("created"),
  chat("in_progress"),
  delta("m1", "answer", "", { reasoning_content: "Hm" }),
  delta("m1", "answer", "Hel"),
  delta("m1", "answer", "lo"),
  completed("m1", "answer", "Hello", { reasoning_content: "Hm" }),
  completed("m2", "verbose", "{}"),
  completed("m3", "follow_up", "And then?"),
  chat("completed", { usage }),
  { event: "done", data: "[DONE]" }
]

describe("a chat", () => {
  it("has its state, its usage and its messages", () => {
    const { snapshot } = follow(accumulator, events)
    assert.deepInclude(snapshot?.chat, { id: "c1", bot_id: "b1", status: "completed", usage })
    assert.deepStrictEqual(
      snapshot?.messages.map(({ content, type }) => [type, content]),
      [
        ["answer", "Hello"],
        ["verbose", "{}"],
        ["follow_up", "And then?"]
      ]
    )
  })

  it("has of a message what has come", () => {
    const { snapshot } = follow(accumulator, events.slice(0, 4))
    assert.deepInclude(snapshot?.messages[0], { id: "m1", content: "Hel", reasoning_content: "Hm" })
  })

  it("says each thing of answers once, in order", () => {
    assert.deepStrictEqual(
      follow(accumulator, events).steps.map(({ _tag }) => _tag),
      ["ReasoningDelta", "TextDelta", "TextDelta", "ReasoningDone", "TextDone"]
    )
  })

  it("says which tools it waits for, once", () => {
    const waiting = chat("requires_action", {
      required_action: {
        type: "submit_tool_outputs",
        submit_tool_outputs: {
          tool_calls: [{ id: "t1", type: "function", function: { name: "add", arguments: "{}" } }]
        }
      }
    })
    const { steps } = follow(accumulator, [chat("created"), waiting, waiting])
    assert.deepStrictEqual(
      steps.map((step) => (step._tag === "ToolCallDone" ? `${step.id} ${step.name} ${step.arguments}` : step._tag)),
      ["ToolCallStarted", "t1 add {}"]
    )
  })

  it("is folded without an exception, wherever a fault is", () => {
    for (const [fault, damagedEvents] of damaged(events)) {
      assert.doesNotThrow(() => follow(accumulator, damagedEvents), fault)
    }
  })

  it("keeps a message as it ended, whatever comes late", () => {
    const { snapshot, steps } = follow(accumulator, [...events.slice(0, 6), delta("m1", "answer", "!")])
    assert.strictEqual(snapshot?.messages[0]?.content, "Hello")
    assert.strictEqual(steps.at(-1)?._tag, "EventRefused")
  })

  const texts = (given: ReadonlyArray<unknown>) => {
    const { snapshot, steps } = follow(accumulator, [chat("created"), ...given, chat("completed")])
    return { contents: snapshot?.messages.map(({ content }) => content), said: joined(steps, "TextDelta") }
  }

  it("says what only the end of a message has", () => {
    assert.deepStrictEqual(texts([completed("m1", "answer", "Hello")]), { contents: ["Hello"], said: "Hello" })
    const rest = [delta("m1", "answer", "Hel"), completed("m1", "answer", "Hello")]
    assert.deepStrictEqual(texts(rest), { contents: ["Hello"], said: "Hello" })
  })

  it("keeps what the end of a message leaves out", () => {
    const events = [delta("m1", "answer", "Hel"), delta("m1", "answer", "lo"), completed("m1", "answer", "")]
    assert.deepStrictEqual(texts(events), { contents: ["Hello"], said: "Hello" })
  })

  it("keeps a message once, however often it ends", () => {
    const end = completed("m1", "answer", "Hello")
    assert.deepStrictEqual(texts([delta("m1", "answer", "Hello"), end, end]), { contents: ["Hello"], said: "Hello" })
  })

  it("tells messages apart that have one id, or none", () => {
    for (const id of ["m1", ""]) {
      const events = [
        completed(id, "verbose", "{}"),
        delta(id, "answer", "Hel"),
        delta(id, "answer", "lo"),
        completed(id, "answer", "Hello"),
        completed(id, "follow_up", "And?"),
        completed(id, "follow_up", "Or?")
      ]
      assert.deepStrictEqual(texts(events), { contents: ["{}", "Hello", "And?", "Or?"], said: "Hello" }, id)
    }
  })
})

it.effect("streamed gives the text as it comes and then the whole chat", () => {
  const http = fakeHttp({
    parts: events.map(({ data, event }) => `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`)
  })
  return Effect.gen(function* () {
    const answer = yield* ChatStream.streamed({ bot_id: "b1", user_id: "u1", additional_messages: [] })
    assert.deepStrictEqual(yield* Stream.runCollect(answer.text), ["Hel", "lo"])
    const { chat, messages } = yield* answer.final
    assert.deepStrictEqual([chat.usage?.token_count, messages.length], [9, 3])
  }).pipe(Effect.scoped, Effect.provide(cozeOver(http)))
})

describe("the laws of folds", () => accumulatorLaws(accumulator, events))
