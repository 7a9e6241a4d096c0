/**
 * Responses that may call tools, until the model is done.
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
import type * as Stream from "effect/Stream"
import type { ApiError } from "../ApiError.ts"
import { finishWith } from "../internal/stream/fold.ts"
import type * as StructuredOutput from "../tools/StructuredOutput.ts"
import * as ToolLoop from "../tools/ToolLoop.ts"
import type * as Tools from "../tools/Tools.ts"
import * as Responses from "./api/Responses.ts"
import { inputItemsOf, isKept, itemsOf } from "./internal/responseInput.ts"
import { responseOutput } from "./internal/toolOutput.ts"
import type { OpenAi } from "./OpenAi.ts"
import { conversion } from "./Parse.ts"
import * as ResponseStream from "./ResponseStream.ts"

type Input = Responses.ResponseCreateParams
type Answer = Responses.Response

/** Runs the loop. Each request has the whole exchange, unless the input names a `conversation` that keeps it. */
export const run = <R = never, E2 = never, R2 = never>(
  input: Input,
  tools: ReadonlyArray<Tools.Tool<R>>,
  options?: ToolLoop.Options<Input, Answer, E2, R2>
): Stream.Stream<
  ToolLoop.Event<Input, Answer>,
  ApiError | StructuredOutput.UnsupportedSchemaError | E2,
  OpenAi | R | R2
> => ToolLoop.run(api, input, tools, options)

/** The calls of a response. */
export const calls = ({ output }: Answer): ReadonlyArray<Tools.Call> =>
  output.flatMap((item): ReadonlyArray<Tools.Call> => {
    if (item.type === "function_call") return [{ id: item.call_id, name: item.name, arguments: item.arguments }]
    return item.type === "custom_tool_call" ? [{ id: item.call_id, name: item.name, arguments: item.input }] : []
  })

/** The output of a response as input of the next request, without what the API does not take back. */
export const toInputItems: (
  output: ReadonlyArray<Responses.ResponseOutputItem>
) => ReadonlyArray<Responses.ResponseInputItem> = inputItemsOf

/** The input of the next request: the exchange so far, the answer, and the results of its calls. */
export const next = (input: Input, answer: Answer, results: ReadonlyArray<Tools.CallResult>): Input => {
  const custom = new Set(answer.output.flatMap((item) => (item.type === "custom_tool_call" ? [item.call_id] : [])))
  const outputs = results.map(
    ({ id, output }): Responses.ResponseInputItem =>
      custom.has(id)
        ? { type: "custom_tool_call_output", call_id: id, output: responseOutput(output) }
        : { type: "function_call_output", call_id: id, output: responseOutput(output) }
  )
  return { ...input, input: isKept(input) ? outputs : [...itemsOf(input), ...inputItemsOf(answer.output), ...outputs] }
}

const api: ToolLoop.Api<Input, Responses.ResponseStreamEvent, Responses.Response, Answer, OpenAi> = {
  conversion,
  withTools: (input, tools) => ({
    ...input,
    tools: [
      ...(input.tools ?? []),
      ...tools.map(({ description, jsonSchema, name, strict }) => ({
        type: "function" as const,
        name,
        description,
        parameters: jsonSchema,
        strict
      }))
    ]
  }),
  events: (input) => Responses.stream(input),
  accumulator: ResponseStream.accumulator,
  finish: finishWith(Responses.stream, "a response"),
  calls,
  isPaused: () => false,
  next
}
