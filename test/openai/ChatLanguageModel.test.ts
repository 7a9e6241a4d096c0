import { assert, describe, it } from "@effect/vitest"
import * as AiError from "effect/ai/AiError"
import * as LanguageModel from "effect/ai/LanguageModel"
import * as Prompt from "effect/ai/Prompt"
import type * as Response from "effect/ai/Response"
import * as Tool from "effect/ai/Tool"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as fc from "fast-check"
import type * as ChatCompletions from "../../src/openai/api/ChatCompletions.ts"
import * as HostedTools from "../../src/openai/api/HostedTools.ts"
import * as ChatLanguageModel from "../../src/openai/ChatLanguageModel.ts"
import * as RetryPolicy from "../../src/policies/RetryPolicy.ts"
import { type FakeHttp, fakeHttp, type Reply } from "../support/FakeHttp.ts"
import { eventsOf, streamed, tool, twoTurns, withHandler } from "../support/languageModels.ts"
import { openAiOver } from "../support/probes.ts"
import { sentBody } from "../support/sent.ts"

type Json = { readonly [field: string]: unknown }

const completion = (message: Json, more: Json = {}, finish_reason: string | null = "stop"): Json => ({
  id: "chatcmpl-1",
  object: "chat.completion",
  created: 1_700_000_000,
  model: "gpt-4.1",
  choices: [{ index: 0, message: { role: "assistant", content: null, ...message }, finish_reason }],
  usage: { prompt_tokens: 5, completion_tokens: 3, total_tokens: 8 },
  ...more
})

const chunk = (delta: Json, finish_reason: string | null = null, more: Json = {}): Json => ({
  id: "chatcmpl-1",
  object: "chat.completion.chunk",
  created: 1_700_000_000,
  model: "gpt-4.1",
  choices: [{ index: 0, delta, finish_reason }],
  ...more
})

const stream = (...chunks: ReadonlyArray<unknown>): Reply => ({
  headers: { "content-type": "text/event-stream" },
  parts: eventsOf([...chunks, "[DONE]"])
})

const callOf = (id: string, args: string, more: Json = {}) => ({
  id,
  type: "function",
  function: { name: "weather", arguments: args },
  ...more
})

const modelOver = (http: FakeHttp, config?: ChatLanguageModel.Config) =>
  ChatLanguageModel.model("gpt-4.1", config).pipe(Layer.provide(openAiOver(http, { retry: RetryPolicy.none })))

const weather = Tool.make(tool.name, tool)
const toolkit = withHandler([weather], (params) => Effect.succeed(`sunny in ${(params as { city: string }).city}`))
const messagesOf = (http: FakeHttp, index: number) =>
  sentBody<{ readonly messages: ReadonlyArray<Json> }>(http, index).messages
const callsOf = (message: Json | undefined) => (message?.["tool_calls"] ?? []) as ReadonlyArray<Json>
const finishOf = (parts: ReadonlyArray<Response.AnyPart>) =>
  parts.flatMap((part) => (part.type === "finish" ? [part] : []))[0]

