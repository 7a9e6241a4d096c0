/** The endpoints of `conversations.messages` in the Coze API, and their types. */
import * as Endpoint from "../../Endpoint.ts"
import * as Open from "../../OpenSchema.ts"
import * as Page from "../../Page.ts"
import { Coze } from "../Coze.ts"
import { type Envelope, envelope } from "../internal/envelope.ts"
import { type ContentType, Message, type MetaData } from "./ChatMessages.ts"

/**
 * The changed message.
 *
 * @category models
 */
export interface MessageUpdated extends Envelope {
  readonly message: Message
}
export const MessageUpdated: Open.Codec<MessageUpdated> = /*#__PURE__*/ Open.struct(() => ({
  ...envelope(),
  message: Message
}))

export interface ConversationsMessagesCreateParams {
  readonly conversation_id: string
  readonly role: "user" | "assistant" | (string & {})
  /** Text, or several parts as JSON text, as `ChatMessage` makes them. */
  readonly content: string
  readonly content_type: ContentType | (string & {})
  readonly meta_data?: MetaData | undefined
}

export interface ConversationsMessagesUpdateParams {
  readonly conversation_id: string
  readonly message_id: string
  /** Text, or several parts as JSON text, as `ChatMessage` makes them. */
  readonly content?: string | undefined
  readonly content_type?: ContentType | (string & {}) | undefined
  readonly meta_data?: MetaData | undefined
}

export interface ConversationsMessagesRetrieveParams {
  readonly conversation_id: string
  readonly message_id: string
}

export interface ConversationsMessagesListParams {
  readonly conversation_id: string
  /** `desc` (newest first) or `asc`. Default: `desc`. */
  readonly order?: "desc" | "asc" | (string & {}) | undefined
  readonly chat_id?: string | undefined
  readonly before_id?: string | undefined
  readonly after_id?: string | undefined
  /** 1 to 50. Default: 50. */
  readonly limit?: number | undefined
}

export interface ConversationsMessagesDeleteParams {
  readonly conversation_id: string
  readonly message_id: string
}

/**
 * Adds a message to a conversation. `POST /v1/conversation/message/create`
 *
 * @see https://www.coze.com/docs/developer_guides/create_message
 * @category endpoints
 */
export const create: Endpoint.Json<ConversationsMessagesCreateParams, Message, Coze> = /*#__PURE__*/ Endpoint.json(
  Coze,
  {
    id: "conversations.messages.create",
    method: "POST",
    path: "/v1/conversation/message/create",
    query: ["conversation_id"],
    body: "json",
    success: Message
  }
)

/**
 * Changes a message. `POST /v1/conversation/message/modify`
 *
 * @see https://www.coze.com/docs/developer_guides/modify_message
 * @category endpoints
 */
export const update: Endpoint.Json<ConversationsMessagesUpdateParams, MessageUpdated, Coze> =
  /*#__PURE__*/ Endpoint.json(Coze, {
    id: "conversations.messages.update",
    method: "POST",
    path: "/v1/conversation/message/modify",
    query: ["conversation_id", "message_id"],
    body: "json",
    safety: "idempotent",
    envelope: true,
    success: MessageUpdated
  })

/**
 * Returns one message. `GET /v1/conversation/message/retrieve`
 *
 * @see https://www.coze.com/docs/developer_guides/retrieve_message
 * @category endpoints
 */
export const retrieve: Endpoint.Json<ConversationsMessagesRetrieveParams, Message, Coze> = /*#__PURE__*/ Endpoint.json(
  Coze,
  {
    id: "conversations.messages.retrieve",
    method: "GET",
    path: "/v1/conversation/message/retrieve",
    query: ["conversation_id", "message_id"],
    success: Message
  }
)

/**
 * Lists the messages of a conversation, before or after a given message. `POST /v1/conversation/message/list`
 *
 * @see https://www.coze.com/docs/developer_guides/message_list
 * @category endpoints
 */
export const list: Endpoint.List<ConversationsMessagesListParams, Message, Coze> = /*#__PURE__*/ Endpoint.list(Coze, {
  id: "conversations.messages.list",
  method: "POST",
  path: "/v1/conversation/message/list",
  query: ["conversation_id"],
  body: "json",
  safety: "safe",
  success: Message,
  pagination: /*#__PURE__*/ Page.token({ items: "data", request: "after_id", response: "last_id" })
})

/**
 * Deletes a message and returns it. `POST /v1/conversation/message/delete`
 *
 * @see https://www.coze.com/docs/developer_guides/delete_message
 * @category endpoints
 */
const delete_: Endpoint.Json<ConversationsMessagesDeleteParams, Message, Coze> = /*#__PURE__*/ Endpoint.json(Coze, {
  id: "conversations.messages.delete",
  method: "POST",
  path: "/v1/conversation/message/delete",
  query: ["conversation_id", "message_id"],
  safety: "idempotent",
  success: Message
})

export { delete_ as delete }
