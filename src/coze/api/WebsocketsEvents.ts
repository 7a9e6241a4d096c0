/** The events of the WebSocket APIs, sent by the client and by the server. */
import * as Schema from "effect/Schema"
import * as Open from "../../OpenSchema.ts"
import { ChatObject } from "./Chat.ts"
import { Message } from "./ChatMessages.ts"

/**
 * The format of the audio to send.
 *
 * @category models
 */
export interface InputAudio {
  readonly format?: "pcm" | "wav" | "ogg" | (string & {}) | null | undefined
  readonly codec?: "pcm" | "opus" | "g711a" | "g711u" | (string & {}) | null | undefined
  /** In Hz. Default: 24,000. */
  readonly sample_rate?: number | null | undefined
  readonly channel?: number | null | undefined
  readonly bit_depth?: number | null | undefined
}
export const InputAudio: Open.Codec<InputAudio> = /*#__PURE__*/ Open.struct(() => ({
  format: Open.optional(Open.literals("pcm", "wav", "ogg")),
  codec: Open.optional(Open.literals("pcm", "opus", "g711a", "g711u")),
  sample_rate: Open.optional(Schema.Number),
  channel: Open.optional(Schema.Number),
  bit_depth: Open.optional(Schema.Number)
}))

/**
 * How PCM audio is sampled and cut into frames.
 *
 * @category models
 */
export interface PcmConfig {
  readonly sample_rate?: number | null | undefined
  readonly frame_size_ms?: number | null | undefined
  readonly limit_config?: unknown
}
export const PcmConfig: Open.Codec<PcmConfig> = /*#__PURE__*/ Open.struct(() => ({
  sample_rate: Open.optional(Schema.Number),
  frame_size_ms: Open.optional(Schema.Number),
  limit_config: Open.optional(Schema.Unknown)
}))

/**
 * How Opus audio is encoded and cut into frames.
 *
 * @category models
 */
export interface OpusConfig {
  readonly sample_rate?: number | null | undefined
  readonly bitrate?: number | null | undefined
  readonly use_cbr?: boolean | null | undefined
  readonly frame_size_ms?: number | null | undefined
  readonly limit_config?: unknown
}
export const OpusConfig: Open.Codec<OpusConfig> = /*#__PURE__*/ Open.struct(() => ({
  sample_rate: Open.optional(Schema.Number),
  bitrate: Open.optional(Schema.Number),
  use_cbr: Open.optional(Schema.Boolean),
  frame_size_ms: Open.optional(Schema.Number),
  limit_config: Open.optional(Schema.Unknown)
}))

/**
 * The emotion in which a voice speaks, and its strength.
 *
 * @category models
 */
export interface EmotionConfig {
  readonly emotion?: string | null | undefined
  readonly emotion_scale?: number | null | undefined
}
export const EmotionConfig: Open.Codec<EmotionConfig> = /*#__PURE__*/ Open.struct(() => ({
  emotion: Open.optional(Schema.String),
  emotion_scale: Open.optional(Schema.Number)
}))

/**
 * The agent's voice and audio format.
 *
 * @category models
 */
export interface OutputAudio {
  readonly codec?: "pcm" | "opus" | "g711a" | "g711u" | (string & {}) | null | undefined
  readonly pcm_config?: PcmConfig | null | undefined
  readonly opus_config?: OpusConfig | null | undefined
  /** In percent, -50 (half as fast) to 100 (twice as fast). */
  readonly speech_rate?: number | null | undefined
  readonly voice_id?: string | null | undefined
  readonly emotion_config?: EmotionConfig | null | undefined
}
export const OutputAudio: Open.Codec<OutputAudio> = /*#__PURE__*/ Open.struct(() => ({
  codec: Open.optional(Open.literals("pcm", "opus", "g711a", "g711u")),
  pcm_config: Open.optional(PcmConfig),
  opus_config: Open.optional(OpusConfig),
  speech_rate: Open.optional(Schema.Number),
  voice_id: Open.optional(Schema.String),
  emotion_config: Open.optional(EmotionConfig)
}))

/**
 * The chat that answers.
 *
 * @category models
 */
