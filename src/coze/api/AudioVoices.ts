/** The endpoints of `audio.voices` in the Coze API, and their types. */
import * as Schema from "effect/Schema"
import * as Endpoint from "../../Endpoint.ts"
import type * as FileSource from "../../files/FileSource.ts"
import * as Open from "../../OpenSchema.ts"
import * as Page from "../../Page.ts"
import { Coze } from "../Coze.ts"
import { textOrNumber } from "../internal/textOrNumber.ts"

/**
 * The id of a cloned voice.
 *
 * @category models
 */
export interface VoiceCloned {
  readonly voice_id: string
}
export const VoiceCloned: Open.Codec<VoiceCloned> = /*#__PURE__*/ Open.struct(() => ({ voice_id: Schema.String }))

/**
 * The range of an emotion's strength, and its default.
 *
 * @category models
 */
export interface EmotionInterval {
  readonly min?: number | null | undefined
  readonly max?: number | null | undefined
  readonly default?: number | null | undefined
}
export const EmotionInterval: Open.Codec<EmotionInterval> = /*#__PURE__*/ Open.struct(() => ({
  min: Open.optional(Schema.Number),
  max: Open.optional(Schema.Number),
  default: Open.optional(Schema.Number)
}))

/**
 * An emotion that a voice can express.
 *
 * @category models
 */
export interface VoiceEmotion {
  readonly emotion?: string | null | undefined
  readonly display_name?: string | null | undefined
  readonly emotion_scale_interval?: EmotionInterval | null | undefined
}
export const VoiceEmotion: Open.Codec<VoiceEmotion> = /*#__PURE__*/ Open.struct(() => ({
  emotion: Open.optional(Schema.String),
  display_name: Open.optional(Schema.String),
  emotion_scale_interval: Open.optional(EmotionInterval)
}))

/**
 * A voice of the platform or a cloned one.
 *
 * @category models
 */
export interface Voice {
  readonly voice_id: string
  readonly name?: string | null | undefined
  readonly is_system_voice?: boolean | null | undefined
  readonly language_code?: string | null | undefined
  readonly language_name?: string | null | undefined
  readonly preview_text?: string | null | undefined
  /** A URL. */
  readonly preview_audio?: string | null | undefined
  /** How often it can still be trained. */
  readonly available_training_times?: number | null | undefined
  /** Unix time in seconds. */
  readonly create_time?: string | number | null | undefined
  /** Unix time in seconds. */
  readonly update_time?: string | number | null | undefined
  readonly model_type?: "big" | "small" | (string & {}) | null | undefined
  readonly state?: string | null | undefined
  readonly support_emotions?: ReadonlyArray<VoiceEmotion> | null | undefined
}
export const Voice: Open.Codec<Voice> = /*#__PURE__*/ Open.struct(() => ({
  voice_id: Schema.String,
  name: Open.optional(Schema.String),
  is_system_voice: Open.optional(Schema.Boolean),
  language_code: Open.optional(Schema.String),
  language_name: Open.optional(Schema.String),
  preview_text: Open.optional(Schema.String),
  preview_audio: Open.optional(Schema.String),
  available_training_times: Open.optional(Schema.Number),
  create_time: Open.optional(textOrNumber),
  update_time: Open.optional(textOrNumber),
  model_type: Open.optional(Open.literals("big", "small")),
  state: Open.optional(Schema.String),
  support_emotions: Open.optional(Open.array(VoiceEmotion))
}))

export interface AudioVoicesCloneParams {
  /** More than 6 characters. */
  readonly voice_name: string
  readonly file: FileSource.FileSource
  readonly audio_format: "wav" | "mp3" | "ogg" | "m4a" | "aac" | "pcm" | (string & {})
  readonly language?: "zh" | "en" | "ja" | "es" | "id" | "pt" | (string & {}) | undefined
  /** Trains this voice again. */
  readonly voice_id?: string | undefined
  readonly preview_text?: string | undefined
  /** The text spoken in the file. The server refuses a recording that differs much. */
  readonly text?: string | undefined
  readonly space_id?: string | undefined
  readonly description?: string | undefined
}

export interface AudioVoicesListParams {
  readonly model_type?: "big" | "small" | (string & {}) | undefined
  /** Leaves the platform's voices out. */
  readonly filter_system_voice?: boolean | undefined
  readonly voice_state?: "init" | "cloned" | "all" | (string & {}) | undefined
  /** Starts at 1. */
  readonly page_num?: number | undefined
  /** 1 to 100. Default: 100. */
  readonly page_size?: number | undefined
}

/**
 * Clones a voice from a recording. `POST /v1/audio/voices/clone`
 *
 * @see https://docs.coze.cn/developer_guides/clone_voices
 * @category endpoints
 */
export const clone: Endpoint.Json<AudioVoicesCloneParams, VoiceCloned, Coze> = /*#__PURE__*/ Endpoint.json(Coze, {
  id: "audio.voices.clone",
  method: "POST",
  path: "/v1/audio/voices/clone",
  body: "multipart",
  success: VoiceCloned
})

/**
 * Lists the voices that can be used. `GET /v1/audio/voices`
 *
 * @see https://docs.coze.cn/developer_guides/list_voices
 * @category endpoints
 */
export const list: Endpoint.List<AudioVoicesListParams, Voice, Coze> = /*#__PURE__*/ Endpoint.list(Coze, {
  id: "audio.voices.list",
  method: "GET",
  path: "/v1/audio/voices",
  query: ["model_type", "filter_system_voice", "voice_state", "page_num", "page_size"],
  success: Voice,
  pagination: /*#__PURE__*/ Page.numbered({ items: "voice_list", request: "page_num", size: "page_size" })
})
