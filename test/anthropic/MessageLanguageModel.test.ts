import { assert, describe, it } from "@effect/vitest"
import * as AiError from "effect/ai/AiError"
import * as Chat from "effect/ai/Chat"
import * as LanguageModel from "effect/ai/LanguageModel"
import * as Prompt from "effect/ai/Prompt"
import type * as Response from "effect/ai/Response"
import * as Tool from "effect/ai/Tool"
import * as Toolkit from "effect/ai/Toolkit"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as fc from "fast-check"
import { RetryPolicy } from "llmfx"
import * as AiErrors from "llmfx/AiErrors"
import { Anthropic } from "llmfx/anthropic"
import * as Bedrock from "llmfx/anthropic/Bedrock"
import * as HostedTools from "llmfx/anthropic/HostedTools"
import * as MessageLanguageModel from "llmfx/anthropic/MessageLanguageModel"
import * as OpenAiHostedTools from "llmfx/openai/HostedTools"
import { type FakeHttp, fakeHttp, sse } from "../support/FakeHttp.ts"

type Fields = { readonly [name: string]: unknown }

const text = (text: string, more: Fields = {}) => ({ type: "text", text, citations: null, ...more })
const citation = {
  type: "web_search_result_location",
  url: "https://example.com/rain",
  title: "Rain",
  encrypted_index: "e",
  cited_text: "It rains"
}
const search = { type: "server_tool_use", id: "srvtoolu_1", name: "web_search", input: { query: "rain" } }
const found = {
  type: "web_search_tool_result",
  tool_use_id: "srvtoolu_1",
  content: [{ type: "web_search_result", url: "https://example.com/rain", title: "Rain", encrypted_content: "c" }]
}
const call = {
  type: "tool_use",
  id: "toolu_1",
  name: "weather",
  input: { city: "Paris" },
  caller: { type: "code_execution_20250825", tool_id: "srvtoolu_9" }
}
const blocks = [
  { type: "thinking", thinking: "Let me look.", signature: "sig" },
  { type: "redacted_thinking", data: "hidden" },
  search,
  found,
  text("It rains", { citations: [citation] }),
  { type: "future_block", payload: { deep: [1, 2] } },
  call
]
const message = (content: ReadonlyArray<Fields>, more: Fields = {}) => ({
  id: "msg_1",
  type: "message",
  role: "assistant",
  model: "claude-sonnet-5",
  content,
  stop_reason: "end_turn",
  stop_sequence: null,
  container: null,
  usage: { input_tokens: 5, cache_read_input_tokens: 4, cache_creation_input_tokens: 1, output_tokens: 7 },
  ...more
})
const whole = message(blocks, { stop_reason: "tool_use" })

/** The events of a message; texts come in two pieces. */
const eventsOf = (message: Fields & { readonly content: ReadonlyArray<Fields> }): ReadonlyArray<Fields> => {
  const { content, stop_reason, usage, ...rest } = message
  return [
    { type: "message_start", message: { ...rest, content: [], stop_reason: null, usage } },
    ...content.flatMap((block, index) => {
      const halves = (value: unknown) => [String(value).slice(0, 3), String(value).slice(3)]
      const [start, deltas]: readonly [Fields, ReadonlyArray<Fields>] =
        block["type"] === "text"
          ? [
              { ...block, text: "", citations: null },
              [
                ...halves(block["text"]).map((text) => ({ type: "text_delta", text })),
                ...((block["citations"] as ReadonlyArray<unknown> | null) ?? []).map((citation) => ({
                  type: "citations_delta",
                  citation
                }))
              ]
            ]
          : block["type"] === "thinking"
            ? [
                { ...block, thinking: "", signature: "" },
                [
                  ...halves(block["thinking"]).map((thinking) => ({ type: "thinking_delta", thinking })),
                  { type: "signature_delta", signature: block["signature"] }
                ]
              ]
            : block["type"] === "tool_use"
              ? [
                  { ...block, input: {} },
                  halves(JSON.stringify(block["input"])).map((partial_json) => ({
                    type: "input_json_delta",
                    partial_json
                  }))
                ]
              : [block, []]
      return [
        { type: "content_block_start", index, content_block: start },
        ...deltas.map((delta) => ({ type: "content_block_delta", index, delta })),
        { type: "content_block_stop", index }
      ]
    }),
    { type: "message_delta", delta: { stop_reason, stop_sequence: null, container: rest["container"] }, usage },
    { type: "message_stop" }
  ]
}

