import * as Data from "effect/Data"

/** A connection that breaks, with the code that a runtime gives for it, such as `ECONNRESET`. */
export class ConnectionLost extends Data.TaggedError("ConnectionLost")<{ readonly code: string }> {
  override get message(): string {
    return `The connection failed (${this.code})`
  }
}
