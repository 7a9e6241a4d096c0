/**
 * Ranks texts by their similarity to a question. The texts go to the API in as few requests as it allows.
 *
 *     node scripts/run.mjs examples/embeddings.ts
 */
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import { EmbeddingsMany } from "llmfx/openai"
import { openAi } from "./support/standIn.ts"

const texts = ["the cat sat on the mat", "prices rose in spring", "a dog ran in the park", "the market fell again"]
const question = "where is the cat"

const program = Effect.gen(function* () {
  const { tokens, vectors } = yield* EmbeddingsMany.create(
    { model: "text-embedding-3-small", input: [question, ...texts] },
    { maxInputs: 2, concurrency: 2 }
  )
  const [asked, ...rest] = vectors
  yield* Console.log(`${vectors.length} vectors, ${tokens} tokens`)
  const ranked = texts
    .map((text, index) => ({ text, score: EmbeddingsMany.cosineSimilarity(asked ?? [], rest[index] ?? []) }))
    .sort((a, b) => b.score - a.score)
  for (const { score, text } of ranked) yield* Console.log(`${score.toFixed(2)}  ${text}`)
})

await Effect.runPromise(program.pipe(Effect.provide(openAi())))
