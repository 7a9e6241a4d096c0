/**
 * A long response whose connection breaks twice: the reader does not notice.
 *
 *     node scripts/run.mjs examples/resumable.ts
 */
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import { ResponseStream, ResumableResponse } from "llmfx/openai"
import { openAi } from "./support/standIn.ts"

const program = Effect.gen(function* () {
  const answer = yield* ResumableResponse.streamed(
    { model: "gpt-5.4", input: "Tell me a story." },
    { schedule: Schedule.spaced("20 millis") }
  )
  yield* Stream.runForEach(answer.text, (piece) => Console.log(`+ ${piece}`))
  yield* Console.log(`= ${ResponseStream.outputText(yield* answer.final)}`)
})

const pieces = ["Once ", "upon ", "a time ", "there ", "was ", "a cable."]
const message = (text: string) => ({
  id: "msg_1",
  type: "message",
  role: "assistant",
  status: "completed",
  content: text === "" ? [] : [{ type: "output_text", text, annotations: [] }]
})
const response = (status: string, text: string) => ({
  id: "resp_1",
  object: "response",
  created_at: 1,
  status,
  model: "gpt-5.4",
  output: text === "" ? [] : [message(text)],
  parallel_tool_calls: true,
  tool_choice: "auto",
  tools: []
})
const at = { output_index: 0, content_index: 0, item_id: "msg_1" }
const events = [
  { type: "response.created", response: response("in_progress", "") },
  { type: "response.output_item.added", output_index: 0, item: message("") },
  ...pieces.map((delta) => ({ type: "response.output_text.delta", ...at, delta })),
  { type: "response.completed", response: response("completed", pieces.join("")) }
].map((event, sequence_number) => ({ ...event, sequence_number }))

const layer = openAi(({ path }) => {
  const after = new URL(path, "http://localhost").searchParams.get("starting_after")
  const start = after === null ? 0 : Number(after) + 1
  const end = Math.min(start + 4, events.length)
  if (after !== null) console.log(`(the connection broke; on with event ${start})`)
  return { events: events.slice(start, end), breaks: end < events.length }
})

await Effect.runPromise(Effect.scoped(program).pipe(Effect.provide(layer)))
