/** Cases that a provider of `effect/ai` gets wrong first, on each API. */
import { assert, describe, it } from "@effect/vitest"
import type * as AiError from "effect/ai/AiError"
import * as Chat from "effect/ai/Chat"
import * as LanguageModel from "effect/ai/LanguageModel"
import * as Prompt from "effect/ai/Prompt"
import type * as Response from "effect/ai/Response"
import * as Tool from "effect/ai/Tool"
import * as Toolkit from "effect/ai/Toolkit"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/testing/TestClock"
import * as AnthropicTools from "../../src/anthropic/api/HostedTools.ts"
import * as MessageLanguageModel from "../../src/anthropic/MessageLanguageModel.ts"
import * as OpenAiTools from "../../src/openai/api/HostedTools.ts"
import * as ChatLanguageModel from "../../src/openai/ChatLanguageModel.ts"
import * as ResponseLanguageModel from "../../src/openai/ResponseLanguageModel.ts"
import * as RetryPolicy from "../../src/policies/RetryPolicy.ts"
import { type FakeHttp, fakeHttp, type Reply } from "../support/FakeHttp.ts"
import { eventsOf, streamed, tool, twoTurns, withHandler } from "../support/languageModels.ts"
import { anthropicOver, openAiOver } from "../support/probes.ts"
import { sentBody } from "../support/sent.ts"

type Json = { readonly [field: string]: unknown }

/** A call: its id, its function, its arguments as text. */
type Call = readonly [id: string, name: string, args: string]

interface Api {
  readonly on: (http: FakeHttp) => Layer.Layer<LanguageModel.LanguageModel, unknown>
  readonly answer: (text: string, calls?: ReadonlyArray<Call>, end?: "length" | "refusal") => Json
  /** The first events of a stream, with the text `half`. */
  readonly beginning: ReadonlyArray<Json>
  /** The results in a request, by the ids of their calls. */
  readonly results: (body: Json) => ReadonlyArray<readonly [unknown, unknown]>
  readonly choice: (body: Json) => unknown
  /** The schema of the object that a request asks for. */
  readonly format: (body: Json) => unknown
}

const list = (value: unknown) => (Array.isArray(value) ? value : []) as ReadonlyArray<Json>
const options = { retry: RetryPolicy.none }
const chunk = (delta: Json, finish_reason: string | null = null) => ({
  id: "chatcmpl-1",
  model: "m",
  choices: [{ index: 0, delta, finish_reason }]
})

