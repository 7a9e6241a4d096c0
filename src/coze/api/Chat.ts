/** The endpoints of `chat` in the Coze API, and their types. */
import type * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { ApiError } from "../../ApiError.ts"
import * as Endpoint from "../../Endpoint.ts"
import * as Open from "../../OpenSchema.ts"
import * as ChatMessage from "../ChatMessage.ts"
import { Coze } from "../Coze.ts"
import * as ChatPoll from "../internal/chatPoll.ts"
import { contentAsText } from "../internal/content.ts"
import { textOrNumber } from "../internal/textOrNumber.ts"
import type { EnterMessage, MetaData, ObjectStringItem } from "./ChatMessages.ts"
import { Message } from "./ChatMessages.ts"

export type { ChatResult, PollOptions } from "../internal/chatPoll.ts"

/**
 * Token counts.
 *
 * @category models
 */
export interface ChatUsage {
  /** Input and output tokens together. */
  readonly token_count?: number | null | undefined
  /** Output tokens. */
  readonly output_count?: number | null | undefined
  /** Input tokens. */
  readonly input_count?: number | null | undefined
}
export const ChatUsage: Open.Codec<ChatUsage> = /*#__PURE__*/ Open.struct(() => ({
  token_count: Open.optional(Schema.Number),
  output_count: Open.optional(Schema.Number),
  input_count: Open.optional(Schema.Number)
}))

/**
 * Why a chat failed. Code 0 means that it did not.
 *
 * @category models
 */
export interface ChatError {
  /** The failure, for programs. 0 if there was no failure. */
  readonly code?: number | null | undefined
  /** The failure, for people. */
  readonly msg?: string | null | undefined
}
export const ChatError: Open.Codec<ChatError> = /*#__PURE__*/ Open.struct(() => ({
  code: Open.optional(Schema.Number),
  msg: Open.optional(Schema.String)
}))

/**
 * The function that a tool call names, and its arguments.
 *
 * @category models
 */
export interface ToolCallFunction {
  readonly name: string
  /** JSON. */
  readonly arguments: string
}
export const ToolCallFunction: Open.Codec<ToolCallFunction> = /*#__PURE__*/ Open.struct(() => ({
  name: Schema.String,
  arguments: Schema.String
}))

/**
 * A tool call that the program must answer.
 *
 * @category models
 */
export interface ToolCall {
  /** Goes into `tool_call_id` of the output. */
  readonly id: string
  readonly type?: "function" | (string & {}) | null | undefined
  readonly function?: ToolCallFunction | null | undefined
}
export const ToolCall: Open.Codec<ToolCall> = /*#__PURE__*/ Open.struct(() => ({
  id: Schema.String,
  type: Open.optional(Open.literals("function")),
  function: Open.optional(ToolCallFunction)
}))

/**
 * The tool calls that a chat waits for.
 *
 * @category models
 */
export interface ToolCalls {
  readonly tool_calls: ReadonlyArray<ToolCall>
}
export const ToolCalls: Open.Codec<ToolCalls> = /*#__PURE__*/ Open.struct(() => ({ tool_calls: Open.array(ToolCall) }))

/**
 * The action that a chat is waiting for.
 *
 * @category models
 */
export interface RequiredAction {
  readonly type?: "submit_tool_outputs" | (string & {}) | null | undefined
  /** The calls to answer with `Chat.submitToolOutputs`. */
  readonly submit_tool_outputs?: ToolCalls | null | undefined
}
export const RequiredAction: Open.Codec<RequiredAction> = /*#__PURE__*/ Open.struct(() => ({
  type: Open.optional(Open.literals("submit_tool_outputs")),
  submit_tool_outputs: Open.optional(ToolCalls)
}))

/**
 * One turn of a conversation: its state, not its messages.
 *
 * @category models
 */
