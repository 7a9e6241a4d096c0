import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/testing/TestClock"
import { Usage } from "llmfx"
import { Anthropic } from "../../src/anthropic/Anthropic.ts"
import * as Messages from "../../src/anthropic/api/Messages.ts"
import * as ChatCompletions from "../../src/openai/api/ChatCompletions.ts"
import * as Embeddings from "../../src/openai/api/Embeddings.ts"
import { OpenAi } from "../../src/openai/OpenAi.ts"
import { hasCorpus, recordings } from "../support/corpus.ts"
import { fakeHttp, sse } from "../support/FakeHttp.ts"
import { anthropicOver, openAiOver } from "../support/probes.ts"
import { completion, completionChunk } from "../support/providers.ts"

const tokensOf = (usage: object) => {
  const { raw: _, ...tokens } = Usage.of({ usage }) ?? { raw: undefined }
  return Object.fromEntries(Object.entries(tokens).filter(([, count]) => count !== 0))
}

describe("usage", () => {
  it("of a chat completion has its cache, audio and reasoning", () => {
    assert.deepStrictEqual(
      tokensOf({
        prompt_tokens: 100,
        completion_tokens: 50,
        total_tokens: 150,
        prompt_tokens_details: { cached_tokens: 30, audio_tokens: 5, cache_write_tokens: 7 },
        completion_tokens_details: { reasoning_tokens: 20, audio_tokens: 10 }
      }),
      { input: 100, cacheRead: 30, cacheWrite: 7, inputAudio: 5, output: 50, reasoning: 20, outputAudio: 10 }
    )
  })

  it("of a response has its cache and reasoning", () => {
    assert.deepStrictEqual(
      tokensOf({
        input_tokens: 100,
        input_tokens_details: { cached_tokens: 30, cache_write_tokens: 9 },
        output_tokens: 50,
        output_tokens_details: { reasoning_tokens: 20 },
        total_tokens: 150
      }),
      { input: 100, cacheRead: 30, cacheWrite: 9, output: 50, reasoning: 20 }
    )
  })

  it("of a message counts what was cached as input", () => {
    assert.deepStrictEqual(
      tokensOf({
        input_tokens: 10,
        cache_read_input_tokens: 200,
        cache_creation_input_tokens: 30,
        cache_creation: { ephemeral_5m_input_tokens: 10, ephemeral_1h_input_tokens: 20 },
        output_tokens: 5,
        output_tokens_details: { thinking_tokens: 3 }
      }),
      { input: 240, cacheRead: 200, cacheWrite: 30, cacheWrite1h: 20, output: 5, reasoning: 3 }
    )
  })

  it("counts reasoning as output if a server counts it next to the completion", () => {
    assert.deepStrictEqual(
      tokensOf({
        prompt_tokens: 307,
        completion_tokens: 26,
        total_tokens: 588,
        completion_tokens_details: { reasoning_tokens: 255 }
      }),
      { input: 307, output: 281, reasoning: 255 }
    )
  })

  it("of a Coze chat has its counts", () => {
    assert.deepStrictEqual(tokensOf({ token_count: 9, input_count: 4, output_count: 5 }), { input: 4, output: 5 })
  })

  it("is undefined if none is reported", () => {
    assert.isUndefined(Usage.of({ usage: null }))
    assert.isUndefined(Usage.of({ usage: { type: "duration", seconds: 3 } }))
    assert.isUndefined(Usage.of("text"))
  })

  it("keeps the record of the server", () => {
    const usage = { prompt_tokens: 1, completion_tokens: 2, cost: 0.1 }
    assert.strictEqual(Usage.of({ usage })?.raw, usage)
  })

  it.skipIf(!hasCorpus)("of every recorded answer adds up to the server's own total", () => {
    let checked = 0
    for (const { body, id } of (["openai", "anthropic", "compatible"] as const).flatMap(recordings)) {
      const usage = Usage.of(body)
      const { total_tokens: total } = { total_tokens: undefined, ...((usage?.raw ?? {}) as object) }
      if (usage === undefined || typeof total !== "number") continue
      checked++
      assert.strictEqual(usage.input + usage.output, total, id)
    }
    assert.isAtLeast(checked, 200)
  })
})

