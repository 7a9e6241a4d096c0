/** Calls of several functions in one. */
import { assert, describe, it } from "@effect/vitest"
import type * as Response from "effect/ai/Response"
import * as Tool from "effect/ai/Tool"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import * as ChatLanguageModel from "../../src/openai/ChatLanguageModel.ts"
import * as ResponseLanguageModel from "../../src/openai/ResponseLanguageModel.ts"
import { type FakeHttp, fakeHttp } from "../support/FakeHttp.ts"
import { eventsOf, streamed, twoTurns, withHandler } from "../support/languageModels.ts"
import { openAiOver } from "../support/probes.ts"
import { completion } from "../support/providers.ts"
import { sentBody } from "../support/sent.ts"

const Weather = Tool.make("weather", { parameters: Schema.Struct({ city: Schema.String }), success: Schema.String })
const toolkit = withHandler([Weather], (params) => {
  const { city } = params as { readonly city: string }
  return Effect.succeed(`rain in ${city}`)
})

const args = JSON.stringify({
  tool_uses: ["Oslo", "Bergen"].map((city) => ({ recipient_name: "functions.weather", parameters: { city } }))
})
const results = JSON.stringify(
  ["Oslo", "Bergen"].map((city) => ({ recipient_name: "functions.weather", output: `rain in ${city}` }))
)

const call = {
  type: "function_call",
  id: "fc_1",
  call_id: "call_1",
  name: "parallel",
  arguments: args,
  status: "completed"
}
const response = { id: "resp_1", model: "m", status: "completed", output: [call] }
const said = { id: "resp_2", model: "m", status: "completed", output: [] }
const chatCall = { id: "call_1", type: "function", function: { name: "multi_tool_use.parallel", arguments: args } }
const chatCompletion = {
  id: "chatcmpl-1",
  model: "m",
  choices: [
    { index: 0, message: { role: "assistant", content: null, tool_calls: [chatCall] }, finish_reason: "tool_calls" }
  ]
}

const responses = (http: FakeHttp) => ResponseLanguageModel.model("m").pipe(Layer.provide(openAiOver(http)))
const chat = (http: FakeHttp) => ChatLanguageModel.model("m").pipe(Layer.provide(openAiOver(http)))

const callsIn = (parts: ReadonlyArray<Response.AnyPart>) =>
  parts.flatMap((part) => (part.type === "tool-call" ? [[part.name, part.params]] : []))
const wanted = [
  ["weather", { city: "Oslo" }],
  ["weather", { city: "Bergen" }]
]

describe("a call that holds several calls", () => {
  it.effect("of the Responses API becomes those, and is sent again as one, with their results", () => {
    const http = fakeHttp({ body: response }, { body: said })
    return Effect.gen(function* () {
      const { first } = yield* twoTurns({ toolkit })
      assert.deepStrictEqual(callsIn(first), wanted)
      assert.deepStrictEqual(sentBody<{ readonly input: ReadonlyArray<unknown> }>(http, 1).input.slice(1, 3), [
        call,
        { type: "function_call_output", call_id: "call_1", output: results }
      ])
    }).pipe(Effect.provide(responses(http)))
  })

  it.effect("of a chat becomes those, and is sent again as one, with their results", () => {
    const http = fakeHttp({ body: chatCompletion }, { body: completion("ok") })
    return Effect.gen(function* () {
      const { first } = yield* twoTurns({ toolkit })
      assert.deepStrictEqual(callsIn(first), wanted)
      assert.deepStrictEqual(sentBody<{ readonly messages: ReadonlyArray<unknown> }>(http, 1).messages.slice(1, 3), [
        { role: "assistant", content: "", tool_calls: [chatCall] },
        { role: "tool", tool_call_id: "call_1", content: results }
      ])
    }).pipe(Effect.provide(chat(http)))
  })

  it.effect("becomes those in streams, too", () => {
    const created = { type: "response.created", response: { ...response, output: [], status: "in_progress" } }
    const http = fakeHttp({
      parts: eventsOf([
        created,
        { type: "response.output_item.added", output_index: 0, item: { ...call, arguments: "" } },
        { type: "response.function_call_arguments.delta", output_index: 0, item_id: "fc_1", delta: args },
        { type: "response.output_item.done", output_index: 0, item: call },
        { type: "response.completed", response }
      ])
    })
    return Effect.gen(function* () {
      const { parts } = yield* streamed({ prompt: "weather?", toolkit })
      assert.deepStrictEqual(callsIn(parts), wanted)
      assert.isFalse(parts.some(({ type }) => type === "tool-params-start"))
    }).pipe(Effect.provide(responses(http)))
  })

  it.effect("is a call like any other if a tool has its name", () => {
    const http = fakeHttp({ body: response }, { body: said })
    const own = Tool.dynamic("parallel", { parameters: { type: "object" }, success: Schema.Unknown })
    return Effect.gen(function* () {
      const { first } = yield* twoTurns({ toolkit: withHandler([own], () => Effect.succeed("done")) })
      assert.deepStrictEqual(callsIn(first), [["parallel", JSON.parse(args)]])
    }).pipe(Effect.provide(responses(http)))
  })
})
