/**
 * Answers of Claude as values of a schema, an Effect schema or a Standard Schema.
 *
 * Optional properties are asked for as nullable ones, and come back as optional; what the API's subset of JSON Schema
 * cannot say is checked when the answer is decoded. A schema must not contain itself.
 *
 * @example
 * ```ts
 * import * as Schema from "effect/Schema"
 * import { Parse } from "llmfx/anthropic"
 *
 * const City = Schema.Struct({ name: Schema.String, population: Schema.optionalKey(Schema.Int) })
 *
 * const city = Parse.message(
 *   { model: "claude-sonnet-5", max_tokens: 1024, messages: [{ role: "user", content: "Name a city." }] },
 *   City
 * )
 * ```
 */
import * as AnthropicStructuredOutput from "effect/ai/AnthropicStructuredOutput"
import * as Effect from "effect/Effect"
import type * as Result from "effect/Result"
import * as Stream from "effect/Stream"
import type { ApiError } from "../ApiError.ts"
import { finishWith } from "../internal/fold.ts"
import type { RequestOptions } from "../RequestOptions.ts"
import * as StructuredOutput from "../StructuredOutput.ts"
import type { Anthropic } from "./Anthropic.ts"
import * as MessageStream from "./MessageStream.ts"
import * as Messages from "./Messages.ts"

/** How Anthropic takes schemas: any type at the top, no recursion. */
export const conversion: StructuredOutput.Conversion = {
  convert: AnthropicStructuredOutput.toCodecAnthropic,
  objectOnly: false,
  recursive: false
}

/** What can be set beside the input. The API takes no name for the schema. */
export interface Options {
  /** How often an answer that is no value of the schema is sent back to the model; 0 unless set. */
  readonly reasks?: number | undefined
  readonly request?: RequestOptions | undefined
}

/** The schema as Anthropic takes it, for other uses such as batches. */
export const format = <A, E>(
  source: StructuredOutput.Source<A, E>,
  options?: StructuredOutput.FormatOptions
): Result.Result<StructuredOutput.Format<A, E>, StructuredOutput.UnsupportedSchemaError> =>
  StructuredOutput.format(source, conversion, options)

type Failure = ApiError | StructuredOutput.OutputError | StructuredOutput.UnsupportedSchemaError

/** The text of a message as a value. */
export const message = <A, E>(
  input: Messages.MessageCreateParams,
  source: StructuredOutput.Source<A, E>,
  options: Options = {}
): Effect.Effect<StructuredOutput.Parsed<A, Messages.Message>, Failure, Anthropic> =>
  Effect.flatMap(Effect.fromResult(format(source)), (format) =>
    StructuredOutput.ask(
      format,
      {
        call: (input) => Messages.create(input, options.request),
        read,
        followUp: (input, text, message): Messages.MessageCreateParams => ({
          ...input,
          messages: [...input.messages, { role: "assistant", content: text }, { role: "user", content: message }]
        })
      },
      withFormat(input, format),
      options.reasks ?? 0
    )
  )

/** The same, with what is known of the value as it comes. */
export const messageStream = <A, E>(
  input: Messages.MessageCreateParams,
  source: StructuredOutput.Source<A, E>,
  options: Options = {}
): Stream.Stream<StructuredOutput.Progress<A, E, Messages.Message>, Failure, Anthropic> =>
  Stream.unwrap(
    Effect.map(Effect.fromResult(format(source)), (format) =>
      StructuredOutput.follow(
        format,
        read,
        MessageStream.accumulator,
        Messages.stream(withFormat(input, format), options.request),
        {
          text: (step) => (step._tag === "TextDelta" ? step.delta : undefined),
          finish: finishWith(Messages.stream, "a message")
        }
      )
    )
  )

const withFormat = (
  input: Messages.MessageCreateParams,
  format: StructuredOutput.Format<unknown>
): Messages.MessageCreateParams => ({
  ...input,
  output_config: { ...input.output_config, format: { type: "json_schema", schema: format.jsonSchema } }
})

const read: StructuredOutput.Read<Messages.Message> = ({ content, stop_details, stop_reason }) => {
  const text = content.map((block) => (block.type === "text" ? block.text : "")).join("")
  switch (stop_reason) {
    case "refusal":
      return {
        text,
        problem: new StructuredOutput.Refused({ message: stop_details?.explanation ?? "The model declined to answer" })
      }
    case "max_tokens":
    case "model_context_window_exceeded":
      return { text, problem: new StructuredOutput.Truncated({ message: "The answer reached its token limit" }) }
    default:
      return {
        text,
        problem:
          text === ""
            ? new StructuredOutput.NoOutput({ message: `The answer has no text (${stop_reason ?? "no stop reason"})` })
            : undefined
      }
  }
}