export interface ChatConfig {
  readonly meta_data?: { readonly [key: string]: string } | null | undefined
  readonly custom_variables?: { readonly [name: string]: string } | null | undefined
  readonly extra_params?: { readonly [name: string]: string } | null | undefined
  readonly user_id?: string | null | undefined
  readonly conversation_id?: string | null | undefined
  readonly auto_save_history?: boolean | null | undefined
  readonly parameters?: { readonly [name: string]: unknown } | null | undefined
}
export const ChatConfig: Open.Codec<ChatConfig> = /*#__PURE__*/ Open.struct(() => ({
  meta_data: Open.optional(Open.record(Schema.String)),
  custom_variables: Open.optional(Open.record(Schema.String)),
  extra_params: Open.optional(Open.record(Schema.String)),
  user_id: Open.optional(Schema.String),
  conversation_id: Open.optional(Schema.String),
  auto_save_history: Open.optional(Schema.Boolean),
  parameters: Open.optional(Open.record(Schema.Unknown))
}))

/**
 * How to detect the end of the user's turn.
 *
 * @category models
 */
export interface TurnDetection {
  readonly type?: "client_interrupt" | "server_vad" | "semantic_vad" | (string & {}) | null | undefined
  readonly prefix_padding_ms?: number | null | undefined
  readonly silence_duration_ms?: number | null | undefined
}
export const TurnDetection: Open.Codec<TurnDetection> = /*#__PURE__*/ Open.struct(() => ({
  type: Open.optional(Open.literals("client_interrupt", "server_vad", "semantic_vad")),
  prefix_padding_ms: Open.optional(Schema.Number),
  silence_duration_ms: Open.optional(Schema.Number)
}))

/**
 * The languages, and a glossary.
 *
 * @category models
 */
export interface TranslateConfig {
  readonly from?: string | null | undefined
  readonly to?: string | null | undefined
  readonly hot_words?: ReadonlyArray<string> | null | undefined
  readonly glossary?: ReadonlyArray<GlossaryEntry> | null | undefined
}
export const TranslateConfig: Open.Codec<TranslateConfig> = /*#__PURE__*/ Open.struct(() => ({
  from: Open.optional(Schema.String),
  to: Open.optional(Schema.String),
  hot_words: Open.optional(Open.array(Schema.String)),
  glossary: Open.optional(Open.array(GlossaryEntry))
}))

/**
 * A term and its fixed translation.
 *
 * @category models
 */
export interface GlossaryEntry {
  readonly original: string
  readonly translation: string
}
export const GlossaryEntry: Open.Codec<GlossaryEntry> = /*#__PURE__*/ Open.struct(() => ({
  original: Schema.String,
  translation: Schema.String
}))

/** An event to send. A missing `id` is generated. */
interface Sent<Type extends string, Data> {
  readonly event_type: Type
  readonly id?: string | undefined
  readonly data: Data
}

interface Signal<Type extends string> {
  readonly event_type: Type
  readonly id?: string | undefined
}

/** Base64. */
interface Delta {
  readonly delta: string
}

/**
 * Sends a chunk of audio.
 *
 * @category models
 */
export type InputAudioBufferAppend = Sent<"input_audio_buffer.append", Delta>
/**
 * Says that the audio is complete.
 *
 * @category models
 */
export type InputAudioBufferComplete = Signal<"input_audio_buffer.complete">
/**
 * Discards the audio sent so far.
 *
 * @category models
 */
export type InputAudioBufferClear = Signal<"input_audio_buffer.clear">
/**
 * Sends a piece of the text to speak.
 *
 * @category models
 */
export type InputTextBufferAppend = Sent<"input_text_buffer.append", { readonly delta: string }>
/**
 * Says that the text is complete.
 *
 * @category models
 */
export type InputTextBufferComplete = Signal<"input_text_buffer.complete">
/**
 * Sets the format and voice of the speech.
 *
 * @category models
 */
export type SpeechUpdate = Sent<"speech.update", { readonly output_audio?: OutputAudio | undefined }>
/**
 * Sets the format of the audio to transcribe.
 *
 * @category models
 */
export type TranscriptionsUpdate = Sent<"transcriptions.update", { readonly input_audio?: InputAudio | undefined }>

/**
 * Sets up the chat: its agent, audio formats, turn detection and events.
 *
 * @category models
 */
