/**
 * The language model of `effect/ai` over the Responses API, of OpenAI and of the clouds whose layers provide `OpenAi`.
 *
 * Items that no part stands for, such as calls of tools that the toolkit lacks, travel in the metadata of the next part,
 * under `openaiResponses`, and are sent again in the same place. A failed or cut response fails the call; what had
 * arrived is in the error's metadata.
 *
 * @example
 * ```ts
 * import * as Chat from "effect/ai/Chat"
 * import * as Effect from "effect/Effect"
 * import * as FetchHttpClient from "effect/http/FetchHttpClient"
 * import { OpenAi } from "llmfx/openai"
 * import * as ResponseLanguageModel from "llmfx/openai/ResponseLanguageModel"
 *
 * const program = Effect.gen(function* () {
 *   const chat = yield* Chat.empty
 *   const { text } = yield* chat.generateText({ prompt: "Name a city" })
 *   return text
 * }).pipe(
 *   Effect.provide(ResponseLanguageModel.model("gpt-5.4-mini", { store: false, reasoning: { effort: "low" } })),
 *   Effect.provide(OpenAi.layerConfig()),
 *   Effect.provide(FetchHttpClient.layer)
 * )
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
import type * as Responses from "./api/Responses.ts"
import type { ResponsesModel } from "./api/Shared.ts"
import { createResponse, streamResponse } from "./internal/ai/endpoints.ts"
import { key, makeReader, toParts as partsOf } from "./internal/ai/responseParts.ts"
import { toItems, toRequest } from "./internal/ai/responseRequest.ts"
import { conversion } from "./internal/conversion.ts"
import { OpenAi } from "./OpenAi.ts"

/**
 * The settings of a model: fields of the request under their own names, and what the request has no field for.
 *
 * @category models
 */
export interface Config
  extends LanguageModelConfig,
    Omit<Responses.ResponseCreateParams, "input" | "model" | "tools" | "tool_choice" | "stream" | "text"> {
  readonly text?: { readonly verbosity?: "low" | "medium" | "high" | null | undefined } | undefined
  /** Whether a string in a file part is the id of an uploaded file. Default: it starts with `file-` or `assistant-`. */
  readonly isFileId?: ((data: string) => boolean) | undefined
  /** How earlier answers are sent: `auto` sends references if `store` is `true`, and whole items otherwise. */
  readonly replay?: "auto" | "items" | "references" | undefined
  /** Whether a call with a file or a hosted tool that the API cannot take fails, or omits it. Default: `fail`. */
  readonly onUnsupported?: "fail" | "omit" | undefined
  /** The role of system messages. Default: `developer` for models that reason, `system` for all others. */
  readonly systemRole?: "system" | "developer" | undefined
}

/**
 * The settings of the running program, which win over those of the layer, field by field.
 *
 * @category references
 */
export const Config: Context.Reference<Config> = /*#__PURE__*/ configOf<Config>("llmfx/openai/ResponseLanguageModel")

/**
 * Sets settings for all calls of an Effect or a Stream; the innermost wins, field by field.
 *
 * @category combinators
 */
export const withConfig: Combinator<Config> = /*#__PURE__*/ withConfigOf(Config)

const module = "llmfx/openai/ResponseLanguageModel"

const api: Api<OpenAi, Config, Responses.ResponseCreateParams> = {
  module,
  key,
  provider: "openai",
  service: OpenAi,
  config: Config,
  conversion,
  toRequest: (request) => writePrompt(module, () => toRequest(request)),
  create: (input, options) => createResponse.withResponse(input, options),
  stream: (input, options) => streamResponse.withResponse(input, options),
  toParts: partsOf,
  reader: makeReader,
  supportsSystemMessagesInHistory: () => true
}

/**
 * Makes the service of a model.
 *
 * @category constructors
 */
export const make: Make<LanguageModel.LanguageModel, OpenAi, Config, ResponsesModel> =
  /*#__PURE__*/ makeLanguageModel(api)

/**
 * Makes the layer of a model.
 *
 * @category layers
 */
export const layer: MakeLayer<LanguageModel.LanguageModel, OpenAi, Config, ResponsesModel> = /*#__PURE__*/ layerOf(
  LanguageModel.LanguageModel,
  make
)

/**
 * Makes the layer of a model that also says which provider and model it is.
 *
 * @category layers
 */
export const model: MakeModel<"openai", LanguageModel.LanguageModel, OpenAi, Config, ResponsesModel> =
  /*#__PURE__*/ modelOf("openai", layer)

/**
 * The items of a prompt, for requests that are made otherwise, such as those of a batch.
 *
 * @category converting
 */
export const toInput = (
  prompt: Prompt.Prompt,
  options: { readonly tools?: ReadonlyArray<Tool.Any>; readonly model?: string; readonly config?: Config } = {}
): Effect.Effect<ReadonlyArray<Responses.ResponseInputItem>, AiError.AiError> =>
  writePrompt(module, () => {
    const { config = {}, model = "", tools = [] } = options
    const table = new ToolTable(tools, { conversion, strict: config.strict })
    return toItems(prompt.content, table, config, model, prompt.content)
  })

/**
 * Reads a response, of a batch or a webhook for instance. Fails if the response failed.
 *
 * @category converting
 */
export const toParts: ToParts<Responses.Response> = /*#__PURE__*/ toPartsOf(api)

/**
 * Reads events, of `Responses.retrieveStream`, `ResumableResponse` or a cassette for instance.
 *
 * @category converting
 */
export const streamParts: StreamParts<Responses.ResponseStreamEvent> = /*#__PURE__*/ streamPartsOf(api)
