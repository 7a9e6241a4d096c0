/**
 * Returns answers of OpenAI's models as values of a schema: an Effect schema or a Standard Schema.
 *
 * Optional properties are requested as nullable ones and come back as optional. Constraints that the strict subset of
 * JSON Schema cannot express are checked when the answer is decoded.
 *
 * @example
 * ```ts
 * import * as Schema from "effect/Schema"
 * import * as Parse from "llmfx/openai/Parse"
 *
 * const City = Schema.Struct({ name: Schema.String, population: Schema.optionalKey(Schema.Int) })
 *
 * const city = Parse.chatCompletion(
 *   { model: "gpt-5.4-mini", messages: [{ role: "user", content: "Name a city." }] },
 *   City
 * )
 * ```
 */
import * as Effect from "effect/Effect"
import type * as Result from "effect/Result"
import * as Stream from "effect/Stream"
import type { ApiError } from "../ApiError.ts"
import { finishWith } from "../internal/stream/fold.ts"
import type { RequestOptions } from "../RequestOptions.ts"
import * as StructuredOutput from "../tools/StructuredOutput.ts"
import * as ChatCompletions from "./api/ChatCompletions.ts"
import * as Responses from "./api/Responses.ts"
import * as ChatCompletionStream from "./ChatCompletionStream.ts"
import { textOfContent } from "./internal/content.ts"
import { conversion as openAiConversion } from "./internal/conversion.ts"
import { isKept, itemsOf } from "./internal/responseParam.ts"
import { finalTextOfResponse } from "./internal/responseText.ts"
import type { OpenAi } from "./OpenAi.ts"
import * as ResponseStream from "./ResponseStream.ts"

/**
 * OpenAI requires an object at the top and allows recursion.
 *
 * @category constants
 */
export const conversion: StructuredOutput.Conversion = openAiConversion

/**
 * Options of a request.
 *
 * @category models
 */
export interface Options extends StructuredOutput.FormatOptions {
  /** How often an answer that does not fit the schema is sent back to the model. Default: 0. */
  readonly maxReasks?: number | undefined
  readonly request?: RequestOptions | undefined
}

/**
 * Converts a schema for OpenAI, for other uses such as batches.
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
 * Returns the first choice of a chat completion as a value.
 *
 * @category getters
 */
export const chatCompletion = <A, E>(
  input: ChatCompletions.ChatCompletionCreateParams,
  source: StructuredOutput.Source<A, E>,
  options: Options = {}
): Effect.Effect<StructuredOutput.Parsed<A, ChatCompletions.ChatCompletion>, Failure, OpenAi> =>
  Effect.flatMap(Effect.fromResult(format(source, options)), (format) =>
    StructuredOutput.ask(
      format,
      { ...chat, call: (input) => ChatCompletions.create(input, options.request) },
      withChatFormat(input, format),
      options.maxReasks ?? 0
    )
  )

/**
 * Like {@link chatCompletion}, but emits the value while it arrives. Each time the model is asked again, the value
 * starts over.
 *
 * @category running
 */
export const chatCompletionStream = <A, E>(
  input: ChatCompletions.ChatCompletionCreateParams,
  source: StructuredOutput.Source<A, E>,
  options: Options = {}
): Stream.Stream<StructuredOutput.Progress<A, E, ChatCompletions.ChatCompletion>, Failure, OpenAi> =>
  Stream.unwrap(
    Effect.map(Effect.fromResult(format(source, options)), (format) =>
      StructuredOutput.follow(
        format,
        {
          ...chat,
          events: (input) => ChatCompletionStream.chunks(input, options.request),
          accumulator: ChatCompletionStream.accumulator,
          text: (step) => (step._tag === "TextDelta" && step.index === 0 ? step.delta : undefined),
          finish: ChatCompletionStream.finish
        },
        withChatFormat(input, format),
        options.maxReasks ?? 0
      )
    )
  )

/**
 * Returns the text of a response as a value.
 *
 * @category getters
 */
export const response = <A, E>(
  input: Responses.ResponseCreateParams,
  source: StructuredOutput.Source<A, E>,
  options: Options = {}
): Effect.Effect<StructuredOutput.Parsed<A, Responses.Response>, Failure, OpenAi> =>
  Effect.flatMap(Effect.fromResult(format(source, options)), (format) =>
    StructuredOutput.ask(
      format,
      { ...responses, call: (input) => Responses.create(input, options.request) },
      withTextFormat(input, format),
      options.maxReasks ?? 0
    )
  )

