/**
 * Counts the tokens of a program, over all its calls and both APIs, and computes their cost.
 *
 *     node scripts/run.mjs examples/usage.ts
 */
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import { Usage } from "llmfx"
import { Anthropic, Messages } from "llmfx/anthropic"
import { ChatCompletionStream, ChatCompletions, OpenAi } from "llmfx/openai"
import { anthropic, openAi } from "./support/standIn.ts"

const question = [{ role: "user" as const, content: "Hello!" }]

/** It knows nothing of being counted. */
const program = Effect.all([
  ChatCompletions.create({ model: "gpt-5.4-mini", messages: question }),
  Stream.runDrain(ChatCompletionStream.chunks({ model: "gpt-5.4-mini", messages: question })),
  Messages.create({ model: "claude-sonnet-5", max_tokens: 100, messages: question })
])

/** Per million tokens; the figures are made up. */
const prices: Usage.Prices = {
  "gpt-5.4-mini": { input: 0.25, cacheRead: 0.025, output: 2 },
  "claude-sonnet-5": { input: 3, cacheRead: 0.3, cacheWrite: 3.75, output: 15 }
}

const counted = Effect.gen(function* () {
  const counter = yield* Usage.makeCounter
  yield* program.pipe(Usage.countInto(OpenAi, counter), Usage.countInto(Anthropic, counter))
  const total = yield* counter.total
  for (const { calls, model, tokens } of total.models) {
    yield* Console.log(
      `${model}: ${calls} calls, ${tokens.input} in (${tokens.cacheRead} cached), ${tokens.output} out`
    )
  }
  yield* Console.log(`$${Usage.cost(total, prices).amount.toFixed(6)}`)
})

const layer = Layer.merge(
  openAi(),
  anthropic({ replies: [{ text: "Hello!", tokens: { input: 2010, cached: 2000, output: 6 } }] })
)

await Effect.runPromise(counted.pipe(Effect.provide(layer)))
