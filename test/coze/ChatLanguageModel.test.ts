import { assert, describe, it } from "@effect/vitest"
import * as Chat from "effect/ai/Chat"
import * as LanguageModel from "effect/ai/LanguageModel"
import * as Prompt from "effect/ai/Prompt"
import type * as Response from "effect/ai/Response"
import * as ResponseIdTracker from "effect/ai/ResponseIdTracker"
import * as Tool from "effect/ai/Tool"
import * as Toolkit from "effect/ai/Toolkit"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { RetryPolicy } from "llmfx"
import { Coze } from "llmfx/coze"
import * as ChatLanguageModel from "llmfx/coze/ChatLanguageModel"
import { type FakeHttp, fakeHttp } from "../support/FakeHttp.ts"

type Fields = { readonly [name: string]: unknown }

const event = (event: string, data: unknown) => `event:${event}\ndata:${JSON.stringify(data)}\n\n`
const chat = (more: Fields = {}) => ({ id: "chat_1", conversation_id: "conv_1", bot_id: "bot_1", ...more })
const said = (type: string, content: string, more: Fields = {}) => ({
  id: `msg_${type}`,
  conversation_id: "conv_1",
  bot_id: "bot_1",
  chat_id: "chat_1",
  role: "assistant",
  type,
  content,
  content_type: "text",
  ...more
})
const usage = { token_count: 12, output_count: 5, input_count: 7 }
const answer = [
  event("conversation.chat.created", chat({ status: "created" })),
  event("conversation.message.completed", said("function_call", '{"name":"search"}')),
  event("conversation.message.delta", said("answer", "", { reasoning_content: "Hm." })),
  event("conversation.message.delta", said("answer", "It ")),
  event("conversation.message.delta", said("answer", "rains")),
  event("conversation.message.completed", said("answer", "It rains", { reasoning_content: "Hm." })),
  event("conversation.message.completed", said("follow_up", "And tomorrow?")),
  event("conversation.chat.completed", chat({ status: "completed", usage })),
  "event:done\ndata:[DONE]\n\n"
]
const waiting = [
  event("conversation.chat.created", chat({ status: "created" })),
  event(
    "conversation.chat.requires_action",
    chat({
      status: "requires_action",
      required_action: {
        type: "submit_tool_outputs",
        submit_tool_outputs: {
          tool_calls: [{ id: "call_1", type: "function", function: { name: "weather", arguments: '{"city":"Paris"}' } }]
        }
      }
    })
  ),
  "event:done\ndata:[DONE]\n\n"
]

const on = (http: FakeHttp, config: ChatLanguageModel.Config = { user_id: "u" }) =>
  Effect.provide(
    Layer.provide(
      ChatLanguageModel.layer({ model: "bot_1", config }),
      Layer.orDie(
        Layer.provide(Coze.layer({ token: Redacted.make("pat"), platform: "com", retry: RetryPolicy.none }), http.layer)
      )
    )
  )

interface Message {
  readonly role: string
  readonly content: string
}
const bodyOf = (http: FakeHttp, n = 0) =>
  http.sent[n]?.body as { readonly additional_messages: ReadonlyArray<Message>; readonly [name: string]: unknown }

const history = (parts: ReadonlyArray<Response.AnyPart>) =>
  JSON.parse(JSON.stringify(Prompt.fromResponseParts(parts).content))

describe("a chat as parts", () => {
  const generated = LanguageModel.generateText({ prompt: "hi" })
  const answered = Effect.suspend(() => on(fakeHttp({ parts: answer }))(generated))

  it.effect("has the agent's text, reasoning and usage", () =>
    Effect.gen(function* () {
      const whole = yield* answered
      assert.strictEqual(whole.text, "It rains")
      assert.strictEqual(whole.reasoningText, "Hm.")
      assert.strictEqual(whole.usage.outputTokens.total, 5)
    })
  )

  it.effect("has the same parts as a whole answer and as a stream", () =>
    Effect.gen(function* () {
      const streamed = yield* Stream.runCollect(LanguageModel.streamText({ prompt: "hi" })).pipe(
        on(fakeHttp({ parts: answer }))
      )
      assert.deepStrictEqual(history(streamed), history((yield* answered).content))
    })
  )

  it.effect("keeps what no part stands for in the metadata", () =>
    Effect.gen(function* () {
      const whole = yield* answered
      assert.include(JSON.stringify(history(whole.content)), "function_call")
      const finish = whole.content.find((part) => part.type === "finish")
      assert.deepInclude(finish?.metadata["coze"] as object, { followUps: ["And tomorrow?"] })
    })
  )

  it.effect("fails if the chat failed", () =>
    Effect.gen(function* () {
      const failed = chat({ status: "failed", last_error: { code: 4100, msg: "no such token" } })
      const error = yield* LanguageModel.generateText({ prompt: "hi" }).pipe(
        on(fakeHttp({ parts: [event("conversation.chat.failed", failed), "event:done\ndata:[DONE]\n\n"] })),
        Effect.flip
      )
      assert.strictEqual(error._tag, "AiError")
      assert.include(error.message, "no such token")
    })
  )
})

