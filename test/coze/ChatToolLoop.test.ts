import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { RetryPolicy, ToolLoop, Tools } from "llmfx"
import * as ChatMessage from "../../src/coze/ChatMessage.ts"
import * as ChatToolLoop from "../../src/coze/ChatToolLoop.ts"
import { fakeHttp } from "../support/FakeHttp.ts"
import { cozeOver } from "../support/probes.ts"
import { sentBody } from "../support/sent.ts"
import { settleSlowly } from "../support/settle.ts"

const event = (name: string, data: unknown) =>
  `event: ${name}\ndata: ${typeof data === "string" ? data : JSON.stringify(data)}\n\n`
const chat = (status: string, rest: object = {}) =>
  event(`conversation.chat.${status}`, { id: "c1", conversation_id: "v1", bot_id: "b1", status, ...rest })
const call = (id: string, name: string, json: string) => ({
  id,
  type: "function",
  function: { name, arguments: json }
})
const waits = (...tool_calls: ReadonlyArray<object>) => ({
  parts: [
    chat("created"),
    chat("requires_action", { required_action: { type: "submit_tool_outputs", submit_tool_outputs: { tool_calls } } }),
    event("done", "[DONE]")
  ]
})
const answers = (content: string) => ({
  parts: [
    chat("in_progress"),
    event("conversation.message.completed", {
      id: "m1",
      conversation_id: "v1",
      role: "assistant",
      type: "answer",
      content
    }),
    chat("completed", { usage: { token_count: 3 } }),
    event("done", "[DONE]")
  ]
})

const add = Tools.make({
  name: "add",
  parameters: Schema.Struct({ a: Schema.Finite, b: Schema.Finite }),
  run: ({ a, b }) => Effect.succeed(a + b)
})

const input = { bot_id: "b1", user_id: "u1", additional_messages: [ChatMessage.user("1 + 2?")] }

describe("a loop", () => {
  it.effect("submits the outputs of the tools that the chat waits for, and goes on with the chat", () => {
    const http = fakeHttp(
      waits(call("t1", "add", '{"a":1,"b":2}'), call("t2", "add", '{"a":1}'), call("t3", "mul", "{}")),
      answers("3")
    )
    return Effect.gen(function* () {
      const end = yield* settleSlowly(ToolLoop.finished(ChatToolLoop.run(input, [add])))
      assert.deepStrictEqual([end.reason, end.steps, end.answer.messages[0]?.content], ["done", 2, "3"])
      const url = http.sent[1]?.url
      assert.include(url, "/v3/chat/submit_tool_outputs")
      assert.include(url, "conversation_id=v1")
      assert.include(url, "chat_id=c1")
      const { tool_outputs } = sentBody<{ readonly tool_outputs: ReadonlyArray<object> }>(http, 1)
      assert.deepStrictEqual(tool_outputs[0], { tool_call_id: "t1", output: "3" })
      assert.include(JSON.stringify(tool_outputs[1]), "cannot be used")
      assert.include(JSON.stringify(tool_outputs[2]), "There is no tool")
    }).pipe(Effect.provide(cozeOver(http)))
  })

  it.effect("ends with what a further chat in its conversation begins with", () => {
    const http = fakeHttp(answers("hi"))
    return Effect.gen(function* () {
      const end = yield* settleSlowly(ToolLoop.finished(ChatToolLoop.run(input, [add])))
      assert.deepStrictEqual(end.input, {
        chat: { bot_id: "b1", user_id: "u1", conversation_id: "v1", additional_messages: [] },
        outputs: undefined
      })
    }).pipe(Effect.provide(cozeOver(http)))
  })

  it.effect("is resumed if its outputs were not submitted yet", () => {
    const http = fakeHttp(waits(call("t1", "add", '{"a":1,"b":2}')), answers("3"))
    return Effect.gen(function* () {
      const ledger = yield* ToolLoop.makeMemoryLedger
      const events = yield* settleSlowly(
        ChatToolLoop.run(input, [add], { ledger }).pipe(
          Stream.takeUntil(({ _tag }) => _tag === "Called"),
          Stream.runCollect
        )
      )
      const kept = events.find((event) => event._tag === "Checkpoint")
      const resume = kept?._tag === "Checkpoint" ? kept.state : undefined
      const broken = Tools.make({ name: "add", parameters: Schema.Struct({}), run: () => Effect.die("made again") })
      const end = yield* settleSlowly(ToolLoop.finished(ChatToolLoop.run(input, [broken], { ledger, resume })))
      assert.strictEqual(end.reason, "done")
      assert.deepStrictEqual(sentBody(http, 1)["tool_outputs"], [{ tool_call_id: "t1", output: "3" }])
    }).pipe(Effect.provide(cozeOver(http)))
  })
})

describe("a tool", () => {
  const adder = () => {
    const ran: Array<string> = []
    const tool = Tools.make({
      name: "add",
      parameters: Schema.Struct({ a: Schema.Finite, b: Schema.optionalKey(Schema.Finite) }),
      run: ({ a, b }) => Effect.sync(() => ran.push(`${a}+${b ?? 0}`))
    })
    return { ran, tool }
  }
  const loop = (tool: Tools.Tool, first: { readonly parts: ReadonlyArray<string> }, eager = false) =>
    ToolLoop.finished(ChatToolLoop.run(input, [tool], { eager })).pipe(
      settleSlowly,
      Effect.provide(cozeOver(fakeHttp(first, answers("done")), { retry: RetryPolicy.none }))
    )
  const whole = '{"a": 1, "b": 2}'

  it.effect("runs once, in either spelling of the status, however its arguments are written", () =>
    Effect.gen(function* () {
      for (const status of ["requires_action", "required_action"]) {
        for (const json of [whole, { a: 1, b: 2 }, ' {"b":2.0,"a":1}']) {
          for (const eager of [false, true]) {
            const { ran, tool } = adder()
            const tool_calls = [{ id: "t", type: "function", function: { name: "add", arguments: json } }]
            const asks = chat(status, { required_action: { submit_tool_outputs: { tool_calls } } })
            const { reason } = yield* loop(tool, { parts: [chat("created"), asks, event("done", "[DONE]")] }, eager)
            assert.deepStrictEqual([reason, ran], ["done", ["1+2"]], JSON.stringify([status, json, eager]))
          }
        }
      }
    })
  )

  it.effect("does not run if its arguments are cut anywhere", () =>
    Effect.gen(function* () {
      for (let at = 1; at < whole.length; at++) {
        for (const eager of [false, true]) {
          const { ran, tool } = adder()
          const { reason } = yield* loop(tool, waits(call("t", "add", whole.slice(0, at))), eager)
          assert.deepStrictEqual([reason, ran], ["done", []], whole.slice(0, at))
        }
      }
    })
  )

  it.effect("does not run for a chat that ended in any other way, or was cut", () =>
    Effect.gen(function* () {
      const required_action = { submit_tool_outputs: { tool_calls: [call("t", "add", whole)] } }
      const ends = ["completed", "failed", "canceled", "cancelled", "in_progress"].map((status) => [
        chat(status, { required_action }),
        event("done", "[DONE]")
      ])
      for (const parts of [...ends, [chat("requires_action", { required_action })], [chat("created")]]) {
        const { ran, tool } = adder()
        const end = yield* Effect.option(loop(tool, { parts }))
        assert.deepStrictEqual(ran, [])
        if (!parts[0]?.includes("completed")) assert.notStrictEqual(Option.getOrUndefined(end)?.reason, "done")
      }
    })
  )
})
