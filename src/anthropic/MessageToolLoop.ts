/**
 * Messages that may call tools, until the model is done.
 *
 * @example
 * ```ts
 * import * as Effect from "effect/Effect"
 * import * as Schema from "effect/Schema"
 * import { ToolLoop, Tools } from "llmfx"
 * import { MessageToolLoop } from "llmfx/anthropic"
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
import type * as Stream from "effect/Stream"
import type { ApiError } from "../ApiError.ts"
import { finishWith } from "../internal/fold.ts"
import type * as StructuredOutput from "../StructuredOutput.ts"
import * as ToolLoop from "../ToolLoop.ts"
import type * as Tools from "../Tools.ts"
import type { Anthropic } from "./Anthropic.ts"
import * as Messages from "./Messages.ts"
import * as MessageStream from "./MessageStream.ts"
import { conversion } from "./Parse.ts"

type Input = Messages.MessageCreateParams
type Answer = Messages.Message

/** Runs the loop. An answer that pauses for a tool on the server is sent back, so that the model goes on. */
export const run = <R = never, E2 = never, R2 = never>(
  input: Input,
  tools: ReadonlyArray<Tools.Tool<R>>,
  options?: ToolLoop.Options<Input, Answer, E2, R2>
): Stream.Stream<
  ToolLoop.Event<Input, Answer>,
  ApiError | StructuredOutput.UnsupportedSchemaError | E2,
  Anthropic | R | R2
> => ToolLoop.run(api, input, tools, options)

/** The calls of a message. An input that was no JSON is there as it was written. */
export const calls = ({ content }: Answer): ReadonlyArray<Tools.Call> =>
  content.flatMap(
    (block): ReadonlyArray<Tools.Call> =>
      block.type === "tool_use"
        ? [
            {
              id: block.id,
              name: block.name,
              arguments: typeof block.input === "string" ? block.input : JSON.stringify(block.input)
            }
          ]
        : []
  )

/** A message of the model as a message of the next request. */
export const toMessageParam = ({ content }: Answer): Messages.AssistantMessageParam => ({
  role: "assistant",
  content: content.flatMap((block): ReadonlyArray<Messages.ContentBlockParam> => {
    // The API refuses texts that are empty, and inputs that are no objects.
    if (block.type === "text" && block.text === "") return []
    const sent = block.type === "tool_use" && typeof block.input === "string" ? { ...block, input: {} } : block
    // Every block of an answer is one of a request, too.
    return [sent as Messages.ContentBlockParam]
  })
})

/** The input of the next request: the exchange so far, the answer, and the results of its calls. */
export const next = (input: Input, answer: Answer, results: ReadonlyArray<Tools.CallResult>): Input => ({
  ...input,
  messages: [
    ...input.messages,
    toMessageParam(answer),
    ...(results.length === 0
      ? []
      : [
          {
            role: "user" as const,
            content: results.map(({ id, isError, output }) => ({
              type: "tool_result" as const,
              tool_use_id: id,
              content: output,
              ...(isError ? { is_error: true } : {})
            }))
          }
        ])
  ]
})

const api: ToolLoop.Api<Input, Messages.RawMessageStreamEvent, Messages.Message, Answer, Anthropic> = {
  conversion: { ...conversion, objectOnly: true },
  withTools: (input, tools) => ({
    ...input,
    tools: [
      ...(input.tools ?? []),
      ...tools.map(({ description, jsonSchema, name, strict }) => ({
        name,
        ...(description === undefined ? {} : { description }),
        input_schema: { ...jsonSchema, type: "object" as const },
        ...(strict ? { strict } : {})
      }))
    ]
  }),
  events: (input) => Messages.stream(input),
  accumulator: MessageStream.accumulator,
  finish: finishWith(Messages.stream, "a message"),
  calls,
  isPaused: ({ stop_reason }) => stop_reason === "pause_turn",
  next
}
