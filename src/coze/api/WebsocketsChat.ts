/** A session of the Coze WebSocket API; see `CozeRealtime` for how sessions work. */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { CozeRealtime, type Session, type SessionError } from "../CozeRealtime.ts"
import type {
  ChatUpdate,
  ConversationChatCancel,
  ConversationChatSubmitToolOutputs,
  ConversationClear,
  ConversationMessageCreate,
  InputAudioBufferAppend,
  InputAudioBufferClear,
  InputAudioBufferComplete,
  InputTextBufferAppend,
  InputTextBufferComplete
} from "./WebsocketsEvents.ts"

/**
 * The events that a client may send.
 *
 * @category models
 */
export type ClientEvent =
  | ChatUpdate
  | InputAudioBufferAppend
  | InputAudioBufferComplete
  | InputAudioBufferClear
  | InputTextBufferAppend
  | InputTextBufferComplete
  | ConversationMessageCreate
  | ConversationClear
  | ConversationChatSubmitToolOutputs
  | ConversationChatCancel

export interface WebsocketsChatCreateParams {
  readonly bot_id: string
  /** Replaces the agent's own chatflow. */
  readonly workflow_id?: string | undefined
}

/**
 * Opens a session for talking with an agent. `GET /v1/chat`
 *
 * @see https://docs.coze.cn/developer_guides/streaming_chat_api
 * @category running
 */
export const create = (
  params: WebsocketsChatCreateParams
): Effect.Effect<Session<ClientEvent>, SessionError, CozeRealtime | Scope.Scope> =>
  Effect.flatMap(CozeRealtime, ({ open }) =>
    open("/v1/chat", { bot_id: params.bot_id, workflow_id: params.workflow_id })
  )