const hello = message([text("hello")])
const Weather = Tool.make("weather", {
  description: "The weather in a city",
  parameters: Schema.Struct({ city: Schema.String, days: Schema.optionalKey(Schema.Int) }),
  success: Schema.String
})
const kit = Toolkit.make(Weather)
const handlers = kit.toLayer({ weather: () => Effect.succeed("sunny") })

const on = (http: FakeHttp, config: MessageLanguageModel.Config = { max_tokens: 100 }) =>
  Effect.provide(
    Layer.provide(
      MessageLanguageModel.layer({ model: "claude-sonnet-5", config }),
      Layer.orDie(
        Layer.provide(Anthropic.layer({ apiKey: Redacted.make("sk-secret"), retry: RetryPolicy.none }), http.layer)
      )
    )
  )

interface Body {
  readonly system?: ReadonlyArray<Fields>
  readonly messages: ReadonlyArray<{ readonly role: string; readonly content: ReadonlyArray<Fields> }>
  readonly tools?: ReadonlyArray<Fields>
  readonly [name: string]: unknown
}
const bodyOf = (http: FakeHttp, n = 0) => http.sent[n]?.body as Body

/** The history, the sources and the end of an answer, whole or streamed. */
const seen = (parts: ReadonlyArray<Response.AnyPart>) => ({
  history: JSON.parse(JSON.stringify(Prompt.fromResponseParts(parts).content)),
  others: JSON.parse(
    JSON.stringify(parts.filter(({ type }) => ["source", "finish", "response-metadata"].includes(type)))
  )
})

const options = { prompt: "hi", toolkit: kit, disableToolCallResolution: true } as const

describe("a message as parts", () => {
  it.effect("has the same parts as a whole answer and as a stream, wherever the bytes are split", () =>
    Effect.gen(function* () {
      const { content } = yield* LanguageModel.generateText(options).pipe(on(fakeHttp({ body: whole })))
      const stream = sse(...eventsOf(whole))
      const split = fc.uniqueArray(fc.nat(stream.length), { maxLength: 40 })
      for (const cuts of fc.sample(split, 60)) {
        const edges = [0, ...cuts.sort((a, b) => a - b), stream.length]
        const parts = edges.slice(1).map((end, index) => stream.slice(edges[index], end))
        const streamed = yield* Stream.runCollect(LanguageModel.streamText(options)).pipe(on(fakeHttp({ parts })))
        assert.deepStrictEqual(seen(streamed), seen(content))
      }
    })
  )

  it.effect("fails typed wherever its stream is cut, with the text so far", () =>
    Effect.gen(function* () {
      const stream = sse(...eventsOf(whole))
      const end = stream.indexOf('data: {"type":"message_stop"')
      for (let cut = 0; cut < end; cut += 7) {
        const got: Array<string> = []
        const error = yield* Stream.runForEach(LanguageModel.streamText(options), (part) =>
          Effect.sync(() => {
            assert.notInclude(["finish", "error"], part.type)
            if (part.type === "text-delta") got.push(part.delta)
          })
        ).pipe(on(fakeHttp({ parts: [stream.slice(0, cut)] })), Effect.flip)
        assert.isTrue(AiError.isAiError(error), `cut at ${cut}`)
        const cause = Option.getOrThrow(AiErrors.toApiError(error as AiError.AiError))
        assert.strictEqual(cause.reason._tag, "StreamTruncatedError")
        assert.strictEqual(cause.partial?.text ?? "", got.join(""))
      }
    })
  )

  it.effect("fails where its events are cut, of a cassette too, unless it has said why it stopped", () =>
    Effect.gen(function* () {
      const events = eventsOf(whole) as ReadonlyArray<never>
      const read = (count: number) =>
        Stream.runCollect(MessageLanguageModel.streamParts()(Stream.fromIterable(events.slice(0, count))))
      const end = events.findIndex(({ type }) => type === "message_delta")
      for (let count = 0; count <= end; count++) {
        const error = yield* Effect.flip(read(count))
        assert.strictEqual(Option.getOrThrow(AiErrors.toApiError(error)).reason._tag, "StreamTruncatedError")
      }
      assert.deepStrictEqual(yield* read(end + 1), yield* read(events.length))
    })
  )

  it.effect("has its sources, usage and finish", () =>
    Effect.gen(function* () {
      const { content, finishReason, usage } = yield* LanguageModel.generateText(options).pipe(
        on(fakeHttp({ body: whole, headers: { "request-id": "req_1" } }))
      )
      const source = content.find((part) => part.type === "source")
      assert.deepInclude(source, { sourceType: "url", title: "Rain" })
      assert.strictEqual(finishReason, "tool-calls")
      assert.deepInclude({ ...usage.inputTokens }, { total: 10, uncached: 5, cacheRead: 4, cacheWrite: 1 })
      const described = content.find((part) => part.type === "response-metadata")
      assert.deepInclude(described?.metadata["anthropicMessages"] as object, { requestId: "req_1" })
    })
  )
})

