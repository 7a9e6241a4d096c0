import { assert, describe, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import type * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/testing/TestClock"
import { ApiError, Endpoint, RequestOptions, RetryPolicy } from "llmfx"
import { Anthropic, Messages, MessagesBatches } from "llmfx/anthropic"
import { Chat, Coze, Workspaces } from "llmfx/coze"
import { AudioSpeech, ChatCompletions, Files, Models, OpenAi, VectorStores } from "llmfx/openai"
import { Events, Failure, Mock, Reply, type Sample, Script } from "llmfx/testing"
import { expectTypeOf } from "vitest"
import { reasonOf, streamFailure } from "../support/errors.ts"

const question = { model: "gpt-5.4-mini", messages: [{ role: "user", content: "hi" }] } as const
const prompt = { model: "claude-sonnet-5", max_tokens: 16, messages: [{ role: "user", content: "hi" }] } as const
const apiKey = Redacted.make("test-key")

const rawAnswer = Endpoint.rawJson<object, OpenAi>(OpenAi, { id: "raw.answer", method: "POST", path: "/raw" })
const rawEvents = Endpoint.rawEventStream<object, OpenAi>(OpenAi, {
  id: "raw.answer:stream",
  method: "POST",
  path: "/raw",
  fixed: { stream: true }
})

type OpenAiLayer = (handlers: ReadonlyArray<Mock.Handler>) => Layer.Layer<OpenAi, unknown>

const levels: ReadonlyArray<readonly [name: string, layer: OpenAiLayer]> = [
  ["at the value level", (handlers) => Mock.layer(OpenAi, handlers)],
  ["over HTTP", (handlers) => Mock.layerHttp(OpenAi, { apiKey, retry: RetryPolicy.none }, handlers)]
]

for (const [name, layer] of levels) {
  describe(`a mocked service ${name}`, () => {
    it.effect("answers with the handler's value, filled from the schema", () =>
      Effect.gen(function* () {
        const answer = yield* ChatCompletions.create(question)
        assert.strictEqual(answer.choices[0]?.message.content, "You sent hi")
        assert.strictEqual(answer.object, "chat.completion")
        assert.strictEqual(answer.choices[0]?.finish_reason, "stop")
      }).pipe(
        Effect.provide(
          layer([
            Mock.on(ChatCompletions.create, ({ messages }) =>
              Effect.succeed({ choices: [{ message: { content: `You sent ${messages[0]?.content}` } }] })
            )
          ])
        )
      )
    )

    it.effect("streams events that are given as an array", () =>
      Effect.gen(function* () {
        const chunks = yield* Stream.runCollect(ChatCompletions.stream(question))
        assert.strictEqual(chunks.map(({ choices }) => choices[0]?.delta.content ?? "").join(""), "Hello, world")
      }).pipe(Effect.provide(layer([Mock.on(ChatCompletions.stream, () => Events.chatCompletion("Hello, world"))])))
    )

    it.effect("gives undecoded endpoints what the handler gives", () =>
      Effect.gen(function* () {
        assert.deepStrictEqual(yield* rawAnswer({}), { any: ["thing"] })
        assert.deepStrictEqual(yield* Stream.runCollect(rawEvents({})), [{ n: 1 }, { n: 2 }])
      }).pipe(
        Effect.provide(
          layer([
            Mock.on(rawAnswer, () => Effect.succeed({ any: ["thing"] })),
            Mock.on(rawEvents, () => [{ n: 1 }, { n: 2 }])
          ])
        )
      )
    )

    it.effect("ends a stream with the failure of the handler's stream, after the events before it", () =>
      Effect.gen(function* () {
        const { error, values } = yield* streamFailure(ChatCompletions.stream(question))
        assert.strictEqual(values.length, 1)
        assert.strictEqual(reasonOf(error, "OverloadedError").message, "no room")
        assert.deepStrictEqual(error.partial, { text: "Hel", usage: undefined, events: 1 })
      }).pipe(
        Effect.provide(
          layer([
            Mock.on(ChatCompletions.stream, () =>
              Stream.concat(
                Stream.make({ choices: [{ delta: { content: "Hel" } }] }),
                Stream.fail(Failure.overloaded({ message: "no room" }))
              )
            )
          ])
        )
      )
    )

    it.effect("gives pages, and follows their cursor", () =>
      Effect.gen(function* () {
        const files = yield* Stream.runCollect(Files.list({}))
        assert.deepStrictEqual(
          files.map(({ id }) => id),
          ["file-1", "file-2", "file-3"]
        )
        assert.deepStrictEqual(yield* Mock.calls(Files.list), [{}, { after: "file-2" }])
      }).pipe(
        Effect.provide(
          layer([
            Mock.on(Files.list, ({ after }) =>
              Effect.succeed(
                after === undefined
                  ? { items: [{ id: "file-1" }, { id: "file-2" }], next: { after: "file-2" } }
                  : [{ id: "file-3" }]
              )
            )
          ])
        )
      )
    )

    it.effect("answers a binary endpoint with bytes", () =>
      Effect.gen(function* () {
        const bytes = yield* Stream.runCollect(
          AudioSpeech.create({ model: "gpt-4o-mini-tts", voice: "alloy", input: "hi" })
        )
        assert.deepStrictEqual(
          bytes.flatMap((chunk) => [...chunk]),
          [1, 2, 3]
        )
      }).pipe(Effect.provide(layer([Mock.on(AudioSpeech.create, () => [new Uint8Array([1, 2]), new Uint8Array([3])])])))
    )

    it.effect("fails with the handler's reason and the status that belongs to it", () =>
      Effect.gen(function* () {
        const error = yield* Effect.flip(Models.retrieve({ model: "gpt-9" }))
        assert.strictEqual(reasonOf(error, "NotFoundError").code, "model_not_found")
        assert.strictEqual(error.response?.status, 404)
        assert.strictEqual(error.endpoint, "models.retrieve")
      }).pipe(
        Effect.provide(
          layer([Mock.on(Models.retrieve, () => Effect.fail(Failure.notFound({ code: "model_not_found" })))])
        )
      )
    )

    it.effect("records the inputs of an endpoint's calls in their order", () =>
      Effect.gen(function* () {
        yield* Models.retrieve({ model: "a" })
        yield* Files.retrieve({ file_id: "f" })
        yield* Models.retrieve({ model: "b" })
        assert.deepStrictEqual(yield* Mock.calls(Models.retrieve), [{ model: "a" }, { model: "b" }])
        assert.deepStrictEqual(
          (yield* Mock.allCalls(OpenAi)).map(({ endpoint }) => endpoint),
          ["models.retrieve", "files.retrieve", "models.retrieve"]
        )
      }).pipe(
        Effect.provide(
          layer([Mock.on(Models.retrieve, () => Effect.succeed({})), Mock.on(Files.retrieve, () => Effect.succeed({}))])
        )
      )
    )

    it.effect("gives the handlers of inOrder their turns and stays at the last one", () =>
      Effect.gen(function* () {
        const ask = Effect.map(Models.retrieve({ model: "m" }), ({ id }) => id)
        assert.deepStrictEqual(yield* Effect.all([ask, ask, ask]), ["first", "second", "second"])
      }).pipe(
        Effect.provide(
          layer([
            Mock.inOrder(
              Models.retrieve,
              () => Effect.succeed({ id: "first" }),
              () => Effect.succeed({ id: "second" })
            )
          ])
        )
      )
    )

    it.effect("dies of a call without a handler and says what is mocked", () =>
      Effect.gen(function* () {
        const exit = yield* Effect.exit(VectorStores.retrieve({ vector_store_id: "vs" }))
        assert.isTrue(Exit.isFailure(exit) && Cause.hasDies(exit.cause))
        const text = Exit.isFailure(exit) ? Cause.pretty(exit.cause) : ""
        assert.include(text, `openai vectorStores.retrieve was called with {"vector_store_id":"vs"}`)
        assert.include(text, "- models.retrieve")
      }).pipe(Effect.provide(layer([Mock.on(Models.retrieve, () => Effect.succeed({}))])))
    )

    it.effect("gives the unread response of raw calls", () =>
      Effect.gen(function* () {
        const response = yield* Models.retrieve.raw({ model: "m" })
        assert.deepInclude(JSON.parse(yield* response.text), { id: "m", object: "model" })
      }).pipe(Effect.provide(layer([Mock.on(Models.retrieve, ({ model }) => Effect.succeed({ id: model }))])))
    )

    it.effect("starts every layer with fresh handlers and no calls", () => {
      const handlers = [
        Mock.inOrder(
          Models.retrieve,
          () => Effect.succeed({ id: "first" }),
          () => Effect.succeed({ id: "second" })
        )
      ]
      const once = Effect.gen(function* () {
        const { id } = yield* Models.retrieve({ model: "m" })
        return [id, (yield* Mock.calls(Models.retrieve)).length] as const
      }).pipe(Effect.provide(layer(handlers)))
      return Effect.gen(function* () {
        assert.deepStrictEqual(yield* once, ["first", 1])
        assert.deepStrictEqual(yield* once, ["first", 1])
      })
    })
  })
}

describe("a handler", () => {
  it("is typed by its endpoint", () => {
    expectTypeOf<Mock.Answer<typeof Models.retrieve>>().toEqualTypeOf<
      Effect.Effect<Sample.Partial<Models.Model>, ApiError.Reason>
    >()
    expectTypeOf<Mock.Answer<typeof ChatCompletions.stream>>().toExtend<
      | Stream.Stream<Sample.Partial<ChatCompletions.ChatCompletionChunk>, ApiError.Reason>
      | ReadonlyArray<Sample.Partial<ChatCompletions.ChatCompletionChunk>>
    >()
    expectTypeOf(Mock.on<typeof Files.retrieve>)
      .parameter(1)
      .parameter(0)
      .toEqualTypeOf<Files.FileRetrieveParams>()
    expectTypeOf({ id: 7 }).not.toExtend<Sample.Partial<Models.Model>>()
  })
})

describe("mocked services of several providers", () => {
  it.effect("are asked for their calls separately", () =>
    Effect.gen(function* () {
      yield* Messages.countTokens({ model: "claude-sonnet-5", messages: [] })
      yield* Chat.create({ bot_id: "b" })
      assert.strictEqual((yield* Mock.calls(Messages.countTokens)).length, 1)
      assert.deepStrictEqual(yield* Mock.calls(Chat.create), [{ bot_id: "b" }])
    }).pipe(
      Effect.provide([
        Mock.layer(Anthropic, [Mock.on(Messages.countTokens, () => Effect.succeed({ input_tokens: 3 }))]),
        Mock.layer(Coze, [Mock.on(Chat.create, () => Effect.succeed({ status: "in_progress" }))])
      ])
    )
  )

  it.effect("refuse a handler for another provider's endpoint", () =>
    Effect.gen(function* () {
      const exit = yield* Effect.exit(
        Effect.provide(OpenAi, Mock.layer(OpenAi, [Mock.on(Chat.create, () => Effect.succeed({}))]))
      )
      assert.include(Exit.isFailure(exit) ? Cause.pretty(exit.cause) : "", "chat.create is an endpoint of coze")
    })
  )

  it.effect("die of a mocked answer that does not fit the schema, and say where", () =>
    Effect.gen(function* () {
      const wrong = { choices: "none" } as unknown as { readonly choices: readonly [] }
      const exit = yield* Effect.exit(ChatCompletions.create(question)).pipe(
        Effect.provide(Mock.layer(OpenAi, [Mock.on(ChatCompletions.create, () => Effect.succeed(wrong))]))
      )
      assert.include(
        Exit.isFailure(exit) ? Cause.pretty(exit.cause) : "",
        "The mocked answer of chat.completions.create does not fit its schema. At choices: expected an array"
      )
    })
  )
})

describe("a mocked network", () => {
  it.effect("lets the retries of the client work, on the clock of the test", () =>
    Effect.gen(function* () {
      const fiber = yield* Effect.forkChild(Models.retrieve.withResponse({ model: "m" }))
      yield* TestClock.adjust("1999 millis")
      assert.strictEqual((yield* Mock.calls(Models.retrieve)).length, 1)
      yield* TestClock.adjust("1 millis")
      const response = yield* Fiber.join(fiber)
      assert.strictEqual(response.attempts, 2)
      assert.strictEqual(response.value.id, "m")
    }).pipe(
      Effect.provide(
        Mock.layerHttp(OpenAi, { apiKey }, [
          Mock.inOrder(
            Models.retrieve,
            () => Effect.fail(Failure.rateLimit({ retryAfter: "2 seconds" })),
            ({ model }) => Effect.succeed({ id: model })
          )
        ])
      )
    )
  )

  it.effect("shows handlers the request as it went out, credential and all", () =>
    Effect.gen(function* () {
      yield* RequestOptions.withHeaders(Files.retrieve({ file_id: "a/b" }), { "x-trace": "7" })
      const [call] = yield* Mock.allCalls(OpenAi)
      const request = call?.request
      assert.strictEqual(request?.url, "https://api.openai.com/v1/files/a%2Fb")
      assert.strictEqual(request?.headers["authorization"], "Bearer test-key")
      assert.strictEqual(request?.headers["x-trace"], "7")
    }).pipe(Effect.provide(Mock.layerHttp(OpenAi, { apiKey }, [Mock.on(Files.retrieve, () => Effect.succeed({}))])))
  )

  it.effect("lets timeouts pass if a handler never answers", () =>
    Effect.gen(function* () {
      const fiber = yield* Effect.forkChild(Effect.flip(Models.retrieve({ model: "m" })))
      yield* TestClock.adjust("3 seconds")
      assert.strictEqual(reasonOf(yield* Fiber.join(fiber), "TimeoutError").which, "headers")
    }).pipe(
      Effect.provide(
        Mock.layerHttp(OpenAi, { apiKey, retry: RetryPolicy.none, timeouts: { headers: "3 seconds" } }, [
          Mock.on(Models.retrieve, () => Effect.fail(Failure.timeout()))
        ])
      )
    )
  )

  it.effect("sends a script byte by byte, and its pauses pass on the clock of the test", () =>
    Effect.gen(function* () {
      const seen: Array<string> = []
      const fiber = yield* Effect.forkChild(
        Stream.runForEach(Messages.stream(prompt), (event) => Effect.sync(() => seen.push(event.type)))
      )
      yield* TestClock.adjust("2500 millis")
      assert.deepStrictEqual(seen, ["message_start", "content_block_start"])
      yield* TestClock.adjust("10 seconds")
      yield* Fiber.join(fiber)
      assert.strictEqual(seen.at(-1), "message_stop")
    }).pipe(
      Effect.provide(
        Mock.layerHttp(Anthropic, { apiKey }, [
          Mock.reply(Messages.stream, () =>
            Effect.succeed(
              Script.forEndpoint(Messages.stream, Events.message("one two")).pipe(
                Script.pace("1 second"),
                Script.insertAfter(1, Script.ping, Script.comment()),
                Script.rechunk(1)
              )
            )
          )
        ])
      )
    )
  )

  it.effect("sends a response of the test's own making", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(Models.retrieve({ model: "m" }))
      assert.include(reasonOf(error, "ServerError").message, "Bad gateway")
      assert.strictEqual(error.response?.status, 502)
    }).pipe(
      Effect.provide(
        Mock.layerHttp(OpenAi, { apiKey, retry: RetryPolicy.none }, [
          Mock.reply(Models.retrieve, () =>
            Effect.succeed(
              Reply.text("<title>Bad gateway</title>", { status: 502, headers: { "content-type": "text/html" } })
            )
          )
        ])
      )
    )
  )

  it.effect("writes pages in the form of each API", () =>
    Effect.gen(function* () {
      const batches = yield* Stream.runCollect(MessagesBatches.list({ limit: 1 }))
      assert.deepStrictEqual(
        batches.map(({ id }) => id),
        ["b-1", "b-2"]
      )
      const workspaces = yield* Stream.runCollect(Workspaces.list({ page_size: 1 }))
      assert.deepStrictEqual(
        workspaces.map(({ id }) => id),
        ["w-1", "w-2"]
      )
    }).pipe(
      Effect.provide([
        Mock.layerHttp(Anthropic, { apiKey }, [
          Mock.on(MessagesBatches.list, ({ after_id }) =>
            Effect.succeed(
              after_id === undefined ? { items: [{ id: "b-1" }], next: { after_id: "b-1" } } : [{ id: "b-2" }]
            )
          )
        ]),
        Mock.layerHttp(Coze, { token: apiKey, platform: "com" }, [
          Mock.on(Workspaces.list, ({ page_num = 1 }) =>
            Effect.succeed({ items: [{ id: `w-${page_num}` }], next: page_num === 1 ? { page_num: 2 } : undefined })
          )
        ])
      ])
    )
  )
})

