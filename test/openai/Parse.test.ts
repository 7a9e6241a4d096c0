import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import type { StructuredOutput } from "llmfx"
import * as Parse from "../../src/openai/Parse.ts"
import { fakeHttp, sse } from "../support/FakeHttp.ts"
import { openAiOver } from "../support/probes.ts"
import { sentBody } from "../support/sent.ts"

const City = Schema.Struct({ name: Schema.String, size: Schema.optionalKey(Schema.Finite) })
const input = { model: "gpt-5.4-mini", messages: [{ role: "user" as const, content: "Name a city." }] }

const completion = (message: object, finish_reason = "stop") => ({
  id: "c",
  object: "chat.completion",
  created: 1,
  model: "gpt-5.4-mini",
  choices: [{ index: 0, message: { role: "assistant", content: null, refusal: null, ...message }, finish_reason }],
  usage: { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 }
})

const response = (content: ReadonlyArray<object>, rest: object = {}) => ({
  id: "resp_1",
  object: "response",
  created_at: 1,
  status: "completed",
  model: "gpt-5.4-mini",
  output: [{ id: "m", type: "message", role: "assistant", status: "completed", content }],
  parallel_tool_calls: true,
  tool_choice: "auto",
  tools: [],
  ...rest
})
const text = (text: string) => ({ type: "output_text", text, annotations: [] })

const failureOf = (error: unknown): StructuredOutput.OutputError => {
  if (!(error instanceof Error) || !("_tag" in error) || error._tag !== "OutputError") throw error
  return error as StructuredOutput.OutputError
}

describe("a chat completion", () => {
  it.effect("is asked for in the strict form, and decoded", () => {
    const http = fakeHttp({ body: completion({ content: '{"name":"Rome","size":null}' }) })
    return Effect.gen(function* () {
      const { answer, value } = yield* Parse.chatCompletion(input, City, { name: "city", description: "A city" })
      assert.deepStrictEqual(value, { name: "Rome" })
      assert.strictEqual(answer.usage?.total_tokens, 3)
      assert.deepStrictEqual(sentBody(http)["response_format"], {
        type: "json_schema",
        json_schema: {
          name: "city",
          description: "A city",
          strict: true,
          schema: {
            type: "object",
            properties: { name: { type: "string" }, size: { anyOf: [{ type: "number" }, { type: "null" }] } },
            required: ["name", "size"],
            additionalProperties: false
          }
        }
      })
    }).pipe(Effect.provide(openAiOver(http)))
  })

  for (const [name, message, finish, reason, raw] of [
    ["was refused", { refusal: "No." }, "stop", "Refused", "No."],
    ["was cut off", { content: '{"name":"Ro' }, "length", "Truncated", '{"name":"Ro'],
    ["was filtered", { content: '{"name' }, "content_filter", "Filtered", '{"name'],
    ["is a tool call", {}, "tool_calls", "NoOutput", ""],
    ["is not JSON", { content: "Rome!" }, "stop", "Malformed", "Rome!"],
    ["does not fit", { content: '{"name":7}' }, "stop", "Mismatched", '{"name":7}']
  ] as const) {
    it.effect(`that ${name} fails with ${reason}, its text and the whole answer`, () => {
      const http = fakeHttp({ body: completion(message, finish) })
      return Effect.gen(function* () {
        const error = failureOf(yield* Effect.flip(Parse.chatCompletion(input, City)))
        assert.strictEqual(error.reason._tag, reason)
        assert.strictEqual(error.text, raw)
        assert.include(JSON.stringify(error.answer), '"total_tokens":3')
        assert.strictEqual(http.sent.length, 1)
      }).pipe(Effect.provide(openAiOver(http)))
    })
  }

  it.effect("that does not fit is sent back to the model with what is wrong", () => {
    const http = fakeHttp(
      { body: completion({ content: '{"name":7,"size":null}' }) },
      { body: completion({ content: '{"name":"Rome","size":3}' }) }
    )
    return Effect.gen(function* () {
      const { value } = yield* Parse.chatCompletion(input, City, { maxReasks: 2 })
      assert.deepStrictEqual(value, { name: "Rome", size: 3 })
      const { messages } = sentBody<{
        readonly messages: ReadonlyArray<{ readonly role: string; readonly content: string }>
      }>(http, 1)
      assert.deepStrictEqual(
        messages.map(({ role }) => role),
        ["user", "assistant", "user"]
      )
      assert.strictEqual(messages[1]?.content, '{"name":7,"size":null}')
      assert.include(messages[2]?.content, "at name")
    }).pipe(Effect.provide(openAiOver(http)))
  })

  it.effect("is not asked for again more often than allowed", () => {
    const http = fakeHttp({ body: completion({ content: "{}" }) })
    return Effect.gen(function* () {
      const error = failureOf(yield* Effect.flip(Parse.chatCompletion(input, City, { maxReasks: 2 })))
      assert.strictEqual(error.reason._tag, "Mismatched")
      assert.strictEqual(http.sent.length, 3)
    }).pipe(Effect.provide(openAiOver(http)))
  })

  it.effect("is never asked for if the schema cannot be", () => {
    const http = fakeHttp({ body: {} })
    return Effect.gen(function* () {
      const error = yield* Effect.flip(Parse.chatCompletion(input, Schema.Struct({ any: Schema.Unknown })))
      assert.deepInclude(error, { _tag: "UnsupportedSchemaError", path: ["any"] })
      assert.strictEqual(http.sent.length, 0)
    }).pipe(Effect.provide(openAiOver(http)))
  })

  it.effect("shows its value as it comes", () => {
    const chunk = (delta: object, finish_reason: string | null = null) => ({
      id: "c",
      object: "chat.completion.chunk",
      created: 1,
      model: "m",
      choices: [{ index: 0, delta, finish_reason }]
    })
    const http = fakeHttp({
      parts: [
        sse(chunk({ role: "assistant", content: "" })),
        sse(chunk({ content: '{"name": "Ro' })),
        sse(chunk({ content: 'me", "size": n' })),
        sse(chunk({ content: "ull}" }), chunk({}, "stop"), "[DONE]")
      ]
    })
    return Effect.gen(function* () {
      const steps = yield* Stream.runCollect(Parse.chatCompletionStream(input, City))
      assert.deepStrictEqual(
        steps.map(({ _tag, value }) => [_tag, value]),
        [
          ["Partial", { name: "Ro" }],
          ["Partial", { name: "Rome" }],
          ["Partial", { name: "Rome" }],
          ["Whole", { name: "Rome" }]
        ]
      )
    }).pipe(Effect.provide(openAiOver(http)))
  })
})

