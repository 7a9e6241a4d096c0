/** Makes the emulator answer as self-hosted Coze Studio does. */
import { isObject, type JsonObject } from "../../../../internal/json/json.ts"
import type * as Reply from "../../../Reply.ts"
import type { Answer } from "../exchange.ts"
import type { Incoming } from "../incoming.ts"

/** Studio retrieves a chat only with GET; the cloud also accepts POST. */
export const asStudio = (incoming: Incoming, path: string): Incoming => {
  if (path !== "/v3/chat/retrieve") return incoming
  return { ...incoming, method: incoming.method === "GET" ? "POST" : "" }
}

/** Chats end with `conversation.stream.done`, and the events of workflows are named in lower case. */
export const studioAnswer = (answer: Answer): Answer =>
  answer._tag === "Events"
    ? { ...answer, events: answer.events.map((event) => (isObject(event) ? studioEvent(event) : event)) }
    : answer

const studioEvent = (event: JsonObject): JsonObject =>
  event["event"] === "done"
    ? { event: "conversation.stream.done", data: {} }
    : { ...event, event: String(event["event"]).toLowerCase() }

const numericIds = /"(bot_id|execute_id|workflow_id)":"([1-9]\d{0,18})"/g

/** Ids are numbers of 64 bits, an empty list is left out, and a status is spelt with two l. */
export const studioReply = (reply: Reply.Reply): Reply.Reply => {
  const { body } = reply
  if (typeof body !== "string" || !reply.headers["content-type"]?.includes("json")) return reply
  const text = body
    .replace(/"status":"canceled"/g, '"status":"cancelled"')
    .replace(/,"data":\[\]/g, "")
    .replace(numericIds, '"$1":$2')
  return { ...reply, body: text }
}
