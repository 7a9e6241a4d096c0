/**
 * Runs tools with responses until the model is done.
 *
 * See `llmfx/tools/ToolLoop` for the events of a loop and its options.
 *
 * @example
 * ```ts
 * import * as Effect from "effect/Effect"
 * import * as Schema from "effect/Schema"
 * import { ToolLoop, Tools } from "llmfx"
 * import * as ResponseToolLoop from "llmfx/openai/ResponseToolLoop"
 *
 * const weather = Tools.make({
 *   name: "weather",
 *   parameters: Schema.Struct({ city: Schema.String }),
 *   run: ({ city }) => Effect.succeed(`Sunny in ${city}`)
 * })
 *
 * const answer = ResponseToolLoop.run({ model: "gpt-5.4-mini", input: "What is the weather in Rome?" }, [weather]).pipe(
 *   ToolLoop.finished
 * )
 * ```
 */
import * as ToolLoop from "../tools/ToolLoop.ts"
import type * as Tools from "../tools/Tools.ts"
import * as Responses from "./api/Responses.ts"
import { callsOf, nextInput } from "./internal/responseParam.ts"
import { responseToolApi } from "./internal/responseToolApi.ts"
import type { OpenAi } from "./OpenAi.ts"
import * as ResponseStream from "./ResponseStream.ts"

type Input = Responses.ResponseCreateParams
type Answer = Responses.Response

/**
 * Runs the loop. Each request has the whole exchange, unless the input names a `conversation` that stores it.
 *
 * @category running
 */
export const run: ToolLoop.Run<Input, Input, Answer, OpenAi> = (input, tools, options) =>
  ToolLoop.run(api, input, tools, options)

/**
 * Returns the calls that a response asks for, or none if it was cut or declined.
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

const api = /*#__PURE__*/ responseToolApi<Input, Responses.ResponseStreamEvent, Answer>(
  Responses.stream,
  ResponseStream.accumulator
)
