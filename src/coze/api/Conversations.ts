/** The endpoints of `conversations` in the Coze API, and their types. */
import * as Schema from "effect/Schema"
import * as Endpoint from "../../Endpoint.ts"
import * as Open from "../../OpenSchema.ts"
import * as Page from "../../Page.ts"
import { Coze } from "../Coze.ts"
import { textOrNumber } from "../internal/textOrNumber.ts"
import type { EnterMessage, MetaData } from "./ChatMessages.ts"

/**
 * A conversation between a user and an agent.
 *
 * @category models
 */
export interface Conversation {
  readonly id: string
  readonly name?: string | null | undefined
  /** Unix time in seconds. */
  readonly created_at?: string | number | null | undefined
  /** Unix time in seconds. */
  readonly updated_at?: string | number | null | undefined
  readonly meta_data?: { readonly [key: string]: unknown } | null | undefined
  readonly creator_id?: string | null | undefined
  readonly connector_id?: string | null | undefined
  /** The section of the conversation that the model sees. `clear` starts a new one. */
  readonly last_section_id?: string | null | undefined
}
export const Conversation: Open.Codec<Conversation> = /*#__PURE__*/ Open.struct(() => ({
  id: Schema.String,
  name: Open.optional(Schema.String),
  created_at: Open.optional(textOrNumber),
  updated_at: Open.optional(textOrNumber),
  meta_data: Open.optional(Open.record(Schema.Unknown)),
  creator_id: Open.optional(Schema.String),
  connector_id: Open.optional(Schema.String),
  last_section_id: Open.optional(Schema.String)
}))

/**
 * A section of a conversation. Clearing the context starts a new one.
 *
 * @category models
 */
export interface ConversationSection {
  readonly id: string
  readonly conversation_id: string
}
export const ConversationSection: Open.Codec<ConversationSection> = /*#__PURE__*/ Open.struct(() => ({
  id: Schema.String,
  conversation_id: Schema.String
}))

/**
 * A message to start a conversation with. Write several parts as JSON text, as `ChatMessage` does.
 *
 * @category models
 */
export interface ConversationMessage extends Omit<EnterMessage, "content"> {
  readonly content?: string | undefined
}

export interface ConversationsCreateParams {
  readonly messages?: ReadonlyArray<ConversationMessage> | undefined
  readonly meta_data?: MetaData | undefined
  readonly bot_id?: string | undefined
  readonly name?: string | undefined
  readonly connector_id?: string | undefined
}

export interface ConversationsRetrieveParams {
  readonly conversation_id: string
}

export interface ConversationsListParams {
  readonly bot_id: string
  /** Starts at 1. */
  readonly page_num?: number | undefined
  readonly page_size?: number | undefined
  readonly sort_order?: "ASC" | "DESC" | (string & {}) | undefined
  readonly connector_id?: string | undefined
}

export interface ConversationsClearParams {
  readonly conversation_id: string
}

export interface ConversationsUpdateParams {
  readonly conversation_id: string
  readonly name?: string | undefined
}

export interface ConversationsDeleteParams {
  readonly conversation_id: string
}

/**
 * Starts a conversation. `POST /v1/conversation/create`
 *
 * @see https://www.coze.com/docs/developer_guides/create_conversation
 * @category endpoints
 */
export const create: Endpoint.Json<ConversationsCreateParams, Conversation, Coze> = /*#__PURE__*/ Endpoint.json(Coze, {
  id: "conversations.create",
  method: "POST",
  path: "/v1/conversation/create",
  body: "json",
  success: Conversation
})

/**
 * Returns a conversation without its messages. `GET /v1/conversation/retrieve`
 *
 * @see https://www.coze.com/docs/developer_guides/retrieve_conversation
 * @category endpoints
 */
export const retrieve: Endpoint.Json<ConversationsRetrieveParams, Conversation, Coze> = /*#__PURE__*/ Endpoint.json(
  Coze,
  {
    id: "conversations.retrieve",
    method: "GET",
    path: "/v1/conversation/retrieve",
    query: ["conversation_id"],
    success: Conversation
  }
)

/**
 * Lists the conversations of an agent. `GET /v1/conversations`
 *
 * @see https://docs.coze.cn/developer_guides/list_conversations
 * @category endpoints
 */
export const list: Endpoint.List<ConversationsListParams, Conversation, Coze> = /*#__PURE__*/ Endpoint.list(Coze, {
  id: "conversations.list",
  method: "GET",
  path: "/v1/conversations",
  query: ["bot_id", "page_num", "page_size", "sort_order", "connector_id"],
  success: Conversation,
  pagination: /*#__PURE__*/ Page.numbered({ items: "conversations", request: "page_num", size: "page_size" })
})

/**
 * Renames a conversation. `PUT /v1/conversations/{conversation_id}`
 *
 * @see https://docs.coze.cn/developer_guides/edit_conversation
 * @category endpoints
 */
export const update: Endpoint.Json<ConversationsUpdateParams, Conversation, Coze> = /*#__PURE__*/ Endpoint.json(Coze, {
  id: "conversations.update",
  method: "PUT",
  path: "/v1/conversations/{conversation_id}",
  body: "json",
  success: Conversation
})

/**
 * Starts a new section of a conversation: the model no longer sees earlier messages, which are kept. `POST /v1/conversations/{conversation_id}/clear`
 *
 * @see https://docs.coze.cn/developer_guides/clear_conversation_context
 * @category endpoints
 */
export const clear: Endpoint.Json<ConversationsClearParams, ConversationSection, Coze> = /*#__PURE__*/ Endpoint.json(
  Coze,
  {
    id: "conversations.clear",
    method: "POST",
    path: "/v1/conversations/{conversation_id}/clear",
    success: ConversationSection
  }
)

/**
 * Deletes a conversation with its messages. `DELETE /v1/conversations/{conversation_id}`
 *
 * @see https://docs.coze.cn/developer_guides/delete_conversation
 * @category endpoints
 */
const delete_: Endpoint.None<ConversationsDeleteParams, Coze> = /*#__PURE__*/ Endpoint.none(Coze, {
  id: "conversations.delete",
  method: "DELETE",
  path: "/v1/conversations/{conversation_id}"
})

export { delete_ as delete }