describe("failures", () => {
  const reasons: ReadonlyArray<ApiError.Reason> = [
    Failure.authentication(),
    Failure.permissionDenied(),
    Failure.notFound(),
    Failure.invalidRequest(),
    Failure.conflict(),
    Failure.rateLimit({ retryAfter: "1500 millis" }),
    Failure.quotaExceeded(),
    Failure.contentPolicy(),
    Failure.overloaded(),
    Failure.server(),
    Failure.network({ code: "ECONNREFUSED" }),
    Failure.decode({ id: { of: 7 } }),
    Failure.unexpectedResponse()
  ]
  const calls: ReadonlyArray<(reason: ApiError.Reason) => Effect.Effect<unknown, unknown>> = [
    (reason: ApiError.Reason) =>
      Effect.provide(
        Models.retrieve({ model: "m" }),
        Mock.layerHttp(OpenAi, { apiKey, retry: RetryPolicy.none }, [
          Mock.on(Models.retrieve, () => Effect.fail(reason))
        ])
      ),
    (reason: ApiError.Reason) =>
      Effect.provide(
        MessagesBatches.retrieve({ message_batch_id: "b" }),
        Mock.layerHttp(Anthropic, { apiKey, retry: RetryPolicy.none }, [
          Mock.on(MessagesBatches.retrieve, () => Effect.fail(reason))
        ])
      ),
    (reason: ApiError.Reason) =>
      Effect.provide(
        Chat.create({ bot_id: "b" }),
        Mock.layerHttp(Coze, { token: apiKey, platform: "com" }, [Mock.on(Chat.create, () => Effect.fail(reason))])
      )
  ]

  for (const reason of reasons) {
    it.effect(`${reason._tag} is what a client finds in the response that stands for it, of every provider`, () =>
      Effect.gen(function* () {
        for (const call of calls) {
          const error = yield* Effect.flip(call(reason))
          assert.isTrue(error instanceof ApiError.ApiError)
          if (!ApiError.isApiError(error)) return
          assert.strictEqual(error.reason._tag, reason._tag, `${error.provider}: ${error.message}`)
          if (reason._tag === "RateLimitError") {
            const { retryAfter } = reasonOf(error, "RateLimitError")
            assert.strictEqual(retryAfter === undefined ? undefined : Duration.toMillis(retryAfter), 1500)
          }
        }
      })
    )
  }
})
