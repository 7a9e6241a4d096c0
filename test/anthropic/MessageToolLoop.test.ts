import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { ToolLoop, Tools } from "llmfx"
import * as BetaMessageToolLoop from "../../src/anthropic/BetaMessageToolLoop.ts"
import * as MessageToolLoop from "../../src/anthropic/MessageToolLoop.ts"
import { fakeHttp, sse } from "../support/FakeHttp.ts"
import { anthropicOver } from "../support/probes.ts"
import { sentBody } from "../support/sent.ts"
import { settleSlowly } from "../support/settle.ts"

const answers = (
  stop_reason: string,
  ...blocks: ReadonlyArray<{ readonly json?: string; readonly [k: string]: unknown }>
) => ({
  parts: [
    sse({
      type: "message_start",
      message: {
        id: "msg_1",
        type: "message",
        role: "assistant",
        model: "m",
        content: [],
        stop_reason: null,
        stop_sequence: null,
        usage: { input_tokens: 1, output_tokens: 1 }
      }
    }),
    ...blocks.map(({ json, ...content_block }, index) =>
      sse(
        { type: "content_block_start", index, content_block },
        ...(json === undefined
          ? []
          : [{ type: "content_block_delta", index, delta: { type: "input_json_delta", partial_json: json } }]),
        { type: "content_block_stop", index }
      )
    ),
    sse(
      { type: "message_delta", delta: { stop_reason, stop_sequence: null }, usage: { output_tokens: 2 } },
      { type: "message_stop" }
    )
  ]
})

const text = (text: string) => ({ type: "text", text })
const use = (id: string, json: string) => ({ type: "tool_use", id, name: "add", input: {}, json })

const add = Tools.make({
  name: "add",
  description: "Adds",
  parameters: Schema.Struct({ a: Schema.Finite, b: Schema.Finite }),
  run: ({ a, b }) => Effect.succeed(a + b)
})

const input = { model: "m", max_tokens: 99, messages: [{ role: "user" as const, content: "1 + 2?" }] }

const run = () => settleSlowly(ToolLoop.finished(MessageToolLoop.run(input, [add])))

interface Sent {
  readonly tools: ReadonlyArray<object>
  readonly messages: ReadonlyArray<{ readonly role: string; readonly content: unknown }>
}

describe("a loop", () => {
  it.effect("describes its tools, and sends answers and results back", () => {
    const thinking = { type: "thinking", thinking: "Hm", signature: "s" }
    const http = fakeHttp(
      answers("tool_use", thinking, text(""), use("t1", '{"a":1,"b":2}'), use("t2", '{"a":"x","b":2}')),
      answers("end_turn", text("3"))
    )
    return Effect.gen(function* () {
      const end = yield* run()
      assert.strictEqual(end.reason, "done")
      const { messages, tools } = sentBody<Sent>(http, 1)
      assert.deepInclude(tools[0], { name: "add", description: "Adds", strict: true })
      assert.deepStrictEqual(messages[1], {
        role: "assistant",
        content: [
          thinking,
          { type: "tool_use", id: "t1", name: "add", input: { a: 1, b: 2 } },
          { type: "tool_use", id: "t2", name: "add", input: { a: "x", b: 2 } }
        ]
      })
      const { content } = messages[2] as { readonly content: ReadonlyArray<{ readonly [k: string]: unknown }> }
      assert.deepStrictEqual(content[0], { type: "tool_result", tool_use_id: "t1", content: "3" })
      assert.deepInclude(content[1], { tool_use_id: "t2", is_error: true })
    }).pipe(Effect.provide(anthropicOver(http)))
  })

  it.effect("goes on where the model has paused", () => {
    const http = fakeHttp(answers("pause_turn", text("Wait")), answers("end_turn", text("Done")))
    return Effect.gen(function* () {
      const end = yield* run()
      assert.strictEqual(end.steps, 2)
      assert.deepStrictEqual(
        sentBody<Sent>(http, 1).messages.map(({ role }) => role),
        ["user", "assistant"]
      )
    }).pipe(Effect.provide(anthropicOver(http)))
  })

  it.effect("tells the model of arguments that are not JSON", () => {
    const http = fakeHttp(answers("tool_use", use("t1", '{"a":1,')), answers("end_turn", text("Sorry")))
    return Effect.gen(function* () {
      yield* run()
      const { messages } = sentBody<Sent>(http, 1)
      assert.deepStrictEqual(messages[1]?.content, [{ type: "tool_use", id: "t1", name: "add", input: {} }])
      assert.include(JSON.stringify(messages[2]), "cannot be used")
    }).pipe(Effect.provide(anthropicOver(http)))
  })

  it.effect("does not make the calls of an answer that was refused", () => {
    const http = fakeHttp(answers("refusal", use("t1", '{"a":1,"b":2}')))
    return Effect.gen(function* () {
      const end = yield* run()
      assert.deepStrictEqual([end.reason, end.steps], ["refusal", 1])
    }).pipe(Effect.provide(anthropicOver(http)))
  })
})

describe("a loop of the beta API", () => {
  it.effect("goes on after a compaction", () => {
    const compaction = { type: "compaction", content: "1 + 2 is asked for" }
    const listing = { type: "mcp_tool_listing", server_name: "files", tools: [] }
    const http = fakeHttp(
      answers("compaction", compaction),
      answers("tool_use", listing, use("t1", '{"a":1,"b":2}')),
      answers("end_turn", text("3"))
    )
    return Effect.gen(function* () {
      const loop = BetaMessageToolLoop.run({ ...input, betas: ["compact-2026-01-12"] }, [add])
      const end = yield* settleSlowly(ToolLoop.finished(loop))
      assert.deepStrictEqual([end.reason, end.steps, end.answer.content[0]?.type], ["done", 3, "text"])
      assert.deepStrictEqual(sentBody<Sent>(http, 2).messages as ReadonlyArray<unknown>, [
        ...input.messages,
        { role: "assistant", content: [compaction] },
        { role: "assistant", content: [listing, { type: "tool_use", id: "t1", name: "add", input: { a: 1, b: 2 } }] },
        { role: "user", content: [{ type: "tool_result", tool_use_id: "t1", content: "3" }] }
      ])
      assert.strictEqual(http.sent[2]?.headers["anthropic-beta"], "compact-2026-01-12")
    }).pipe(Effect.provide(anthropicOver(http)))
  })
})