export interface ChatObject {
  /** Goes into `chat_id` of other requests. */
  readonly id: string
  /** Continues the conversation if it goes into the next chat. */
  readonly conversation_id: string
  readonly bot_id?: string | null | undefined
  /** The section of the conversation: what the model still sees of it. */
  readonly section_id?: string | null | undefined
  /** `completed`, `failed` and `canceled` are final; `requires_action` waits for tool outputs. */
  readonly status?:
    | "created"
    | "in_progress"
    | "completed"
    | "failed"
    | "requires_action"
    | "canceled"
    | (string & {})
    | null
    | undefined
  /** Unix time in seconds. */
  readonly created_at?: string | number | null | undefined
  /** Unix time in seconds. */
  readonly completed_at?: string | number | null | undefined
  /** Unix time in seconds. */
  readonly failed_at?: string | number | null | undefined
  readonly meta_data?: { readonly [key: string]: unknown } | null | undefined
  /** Why the chat failed. */
  readonly last_error?: ChatError | null | undefined
  /** The tool calls that the chat waits for, if its status is `requires_action`. */
  readonly required_action?: RequiredAction | null | undefined
  /** The tokens used by the chat. There once it has ended. */
  readonly usage?: ChatUsage | null | undefined
}
export const ChatObject: Open.Codec<ChatObject> = /*#__PURE__*/ Open.struct(() => ({
  id: Schema.String,
  conversation_id: Schema.String,
  bot_id: Open.optional(Schema.String),
  section_id: Open.optional(Schema.String),
  status: Open.optional(Open.literals("created", "in_progress", "completed", "failed", "requires_action", "canceled")),
  created_at: Open.optional(textOrNumber),
  completed_at: Open.optional(textOrNumber),
  failed_at: Open.optional(textOrNumber),
  meta_data: Open.optional(Open.record(Schema.Unknown)),
  last_error: Open.optional(ChatError),
  required_action: Open.optional(RequiredAction),
  usage: Open.optional(ChatUsage)
}))

/**
 * The chat started, progressed or ended.
 *
 * @category models
 */
export interface ChatStatusEvent {
  readonly event:
    | "conversation.chat.created"
    | "conversation.chat.in_progress"
    | "conversation.chat.completed"
    | "conversation.chat.failed"
    | "conversation.chat.requires_action"
    | "conversation.chat.canceled"
  readonly data: ChatObject
}
export const ChatStatusEvent: Open.Codec<ChatStatusEvent> = /*#__PURE__*/ Open.struct(() => ({
  event: Open.tag(
    "conversation.chat.created",
    "conversation.chat.in_progress",
    "conversation.chat.completed",
    "conversation.chat.failed",
    "conversation.chat.requires_action",
    "conversation.chat.canceled"
  ),
  data: ChatObject
}))

/**
 * A delta of a message, a whole message, or a chunk of audio in base64.
 *
 * @category models
 */
export interface ChatMessageEvent {
  readonly event: "conversation.message.delta" | "conversation.message.completed" | "conversation.audio.delta"
  readonly data: Message
}
export const ChatMessageEvent: Open.Codec<ChatMessageEvent> = /*#__PURE__*/ Open.struct(() => ({
  event: Open.tag("conversation.message.delta", "conversation.message.completed", "conversation.audio.delta"),
  data: Message
}))

/**
 * A page that shows the run.
 *
 * @category models
 */
export interface DebugInfo {
  readonly debug_url?: string | null | undefined
}
export const DebugInfo: Open.Codec<DebugInfo> = /*#__PURE__*/ Open.struct(() => ({
  debug_url: Open.optional(Schema.String)
}))

/**
 * The end of the stream.
 *
 * @category models
 */
export interface ChatDoneEvent {
  readonly event: "done"
  /** `"[DONE]"`, or for a chat with a workflow a page that shows the run. */
  readonly data?: string | DebugInfo | null | undefined
}
export const ChatDoneEvent: Open.Codec<ChatDoneEvent> = /*#__PURE__*/ Open.struct(() => ({
  event: Open.tag("done"),
  data: Open.optional(Open.union<string | DebugInfo>(() => [Schema.String, DebugInfo]))
}))

/**
 * An event of a chat. An `error` event is not among them: it fails the stream.
 *
 * @category models
 */
