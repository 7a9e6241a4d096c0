/**
 * Claude as a language model of `effect/ai`, over the Messages API. All clouds work: give the layer of their client, such
 * as `Bedrock.layerConfig()`, instead of `Anthropic.layerConfig()`.
 *
 * Parts keep what only this API knows under the key `anthropicMessages` of their metadata, and it goes back to the API with
 * the history: signatures of thinking, citations, and blocks that no part stands for. Options of a prompt's parts and
 * messages stand under the same key: `cache_control` on any of them, `title`, `context` and `citations` of documents,
 * `container_upload` for files of code execution, and `block`, a content block that is sent as it is.
 *
 * @example
 * ```ts
 * import * as LanguageModel from "effect/ai/LanguageModel"
 * import * as Effect from "effect/Effect"
 * import * as FetchHttpClient from "effect/http/FetchHttpClient"
 * import { Anthropic } from "llmfx/anthropic"
 * import * as MessageLanguageModel from "llmfx/anthropic/MessageLanguageModel"
 *
 * const program = LanguageModel.generateText({ prompt: "Say hi" }).pipe(
 *   Effect.map(({ text }) => text),
 *   Effect.provide(MessageLanguageModel.model("claude-sonnet-5", { thinking: { type: "adaptive" } })),
 *   Effect.provide(Anthropic.layerConfig()),
 *   Effect.provide(FetchHttpClient.layer)
 * )
 * ```
 */