describe("a response", () => {
  const ask = { model: "gpt-5.4-mini", input: "Name a city." }

  it.effect("is asked for in the strict form, and decoded", () => {
    const http = fakeHttp({ body: response([text('{"name":"Rome",'), text('"size":1}')]) })
    return Effect.gen(function* () {
      const { value } = yield* Parse.response({ ...ask, text: { verbosity: "low" } }, City)
      assert.deepStrictEqual(value, { name: "Rome", size: 1 })
      const { text: format } = sentBody<{ readonly text: { readonly [key: string]: unknown } }>(http, 0)
      assert.strictEqual(format["verbosity"], "low")
      assert.deepInclude(format["format"], { type: "json_schema", name: "output", strict: true })
    }).pipe(Effect.provide(openAiOver(http)))
  })

  for (const [name, body, reason] of [
    ["was refused", response([{ type: "refusal", refusal: "No." }]), "Refused"],
    [
      "was cut off",
      response([text("{")], { status: "incomplete", incomplete_details: { reason: "max_output_tokens" } }),
      "Truncated"
    ],
    [
      "was filtered",
      response([text("{")], { status: "incomplete", incomplete_details: { reason: "content_filter" } }),
      "Filtered"
    ],
    ["failed", response([], { status: "failed", error: { code: "server_error", message: "oh" } }), "NoOutput"]
  ] as const) {
    it.effect(`that ${name} fails with ${reason}`, () => {
      const http = fakeHttp({ body })
      return Effect.gen(function* () {
        const error = failureOf(yield* Effect.flip(Parse.response(ask, City)))
        assert.strictEqual(error.reason._tag, reason)
      }).pipe(Effect.provide(openAiOver(http)))
    })
  }

  it.effect("that does not fit is sent back to the model", () => {
    const http = fakeHttp({ body: response([text("{}")]) }, { body: response([text('{"name":"Rome","size":null}')]) })
    return Effect.gen(function* () {
      const { value } = yield* Parse.response(ask, City, { maxReasks: 1 })
      assert.deepStrictEqual(value, { name: "Rome" })
      const { input } = sentBody<{ readonly input: ReadonlyArray<unknown> }>(http, 1)
      assert.deepStrictEqual(input.slice(0, 2), [
        { role: "user", content: "Name a city." },
        { role: "assistant", content: "{}" }
      ])
    }).pipe(Effect.provide(openAiOver(http)))
  })

  it.effect("shows its value as it comes", () => {
    const at = { item_id: "m", output_index: 0, content_index: 0 }
    const whole = response([text('{"name":"Rome","size":null}')])
    const http = fakeHttp({
      parts: [
        sse({ type: "response.created", response: { ...whole, status: "in_progress", output: [] } }),
        sse({ type: "response.output_item.added", output_index: 0, item: { ...whole.output[0], content: [] } }),
        sse({ type: "response.output_text.delta", ...at, delta: '{"name":"Ro' }),
        sse({ type: "response.completed", response: whole })
      ]
    })
    return Effect.gen(function* () {
      const steps = yield* Stream.runCollect(Parse.responseStream(ask, City))
      assert.deepStrictEqual(
        steps.map(({ _tag, value }) => [_tag, value]),
        [
          ["Partial", { name: "Ro" }],
          ["Partial", { name: "Rome" }],
          ["Whole", { name: "Rome" }]
        ]
      )
    }).pipe(Effect.provide(openAiOver(http)))
  })

  it.effect("that is part of a conversation is answered with what is wrong, and nothing else", () => {
    const http = fakeHttp({ body: response([text("{}")]) }, { body: response([text('{"name":"Rome","size":null}')]) })
    return Effect.gen(function* () {
      yield* Parse.response({ ...ask, conversation: "conv_1" }, City, { maxReasks: 1 })
      const { input } = sentBody<{ readonly input: ReadonlyArray<{ readonly role: string }> }>(http, 1)
      assert.deepStrictEqual(
        input.map(({ role }) => role),
        ["user"]
      )
    }).pipe(Effect.provide(openAiOver(http)))
  })
})