describe("a chat completion", () => {
  it.effect("sends reasoning and calls back as they came", () => {
    const http = fakeHttp(
      {
        body: completion(
          {
            reasoning_content: "I look it up.",
            tool_calls: [
              callOf("call_1", '{"city": "Paris", "days": null}', {
                extra_content: { google: { thought_signature: "sig" } }
              })
            ]
          },
          {},
          "tool_calls"
        )
      },
      { body: completion({ content: "ok" }) }
    )
    return Effect.gen(function* () {
      yield* twoTurns({ toolkit })
      assert.deepStrictEqual(messagesOf(http, 1).slice(1, 3), [
        {
          role: "assistant",
          content: "",
          reasoning_content: "I look it up.",
          tool_calls: [
            callOf("call_1", '{"city": "Paris", "days": null}', {
              extra_content: { google: { thought_signature: "sig" } }
            })
          ]
        },
        { role: "tool", tool_call_id: "call_1", content: "sunny in Paris" }
      ])
    }).pipe(Effect.provide(modelOver(http)))
  })

  it.effect("whose calls have no ids, or the same, runs each once and gives each its own result", () => {
    const http = fakeHttp(
      { body: completion({ tool_calls: [callOf("", '{"city":"A"}'), callOf("", '{"city":"B"}')] }) },
      { body: completion({ content: "ok" }) }
    )
    return Effect.gen(function* () {
      const { first } = yield* twoTurns({ toolkit })
      assert.strictEqual(finishOf(first)?.reason, "tool-calls")
      const [, assistant, one, two] = messagesOf(http, 1)
      const ids = callsOf(assistant).map(({ id }) => id)
      assert.strictEqual(new Set(ids).size, 2)
      assert.deepStrictEqual([one?.["content"], two?.["content"]], ["sunny in A", "sunny in B"])
      assert.deepStrictEqual([one?.["tool_call_id"], two?.["tool_call_id"]], ids)
    }).pipe(Effect.provide(modelOver(http)))
  })

  it.effect("may have its content in a list, with Mistral's thoughts in it", () => {
    const content = [
      { type: "thinking", thinking: [{ type: "text", text: "Hm." }] },
      { type: "text", text: "Paris" }
    ]
    const http = fakeHttp({ body: completion({ content }) }, { body: completion({ content: "ok" }) })
    return Effect.gen(function* () {
      const { first } = yield* twoTurns()
      assert.deepStrictEqual(
        first.flatMap((part) => (part.type === "text" || part.type === "reasoning" ? [[part.type, part.text]] : [])),
        [
          ["reasoning", "Hm."],
          ["text", "Paris"]
        ]
      )
      assert.deepStrictEqual(messagesOf(http, 1)[1]?.["content"], content)
    }).pipe(Effect.provide(modelOver(http, { quirks: ChatLanguageModel.Quirks.mistral })))
  })

  it.effect("shows files of results in a user's message behind them", () => {
    const http = fakeHttp({ body: completion({ content: "ok" }) })
    const prompt = Prompt.make([
      { role: "assistant", content: [{ type: "tool-call", id: "call_1", name: "weather", params: { city: "A" } }] },
      {
        role: "tool",
        content: [
          {
            type: "tool-result",
            id: "call_1",
            name: "weather",
            isFailure: false,
            result: "shown",
            modelOutput: [
              { type: "text", text: "here" },
              { type: "file", mediaType: "image/png", data: "AQID" }
            ]
          }
        ]
      }
    ])
    return Effect.gen(function* () {
      yield* LanguageModel.generateText({ prompt, toolkit })
      assert.deepStrictEqual(messagesOf(http, 0).slice(1), [
        { role: "tool", tool_call_id: "call_1", content: "here\n[image/png, not shown here]" },
        { role: "user", content: [{ type: "image_url", image_url: { url: "data:image/png;base64,AQID" } }] }
      ])
    }).pipe(Effect.provide(modelOver(http)))
  })

  const askWith = (mediaType: string, data: string) =>
    LanguageModel.generateText({ prompt: [{ role: "user", content: [{ type: "file", mediaType, data }] }] })

  it.effect("sends audio, text files and PDFs as the API takes them", () => {
    const http = fakeHttp({ body: completion({ content: "ok" }) })
    return Effect.gen(function* () {
      yield* askWith("audio/mpeg", "AQID")
      yield* askWith("text/csv", Buffer.from("a,b").toString("base64"))
      yield* askWith("application/pdf", "AQID")
      assert.deepStrictEqual(
        [0, 1, 2].map((index) => messagesOf(http, index)[0]?.["content"]),
        [
          [{ type: "input_audio", input_audio: { data: "AQID", format: "mp3" } }],
          [{ type: "text", text: "a,b" }],
          [{ type: "file", file: { filename: "file.pdf", file_data: "data:application/pdf;base64,AQID" } }]
        ]
      )
    }).pipe(Effect.provide(modelOver(http)))
  })

  it.effect("refuses a file of a type that the API does not take", () => {
    const http = fakeHttp({ body: completion({ content: "ok" }) })
    return Effect.gen(function* () {
      const error = yield* Effect.flip(askWith("application/zip", "AQID"))
      assert.strictEqual(error.reason._tag, "InvalidUserInputError")
      assert.lengthOf(http.sent, 0)
    }).pipe(Effect.provide(modelOver(http)))
  })

  it.effect("calls custom tools with text", () => {
    const custom = { id: "call_1", type: "custom", custom: { name: "sql", input: "select 1" } }
    const http = fakeHttp({ body: completion({ tool_calls: [custom] }) }, { body: completion({ content: "ok" }) })
    const seen: Array<unknown> = []
    const kit = withHandler(
      [HostedTools.Custom({ name: "sql", format: { type: "grammar", syntax: "lark", definition: "start: /.+/" } })],
      (params) =>
        Effect.sync(() => {
          seen.push(params)
          return "1"
        })
    )
    return Effect.gen(function* () {
      yield* twoTurns({ toolkit: kit })
      assert.deepStrictEqual(seen, ["select 1"])
      const { tools } = sentBody<{ readonly tools: ReadonlyArray<Json> }>(http)
      assert.deepStrictEqual(tools, [
        {
          type: "custom",
          custom: { name: "sql", format: { type: "grammar", grammar: { definition: "start: /.+/", syntax: "lark" } } }
        }
      ])
      assert.deepStrictEqual(messagesOf(http, 1)[1]?.["tool_calls"], [custom])
    }).pipe(Effect.provide(modelOver(http)))
  })
})

