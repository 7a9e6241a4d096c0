import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { CozeRealtime, type Session, type SessionError } from "../CozeRealtime.ts"
import type {
  InputAudioBufferAppend,
  InputAudioBufferComplete,
  SimultInterpretationUpdate
} from "./WebsocketsEvents.ts"

/** What can be sent. */
export type ClientEvent = SimultInterpretationUpdate | InputAudioBufferAppend | InputAudioBufferComplete

/** `GET /v1/audio/simult_interpretation`: translates speech as it comes. */
export const create = (): Effect.Effect<Session<ClientEvent>, SessionError, CozeRealtime | Scope.Scope> =>
  Effect.flatMap(CozeRealtime, ({ open }) => open("/v1/audio/simult_interpretation", {}))