describe("a conversation", () => {
  it.effect("goes on with what is new, if something keeps track of it", () =>
    Effect.gen(function* () {
      const http = fakeHttp({ parts: answer })
      yield* Effect.gen(function* () {
        const chat = yield* Chat.empty
        yield* chat.generateText({ prompt: "hi" })
        yield* chat.generateText({ prompt: "and tomorrow?" })
      }).pipe(Effect.provideServiceEffect(ResponseIdTracker.ResponseIdTracker, ResponseIdTracker.make), on(http))
      assert.notInclude(http.sent[0]?.url, "conversation_id")
      assert.include(http.sent[1]?.url, "conversation_id=conv_1")
      assert.deepStrictEqual(
        bodyOf(http, 1).additional_messages.map(({ content }) => content),
        ["and tomorrow?"]
      )
    })
  )

  it.effect("begins with the whole history otherwise", () =>
    Effect.gen(function* () {
      const http = fakeHttp({ parts: answer })
      yield* LanguageModel.generateText({
        prompt: [
          { role: "user", content: "hi" },
          { role: "assistant", content: "yo" },
          { role: "user", content: [{ type: "file", mediaType: "image/png", data: "https://example.com/a.png" }] }
        ]
      }).pipe(on(http))
      assert.deepStrictEqual(
        bodyOf(http).additional_messages.map(({ content, role }) => [role, content]),
        [
          ["user", "hi"],
          ["assistant", "yo"],
          ["user", '[{"type":"image","file_url":"https://example.com/a.png"}]']
        ]
      )
    })
  )

  it.effect("waits for its tools, whose outputs go to the same chat", () =>
    Effect.gen(function* () {
      const Weather = Tool.make("weather", {
        parameters: Schema.Struct({ city: Schema.String }),
        success: Schema.String
      })
      const kit = Toolkit.make(Weather)
      const http = fakeHttp({ parts: waiting }, { parts: answer })
      const second = yield* Effect.gen(function* () {
        const chat = yield* Chat.empty
        yield* chat.generateText({ prompt: "hi", toolkit: kit })
        return yield* chat.generateText({ prompt: [], toolkit: kit })
      }).pipe(Effect.provide(kit.toLayer({ weather: ({ city }) => Effect.succeed(`sunny in ${city}`) })), on(http))
      assert.include(http.sent[1]?.url, "/v3/chat/submit_tool_outputs?chat_id=chat_1&conversation_id=conv_1")
      assert.deepStrictEqual(bodyOf(http, 1)["tool_outputs"], [{ tool_call_id: "call_1", output: "sunny in Paris" }])
      assert.strictEqual(second.text, "It rains")
    })
  )
})

describe("a system message, which a chat does not take", () => {
  const prompt = [
    { role: "system", content: "Be brief" },
    { role: "user", content: "hi" }
  ] as const

  it.effect("fails the call before it is sent", () =>
    Effect.gen(function* () {
      const http = fakeHttp({ parts: answer })
      const error = yield* LanguageModel.generateText({ prompt }).pipe(on(http), Effect.flip)
      assert.strictEqual(error.reason._tag, "InvalidUserInputError")
      assert.lengthOf(http.sent, 0)
    })
  )

  for (const [onUnsupported, what, sent] of [
    ["asUser", "is sent as a text of the user", ["Be brief", "hi"]],
    ["omit", "is left out", ["hi"]]
  ] as const) {
    it.effect(`${what} with onUnsupported: "${onUnsupported}"`, () =>
      Effect.gen(function* () {
        const http = fakeHttp({ parts: answer })
        yield* LanguageModel.generateText({ prompt }).pipe(ChatLanguageModel.withConfig({ onUnsupported }), on(http))
        assert.deepStrictEqual(
          bodyOf(http).additional_messages.map(({ content }) => content),
          [...sent]
        )
      })
    )
  }
})
