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

/** What can be sent. */
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
  /** A chatflow in place of the agent's own. */
  readonly workflow_id?: string | undefined
}

/** `GET /v1/chat`: talks with an agent. */
export const create = (
  params: WebsocketsChatCreateParams
): Effect.Effect<Session<ClientEvent>, SessionError, CozeRealtime | Scope.Scope> =>
  Effect.flatMap(CozeRealtime, ({ open }) =>
    open("/v1/chat", { bot_id: params.bot_id, workflow_id: params.workflow_id })
  )
