/**
 * Runs tools with messages of the beta API until the model is done, like `MessageToolLoop`.
 *
 * @example
 * ```ts
 * import * as Effect from "effect/Effect"
 * import * as Schema from "effect/Schema"
 * import { ToolLoop, Tools } from "llmfx"
 * import * as BetaMessageToolLoop from "llmfx/anthropic/BetaMessageToolLoop"
 *
 * const weather = Tools.make({
 *   name: "weather",
 *   parameters: Schema.Struct({ city: Schema.String }),
 *   run: ({ city }) => Effect.succeed(`Sunny in ${city}`)
 * })
 *
 * const answer = BetaMessageToolLoop.run(
 *   {
 *     model: "claude-sonnet-5",
 *     max_tokens: 1024,
 *     messages: [{ role: "user", content: "What is the weather in Rome?" }],
 *     betas: ["compact-2026-01-12"]
 *   },
 *   [weather]
 * ).pipe(ToolLoop.finished)
 * ```
 */
import * as ToolLoop from "../tools/ToolLoop.ts"
import type * as Tools from "../tools/Tools.ts"
import type { Anthropic } from "./Anthropic.ts"
import * as BetaMessages from "./api/BetaMessages.ts"
import { accumulator } from "./BetaMessageStream.ts"
import { callsOf, nextInput } from "./internal/messageParam.ts"
import { messageToolApi } from "./internal/messageToolApi.ts"

type Input = BetaMessages.MessageCreateParams
type Answer = BetaMessages.BetaMessage

/**
 * Runs the loop. An answer that pauses, for a server tool or after a compaction, is sent back so the model continues.
 *
 * @category running
 */
export const run: ToolLoop.Run<Input, Input, Answer, Anthropic> = (input, tools, options) =>
  ToolLoop.run(api, input, tools, options)

/**
 * Returns the calls that a message asks for, or none if it was cut, paused or declined. If the input of a call is not
 * JSON, its arguments are that text.
 *
 * @category getters
 */
export const calls: (answer: Answer) => ReadonlyArray<Tools.Call> = callsOf

/**
 * Returns the input of the next request: the exchange so far, the answer, and the results of its calls.
 *
 * @category getters
 */
export const next: (input: Input, answer: Answer, results: ReadonlyArray<Tools.CallResult>) => Input = nextInput

const api = /*#__PURE__*/ messageToolApi(BetaMessages.stream, accumulator)
