/**
 * Streams a chat completion, and shows what is left of a stream whose connection breaks.
 *
 *     node scripts/run.mjs examples/streaming.ts
 */
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { ChatCompletionStream } from "llmfx/openai"
import { Faults } from "llmfx/testing"
import { openAi } from "./support/standIn.ts"

const question = (content: string) => ({
  model: "gpt-5.4-mini",
  messages: [{ role: "user" as const, content }]
})

/** The text while it arrives, then the whole completion, in one request. */
const story = Effect.gen(function* () {
  const answer = yield* ChatCompletionStream.streamed(question("Tell me a story in one sentence."))
  yield* Stream.runForEach(answer.text, (piece) => Console.log(`+ ${piece}`))
  const completion = yield* answer.final
  yield* Console.log(`= ${completion.choices[0]?.message.content}`)
  yield* Console.log(`  ${completion.usage?.total_tokens} tokens, ${completion.choices[0]?.finish_reason}`)
})

/** The snapshot is available whatever happened to the stream. */
const brokenStory = Effect.gen(function* () {
  const answer = yield* ChatCompletionStream.streamed(question("Tell me a story that breaks off."))
  const error = yield* Effect.flip(answer.final)
  const snapshot = yield* answer.snapshot
  yield* Console.log(`! ${error.reason._tag}, but we have: ${snapshot?.choices[0]?.message.content}`)
})

const layer = openAi({
  replies: ["Once upon a time there was a stream.", "Once upon a time it broke off."],
  faults: ({ body }) => (body.includes("breaks off") ? Faults.dropAfterEvents(5) : undefined)
})

await Effect.runPromise(Effect.scoped(Effect.andThen(story, brokenStory)).pipe(Effect.provide(layer)))