describe("a history", () => {
  it.effect("goes back as it came, through JSON, with the result of its call", () =>
    Effect.gen(function* () {
      const http = fakeHttp({ body: whole }, { body: hello })
      const program = Effect.gen(function* () {
        const chat = yield* Chat.empty
        yield* chat.generateText({ prompt: "hi", toolkit: kit })
        const again = yield* Chat.fromJson(yield* chat.exportJson)
        yield* again.generateText({ prompt: "go on", toolkit: kit })
      })
      yield* program.pipe(Effect.provide(handlers), on(http))
      const { messages } = bodyOf(http, 1)
      assert.deepStrictEqual(
        messages[1]?.content.map(({ citations, ...block }) => ({ ...block, ...(citations ? { citations } : {}) })),
        blocks.map(({ citations, ...block }: Fields) => ({ ...block, ...(citations ? { citations } : {}) }))
      )
      assert.deepStrictEqual(messages[2]?.content, [
        { type: "tool_result", tool_use_id: "toolu_1", content: "sunny" },
        { type: "text", text: "go on" }
      ])
    })
  )

  it.effect("of several providers is sent without what others have signed", () =>
    Effect.gen(function* () {
      const { messages } = yield* MessageLanguageModel.toInput(
        Prompt.make([
          { role: "user", content: "hi" },
          {
            role: "assistant",
            content: [
              { type: "reasoning", text: "hm", options: { openaiResponses: { encrypted_content: "secret" } } },
              { type: "tool-call", id: "call:1", name: "weather", params: { city: "Rome" } },
              { type: "tool-call", id: "ws_1", name: "web_search", params: {}, providerExecuted: true }
            ]
          },
          {
            role: "tool",
            content: [{ type: "tool-result", id: "call:1", name: "weather", isFailure: true, result: "no" }]
          },
          { role: "assistant", content: [{ type: "tool-call", id: "call_2", name: "weather", params: {} }] },
          { role: "user", content: "go on" }
        ])
      )
      assert.deepStrictEqual(JSON.parse(JSON.stringify(messages.slice(1, 3))), [
        { role: "assistant", content: [{ type: "tool_use", id: "call_1", name: "weather", input: { city: "Rome" } }] },
        { role: "user", content: [{ type: "tool_result", tool_use_id: "call_1", content: "no", is_error: true }] }
      ])
      const last = messages.at(-1)?.content as unknown as ReadonlyArray<Fields>
      assert.deepInclude(last[0], { type: "tool_result", tool_use_id: "call_2", is_error: true })
    })
  )

  it.effect("keeps system messages in order, as texts of the user or after them", () =>
    Effect.gen(function* () {
      const prompt = Prompt.make([
        { role: "system", content: "A" },
        { role: "system", content: "B", options: { anthropicMessages: { cache_control: { type: "ephemeral" } } } },
        { role: "user", content: "hi" },
        { role: "assistant", content: "yo" },
        { role: "system", content: "C" },
        { role: "user", content: "go" }
      ])
      const user = yield* MessageLanguageModel.toInput(prompt)
      assert.deepStrictEqual(JSON.parse(JSON.stringify(user.system)), [
        { type: "text", text: "A" },
        { type: "text", text: "B", cache_control: { type: "ephemeral" } }
      ])
      assert.deepStrictEqual(
        user.messages.map(({ role }) => role),
        ["user", "assistant", "user"]
      )
      const system = yield* MessageLanguageModel.toInput(prompt, { config: { systemInHistory: "system" } })
      assert.deepStrictEqual(JSON.parse(JSON.stringify(system.messages.slice(2))), [
        { role: "user", content: [{ type: "text", text: "go" }] },
        { role: "system", content: [{ type: "text", text: "C" }] }
      ])
    })
  )
})

