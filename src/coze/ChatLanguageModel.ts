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
import * as Model from "effect/ai/Model"
import type * as Prompt from "effect/ai/Prompt"
import type * as Response from "effect/ai/Response"
import type * as Tool from "effect/ai/Tool"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import type { ApiError } from "../ApiError.ts"
import type * as Endpoint from "../Endpoint.ts"
import {
  type Api,
  makeLanguageModel,
  type Reading,
  type SharedConfig,
  withConfigOf
} from "../internal/ai/languageModel.ts"
import { attempt, readParts } from "../internal/ai/parts.ts"
import { ToolTable, type Undeclared } from "../internal/ai/tools.ts"
import type { Combinator } from "../internal/program.ts"
import { plainConversion } from "../internal/schema/plainConversion.ts"
import { finishWith } from "../internal/stream/fold.ts"
import type { RequestOptions } from "../RequestOptions.ts"
import * as Chat from "./api/Chat.ts"
import type { EnterMessage } from "./api/ChatMessages.ts"
import * as ChatStream from "./ChatStream.ts"
import { Coze } from "./Coze.ts"
import { ChatReader, chatToParts, key } from "./internal/ai/chatParts.ts"
import { type ChatRequest, chatRequest, messagesOf } from "./internal/ai/chatRequest.ts"

/**
 * Settings of the model: fields of the request under their own names, and settings that the request has no field for.
 *
 * @category models
 */
export interface Config
  extends SharedConfig,
    Partial<Omit<Chat.ChatCreateParams, "additional_messages" | "bot_id" | "shortcut_command">> {
  /** Whether a file's data is the id of an uploaded file. Default: if it consists of digits. */
  readonly isFileId?: ((data: string) => boolean) | undefined
  /**
   * Whether a system message or `toolChoice`, which chats do not take, fails the call (`fail`, the default). `omit` sends a
   * system message as a text of the user, and leaves the choice out.
   */
  readonly onUnsupported?: "fail" | "omit" | undefined
}

/**
 * The settings of the running program, which win over those of its layer. See {@link withConfig}.
 *
 * @category references
 */
export const Config: Context.Reference<Config> = /*#__PURE__*/ Context.Reference<Config>(
  "llmfx/coze/ChatLanguageModel/Config",
  { defaultValue: () => ({}) }
)

/**
 * Sets the settings of all calls of a program; the innermost wins, field by field.
 *
 * @category combinators
 */
export const withConfig: Combinator<Config> = /*#__PURE__*/ withConfigOf(Config)

const openChat = (input: ChatRequest, options: RequestOptions) =>
  input._tag === "Start"
    ? Chat.stream.withResponse(input.params, options)
    : Chat.submitToolOutputsStream.withResponse(input.params, options)

/** The messages of a chat come with its events only. */
const createChat = (
  input: ChatRequest,
  options: RequestOptions
): Effect.Effect<Endpoint.Response<ChatStream.Snapshot>, ApiError, Coze> =>
  Effect.scoped(
    Effect.flatMap(openChat(input, options), (response) =>
      Stream.runFold(
        response.value,
        () => ChatStream.accumulator.start(),
        (fold, event) => {
          fold.push(event)
          return fold
        }
      ).pipe(
        Effect.flatMap((fold) => finishWith(Chat.stream, "a chat")(fold.snapshot())),
        Effect.map((value) => ({ ...response, value }))
      )
    )
  )

const api: Api<Coze, Config, ChatRequest, ChatStream.Snapshot, Chat.ChatEvent> = {
  module: "llmfx/coze/ChatLanguageModel",
  key,
  provider: "coze",
  service: Coze,
  config: Config,
  conversion: plainConversion,
  toRequest: (request) => attempt(() => chatRequest(request)),
  create: createChat,
  stream: openChat,
  toParts: chatToParts,
  reader: (reading) => new ChatReader(reading)
}

/**
 * The agent of a layer.
 *
 * @category models
 */
export interface Options {
  /** The agent's id. */
  readonly model: string
  readonly config?: Config | undefined
}

/**
 * Makes the service of an agent.
 *
 * @category constructors
 */
export const make = (options: Options): Effect.Effect<LanguageModel.LanguageModel, never, Coze> =>
  makeLanguageModel(api, options)

/**
 * Makes the layer of an agent.
 *
 * @category layers
 */
export const layer = (options: Options): Layer.Layer<LanguageModel.LanguageModel, never, Coze> =>
  Layer.effect(LanguageModel.LanguageModel, make(options))

/**
 * Makes the layer of an agent, with its id and provider for the context of `effect/ai`.
 *
 * @category layers
 */
export const model = (name: string, config?: Config): Model.Model<"coze", LanguageModel.LanguageModel, Coze> =>
  Model.make("coze", name, layer({ model: name, config }))

/**
 * How answers are read that do not come from a call of the model.
 *
 * @category models
 */
export interface PartsOptions {
  /** The tools that the calls are of: their parameters come in the tool's encoded form. */
  readonly tools?: ReadonlyArray<Tool.Any> | undefined
  /** Whether calls of other tools are kept (the default) or fail with `ToolNotFoundError`. */
  readonly undeclared?: Undeclared | undefined
}

const readingOf = ({ tools = [], undeclared = "keep" }: PartsOptions, method: string): Reading => ({
  tools: new ToolTable(tools, { conversion: plainConversion }, undeclared),
  idPrefix: "0",
  place: { module: api.module, method }
})

/**
 * Converts a prompt to the messages of a chat.
 *
 * @category converting
 */
export const toInput = (
  prompt: Prompt.Prompt,
  options: { readonly config?: Config } = {}
): Effect.Effect<ReadonlyArray<EnterMessage>, AiError.AiError> =>
  attempt(() => messagesOf(prompt.content, options.config ?? {}))

/**
 * Reads a chat that has ended, such as that of `Chat.createAndPoll`. Fails if the chat failed.
 *
 * @category converting
 */
export const toParts = (
  snapshot: ChatStream.Snapshot,
  options: PartsOptions = {}
): Effect.Effect<ReadonlyArray<Response.PartEncoded>, AiError.AiError> =>
  attempt(() => chatToParts(snapshot, readingOf(options, "toParts")))

/**
 * Reads the events of a chat, of `Chat.stream` or a cassette for instance.
 *
 * @category converting
 */
export const streamParts = (
  options: PartsOptions = {}
): (<E, R>(
  events: Stream.Stream<Chat.ChatEvent, E, R>
) => Stream.Stream<Response.StreamPartEncoded, E | AiError.AiError, R>) =>
  readParts(() => new ChatReader(readingOf(options, "streamParts")))
