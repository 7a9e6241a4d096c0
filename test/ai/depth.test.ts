import { assert, describe, it } from "@effect/vitest"
import type * as AiError from "effect/ai/AiError"
import * as LanguageModel from "effect/ai/LanguageModel"
import type * as Prompt from "effect/ai/Prompt"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import * as MessageLanguageModel from "llmfx/anthropic/MessageLanguageModel"
import * as CozeLanguageModel from "llmfx/coze/ChatLanguageModel"
import * as ChatLanguageModel from "llmfx/openai/ChatLanguageModel"
import * as ResponseLanguageModel from "llmfx/openai/ResponseLanguageModel"
import { type FakeHttp, fakeHttp, type Reply, sse } from "../support/FakeHttp.ts"
import { anthropicOver, cozeOver, openAiOver } from "../support/probes.ts"

const depth = 100_000
const deepText = `${'{"a":['.repeat(depth / 2)}1${"]}".repeat(depth / 2)}`
const deep: unknown = JSON.parse(deepText)

const streamed = (...parts: ReadonlyArray<string>): Reply => ({
  headers: { "content-type": "text/event-stream" },
  parts
})

/** JSON with the deep text in the place of each `"<deep>"`: `JSON.stringify` cannot write it. */
const withDeep = (value: unknown): string => JSON.stringify(value).replaceAll('"<deep>"', deepText)

const completion = (delta: "message" | "delta", more: object) => ({
  id: "c",
  object: "chat.completion",
  created: 1,
  model: "m",
  choices: [{ index: 0, finish_reason: "stop", [delta]: { role: "assistant", content: "hi", ...more } }]
})
const response = {
  id: "r",
  object: "response",
  created_at: 1,
  status: "completed",
  model: "m",
  output: [
    { type: "brand_new", id: "n", field: "<deep>" },
    {
      type: "message",
      id: "m",
      role: "assistant",
      status: "completed",
      content: [{ type: "output_text", text: "a", annotations: ["<deep>"] }]
    }
  ]
}
const message = {
  id: "m",
  type: "message",
  role: "assistant",
  model: "m",
  content: [
    { type: "server_tool_use", id: "s", name: "web_search", input: "<deep>" },
    { type: "text", text: "a" }
  ],
  stop_reason: "end_turn",
  stop_sequence: null,
  usage: { input_tokens: 1, output_tokens: 2 }
}

interface Case {
  readonly layer: (http: FakeHttp) => Layer.Layer<LanguageModel.LanguageModel>
  readonly whole: Reply
  readonly stream: Reply
}

const provided =
  <R>(model: Layer.Layer<LanguageModel.LanguageModel, never, R>, over: (http: FakeHttp) => Layer.Layer<R>) =>
  (http: FakeHttp) =>
    Layer.provide(model, over(http))

const cozeStream = streamed(
  ...[
    ["conversation.chat.created", { id: "1", conversation_id: "2", status: "created" }],
    ["conversation.message.completed", { id: "3", role: "assistant", type: "brand_new", content: "a", x: "<deep>" }],
    ["conversation.message.completed", { id: "4", role: "assistant", type: "answer", content: "a", x: "<deep>" }],
    ["conversation.chat.completed", { id: "1", status: "completed", usage: {}, x: "<deep>" }],
    ["done", "[DONE]"]
  ].map(([event, data]) => `event:${event}\ndata:${withDeep(data)}\n\n`)
)

const cases: { readonly [name: string]: Case } = {
  chat: {
    layer: provided(ChatLanguageModel.layer({ model: "m" }), openAiOver),
    whole: { parts: [withDeep(completion("message", { annotations: ["<deep>"], reasoning_details: ["<deep>"] }))] },
    stream: streamed(sse(withDeep(completion("delta", { annotations: ["<deep>"], x: "<deep>" })), "[DONE]"))
  },
  response: {
    layer: provided(ResponseLanguageModel.layer({ model: "m" }), openAiOver),
    whole: { parts: [withDeep(response)] },
    stream: streamed(sse(withDeep({ type: "response.completed", response })))
  },
  message: {
    layer: provided(MessageLanguageModel.layer({ model: "m" }), anthropicOver),
    whole: { parts: [withDeep(message)] },
    stream: streamed(
      sse(
        withDeep({ type: "message_start", message: { ...message, content: [] } }),
        withDeep({ type: "content_block_start", index: 0, content_block: message.content[0] }),
        withDeep({ type: "content_block_stop", index: 0 }),
        withDeep({ type: "message_delta", delta: { stop_reason: "end_turn" }, usage: { x: "<deep>" } }),
        withDeep({ type: "message_stop" })
      )
    )
  },
  "chat with a bot": {
    layer: provided(CozeLanguageModel.layer({ model: "1", config: { user_id: "u" } }), cozeOver),
    whole: cozeStream,
    stream: cozeStream
  }
}

const prompt: ReadonlyArray<Prompt.MessageEncoded> = [
  { role: "user", content: "hi" },
  { role: "assistant", content: [{ type: "tool-call", id: "t", name: "f", params: deep, providerExecuted: false }] },
  { role: "tool", content: [{ type: "tool-result", id: "t", name: "f", result: deep as never, isFailure: false }] }
]

const reasonOf = (error: unknown): string => (error as AiError.AiError).reason._tag

describe("a model of effect/ai", () => {
  for (const [name, { layer, stream, whole }] of Object.entries(cases)) {
    it.live(`fails with a typed error if a ${name} is nested more deeply than the stack`, () =>
      Effect.gen(function* () {
        const text = LanguageModel.generateText({ prompt: "hi" })
        const wholeError = yield* Effect.flip(Effect.provide(text, layer(fakeHttp(whole))))
        assert.strictEqual(reasonOf(wholeError), "InvalidOutputError")
        const events = Stream.runDrain(LanguageModel.streamText({ prompt: "hi" }))
        const streamError = yield* Effect.flip(Effect.provide(events, layer(fakeHttp(stream))))
        assert.strictEqual(reasonOf(streamError), "InvalidOutputError")
      })
    )

    if (name !== "chat with a bot") {
      it.live(`fails with a typed error if the prompt of a ${name} is nested more deeply than the stack`, () =>
        Effect.gen(function* () {
          const error = yield* Effect.flip(LanguageModel.generateText({ prompt })).pipe(
            Effect.provide(layer(fakeHttp(whole)))
          )
          assert.strictEqual(reasonOf(error), "InvalidUserInputError")
        })
      )
    }
  }
})