describe("a request", () => {
  it.effect("may begin the answer, whose space at the end the API refuses and at the front it takes", () =>
    Effect.gen(function* () {
      const http = fakeHttp({ body: hello })
      const prompt = Prompt.make([
        { role: "user", content: "JSON, please" },
        { role: "assistant", content: "  {\n" }
      ])
      yield* LanguageModel.generateText({ prompt }).pipe(on(http))
      assert.deepStrictEqual(bodyOf(http).messages.at(-1), {
        role: "assistant",
        content: [{ type: "text", text: "  {" }]
      })
    })
  )

  it.effect("with more than four cache breakpoints is refused before it is sent", () =>
    Effect.gen(function* () {
      const http = fakeHttp({ body: hello })
      const cached = { anthropicMessages: { cache_control: { type: "ephemeral" } } }
      const ask = (count: number) =>
        LanguageModel.generateText({
          prompt: [
            {
              role: "user",
              content: Array.from({ length: count }, () => ({ type: "text", text: "x", options: cached }))
            }
          ]
        }).pipe(on(http))
      yield* ask(4)
      const error = yield* Effect.flip(ask(5))
      assert.strictEqual(error.reason._tag, "InvalidRequestError")
      assert.include(error.message, "5 cache breakpoints")
      assert.lengthOf(http.sent, 1)
    })
  )

  it.effect("has the model's own limit of tokens, asked for once", () =>
    Effect.gen(function* () {
      const info = { type: "model", id: "claude-sonnet-5", display_name: "C", created_at: "2026-01-01T00:00:00Z" }
      const http = fakeHttp(({ url }) =>
        url.includes("/models/") ? { body: { ...info, lifecycle: "active", max_tokens: 4096 } } : { body: hello }
      )
      const ask = LanguageModel.generateText({ prompt: "hi" })
      yield* Effect.all([ask, ask, ask], { concurrency: "unbounded" }).pipe(on(http, {}))
      assert.lengthOf(
        http.sent.filter(({ url }) => url.includes("/models/")),
        1
      )
      assert.strictEqual(bodyOf(http, 3)["max_tokens"], 4096)
    })
  )

  it.effect("names the container of the last answer until it expires", () =>
    Effect.gen(function* () {
      const code = Toolkit.make(HostedTools.CodeExecution20250825({}))
      const ask = (expires_at: string) =>
        Effect.gen(function* () {
          const http = fakeHttp({ body: { ...hello, container: { id: "container_1", expires_at } } }, { body: hello })
          yield* Effect.gen(function* () {
            const chat = yield* Chat.empty
            yield* chat.generateText({ prompt: "hi", toolkit: code })
            yield* chat.generateText({ prompt: "go on", toolkit: code })
          }).pipe(on(http))
          return bodyOf(http, 1)["container"]
        })
      assert.strictEqual(yield* ask("2026-01-01T00:00:00Z"), "container_1")
      assert.isUndefined(yield* ask("1969-01-01T00:00:00Z"))
    })
  )

  it.effect("of a paused turn is sent again, and the answers are one", () =>
    Effect.gen(function* () {
      const paused = message([text("Looking. "), search], { stop_reason: "pause_turn" })
      const rest = message([found, text("It rains.")], { id: "msg_2" })
      const config = { max_tokens: 100, continuePaused: 2 }
      const http = fakeHttp({ body: paused }, { body: rest })
      const got = yield* LanguageModel.generateText({ prompt: "hi" }).pipe(on(http, config))
      const streaming = fakeHttp({ parts: [sse(...eventsOf(paused))] }, { parts: [sse(...eventsOf(rest))] })
      const streamed = yield* Stream.runCollect(LanguageModel.streamText({ prompt: "hi" })).pipe(on(streaming, config))
      assert.strictEqual(got.text, "Looking. It rains.")
      assert.strictEqual(got.finishReason, "stop")
      assert.strictEqual(got.usage.outputTokens.total, 14)
      assert.deepStrictEqual(seen(streamed), seen(got.content))
      assert.deepStrictEqual(bodyOf(http, 1).messages.at(-1)?.role, "assistant")
      assert.deepStrictEqual(bodyOf(streaming, 1).messages, bodyOf(http, 1).messages)
    })
  )

  it.effect("reaches a cloud through its layer", () =>
    Effect.gen(function* () {
      const http = fakeHttp({ body: hello })
      const layer = MessageLanguageModel.layer({ model: "anthropic.claude-sonnet-5-v1:0", config: { max_tokens: 9 } })
      const cloud = Bedrock.layer({ region: "us-west-2", apiKey: Redacted.make("key"), retry: RetryPolicy.none })
      const { text } = yield* LanguageModel.generateText({ prompt: "hi" }).pipe(
        Effect.provide(Layer.provide(layer, Layer.provide(cloud, http.layer)))
      )
      assert.strictEqual(text, "hello")
      assert.include(http.sent[0]?.url, "bedrock")
      assert.include(http.sent[0]?.url, "anthropic.claude-sonnet-5-v1")
    })
  )
})

