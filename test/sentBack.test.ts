/** An answer that a program puts into the next request as it came arrives as the API takes it. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { Anthropic, Messages } from "llmfx/anthropic"
import { ChatCompletions, OpenAi, Responses } from "llmfx/openai"
import { Emulator } from "llmfx/testing"
import * as BetaMessages from "../src/anthropic/api/BetaMessages.ts"
import * as BetaResponses from "../src/openai/api/BetaResponses.ts"
import { fakeHttp } from "./support/FakeHttp.ts"
import { anthropicOver, openAiOver } from "./support/probes.ts"
import { sentBody } from "./support/sent.ts"

const ask = { role: "user" as const, content: "hi" }

const key = Redacted.make("key")
const emulated = Layer.mergeAll(OpenAi.layer({ apiKey: key }), Anthropic.layer({ apiKey: key })).pipe(
  Layer.provide(Emulator.layer({ replies: ["one", "two"] }))
)

const completion = (message: object) => ({
  id: "c",
  object: "chat.completion",
  created: 1,
  model: "m",
  choices: [{ index: 0, finish_reason: "stop", message }]
})

const secondTurn = (message: object) => {
  const http = fakeHttp({ body: completion(message) }, { body: completion({ role: "assistant", content: "bye" }) })
  return Effect.gen(function* () {
    const messages: Array<ChatCompletions.ChatCompletionMessageParam> = [ask]
    const { choices } = yield* ChatCompletions.create({ model: "m", messages })
    messages.push(...choices.map((choice) => choice.message))
    yield* ChatCompletions.create({ model: "m", messages })
    return sentBody<{ readonly messages: ReadonlyArray<unknown> }>(http, 1).messages[1]
  }).pipe(Effect.provide(openAiOver(http)))
}

describe("the message of a completion", () => {
  it.effect("is taken by the API", () =>
    Effect.gen(function* () {
      const messages: Array<ChatCompletions.ChatCompletionMessageParam> = [ask]
      const { choices } = yield* ChatCompletions.create({ model: "gpt-5.4-mini", messages })
      messages.push(...choices.map(({ message }) => message), ask)
      const last = yield* ChatCompletions.create({ model: "gpt-5.4-mini", messages })
      assert.strictEqual(ChatCompletions.text(last), "two")
    }).pipe(Effect.provide(emulated))
  )

  it.effect("goes back without what only answers have", () =>
    Effect.gen(function* () {
      const sent = yield* secondTurn({
        role: "assistant",
        content: "a",
        refusal: null,
        annotations: [],
        tool_calls: null,
        function_call: null,
        audio: { id: "audio_1", data: "AAAA", expires_at: 1, transcript: "a" }
      })
      assert.deepStrictEqual(sent, { role: "assistant", content: "a", refusal: null, audio: { id: "audio_1" } })
    })
  )

  it.effect("goes back with its calls, also of a kind that nobody knows yet, and its reasoning", () =>
    Effect.gen(function* () {
      const message = {
        role: "assistant",
        content: null,
        reasoning_content: "so",
        tool_calls: [
          { id: "1", type: "function", function: { name: "f", arguments: "{}" } },
          { id: "2", type: "program", program: { code: "x" } }
        ]
      }
      assert.deepStrictEqual(yield* secondTurn(message), message)
    })
  )

  it.effect("goes back with the role of the API, whatever the server calls it", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* secondTurn({ role: "model", content: "a" }), { role: "assistant", content: "a" })
      assert.deepStrictEqual(yield* secondTurn({ content: "a" }), { role: "assistant", content: "a" })
    })
  )

  it.effect("stays as it is if the program wrote it", () => {
    const http = fakeHttp({ body: completion({ role: "assistant", content: "bye" }) })
    const written = { role: "assistant" as const, content: null, audio: { id: "audio_1" }, refusal: "no" }
    return Effect.gen(function* () {
      yield* ChatCompletions.create({ model: "m", messages: [ask, written] })
      assert.deepStrictEqual(sentBody(http)["messages"], [ask, written])
    }).pipe(Effect.provide(openAiOver(http)))
  })
})

const blocks = [
  { type: "thinking", thinking: "so", signature: "s" },
  { type: "text", text: "a", citations: null },
  { type: "dream", of: { sheep: 1 } },
  { type: "tool_use", id: "t", name: "f", input: { a: 1 } }
]

const message = {
  id: "m",
  type: "message",
  role: "assistant",
  model: "m",
  content: blocks,
  stop_reason: "end_turn",
  stop_sequence: null,
  usage: { input_tokens: 1, output_tokens: 1 }
}

describe("the content of a message", () => {
  it.effect("is taken by the API", () =>
    Effect.gen(function* () {
      const messages: Array<Messages.MessageParam> = [ask]
      const { content } = yield* Messages.create({ model: "claude-sonnet-5", max_tokens: 9, messages })
      messages.push({ role: "assistant", content }, ask)
      const last = yield* Messages.create({ model: "claude-sonnet-5", max_tokens: 9, messages })
      assert.strictEqual(Messages.text(last), "two")
    }).pipe(Effect.provide(emulated))
  )

  it.effect("goes back block by block as it came, also of a kind that nobody knows yet", () => {
    const http = fakeHttp({ body: message }, { body: message }, { body: message }, { body: message })
    return Effect.gen(function* () {
      const { content } = yield* Messages.create({ model: "m", max_tokens: 1, messages: [ask] })
      yield* Messages.create({ model: "m", max_tokens: 1, messages: [ask, { role: "assistant", content }] })
      const beta = yield* BetaMessages.create({ model: "m", max_tokens: 1, messages: [ask] })
      const messages = [ask, { role: "assistant" as const, content: beta.content }]
      yield* BetaMessages.create({ model: "m", max_tokens: 1, messages })
      for (const index of [1, 3]) {
        assert.deepStrictEqual(sentBody(http, index)["messages"], [ask, { role: "assistant", content: blocks }])
      }
    }).pipe(Effect.provide(anthropicOver(http)))
  })
})

const output = [
  { type: "reasoning", id: "r", summary: [], encrypted_content: "e" },
  { type: "dream", id: "d", of: { sheep: 1 } },
  {
    type: "message",
    id: "m",
    role: "assistant",
    status: "completed",
    content: [{ type: "output_text", text: "a", annotations: [], logprobs: [] }]
  },
  { type: "tool_search_output", id: "t", execution: "server", status: "completed", call_id: null, tools: [] },
  { type: "function_call", id: "f", call_id: "c", name: "f", arguments: "{}", status: "completed" }
]

const response = { id: "r", object: "response", created_at: 1, model: "m", status: "completed", output }

describe("the output of a response", () => {
  it.effect("is taken by the API", () =>
    Effect.gen(function* () {
      const items: Array<Responses.ResponseInputItem> = [ask]
      const first = yield* Responses.create({ model: "gpt-5.4-mini", input: items })
      items.push(...first.output, ask)
      const last = yield* Responses.create({ model: "gpt-5.4-mini", input: items })
      assert.strictEqual(Responses.text(last), "two")
    }).pipe(Effect.provide(emulated))
  )

  it.effect("goes back item by item as it came, also of a kind that nobody knows yet", () => {
    const http = fakeHttp({ body: response }, { body: response }, { body: response }, { body: response })
    return Effect.gen(function* () {
      const first = yield* Responses.create({ model: "m", input: [ask] })
      yield* Responses.create({ model: "m", input: [ask, ...first.output] })
      const beta = yield* BetaResponses.create({ model: "m", input: [ask] })
      yield* BetaResponses.create({ model: "m", input: [ask, ...beta.output] })
      for (const index of [1, 3]) assert.deepStrictEqual(sentBody(http, index)["input"], [ask, ...output])
    }).pipe(Effect.provide(openAiOver(http)))
  })
})
