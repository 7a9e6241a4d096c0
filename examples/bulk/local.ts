/**
 * A job in one SQLite file. Stop it with Ctrl-C and run it again: it goes on, and sends nothing twice.
 *
 *     node scripts/run.mjs examples/bulk/local.ts jobs.db
 *
 * It runs against the emulator; with `OpenAi.layerConfig()` and an `HttpClient` instead of `openAi(…)` it calls the API.
 */
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import * as Bulk from "llmfx/jobs/Bulk"
import * as NodeBulk from "llmfx/jobs/NodeBulk"
import { openAi } from "../support/standIn.ts"
import { cities, describeCity } from "./describeCity.ts"

const [filename = ":memory:"] = process.argv.slice(2)

const program = describeCity.run("cities", cities).pipe(
  Stream.runForEach((event) => {
    switch (event._tag) {
      case "Submitted":
        return Console.log(`${event.requests} requests${event.isNew ? "" : ", submitted before"}`)
      case "Progress":
        return event.state === "completed" ? Console.log(Bulk.formatProgress(event)) : Effect.void
      case "Succeeded":
        return event.seq % 100 === 0 ? Console.log(`${event.customId}: ${event.value.id}`) : Effect.void
      case "Failed":
        return Console.log(`${event.customId}: ${event.error.message}`)
    }
  })
)

const services = describeCity.layer.pipe(Layer.provideMerge(NodeBulk.layerLocal({ filename })), Layer.provide(openAi()))

await Effect.runPromise(Effect.provide(program, services))
