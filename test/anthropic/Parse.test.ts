import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as Parse from "../../src/anthropic/Parse.ts"
import { fakeHttp, sse } from "../support/FakeHttp.ts"
import { anthropicOver } from "../support/probes.ts"
import { sentBody } from "../support/sent.ts"

const City = Schema.Struct({ name: Schema.String, size: Schema.optionalKey(Schema.Int) })
const input = { model: "claude-sonnet-5", max_tokens: 64, messages: [{ role: "user" as const, content: "A city?" }] }

const message = (content: ReadonlyArray<object>, rest: object = {}) => ({
  id: "msg_1",
  type: "message",
  role: "assistant",
  model: "claude-sonnet-5",
  content,
  stop_reason: "end_turn",
  stop_sequence: null,
  usage: { input_tokens: 1, output_tokens: 2 },
  ...rest
})
const text = (text: string) => ({ type: "text", text, citations: null })

it.effect("a message is asked for with the schema and the other settings, and decoded", () => {
  const http = fakeHttp({ body: message([text('{"name":"Rome",'), text('"size":null}')]) })
  return Effect.gen(function* () {
    const { answer, value } = yield* Parse.message({ ...input, output_config: { effort: "low" } }, City)
    assert.deepStrictEqual(value, { name: "Rome" })
    assert.strictEqual(answer.usage.output_tokens, 2)
    const { output_config: config } = sentBody<{
      readonly output_config: {
        readonly effort: string
        readonly format: { readonly type: string; readonly schema: object }
      }
    }>(http)
    assert.strictEqual(config.effort, "low")
    assert.strictEqual(config.format.type, "json_schema")
    assert.deepInclude(config.format.schema, { type: "object", additionalProperties: false })
  }).pipe(Effect.provide(anthropicOver(http)))
})

describe("a message without a value", () => {
  for (const [name, body, reason] of [
    ["was refused", message([], { stop_reason: "refusal", stop_details: { explanation: "No." } }), "Refused"],
    ["was cut off", message([text("{")], { stop_reason: "max_tokens" }), "Truncated"],
    [
      "is a tool call",
      message([{ type: "tool_use", id: "t", name: "n", input: {} }], { stop_reason: "tool_use" }),
      "NoOutput"
    ],
    ["is not JSON", message([text("Rome")]), "Malformed"],
    ["does not fit", message([text("{}")]), "Mismatched"]
  ] as const) {
    it.effect(`because it ${name} fails with ${reason}`, () => {
      const http = fakeHttp({ body })
      return Effect.gen(function* () {
        const error = yield* Effect.flip(Parse.message(input, City))
        if (error._tag !== "OutputError") return yield* error
        assert.strictEqual(error.reason._tag, reason)
        assert.include(JSON.stringify(error.answer), '"output_tokens":2')
      }).pipe(Effect.provide(anthropicOver(http)))
    })
  }
})

it.effect("a value that does not fit is sent back to the model", () => {
  const http = fakeHttp({ body: message([text("{}")]) }, { body: message([text('{"name":"Rome","size":2}')]) })
  return Effect.gen(function* () {
    const { value } = yield* Parse.message(input, City, { maxReasks: 1 })
    assert.deepStrictEqual(value, { name: "Rome", size: 2 })
    const { messages } = sentBody<{ readonly messages: ReadonlyArray<{ readonly content: string }> }>(http, 1)
    assert.strictEqual(messages[1]?.content, "{}")
    assert.include(messages[2]?.content, "at name")
  }).pipe(Effect.provide(anthropicOver(http)))
})

it.effect("a value is shown as it comes", () => {
  const delta = (text: string) => ({ type: "content_block_delta", index: 0, delta: { type: "text_delta", text } })
  const http = fakeHttp({
    parts: [
      sse({ type: "message_start", message: message([], { stop_reason: null }) }),
      sse({ type: "content_block_start", index: 0, content_block: text("") }),
      sse(delta('{"name":"Ro')),
      sse(delta('me","size":null}'), { type: "content_block_stop", index: 0 }),
      sse({ type: "message_delta", delta: { stop_reason: "end_turn" }, usage: { output_tokens: 5 } }),
      sse({ type: "message_stop" })
    ]
  })
  return Effect.gen(function* () {
    const steps = yield* Stream.runCollect(Parse.messageStream(input, City))
    assert.deepStrictEqual(
      steps.map(({ _tag, value }) => [_tag, value]),
      [
        ["Partial", { name: "Ro" }],
        ["Partial", { name: "Rome" }],
        ["Whole", { name: "Rome" }]
      ]
    )
  }).pipe(Effect.provide(anthropicOver(http)))
})

describe("a message of the beta API", () => {
  it.effect("is asked for and decoded alike", () => {
    const http = fakeHttp({ body: message([text("{}")]) }, { body: message([text('{"name":"Rome","size":null}')]) })
    return Effect.gen(function* () {
      const { answer, value } = yield* Parse.betaMessage({ ...input, betas: ["compact-2026-01-12"] }, City, {
        maxReasks: 1
      })
      assert.deepStrictEqual(value, { name: "Rome" })
      assert.isUndefined(answer.container)
      assert.strictEqual(http.sent[1]?.headers["anthropic-beta"], "compact-2026-01-12")
      assert.nestedPropertyVal(sentBody(http, 1), "output_config.format.type", "json_schema")
      assert.notProperty(sentBody(http, 1), "betas")
    }).pipe(Effect.provide(anthropicOver(http)))
  })

  it.effect("is read from the text of the last model", () => {
    const fallback = { type: "fallback", from: { model: "a" }, to: { model: "b" }, trigger: { type: "refusal" } }
    const http = fakeHttp({ body: message([text('{"name":"Ro'), fallback, text('{"name":"Rome","size":2}')]) })
    return Effect.gen(function* () {
      const { value } = yield* Parse.betaMessage(input, City)
      assert.deepStrictEqual(value, { name: "Rome", size: 2 })
    }).pipe(Effect.provide(anthropicOver(http)))
  })

  it.effect("is shown as it comes", () => {
    const http = fakeHttp({
      parts: [
        sse({ type: "message_start", message: message([], { stop_reason: null }) }),
        sse({ type: "content_block_start", index: 0, content_block: text("") }),
        sse({ type: "content_block_delta", index: 0, delta: { type: "text_delta", text: '{"name":"Rome","size":1}' } }),
        sse({ type: "message_delta", delta: { stop_reason: "end_turn" }, usage: { output_tokens: 5 } }),
        sse({ type: "message_stop" })
      ]
    })
    return Effect.gen(function* () {
      const steps = yield* Stream.runCollect(Parse.betaMessageStream(input, City))
      assert.deepStrictEqual(
        steps.map(({ _tag, value }) => [_tag, value]),
        [
          ["Partial", { name: "Rome", size: 1 }],
          ["Whole", { name: "Rome", size: 1 }]
        ]
      )
    }).pipe(Effect.provide(anthropicOver(http)))
  })
})
