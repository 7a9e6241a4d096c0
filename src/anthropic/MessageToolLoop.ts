/**
 * Runs tools with messages until the model is done.
 *
 * See `llmfx/tools/ToolLoop` for the events of a loop and its options.
 *
 * @example
 * ```ts
 * import * as Effect from "effect/Effect"
 * import * as Schema from "effect/Schema"
 * import { ToolLoop, Tools } from "llmfx"
 * import * as MessageToolLoop from "llmfx/anthropic/MessageToolLoop"
 *
 * const weather = Tools.make({
 *   name: "weather",
 *   parameters: Schema.Struct({ city: Schema.String }),
 *   run: ({ city }) => Effect.succeed(`Sunny in ${city}`)
 * })
 *
 * const answer = MessageToolLoop.run(
 *   {
 *     model: "claude-sonnet-5",
 *     max_tokens: 1024,
 *     messages: [{ role: "user", content: "What is the weather in Rome?" }]
 *   },
 *   [weather]
 * ).pipe(ToolLoop.finished)
 * ```
 */
import * as ToolLoop from "../tools/ToolLoop.ts"
import type * as Tools from "../tools/Tools.ts"
import type { Anthropic } from "./Anthropic.ts"
import * as Messages from "./api/Messages.ts"
import { callsOf, nextInput } from "./internal/messageParam.ts"
import { messageToolApi } from "./internal/messageToolApi.ts"
import { accumulator } from "./MessageStream.ts"

type Input = Messages.MessageCreateParams
type Answer = Messages.Message

/**
 * Runs the loop. An answer that pauses for a server tool is sent back so the model continues.
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

const api = /*#__PURE__*/ messageToolApi(Messages.stream, accumulator)
