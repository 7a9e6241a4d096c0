/**
 * The error of a failed token request. Its reason says whether to wait, to ask the user again, or to mend the app's
 * settings.
 *
 * @example
 * ```ts
 * import * as Effect from "effect/Effect"
 * import { CozeAuth } from "llmfx/coze"
 *
 * const program = CozeAuth.deviceCode({ platform: "com", clientId: "1119*****" }).pipe(
 *   Effect.catchTag("CozeAuthError", ({ message, reason }) => Effect.logError(reason, message))
 * )
 * ```
 */
import * as Data from "effect/Data"

/**
 * The polling codes of the device flow, and other failures.
 *
 * @category models
 */
export type CozeAuthReason =
  /** The user has not decided yet. */
  | "authorization_pending"
  /** The program polls too often. */
  | "slow_down"
  /** The user refused. */
  | "access_denied"
  /** The device code has expired. */
  | "expired_token"
  /** The server refused the request: a wrong secret, code, key or refresh token. */
  | "refused"
  | "network"
  /** The response does not come from the authorization server. */
  | "invalid_response"
  /** The private key cannot be read. */
  | "invalid_key"
  /** The store does not have a token yet. */
  | "no_token"

/**
 * A token request failed. The error does not hold a secret.
 *
 * @category errors
 */
export class CozeAuthError extends Data.TaggedError("CozeAuthError")<{
  readonly reason: CozeAuthReason
  readonly message: string
  /** The server's error code. */
  readonly code: string | undefined
  readonly logId: string | undefined
}> {}
