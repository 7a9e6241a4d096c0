/**
 * Follows a turn of a managed agent: its text while it is written, then the tools it asks for. The stream has previews
 * of a message; the message itself is what counts.
 *
 *     node scripts/run.mjs examples/session.ts
 */
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { SessionStream } from "llmfx/anthropic"
import { Faults, Reply, Script } from "llmfx/testing"
import { anthropic } from "./support/standIn.ts"

const program = Effect.scoped(
  Effect.gen(function* () {
    const turn = yield* SessionStream.streamedTurn({
      session_id: "sesn_1",
      events: [{ type: "user.message", content: [{ type: "text", text: "What is in the file?" }] }]
    })
    yield* turn.text.pipe(Stream.runForEach((text) => Console.log(`+ ${text}`)))
    const { events, stopReason, usage } = yield* turn.final
    for (const event of events) {
      if (event.type === "agent.message") {
        yield* Console.log(`= ${event.content.map((block) => (block.type === "text" ? block.text : "")).join("")}`)
      }
      if (event.type === "agent.custom_tool_use") yield* Console.log(`${event.name}(${JSON.stringify(event.input)})?`)
    }
    yield* Console.log(`idle: ${stopReason?.type}, ${usage?.output_tokens} tokens out`)
  })
)

const processed_at = "2026-01-01T00:00:00Z"
const piece = (text: string) => ({
  type: "event_delta",
  event_id: "sevt_1",
  delta: { type: "content_delta", content: { type: "text", text } }
})

const events = [
  { type: "session.status_running", id: "sevt_0", processed_at },
  { type: "event_start", event: { type: "agent.message", id: "sevt_1" } },
  piece("Let me "),
  piece("lo"),
  { type: "agent.message", id: "sevt_1", content: [{ type: "text", text: "Let me look." }], processed_at },
  { type: "agent.custom_tool_use", id: "sevt_2", name: "read_file", input: { path: "a.txt" }, processed_at },
  { type: "session.usage", id: "sevt_3", usage: { input_tokens: 12, output_tokens: 8 }, processed_at },
  {
    type: "session.status_idle",
    id: "sevt_4",
    stop_reason: { type: "requires_action", event_ids: ["sevt_2"] },
    processed_at
  }
]

const layer = anthropic({
  faults: ({ method }) =>
    Faults.respond(
      method === "POST" ? Reply.json({ data: [] }) : Script.make(...events.map((event) => Script.event(event)))
    )
})

await Effect.runPromise(program.pipe(Effect.provide(layer)))