describe("a stream of chat completions", () => {
  const chunks = [
    chunk({ role: "assistant", content: "" }),
    ...["I ", "think"].map((reasoning) => chunk({ reasoning, reasoning_content: reasoning })),
    ...["The ", "an", "swer"].map((content) => chunk({ content })),
    chunk({ tool_calls: [{ index: 0, id: "call_1", type: "function", function: { name: "weather", arguments: "" } }] }),
    ...['{"ci', 'ty":"A"}'].map((args) => chunk({ tool_calls: [{ index: 0, function: { arguments: args } }] })),
    chunk({}, "tool_calls"),
    { ...chunk({}), choices: [], usage: { prompt_tokens: 5, completion_tokens: 3, total_tokens: 8 } }
  ]
  const whole = completion(
    {
      content: "The answer",
      reasoning: "I think",
      reasoning_content: "I think",
      tool_calls: [callOf("call_1", '{"city":"A"}')]
    },
    {},
    "tool_calls"
  )

  it.effect("says the same as the whole completion, reasoning that comes twice once", () => {
    const gather = (parts: ReadonlyArray<Response.PartEncoded | Response.StreamPartEncoded>) =>
      JSON.stringify(
        Prompt.fromResponseParts(
          parts.map((part) => ({
            ...part,
            metadata: part.metadata ?? {}
          })) as unknown as ReadonlyArray<Response.AnyPart>
        )
      )
    return Effect.gen(function* () {
      const want = gather(yield* ChatLanguageModel.toParts(whole as never, { tools: [weather] }))
      yield* Effect.promise(() =>
        fc.assert(
          fc.asyncProperty(fc.integer({ min: 1, max: 12 }), async (size) => {
            const parts = await Stream.fromIterable(chunks as ReadonlyArray<unknown>).pipe(
              Stream.rechunk(size),
              (events) => events as Stream.Stream<ChatCompletions.ChatCompletionChunk>,
              ChatLanguageModel.streamParts({ tools: [weather] }),
              Stream.runCollect,
              Effect.runPromise
            )
            assert.strictEqual(gather(parts), want)
          }),
          { numRuns: 12 }
        )
      )
    })
  })

  it.effect("asks for its usage, and tells it", () => {
    const http = fakeHttp(stream(...chunks))
    return Effect.gen(function* () {
      const { parts } = yield* streamed({ prompt: "hi", toolkit })
      assert.strictEqual(finishOf(parts)?.usage.outputTokens.total, 3)
      assert.deepStrictEqual(sentBody(http)["stream_options"], { include_usage: true })
    }).pipe(Effect.provide(modelOver(http)))
  })

  it.effect("does not ask for its usage if the server or the program does not want that", () =>
    Effect.forEach([{ quirks: ChatLanguageModel.Quirks.mistral }, { stream_options: null }], (config) => {
      const http = fakeHttp(stream(...chunks))
      return Effect.gen(function* () {
        yield* streamed({ prompt: "hi", toolkit })
        assert.notProperty(sentBody(http), "stream_options")
      }).pipe(Effect.provide(modelOver(http, config)))
    })
  )

  it.effect("fails with an AiError wherever it is cut", () =>
    Effect.forEach(
      chunks.slice(0, -2).map((_, cut) => cut),
      (cut) => {
        const reply = { headers: { "content-type": "text/event-stream" }, parts: eventsOf(chunks.slice(0, cut)) }
        return Effect.gen(function* () {
          const error = yield* Effect.flip(streamed({ prompt: "hi", toolkit }))
          assert.isTrue(AiError.isAiError(error), `cut at ${cut}`)
        }).pipe(Effect.provide(modelOver(fakeHttp(reply))))
      },
      { discard: true }
    )
  )

  it.effect("keeps details of reasoning, pieces of one joined", () => {
    const details = (text: string, more: Json = {}) => [{ type: "reasoning.text", index: 0, text, ...more }]
    const http = fakeHttp(
      stream(
        chunk({ reasoning: "a", reasoning_details: details("a") }),
        chunk({ reasoning: "b", reasoning_details: details("b", { signature: "sig" }) }),
        chunk({ content: "hi" }),
        chunk({}, "stop")
      ),
      { body: completion({ content: "ok" }) }
    )
    return Effect.gen(function* () {
      const { parts } = yield* streamed({ prompt: "hi" })
      yield* LanguageModel.generateText({ prompt: Prompt.fromResponseParts(parts) })
      const [assistant] = messagesOf(http, 1)
      assert.deepStrictEqual(assistant?.["reasoning_details"], details("ab", { signature: "sig" }))
      assert.strictEqual(assistant?.["reasoning"], "ab")
    }).pipe(Effect.provide(modelOver(http, { quirks: ChatLanguageModel.Quirks.openrouter })))
  })
})

