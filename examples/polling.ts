/**
 * Follows the states of a video, and stops waiting for a batch at a deadline.
 *
 *     node scripts/run.mjs examples/polling.ts
 */
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import { FileSource } from "llmfx"
import { Batches, Files, Jobs } from "llmfx/openai"
import { openAi } from "./support/standIn.ts"

const schedule = Schedule.spaced("50 millis")

const rendered = Jobs.video
  .createAndFollow({ prompt: "A cat that reads the newspaper", model: "sora-2" }, { schedule, deadline: "10 minutes" })
  .pipe(Stream.runForEach(({ progress, status }) => Console.log(`${status} (${progress} %)`)))

const batch = Effect.gen(function* () {
  const line = { custom_id: "1", method: "POST", url: "/v1/moderations", body: { input: "A cat." } }
  const file = yield* Files.create({
    purpose: "batch",
    file: FileSource.fromText(JSON.stringify(line), { name: "requests.jsonl" })
  })
  return yield* Batches.create({
    input_file_id: file.id,
    endpoint: "/v1/moderations",
    completion_window: "24h"
  })
})

/** `cancel` also ends the work on the server. */
const impatient = Effect.gen(function* () {
  const { id: batch_id } = yield* batch
  yield* Jobs.batch
    .wait({ batch_id }, { schedule, deadline: "120 millis", cancel: true })
    .pipe(Effect.catchTag("PollTimeoutError", ({ message }) => Console.log(message)))
  const { status } = yield* Jobs.batch.wait({ batch_id }, { schedule })
  yield* Console.log(`the batch is ${status}`)
})

await Effect.runPromise(Effect.andThen(rendered, impatient).pipe(Effect.provide(openAi({ jobDuration: "300 millis" }))))
