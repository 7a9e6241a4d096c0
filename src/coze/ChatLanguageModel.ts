/**
 * A Coze agent as a language model of `effect/ai`. The model is the agent's id; what it is told first, and which tools it
 * knows, is set in the agent itself: a toolkit only has to have handlers for the tools by their names.
 *
 * A conversation keeps its history on the platform. With a `ResponseIdTracker` of `effect/ai`, or with `conversation_id` in
 * the settings, only new messages are sent; otherwise each call begins a conversation with all of them, up to 100. The id
 * of a response is that of its conversation. Follow-up questions are in the metadata of the finish part.
 *
 * @example
 * ```ts
 * import * as LanguageModel from "effect/ai/LanguageModel"
 * import * as Effect from "effect/Effect"
 * import * as FetchHttpClient from "effect/http/FetchHttpClient"
 * import { Coze } from "llmfx/coze"
 * import * as ChatLanguageModel from "llmfx/coze/ChatLanguageModel"
 *
 * const program = LanguageModel.generateText({ prompt: "Say hi" }).pipe(
 *   Effect.map(({ text }) => text),
 *   Effect.provide(ChatLanguageModel.model("73428668*****", { user_id: "user-1" })),
 *   Effect.provide(Coze.layerConfig()),
 *   Effect.provide(FetchHttpClient.layer)
 * )
 * ```
 */
import type * as AiError from "effect/ai/AiError"
import * as LanguageModel from "effect/ai/LanguageModel"
import type * as Prompt from "effect/ai/Prompt"
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { ApiError } from "../ApiError.ts"
import type * as Endpoint from "../Endpoint.ts"
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
import type { Combinator } from "../internal/program.ts"
import { plainConversion } from "../internal/schema/plainConversion.ts"
import type { RequestOptions } from "../RequestOptions.ts"
import type * as Chat from "./api/Chat.ts"
import type { EnterMessage } from "./api/ChatMessages.ts"
import type * as ChatStream from "./ChatStream.ts"
import { Coze } from "./Coze.ts"
import { ChatReader, eventsOf, eventsToParts, key } from "./internal/ai/chatParts.ts"
import { type ChatRequest, chatRequest, messagesOf } from "./internal/ai/chatRequest.ts"
import { streamChat, streamToolOutputs } from "./internal/ai/endpoints.ts"

/**
 * Settings of the model: fields of the request under their own names, and settings that the request has no field for.
 *
 * @category models
 */
export interface Config
  extends LanguageModelConfig,
    Partial<Omit<Chat.ChatCreateParams, "additional_messages" | "bot_id" | "shortcut_command">> {
  /** Whether a file's data is the id of an uploaded file. Default: if it consists of digits. */
  readonly isFileId?: ((data: string) => boolean) | undefined
  /**
   * What happens to a system message and to `toolChoice`, which chats do not take. `fail` fails the call, `omit` leaves both
   * out, and `asUser` leaves the choice out and sends the system message as a text of the user. Default: `fail`.
   */
  readonly onUnsupported?: "fail" | "omit" | "asUser" | undefined
}

/**
 * The settings of the running program, which win over those of the layer, field by field.
 *
 * @category references
 */
export const Config: Context.Reference<Config> = /*#__PURE__*/ configOf<Config>("llmfx/coze/ChatLanguageModel")

/**
 * Sets settings for all calls of an Effect or a Stream; the innermost wins, field by field.
 *
 * @category combinators
 */
export const withConfig: Combinator<Config> = /*#__PURE__*/ withConfigOf(Config)

const openChat = (input: ChatRequest, options: RequestOptions) =>
  input._tag === "Start"
    ? streamChat.withResponse(input.params, options)
    : streamToolOutputs.withResponse(input.params, options)

/** The messages of a chat come with its events only. */
const createChat = (
  input: ChatRequest,
  options: RequestOptions
): Effect.Effect<Endpoint.Response<ReadonlyArray<unknown>>, ApiError, Coze> =>
  Effect.scoped(
    Effect.flatMap(openChat(input, options), (response) =>
      Effect.map(Stream.runCollect(response.value), (value) => ({ ...response, value }))
    )
  )

const module = "llmfx/coze/ChatLanguageModel"

const api: Api<Coze, Config, ChatRequest> = {
  module,
  key,
  provider: "coze",
  service: Coze,
  config: Config,
  conversion: plainConversion,
  toRequest: (request) => writePrompt(module, () => chatRequest(request)),
  create: createChat,
  stream: openChat,
  toParts: eventsToParts,
  reader: (reading) => new ChatReader(reading)
}

/**
 * Makes the service of an agent.
 *
 * @category constructors
 */
export const make: Make<LanguageModel.LanguageModel, Coze, Config> = /*#__PURE__*/ makeLanguageModel(api)

/**
 * Makes the layer of an agent.
 *
 * @category layers
 */
export const layer: MakeLayer<LanguageModel.LanguageModel, Coze, Config> = /*#__PURE__*/ layerOf(
  LanguageModel.LanguageModel,
  make
)

/**
 * Makes the layer of an agent that also says which provider and agent it is.
 *
 * @category layers
 */
export const model: MakeModel<"coze", LanguageModel.LanguageModel, Coze, Config> = /*#__PURE__*/ modelOf("coze", layer)

/**
 * Converts a prompt to the messages of a chat.
 *
 * @category converting
 */
export const toInput = (
  prompt: Prompt.Prompt,
  options: { readonly config?: Config } = {}
): Effect.Effect<ReadonlyArray<EnterMessage>, AiError.AiError> =>
  writePrompt(module, () => messagesOf(prompt.content, options.config ?? {}))

const toChatParts = /*#__PURE__*/ toPartsOf(api)

/**
 * Reads a chat that has ended, such as that of `Chat.createAndPoll`. Fails if the chat failed.
 *
 * @category converting
 */
export const toParts: ToParts<ChatStream.Snapshot> = (snapshot, options) => toChatParts(eventsOf(snapshot), options)

/**
 * Reads the events of a chat, of `Chat.stream` or a cassette for instance.
 *
 * @category converting
 */
export const streamParts: StreamParts<Chat.ChatEvent> = /*#__PURE__*/ streamPartsOf(api)
