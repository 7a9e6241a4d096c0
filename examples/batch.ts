/**
 * Runs many questions as one batch. Two fail; the one that may succeed goes into a second batch.
 *
 *     node scripts/run.mjs examples/batch.ts
 */
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import { BatchRun, ChatCompletions } from "llmfx/openai"
import { type Emulator, Failure } from "llmfx/testing"
import { openAi } from "./support/standIn.ts"

const questions = Stream.make("Berlin", "Rome", "Atlantis", "Busytown").pipe(
  Stream.map((city) => ({
    customId: city,
    input: { model: "gpt-5.4-mini", messages: [{ role: "user" as const, content: `Describe ${city}.` }] }
  }))
)

/**
 * If this program stops here, `BatchRun.resume` needs only the id of a `Submitted` event. With the questions, it also
 * repeats failed ones.
 */
const program = BatchRun.run(ChatCompletions.create, questions, {
  retries: 1,
  poll: { schedule: Schedule.spaced("20 millis") }
}).pipe(
  Stream.runForEach((event) => {
    switch (event._tag) {
      case "Submitted":
        return Console.log(`batch ${event.batchId} with ${event.requests} requests`)
      case "Progress":
        return Console.log(`  ${event.completed} of ${event.total}`)
      case "Succeeded":
        return Console.log(`${event.customId}: ${event.value.choices[0]?.message.content}`)
      case "Failed":
        return Console.log(`${event.customId}: ${event.error.message} (${event.error.kind})`)
    }
  })
)

let isBusy = true

/** Atlantis is never found. Busytown answers only the second time. */
const reply = ({ messages }: Emulator.ChatRequest): Emulator.Scripted => {
  const city = /Describe (\w+)/.exec(messages.at(-1)?.text ?? "")?.[1] ?? ""
  if (city === "Atlantis") return { failure: Failure.invalidRequest({ message: "There is no such place" }) }
  if (city === "Busytown" && isBusy) {
    isBusy = false
    return { failure: Failure.overloaded({ message: "Everybody is busy" }) }
  }
  return `${city} is a place.`
}

await Effect.runPromise(program.pipe(Effect.provide(openAi({ replies: reply, jobDuration: "60 millis" }))))