export type ChatEvent = ChatStatusEvent | ChatMessageEvent | ChatDoneEvent | Open.UnknownVariant<"event">
export const ChatEvent: Open.Codec<ChatEvent> = Open.taggedUnion<ChatEvent>("event", () => ({
  "conversation.message.delta": ChatMessageEvent,
  "conversation.message.completed": ChatMessageEvent,
  "conversation.audio.delta": ChatMessageEvent,
  "conversation.chat.created": ChatStatusEvent,
  "conversation.chat.in_progress": ChatStatusEvent,
  "conversation.chat.completed": ChatStatusEvent,
  "conversation.chat.failed": ChatStatusEvent,
  "conversation.chat.requires_action": ChatStatusEvent,
  "conversation.chat.canceled": ChatStatusEvent,
  done: ChatDoneEvent
}))

/**
 * A button of the agent, pressed instead of writing a message.
 *
 * @category models
 */
export interface ShortcutCommand {
  readonly command_id: string
  /** Values of the button's components. */
  readonly parameters?: { readonly [name: string]: ObjectStringItem | string } | undefined
}

export interface ChatCreateParams {
  /** The agent, which must be published as an API. */
  readonly bot_id: string
  /** Your id of the user. Conversations of different users are separate. */
  readonly user_id?: string | undefined
  /** Continues a conversation. Without it, a new one starts. */
  readonly conversation_id?: string | undefined
  /** Up to 100 messages. The last one is the question. */
  readonly additional_messages?: ReadonlyArray<EnterMessage> | undefined
  /** Values of the agent's prompt variables, by name. */
  readonly custom_variables?: { readonly [name: string]: string } | undefined
  /** Default: `true`. A chat without history cannot be retrieved, and cannot receive tool outputs. */
  readonly auto_save_history?: boolean | undefined
  /** Comes back with the chat. */
  readonly meta_data?: MetaData | undefined
  readonly extra_params?: { readonly [name: string]: string } | undefined
  /** A button of the agent that the user pressed. */
  readonly shortcut_command?: ShortcutCommand | undefined
  /** Input of the agent's workflow. */
  readonly parameters?: { readonly [name: string]: unknown } | undefined
  /** `"1024"` (API, the default) or `"999"` (chat SDK). */
  readonly connector_id?: string | undefined
  /** Whether answers may be cards, as JSON. Default: `false`. */
  readonly enable_card?: boolean | undefined
  /** Whether to talk to the published agent or to its draft. Default: `published_online`. */
  readonly publish_status?: "published_online" | "unpublished_draft" | (string & {}) | undefined
  /** A version of the agent. Default: the latest one. */
  readonly bot_version?: string | undefined
}

export interface ChatRetrieveParams {
  readonly conversation_id: string
  readonly chat_id: string
}

export interface ChatCancelParams {
  readonly conversation_id: string
  readonly chat_id: string
}

/**
 * The output of a tool call.
 *
 * @category models
 */
export interface ToolOutput {
  /** The `id` of the call that this output answers. */
  readonly tool_call_id: string
  /** The result of the call, as text or JSON. */
  readonly output: string
}

export interface ChatSubmitToolOutputsParams {
  readonly conversation_id: string
  readonly chat_id: string
  /** One output for each tool call. */
  readonly tool_outputs: ReadonlyArray<ToolOutput>
  readonly auto_save_history?: boolean | undefined
  readonly connector_id?: string | undefined
}

/**
 * Starts a chat and returns at once. {@link createAndPoll} waits for its end. `POST /v3/chat`
 *
 * @see https://www.coze.com/docs/developer_guides/chat_v3
 * @category endpoints
 */
export const create: Endpoint.Json<ChatCreateParams, ChatObject, Coze> = /*#__PURE__*/ Endpoint.json(Coze, {
  id: "chat.create",
  method: "POST",
  path: "/v3/chat",
  query: ["conversation_id"],
  body: "json",
  fixed: { stream: false },
  prepare: contentAsText,
  success: ChatObject
})

/**
 * Starts a chat and streams its events. `POST /v3/chat`
 *
 * @see https://www.coze.com/docs/developer_guides/chat_v3
 * @category endpoints
 */