describe("a value that is followed", () => {
  const chunk = (content: string, finish_reason: string | null = null) =>
    sse({
      id: "c",
      object: "chat.completion.chunk",
      created: 1,
      model: "m",
      choices: [{ index: 0, delta: { content }, finish_reason }]
    })

  it.effect("is asked for again if the answer does not fit, and starts over", () => {
    const http = fakeHttp(
      { parts: [chunk('{"name":1'), chunk("}", "stop"), sse("[DONE]")] },
      { parts: [chunk('{"name":"Rome","size":null}', "stop"), sse("[DONE]")] }
    )
    return Effect.gen(function* () {
      const steps = yield* Stream.runCollect(Parse.chatCompletionStream(input, City, { maxReasks: 1 }))
      assert.deepStrictEqual(steps.map(({ _tag, value }) => [_tag, value]) as ReadonlyArray<unknown>, [
        ["Partial", {}],
        ["Partial", { name: 1 }],
        ["Partial", { name: "Rome" }],
        ["Whole", { name: "Rome" }]
      ])
      const { messages } = sentBody<{ readonly messages: ReadonlyArray<object> }>(http, 1)
      assert.deepStrictEqual(messages[1], { role: "assistant", content: '{"name":1}' })
    }).pipe(Effect.provide(openAiOver(http)))
  })

  for (const [finish, reason] of [
    ["length", "Truncated"],
    ["content_filter", "Filtered"],
    ["stop", "Malformed"]
  ] as const) {
    it.effect(`fails with ${reason} and the text if it ends with ${finish} before it is whole`, () => {
      const http = fakeHttp({ parts: [chunk('{"name":"Ro', finish), sse("[DONE]")] })
      return Effect.gen(function* () {
        const error = yield* Effect.flip(Stream.runDrain(Parse.chatCompletionStream(input, City)))
        const { reason: found, text } = failureOf(error)
        assert.deepStrictEqual([found._tag, text], [reason, '{"name":"Ro'])
      }).pipe(Effect.provide(openAiOver(http)))
    })
  }
})
