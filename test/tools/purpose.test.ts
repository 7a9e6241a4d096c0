/** A tool runs only on purpose: the same rules for the loop of each API. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type * as Stream from "effect/Stream"
import * as fc from "fast-check"
import { ToolLoop, Tools } from "llmfx"
import * as BetaMessageToolLoop from "../../src/anthropic/BetaMessageToolLoop.ts"
import * as MessageToolLoop from "../../src/anthropic/MessageToolLoop.ts"
import * as BetaResponseToolLoop from "../../src/openai/BetaResponseToolLoop.ts"
import * as ChatToolLoop from "../../src/openai/ChatToolLoop.ts"
import * as ResponseToolLoop from "../../src/openai/ResponseToolLoop.ts"
import { type FakeHttp, fakeHttp, type Reply, sse } from "../support/FakeHttp.ts"
import { anthropicOver, openAiOver } from "../support/probes.ts"
import { settleSlowly } from "../support/settle.ts"

interface Called {
  readonly id: string
  readonly name: string
  readonly json: string
}

interface Finished {
  readonly reason: string
  readonly input: unknown
}

/** How an API is played: an answer with calls that ends in some way, and a loop over it. */
interface Played {
  readonly answer: (calls: ReadonlyArray<Called>, ending: string) => Reply
  readonly says: Reply
  readonly run: (
    http: FakeHttp,
    tools: ReadonlyArray<Tools.Tool>,
    options: { readonly eager?: boolean; readonly ledger?: ToolLoop.Ledger },
    input?: object
  ) => Effect.Effect<Finished, unknown>
  readonly wanted: ReadonlyArray<string>
  readonly cut: { readonly [ending: string]: string }
}

const finished = <E, R>(events: Stream.Stream<ToolLoop.Event<unknown, unknown>, E, R>): Effect.Effect<Finished, E, R> =>
  settleSlowly(ToolLoop.finished(events))

const chunk = (delta: object, finish_reason: string | null = null) => ({
  id: "c",
  object: "chat.completion.chunk",
  created: 1,
  model: "m",
  choices: [{ index: 0, delta, finish_reason }]
})

const messages = [{ role: "user" as const, content: "hi" }]

const chat: Played = {
  answer: (calls, ending) => ({
    parts: [
      ...calls.map(({ id, json, name }, index) =>
        sse(chunk({ tool_calls: [{ index, id, type: "function", function: { name, arguments: json } }] }))
      ),
      sse(chunk({}, ending), "[DONE]")
    ]
  }),
  says: { parts: [sse(chunk({ content: "done" }), chunk({}, "stop"), "[DONE]")] },
  run: (http, tools, options, input) =>
    Effect.provide(finished(ChatToolLoop.run({ model: "m", messages, ...input }, tools, options)), openAiOver(http)),
  wanted: ["tool_calls", "stop", "STOP", "tool-calls"],
  cut: {
    length: "maxTokens",
    "max-tokens": "maxTokens",
    content_filter: "contentFilter",
    model_length: "contextWindow",
    odd: "incomplete"
  }
}

const named = (...events: ReadonlyArray<{ readonly type: string }>): string =>
  events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join("")

const message = (blocks: ReadonlyArray<{ readonly type: string }>, stop_reason: string): Reply => ({
  parts: [
    named(
      {
        type: "message_start",
        message: { id: "m", type: "message", role: "assistant", model: "m", content: [], usage: { input_tokens: 1 } }
      } as never,
      ...blocks,
      { type: "message_delta", delta: { stop_reason }, usage: { output_tokens: 1 } } as never,
      { type: "message_stop" }
    )
  ]
})

const useBlock = ({ id, json, name }: Called, index: number) => [
  { type: "content_block_start", index, content_block: { type: "tool_use", id, name, input: {} } },
  { type: "content_block_delta", index, delta: { type: "input_json_delta", partial_json: json } },
  { type: "content_block_stop", index }
]

const textBlock = (text: string) => [
  { type: "content_block_start", index: 0, content_block: { type: "text", text: "" } },
  { type: "content_block_delta", index: 0, delta: { type: "text_delta", text } },
  { type: "content_block_stop", index: 0 }
]