const apis: { readonly [name: string]: Api } = {
  responses: {
    on: (http) => ResponseLanguageModel.model("m").pipe(Layer.provide(openAiOver(http, options))),
    answer: (text, calls = [], end) => ({
      id: "resp_1",
      model: "m",
      status: end === "length" ? "incomplete" : "completed",
      incomplete_details: end === "length" ? { reason: "max_output_tokens" } : null,
      output: [
        ...(text === ""
          ? []
          : [
              {
                type: "message",
                id: "msg_1",
                role: "assistant",
                content: [end === "refusal" ? { type: "refusal", refusal: text } : { type: "output_text", text }]
              }
            ]),
        ...calls.map(([call_id, name, args], at) => ({
          type: "function_call",
          id: `fc_${at}`,
          call_id,
          name,
          arguments: args
        }))
      ]
    }),
    beginning: [
      { type: "response.created", response: { id: "resp_1", model: "m", status: "in_progress", output: [] } },
      { type: "response.output_text.delta", item_id: "msg_1", output_index: 0, content_index: 0, delta: "half" }
    ],
    results: ({ input }) =>
      list(input).flatMap((item) =>
        item["type"] === "function_call_output" ? [[item["call_id"], item["output"]] as const] : []
      ),
    choice: ({ tool_choice }) => tool_choice,
    format: ({ text }) => (text as Json | undefined)?.["format"]
  },
  chat: {
    on: (http) => ChatLanguageModel.model("m").pipe(Layer.provide(openAiOver(http, options))),
    answer: (text, calls = [], end) => ({
      id: "chatcmpl-1",
      model: "m",
      choices: [
        {
          index: 0,
          message: {
            role: "assistant",
            content: end === "refusal" ? null : text,
            ...(end === "refusal" ? { refusal: text } : {}),
            tool_calls: calls.map(([id, name, args]) => ({ id, type: "function", function: { name, arguments: args } }))
          },
          finish_reason: end === "length" ? "length" : calls.length > 0 ? "tool_calls" : "stop"
        }
      ]
    }),
    beginning: [chunk({ role: "assistant", content: "half" })],
    results: ({ messages }) =>
      list(messages).flatMap((message) =>
        message["role"] === "tool" ? [[message["tool_call_id"], message["content"]] as const] : []
      ),
    choice: ({ tool_choice }) => tool_choice,
    format: ({ response_format }) => response_format
  },
  messages: {
    on: (http) => MessageLanguageModel.model("m", { max_tokens: 9 }).pipe(Layer.provide(anthropicOver(http, options))),
    answer: (text, calls = [], end) => ({
      id: "msg_1",
      type: "message",
      role: "assistant",
      model: "m",
      content: [
        ...(text === "" ? [] : [{ type: "text", text }]),
        ...calls.map(([id, name, args]) => {
          const isCut = end === "length"
          return { type: "tool_use", id, name, input: isCut ? args : (JSON.parse(args) as unknown) }
        })
      ],
      stop_reason:
        end === "length" ? "max_tokens" : end === "refusal" ? "refusal" : calls.length > 0 ? "tool_use" : "end_turn",
      usage: { input_tokens: 1, output_tokens: 1 }
    }),
    beginning: [
      { type: "message_start", message: { id: "msg_1", type: "message", role: "assistant", model: "m", content: [] } },
      { type: "content_block_start", index: 0, content_block: { type: "text", text: "" } },
      { type: "content_block_delta", index: 0, delta: { type: "text_delta", text: "half" } }
    ],
    results: ({ messages }) =>
      list(messages)
        .flatMap(({ content }) => list(content))
        .flatMap((block) =>
          block["type"] === "tool_result" ? [[block["tool_use_id"], block["content"]] as const] : []
        ),
    choice: ({ tool_choice }) => (tool_choice as Json | undefined)?.["type"],
    format: ({ output_config }) => output_config
  }
}

const Weather = Tool.make(tool.name, tool)
const City = Schema.Struct({ city: Schema.String })

const reasonOf = (error: unknown) => (error as AiError.AiError).reason

