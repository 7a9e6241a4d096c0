/**
 * Starts a chat, waits for its end, and reads the answer.
 *
 *     node scripts/run.mjs examples/coze-chat.ts "What is on the menu?"
 *
 * Set COZE_API_TOKEN, COZE_PLATFORM (com or cn) and COZE_BOT_ID to talk to your agent.
 */
import process from "node:process"
import * as Effect from "effect/Effect"
import { Chat, ChatMessage } from "llmfx/coze"
import { coze, runExample, setting } from "./support/coze.ts"

const question = process.argv[2] ?? "What is on the menu today?"

const program = Effect.gen(function* () {
  const { chat, messages } = yield* Chat.createAndPoll({
    bot_id: setting("COZE_BOT_ID", "7300000000000000001"),
    user_id: "example-user",
    additional_messages: [ChatMessage.user(question)]
  })
  console.log(ChatMessage.answerOf(messages))
  for (const followUp of ChatMessage.followUpsOf(messages)) console.log(`  › ${followUp}`)
  console.log(`(${chat.usage?.token_count ?? "?"} tokens)`)
})

runExample(Effect.provide(program, coze))
