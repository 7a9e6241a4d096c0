/**
 * Runs tools with chat completions until the model is done.
 *
 * See `llmfx/tools/ToolLoop` for the events of a loop and its options.
 *
 * @example
 * ```ts
 * import * as Effect from "effect/Effect"
 * import * as Schema from "effect/Schema"
 * import { ToolLoop, Tools } from "llmfx"
 * import * as ChatToolLoop from "llmfx/openai/ChatToolLoop"
 *
 * const weather = Tools.make({
 *   name: "weather",
 *   parameters: Schema.Struct({ city: Schema.String }),
 *   run: ({ city }) => Effect.succeed(`Sunny in ${city}`)
 * })
 *
 * const answer = ChatToolLoop.run(
 *   { model: "gpt-5.4-mini", messages: [{ role: "user", content: "What is the weather in Rome?" }] },
 *   [weather]
 * ).pipe(ToolLoop.finished)
 * ```
 */
import * as ToolLoop from "../tools/ToolLoop.ts"
import type * as Tools from "../tools/Tools.ts"
import type * as ChatCompletions from "./api/ChatCompletions.ts"
import * as ChatCompletionStream from "./ChatCompletionStream.ts"
import { callsOf, endingOf, nextInput } from "./internal/chatParam.ts"
import { conversion } from "./internal/conversion.ts"
import { OpenAi } from "./OpenAi.ts"

type Input = ChatCompletions.ChatCompletionCreateParams
type Answer = ChatCompletions.ChatCompletion

/**
 * Runs the loop on the first choice of each completion.
 *
 * @category running
 */
export const run: ToolLoop.Run<Input, Input, Answer, OpenAi> = (input, tools, options) =>
  ToolLoop.run(api, input, tools, options)

/**
 * Returns the calls that a completion's first choice asks for, or none if it was cut or declined.
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

const api: ToolLoop.Api<Input, ChatCompletions.ChatCompletionChunk, ChatCompletionStream.Snapshot, Answer, OpenAi> = {
  service: OpenAi,
  conversion,
  withTools: (input, tools) => ({
    ...input,
    tools: [
      ...(input.tools ?? []),
      ...tools.map(({ description, jsonSchema, name, strict }) => ({
        type: "function" as const,
        // Not strict is the default, and the field is unknown to some servers.
        function: { name, description, parameters: jsonSchema, ...(strict ? { strict } : {}) }
      }))
    ]
  }),
  events: ChatCompletionStream.chunks,
  accumulator: ChatCompletionStream.accumulator,
  finish: ChatCompletionStream.finish,
  ending: endingOf,
  calls: callsOf,
  next: nextInput
}