import type * as AiError from "effect/ai/AiError"
import * as LanguageModel from "effect/ai/LanguageModel"
import type * as Prompt from "effect/ai/Prompt"
import type * as AiTool from "effect/ai/Tool"
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import {
  type AnswerReader,
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
import { Anthropic } from "./Anthropic.ts"
import type * as BetaMessages from "./api/BetaMessages.ts"
import type * as Messages from "./api/Messages.ts"
import { createMessage, openMessage } from "./internal/ai/callMessages.ts"
import { DeclaredTools, toolConversion } from "./internal/ai/declaredTools.ts"
import { MessageReader, messageToParts } from "./internal/ai/messageToParts.ts"
import { type Capabilities, capabilitiesOf } from "./internal/ai/modelCapabilities.ts"
import { key } from "./internal/ai/partFields.ts"
import { promptToMessages } from "./internal/ai/promptToMessages.ts"
import { isFileId, type MessageRequest, toMessageRequest } from "./internal/ai/toMessageRequest.ts"
import { conversion } from "./internal/conversion.ts"

type Params = Omit<
  BetaMessages.MessageCreateParams,
  "max_tokens" | "messages" | "model" | "output_format" | "stream" | "system" | "tool_choice" | "tools"
>

/**
 * Settings of the model: fields of the request under their own names, and settings that the request has no field for.
 *
 * @category models
 */
export interface Config extends Partial<Params>, LanguageModelConfig {
  /** Default: what the model can write, which the layer asks the API for once; 8,192 if it does not say. */
  readonly max_tokens?: number | undefined
  /** Models since Claude Opus 4.7 refuse it. */
  readonly temperature?: number | undefined
  readonly top_k?: number | undefined
  readonly top_p?: number | undefined
  /** Whether the model makes one call at a time. Default: `false`. */
  readonly disableParallelTools?: boolean | undefined
  /**
   * How many times the request is sent again if the server pauses a long turn. What follows joins the answer, and the usage
   * is added up. Default: 0, so the answer finishes with `pause`, and sending the history again continues it.
   */
  readonly continuePaused?: number | undefined
  /**
   * How system messages are sent that follow a message of another role. `user` sends a text of the user, in `<system>`
   * tags; `system` sends a system message, for models since Claude Opus 4.8 at Anthropic's own API. Default: `user`.
   */
  readonly systemInHistory?: "user" | "system" | undefined
  /** Whether a call with a hosted tool of another API fails, or omits the tool. Default: `fail`. */
  readonly onUnsupported?: "fail" | "omit" | undefined
  /** Whether a file's data is the id of an uploaded file. Default: if it begins with `file_`. */
  readonly isFileId?: ((data: string) => boolean) | undefined
}

/**
 * The settings of the running program, which win over those of the layer, field by field.
 *
 * @category references
 */
export const Config: Context.Reference<Config> = /*#__PURE__*/ configOf<Config>("llmfx/anthropic/MessageLanguageModel")

/**
 * Sets settings for all calls of an Effect or a Stream; the innermost wins, field by field.
 *
 * @category combinators
 */
export const withConfig: Combinator<Config> = /*#__PURE__*/ withConfigOf(Config)

export { ToolSettings } from "./internal/ai/toolSettings.ts"

const module = "llmfx/anthropic/MessageLanguageModel"

const reading: AnswerReader = {
  module,
  conversion,
  toParts: (message, reading) => messageToParts(message, reading),
  reader: (reading) => new MessageReader(reading)
}

const apiOf = (capabilities: Capabilities): Api<Anthropic, Config, MessageRequest> => ({
  ...reading,
  key,
  provider: Anthropic.provider,
  service: Anthropic,
  config: Config,
  toRequest: (request) => toMessageRequest(request, capabilities),
  create: (input, options, { continuePaused = 0 }) => createMessage(input, options, continuePaused),
  stream: (input, options, { continuePaused = 0 }) => openMessage(input, options, continuePaused),
  supportsSystemMessagesInHistory: ({ systemInHistory }) => systemInHistory === "system"
})

/**
 * Makes the service of a model, such as `claude-sonnet-5`; clouds have names of their own.
 *
 * @category constructors
 */
export const make: Make<LanguageModel.LanguageModel, Anthropic, Config, Messages.Model> = (options) =>
  Effect.flatMap(capabilitiesOf(options.model), (capabilities) => makeLanguageModel(apiOf(capabilities))(options))

/**
 * Makes the layer of a model.
 *
 * @category layers
 */
export const layer: MakeLayer<LanguageModel.LanguageModel, Anthropic, Config, Messages.Model> = /*#__PURE__*/ layerOf(
  LanguageModel.LanguageModel,
  make
)

/**
 * Makes the layer of a model that also says which provider and model it is.
 *
 * @category layers
 */
export const model: MakeModel<"anthropic", LanguageModel.LanguageModel, Anthropic, Config, Messages.Model> =
  /*#__PURE__*/ modelOf("anthropic", layer)

/**
 * The part of a request that a prompt becomes.
 *
 * @category models
 */
export interface Input {
  readonly system: ReadonlyArray<Messages.TextBlockParam>
  readonly messages: ReadonlyArray<Messages.MessageParam>
}

/**
 * The system text and the messages of a prompt, for `Messages.create`, batches and `Messages.countTokens`.
 *
 * @category converting
 */
export const toInput = (
  prompt: Prompt.Prompt,
  options: { readonly tools?: ReadonlyArray<AiTool.Any>; readonly config?: Config } = {}
): Effect.Effect<Input, AiError.AiError> =>
  writePrompt(module, () => {
    const { config = {}, tools = [] } = options
    const { messages, system } = promptToMessages(
      prompt,
      new DeclaredTools(new ToolTable(tools, { conversion: toolConversion, strict: config.strict })),
      {
        systemInHistory: config.systemInHistory ?? "user",
        isFileId: config.isFileId ?? isFileId
      }
    )
    // The blocks are JSON, by the API's documentation.
    return { messages, system } as unknown as Input
  })

/**
 * Reads a message, such as a result of a batch.
 *
 * @category converting
 */
export const toParts: ToParts<Messages.Message | BetaMessages.BetaMessage> = /*#__PURE__*/ toPartsOf(reading)

/**
 * Reads the events of a message, of `Messages.stream` or a cassette for instance.
 *
 * @category converting
 */
export const streamParts: StreamParts<Messages.RawMessageStreamEvent | BetaMessages.BetaRawMessageStreamEvent> =
  /*#__PURE__*/ streamPartsOf(reading)