describe("a counter", () => {
  const chat = { model: "gpt-5.4-mini", messages: [{ role: "user" as const, content: "hi" }] }
  const usage = { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 }

  it.effect("adds up the calls of a program, by model and over services", () => {
    const openai = fakeHttp(
      { body: { ...completion("not counted"), usage } },
      { body: { ...completion("a"), usage } },
      { body: { ...completion("b"), usage } },
      { body: { object: "list", model: "embed", data: [], usage: { prompt_tokens: 7, total_tokens: 7 } } }
    )
    const anthropic = fakeHttp({
      body: {
        id: "m",
        type: "message",
        role: "assistant",
        model: "claude-sonnet-5",
        content: [],
        stop_reason: "end_turn",
        stop_sequence: null,
        usage: { input_tokens: 1, output_tokens: 1 }
      }
    })
    return Effect.gen(function* () {
      const counter = yield* Usage.makeCounter
      yield* ChatCompletions.create(chat)
      yield* Effect.all([
        ChatCompletions.create(chat),
        ChatCompletions.create(chat),
        Embeddings.create({ model: "embed", input: "x", encoding_format: "float" }),
        Messages.create({ model: "claude-sonnet-5", max_tokens: 1, messages: [] })
      ]).pipe(Usage.countInto(OpenAi, counter), Usage.countInto(Anthropic, counter))
      const total = yield* counter.total
      assert.strictEqual(total.calls, 4)
      assert.deepInclude(total.tokens, { input: 14, output: 5 })
      assert.deepStrictEqual(
        total.models.map(({ calls, model, provider }) => [provider, model, calls]),
        [
          ["openai", "gpt-5.4-mini", 2],
          ["openai", "embed", 1],
          ["anthropic", "claude-sonnet-5", 1]
        ]
      )
    }).pipe(Effect.provide(Layer.mergeAll(openAiOver(openai), anthropicOver(anthropic))))
  })

  it.effect("has the usage of a stream that is read to its end", () => {
    const http = fakeHttp({
      parts: [
        sse(completionChunk("a", null), completionChunk("", "stop")),
        sse({ ...completionChunk("", null), choices: [], usage }, "[DONE]")
      ]
    })
    return Effect.gen(function* () {
      const counter = yield* Usage.makeCounter
      yield* Stream.runDrain(ChatCompletions.stream(chat).pipe(Usage.countInto(OpenAi, counter)))
      const { models } = yield* counter.total
      assert.deepStrictEqual(
        models.map(({ model, tokens }) => [model, tokens.input, tokens.output]),
        [["gpt-5.4-mini", 3, 2]]
      )
    }).pipe(Effect.provide(openAiOver(http)))
  })

  const messageStart = (rest: object) => ({
    type: "message_start",
    message: {
      id: "m",
      type: "message",
      role: "assistant",
      model: "claude-sonnet-5",
      content: [],
      stop_reason: null,
      stop_sequence: null,
      usage: { input_tokens: 10, cache_read_input_tokens: 90, output_tokens: 1 },
      ...rest
    }
  })
  const input = { model: "claude-sonnet-5", max_tokens: 9, messages: [] }

  it.effect("joins the counts of a message's first and last events", () => {
    const http = fakeHttp({
      parts: [
        sse(messageStart({})),
        sse({ type: "message_delta", delta: { stop_reason: "end_turn" }, usage: { output_tokens: 8 } }),
        sse({ type: "message_stop" })
      ]
    })
    return Effect.gen(function* () {
      const counter = yield* Usage.makeCounter
      yield* Stream.runDrain(Messages.stream(input)).pipe(Usage.countInto(Anthropic, counter))
      const { tokens } = yield* counter.total
      assert.deepInclude(tokens, { input: 100, cacheRead: 90, output: 8 })
    }).pipe(Effect.provide(anthropicOver(http)))
  })

  it.effect("asks for the usage of a chat's stream, unless the program does not want it", () => {
    const http = fakeHttp({ parts: [sse(completionChunk("", "stop"), "[DONE]")] })
    return Effect.gen(function* () {
      const counter = yield* Usage.makeCounter
      yield* Effect.all([
        Stream.runDrain(ChatCompletions.stream(chat)),
        Stream.runDrain(ChatCompletions.stream({ ...chat, stream_options: { include_usage: false } })),
        Effect.scoped(ChatCompletions.stream.withResponse(chat))
      ]).pipe(Usage.countInto(OpenAi, counter))
      yield* Stream.runDrain(ChatCompletions.stream(chat))
      assert.deepStrictEqual(
        http.sent.map(({ body }) => (body as { readonly stream_options?: object }).stream_options),
        [{ include_usage: true }, { include_usage: false }, { include_usage: true }, undefined]
      )
    }).pipe(Effect.provide(openAiOver(http)))
  })

  it.effect("says how many streams ended before their usage was known", () => {
    const http = fakeHttp({ parts: [sse(completionChunk("a", null)), 60_000] })
    return Effect.gen(function* () {
      const counter = yield* Usage.makeCounter
      const first = Stream.runHead(ChatCompletions.stream(chat))
      yield* Effect.all([first, first]).pipe(Usage.countInto(OpenAi, counter))
      assert.deepInclude(yield* counter.total, { calls: 0, unreported: 2, models: [] })
    }).pipe(Effect.provide(openAiOver(http)))
  })

  it.effect("has what a stream has cost until it was interrupted", () => {
    const http = fakeHttp({ parts: [sse(messageStart({})), 60_000] })
    return Effect.gen(function* () {
      const counter = yield* Usage.makeCounter
      const fiber = yield* Effect.forkChild(
        Stream.runDrain(Messages.stream(input)).pipe(Usage.countInto(Anthropic, counter))
      )
      yield* TestClock.adjust("1 second")
      yield* Fiber.interrupt(fiber)
      const { tokens } = yield* counter.total
      assert.strictEqual(tokens.input, 100)
    }).pipe(Effect.provide(anthropicOver(http)))
  })

  it.effect("has what a stream has cost until it broke", () => {
    const http = fakeHttp({ parts: [sse(messageStart({})), "<broken>"] })
    return Effect.gen(function* () {
      const counter = yield* Usage.makeCounter
      yield* Effect.exit(Stream.runDrain(Messages.stream(input)).pipe(Usage.countInto(Anthropic, counter)))
      const { tokens } = yield* counter.total
      assert.strictEqual(tokens.input, 100)
    }).pipe(Effect.provide(anthropicOver(http)))
  })
})