describe("tools", () => {
  it.effect("that the API runs come with their raw blocks, which are sent again", () =>
    Effect.gen(function* () {
      const hosted = Toolkit.make(HostedTools.WebSearch20250305({ max_uses: 3 }), OpenAiHostedTools.WebSearch({}))
      const http = fakeHttp({ body: message([search, found, text("It rains")]) }, { body: hello })
      const got = yield* Effect.gen(function* () {
        const chat = yield* Chat.empty
        const first = yield* chat.generateText({ prompt: "hi", toolkit: hosted })
        yield* chat.generateText({ prompt: "go on", toolkit: hosted })
        return first
      }).pipe(on(http, { max_tokens: 100, onUnsupported: "omit" }))
      assert.deepStrictEqual(bodyOf(http).tools, [{ type: "web_search_20250305", name: "web_search", max_uses: 3 }])
      assert.deepStrictEqual(
        got.content.flatMap((part) => (part.type === "tool-call" ? [part.name, part.providerExecuted] : [])),
        ["AnthropicWebSearch", true]
      )
      assert.deepStrictEqual(bodyOf(http, 1).messages[1]?.content.slice(0, 2), [search, found])
    })
  )

  it.effect("that the API defines and the program runs get the API's names back", () =>
    Effect.gen(function* () {
      const bash = Toolkit.make(HostedTools.Bash20250124({}))
      const run = { type: "tool_use", id: "toolu_1", name: "bash", input: { command: "ls" } }
      const http = fakeHttp({ body: message([run], { stop_reason: "tool_use" }) }, { body: hello })
      yield* Effect.gen(function* () {
        const chat = yield* Chat.empty
        yield* chat.generateText({ prompt: "hi", toolkit: bash })
        yield* chat.generateText({ prompt: "go on", toolkit: bash })
      }).pipe(Effect.provide(bash.toLayer({ AnthropicBash: () => Effect.succeed("a.txt") })), on(http))
      const { messages } = bodyOf(http, 1)
      assert.deepStrictEqual(messages[1]?.content, [run])
      assert.deepInclude(messages[2]?.content[0], { tool_use_id: "toolu_1", content: "a.txt" })
    })
  )

  it.effect("are strict where the API can enforce their schemas, and not where it refuses them", () =>
    Effect.gen(function* () {
      const tools = Toolkit.make(
        Weather,
        Tool.make("tags", { parameters: Schema.Struct({ tags: Schema.Record(Schema.String, Schema.String) }) }),
        Tool.make("loose", { parameters: Schema.Struct({ a: Schema.String }) }).annotate(Tool.Strict, false),
        Tool.dynamic("mcp", { parameters: { type: "object", properties: { q: { type: "string" } } } })
      )
      const http = fakeHttp({ body: hello })
      yield* LanguageModel.generateText({ prompt: "hi", toolkit: tools, disableToolCallResolution: true }).pipe(
        on(http)
      )
      assert.deepStrictEqual(
        bodyOf(http).tools?.map(({ name, strict }) => [name, strict]),
        [
          ["weather", true],
          ["tags", undefined],
          ["loose", undefined],
          ["mcp", undefined]
        ]
      )
    })
  )
})

