import { assert, describe, it } from "@effect/vitest"
import * as AiError from "effect/ai/AiError"
import * as AiEmbeddingModel from "effect/ai/EmbeddingModel"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Tracer from "effect/Tracer"
import * as TestClock from "effect/testing/TestClock"
import * as Middleware from "../../src/Middleware.ts"
import * as EmbeddingModel from "../../src/openai/EmbeddingModel.ts"
import * as RetryPolicy from "../../src/policies/RetryPolicy.ts"
import * as RequestOptions from "../../src/RequestOptions.ts"
import * as Telemetry from "../../src/telemetry/Telemetry.ts"
import { fakeHttp, type Reply, type Sent } from "../support/FakeHttp.ts"
import { recordingTracer } from "../support/languageModels.ts"
import { openAiOver } from "../support/probes.ts"
import { sentBody } from "../support/sent.ts"

const server = ({ body }: Sent): Reply => {
  const { input } = body as { readonly input: ReadonlyArray<string> }
  const data = input.map((text, index) => ({
    object: "embedding",
    index,
    embedding: Buffer.from(Float32Array.from([text.length, 0.5]).buffer).toString("base64")
  }))
  return { body: { object: "list", model: "embed", data, usage: { prompt_tokens: 3, total_tokens: 3 } } }
}

const embedMany = (texts: ReadonlyArray<string>) =>
  Effect.flatMap(AiEmbeddingModel.EmbeddingModel, (model) => model.embedMany(texts))

describe("the embedding model", () => {
  it.effect("describes a call on the one span that the call has, also if Telemetry is on", () => {
    const http = fakeHttp(server)
    const { spans, tracer } = recordingTracer()
    return Effect.gen(function* () {
      yield* embedMany(["a", "bb", "ccc"])
      const described = spans.filter(({ attributes }) => attributes.has("gen_ai.operation.name"))
      assert.deepStrictEqual(
        described.map(({ name }) => name),
        ["EmbeddingModel.embedMany"]
      )
      assert.deepInclude(Object.fromEntries(described[0]?.attributes ?? []), {
        "gen_ai.operation.name": "embeddings",
        "gen_ai.request.model": "embed",
        "gen_ai.usage.input_tokens": 6
      })
    }).pipe(
      Effect.provide(
        EmbeddingModel.model("embed", { dimensions: 2, maxInputs: 2 }).pipe(
          Layer.provide(openAiOver(http, { middleware: [Telemetry.make()] }))
        )
      ),
      Effect.provideService(Tracer.Tracer, tracer)
    )
  })

  it.effect("embeds texts in their order, as many to a request as the settings say", () => {
    const http = fakeHttp(server)
    return Effect.gen(function* () {
      const { embeddings, usage } = yield* embedMany(["a", "bb", "ccc"])
      assert.deepStrictEqual(
        embeddings.map(({ vector }) => vector),
        [
          [1, 0.5],
          [2, 0.5],
          [3, 0.5]
        ]
      )
      assert.strictEqual(usage.inputTokens, 6)
      assert.lengthOf(http.sent, 2)
      assert.strictEqual(sentBody(http)["dimensions"], 2)
      assert.strictEqual(yield* AiEmbeddingModel.Dimensions, 2)
    }).pipe(
      Effect.provide(
        EmbeddingModel.model("embed", { dimensions: 2, maxInputs: 2 }).pipe(Layer.provide(openAiOver(http)))
      )
    )
  })

  it.effect("puts single texts that are asked for at once into one request, if their settings are the same", () => {
    const http = fakeHttp(server)
    const embed = (text: string) => Effect.flatMap(AiEmbeddingModel.EmbeddingModel, (model) => model.embed(text))
    return Effect.gen(function* () {
      yield* Effect.all([embed("a"), embed("b"), EmbeddingModel.withConfig(embed("c"), { user: "u" })], {
        concurrency: "unbounded"
      })
      assert.deepStrictEqual(
        http.sent.map(({ body }) => (body as { readonly input: unknown }).input),
        [["a", "b"], ["c"]]
      )
    }).pipe(Effect.provide(EmbeddingModel.model("embed", { dimensions: 2 }).pipe(Layer.provide(openAiOver(http)))))
  })

  const single = (text: string) => Effect.flatMap(AiEmbeddingModel.EmbeddingModel, (model) => model.embed(text))
  const soon = RequestOptions.withTimeouts({ total: "1 second" })
  const tenant = RequestOptions.withHeaders({ "x-tenant": "a" })
  const elsewhere = RequestOptions.withBaseUrl("http://own.test")
  const passing = Middleware.use(Middleware.make((call, next) => next(call)))

  for (const [name, change] of [
    ["deadline", soon],
    ["headers", tenant],
    ["base URL", elsewhere],
    ["middleware", passing]
  ] as const) {
    it.effect(`does not give the ${name} of one caller to another who asks at the same time`, () => {
      const http = fakeHttp(server)
      return Effect.gen(function* () {
        yield* Effect.all([change(single("a")), single("b")], { concurrency: "unbounded" })
        assert.deepStrictEqual(
          http.sent.map(({ body }) => (body as { readonly input: unknown }).input),
          [["a"], ["b"]]
        )
      }).pipe(Effect.provide(EmbeddingModel.model("embed", { dimensions: 2 }).pipe(Layer.provide(openAiOver(http)))))
    })
  }

  it.effect("puts texts of callers with equal options into one request", () => {
    const http = fakeHttp(server)
    return Effect.gen(function* () {
      yield* Effect.all([single("a"), single("b")].map(RequestOptions.withHeaders({ "x-tenant": "a" })), {
        concurrency: "unbounded"
      })
      assert.lengthOf(http.sent, 1)
    }).pipe(Effect.provide(EmbeddingModel.model("embed", { dimensions: 2 }).pipe(Layer.provide(openAiOver(http)))))
  })

  it.effect("embeds the texts of others although the first caller is interrupted", () => {
    const http = fakeHttp((sent) => ({ ...server(sent), delay: 1000 }))
    return Effect.gen(function* () {
      const hasty = yield* Effect.forkChild(single("a"))
      const patient = yield* Effect.forkChild(single("bb"))
      yield* TestClock.adjust("500 millis")
      yield* Fiber.interrupt(hasty)
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual((yield* Fiber.join(patient)).vector, [2, 0.5])
      assert.lengthOf(http.sent, 1)
    }).pipe(Effect.provide(EmbeddingModel.model("embed", { dimensions: 2 }).pipe(Layer.provide(openAiOver(http)))))
  })

  it.effect("fails with an AiError", () => {
    const http = fakeHttp({ status: 400, body: { error: { message: "too long", type: "invalid_request_error" } } })
    return Effect.gen(function* () {
      const error = yield* Effect.flip(embedMany(["a"]))
      assert.isTrue(AiError.isAiError(error) && error.reason._tag === "InvalidRequestError")
    }).pipe(
      Effect.provide(
        EmbeddingModel.model("embed", { dimensions: 2 }).pipe(
          Layer.provide(openAiOver(http, { retry: RetryPolicy.none }))
        )
      )
    )
  })
})
