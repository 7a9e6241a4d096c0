import { assert, describe, it } from "@effect/vitest"
import * as LanguageModel from "effect/ai/LanguageModel"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Metric from "effect/Metric"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import * as Tracer from "effect/Tracer"
import * as MessageLanguageModel from "../../src/anthropic/MessageLanguageModel.ts"
import * as CozeLanguageModel from "../../src/coze/ChatLanguageModel.ts"
import { Coze } from "../../src/coze/Coze.ts"
import * as ChatLanguageModel from "../../src/openai/ChatLanguageModel.ts"
import * as ResponseLanguageModel from "../../src/openai/ResponseLanguageModel.ts"
import * as RetryPolicy from "../../src/policies/RetryPolicy.ts"
import * as Telemetry from "../../src/telemetry/Telemetry.ts"
import { type FakeHttp, fakeHttp, type Reply } from "../support/FakeHttp.ts"
import { recordingTracer } from "../support/languageModels.ts"
import { anthropicOver, openAiOver } from "../support/probes.ts"

interface Api {
  readonly model: (http: FakeHttp) => Layer.Layer<LanguageModel.LanguageModel, unknown>
  readonly whole: Reply
  readonly events: ReadonlyArray<string>
}

const options = { retry: RetryPolicy.none, middleware: [Telemetry.make()] }
const data = (...events: ReadonlyArray<unknown>) => events.map((event) => `data: ${JSON.stringify(event)}\n\n`)

const output = [{ type: "message", id: "msg_1", role: "assistant", content: [{ type: "output_text", text: "hi" }] }]
const response = {
  id: "resp_1",
  model: "m",
  status: "completed",
  output,
  usage: { input_tokens: 7, output_tokens: 5, total_tokens: 12 }
}
const usage = { prompt_tokens: 7, completion_tokens: 5, total_tokens: 12 }
const chunk = (delta: object, finish_reason: string | null = null) => ({
  id: "chatcmpl-1",
  model: "m",
  choices: [{ index: 0, delta, finish_reason }]
})
const message = {
  id: "msg_1",
  type: "message",
  role: "assistant",
  model: "m",
  content: [{ type: "text", text: "hi" }],
  stop_reason: "end_turn",
  usage: { input_tokens: 7, output_tokens: 5 }
}
const cozeEvent = (event: string, data: unknown) => `event:${event}\ndata:${JSON.stringify(data)}\n\n`
const cozeChat = { id: "chat_1", conversation_id: "conv_1", bot_id: "m" }
const cozeEvents = [
  cozeEvent("conversation.chat.created", { ...cozeChat, status: "created" }),
  cozeEvent("conversation.message.delta", {
    ...cozeChat,
    id: "msg_1",
    role: "assistant",
    type: "answer",
    content: "hi"
  }),
  cozeEvent("conversation.chat.completed", {
    ...cozeChat,
    status: "completed",
    usage: { token_count: 12, output_count: 5, input_count: 7 }
  }),
  "event:done\ndata:[DONE]\n\n"
]

const apis: { readonly [name: string]: Api } = {
  "OpenAI's responses": {
    model: (http) => ResponseLanguageModel.model("m").pipe(Layer.provide(openAiOver(http, options))),
    whole: { body: response },
    events: data(
      { type: "response.created", response: { ...response, status: "in_progress", output: [], usage: null } },
      { type: "response.output_text.delta", item_id: "msg_1", output_index: 0, content_index: 0, delta: "hi" },
      { type: "response.completed", response }
    )
  },
  "OpenAI's chats": {
    model: (http) => ChatLanguageModel.model("m").pipe(Layer.provide(openAiOver(http, options))),
    whole: {
      body: {
        id: "chatcmpl-1",
        model: "m",
        choices: [{ index: 0, message: { role: "assistant", content: "hi" }, finish_reason: "stop" }],
        usage
      }
    },
    events: data(chunk({ content: "hi" }), chunk({}, "stop"), { id: "chatcmpl-1", model: "m", choices: [], usage })
  },
  "Anthropic's messages": {
    model: (http) =>
      MessageLanguageModel.model("m", { max_tokens: 10 }).pipe(Layer.provide(anthropicOver(http, options))),
    whole: { body: message },
    events: data(
      { type: "message_start", message: { ...message, content: [], stop_reason: null } },
      { type: "content_block_start", index: 0, content_block: { type: "text", text: "" } },
      { type: "content_block_delta", index: 0, delta: { type: "text_delta", text: "hi" } },
      { type: "content_block_stop", index: 0 },
      { type: "message_delta", delta: { stop_reason: "end_turn" }, usage: { output_tokens: 5 } },
      { type: "message_stop" }
    )
  },
  "Coze's chats": {
    model: (http) =>
      CozeLanguageModel.model("m", { user_id: "u" }).pipe(
        Layer.provide(Coze.layer({ token: Redacted.make("pat"), platform: "com", ...options })),
        Layer.provide(http.layer)
      ),
    whole: { headers: { "content-type": "text/event-stream" }, parts: cozeEvents },
    events: cozeEvents
  }
}

