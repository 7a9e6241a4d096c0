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
import * as Model from "effect/ai/Model"
import type * as Prompt from "effect/ai/Prompt"
import type * as Response from "effect/ai/Response"
import type * as AiTool from "effect/ai/Tool"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Stream from "effect/Stream"
import { type Api, makeLanguageModel, type SharedConfig, withConfigOf } from "../internal/ai/languageModel.ts"
import { attempt, readParts } from "../internal/ai/parts.ts"
import { ToolTable, type Undeclared } from "../internal/ai/tools.ts"
import type { JsonObject } from "../internal/json/json.ts"
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
export interface Config extends Partial<Params>, SharedConfig {
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
  /** Whether a file's data is the id of an uploaded file. Default: if it begins with `file_`. */
  readonly isFileId?: ((data: string) => boolean) | undefined
}

/**
 * The settings of the running program, which win over those of its layer. See {@link withConfig}.
 *
 * @category references
 */
export const Config: Context.Reference<Config> = /*#__PURE__*/ Context.Reference<Config>(
  "llmfx/anthropic/MessageLanguageModel/Config",
  { defaultValue: () => ({}) }
)

/**
 * Sets the settings of all calls of a program; the innermost wins, field by field.
 *
 * @category combinators
 */
export const withConfig: Combinator<Config> = /*#__PURE__*/ withConfigOf(Config)

export { ToolSettings } from "./internal/ai/toolSettings.ts"

/**
 * The model of a layer.
 *
 * @category models
 */
export interface Options {
  /** Such as `claude-sonnet-5`; clouds have names of their own. */
  readonly model: Messages.Model
  readonly config?: Config | undefined
}

/**
 * The service of a model.
 *
 * @category constructors
 */
export const make = (options: Options): Effect.Effect<LanguageModel.LanguageModel, never, Anthropic> =>
  Effect.flatMap(capabilitiesOf(options.model), (capabilities) => makeLanguageModel(apiOf(capabilities), options))

/**
 * The layer of a model.
 *
 * @category layers
 */
export const layer = (options: Options): Layer.Layer<LanguageModel.LanguageModel, never, Anthropic> =>
  Layer.effect(LanguageModel.LanguageModel, make(options))

/**
 * The model, with its name and provider for the context of `effect/ai`.
 *
 * @category layers
 */
export const model = (
  name: Messages.Model,
  config?: Config
): Model.Model<"anthropic", LanguageModel.LanguageModel, Anthropic> =>
  Model.make("anthropic", name, layer({ model: name, config }))

const apiOf = (capabilities: Capabilities): Api<Anthropic, Config, MessageRequest, JsonObject, unknown> => ({
  module: "llmfx/anthropic/MessageLanguageModel",
  key,
  provider: Anthropic.provider,
  service: Anthropic,
  config: Config,
  conversion,
  toRequest: (request) => toMessageRequest(request, capabilities),
  create: (input, options, { continuePaused = 0 }) => createMessage(input, options, continuePaused),
  stream: (input, options, { continuePaused = 0 }) => openMessage(input, options, continuePaused),
  toParts: (message, { tools }) => messageToParts(message, new DeclaredTools(tools)),
  reader: ({ tools }) => new MessageReader(new DeclaredTools(tools)),
  supportsSystemMessagesInHistory: (_, { systemInHistory }) => systemInHistory === "system"
})

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
 * How answers are read that do not come from a call of the model.
 *
 * @category models
 */
export interface PartsOptions {
  /** The tools that the calls are of: their parameters come in the tool's encoded form. */
  readonly tools?: ReadonlyArray<AiTool.Any> | undefined
  /** Whether calls of other tools are kept (the default) or fail with `ToolNotFoundError`. */
  readonly undeclared?: Undeclared | undefined
}

const declaredTools = ({ tools = [], undeclared = "keep" }: PartsOptions, strict?: boolean): DeclaredTools =>
  new DeclaredTools(new ToolTable(tools, { conversion: toolConversion, strict }, undeclared))

/**
 * The system text and the messages of a prompt, for `Messages.create`, batches and `Messages.countTokens`.
 *
 * @category converting
 */
export const toInput = (
  prompt: Prompt.Prompt,
  options: { readonly tools?: ReadonlyArray<AiTool.Any>; readonly config?: Config } = {}
): Effect.Effect<Input, AiError.AiError> =>
  attempt(() => {
    const { config = {}, tools = [] } = options
    const { messages, system } = promptToMessages(prompt, declaredTools({ tools }, config.strict), {
      systemInHistory: config.systemInHistory ?? "user",
      isFileId: config.isFileId ?? isFileId
    })
    // The blocks are JSON, by the API's documentation.
    return { messages, system } as unknown as Input
  })

/**
 * The parts of a message, such as a result of a batch.
 *
 * @category converting
 */
export const toParts = (
  message: Messages.Message | BetaMessages.BetaMessage,
  options: PartsOptions = {}
): Effect.Effect<ReadonlyArray<Response.PartEncoded>, AiError.AiError> =>
  attempt(() => messageToParts(message, declaredTools(options)))

/**
 * The parts of a message's events, of `Messages.stream` or a cassette for instance.
 *
 * @category converting
 */
export const streamParts = (
  options: PartsOptions = {}
): (<E, R>(
  events: Stream.Stream<Messages.RawMessageStreamEvent | BetaMessages.BetaRawMessageStreamEvent, E, R>
) => Stream.Stream<Response.StreamPartEncoded, E | AiError.AiError, R>) =>
  readParts(() => new MessageReader(declaredTools(options)))
