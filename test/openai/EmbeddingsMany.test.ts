import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/testing/TestClock"
import * as EmbeddingsMany from "../../src/openai/EmbeddingsMany.ts"
import { reasonOf } from "../support/errors.ts"
import { type FakeHttp, fakeHttp, type Reply, type Sent } from "../support/FakeHttp.ts"
import { openAiOver } from "../support/probes.ts"
import { sentBody } from "../support/sent.ts"

const base64 = (numbers: ReadonlyArray<number>): string =>
  Buffer.from(Float32Array.from(numbers).buffer).toString("base64")

/** Embeds each text as its length, later texts of a request first; longer requests take longer. */
const server = ({ body }: Sent): Reply => {
  const { input } = body as { readonly input: ReadonlyArray<string> }
  return {
    delay: 1000 - input.length,
    body: {
      object: "list",
      model: "embed",
      data: input
        .map((text, index) => ({ object: "embedding", index, embedding: base64([text.length, index]) }))
        .reverse(),
      usage: { prompt_tokens: input.length, total_tokens: input.length }
    }
  }
}

const settle = <A, E, R>(program: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.gen(function* () {
    const fiber = yield* Effect.forkChild(program)
    yield* TestClock.adjust("1 hour")
    return yield* Fiber.join(fiber)
  })

const sizes = (http: FakeHttp): ReadonlyArray<number> =>
  http.sent.map((_, index) => sentBody<{ readonly input: ReadonlyArray<string> }>(http, index).input.length)

const words = (count: number) => Array.from({ length: count }, (_, index) => "x".repeat((index % 7) + 1))

describe("many embeddings", () => {
  it.effect("are asked for in base64, and come in the order of their texts", () => {
    const http = fakeHttp(server)
    return Effect.gen(function* () {
      const texts = words(5000)
      const { tokens, vectors } = yield* settle(EmbeddingsMany.create({ model: "embed", input: texts }))
      assert.deepStrictEqual(
        vectors.map((vector) => vector[0]),
        texts.map((text) => text.length)
      )
      assert.strictEqual(tokens, 5000)
      assert.deepStrictEqual(sizes(http), [2048, 2048, 904])
      assert.strictEqual(sentBody(http)["encoding_format"], "base64")
    }).pipe(Effect.provide(openAiOver(http)))
  })

  it.effect("are split at the limit of tokens", () => {
    const http = fakeHttp(server)
    return Effect.gen(function* () {
      yield* settle(
        EmbeddingsMany.create(
          { model: "embed", input: ["aaaa", "bbb", "cc", "d", "eeeeeeeeeeee", "f"] },
          { maxTokens: 7, countTokens: (text) => text.length }
        )
      )
      assert.deepStrictEqual(
        http.sent.map(({ body }) => (body as { readonly input: unknown }).input),
        [["aaaa", "bbb"], ["cc", "d"], ["eeeeeeeeeeee"], ["f"]]
      )
    }).pipe(Effect.provide(openAiOver(http)))
  })

  it.effect("are asked for by so many requests at a time", () => {
    const http = fakeHttp(server)
    return Effect.gen(function* () {
      yield* settle(EmbeddingsMany.create({ model: "embed", input: words(6) }, { maxInputs: 2, concurrency: 2 }))
      assert.deepStrictEqual(
        http.sent.map(({ at }) => at),
        [0, 0, 998]
      )
    }).pipe(Effect.provide(openAiOver(http)))
  })

  it.effect("need no request if there is no text", () => {
    const http = fakeHttp(server)
    return Effect.gen(function* () {
      const { vectors } = yield* EmbeddingsMany.create({ model: "embed", input: [] })
      assert.deepStrictEqual([vectors.length, http.sent.length], [0, 0])
    }).pipe(Effect.provide(openAiOver(http)))
  })

  it.effect("may come from a server that sends numbers all the same", () => {
    const http = fakeHttp({
      body: { object: "list", model: "m", data: [{ index: 0, embedding: [0.5, -1] }], usage: { total_tokens: 1 } }
    })
    return Effect.gen(function* () {
      const { vectors } = yield* EmbeddingsMany.create({ model: "embed", input: ["a"] })
      assert.deepStrictEqual(vectors, [Float32Array.of(0.5, -1)])
    }).pipe(Effect.provide(openAiOver(http)))
  })

  for (const [name, data] of [
    ["is missing", []],
    ["is no base64", [{ index: 0, embedding: "%" }]],
    ["is cut off", [{ index: 0, embedding: "AAAA" }]]
  ] as const) {
    it.effect(`fail if a vector ${name}`, () => {
      const http = fakeHttp({ body: { object: "list", model: "m", data, usage: { total_tokens: 1 } } })
      return Effect.gen(function* () {
        const error = yield* Effect.flip(EmbeddingsMany.create({ model: "embed", input: ["a"] }))
        assert.deepStrictEqual(reasonOf(error, "DecodeError").path, ["data"])
      }).pipe(Effect.provide(openAiOver(http)))
    })
  }

  it.effect("can be had of a stream of texts, each with its text", () => {
    const http = fakeHttp(server)
    return Effect.gen(function* () {
      const texts = words(10)
      const embedded = yield* settle(
        Stream.fromIterable(texts).pipe(
          Stream.rechunk(4),
          EmbeddingsMany.stream({ model: "embed", dimensions: 2 }, { maxInputs: 3 }),
          Stream.runCollect
        )
      )
      assert.deepStrictEqual(
        embedded.map(({ text, vector }) => [text, vector[0]]),
        texts.map((text) => [text, text.length])
      )
      assert.deepStrictEqual(sizes(http), [3, 3, 3, 1])
      assert.strictEqual(sentBody(http)["dimensions"], 2)
    }).pipe(Effect.provide(openAiOver(http)))
  })
})

it("vectors are as alike as their directions", () => {
  assert.closeTo(EmbeddingsMany.cosineSimilarity([1, 0], [2, 0]), 1, 1e-9)
  assert.closeTo(EmbeddingsMany.cosineSimilarity([1, 0], [0, 3]), 0, 1e-9)
  assert.closeTo(EmbeddingsMany.cosineSimilarity([1, 1], [-1, -1]), -1, 1e-9)
  assert.strictEqual(EmbeddingsMany.cosineSimilarity([0, 0], [1, 1]), 0)
})