export const stream: Endpoint.EventStream<ChatCreateParams, ChatEvent, Coze> = /*#__PURE__*/ Endpoint.eventStream(
  Coze,
  {
    id: "chat.stream",
    method: "POST",
    path: "/v3/chat",
    query: ["conversation_id"],
    body: "json",
    fixed: { stream: true },
    prepare: contentAsText,
    success: ChatEvent,
    terminal: ["done"]
  }
)

/**
 * Returns the state of a chat. `POST /v3/chat/retrieve`
 *
 * @see https://www.coze.com/docs/developer_guides/retrieve_chat
 * @category endpoints
 */
export const retrieve: Endpoint.Json<ChatRetrieveParams, ChatObject, Coze> = /*#__PURE__*/ Endpoint.json(Coze, {
  id: "chat.retrieve",
  method: "POST",
  path: "/v3/chat/retrieve",
  query: ["conversation_id", "chat_id"],
  safety: "safe",
  success: ChatObject
})

/**
 * Stops a chat that is in progress. `POST /v3/chat/cancel`
 *
 * @see https://www.coze.com/docs/developer_guides/cancel_chat
 * @category endpoints
 */
export const cancel: Endpoint.Json<ChatCancelParams, ChatObject, Coze> = /*#__PURE__*/ Endpoint.json(Coze, {
  id: "chat.cancel",
  method: "POST",
  path: "/v3/chat/cancel",
  body: "json",
  safety: "idempotent",
  success: ChatObject
})

/**
 * Submits tool outputs to a chat that waits for them. `POST /v3/chat/submit_tool_outputs`
 *
 * @see https://www.coze.com/docs/developer_guides/chat_submit_tool_outputs
 * @category endpoints
 */
export const submitToolOutputs: Endpoint.Json<ChatSubmitToolOutputsParams, ChatObject, Coze> =
  /*#__PURE__*/ Endpoint.json(Coze, {
    id: "chat.submitToolOutputs",
    method: "POST",
    path: "/v3/chat/submit_tool_outputs",
    query: ["conversation_id", "chat_id"],
    body: "json",
    fixed: { stream: false },
    success: ChatObject
  })

/**
 * Submits tool outputs and streams the rest of the chat. `POST /v3/chat/submit_tool_outputs`
 *
 * @see https://www.coze.com/docs/developer_guides/chat_submit_tool_outputs
 * @category endpoints
 */
export const submitToolOutputsStream: Endpoint.EventStream<ChatSubmitToolOutputsParams, ChatEvent, Coze> =
  /*#__PURE__*/ Endpoint.eventStream(Coze, {
    id: "chat.submitToolOutputs:stream",
    method: "POST",
    path: "/v3/chat/submit_tool_outputs",
    query: ["conversation_id", "chat_id"],
    body: "json",
    fixed: { stream: true },
    success: ChatEvent,
    terminal: ["done"]
  })

/**
 * Starts a chat and waits for its end. A failed chat fails with the reason of its error code. If the program is
 * interrupted or the deadline expires, the chat is cancelled on the platform as well.
 *
 * @category running
 */
export const createAndPoll = (
  params: Omit<ChatCreateParams, "auto_save_history">,
  options?: ChatPoll.PollOptions
): Effect.Effect<ChatPoll.ChatResult, ApiError, Coze> =>
  ChatPoll.createAndPoll({ create, retrieve, cancel }, params, options)

/**
 * Waits for the end of a chat that was started before or continues after tool outputs, like {@link createAndPoll}.
 *
 * @category running
 */
export const poll = (
  params: ChatRetrieveParams,
  options?: ChatPoll.PollOptions
): Effect.Effect<ChatPoll.ChatResult, ApiError, Coze> => ChatPoll.poll({ create, retrieve, cancel }, params, options)

/**
 * Returns the text of an agent's answer, without tool calls and suggestions. Takes what {@link createAndPoll},
 * {@link poll} and `ChatStream` give; for a list of messages, see `ChatMessage.answerOf`.
 *
 * @category getters
 */
export const text = ({ messages }: Pick<ChatPoll.ChatResult, "messages">): string => ChatMessage.answerOf(messages)
