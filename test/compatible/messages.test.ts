/** Servers that speak the Messages API, as their users report them: Copilot ends streams as OpenAI does. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { RetryPolicy, ToolLoop } from "llmfx"
import * as Messages from "../../src/anthropic/api/Messages.ts"
import * as MessageStream from "../../src/anthropic/MessageStream.ts"
import * as MessageToolLoop from "../../src/anthropic/MessageToolLoop.ts"
import * as Parse from "../../src/anthropic/Parse.ts"
import { countedTool } from "../support/countedTool.ts"
import { apiError } from "../support/errors.ts"
import { fakeHttp, type Reply, sse } from "../support/FakeHttp.ts"
import { anthropicOver } from "../support/probes.ts"
import { sentBody } from "../support/sent.ts"
import { settleSlowly } from "../support/settle.ts"

const input = { model: "claude-sonnet-5", max_tokens: 9, messages: [{ role: "user" as const, content: "hi" }] }

const message = (content: ReadonlyArray<object>, stop_reason: string | null) => ({
  id: "m",
  type: "message",
  role: "assistant",
  model: "claude-sonnet-5",
  content,
  stop_reason,
  stop_sequence: null,
  usage: { input_tokens: 1, output_tokens: 1 }
})

const stream = (stop_reason: string, block: object, delta: object): Reply => ({
  parts: [
    sse(
      { type: "message_start", message: message([], null) },
      { type: "content_block_start", index: 0, content_block: block },
      { type: "content_block_delta", index: 0, delta },
      { type: "content_block_stop", index: 0 },
      { type: "message_delta", delta: { stop_reason, stop_sequence: null }, usage: { output_tokens: 2 } },
      { type: "message_stop" },
      "[DONE]"
    )
  ]
})

const says = stream("end_turn", { type: "text", text: "" }, { type: "text_delta", text: "hello" })
const asks = stream(
  "tool_use",
  { type: "tool_use", id: "t", name: "add", input: {} },
  { type: "input_json_delta", partial_json: '{"a":1}' }
)

describe("Copilot", () => {
  it.effect("answers", () =>
    Effect.gen(function* () {
      assert.strictEqual(Messages.text(yield* Messages.create(input)), "hello")
    }).pipe(Effect.provide(anthropicOver(fakeHttp({ body: message([{ type: "text", text: "hello" }], "end_turn") }))))
  )

  it.effect("streams, with [DONE] after the end", () =>
    Effect.gen(function* () {
      const answer = yield* MessageStream.streamed(input)
      assert.strictEqual(Messages.text(yield* settleSlowly(answer.final)), "hello")
    }).pipe(Effect.scoped, Effect.provide(anthropicOver(fakeHttp(says))))
  )

  it.effect("has its call made once, and gets it back with the result", () => {
    const { add, ran } = countedTool()
    const http = fakeHttp(asks, says)
    return Effect.gen(function* () {
      const end = yield* settleSlowly(ToolLoop.finished(MessageToolLoop.run(input, [add])))
      assert.deepStrictEqual([end.reason, ran], ["done", [1]])
      assert.deepStrictEqual(sentBody<{ readonly messages: ReadonlyArray<unknown> }>(http, 1).messages.slice(1), [
        { role: "assistant", content: [{ type: "tool_use", id: "t", name: "add", input: { a: 1 } }] },
        { role: "user", content: [{ type: "tool_result", tool_use_id: "t", content: "2" }] }
      ])
    }).pipe(Effect.provide(anthropicOver(http)))
  })

  it.effect("answers with a value of a schema", () =>
    Effect.gen(function* () {
      const { value } = yield* Parse.message(input, Schema.Struct({ city: Schema.String }))
      assert.deepStrictEqual(value, { city: "Rome" })
    }).pipe(
      Effect.provide(
        anthropicOver(fakeHttp({ body: message([{ type: "text", text: '{"city":"Rome"}' }], "end_turn") }))
      )
    )
  )

  it.effect("has its errors told by their kind, in its own words", () =>
    Effect.gen(function* () {
      const { reason } = apiError(yield* Effect.flip(Messages.create(input)))
      assert.strictEqual(reason._tag, "AuthenticationError")
      assert.include(reason.message, "IDE token expired")
    }).pipe(
      Effect.provide(
        anthropicOver(fakeHttp({ status: 401, parts: ["IDE token expired: unauthorized"] }), {
          retry: RetryPolicy.none
        })
      )
    )
  )

  it.effect("has the role of the API, whatever the server calls it", () =>
    Effect.gen(function* () {
      for (const role of ["model", null]) {
        const answer = { id: "m", type: "message", role, model: "m", content: [], stop_reason: "end_turn", usage: {} }
        const http = fakeHttp({ body: answer })
        const { role: read } = yield* Messages.create({ model: "m", max_tokens: 9, messages: [] }).pipe(
          Effect.provide(anthropicOver(http))
        )
        assert.strictEqual(read, "assistant")
      }
    })
  )
})
