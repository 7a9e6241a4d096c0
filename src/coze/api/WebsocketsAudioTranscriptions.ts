/** A session of the Coze WebSocket API; see `CozeRealtime` for how sessions work. */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { CozeRealtime, type Session, type SessionError } from "../CozeRealtime.ts"
import type {
  InputAudioBufferAppend,
  InputAudioBufferClear,
  InputAudioBufferComplete,
  TranscriptionsUpdate
} from "./WebsocketsEvents.ts"

/**
 * The events that a client may send.
 *
 * @category models
 */
export type ClientEvent =
  | TranscriptionsUpdate
  | InputAudioBufferAppend
  | InputAudioBufferComplete
  | InputAudioBufferClear

export interface WebsocketsAudioTranscriptionsCreateParams {
  readonly entity_type?: "bot" | "workflow" | (string & {}) | undefined
  readonly entity_id?: string | undefined
}

/**
 * Opens a session that transcribes speech as it is spoken. `GET /v1/audio/transcriptions`
 *
 * @see https://docs.coze.cn/developer_guides/asr_api
 * @category running
 */
export const create = (
  params?: WebsocketsAudioTranscriptionsCreateParams
): Effect.Effect<Session<ClientEvent>, SessionError, CozeRealtime | Scope.Scope> =>
  Effect.flatMap(CozeRealtime, ({ open }) =>
    open("/v1/audio/transcriptions", { entity_type: params?.entity_type, entity_id: params?.entity_id })
  )
