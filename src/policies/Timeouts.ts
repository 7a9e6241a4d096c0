/**
 * Limits how long the parts of a call may take.
 *
 * Set limits as `timeouts` on a layer, or with `RequestOptions.withTimeouts` around a program. If one expires, the call
 * fails with a `TimeoutError` that names it. To bound a whole program instead, use `RequestOptions.withDeadline`.
 *
 * @example
 * ```ts
 * import { RequestOptions } from "llmfx"
 * import { Models } from "llmfx/openai"
 *
 * const program = Models.retrieve({ model: "gpt-5.4-mini" }).pipe(
 *   RequestOptions.withTimeouts({ headers: "5 seconds", total: "30 seconds" })
 * )
 * ```
 */
import * as Duration from "effect/Duration"

/**
 * The limits of a call. A part that is left out has no limit.
 *
 * @category models
 */
export interface Timeouts {
  /** From sending the request to the response headers. Applies to each attempt. */
  readonly headers?: Duration.Input | undefined
  /** From sending the request to the end of a JSON body. Applies to each attempt; never cuts a stream. */
  readonly body?: Duration.Input | undefined
  /** From sending the request to the first event of its stream. Applies to each attempt. */
  readonly firstEvent?: Duration.Input | undefined
  /**
   * Between two events of a stream, also after a finish reason: the usage and the end of the stream are still to come.
   * Comments and pings do not count as events.
   */
  readonly idle?: Duration.Input | undefined
  /** The whole call: all attempts, the waits between them, and the whole stream. */
  readonly total?: Duration.Input | undefined
}

/**
 * No limits.
 *
 * @category constants
 */
export const none: Timeouts = {
  headers: undefined,
  body: undefined,
  firstEvent: undefined,
  idle: undefined,
  total: undefined
}

/**
 * The official clients' limit: ten minutes for the headers and a JSON body, none for a stream.
 *
 * **Gotchas**
 *
 * A stream is read until it is whole or the server closes it. A server that does neither is waited for: set `idle`, such
 * as to a minute, if a server may fall silent.
 *
 * @category constants
 */
export const official: Timeouts = {
  headers: /*#__PURE__*/ Duration.minutes(10),
  body: /*#__PURE__*/ Duration.minutes(10)
}