describe("quirks", () => {
  const history = (id: string, hasCall: boolean) =>
    Prompt.make([
      {
        role: "assistant",
        content: [
          { type: "reasoning", text: "Hm.", options: { openaiChat: { field: "reasoning_content" } } },
          { type: "text", text: "so" },
          ...(hasCall ? [{ type: "tool-call", id, name: "weather", params: { city: "A" } } as const] : [])
        ]
      }
    ])

  it.effect("of DeepSeek: reasoning goes back with its calls only", () => {
    const http = fakeHttp({ body: completion({ content: "x" }) })
    return Effect.gen(function* () {
      yield* LanguageModel.generateText({ prompt: history("call_1", false), toolkit })
      yield* LanguageModel.generateText({ prompt: history("call_1", true), toolkit })
      assert.notProperty(messagesOf(http, 0)[0], "reasoning_content")
      assert.strictEqual(messagesOf(http, 1)[0]?.["reasoning_content"], "Hm.")
    }).pipe(Effect.provide(modelOver(http, { quirks: ChatLanguageModel.Quirks.deepseek })))
  })

  it.effect("of DeepSeek: objects are asked for in words", () => {
    const http = fakeHttp({ body: completion({ content: '{"a":"x"}' }) })
    return Effect.gen(function* () {
      const { value } = yield* LanguageModel.generateObject({
        prompt: "hi",
        schema: Schema.Struct({ a: Schema.String }),
        objectName: "o"
      })
      assert.deepStrictEqual(value, { a: "x" })
      assert.deepStrictEqual(sentBody(http)["response_format"], { type: "json_object" })
      assert.include(String(messagesOf(http, 0)[0]?.["content"]), '"a"')
    }).pipe(Effect.provide(modelOver(http, { quirks: ChatLanguageModel.Quirks.deepseek })))
  })

  it.effect("of Mistral: ids of calls become nine letters and digits, the same for a call and its result", () => {
    const http = fakeHttp({ body: completion({ content: "ok" }) })
    return Effect.gen(function* () {
      yield* LanguageModel.generateText({ prompt: history("toolu_from_elsewhere", true), toolkit })
      const [assistant, result] = messagesOf(http, 0)
      const id = callsOf(assistant)[0]?.["id"]
      assert.match(String(id), /^[A-Za-z\d]{9}$/)
      assert.strictEqual(result?.["tool_call_id"], id)
    }).pipe(Effect.provide(modelOver(http, { quirks: ChatLanguageModel.Quirks.mistral })))
  })
})
