/** A tool of a toolkit runs only if the answer ended in order to call it, as in the tool loops. */
import { assert, describe, it } from "@effect/vitest"
import * as LanguageModel from "effect/ai/LanguageModel"
import * as Tool from "effect/ai/Tool"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as MessageLanguageModel from "../../src/anthropic/MessageLanguageModel.ts"
import * as ChatLanguageModel from "../../src/openai/ChatLanguageModel.ts"
import * as ResponseLanguageModel from "../../src/openai/ResponseLanguageModel.ts"
import { type FakeHttp, fakeHttp, type Reply, sse } from "../support/FakeHttp.ts"
import { withHandler } from "../support/languageModels.ts"
import { anthropicOver, openAiOver } from "../support/probes.ts"

const Add = Tool.make("add", { parameters: Schema.Struct({ a: Schema.Finite }), success: Schema.String })

interface Model {
  readonly layer: (http: FakeHttp) => Layer.Layer<LanguageModel.LanguageModel>
  /** A whole answer, and a stream, with one call that ends in some way. */
  readonly whole: (ending: string) => Reply
  readonly stream: (ending: string) => Reply
  readonly wanted: ReadonlyArray<string>
  readonly cut: ReadonlyArray<string>
}

const json = '{"a":1}'
const named = (...events: ReadonlyArray<{ readonly type: string; readonly [name: string]: unknown }>): Reply => ({
  parts: events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`)
})

const call = { id: "c", type: "function", function: { name: "add", arguments: json } }
const completion = (choice: object) => ({ id: "c", created: 1, model: "m", choices: [{ index: 0, ...choice }] })

const use = { type: "tool_use", id: "c", name: "add", input: {} }
const message = {
  id: "m",
  type: "message",
  role: "assistant",
  model: "m",
  usage: { input_tokens: 1, output_tokens: 1 }
}

const response = (ending: string) => ({
  id: "r",
  object: "response",
  model: "m",
  status: ["completed", "failed", "cancelled", "expired"].includes(ending) ? ending : "incomplete",
  incomplete_details: { reason: ending },
  output: [{ type: "function_call", id: "f", call_id: "c", name: "add", arguments: json, status: "completed" }]
})

const models: { readonly [name: string]: Model } = {
  "chat completions": {
    layer: (http) => ChatLanguageModel.model("m").pipe(Layer.provide(openAiOver(http))),
    whole: (finish_reason) => ({
      body: completion({ finish_reason, message: { role: "assistant", content: null, tool_calls: [call] } })
    }),
    stream: (finish_reason) => ({
      parts: [
        sse(
          completion({ finish_reason: null, delta: { tool_calls: [{ index: 0, ...call }] } }),
          completion({ finish_reason, delta: {} }),
          "[DONE]"
        )
      ]
    }),
    wanted: ["tool_calls", "tool-calls", "stop", "eos"],
    cut: ["length", "max_tokens", "content_filter", "model_length", "error", "abort", "odd"]
  },
  messages: {
    layer: (http) => MessageLanguageModel.model("m").pipe(Layer.provide(anthropicOver(http))),
    whole: (stop_reason) => ({ body: { ...message, stop_reason, content: [{ ...use, input: JSON.parse(json) }] } }),
    stream: (stop_reason) =>
      named(
        { type: "message_start", message: { ...message, content: [], stop_reason: null } },
        { type: "content_block_start", index: 0, content_block: use },
        { type: "content_block_delta", index: 0, delta: { type: "input_json_delta", partial_json: json } },
        { type: "content_block_stop", index: 0 },
        { type: "message_delta", delta: { stop_reason }, usage: { output_tokens: 2 } },
        { type: "message_stop" }
      ),
    wanted: ["tool_use"],
    cut: ["max_tokens", "model_context_window_exceeded", "refusal", "end_turn", "stop_sequence", "pause_turn", "odd"]
  },
  responses: {
    layer: (http) => ResponseLanguageModel.model("m").pipe(Layer.provide(openAiOver(http))),
    whole: (ending) => ({ body: response(ending) }),
    stream: (ending) => named({ type: "response.completed", sequence_number: 1, response: response(ending) }),
    wanted: ["completed"],
    cut: ["max_output_tokens", "content_filter", "odd", "failed", "cancelled", "expired"]
  }
}

describe.each(Object.entries(models))("a toolkit of a model of %s", (_, { cut, layer, stream, wanted, whole }) => {
  const ran = (ending: string, isStream: boolean) =>
    Effect.gen(function* () {
      const calls: Array<unknown> = []
      const toolkit = withHandler([Add], (params) =>
        Effect.sync(() => {
          calls.push(params)
          return "2"
        })
      )
      const asked = { prompt: "hi", toolkit }
      const program: Effect.Effect<unknown, unknown, LanguageModel.LanguageModel> = isStream
        ? Stream.runDrain(LanguageModel.streamText(asked))
        : LanguageModel.generateText(asked)
      // A failed answer is an error; of the others, what the program gets is tested elsewhere.
      yield* program.pipe(Effect.provide(layer(fakeHttp(isStream ? stream(ending) : whole(ending)))), Effect.option)
      return calls
    })

  for (const isStream of [false, true]) {
    const how = isStream ? "streamed" : "whole"
    for (const ending of wanted) {
      it.effect(`runs the call of a ${how} answer that ends with ${ending}, once`, () =>
        Effect.gen(function* () {
          assert.deepStrictEqual(yield* ran(ending, isStream), [{ a: 1 }])
        })
      )
    }
    for (const ending of cut) {
      it.effect(`runs no call of a ${how} answer that ends with ${ending}`, () =>
        Effect.gen(function* () {
          assert.deepStrictEqual(yield* ran(ending, isStream), [])
        })
      )
    }
  }
})
