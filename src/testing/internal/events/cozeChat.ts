/** The events in which the chat of a Coze agent is streamed. */

import { type JsonObject, textOf } from "../../../internal/json/json.ts"
import { pieces } from "./pieces.ts"

export const cozeChatEvents = (chat: JsonObject, messages: ReadonlyArray<JsonObject>): ReadonlyArray<JsonObject> => {
  const { completed_at: _, last_error: lastError, required_action: action, usage, ...head } = chat
  const status = textOf(chat["status"]) || "completed"
  return [
    { event: "conversation.chat.created", data: { ...head, status: "created" } },
    { event: "conversation.chat.in_progress", data: { ...head, status: "in_progress" } },
    ...messages.flatMap(messageEvents),
    {
      event: `conversation.chat.${status}`,
      data: {
        ...chat,
        status,
        last_error: lastError ?? { code: 0, msg: "" },
        ...(action === undefined ? {} : { required_action: action }),
        ...(usage === undefined ? {} : { usage })
      }
    },
    { event: "done", data: "[DONE]" }
  ]
}

const messageEvents = (message: JsonObject): ReadonlyArray<JsonObject> => {
  const completed = { event: "conversation.message.completed", data: message }
  if (message["type"] !== "answer") return [completed]
  const { reasoning_content: reasoning } = message
  const delta = (fields: JsonObject): JsonObject => ({
    event: "conversation.message.delta",
    data: { ...message, ...fields }
  })
  return [
    ...pieces(textOf(reasoning)).map((piece) => delta({ content: "", reasoning_content: piece })),
    ...pieces(textOf(message["content"])).map((piece) =>
      delta({ content: piece, ...(reasoning === undefined ? {} : { reasoning_content: "" }) })
    ),
    completed
  ]
}
