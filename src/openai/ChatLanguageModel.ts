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
import type * as Prompt from "effect/ai/Prompt"
import type * as Tool from "effect/ai/Tool"
import type * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import {
  type Api,
  type LanguageModelConfig,
  makeLanguageModel,
  type StreamParts,
  streamPartsOf,
  type ToParts,
  toPartsOf
} from "../internal/ai/languageModel.ts"
import { writePrompt } from "../internal/ai/parts.ts"
import {
  configOf,
  layerOf,
  type Make,
  type MakeLayer,
  type MakeModel,
  modelOf,
  withConfigOf
} from "../internal/ai/settings.ts"
import { ToolTable } from "../internal/ai/tools.ts"
import type { Combinator } from "../internal/program.ts"
import type * as ChatCompletions from "./api/ChatCompletions.ts"
import { key, makeReader, toParts as partsOf } from "./internal/ai/chatParts.ts"
import { toMessages, toRequest } from "./internal/ai/chatRequest.ts"
import { createCompletion, streamCompletion } from "./internal/ai/endpoints.ts"
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
  extends LanguageModelConfig,
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
  /** Whether a call with a file or a hosted tool that the API cannot take fails, or omits it. Default: `fail`. */
  readonly onUnsupported?: "fail" | "omit" | undefined
  /** How the server differs from OpenAI's. */
  readonly quirks?: Quirks | undefined
}

/**
 * The settings of the running program, which win over those of the layer, field by field.
 *
 * @category references
 */
export const Config: Context.Reference<Config> = /*#__PURE__*/ configOf<Config>("llmfx/openai/ChatLanguageModel")

/**
 * Sets settings for all calls of an Effect or a Stream; the innermost wins, field by field.
 *
 * @category combinators
 */
export const withConfig: Combinator<Config> = /*#__PURE__*/ withConfigOf(Config)

const module = "llmfx/openai/ChatLanguageModel"

const api: Api<OpenAi, Config, ChatCompletions.ChatCompletionCreateParams> = {
  module,
  key,
  provider: "openai",
  service: OpenAi,
  config: Config,
  conversion,
  toRequest: (request) => writePrompt(module, () => toRequest(request)),
  create: (input, options) => createCompletion.withResponse(input, options),
  stream: (input, options) => streamCompletion.withResponse(input, options),
  toParts: partsOf,
  reader: makeReader,
  supportsSystemMessagesInHistory: () => true
}

/**
 * Makes the service of a model.
 *
 * @category constructors
 */
export const make: Make<LanguageModel.LanguageModel, OpenAi, Config> = /*#__PURE__*/ makeLanguageModel(api)

/**
 * Makes the layer of a model.
 *
 * @category layers
 */
export const layer: MakeLayer<LanguageModel.LanguageModel, OpenAi, Config> = /*#__PURE__*/ layerOf(
  LanguageModel.LanguageModel,
  make
)

/**
 * Makes the layer of a model that also says which provider and model it is.
 *
 * @category layers
 */
export const model: MakeModel<"openai", LanguageModel.LanguageModel, OpenAi, Config> = /*#__PURE__*/ modelOf(
  "openai",
  layer
)

/**
 * The messages of a prompt, for requests that are made otherwise, such as those of a batch.
 *
 * @category converting
 */
export const toInput = (
  prompt: Prompt.Prompt,
  options: { readonly tools?: ReadonlyArray<Tool.Any>; readonly model?: string; readonly config?: Config } = {}
): Effect.Effect<ReadonlyArray<ChatCompletions.ChatCompletionMessageParam>, AiError.AiError> =>
  writePrompt(module, () => {
    const { config = {}, model = "", tools = [] } = options
    return toMessages(prompt.content, new ToolTable(tools, { conversion, strict: config.strict }), config, model)
  })

/**
 * Reads the first choice of a completion, of a batch for instance.
 *
 * @category converting
 */
export const toParts: ToParts<ChatCompletions.ChatCompletion> = /*#__PURE__*/ toPartsOf(api)

/**
 * Reads the first choice of a stream of chunks, of a cassette for instance.
 *
 * @category converting
 */
export const streamParts: StreamParts<ChatCompletions.ChatCompletionChunk> = /*#__PURE__*/ streamPartsOf(api)