const messageApi = (run: typeof MessageToolLoop.run): Played => ({
  answer: (calls, ending) => message(calls.flatMap(useBlock), ending),
  says: message(textBlock("done"), "end_turn"),
  run: (http, tools, options, input) =>
    Effect.provide(
      finished(run({ model: "m", max_tokens: 9, messages, ...input }, tools, options)),
      anthropicOver(http)
    ),
  wanted: ["tool_use"],
  cut: {
    max_tokens: "maxTokens",
    model_context_window_exceeded: "contextWindow",
    refusal: "refusal",
    end_turn: "incomplete",
    stop_sequence: "incomplete"
  }
})

const response = (output: ReadonlyArray<object>, more: object): Reply => ({
  parts: [
    named({
      type: "response.completed",
      sequence_number: 1,
      response: {
        id: "r",
        object: "response",
        created_at: 1,
        status: "completed",
        model: "m",
        output,
        parallel_tool_calls: true,
        tool_choice: "auto",
        tools: [],
        ...more
      }
    } as never)
  ]
})

const responseApi = (run: typeof ResponseToolLoop.run): Played => ({
  answer: (calls, ending) =>
    response(
      calls.map(({ id, json, name }, at) => ({
        type: "function_call",
        id: `fc_${at}`,
        call_id: id,
        name,
        arguments: json,
        status: "completed"
      })),
      ending === "completed" ? {} : { status: "incomplete", incomplete_details: { reason: ending } }
    ),
  says: response([{ type: "message", id: "m", role: "assistant", status: "completed", content: [] }], {}),
  run: (http, tools, options, input) =>
    Effect.provide(finished(run({ model: "m", input: "hi", ...input }, tools, options)), openAiOver(http)),
  wanted: ["completed"],
  cut: { max_output_tokens: "maxTokens", content_filter: "contentFilter", odd: "incomplete" }
})

const apis: { readonly [name: string]: Played } = {
  "chat completions": chat,
  messages: messageApi(MessageToolLoop.run),
  "beta messages": messageApi(BetaMessageToolLoop.run as unknown as typeof MessageToolLoop.run),
  responses: responseApi(ResponseToolLoop.run),
  "beta responses": responseApi(BetaResponseToolLoop.run as unknown as typeof ResponseToolLoop.run)
}

const adder = () => {
  const ran: Array<string> = []
  const add = Tools.make({
    name: "add",
    parameters: Schema.Struct({ a: Schema.Finite, b: Schema.optionalKey(Schema.NullOr(Schema.Finite)) }),
    run: ({ a, b }) =>
      Effect.sync(() => {
        ran.push(`${a}+${b ?? 0}`)
        return String(a + (b ?? 0))
      }),
    strict: false
  })
  return { add, ran }
}

const one: Called = { id: "c1", name: "add", json: '{"a":1,"b":2}' }

const bodyOf = (http: FakeHttp, index: number): string => JSON.stringify(http.sent[index]?.body)

