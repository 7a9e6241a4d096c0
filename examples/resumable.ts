/**
 * Streams a long response whose connection breaks twice. The reader does not notice.
 *
 *     node scripts/run.mjs examples/resumable.ts
 */
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import { ResponseStream, ResumableResponse } from "llmfx/openai"
import { Faults } from "llmfx/testing"
import { openAi } from "./support/standIn.ts"

const program = Effect.gen(function* () {
  const answer = yield* ResumableResponse.streamed(
    { model: "gpt-5.4", input: "Tell me a story." },
    { schedule: Schedule.spaced("20 millis") }
  )
  yield* Stream.runForEach(answer.text, (piece) => Console.log(`+ ${piece}`))
  yield* Console.log(`= ${ResponseStream.outputText(yield* answer.final)}`)
})

const faults: Faults.Plan = ({ sequence, url }) => {
  const after = new URL(url).searchParams.get("starting_after")
  if (after !== null) console.log(`(the connection broke; on after event ${after})`)
  return sequence <= 2 ? Faults.dropAfterEvents(5) : undefined
}

await Effect.runPromise(
  Effect.scoped(program).pipe(Effect.provide(openAi({ replies: ["Once upon a time there was a cable."], faults })))
)
