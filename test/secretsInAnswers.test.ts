import { assert, describe, it } from "@effect/vitest"
import * as LanguageModel from "effect/ai/LanguageModel"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { Middleware, RetryPolicy, Telemetry } from "llmfx"
import { Messages } from "llmfx/anthropic"
import * as MessageLanguageModel from "llmfx/anthropic/MessageLanguageModel"
import { Chat } from "llmfx/coze"
import { ChatCompletions, Responses } from "llmfx/openai"
import * as ChatLanguageModel from "llmfx/openai/ChatLanguageModel"
import * as ResponseLanguageModel from "llmfx/openai/ResponseLanguageModel"
import * as MessageParse from "../src/anthropic/Parse.ts"
import * as Parse from "../src/openai/Parse.ts"
import { type FakeHttp, fakeHttp, type Reply, sse } from "./support/FakeHttp.ts"
import { anthropicOver, cozeOver, openAiOver } from "./support/probes.ts"
import { collectingShown, textsOfError } from "./support/shown.ts"

const key = 'zq7/KEY+"0123456789=abcdef'
const spelled = JSON.stringify(key).slice(1, -1)

const user = { role: "user" as const, content: "Name a city." }
const chat = { model: "m", messages: [user] }
const message = { ...chat, max_tokens: 9 }
const response = { model: "m", input: user.content }
const City = Schema.Struct({ name: Schema.Literal("Rome") })

const usage = { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 }
const completionOf = (said: object, finish_reason = "stop") => ({
  id: key,
  object: "chat.completion",
  created: 1,
  model: key,
  choices: [{ index: 0, message: { role: "assistant", content: null, refusal: null, ...said }, finish_reason }],
  usage
})
const streamed = (...parts: ReadonlyArray<string>): Reply => ({
  headers: { "content-type": "text/event-stream" },
  parts
})
const chunksOf = (content: string, finish_reason = "stop"): Reply => {
  const chunk = { id: key, object: "chat.completion.chunk", created: 1, model: key }
  return streamed(
    sse(
      JSON.stringify({ ...chunk, choices: [{ index: 0, delta: { content }, finish_reason: null }] }),
      JSON.stringify({ ...chunk, choices: [{ index: 0, delta: {}, finish_reason }] }),
      "[DONE]"
    )
  )
}
const responseOf = (content: object, more: object = {}) => ({
  id: key,
  object: "response",
  created_at: 1,
  status: "completed",
  model: key,
  output: [{ id: key, type: "message", role: "assistant", status: "completed", content: [content] }],
  ...more
})
const textPart = (text: string) => ({ type: "output_text", text, annotations: [] })
const messageOf = (text: string, stop_reason = "end_turn") => ({
  id: key,
  type: "message",
  role: "assistant",
  model: key,
  content: [{ type: "text", text }],
  stop_reason,
  stop_sequence: null,
  usage: { input_tokens: 1, output_tokens: 2 }
})
const messageEvents = (text: string): Reply =>
  streamed(
    sse(
      ...[
        { type: "message_start", message: { ...messageOf(""), content: [], stop_reason: null } },
        { type: "content_block_start", index: 0, content_block: { type: "text", text: "" } },
        { type: "content_block_delta", index: 0, delta: { type: "text_delta", text } },
        { type: "content_block_stop", index: 0 },
        { type: "message_delta", delta: { stop_reason: "end_turn", stop_sequence: null }, usage: { output_tokens: 2 } },
        { type: "message_stop" }
      ]
    )
  )
const cozeEvents = streamed(
  ...[
    ["conversation.chat.created", { id: key, conversation_id: key, status: "created" }],
    ["conversation.message.delta", { id: key, role: "assistant", type: "answer", content: key, content_type: "text" }],
    ["conversation.chat.completed", { id: key, conversation_id: key, status: "completed", usage: {} }],
    ["done", "[DONE]"]
  ].map(([event, data]) => `event:${event}\ndata:${JSON.stringify(data)}\n\n`)
)

const common = { retry: RetryPolicy.none }
const layers = {
  openai: (http: FakeHttp) => openAiOver(http, { ...common, apiKey: Redacted.make(key) }),
  anthropic: (http: FakeHttp) => anthropicOver(http, { ...common, apiKey: Redacted.make(key) }),
  coze: (http: FakeHttp) => cozeOver(http, { ...common, token: Redacted.make(key) })
}

