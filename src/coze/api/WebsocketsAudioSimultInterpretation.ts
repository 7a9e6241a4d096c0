/** A session of the Coze WebSocket API; see `CozeRealtime` for how sessions work. */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { CozeRealtime, type Session, type SessionError } from "../CozeRealtime.ts"
import type {
  InputAudioBufferAppend,
  InputAudioBufferComplete,
  SimultInterpretationUpdate
} from "./WebsocketsEvents.ts"

/**
 * The events that a client may send.
 *
 * @category models
 */
export type ClientEvent = SimultInterpretationUpdate | InputAudioBufferAppend | InputAudioBufferComplete

/**
 * Opens a session that translates speech as it is spoken. `GET /v1/audio/simult_interpretation`
 *
 * @category running
 */
export const create = (): Effect.Effect<Session<ClientEvent>, SessionError, CozeRealtime | Scope.Scope> =>
  Effect.flatMap(CozeRealtime, ({ open }) => open("/v1/audio/simult_interpretation", {}))