describe.each(Object.entries(apis))("a loop of %s", (_, api) => {
  for (const eager of [false, true]) {
    for (const ending of api.wanted) {
      it.effect(`makes the calls of an answer that ends with ${ending}${eager ? ", early" : ""}, once each`, () =>
        Effect.gen(function* () {
          const { add, ran } = adder()
          const http = fakeHttp(api.answer([one, { ...one, id: "c2", json: '{"a":3}' }], ending), api.says)
          const end = yield* api.run(http, [add], { eager })
          assert.deepStrictEqual(ran, ["1+2", "3+0"])
          assert.strictEqual(end.reason, "done")
        })
      )
    }
  }

  for (const [ending, reason] of Object.entries(api.cut)) {
    it.effect(`makes no call of an answer that ends with ${ending}, and says why it is over`, () =>
      Effect.gen(function* () {
        const { add, ran } = adder()
        const http = fakeHttp(api.answer([one], ending), api.says)
        const end = yield* api.run(http, [add], {})
        assert.deepStrictEqual([end.reason, ran, http.sent.length], [reason, [], 1])
        assert.notInclude(JSON.stringify(end.input), "add")
      })
    )
  }

  it.effect("runs nothing whose arguments are cut anywhere", () =>
    Effect.gen(function* () {
      const json = '{"a": 12.5, "b": 3}'
      const cuts = fc.sample(fc.integer({ min: 1, max: json.length - 1 }), { numRuns: 6, seed: 7 })
      for (const eager of [false, true]) {
        for (const at of cuts) {
          const { add, ran } = adder()
          const http = fakeHttp(api.answer([{ ...one, json: json.slice(0, at) }], api.wanted[0] ?? ""), api.says)
          yield* api.run(http, [add], { eager })
          assert.deepStrictEqual(ran, [])
          assert.notInclude(bodyOf(http, 1), json.slice(0, at).replaceAll('"', '\\"'))
        }
      }
    })
  )

  it.effect("makes a call that begins early once, however the model spells its arguments", () =>
    Effect.gen(function* () {
      for (const json of ['{"a": 1, "b": 2}', ' {"b":2.0,"a":1}\n', '{"a":1e0,"b":2}', '{"a":0,"a":1,"b":2}']) {
        const { add, ran } = adder()
        const ledger = yield* ToolLoop.makeMemoryLedger
        const http = fakeHttp(api.answer([{ ...one, json }], api.wanted[0] ?? ""), api.says)
        yield* api.run(http, [add], { eager: true, ledger })
        assert.deepStrictEqual(ran, ["1+2"], json)
      }
    })
  )

  it.effect("makes both calls of one id, and tells each its own result under its own id", () =>
    Effect.gen(function* () {
      const { add, ran } = adder()
      const http = fakeHttp(api.answer([one, { ...one, json: '{"a":3,"b":4}' }], api.wanted[0] ?? ""), api.says)
      yield* api.run(http, [add], {})
      assert.deepStrictEqual(ran, ["1+2", "3+4"])
      const ids = [...bodyOf(http, 1).matchAll(/"(?:tool_call_id|tool_use_id|call_id)":"([^"]+)"/g)].map(([, id]) => id)
      assert.deepStrictEqual([...new Set(ids)], ["c1", "c1_2"])
    })
  )

  it.effect("recalls no result of an id that comes again in a later step", () =>
    Effect.gen(function* () {
      const { add, ran } = adder()
      const [ending = ""] = api.wanted
      const http = fakeHttp(api.answer([one], ending), api.answer([one], ending), api.says)
      yield* api.run(http, [add], { ledger: yield* ToolLoop.makeMemoryLedger })
      assert.deepStrictEqual(ran, ["1+2", "1+2"])
    })
  )

  it.effect("forces a call in its first step only", () =>
    Effect.gen(function* () {
      const { add } = adder()
      const forced = api.wanted[0] === "tool_use" ? { type: "any" } : "required"
      const http = fakeHttp(api.answer([one], api.wanted[0] ?? ""), api.says)
      yield* api.run(http, [add], {}, { tool_choice: forced })
      const choices = http.sent.map(({ body }) => (body as { readonly tool_choice?: unknown }).tool_choice)
      assert.deepStrictEqual(choices[0], forced)
      assert.isTrue(choices[1] === undefined || JSON.stringify(choices[1]).includes("auto"))
    })
  )
})

describe("a loop of responses", () => {
  it.effect("fails with the reason of a response that failed", () =>
    Effect.gen(function* () {
      const failed = response([], { status: "failed", error: { code: "rate_limit_exceeded", message: "Slow down" } })
      const { add } = adder()
      const exit = yield* Effect.flip((apis["responses"] ?? chat).run(fakeHttp(failed), [add], {}))
      assert.include(String(exit), "Slow down")
    })
  )
})

describe("a loop of messages", () => {
  it.effect("leaves a call alone whose model declined, and sends the container back", () =>
    Effect.gen(function* () {
      const { add, ran } = adder()
      const declined = [
        ...useBlock(one, 0),
        { type: "content_block_start", index: 1, content_block: { type: "fallback", from: {}, to: { model: "b" } } },
        { type: "content_block_stop", index: 1 },
        ...useBlock({ ...one, id: "c2", json: '{"a":5}' }, 2)
      ]
      const http = fakeHttp(message(declined, "tool_use"), message(textBlock("done"), "end_turn"))
      yield* (apis["beta messages"] ?? chat).run(http, [add], {}, { betas: ["server-side-fallback-2026-06-01"] })
      assert.deepStrictEqual(ran, ["5+0"])
      assert.notInclude(bodyOf(http, 1), '"c1"')
    })
  )
})
