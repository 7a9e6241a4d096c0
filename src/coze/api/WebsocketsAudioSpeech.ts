/** A session of the Coze WebSocket API; see `CozeRealtime` for how sessions work. */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { CozeRealtime, type Session, type SessionError } from "../CozeRealtime.ts"
import type { InputTextBufferAppend, InputTextBufferComplete, SpeechUpdate } from "./WebsocketsEvents.ts"

/**
 * The events that a client may send.
 *
 * @category models
 */
export type ClientEvent = SpeechUpdate | InputTextBufferAppend | InputTextBufferComplete

export interface WebsocketsAudioSpeechCreateParams {
  readonly entity_type?: "bot" | "workflow" | (string & {}) | undefined
  readonly entity_id?: string | undefined
}

/**
 * Opens a session that reads text aloud as it arrives. `GET /v1/audio/speech`
 *
 * @see https://docs.coze.cn/developer_guides/tts_api
 * @category running
 */
export const create = (
  params?: WebsocketsAudioSpeechCreateParams
): Effect.Effect<Session<ClientEvent>, SessionError, CozeRealtime | Scope.Scope> =>
  Effect.flatMap(CozeRealtime, ({ open }) =>
    open("/v1/audio/speech", { entity_type: params?.entity_type, entity_id: params?.entity_id })
  )
