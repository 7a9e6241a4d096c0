/**
 * Streams a chat word by word, and answers the agent's tool calls.
 *
 *     node scripts/run.mjs examples/coze-stream.ts "What is on the menu?"
 *
 * Set COZE_API_TOKEN, COZE_PLATFORM (com or cn) and COZE_BOT_ID to talk to your agent.
 */
import process from "node:process"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { ApiError } from "llmfx"
import { Chat, ChatMessage, type Coze } from "llmfx/coze"
import { coze, runExample, setting } from "./support/coze.ts"

type Events = Stream.Stream<Chat.ChatEvent, ApiError.ApiError, Coze>

/** The tools that the agent may call. This example has only a placeholder. */
const runTool = (call: Chat.ToolCall): Chat.ToolOutput => ({
  tool_call_id: call.id,
  output: JSON.stringify({ error: `There is no tool ${call.function?.name ?? ""} here` })
})

/** A chat that needs tools continues with their outputs. */
const withTools = (events: Events): Events =>
  Stream.flatMap(events, (event) => {
    if (event.event !== "conversation.chat.requires_action") return Stream.succeed(event)
    const calls = event.data.required_action?.submit_tool_outputs?.tool_calls ?? []
    return withTools(
      Chat.submitToolOutputsStream({
        conversation_id: event.data.conversation_id,
        chat_id: event.data.id,
        tool_outputs: calls.map(runTool)
      })
    )
  })

const events = withTools(
  Chat.stream({
    bot_id: setting("COZE_BOT_ID", "7300000000000000001"),
    user_id: "example-user",
    additional_messages: [ChatMessage.user(process.argv[2] ?? "What is on the menu today?")]
  })
)

const program = Stream.runForEach(events, (event) =>
  Effect.sync(() => {
    if (event.event === "conversation.message.delta") process.stdout.write(event.data.content ?? "")
    if (event.event === "conversation.chat.completed") {
      console.log(`\n(${event.data.usage?.token_count ?? "?"} tokens)`)
    }
  })
)

runExample(Effect.provide(program, coze))
