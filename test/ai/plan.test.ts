import { assert, describe, it } from "@effect/vitest"
import * as Chat from "effect/ai/Chat"
import * as LanguageModel from "effect/ai/LanguageModel"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as ExecutionPlan from "effect/ExecutionPlan"
import * as Layer from "effect/Layer"
import { Anthropic } from "../../src/anthropic/Anthropic.ts"
import * as MessageLanguageModel from "../../src/anthropic/MessageLanguageModel.ts"
import * as ChatLanguageModel from "../../src/openai/ChatLanguageModel.ts"
import * as ResponseLanguageModel from "../../src/openai/ResponseLanguageModel.ts"
import * as Fallback from "../../src/policies/Fallback.ts"
import * as RetryPolicy from "../../src/policies/RetryPolicy.ts"
import { fakeHttp } from "../support/FakeHttp.ts"
import { anthropicOver, openAiOver } from "../support/probes.ts"
import { sentBody } from "../support/sent.ts"

const reasoning = {
  type: "reasoning",
  id: "rs_1",
  summary: [{ type: "summary_text", text: "Hm." }],
  encrypted_content: "sealed"
}
const response = {
  id: "resp_1",
  model: "gpt-5.4-mini",
  status: "completed",
  output: [
    reasoning,
    { type: "web_search_call", id: "ws_1", status: "completed", action: { type: "search", query: "q" } },
    {
      type: "message",
      id: "msg_1",
      role: "assistant",
      content: [{ type: "output_text", text: "from OpenAI", annotations: [] }]
    }
  ]
}
const completion = {
  id: "chatcmpl-1",
  model: "other",
  choices: [
    {
      index: 0,
      message: { role: "assistant", content: "from another", reasoning_content: "Well." },
      finish_reason: "stop"
    }
  ]
}
const message = {
  id: "msg_2",
  type: "message",
  role: "assistant",
  model: "claude-sonnet-5",
  content: [{ type: "text", text: "from Anthropic" }],
  stop_reason: "end_turn",
  usage: { input_tokens: 1, output_tokens: 1 }
}

const ask = Effect.map(LanguageModel.generateText({ prompt: "hi" }), ({ text }) => text)
const openAi = (http: Parameters<typeof openAiOver>[0]) =>
  ResponseLanguageModel.model("gpt-5.4-mini").pipe(Layer.provide(openAiOver(http, { retry: RetryPolicy.none })))

describe("a plan of providers", () => {
  it.effect("skips a provider whose key is not set", () => {
    const http = fakeHttp({ body: response })
    const plan = ExecutionPlan.make(
      {
        provide: MessageLanguageModel.model("claude-sonnet-5").pipe(
          Layer.provide(Anthropic.layerConfig()),
          Layer.provide(http.layer)
        )
      },
      { provide: openAi(http), while: Fallback.isUnavailable }
    )
    return Effect.gen(function* () {
      assert.strictEqual(yield* Effect.withExecutionPlan(ask, plan), "from OpenAI")
    }).pipe(Effect.provide(ConfigProvider.layer(ConfigProvider.fromUnknown({}))))
  })

  it.effect("goes on from a provider that is overloaded", () => {
    const busy = fakeHttp({
      status: 529,
      body: { type: "error", error: { type: "overloaded_error", message: "busy" } }
    })
    const plan = ExecutionPlan.make(
      {
        provide: MessageLanguageModel.model("claude-sonnet-5", { max_tokens: 10 }).pipe(
          Layer.provide(anthropicOver(busy, { retry: RetryPolicy.none }))
        )
      },
      { provide: openAi(fakeHttp({ body: response })), while: Fallback.isUnavailable }
    )
    return Effect.gen(function* () {
      assert.strictEqual(yield* Effect.withExecutionPlan(ask, plan), "from OpenAI")
      assert.lengthOf(busy.sent, 1)
    })
  })
})

describe("a plan that goes on while a provider is unavailable", () => {
  it.effect("stops at a request that is invalid", () => {
    const refuses = fakeHttp({
      status: 400,
      body: { type: "error", error: { type: "invalid_request_error", message: "no" } }
    })
    const second = fakeHttp({ body: response })
    const plan = ExecutionPlan.make(
      {
        provide: MessageLanguageModel.model("claude-sonnet-5", { max_tokens: 10 }).pipe(
          Layer.provide(anthropicOver(refuses, { retry: RetryPolicy.none }))
        )
      },
      { provide: openAi(second), while: Fallback.isUnavailable }
    )
    return Effect.gen(function* () {
      const error = yield* Effect.flip(Effect.withExecutionPlan(ask, plan))
      assert.strictEqual(error._tag === "AiError" && error.reason._tag, "InvalidRequestError")
      assert.lengthOf(second.sent, 0)
    })
  })
})

describe("a chat that moves between providers", () => {
  it.effect("sends each only what is its own", () => {
    const first = fakeHttp({ body: response })
    const second = fakeHttp({ body: completion })
    const third = fakeHttp({ body: message })
    const fourth = fakeHttp({ body: response })
    const turn = (prompt: string) => Effect.flatMap(Chat.Chat, (chat) => chat.generateText({ prompt }))
    return Effect.gen(function* () {
      yield* turn("one").pipe(Effect.provide(openAi(first)))
      yield* turn("two").pipe(Effect.provide(ChatLanguageModel.model("other").pipe(Layer.provide(openAiOver(second)))))
      yield* turn("three").pipe(
        Effect.provide(
          MessageLanguageModel.model("claude-sonnet-5", { max_tokens: 10 }).pipe(Layer.provide(anthropicOver(third)))
        )
      )
      yield* turn("four").pipe(Effect.provide(openAi(fourth)))
      assert.deepStrictEqual(sentBody(second)["messages"], [
        { role: "user", content: "one" },
        { role: "assistant", content: "from OpenAI" },
        { role: "user", content: "two" }
      ])
      assert.notInclude(JSON.stringify(sentBody(third)), "sealed")
      assert.notInclude(JSON.stringify(sentBody(third)), "Well.")
      const { input } = sentBody<{ readonly input: ReadonlyArray<object> }>(fourth)
      assert.deepStrictEqual(input[1], reasoning)
      assert.notInclude(JSON.stringify(input), "Well.")
      assert.include(JSON.stringify(input), "from Anthropic")
    }).pipe(Effect.provideServiceEffect(Chat.Chat, Chat.empty))
  })
})
