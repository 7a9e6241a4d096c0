/** How long the parts of a call may take. Each one that passes is a `TimeoutError` that says which. */
import * as Duration from "effect/Duration"

/** Durations; a part that is left out is not limited. */
export interface Timeouts {
  /** From sending a request to the response's headers, on each try. */
  readonly headers?: Duration.Input | undefined
  /** From sending a request to the end of its JSON body, on each try. Never cuts a stream. */
  readonly body?: Duration.Input | undefined
  /** From sending a request to the first event of its stream, on each try. */
  readonly firstEvent?: Duration.Input | undefined
  /** Between two events of a stream. Comments and pings do not count as events. */
  readonly idle?: Duration.Input | undefined
  /** The whole call: all tries, the waits between them, and the whole stream. */
  readonly total?: Duration.Input | undefined
}

/** No limits at all. */
export const none: Timeouts = {
  headers: undefined,
  body: undefined,
  firstEvent: undefined,
  idle: undefined,
  total: undefined
}

/** The official clients' limit: ten minutes for the headers and a JSON body; streams may go on for ever. */
export const official: Timeouts = {
  headers: /*#__PURE__*/ Duration.minutes(10),
  body: /*#__PURE__*/ Duration.minutes(10)
}
