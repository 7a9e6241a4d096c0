import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { CozeRealtime, type Session, type SessionError } from "../CozeRealtime.ts"
import type {
  InputAudioBufferAppend,
  InputAudioBufferClear,
  InputAudioBufferComplete,
  TranscriptionsUpdate
} from "./WebsocketsEvents.ts"

/** What can be sent. */
export type ClientEvent =
  | TranscriptionsUpdate
  | InputAudioBufferAppend
  | InputAudioBufferComplete
  | InputAudioBufferClear

export interface WebsocketsAudioTranscriptionsCreateParams {
  readonly entity_type?: "bot" | "workflow" | (string & {}) | undefined
  readonly entity_id?: string | undefined
}

/** `GET /v1/audio/transcriptions`: writes down speech as it comes. */
export const create = (
  params?: WebsocketsAudioTranscriptionsCreateParams
): Effect.Effect<Session<ClientEvent>, SessionError, CozeRealtime | Scope.Scope> =>
  Effect.flatMap(CozeRealtime, ({ open }) =>
    open("/v1/audio/transcriptions", { entity_type: params?.entity_type, entity_id: params?.entity_id })
  )
