import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as Redacted from "effect/Redacted"
import { Embeddings, OpenAi } from "llmfx/openai"

const floats = [0.5, -1.25, 3]
const base64 = btoa(String.fromCharCode(...new Uint8Array(Float32Array.from(floats).buffer)))

/** Answers in the format that it is asked for, and remembers which that was. */
const server = () => {
  const asked: Array<unknown> = []
  const fetch: typeof globalThis.fetch = async (_, init) => {
    const { encoding_format } = JSON.parse(String(init?.body)) as { readonly encoding_format?: string }
    asked.push(encoding_format)
    return Response.json({
      object: "list",
      model: "m",
      data: [{ object: "embedding", index: 0, embedding: encoding_format === "base64" ? base64 : floats }],
      usage: { prompt_tokens: 1, total_tokens: 1 }
    })
  }
  return { asked, fetch }
}

const embed = (fetch: typeof globalThis.fetch, format?: "float" | "base64") =>
  Embeddings.create
    .withResponse({ model: "m", input: "hi", encoding_format: format })
    .pipe(
      Effect.provide(OpenAi.layer({ apiKey: Redacted.make("test-key") })),
      Effect.provide(FetchHttpClient.layer),
      Effect.provideService(FetchHttpClient.Fetch, fetch)
    )

describe("embeddings", () => {
  it.effect("travel in base64 and arrive as numbers", () =>
    Effect.gen(function* () {
      const { asked, fetch } = server()
      const { raw, value } = yield* embed(fetch)
      assert.deepStrictEqual(asked, ["base64"])
      assert.deepStrictEqual(value.data[0]?.embedding, floats)
      assert.include(JSON.stringify(raw), base64)
    })
  )

  it.effect("stay in the format that the caller names", () =>
    Effect.gen(function* () {
      const { asked, fetch } = server()
      const text = yield* embed(fetch, "base64")
      const numbers = yield* embed(fetch, "float")
      assert.deepStrictEqual(asked, ["base64", "float"])
      assert.strictEqual(text.value.data[0]?.embedding, base64)
      assert.deepStrictEqual(numbers.value.data[0]?.embedding, floats)
    })
  )
})
