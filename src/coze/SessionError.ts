/** Why a session over a WebSocket failed. */
import * as Data from "effect/Data"

/** The session could not be opened. `status` is the answer to the handshake, where there was one. */
export class ConnectError extends Data.TaggedError("ConnectError")<{
  readonly message: string
  readonly status: number | undefined
}> {}

/** The session is over, and not because anybody said so politely. */
export class ClosedError extends Data.TaggedError("ClosedError")<{
  readonly message: string
  /** As in RFC 6455; 1006 where the connection just broke. */
  readonly code: number
  readonly closeReason: string | undefined
}> {}

/** An event does not fit its schema. */
export class EventDecodeError extends Data.TaggedError("EventDecodeError")<{
  readonly message: string
  readonly raw: unknown
}> {}

/** Why a session failed. */
export type SessionReason = ConnectError | ClosedError | EventDecodeError

/** A session failed. */
export class SessionError extends Data.TaggedError("SessionError")<{ readonly reason: SessionReason }> {
  override get message(): string {
    return this.reason.message
  }
}