const sse = (parts: ReadonlyArray<string>): Reply => ({ headers: { "content-type": "text/event-stream" }, parts })
const whole = LanguageModel.generateText({ prompt: "hi" })
const streamed = Stream.runDrain(LanguageModel.streamText({ prompt: "hi" }))

/** The spans and the metrics that a call has left. */
const recordOf = (call: Effect.Effect<unknown, unknown, LanguageModel.LanguageModel>, { model }: Api, reply: Reply) =>
  Effect.gen(function* () {
    const { spans, tracer } = recordingTracer()
    const metrics = new Map()
    const exit = yield* Effect.exit(call).pipe(
      Effect.provide(model(fakeHttp(reply))),
      Effect.provideService(Tracer.Tracer, tracer),
      Effect.provideService(Metric.MetricRegistry, metrics)
    )
    const taken = yield* Effect.provideService(Metric.snapshot, Metric.MetricRegistry, metrics)
    const count = (id: string) =>
      taken
        .filter((metric) => metric.id === id)
        .reduce((sum, { state }) => sum + ("count" in state ? Number(state.count) : 0), 0)
    return {
      exit,
      described: spans.filter(({ attributes }) => attributes.has("gen_ai.operation.name")),
      calls: count(Telemetry.operationDuration.id),
      tokens: count(Telemetry.tokenUsage.id)
    }
  })

describe.each(Object.entries(apis))("a call is one gen_ai span and one set of metrics: %s", (_, api) => {
  for (const [how, call, reply, name] of [
    ["whole", whole, api.whole, "LanguageModel.generateText"],
    ["streamed", streamed, sse(api.events), "LanguageModel.streamText"]
  ] as const) {
    it.effect(`${how}`, () =>
      Effect.gen(function* () {
        const { calls, described, exit, tokens } = yield* recordOf(call, api, reply)
        assert.strictEqual(exit._tag, "Success")
        assert.deepStrictEqual(
          described.map((span) => [
            span.name,
            span.attributes.get("gen_ai.usage.input_tokens"),
            span.attributes.get("gen_ai.usage.output_tokens"),
            span.status._tag
          ]),
          [[name, 7, 5, "Ended"]]
        )
        assert.deepStrictEqual({ calls, tokens }, { calls: 1, tokens: 2 })
      })
    )
  }

  for (const [how, call, reply] of [
    ["whole, that the server refuses", whole, { status: 500, body: { error: { message: "no" } } }],
    ["streamed, that the server refuses", streamed, { status: 500, body: { error: { message: "no" } } }],
    ["streamed, that is cut", streamed, sse(api.events.slice(0, 1))]
  ] as const) {
    it.effect(`${how}`, () =>
      Effect.gen(function* () {
        const { calls, described, exit } = yield* recordOf(call, api, reply)
        assert.strictEqual(exit._tag, "Failure")
        assert.lengthOf(described, 1)
        const [status] = described.map(({ status }) => status)
        assert.strictEqual(status?._tag === "Ended" && status.exit._tag, "Failure")
        assert.strictEqual(calls, 1)
      })
    )
  }
})
