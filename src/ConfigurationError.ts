/**
 * The error of a layer that cannot be built, because options or environment variables are missing or contradict each
 * other. It names all problems at once.
 *
 * @example
 * ```ts
 * import * as Effect from "effect/Effect"
 * import * as FetchHttpClient from "effect/http/FetchHttpClient"
 * import { Models, OpenAi } from "llmfx/openai"
 *
 * const program = Models.retrieve({ model: "gpt-5.4-mini" }).pipe(
 *   Effect.provide(OpenAi.layerConfig()),
 *   Effect.provide(FetchHttpClient.layer),
 *   Effect.catchTag("ConfigurationError", ({ problems }) => Effect.logError("set these first", problems))
 * )
 * ```
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