describe.each(Object.entries(apis))("a hard case: %s", (name, api) => {
  it.effect("arguments that the token limit cut stay a text, and their tool is told so instead of run", () => {
    const http = fakeHttp({ body: api.answer("Wait.", [["call_1", "weather", '{"city":"Os']], "length") })
    const ran: Array<unknown> = []
    const toolkit = withHandler([Weather], (params) => Effect.sync(() => ran.push(params)))
    return Effect.gen(function* () {
      const answer = yield* LanguageModel.generateText({ prompt: "hi", toolkit })
      assert.strictEqual(answer.text, "Wait.")
      assert.strictEqual(answer.finishReason, "length")
      assert.deepStrictEqual(
        answer.toolCalls.map(({ params }) => params),
        ['{"city":"Os']
      )
      assert.deepStrictEqual(
        answer.toolResults.map(({ isFailure }) => isFailure),
        [true]
      )
      assert.deepStrictEqual(ran, [])
    }).pipe(Effect.provide(api.on(http)))
  })

  it.effect("a function that nobody declared is ToolNotFoundError, and kept if validation is deferred", () => {
    const http = fakeHttp({ body: api.answer("", [["call_1", "nope", '{"a":null}']]) })
    const toolkit = withHandler([Weather], () => Effect.succeed("sunny"))
    return Effect.gen(function* () {
      const error = yield* Effect.flip(LanguageModel.generateText({ prompt: "hi", toolkit }))
      assert.strictEqual(reasonOf(error)._tag, "ToolNotFoundError")
      const { toolCalls } = yield* LanguageModel.generateText({
        prompt: "hi",
        toolkit,
        disableToolCallResolution: true,
        toolCallValidation: "deferred"
      })
      assert.deepStrictEqual(
        toolCalls.map(({ id, name, params }) => [id, name, params]),
        [["call_1", "nope", { a: null }]]
      )
    }).pipe(Effect.provide(api.on(http)))
  })

  it.effect("an object that is refused or cut says which, with what the model said", () =>
    Effect.gen(function* () {
      const ask = (text: string, end: "length" | "refusal") =>
        LanguageModel.generateObject({ prompt: "hi", schema: City }).pipe(
          Effect.flip,
          Effect.map(reasonOf),
          Effect.provide(api.on(fakeHttp({ body: api.answer(text, [], end) })))
        )
      const refused = yield* ask("I cannot", "refusal")
      assert.strictEqual(refused._tag, "ContentPolicyError")
      assert.include(refused.message, "I cannot")
      const cut = yield* ask('{"city":"Os', "length")
      assert.strictEqual(cut._tag, "StructuredOutputError")
      assert.include(cut.message, "truncated")
      assert.include(JSON.stringify(cut), "Os")
    })
  )

  it.effect("tools stay in the request if the model may choose none", () => {
    const http = fakeHttp({ body: api.answer("ok") })
    const toolkit = withHandler([Weather], () => Effect.succeed("sunny"))
    return Effect.gen(function* () {
      yield* LanguageModel.generateText({ prompt: "hi", toolkit, toolChoice: "none" })
      assert.lengthOf(list(sentBody(http)["tools"]), 1)
      assert.strictEqual(api.choice(sentBody(http)), "none")
    }).pipe(Effect.provide(api.on(http)))
  })

  it.effect("an object is asked for beside the program's tools", () => {
    const http = fakeHttp({ body: api.answer('{"city":"Oslo"}') })
    const toolkit = withHandler([Weather], () => Effect.succeed("sunny"))
    return Effect.gen(function* () {
      const { value } = yield* LanguageModel.generateObject({ prompt: "hi", schema: City, toolkit })
      assert.deepStrictEqual(value, { city: "Oslo" })
      assert.lengthOf(list(sentBody(http)["tools"]), 1)
      assert.include(JSON.stringify(api.format(sentBody(http))), "city")
    }).pipe(Effect.provide(api.on(http)))
  })

  it.effect("calls without ids, or with one id, each have a result of their own in the next request", () =>
    Effect.gen(function* () {
      for (const id of ["", "same"]) {
        const calls: ReadonlyArray<Call> = [
          [id, "weather", '{"city":"Oslo"}'],
          [id, "weather", '{"city":"Rome"}']
        ]
        const http = fakeHttp({ body: api.answer("", calls) }, { body: api.answer("ok") })
        const toolkit = withHandler([Weather], (params) => Effect.succeed((params as Json)["city"]))
        yield* twoTurns({ toolkit }).pipe(Effect.provide(api.on(http)))
        const results = api.results(sentBody(http, 1))
        assert.deepStrictEqual(
          results.map(([, said]) => said),
          ["Oslo", "Rome"]
        )
        assert.strictEqual(new Set(results.map(([id]) => id)).size, 2)
        assert.notInclude(
          results.map(([id]) => id),
          ""
        )
      }
    })
  )

  it.effect("a call that the user has denied is answered, and its tool does not run", () => {
    const Delete = Tool.make("delete", { success: Schema.String, needsApproval: true })
    const http = fakeHttp({ body: api.answer("", [["call_1", "delete", "{}"]]) }, { body: api.answer("ok") })
    const ran: Array<unknown> = []
    const toolkit = withHandler([Delete], (params) => Effect.sync(() => ran.push(params)))
    return Effect.gen(function* () {
      const chat = yield* Chat.empty
      const { content } = yield* chat.generateText({ prompt: "hi", toolkit })
      const request = content.find((part) => part.type === "tool-approval-request")
      const approvalId = request?.type === "tool-approval-request" ? request.approvalId : ""
      yield* chat.generateText({
        prompt: [
          { role: "tool", content: [{ type: "tool-approval-response", approvalId, approved: false, reason: "mine" }] }
        ],
        toolkit
      })
      const results = api.results(sentBody(http, 1))
      assert.deepStrictEqual(
        results.map(([id]) => id),
        ["call_1"]
      )
      assert.include(JSON.stringify(results), "mine")
      assert.deepStrictEqual(ran, [])
    }).pipe(Effect.provide(api.on(http)))
  })

  it.effect("a tool that failed is told so, with the text and the image that it gave", () => {
    const http = fakeHttp({ body: api.answer("ok") })
    const image = { type: "file" as const, mediaType: "image/png", data: "iVBORw0KGgo=" }
    const prompt = Prompt.make([
      { role: "user", content: "hi" },
      { role: "assistant", content: [{ type: "tool-call", id: "call_1", name: "weather", params: { city: "Oslo" } }] },
      {
        role: "tool",
        content: [
          {
            type: "tool-result",
            id: "call_1",
            name: "weather",
            isFailure: true,
            result: "raw",
            modelOutput: [{ type: "text", text: "no such city" }, image]
          }
        ]
      }
    ])
    return Effect.gen(function* () {
      yield* LanguageModel.generateText({ prompt })
      const sent = JSON.stringify(sentBody(http))
      assert.include(sent, "no such city")
      assert.match(sent, name === "messages" ? /"is_error":true/ : /\{\\"error\\":/)
      // Claude's API takes only text as the content of an error.
      assert.strictEqual(sent.includes("iVBORw0KGgo="), name !== "messages")
    }).pipe(Effect.provide(api.on(http)))
  })

  it.effect("a call that nothing answered is answered before the next message", () => {
    const http = fakeHttp({ body: api.answer("ok") })
    const prompt = Prompt.make([
      { role: "user", content: "hi" },
      { role: "assistant", content: [{ type: "tool-call", id: "call_1", name: "weather", params: { city: "Oslo" } }] },
      { role: "user", content: "go on" }
    ])
    return Effect.gen(function* () {
      yield* LanguageModel.generateText({ prompt })
      assert.deepStrictEqual(
        api.results(sentBody(http)).map(([id]) => id),
        ["call_1"]
      )
    }).pipe(Effect.provide(api.on(http)))
  })

  it.effect("a stream that is interrupted aborts its request, and has no finish part", () => {
    const parts = [...eventsOf(api.beginning), 60_000]
    const http = fakeHttp({ headers: { "content-type": "text/event-stream" }, parts })
    return Effect.gen(function* () {
      const seen: Array<string> = []
      const hasText = yield* Deferred.make<void>()
      const fiber = yield* LanguageModel.streamText({ prompt: "hi" }).pipe(
        Stream.runForEach((part) => {
          seen.push(part.type)
          return part.type === "text-delta" ? Deferred.succeed(hasText, undefined) : Effect.void
        }),
        Effect.forkChild
      )
      yield* Deferred.await(hasText)
      // The stream waits for more now.
      yield* TestClock.adjust("1 second")
      yield* Fiber.interrupt(fiber)
      assert.strictEqual(http.aborted(), 1)
      assert.notInclude(seen, "finish")
    }).pipe(Effect.provide(api.on(http)))
  })

  it.effect("a hosted tool of another API fails the call before it is sent, or is left out if that is wanted", () => {
    const foreign = name === "messages" ? OpenAiTools.WebSearch({}) : AnthropicTools.WebSearch20250305({})
    const http = fakeHttp({ body: api.answer("ok") })
    const toolkit = Toolkit.make(foreign)
    const omit = { onUnsupported: "omit" } as const
    return Effect.gen(function* () {
      const error = yield* Effect.flip(LanguageModel.generateText({ prompt: "hi", toolkit }))
      assert.strictEqual(reasonOf(error)._tag, "ToolConfigurationError")
      assert.lengthOf(http.sent, 0)
      yield* LanguageModel.generateText({ prompt: "hi", toolkit }).pipe(
        ResponseLanguageModel.withConfig(omit),
        ChatLanguageModel.withConfig(omit),
        MessageLanguageModel.withConfig(omit)
      )
      assert.isUndefined(sentBody(http)["tools"])
    }).pipe(Effect.provide(api.on(http)))
  })
})

describe("a hard case of chats", () => {
  const toolkit = withHandler([Weather], (params) => Effect.succeed((params as Json)["city"]))
  const on = (reply: Reply) =>
    Effect.provide(ChatLanguageModel.model("m").pipe(Layer.provide(openAiOver(fakeHttp(reply), options))))
  const sse = (events: ReadonlyArray<Json>): Reply => ({
    headers: { "content-type": "text/event-stream" },
    parts: eventsOf(events)
  })
  const endOf = (parts: ReadonlyArray<Response.AnyPart>) => parts.find((part) => part.type === "finish")

  for (const [what, args, params] of [
    ["an object", { city: "Oslo" }, { city: "Oslo" }],
    ["null", null, {}],
    ["the word null", "null", {}],
    ["an empty text", "", {}]
  ] as const) {
    it.effect(`arguments may be ${what}`, () =>
      Effect.gen(function* () {
        const search = withHandler(
          [Tool.dynamic("search", { parameters: { type: "object", properties: {} }, success: Schema.Unknown })],
          () => Effect.succeed("")
        )
        const call = { id: "call_1", type: "function", function: { name: "search", arguments: args } }
        const body = {
          id: "c",
          choices: [{ index: 0, message: { content: null, tool_calls: [call] }, finish_reason: "stop" }]
        }
        const { first } = yield* twoTurns({ toolkit: search }).pipe(on({ body }))
        assert.deepStrictEqual(
          first.flatMap((part) => (part.type === "tool-call" ? [part.params] : [])),
          [params]
        )
        assert.strictEqual(endOf(first)?.reason, "tool-calls")
      })
    )
  }

  for (const [what, deltas] of [
    [
      "without an index",
      [
        { id: "call_1", function: { name: "weather", arguments: '{"city":"Oslo"}' } },
        { id: "call_2", function: { name: "weather", arguments: '{"city":"Rome"}' } }
      ]
    ],
    [
      "with one index for both",
      [
        { index: 0, id: "call_1", function: { name: "weather", arguments: '{"city":"Oslo"}' } },
        { index: 0, id: "call_2", function: { name: "weather", arguments: '{"city":"Rome"}' } }
      ]
    ],
    [
      "whose name is null in later pieces",
      [
        { index: 0, id: "call_1", function: { name: "weather", arguments: '{"city":' } },
        { index: 0, id: null, function: { name: null, arguments: '"Oslo"}' } },
        { index: 1, id: "call_2", function: { name: "weather", arguments: "" } },
        { index: 1, function: { name: null, arguments: '{"city":"Rome"}' } }
      ]
    ]
  ] as const) {
    it.effect(`pieces of calls may come ${what}`, () =>
      Effect.gen(function* () {
        const events = [...deltas.map((delta) => chunk({ tool_calls: [delta] })), chunk({}, "tool_calls")]
        const { parts } = yield* streamed({ prompt: "hi", toolkit }).pipe(on(sse(events)))
        assert.deepStrictEqual(
          parts.flatMap((part) => (part.type === "tool-call" ? [[part.id, part.params]] : [])),
          [
            ["call_1", { city: "Oslo" }],
            ["call_2", { city: "Rome" }]
          ]
        )
      })
    )
  }

  it.effect("usage in several chunks, of which some have no choices, is that of the last", () =>
    Effect.gen(function* () {
      const usage = (completion_tokens: number) => ({ prompt_tokens: 2, completion_tokens, total_tokens: 9 })
      const { parts } = yield* streamed({ prompt: "hi" }).pipe(
        on(
          sse([
            { ...chunk({ content: "a" }), usage: usage(1) },
            { ...chunk({}, "stop"), usage: usage(2) },
            { id: "chatcmpl-1", model: "m", choices: [], usage: usage(3) }
          ])
        )
      )
      assert.strictEqual(endOf(parts)?.usage.outputTokens.total, 3)
    })
  )

  it.effect("an answer that Azure filters within HTTP 200 is content-filter, with what was found", () =>
    Effect.gen(function* () {
      const found = { hate: { filtered: true, severity: "high" } }
      const body = {
        id: "c",
        prompt_filter_results: [{ prompt_index: 0, content_filter_results: found }],
        choices: [
          { index: 0, message: { role: "assistant" }, finish_reason: "content_filter", content_filter_results: found }
        ]
      }
      const { first } = yield* twoTurns().pipe(on({ body }))
      const end = endOf(first)
      assert.strictEqual(end?.reason, "content-filter")
      assert.deepInclude(end?.metadata["openaiChat"], { choice: { content_filter_results: found } })
    })
  )

  it("is asked for one answer: n is no setting", () => {
    // @ts-expect-error the parts of one answer cannot hold those of several
    const config: ChatLanguageModel.Config = { n: 2 }
    assert.isDefined(config)
  })
})

describe("a hard case of responses", () => {
  const call = { type: "mcp_approval_request", id: "mcpr_1", server_label: "s1", name: "t", arguments: "{}" }
  const answer = (output: ReadonlyArray<Json>) => ({ id: "resp_1", model: "m", status: "completed", output })
  const on = (http: FakeHttp, config: ResponseLanguageModel.Config = {}) =>
    Effect.provide(ResponseLanguageModel.model("m", config).pipe(Layer.provide(openAiOver(http, options))))

  it.effect("a call to an MCP server that the user denies goes back with the reason", () => {
    const http = fakeHttp({ body: answer([call]) }, { body: answer([]) })
    return Effect.gen(function* () {
      const chat = yield* Chat.empty
      const toolkit = Toolkit.make(OpenAiTools.Mcp({ server_label: "s1" }))
      yield* chat.generateText({ prompt: "hi", toolkit })
      yield* chat.generateText({
        prompt: [
          {
            role: "tool",
            content: [{ type: "tool-approval-response", approvalId: "mcpr_1", approved: false, reason: "mine" }]
          }
        ],
        toolkit
      })
      assert.deepStrictEqual(list(sentBody(http, 1)["input"]).slice(1), [
        call,
        { type: "mcp_approval_response", approval_request_id: "mcpr_1", approve: false, reason: "mine" }
      ])
    }).pipe(on(http))
  })

  it.effect("a conversation gets what is new, as it has the rest", () => {
    const message = { type: "message", id: "msg_1", role: "assistant", content: [{ type: "output_text", text: "hi" }] }
    const http = fakeHttp({ body: answer([message]) })
    return Effect.gen(function* () {
      yield* twoTurns()
      const { conversation, input, previous_response_id } = sentBody(http, 1)
      assert.deepStrictEqual([conversation, previous_response_id], ["conv_1", undefined])
      assert.deepStrictEqual(input, [{ role: "user", content: [{ type: "input_text", text: "second" }] }])
    }).pipe(on(http, { conversation: "conv_1" }))
  })
})