describe("the limits of strict schemas", () => {
  // An optional property is asked for as one that may be null, which is an alternative.
  const optional = (names: number) =>
    Schema.Struct(
      Object.fromEntries(Array.from({ length: names }, (_, n) => [`p${n}`, Schema.optionalKey(Schema.Int)]))
    )
  const either = Schema.Union([Schema.String, Schema.Int])
  const strictnessOf = (...tools: ReadonlyArray<Tool.Any>) =>
    Effect.gen(function* () {
      const http = fakeHttp({ body: hello })
      const toolkit = Toolkit.make(...tools)
      yield* LanguageModel.generateText({ prompt: "hi", toolkit, disableToolCallResolution: true } as never).pipe(
        on(http)
      )
      return bodyOf(http).tools?.map(({ strict }) => strict === true)
    })

  it.effect("are those of the tools together: the first 20 are strict", () =>
    Effect.gen(function* () {
      const tools = Array.from({ length: 22 }, (_, n) => Tool.make(`t${n}`, { parameters: optional(0) }))
      const strict = yield* strictnessOf(...tools)
      assert.deepStrictEqual(strict?.lastIndexOf(true), 19)
    })
  )

  it.effect("skip a tool with too many optional properties in favour of the next one", () =>
    Effect.gen(function* () {
      const strict = yield* strictnessOf(
        Tool.make("a", { parameters: optional(12) }),
        Tool.make("b", { parameters: optional(5) }),
        Tool.make("c", { parameters: optional(4) })
      )
      assert.deepStrictEqual(strict, [true, false, true])
    })
  )

  it.effect("give the alternatives that the API allows to tools that ask for strict first", () =>
    Effect.gen(function* () {
      const many = (count: number) =>
        Schema.Struct(Object.fromEntries(Array.from({ length: count }, (_, n) => [`p${n}`, either])))
      const strict = yield* strictnessOf(
        Tool.make("a", { parameters: many(10) }),
        Tool.make("b", { parameters: many(10) }).annotate(Tool.Strict, true)
      )
      assert.deepStrictEqual(strict, [false, true])
    })
  )

  it.effect("are those of an object too, which is asked for in words beyond them", () =>
    Effect.gen(function* () {
      const ask = Effect.fnUntraced(function* (names: number) {
        const http = fakeHttp({ body: message([text("{}")]) })
        yield* LanguageModel.generateObject({ prompt: "hi", schema: optional(names) }).pipe(on(http))
        return bodyOf(http)["output_config"] !== undefined
      })
      assert.deepStrictEqual([yield* ask(16), yield* ask(17)], [true, false])
    })
  )
})

