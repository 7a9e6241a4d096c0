/** Language models over the layers of clouds: one model serves all clouds of its API. */
import { assert, describe, it } from "@effect/vitest"
import * as LanguageModel from "effect/ai/LanguageModel"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import * as AnthropicBedrock from "../../src/anthropic/Bedrock.ts"
import * as Foundry from "../../src/anthropic/Foundry.ts"
import * as MessageLanguageModel from "../../src/anthropic/MessageLanguageModel.ts"
import * as AnthropicVertex from "../../src/anthropic/Vertex.ts"
import * as Azure from "../../src/openai/Azure.ts"
import * as OpenAiBedrock from "../../src/openai/Bedrock.ts"
import * as ChatLanguageModel from "../../src/openai/ChatLanguageModel.ts"
import * as ResponseLanguageModel from "../../src/openai/ResponseLanguageModel.ts"
import * as OpenAiVertex from "../../src/openai/Vertex.ts"
import * as RetryPolicy from "../../src/policies/RetryPolicy.ts"
import { chunk, joined } from "../support/aws.ts"
import { type FakeHttp, fakeHttp, type Reply } from "../support/FakeHttp.ts"
import { eventsOf } from "../support/languageModels.ts"
import { message, messageEvents } from "../support/message.ts"
import { completion, completionChunk } from "../support/providers.ts"

const apiKey = Redacted.make("cloud-key-0123456789")
const credential = Effect.succeed(Redacted.make("ya29.token"))
const retry = RetryPolicy.none

const item = {
  type: "message",
  id: "msg_1",
  role: "assistant",
  status: "completed",
  content: [{ type: "output_text", text: "hello", annotations: [] }]
}
const response = { id: "resp_1", model: "m", status: "completed", output: [item] }

/** The answer of an API, whole and as a stream. */
const replies = {
  responses: [
    { body: response },
    {
      parts: eventsOf([
        { type: "response.created", response: { ...response, status: "in_progress", output: [] } },
        { type: "response.output_item.added", output_index: 0, item: { ...item, content: [] } },
        { type: "response.output_text.delta", output_index: 0, content_index: 0, delta: "hello" },
        { type: "response.completed", response }
      ])
    }
  ],
  chat: [
    { body: completion("hello") },
    { parts: eventsOf([completionChunk("hel", null), completionChunk("lo", "stop"), "[DONE]"]) }
  ],
  messages: [{ body: message }, { parts: eventsOf(messageEvents("hello")) }],
  "messages of Bedrock": [
    { body: message },
    {
      headers: { "content-type": "application/vnd.amazon.eventstream" },
      parts: [joined(...messageEvents("hello").map(chunk))]
    }
  ]
} satisfies { readonly [api: string]: readonly [whole: Reply, streamed: Reply] }

interface Case {
  readonly cloud: string
  readonly api: keyof typeof replies
  readonly host: string
  readonly model: (http: FakeHttp) => Layer.Layer<LanguageModel.LanguageModel, unknown>
}

const responses = ResponseLanguageModel.layer({ model: "gpt-5.4-mini" })
const chat = ChatLanguageModel.layer({ model: "gpt-5.4-mini" })
const messages = MessageLanguageModel.layer({ model: "claude-sonnet-5", config: { max_tokens: 16 } })

const azure = Azure.layer({ endpoint: "https://res.openai.azure.com", apiVersion: "2024-10-21", apiKey, retry })

const cases: ReadonlyArray<Case> = [
  {
    cloud: "Azure",
    api: "responses",
    host: "res.openai.azure.com",
    model: (http) => responses.pipe(Layer.provide(azure), Layer.provide(http.layer))
  },
  {
    cloud: "Azure",
    api: "chat",
    host: "res.openai.azure.com",
    model: (http) => chat.pipe(Layer.provide(azure), Layer.provide(http.layer))
  },
  {
    cloud: "Bedrock",
    api: "chat",
    host: "us-west-2",
    model: (http) =>
      chat.pipe(Layer.provide(OpenAiBedrock.layer({ region: "us-west-2", apiKey, retry })), Layer.provide(http.layer))
  },
  {
    cloud: "Vertex",
    api: "responses",
    host: "googleapis.com",
    model: (http) =>
      responses.pipe(
        Layer.provide(OpenAiVertex.layer({ location: "global", projectId: "p", credential, retry })),
        Layer.provide(http.layer)
      )
  },
  {
    cloud: "Bedrock",
    api: "messages of Bedrock",
    host: "us-west-2",
    model: (http) =>
      messages.pipe(
        Layer.provide(AnthropicBedrock.layer({ region: "us-west-2", apiKey, retry })),
        Layer.provide(http.layer)
      )
  },
  {
    cloud: "Vertex",
    api: "messages",
    host: "googleapis.com",
    model: (http) =>
      messages.pipe(
        Layer.provide(AnthropicVertex.layer({ region: "us-east5", projectId: "p", credential, retry })),
        Layer.provide(http.layer)
      )
  },
  {
    cloud: "Foundry",
    api: "messages",
    host: "res.services.ai.azure.com",
    model: (http) =>
      messages.pipe(Layer.provide(Foundry.layer({ resource: "res", apiKey, retry })), Layer.provide(http.layer))
  }
]

describe.each(cases.map((one) => [`${one.cloud}, ${one.api}`, one] as const))(
  "a language model over %s",
  (_, { api, host, model }) => {
    const [whole, streamed] = replies[api]

    it.effect("gives a whole answer", () => {
      const http = fakeHttp(whole)
      return Effect.gen(function* () {
        const { finishReason, text } = yield* LanguageModel.generateText({ prompt: "hi" }).pipe(
          Effect.provide(model(http))
        )
        assert.deepStrictEqual([text, finishReason], ["hello", "stop"])
        assert.include(new URL(http.sent[0]?.url ?? "").host, host)
      })
    })

    it.effect("streams an answer", () => {
      const http = fakeHttp(streamed)
      return Effect.gen(function* () {
        const parts = yield* Stream.runCollect(
          LanguageModel.streamText({ prompt: "hi" }).pipe(Stream.provide(model(http)))
        )
        const text = parts.map((part) => (part.type === "text-delta" ? part.delta : "")).join("")
        assert.strictEqual(text, "hello")
        assert.strictEqual(parts.at(-1)?.type, "finish")
      })
    })
  }
)
