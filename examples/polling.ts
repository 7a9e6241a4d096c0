/**
 * A video that takes its time: each state as it is seen, and what happens where nobody wants to wait any longer.
 *
 *     node scripts/run.mjs examples/polling.ts
 */
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import { Jobs } from "llmfx/openai"
import { openAi } from "./support/standIn.ts"

const schedule = Schedule.spaced("50 millis")

const rendered = Jobs.video
  .createAndFollow({ prompt: "A cat that reads the newspaper", model: "sora-2" }, { schedule, deadline: "10 minutes" })
  .pipe(Stream.runForEach(({ progress, status }) => Console.log(`${status} (${progress} %)`)))

/** `cancel` also ends the work on the server. */
const impatient = Jobs.batch
  .wait({ batch_id: "batch_slow" }, { schedule, deadline: "120 millis", cancel: true })
  .pipe(Effect.catchTag("PollTimeoutError", ({ message }) => Console.log(message)))

let progress = -25

const layer = openAi(({ path }) => {
  if (path.startsWith("/batches")) {
    if (path.endsWith("/cancel")) console.log("(the server cancels the batch)")
    return { json: { id: "batch_slow", object: "batch", status: "in_progress" } }
  }
  progress += 25
  const status = progress < 0 ? "queued" : progress < 100 ? "in_progress" : "completed"
  return {
    json: {
      id: "video_1",
      object: "video",
      created_at: 1,
      model: "sora-2",
      status,
      progress,
      seconds: "4",
      size: "720x1280"
    }
  }
})

await Effect.runPromise(Effect.andThen(rendered, impatient).pipe(Effect.provide(layer)))