/**
 * Like {@link response}, but emits the value while it arrives. Each time the model is asked again, the value starts
 * over.
 *
 * @category running
 */
export const responseStream = <A, E>(
  input: Responses.ResponseCreateParams,
  source: StructuredOutput.Source<A, E>,
  options: Options = {}
): Stream.Stream<StructuredOutput.Progress<A, E, Responses.Response>, Failure, OpenAi> =>
  Stream.unwrap(
    Effect.map(Effect.fromResult(format(source, options)), (format) =>
      StructuredOutput.follow(
        format,
        {
          ...responses,
          events: (input) => Responses.stream(input, options.request),
          accumulator: ResponseStream.accumulator,
          text: (step) => (step._tag === "TextDelta" ? step.delta : undefined),
          finish: finishWith(Responses.stream, "a response")
        },
        withTextFormat(input, format),
        options.maxReasks ?? 0
      )
    )
  )

const withChatFormat = (
  input: ChatCompletions.ChatCompletionCreateParams,
  format: StructuredOutput.Format<unknown>
): ChatCompletions.ChatCompletionCreateParams => ({
  ...input,
  response_format: {
    type: "json_schema",
    json_schema: { name: format.name, description: format.description, schema: format.jsonSchema, strict: true }
  }
})

const withTextFormat = (
  input: Responses.ResponseCreateParams,
  format: StructuredOutput.Format<unknown>
): Responses.ResponseCreateParams => ({
  ...input,
  text: {
    ...input.text,
    format: {
      type: "json_schema",
      name: format.name,
      description: format.description,
      schema: format.jsonSchema,
      strict: true
    }
  }
})

const truncated = () => new StructuredOutput.Truncated({ message: "The answer reached its token limit" })
const filtered = () => new StructuredOutput.Filtered({ message: "The content filter cut the answer" })
const noText = (why: string) => new StructuredOutput.NoOutput({ message: `The answer has no text (${why})` })

const readCompletion: StructuredOutput.Read<ChatCompletions.ChatCompletion> = ({ choices }) => {
  const [choice] = choices
  const text = textOfContent(choice?.message.content)
  if (choice === undefined) return { text, problem: noText("it has no choice") }
  const { finish_reason, message } = choice
  const { refusal } = message
  if (refusal !== null && refusal !== undefined && refusal !== "") {
    return { text: refusal, problem: new StructuredOutput.Refused({ message: refusal }) }
  }
  if (finish_reason === "length") return { text, problem: truncated() }
  if (finish_reason === "content_filter") return { text, problem: filtered() }
  return { text, problem: text === "" ? noText(finish_reason) : undefined }
}

const readResponse: StructuredOutput.Read<Responses.Response> = (response) => {
  const text = finalTextOfResponse(response)
  const refusal = response.output
    .flatMap((item) => (item.type === "message" ? item.content : []))
    .map((part) => (part.type === "refusal" ? part.refusal : ""))
    .join("")
  if (refusal !== "") return { text: refusal, problem: new StructuredOutput.Refused({ message: refusal }) }
  const { error, incomplete_details, status } = response
  if (status === "incomplete") {
    return { text, problem: incomplete_details?.reason === "content_filter" ? filtered() : truncated() }
  }
  if (status === "failed") return { text, problem: noText(error?.message ?? "it failed") }
  return { text, problem: text === "" ? noText(status ?? "unknown status") : undefined }
}

const chat: StructuredOutput.Dialogue<ChatCompletions.ChatCompletionCreateParams, ChatCompletions.ChatCompletion> = {
  read: readCompletion,
  followUp: (input, text, message) => ({
    ...input,
    messages: [...input.messages, { role: "assistant", content: text }, { role: "user", content: message }]
  })
}

const responses: StructuredOutput.Dialogue<Responses.ResponseCreateParams, Responses.Response> = {
  read: readResponse,
  followUp: (input, text, message) => ({
    ...input,
    input: [
      ...(isKept(input) ? [] : [...itemsOf(input), { role: "assistant", content: text } as const]),
      { role: "user", content: message }
    ]
  })
}