export type ChatUpdate = Sent<
  "chat.update",
  {
    readonly chat_config?: ChatConfig | undefined
    readonly input_audio?: InputAudio | undefined
    readonly output_audio?: OutputAudio | undefined
    readonly turn_detection?: TurnDetection | undefined
    /** Default: all events. */
    readonly event_subscriptions?: ReadonlyArray<string> | undefined
    readonly need_play_prologue?: boolean | undefined
    readonly prologue_content?: string | undefined
    readonly voice_print_config?:
      | { readonly group_id: string; readonly score?: number; readonly reuse_voice_info?: boolean }
      | undefined
  }
>

/**
 * Sends a message.
 *
 * @category models
 */
export type ConversationMessageCreate = Sent<
  "conversation.message.create",
  {
    readonly role: "user" | "assistant" | (string & {})
    readonly content_type: "text" | "object_string" | (string & {})
    readonly content: string
  }
>

/**
 * Starts a new context in the conversation.
 *
 * @category models
 */
export type ConversationClear = Signal<"conversation.clear">
/**
 * Interrupts the agent's answer.
 *
 * @category models
 */
export type ConversationChatCancel = Signal<"conversation.chat.cancel">

/**
 * Submits the outputs of tool calls.
 *
 * @category models
 */
export type ConversationChatSubmitToolOutputs = Sent<
  "conversation.chat.submit_tool_outputs",
  {
    readonly chat_id: string
    readonly tool_outputs: ReadonlyArray<{ readonly tool_call_id: string; readonly output: string }>
  }
>

/**
 * Sets the languages and audio formats of an interpretation.
 *
 * @category models
 */
export type SimultInterpretationUpdate = Sent<
  "simult_interpretation.update",
  {
    readonly input_audio?: InputAudio | undefined
    readonly output_audio?: OutputAudio | undefined
    readonly translate_config?: TranslateConfig | undefined
  }
>

/**
 * The log id, to quote to Coze's support.
 *
 * @category models
 */
export interface EventDetail {
  readonly logid?: string | null | undefined
  readonly respond_at?: string | null | undefined
}
export const EventDetail: Open.Codec<EventDetail> = /*#__PURE__*/ Open.struct(() => ({
  logid: Open.optional(Schema.String),
  respond_at: Open.optional(Schema.String)
}))

const received = <Type extends string>(type: Open.Codec<Type>) => ({
  event_type: type,
  id: Open.optional(Schema.String),
  detail: Open.optional(EventDetail)
})

interface Received<Type extends string> {
  readonly event_type: Type
  readonly id?: string | null | undefined
  readonly detail?: EventDetail | null | undefined
}

/**
 * The types of events without data.
 *
 * @category models
 */
export type SignalType =
  | "chat.created"
  | "speech.created"
  | "speech.audio.completed"
  | "transcriptions.created"
  | "simult_interpretation.created"
  | "simult_interpretation.message.completed"
  | "input_audio_buffer.completed"
  | "input_audio_buffer.cleared"
  | "input_audio_buffer.speech_started"
  | "input_audio_buffer.speech_stopped"
  | "input_text_buffer.completed"
  | "conversation.cleared"
  | "conversation.chat.canceled"

/**
 * An event without data: its type says what happened.
 *
 * @category models
 */
export interface SignalEvent extends Received<SignalType> {
  readonly data?: unknown
}
export const SignalEvent: Open.Codec<SignalEvent> = /*#__PURE__*/ Open.struct(() => ({
  ...received(
    Open.tag(
      "chat.created",
      "speech.created",
      "speech.audio.completed",
      "transcriptions.created",
      "simult_interpretation.created",
      "simult_interpretation.message.completed",
      "input_audio_buffer.completed",
      "input_audio_buffer.cleared",
      "input_audio_buffer.speech_started",
      "input_audio_buffer.speech_stopped",
      "input_text_buffer.completed",
      "conversation.cleared",
      "conversation.chat.canceled"
    )
  ),
  data: Open.optional(Schema.Unknown)
}))

/**
 * The settings that apply from now on.
 *
 * @category models
 */
export interface Settings {
  readonly chat_config?: ChatConfig | null | undefined
  readonly input_audio?: InputAudio | null | undefined
  readonly output_audio?: OutputAudio | null | undefined
  readonly turn_detection?: TurnDetection | null | undefined
  readonly translate_config?: TranslateConfig | null | undefined
}
export const Settings: Open.Codec<Settings> = /*#__PURE__*/ Open.struct(() => ({
  chat_config: Open.optional(ChatConfig),
  input_audio: Open.optional(InputAudio),
  output_audio: Open.optional(OutputAudio),
  turn_detection: Open.optional(TurnDetection),
  translate_config: Open.optional(TranslateConfig)
}))

