/**
 * The language model of `effect/ai` over the Chat Completions API, of OpenAI and of the many servers that speak it. What
 * a server does otherwise is set with {@link Quirks}.
 *
 * @example
 * ```ts
 * import * as LanguageModel from "effect/ai/LanguageModel"
 * import * as Effect from "effect/Effect"
 * import * as FetchHttpClient from "effect/http/FetchHttpClient"
 * import * as Layer from "effect/Layer"
 * import * as Redacted from "effect/Redacted"
 * import { OpenAi } from "llmfx/openai"
 * import * as ChatLanguageModel from "llmfx/openai/ChatLanguageModel"
 *
 * const deepseek = ChatLanguageModel.model("deepseek-chat", { quirks: ChatLanguageModel.Quirks.deepseek }).pipe(
 *   Layer.provide(OpenAi.layer({ baseUrl: "https://api.deepseek.com", apiKey: Redacted.make("sk-...") })),
 *   Layer.provide(FetchHttpClient.layer)
 * )
 *
 * const program = LanguageModel.generateText({ prompt: "Name a city" }).pipe(Effect.provide(deepseek))
 * ```
 */
import type * as AiError from "effect/ai/AiError"
import * as LanguageModel from "effect/ai/LanguageModel"
import * as Model from "effect/ai/Model"
import type * as Prompt from "effect/ai/Prompt"
import type * as Response from "effect/ai/Response"
import type * as Tool from "effect/ai/Tool"
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Stream from "effect/Stream"
import {
  type Api,
  makeLanguageModel,
  type PartsOptions,
  readingOf,
  type SharedConfig,
  withConfigOf
} from "../internal/ai/languageModel.ts"
import { attempt, readParts } from "../internal/ai/parts.ts"
import { ToolTable } from "../internal/ai/tools.ts"
import type { Combinator } from "../internal/program.ts"
import * as ChatCompletions from "./api/ChatCompletions.ts"
import { key, makeReader, toParts as partsOf } from "./internal/ai/chatParts.ts"
import { toMessages, toRequest } from "./internal/ai/chatRequest.ts"
import * as quirks from "./internal/ai/quirks.ts"
import { conversion } from "./internal/conversion.ts"
import { OpenAi } from "./OpenAi.ts"

/**
 * How a server differs from OpenAI's.
 *
 * @category models
 */
export interface Quirks extends quirks.Quirks {}

/**
 * The quirks of servers by name.
 *
 * @category constants
 */
export const Quirks: {
  readonly [Server in "openai" | "deepseek" | "gemini" | "groq" | "local" | "mistral" | "openrouter"]: Quirks
} = quirks

/**
 * The settings of a model: fields of the request under their own names, and what the request has no field for.
 *
 * @category models
 */
export interface Config
  extends SharedConfig,
    Partial<
      Omit<
        ChatCompletions.ChatCompletionCreateParams,
        | "function_call"
        | "functions"
        | "messages"
        | "model"
        | "n"
        | "response_format"
        | "stream"
        | "tool_choice"
        | "tools"
      >
    > {
  /** Whether a string in a file part is the id of an uploaded file. Default: it starts with `file-` or `assistant-`. */
  readonly isFileId?: ((data: string) => boolean) | undefined
  /** Whether a call with a file that the API cannot take fails, or omits the file. Default: `fail`. */
  readonly onUnsupported?: "fail" | "omit" | undefined
  /** How the server differs from OpenAI's. */
  readonly quirks?: Quirks | undefined
}

/**
 * The settings of the running program, which win over those of the layer, field by field.
 *
 * @category references
 */
export const Config: Context.Reference<Config> = /*#__PURE__*/ Context.Reference<Config>(
  "llmfx/openai/ChatLanguageModel/Config",
  { defaultValue: () => ({}) }
)

/**
 * Sets settings for all calls of an Effect or a Stream; the innermost wins, field by field.
 *
 * @category combinators
 */
export const withConfig: Combinator<Config> = /*#__PURE__*/ withConfigOf(Config)

const api: Api<
  OpenAi,
  Config,
  ChatCompletions.ChatCompletionCreateParams,
  ChatCompletions.ChatCompletion,
  ChatCompletions.ChatCompletionChunk
> = {
  module: "llmfx/openai/ChatLanguageModel",
  key,
  provider: "openai",
  service: OpenAi,
  config: Config,
  conversion,
  toRequest: (request) => attempt(() => toRequest(request)),
  create: (input, options) => ChatCompletions.create.withResponse(input, options),
  stream: (input, options) => ChatCompletions.stream.withResponse(input, options),
  toParts: partsOf,
  reader: makeReader,
  supportsSystemMessagesInHistory: () => true
}

/**
 * The service.
 *
 * @category constructors
 */
export const make = (options: {
  readonly model: string
  readonly config?: Config | undefined
}): Effect.Effect<LanguageModel.LanguageModel, never, OpenAi> => makeLanguageModel(api, options)

/**
 * A layer of the service.
 *
 * @category layers
 */
export const layer = (options: {
  readonly model: string
  readonly config?: Config | undefined
}): Layer.Layer<LanguageModel.LanguageModel, never, OpenAi> => Layer.effect(LanguageModel.LanguageModel, make(options))

/**
 * The model as a layer that also says which provider and model it is.
 *
 * @category layers
 */
export const model = (name: string, config?: Config): Model.Model<"openai", LanguageModel.LanguageModel, OpenAi> =>
  Model.make("openai", name, layer({ model: name, config }))

/**
 * The messages of a prompt, for requests that are made otherwise, such as those of a batch.
 *
 * @category converting
 */
export const toInput = (
  prompt: Prompt.Prompt,
  options: { readonly tools?: ReadonlyArray<Tool.Any>; readonly model?: string; readonly config?: Config } = {}
): Effect.Effect<ReadonlyArray<ChatCompletions.ChatCompletionMessageParam>, AiError.AiError> =>
  attempt(() => {
    const { config = {}, model = "", tools = [] } = options
    return toMessages(prompt.content, new ToolTable(tools, { conversion, strict: config.strict }), config, model)
  })

/**
 * The parts of the first choice of a completion, of a batch for instance.
 *
 * @category converting
 */
export const toParts = (
  completion: ChatCompletions.ChatCompletion,
  options: PartsOptions = {}
): Effect.Effect<ReadonlyArray<Response.PartEncoded>, AiError.AiError> =>
  attempt(() => partsOf(completion, readingOf(api, options, "toParts")))

/**
 * The parts of the first choice of a stream of chunks, of a cassette for instance.
 *
 * @category converting
 */
export const streamParts = (
  options: PartsOptions = {}
): (<E, R>(
  chunks: Stream.Stream<ChatCompletions.ChatCompletionChunk, E, R>
) => Stream.Stream<Response.StreamPartEncoded, E | AiError.AiError, R>) =>
  readParts(() => makeReader(readingOf(api, options, "streamParts")))