describe("an object", () => {
  interface Tree {
    readonly name: string
    readonly children: ReadonlyArray<Tree>
  }
  const Tree = Schema.Struct({
    name: Schema.String,
    children: Schema.Array(Schema.suspend((): Schema.Codec<Tree> => Tree))
  })

  it.effect("is asked for in words if the API cannot enforce its schema", () =>
    Effect.gen(function* () {
      const http = fakeHttp({ body: message([text('Here:\n```json\n{"name":"a","children":[]}\n```')]) })
      const { value } = yield* LanguageModel.generateObject({ prompt: "hi", schema: Tree }).pipe(on(http))
      assert.deepStrictEqual(value, { name: "a", children: [] })
      assert.isUndefined(bodyOf(http)["output_config"])
      assert.include(JSON.stringify(bodyOf(http).system), "JSON Schema")
    })
  )

  it.effect("that was refused or cut says so", () =>
    Effect.gen(function* () {
      const ask = (stop_reason: string) =>
        LanguageModel.generateObject({ prompt: "hi", schema: Schema.Struct({ a: Schema.String }) }).pipe(
          on(fakeHttp({ body: message([text('{"a":')], { stop_reason }) })),
          Effect.flip
        )
      assert.strictEqual((yield* ask("refusal")).reason._tag, "ContentPolicyError")
      const cut = (yield* ask("max_tokens")).reason
      assert.strictEqual(cut._tag, "StructuredOutputError")
      assert.include(cut.message, "truncated")
    })
  )
})

describe("a file", () => {
  const sent = (part: object) =>
    Effect.map(
      MessageLanguageModel.toInput(Prompt.make([{ role: "user", content: [part as Prompt.FilePartEncoded] }])),
      ({ messages }) => JSON.parse(JSON.stringify(messages[0]?.content[0]))
    )

  it.effect("is sent by its type and by where its content is", () =>
    Effect.gen(function* () {
      const file = (mediaType: string, data: unknown, more: object = {}) => ({ type: "file", mediaType, data, ...more })
      const png = "iVBORw0KGgo="
      assert.deepStrictEqual(yield* sent(file("image/*", png)), {
        type: "image",
        source: { type: "base64", media_type: "image/png", data: png }
      })
      assert.deepStrictEqual(
        yield* sent(file("application/json", new TextEncoder().encode("{}"), { fileName: "a.json" })),
        {
          type: "document",
          source: { type: "text", media_type: "text/plain", data: "{}" },
          title: "a.json"
        }
      )
      assert.deepStrictEqual(yield* sent(file("application/vnd.ms-excel", "file_1")), {
        type: "container_upload",
        file_id: "file_1"
      })
      const document = { anthropicMessages: { citations: true, title: "T", context: "C" } }
      assert.deepStrictEqual(yield* sent(file("application/pdf", "https://example.com/a.pdf", { options: document })), {
        type: "document",
        source: { type: "url", url: "https://example.com/a.pdf" },
        citations: { enabled: true },
        context: "C",
        title: "T"
      })
    })
  )

  it.effect("that the API does not take is refused, with what to do", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(sent({ type: "file", mediaType: "audio/wav", data: new Uint8Array([1]) }))
      assert.strictEqual(error.reason._tag, "InvalidUserInputError")
      assert.include(error.message, "upload the file")
    })
  )
})
