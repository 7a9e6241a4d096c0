/**
 * Waits for a chat with a schedule and a deadline. If it takes too long, or you press Ctrl-C, the platform stops it as
 * well.
 *
 *     node scripts/run.mjs examples/coze-poll.ts
 *
 * Set COZE_API_TOKEN, COZE_PLATFORM (com or cn) and COZE_BOT_ID to talk to your agent.
 */
import process from "node:process"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import { Chat, ChatMessage } from "llmfx/coze"
import { coze, runExample, setting } from "./support/coze.ts"

const watched = Schedule.spaced("400 millis").pipe(
  Schedule.tap(({ attempt }) => Effect.sync(() => console.log(`look ${attempt}`)))
)

const program = Chat.createAndPoll(
  {
    bot_id: setting("COZE_BOT_ID", "7300000000000000001"),
    user_id: "example-user",
    additional_messages: [ChatMessage.user(process.argv[2] ?? "Which dishes have no nuts?")]
  },
  { schedule: watched, deadline: "2 minutes" }
).pipe(
  Effect.flatMap(({ chat, messages, status }) =>
    Effect.sync(() => {
      if (status === "completed") console.log(ChatMessage.answerOf(messages))
      else if (status === "canceled") console.log("Somebody cancelled the chat.")
      else console.log("The agent waits for tools:", chat.required_action?.submit_tool_outputs?.tool_calls)
    })
  ),
  Effect.catchReason("ApiError", "TimeoutError", ({ message }) => Effect.sync(() => console.log(message)))
)

runExample(Effect.provide(program, coze))
