/** The parts of the Coze API that the examples call. */
import {
  type Answer,
  type Api,
  countTokens,
  type DemoRequest,
  lastMessage,
  numberIn,
  pieceEvents,
  reply,
  retryAfter,
  window
} from "./wire.ts"

const conversations = ["Opening hours", "A late parcel", "Vegetarian dishes", "Thanks"].map((name, index) => ({
  id: `740000000000000000${index + 1}`,
  name,
  created_at: 1_790_000_000 - index,
  meta_data: {}
}))

const failure = (code: number, msg: string): Answer => ({ status: 200, json: { code, msg } })

const notFound = failure(4200, "Resource not found")

const success = (data: unknown): Answer => ({ status: 200, json: { code: 0, msg: "", data } })

interface Turn {
  readonly conversation_id: string
  readonly chat_id: string
  readonly bot_id: string
  readonly question: string
  readonly text: string
}

const chatObject = ({ bot_id, chat_id, conversation_id, question, text }: Turn, status: string) => ({
  id: chat_id,
  conversation_id,
  bot_id,
  status,
  ...(status === "completed"
    ? {
        usage: {
          token_count: countTokens(question) + countTokens(text),
          input_count: countTokens(question),
          output_count: countTokens(text)
        }
      }
    : {}),
  last_error: { code: 0, msg: "" }
})

const message = ({ bot_id, chat_id, conversation_id }: Turn, content: string) => ({
  id: `${chat_id}1`,
  conversation_id,
  bot_id,
  chat_id,
  role: "assistant",
  type: "answer",
  content,
  content_type: "text"
})

const chatEvents = (turn: Turn): Answer => {
  const status = (event: string, status: string) => ({ event, data: chatObject(turn, status) })
  return {
    events: [
      status("conversation.chat.created", "created"),
      status("conversation.chat.in_progress", "in_progress"),
      ...pieceEvents(turn.text, (piece) => ({ event: "conversation.message.delta", data: message(turn, piece) })),
      { event: "conversation.message.completed", data: message(turn, turn.text) },
      status("conversation.chat.completed", "completed"),
      { event: "done", data: "[DONE]" }
    ]
  }
}

const listConversations = ({ query }: DemoRequest): Answer => {
  const size = numberIn(query, "page_size", 50)
  const { more, page } = window(conversations, (numberIn(query, "page_num", 1) - 1) * size, size)
  return success({ conversations: page, has_more: more })
}

const retrieveConversation = ({ query }: DemoRequest): Answer => {
  const found = conversations.find(({ id }) => id === query.get("conversation_id"))
  return found === undefined ? notFound : success(found)
}

/** A chat that is not streamed goes on by itself: it is complete when it is looked at for the second time. */
interface Kept {
  readonly turn: Turn
  looks: number
}

/** An API of its own for each server: chats go on between requests. */
export const makeCoze = (): Api => {
  const chats = new Map<string | null, Kept>()
  let count = 0

  const startChat = ({ body, query }: DemoRequest): Answer => {
    const number = String(++count).padStart(4, "0")
    const question = lastMessage(body["additional_messages"])
    const turn: Turn = {
      conversation_id: query.get("conversation_id") ?? `750000000000000${number}`,
      chat_id: `760000000000000${number}`,
      bot_id: String(body["bot_id"]),
      question,
      text: reply(question)
    }
    if (body["stream"] === true) return chatEvents(turn)
    chats.set(turn.chat_id, { turn, looks: 0 })
    return success(chatObject(turn, "in_progress"))
  }

  const lookAtChat = ({ query }: DemoRequest): Answer => {
    const kept = chats.get(query.get("chat_id"))
    return kept === undefined
      ? notFound
      : success(chatObject(kept.turn, ++kept.looks > 1 ? "completed" : "in_progress"))
  }

  const listMessages = ({ query }: DemoRequest): Answer => {
    const kept = chats.get(query.get("chat_id"))
    return kept === undefined ? notFound : success([message(kept.turn, kept.turn.text)])
  }

  const answers: { readonly [call: string]: (request: DemoRequest) => Answer } = {
    "POST /v3/chat": startChat,
    "POST /v3/chat/retrieve": lookAtChat,
    "GET /v3/chat/message/list": listMessages,
    "GET /v1/conversations": listConversations,
    "GET /v1/conversation/retrieve": retrieveConversation
  }

  return {
    requestIdHeader: "x-tt-logid",
    answer: (request) =>
      answers[`${request.method} ${request.path}`]?.(request) ?? {
        status: 404,
        json: { code: 4200, msg: `No such path: ${request.path}` }
      },
    unauthorized: { status: 401, json: { code: 4100, msg: "authentication is invalid" } },
    rateLimited: { status: 429, headers: retryAfter, json: { code: 4013, msg: "Your requests are too frequent." } }
  }
}
