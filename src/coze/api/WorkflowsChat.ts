/** The endpoints of `workflows.chat` in the Coze API, and their types. */
import * as Endpoint from "../../Endpoint.ts"
import { Coze } from "../Coze.ts"
import { contentAsText } from "../internal/content.ts"
import { ChatEvent } from "./Chat.ts"
import type { EnterMessage } from "./ChatMessages.ts"

export interface WorkflowsChatStreamParams {
  readonly workflow_id: string
  /** Up to 50 messages. The last one is the question. */
  readonly additional_messages: ReadonlyArray<EnterMessage>
  /** Input of the start node. */
  readonly parameters?: { readonly [name: string]: unknown } | undefined
  readonly app_id?: string | undefined
  readonly bot_id?: string | undefined
  readonly conversation_id?: string | undefined
  readonly ext?: { readonly [name: string]: string } | undefined
  readonly workflow_version?: string | undefined
  readonly connector_id?: string | undefined
}

/**
 * Starts a chat with a chatflow and streams its events. `POST /v1/workflows/chat`
 *
 * @see https://www.coze.cn/docs/developer_guides/workflow_chat
 * @category endpoints
 */
export const stream: Endpoint.EventStream<WorkflowsChatStreamParams, ChatEvent, Coze> =
  /*#__PURE__*/ Endpoint.eventStream(Coze, {
    id: "workflows.chat.stream",
    method: "POST",
    path: "/v1/workflows/chat",
    body: "json",
    prepare: contentAsText,
    success: ChatEvent,
    terminal: ["done"]
  })
