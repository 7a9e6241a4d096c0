/**
 * The error of a session over a WebSocket: it did not open, it broke, or the server sent an event that does not fit.
 *
 * @example
 * ```ts
 * import * as Effect from "effect/Effect"
 * import { WebsocketsAudioSpeech } from "llmfx/coze"
 *
 * const program = Effect.scoped(WebsocketsAudioSpeech.create()).pipe(
 *   Effect.catchReason("SessionError", "ConnectError", ({ status }) => Effect.logError("refused with status", status))
 * )
 * ```
 */
import * as Data from "effect/Data"

/**
 * The session could not be opened. `status` is the status of the handshake's response, if there was one.
 *
 * @category errors
 */
export class ConnectError extends Data.TaggedError("ConnectError")<{
  readonly message: string
  readonly status: number | undefined
}> {}

/**
 * The connection closed without a normal close (code 1000).
 *
 * @category errors
 */
export class ClosedError extends Data.TaggedError("ClosedError")<{
  readonly message: string
  /** The close code of RFC 6455. 1006 if the connection broke. */
  readonly code: number
  readonly closeReason: string | undefined
}> {}

/**
 * An event does not fit its schema.
 *
 * @category errors
 */
export class EventDecodeError extends Data.TaggedError("EventDecodeError")<{
  readonly message: string
  readonly raw: unknown
}> {}

/**
 * Why a session failed.
 *
 * @category models
 */
export type SessionReason = ConnectError | ClosedError | EventDecodeError

/**
 * A session failed.
 *
 * @category errors
 */
export class SessionError extends Data.TaggedError("SessionError")<{ readonly reason: SessionReason }> {
  override get message(): string {
    return this.reason.message
  }
}