const assertHidden = (texts: ReadonlyArray<string>): void => {
  for (const text of texts) for (const form of [key, spelled, key.slice(0, 9)]) assert.notInclude(text, form)
}

describe("an answer without a value", () => {
  const json = `{"name":"${spelled}"}`
  const failing = {
    "a refusal of a chat completion": [
      Parse.chatCompletion(chat, City).pipe(
        Effect.provide(layers.openai(fakeHttp({ body: completionOf({ refusal: key }) })))
      )
    ],
    "a chat completion that does not fit": [
      Parse.chatCompletion(chat, City).pipe(
        Effect.provide(layers.openai(fakeHttp({ body: completionOf({ content: json }) })))
      ),
      Stream.runDrain(Parse.chatCompletionStream(chat, City)).pipe(
        Effect.provide(layers.openai(fakeHttp(chunksOf(json))))
      )
    ],
    "a chat completion that is not JSON": [
      Parse.chatCompletion(chat, City, { maxReasks: 1 }).pipe(
        Effect.provide(layers.openai(fakeHttp({ body: completionOf({ content: key }) })))
      )
    ],
    "a response that failed": [
      Parse.response(response, City).pipe(
        Effect.provide(
          layers.openai(
            fakeHttp({ body: responseOf({ type: "refusal", refusal: key }, { error: { code: "x", message: key } }) })
          )
        )
      )
    ],
    "a response that is not JSON": [
      Parse.response(response, City).pipe(Effect.provide(layers.openai(fakeHttp({ body: responseOf(textPart(key)) }))))
    ],
    "a message that does not fit": [
      MessageParse.message(message, City).pipe(Effect.provide(layers.anthropic(fakeHttp({ body: messageOf(json) })))),
      Stream.runDrain(MessageParse.messageStream(message, City)).pipe(
        Effect.provide(layers.anthropic(fakeHttp(messageEvents(json))))
      )
    ]
  }
  for (const [name, programs] of Object.entries(failing)) {
    it.live(`shows no key that a server writes into it: ${name}`, () =>
      Effect.gen(function* () {
        for (const program of programs) {
          const error = yield* Effect.flip(program as Effect.Effect<unknown, { readonly _tag: string }>)
          assert.strictEqual(error._tag, "OutputError")
          assertHidden(textsOfError(error))
        }
      })
    )
  }

  it.live("has a short message without control characters, and the whole text", () =>
    Effect.gen(function* () {
      const refusal = `\u001b[2J${"no ".repeat(100_000)}`
      const http = fakeHttp({ body: completionOf({ refusal }) })
      const error = yield* Effect.flip(Parse.chatCompletion(chat, City)).pipe(Effect.provide(layers.openai(http)))
      assert.strictEqual(error._tag, "OutputError")
      assert.isBelow(error.message.length, 5000)
      assert.notInclude(error.message, "\u001b")
      assert.strictEqual("text" in error && error.text, refusal)
    })
  )
})

