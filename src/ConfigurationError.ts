/**
 * The error of a layer that cannot be built, because options or environment variables are missing or contradict each
 * other.
 */
import * as Data from "effect/Data"

/**
 * Lists every problem at once.
 *
 * @category errors
 */
export class ConfigurationError extends Data.TaggedError("ConfigurationError")<{
  readonly provider: string
  readonly problems: ReadonlyArray<string>
}> {
  override get message(): string {
    const problems = this.problems.map((problem) => `\n  - ${problem}`).join("")
    return `The ${this.provider} client is not configured:${problems}`
  }
}
