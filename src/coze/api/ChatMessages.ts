/** The endpoints of `chat.messages` in the Coze API, and their types. */
import * as Schema from "effect/Schema"
import * as Endpoint from "../../Endpoint.ts"
import * as Open from "../../OpenSchema.ts"
import { Coze } from "../Coze.ts"
import { textOrNumber } from "../internal/textOrNumber.ts"

/**
 * Up to 16 pairs; keys of 1 to 64 characters, values of 1 to 512.
 *
 * @category models
 */
export interface MetaData {
  readonly [key: string]: string
}

/**
 * A part of a multimodal message.
 *
 * @category models
 */
export type ObjectStringItem =
  | { readonly type: "text"; readonly text: string }
  | FileItem<"file">
  | FileItem<"image">
  | FileItem<"audio">

/**
 * A file uploaded with `Files.upload`, or a publicly readable URL.
 *
 * @category models
 */
export type FileItem<Type extends string> =
  | { readonly type: Type; readonly file_id: string; readonly file_url?: string | undefined }
  | { readonly type: Type; readonly file_url: string; readonly file_id?: string | undefined }

/**
 * How the content of a message is written: text, a JSON list of parts (`object_string`), or a card.
 *
 * @category models
 */
export type ContentType = "text" | "object_string" | "card"

/**
 * The part that a message plays in a chat. Only `answer` is what the agent says to the user.
 *
 * @category models
 */
export type MessageType =
  | "question"
  | "answer"
  | "function_call"
  | "tool_output"
  | "tool_response"
  | "follow_up"
  | "verbose"

/**
 * A message to an agent. `ChatMessage` has functions that make one.
 *
 * @category models
 */
export interface EnterMessage {
  /** Who wrote the message. */
  readonly role: "user" | "assistant" | (string & {})
  readonly type?: MessageType | (string & {}) | undefined
  /** The text, or the parts of a multimodal message. */
  readonly content?: string | ReadonlyArray<ObjectStringItem> | undefined
  /** `object_string` if the content has parts. */
  readonly content_type?: ContentType | (string & {}) | undefined
  /** Comes back with the message. */
  readonly meta_data?: MetaData | undefined
  /** The reasoning of an assistant message. */
  readonly reasoning_content?: string | undefined
}

/**
 * A message of a conversation, or its delta in a stream.
 *
 * @category models
 */
export interface Message {
  readonly id?: string | null | undefined
  readonly conversation_id?: string | null | undefined
  readonly bot_id?: string | null | undefined
  /** The chat that the message belongs to. */
  readonly chat_id?: string | null | undefined
  readonly section_id?: string | null | undefined
  readonly meta_data?: { readonly [key: string]: unknown } | null | undefined
  readonly role: "user" | "assistant" | (string & {})
  /** Text, JSON (a tool call, a card, several parts) or base64 audio, depending on `content_type` and `type`. */
  readonly content?: string | null | undefined
  /** How `content` is written. */
  readonly content_type?: "text" | "object_string" | "card" | "audio" | (string & {}) | null | undefined
  /** Unix time in seconds. */
  readonly created_at?: string | number | null | undefined
  /** Unix time in seconds. */
  readonly updated_at?: string | number | null | undefined
  /** The part that the message plays. Only `answer` is what the agent says to the user. */
  readonly type?: MessageType | (string & {}) | null | undefined
  /** The model's reasoning, if it reasons. */
  readonly reasoning_content?: string | null | undefined
}
export const Message: Open.Codec<Message> = /*#__PURE__*/ Open.struct(() => ({
  id: Open.optional(Schema.String),
  conversation_id: Open.optional(Schema.String),
  bot_id: Open.optional(Schema.String),
  chat_id: Open.optional(Schema.String),
  section_id: Open.optional(Schema.String),
  meta_data: Open.optional(Open.record(Schema.Unknown)),
  role: Open.literals("user", "assistant"),
  content: Open.optional(Schema.String),
  content_type: Open.optional(Open.literals("text", "object_string", "card", "audio")),
  created_at: Open.optional(textOrNumber),
  updated_at: Open.optional(textOrNumber),
  type: Open.optional(
    Open.literals("question", "answer", "function_call", "tool_output", "tool_response", "follow_up", "verbose")
  ),
  reasoning_content: Open.optional(Schema.String)
}))

export interface ChatMessagesListParams {
  readonly conversation_id: string
  readonly chat_id: string
}

/**
 * Lists the messages of an agent in one chat, including tool calls. `GET /v3/chat/message/list`
 *
 * @see https://www.coze.com/docs/developer_guides/chat_message_list
 * @category endpoints
 */
export const list: Endpoint.Json<ChatMessagesListParams, ReadonlyArray<Message>, Coze> = /*#__PURE__*/ Endpoint.json(
  Coze,
  {
    id: "chat.messages.list",
    method: "GET",
    path: "/v3/chat/message/list",
    query: ["conversation_id", "chat_id"],
    success: /*#__PURE__*/ Open.lazy(() => Open.array(Message))
  }
)