/**
 * The settings were changed.
 *
 * @category models
 */
export interface UpdatedEvent
  extends Received<"chat.updated" | "speech.updated" | "transcriptions.updated" | "simult_interpretation.updated"> {
  readonly data?: Settings | null | undefined
}
export const UpdatedEvent: Open.Codec<UpdatedEvent> = /*#__PURE__*/ Open.struct(() => ({
  ...received(Open.tag("chat.updated", "speech.updated", "transcriptions.updated", "simult_interpretation.updated")),
  data: Open.optional(Settings)
}))

/**
 * The chat started, progressed or ended.
 *
 * @category models
 */
export interface ChatStateEvent
  extends Received<
    | "conversation.chat.created"
    | "conversation.chat.in_progress"
    | "conversation.chat.completed"
    | "conversation.chat.failed"
    | "conversation.chat.requires_action"
  > {
  readonly data: ChatObject
}
export const ChatStateEvent: Open.Codec<ChatStateEvent> = /*#__PURE__*/ Open.struct(() => ({
  ...received(
    Open.tag(
      "conversation.chat.created",
      "conversation.chat.in_progress",
      "conversation.chat.completed",
      "conversation.chat.failed",
      "conversation.chat.requires_action"
    )
  ),
  data: ChatObject
}))

/**
 * A message or its delta. Audio `content` is base64.
 *
 * @category models
 */
export interface MessageEvent
  extends Received<
    | "conversation.message.delta"
    | "conversation.message.completed"
    | "conversation.audio.delta"
    | "conversation.audio.completed"
  > {
  readonly data: Message
}
export const MessageEvent: Open.Codec<MessageEvent> = /*#__PURE__*/ Open.struct(() => ({
  ...received(
    Open.tag(
      "conversation.message.delta",
      "conversation.message.completed",
      "conversation.audio.delta",
      "conversation.audio.completed"
    )
  ),
  data: Message
}))

/**
 * A transcript.
 *
 * @category models
 */
export interface TranscriptText {
  readonly content?: string | null | undefined
}
export const TranscriptText: Open.Codec<TranscriptText> = /*#__PURE__*/ Open.struct(() => ({
  content: Open.optional(Schema.String)
}))

/**
 * The transcript so far, or the final one.
 *
 * @category models
 */
export interface TranscriptEvent
  extends Received<
    | "transcriptions.message.update"
    | "transcriptions.message.completed"
    | "conversation.audio_transcript.update"
    | "conversation.audio_transcript.completed"
  > {
  readonly data?: TranscriptText | null | undefined
}
export const TranscriptEvent: Open.Codec<TranscriptEvent> = /*#__PURE__*/ Open.struct(() => ({
  ...received(
    Open.tag(
      "transcriptions.message.update",
      "transcriptions.message.completed",
      "conversation.audio_transcript.update",
      "conversation.audio_transcript.completed"
    )
  ),
  data: Open.optional(TranscriptText)
}))

/**
 * A piece of audio in base64, or of text.
 *
 * @category models
 */
export interface DeltaData {
  readonly delta: string
}
export const DeltaData: Open.Codec<DeltaData> = /*#__PURE__*/ Open.struct(() => ({ delta: Schema.String }))

/**
 * A chunk of speech in base64, or of text.
 *
 * @category models
 */
export interface DeltaEvent
  extends Received<
    | "speech.audio.update"
    | "simult_interpretation.audio.delta"
    | "simult_interpretation.transcription.delta"
    | "simult_interpretation.translation.delta"
  > {
  readonly data: DeltaData
}
export const DeltaEvent: Open.Codec<DeltaEvent> = /*#__PURE__*/ Open.struct(() => ({
  ...received(
    Open.tag(
      "speech.audio.update",
      "simult_interpretation.audio.delta",
      "simult_interpretation.transcription.delta",
      "simult_interpretation.translation.delta"
    )
  ),
  data: DeltaData
}))

/**
 * The text of a sentence.
 *
 * @category models
 */
export interface SentenceData {
  readonly text?: string | null | undefined
}
export const SentenceData: Open.Codec<SentenceData> = /*#__PURE__*/ Open.struct(() => ({
  text: Open.optional(Schema.String)
}))

