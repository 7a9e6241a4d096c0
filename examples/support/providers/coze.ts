import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import { RetryPolicy } from "llmfx"
import { Chat, ChatMessage, Conversations, Coze } from "llmfx/coze"
import type { Piece, Provider, Usage } from "../Provider.ts"

/** The agent to talk to. The demo server accepts any id. */
export const coze = (options: { readonly demoUrl: string; readonly liveBotId: string | undefined }): Provider<Coze> => {
  const bot_id = options.liveBotId ?? "7300000000000000001"
  // Coze's layer does not retry by default, as its official clients do not.
  const retry = RetryPolicy.official
  return {
    name: "Coze",
    model: `agent ${bot_id}`,
    live: options.liveBotId === undefined ? undefined : Coze.layerConfig({ retry }),
    demo: Coze.layer({ token: Redacted.make("demo-token"), baseUrl: options.demoUrl, retry }),

    chat: (question) =>
      Chat.createAndPoll({ bot_id, user_id: "demo", additional_messages: [ChatMessage.user(question)] }).pipe(
        Effect.map(({ chat, messages }) => ({ text: ChatMessage.answerOf(messages), usage: usageOf(chat.usage) }))
      ),

    stream: (question) =>
      Chat.stream({ bot_id, user_id: "demo", additional_messages: [ChatMessage.user(question)] }).pipe(
        Stream.map(pieceOf)
      ),

    pages: Conversations.list.pages({ bot_id, page_size: 2, sort_order: "ASC" }).pipe(
      Stream.take(3),
      Stream.map(({ items }) => items.map(({ id, name }) => name ?? id))
    ),

    missing: Conversations.retrieve({ conversation_id: "7000000000000000000" })
  }
}

const pieceOf = (event: Chat.ChatEvent): Piece => {
  switch (event.event) {
    case "conversation.message.delta":
      return event.data.type === "answer" ? { text: event.data.content ?? "" } : {}
    case "conversation.chat.completed":
      return { usage: usageOf(event.data.usage) }
    default:
      return {}
  }
}

const usageOf = (usage: Chat.ChatUsage | null | undefined): Usage | undefined =>
  usage == null ? undefined : { input: usage.input_count ?? 0, output: usage.output_count ?? 0 }
