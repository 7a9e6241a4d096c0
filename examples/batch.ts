/**
 * Many questions as one batch. Of two that fail, the one that may succeed goes into a second batch.
 *
 *     node scripts/run.mjs examples/batch.ts
 */
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import { BatchRun, ChatCompletions } from "llmfx/openai"
import { chatCompletion, openAi } from "./support/standIn.ts"

const questions = Stream.make("Berlin", "Rome", "Atlantis", "Busytown").pipe(
  Stream.map((city) => ({
    customId: city,
    input: { model: "gpt-5.4-mini", messages: [{ role: "user" as const, content: `Describe ${city}.` }] }
  }))
)

/** The id of a `Submitted` event is all that `BatchRun.resume` needs, should this program stop here. */
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

const files: Array<string> = []
let looks = 0

const layer = openAi(({ path, text }) => {
  if (path === "/files") {
    files.push(text)
    return {
      json: { id: "file-in", object: "file", bytes: 1, created_at: 1, filename: "requests.jsonl", purpose: "batch" }
    }
  }
  if (path.endsWith("/content")) {
    const cities = [...(files.at(-1) ?? "").matchAll(/"custom_id":"(\w+)"/g)].map(([, city]) => city)
    return { text: cities.map((city) => `${JSON.stringify(resultFor(city ?? ""))}\n`).join("") }
  }
  const total = files.length === 1 ? 4 : 1
  const isOver = path !== "/batches" && ++looks % 2 === 0
  return {
    json: {
      id: `batch_${files.length}`,
      object: "batch",
      status: isOver ? "completed" : "in_progress",
      output_file_id: isOver ? "file-out" : null,
      request_counts: { total, completed: isOver ? total : 0, failed: 0 }
    }
  }
})

const resultFor = (city: string) => {
  const failure = (status_code: number, message: string) => ({
    custom_id: city,
    response: { status_code, body: { error: { message } } }
  })
  if (city === "Atlantis") return failure(400, "There is no such place")
  if (city === "Busytown" && files.length === 1) return failure(503, "Everybody is busy")
  return {
    custom_id: city,
    response: { status_code: 200, body: chatCompletion({ content: `${city} is a place.` }) }
  }
}

await Effect.runPromise(program.pipe(Effect.provide(layer)))