describe("telemetry", () => {
  const traced = {
    "a chat completion": ChatCompletions.create(chat).pipe(
      Middleware.use(Telemetry.make({ content: true })),
      Effect.provide(layers.openai(fakeHttp({ body: completionOf({ content: key }, key) })))
    ),
    "the chunks of a chat completion": Stream.runDrain(ChatCompletions.stream(chat)).pipe(
      Middleware.use(Telemetry.make({ content: true })),
      Effect.provide(layers.openai(fakeHttp(chunksOf(key, key))))
    ),
    "a response": Responses.create(response).pipe(
      Middleware.use(Telemetry.make({ content: true })),
      Effect.provide(layers.openai(fakeHttp({ body: responseOf(textPart(key)) })))
    ),
    "a message": Messages.create(message).pipe(
      Middleware.use(Telemetry.make({ content: true })),
      Effect.provide(layers.anthropic(fakeHttp({ body: messageOf(key, key) })))
    ),
    "the events of a message": Stream.runDrain(Messages.stream(message)).pipe(
      Middleware.use(Telemetry.make({ content: true })),
      Effect.provide(layers.anthropic(fakeHttp(messageEvents(key))))
    ),
    "a chat with a bot": Stream.runDrain(Chat.stream({ bot_id: "1", user_id: "u" })).pipe(
      Middleware.use(Telemetry.make({ content: true })),
      Effect.provide(layers.coze(fakeHttp(cozeEvents)))
    )
  }
  for (const [name, program] of Object.entries(traced)) {
    it.live(`shows no key that a server writes into its answer: ${name}`, () =>
      Effect.gen(function* () {
        const texts: Array<string> = []
        yield* (program as Effect.Effect<unknown, unknown>).pipe(collectingShown(texts))
        assert.isTrue(texts.some((text) => text.includes("gen_ai.operation.name")))
        assertHidden(texts)
      })
    )
  }

  it.live("keeps names of a server short, and reads many reasons in time in proportion to them", () =>
    Effect.gen(function* () {
      const texts: Array<string> = []
      const choices = Array.from({ length: 50_000 }, (_, index) => ({
        index,
        message: { role: "assistant", content: "a", refusal: null },
        finish_reason: `reason ${index}`
      }))
      const body = { ...completionOf({}), id: "i".repeat(100_000), model: "m".repeat(100_000), choices }
      yield* ChatCompletions.create(chat).pipe(
        Middleware.use(Telemetry.make()),
        Effect.provide(layers.openai(fakeHttp({ body }))),
        collectingShown(texts)
      )
      assert.isBelow(texts.join("").length, 20_000)
    })
  )
})

describe("a model of effect/ai", () => {
  const models = {
    chat: ChatLanguageModel.layer({ model: "m" }),
    response: ResponseLanguageModel.layer({ model: "m" }),
    message: MessageLanguageModel.layer({ model: "m" })
  }
  const object = LanguageModel.generateObject({ prompt: "hi", schema: City })
  const text = LanguageModel.generateText({ prompt: "hi" })
  const failing = {
    "a refusal": object.pipe(
      Effect.provide(models.chat),
      Effect.provide(layers.openai(fakeHttp({ body: completionOf({ refusal: key }, "content_filter") })))
    ),
    "a cut answer": object.pipe(
      Effect.provide(models.chat),
      Effect.provide(layers.openai(fakeHttp({ body: completionOf({ content: key }, "length") })))
    ),
    "a cut response": object.pipe(
      Effect.provide(models.response),
      Effect.provide(
        layers.openai(
          fakeHttp({
            body: responseOf(textPart(key), {
              status: "incomplete",
              incomplete_details: { reason: "max_output_tokens" }
            })
          })
        )
      )
    ),
    "a cut message": object.pipe(
      Effect.provide(models.message),
      Effect.provide(layers.anthropic(fakeHttp({ body: messageOf(key, "max_tokens") })))
    ),
    "a refused request": text.pipe(
      Effect.provide(models.chat),
      Effect.provide(layers.openai(fakeHttp({ status: 401, body: { error: { message: key, code: key, param: key } } })))
    ),
    "a refused message": text.pipe(
      Effect.provide(models.message),
      Effect.provide(
        layers.anthropic(fakeHttp({ status: 529, body: { type: "error", error: { type: key, message: key } } }))
      )
    ),
    "a call of a tool that is not declared": text.pipe(
      Effect.provide(models.chat),
      Effect.provide(
        layers.openai(
          fakeHttp({
            body: completionOf(
              { tool_calls: [{ id: "t", type: "function", function: { name: key, arguments: `{"a":"${spelled}"}` } }] },
              "tool_calls"
            )
          })
        )
      )
    )
  }
  for (const [name, program] of Object.entries(failing)) {
    it.live(`shows no key that a server writes into ${name}`, () =>
      Effect.gen(function* () {
        const texts: Array<string> = []
        const error = yield* Effect.flip((program as Effect.Effect<unknown, unknown>).pipe(collectingShown(texts)))
        assertHidden([...textsOfError(error), ...texts])
      })
    )
  }

  it.live("shows no key that a server writes into the name of its answer", () =>
    Effect.gen(function* () {
      const texts: Array<string> = []
      yield* text.pipe(
        Effect.provide(models.chat),
        Effect.provide(layers.openai(fakeHttp({ body: completionOf({ content: "hi" }) }))),
        collectingShown(texts)
      )
      assert.isTrue(texts.some((shown) => shown.includes("gen_ai.response.model")))
      assertHidden(texts)
    })
  )
})
