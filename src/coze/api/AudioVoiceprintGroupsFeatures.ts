/** The endpoints of `audio.voiceprintGroups.features` in the Coze API, and their types. */
import * as Schema from "effect/Schema"
import * as Endpoint from "../../Endpoint.ts"
import type * as FileSource from "../../files/FileSource.ts"
import * as Open from "../../OpenSchema.ts"
import * as Page from "../../Page.ts"
import { Coze } from "../Coze.ts"
import { textOrNumber } from "../internal/textOrNumber.ts"
import { VoiceprintUser } from "./AudioVoiceprintGroups.ts"

/**
 * A voice to recognise a speaker by.
 *
 * @category models
 */
export interface VoiceprintFeature {
  readonly id: string
  readonly group_id?: string | null | undefined
  readonly name?: string | null | undefined
  readonly audio_url?: string | null | undefined
  /** Unix time in seconds. */
  readonly created_at?: string | number | null | undefined
  /** Unix time in seconds. */
  readonly updated_at?: string | number | null | undefined
  readonly desc?: string | null | undefined
  readonly icon_url?: string | null | undefined
  readonly user_info?: VoiceprintUser | null | undefined
}
export const VoiceprintFeature: Open.Codec<VoiceprintFeature> = /*#__PURE__*/ Open.struct(() => ({
  id: Schema.String,
  group_id: Open.optional(Schema.String),
  name: Open.optional(Schema.String),
  audio_url: Open.optional(Schema.String),
  created_at: Open.optional(textOrNumber),
  updated_at: Open.optional(textOrNumber),
  desc: Open.optional(Schema.String),
  icon_url: Open.optional(Schema.String),
  user_info: Open.optional(VoiceprintUser)
}))

/**
 * The id of a new voiceprint.
 *
 * @category models
 */
export interface VoiceprintFeatureCreated {
  readonly id: string
}
export const VoiceprintFeatureCreated: Open.Codec<VoiceprintFeatureCreated> = /*#__PURE__*/ Open.struct(() => ({
  id: Schema.String
}))

/**
 * How similar a speaker is to a voice.
 *
 * @category models
 */
export interface FeatureScore {
  readonly feature_id?: string | null | undefined
  readonly feature_name?: string | null | undefined
  readonly feature_desc?: string | null | undefined
  readonly score?: number | null | undefined
}
export const FeatureScore: Open.Codec<FeatureScore> = /*#__PURE__*/ Open.struct(() => ({
  feature_id: Open.optional(Schema.String),
  feature_name: Open.optional(Schema.String),
  feature_desc: Open.optional(Schema.String),
  score: Open.optional(Schema.Number)
}))

/**
 * How well the speaker matches each voiceprint of the group.
 *
 * @category models
 */
export interface SpeakerScores {
  readonly feature_score_list?: ReadonlyArray<FeatureScore> | null | undefined
}
export const SpeakerScores: Open.Codec<SpeakerScores> = /*#__PURE__*/ Open.struct(() => ({
  feature_score_list: Open.optional(Open.array(FeatureScore))
}))

export interface AudioVoiceprintGroupsFeaturesCreateParams {
  readonly group_id: string
  readonly file: FileSource.FileSource
  readonly name: string
  readonly desc?: string | undefined
  readonly sample_rate?: number | undefined
  readonly channel?: number | undefined
}

export interface AudioVoiceprintGroupsFeaturesUpdateParams {
  readonly group_id: string
  readonly feature_id: string
  readonly file?: FileSource.FileSource | undefined
  readonly name?: string | undefined
  readonly desc?: string | undefined
  readonly sample_rate?: number | undefined
  readonly channel?: number | undefined
}

export interface AudioVoiceprintGroupsFeaturesDeleteParams {
  readonly group_id: string
  readonly feature_id: string
}

export interface AudioVoiceprintGroupsFeaturesListParams {
  readonly group_id: string
  /** Starts at 1. */
  readonly page_num?: number | undefined
  readonly page_size?: number | undefined
}

export interface AudioVoiceprintGroupsFeaturesSpeakerIdentifyParams {
  readonly group_id: string
  readonly file: FileSource.FileSource
  readonly top_k?: number | undefined
  readonly sample_rate?: number | undefined
  readonly channel?: number | undefined
}

/**
 * Adds a voice to a group. `POST /v1/audio/voiceprint_groups/{group_id}/features`
 *
 * @see https://docs.coze.cn/developer_guides/create_voiceprint
 * @category endpoints
 */
export const create: Endpoint.Json<AudioVoiceprintGroupsFeaturesCreateParams, VoiceprintFeatureCreated, Coze> =
  /*#__PURE__*/ Endpoint.json(Coze, {
    id: "audio.voiceprintGroups.features.create",
    method: "POST",
    path: "/v1/audio/voiceprint_groups/{group_id}/features",
    body: "multipart",
    success: VoiceprintFeatureCreated
  })

/**
 * Changes a voice. `PUT /v1/audio/voiceprint_groups/{group_id}/features/{feature_id}`
 *
 * @see https://docs.coze.cn/developer_guides/update_voiceprint
 * @category endpoints
 */
export const update: Endpoint.None<AudioVoiceprintGroupsFeaturesUpdateParams, Coze> = /*#__PURE__*/ Endpoint.none(
  Coze,
  {
    id: "audio.voiceprintGroups.features.update",
    method: "PUT",
    path: "/v1/audio/voiceprint_groups/{group_id}/features/{feature_id}",
    body: "multipart"
  }
)

/**
 * Deletes a voice. `DELETE /v1/audio/voiceprint_groups/{group_id}/features/{feature_id}`
 *
 * @see https://docs.coze.cn/developer_guides/delete_voiceprint
 * @category endpoints
 */
const delete_: Endpoint.None<AudioVoiceprintGroupsFeaturesDeleteParams, Coze> = /*#__PURE__*/ Endpoint.none(Coze, {
  id: "audio.voiceprintGroups.features.delete",
  method: "DELETE",
  path: "/v1/audio/voiceprint_groups/{group_id}/features/{feature_id}"
})

export { delete_ as delete }

/**
 * Lists the voices of a group. `GET /v1/audio/voiceprint_groups/{group_id}/features`
 *
 * @see https://docs.coze.cn/developer_guides/list_voiceprint
 * @category endpoints
 */
export const list: Endpoint.List<AudioVoiceprintGroupsFeaturesListParams, VoiceprintFeature, Coze> =
  /*#__PURE__*/ Endpoint.list(Coze, {
    id: "audio.voiceprintGroups.features.list",
    method: "GET",
    path: "/v1/audio/voiceprint_groups/{group_id}/features",
    query: ["page_num", "page_size"],
    success: VoiceprintFeature,
    pagination: /*#__PURE__*/ Page.numbered({ items: "items", request: "page_num", size: "page_size", total: "total" })
  })

/**
 * Compares a recording with the voices of a group. `POST /v1/audio/voiceprint_groups/{group_id}/speaker_identify`
 *
 * @see https://docs.coze.cn/developer_guides/identify_voiceprint
 * @category endpoints
 */
export const speakerIdentify: Endpoint.Json<AudioVoiceprintGroupsFeaturesSpeakerIdentifyParams, SpeakerScores, Coze> =
  /*#__PURE__*/ Endpoint.json(Coze, {
    id: "audio.voiceprintGroups.features.speakerIdentify",
    method: "POST",
    path: "/v1/audio/voiceprint_groups/{group_id}/speaker_identify",
    body: "multipart",
    safety: "safe",
    success: SpeakerScores
  })