describe("the cost", () => {
  const price = {
    input: 3,
    output: 15,
    cacheRead: 0.3,
    cacheWrite: 3.75,
    cacheWrite1h: 6,
    inputAudio: 10,
    outputAudio: 20
  }

  it("counts each token once, at its own price", () => {
    const million = 1_000_000
    const tokens = {
      input: 10 * million,
      cacheRead: 2 * million,
      cacheWrite: 3 * million,
      cacheWrite1h: 1 * million,
      inputAudio: 1 * million,
      output: 5 * million,
      reasoning: 4 * million,
      outputAudio: 2 * million
    }
    const input = 4 * 3 + 2 * 0.3 + 2 * 3.75 + 1 * 6 + 1 * 10
    const output = 3 * 15 + 2 * 20
    assert.closeTo(Usage.costOf(tokens, price), input + output, 1e-9)
  })

  it("is that of other input if a kind has no price of its own", () => {
    const tokens = { ...Usage.zero, input: 1000, cacheRead: 400, cacheWrite: 100 }
    assert.closeTo(Usage.costOf(tokens, { input: 1000, output: 0 }), 1, 1e-9)
  })

  const total = (model: string) => ({
    provider: "openai",
    model,
    calls: 1,
    tokens: { ...Usage.zero, input: 1_000_000 }
  })

  it("finds a model with its date", () => {
    const models = [total("a-2026-03-05"), total("b-20260305"), total("a")]
    const cost = Usage.cost({ models }, { a: { input: 1, output: 0 }, b: price })
    assert.deepStrictEqual(cost, { amount: 5, unpriced: [] })
  })

  it("names the models without a price", () => {
    const cost = Usage.cost({ models: [total("a"), total("toString")] }, { b: price })
    assert.deepStrictEqual(cost, { amount: 0, unpriced: ["a", "toString"] })
  })
})
