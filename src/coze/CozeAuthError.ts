/** Why no token could be had. */
import * as Data from "effect/Data"

/** The polling codes of the device flow, and what else can go wrong. */
export type CozeAuthReason =
  /** The user has not decided yet. */
  | "authorization_pending"
  /** The server is asked too often. */
  | "slow_down"
  /** The user said no. */
  | "access_denied"
  /** The device code is too old. */
  | "expired_token"
  /** The server refused the request: a wrong secret, code, key or refresh token. */
  | "refused"
  | "network"
  /** The answer is none that the server should give. */
  | "invalid_response"
  /** The private key cannot be read. */
  | "invalid_key"
  /** The store has no token to begin with. */
  | "no_token"

/** A token request failed. It holds no secret. */
export class CozeAuthError extends Data.TaggedError("CozeAuthError")<{
  readonly reason: CozeAuthReason
  readonly message: string
  /** What the server calls it. */
  readonly code: string | undefined
  readonly logId: string | undefined
}> {}
