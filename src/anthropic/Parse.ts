/**
 * Returns Claude's answers as values of a schema: an Effect schema or a Standard Schema.
 *
 * Optional properties are requested as nullable ones and come back as optional. Constraints that the API's subset of
 * JSON Schema cannot express are checked when the answer is decoded. A schema must not contain itself.
 *
 * @example
 * ```ts
 * import * as Schema from "effect/Schema"
 * import * as Parse from "llmfx/anthropic/Parse"
 *
 * const City = Schema.Struct({ name: Schema.String, population: Schema.optionalKey(Schema.Int) })
 *
 * const city = Parse.message(
 *   { model: "claude-sonnet-5", max_tokens: 1024, messages: [{ role: "user", content: "Name a city." }] },
 *   City
 * )
 * ```
 */
import * as Effect from "effect/Effect"
import type * as Result from "effect/Result"
import * as Stream from "effect/Stream"
import type * as Accumulator from "../Accumulator.ts"
import type { ApiError } from "../ApiError.ts"
import { finishWith } from "../internal/stream/fold.ts"
import type { RequestOptions } from "../RequestOptions.ts"
import * as StructuredOutput from "../tools/StructuredOutput.ts"
import type { Anthropic } from "./Anthropic.ts"
import * as BetaMessages from "./api/BetaMessages.ts"
import * as Messages from "./api/Messages.ts"
import * as BetaMessageStream from "./BetaMessageStream.ts"
import { conversion } from "./internal/conversion.ts"
import type { CreateEndpoint, MessageAnswer, MessageInput, StreamEndpoint } from "./internal/messageApi.ts"
import { textOf } from "./internal/messageParam.ts"
import * as MessageStream from "./MessageStream.ts"

export { conversion }

/**
 * Options of a request. The API does not take a name for the schema.
 *
 * @category models
 */
export interface Options {
  /** How often an answer that does not fit the schema is sent back to the model. Default: 0. */
  readonly maxReasks?: number | undefined
  readonly request?: RequestOptions | undefined
}

/**
 * Converts a schema for Anthropic, for other uses such as batches.
 *
 * @category converting
 */
export const format = <A, E>(
  source: StructuredOutput.Source<A, E>,
  options?: StructuredOutput.FormatOptions
): Result.Result<StructuredOutput.Format<A, E>, StructuredOutput.UnsupportedSchemaError> =>
  StructuredOutput.format(source, conversion, options)

type Failure = ApiError | StructuredOutput.OutputError | StructuredOutput.UnsupportedSchemaError

/**
 * Returns the text of a message as a value.
 *
 * @category getters
 */
export const message = <A, E>(
  input: Messages.MessageCreateParams,
  source: StructuredOutput.Source<A, E>,
  options?: Options
): Effect.Effect<StructuredOutput.Parsed<A, Messages.Message>, Failure, Anthropic> =>
  parse(Messages.create, input, source, options)

/**
 * Like {@link message}, but emits the value while it arrives. Each time the model is asked again, the value starts
 * over.
 *
 * @category running
 */
export const messageStream = <A, E>(
  input: Messages.MessageCreateParams,
  source: StructuredOutput.Source<A, E>,
  options?: Options
): Stream.Stream<StructuredOutput.Progress<A, E, Messages.Message>, Failure, Anthropic> =>
  parseStream(Messages.stream, MessageStream.accumulator, input, source, options)

/**
 * Returns the text of a beta message as a value. If another model took over, only its text counts.
 *
 * @category getters
 */
export const betaMessage = <A, E>(
  input: BetaMessages.MessageCreateParams,
  source: StructuredOutput.Source<A, E>,
  options?: Options
): Effect.Effect<StructuredOutput.Parsed<A, BetaMessages.BetaMessage>, Failure, Anthropic> =>
  parse(BetaMessages.create, input, source, options)

/**
 * Like {@link betaMessage}, but emits the value while it arrives. Each time the model is asked again, the value starts
 * over.
 *
 * @category running
 */
export const betaMessageStream = <A, E>(
  input: BetaMessages.MessageCreateParams,
  source: StructuredOutput.Source<A, E>,
  options?: Options
): Stream.Stream<StructuredOutput.Progress<A, E, BetaMessages.BetaMessage>, Failure, Anthropic> =>
  parseStream(BetaMessages.stream, BetaMessageStream.accumulator, input, source, options)

const parse = <A, E, Input extends MessageInput, Answer extends MessageAnswer>(
  create: CreateEndpoint<Input, Answer>,
  input: Input,
  source: StructuredOutput.Source<A, E>,
  options: Options = {}
): Effect.Effect<StructuredOutput.Parsed<A, Answer>, Failure, Anthropic> =>
  Effect.flatMap(Effect.fromResult(format(source)), (format) =>
    StructuredOutput.ask(
      format,
      { call: (input) => create(input, options.request), read, followUp },
      withFormat(input, format),
      options.maxReasks ?? 0
    )
  )

const parseStream = <A, E, Input extends MessageInput, Event, Answer extends MessageAnswer>(
  stream: StreamEndpoint<Input, Event>,
  accumulator: Accumulator.Accumulator<Event, Answer, Accumulator.Step>,
  input: Input,
  source: StructuredOutput.Source<A, E>,
  options: Options = {}
): Stream.Stream<StructuredOutput.Progress<A, E, Answer>, Failure, Anthropic> =>
  Stream.unwrap(
    Effect.map(Effect.fromResult(format(source)), (format) =>
      StructuredOutput.follow(
        format,
        {
          events: (input) => stream(input, options.request),
          accumulator,
          text: (step) => (step._tag === "TextDelta" ? step.delta : undefined),
          finish: finishWith(stream, "a message"),
          read,
          followUp
        },
        withFormat(input, format),
        options.maxReasks ?? 0
      )
    )
  )

const followUp = <Input extends MessageInput>(input: Input, text: string, message: string): Input => ({
  ...input,
  messages: [...input.messages, { role: "assistant", content: text }, { role: "user", content: message }]
})

const withFormat = <Input extends MessageInput>(input: Input, format: StructuredOutput.Format<unknown>): Input => ({
  ...input,
  output_config: { ...input.output_config, format: { type: "json_schema", schema: format.jsonSchema } }
})

const read: StructuredOutput.Read<MessageAnswer> = (answer) => {
  const { stop_details, stop_reason } = answer
  const text = textOf(answer)
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
