import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { CozeRealtime, type Session, type SessionError } from "../CozeRealtime.ts"
import type { InputTextBufferAppend, InputTextBufferComplete, SpeechUpdate } from "./WebsocketsEvents.ts"

/** What can be sent. */
export type ClientEvent = SpeechUpdate | InputTextBufferAppend | InputTextBufferComplete

export interface WebsocketsAudioSpeechCreateParams {
  readonly entity_type?: "bot" | "workflow" | (string & {}) | undefined
  readonly entity_id?: string | undefined
}

/** `GET /v1/audio/speech`: reads text aloud as it comes. */
export const create = (
  params?: WebsocketsAudioSpeechCreateParams
): Effect.Effect<Session<ClientEvent>, SessionError, CozeRealtime | Scope.Scope> =>
  Effect.flatMap(CozeRealtime, ({ open }) =>
    open("/v1/audio/speech", { entity_type: params?.entity_type, entity_id: params?.entity_id })
  )