/**
 * The sentence to be spoken next.
 *
 * @category models
 */
export interface SentenceEvent extends Received<"conversation.audio.sentence_start"> {
  readonly data?: SentenceData | null | undefined
}
export const SentenceEvent: Open.Codec<SentenceEvent> = /*#__PURE__*/ Open.struct(() => ({
  ...received(Open.tag("conversation.audio.sentence_start")),
  data: Open.optional(SentenceData)
}))

/**
 * The address of a recording.
 *
 * @category models
 */
export interface DumpData {
  readonly url?: string | null | undefined
}
export const DumpData: Open.Codec<DumpData> = /*#__PURE__*/ Open.struct(() => ({ url: Open.optional(Schema.String) }))

/**
 * The URL of the session's recording.
 *
 * @category models
 */
export interface DumpEvent extends Received<"dump.audio"> {
  readonly data?: DumpData | null | undefined
}
export const DumpEvent: Open.Codec<DumpEvent> = /*#__PURE__*/ Open.struct(() => ({
  ...received(Open.tag("dump.audio")),
  data: Open.optional(DumpData)
}))

/**
 * The code and message of an error.
 *
 * @category models
 */
export interface ErrorData {
  readonly code?: number | null | undefined
  readonly msg?: string | null | undefined
}
export const ErrorData: Open.Codec<ErrorData> = /*#__PURE__*/ Open.struct(() => ({
  code: Open.optional(Schema.Number),
  msg: Open.optional(Schema.String)
}))

/**
 * The server could not handle an event. The session continues.
 *
 * @category models
 */
export interface ErrorEvent extends Received<"error"> {
  readonly data?: ErrorData | null | undefined
}
export const ErrorEvent: Open.Codec<ErrorEvent> = /*#__PURE__*/ Open.struct(() => ({
  ...received(Open.tag("error")),
  data: Open.optional(ErrorData)
}))

/**
 * Any event that a server sends.
 *
 * @category models
 */
export type ServerEvent =
  | SignalEvent
  | UpdatedEvent
  | ChatStateEvent
  | MessageEvent
  | TranscriptEvent
  | DeltaEvent
  | SentenceEvent
  | DumpEvent
  | ErrorEvent
  | Open.UnknownVariant<"event_type">
export const ServerEvent: Open.Codec<ServerEvent> = Open.taggedUnion<ServerEvent>("event_type", () => ({
  "speech.audio.update": DeltaEvent,
  "simult_interpretation.audio.delta": DeltaEvent,
  "simult_interpretation.transcription.delta": DeltaEvent,
  "simult_interpretation.translation.delta": DeltaEvent,
  "conversation.audio.delta": MessageEvent,
  "conversation.message.delta": MessageEvent,
  "conversation.message.completed": MessageEvent,
  "conversation.audio.completed": MessageEvent,
  "transcriptions.message.update": TranscriptEvent,
  "transcriptions.message.completed": TranscriptEvent,
  "conversation.audio_transcript.update": TranscriptEvent,
  "conversation.audio_transcript.completed": TranscriptEvent,
  "conversation.chat.created": ChatStateEvent,
  "conversation.chat.in_progress": ChatStateEvent,
  "conversation.chat.completed": ChatStateEvent,
  "conversation.chat.failed": ChatStateEvent,
  "conversation.chat.requires_action": ChatStateEvent,
  "chat.updated": UpdatedEvent,
  "speech.updated": UpdatedEvent,
  "transcriptions.updated": UpdatedEvent,
  "simult_interpretation.updated": UpdatedEvent,
  "chat.created": SignalEvent,
  "speech.created": SignalEvent,
  "speech.audio.completed": SignalEvent,
  "transcriptions.created": SignalEvent,
  "simult_interpretation.created": SignalEvent,
  "simult_interpretation.message.completed": SignalEvent,
  "input_audio_buffer.completed": SignalEvent,
  "input_audio_buffer.cleared": SignalEvent,
  "input_audio_buffer.speech_started": SignalEvent,
  "input_audio_buffer.speech_stopped": SignalEvent,
  "input_text_buffer.completed": SignalEvent,
  "conversation.cleared": SignalEvent,
  "conversation.chat.canceled": SignalEvent,
  "conversation.audio.sentence_start": SentenceEvent,
  "dump.audio": DumpEvent,
  error: ErrorEvent
}))
