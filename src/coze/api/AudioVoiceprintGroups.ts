/** The endpoints of `audio.voiceprintGroups` in the Coze API, and their types. */
import * as Schema from "effect/Schema"
import * as Endpoint from "../../Endpoint.ts"
import * as Open from "../../OpenSchema.ts"
import * as Page from "../../Page.ts"
import { Coze } from "../Coze.ts"
import { textOrNumber } from "../internal/textOrNumber.ts"

/**
 * The user who created a voiceprint group.
 *
 * @category models
 */
export interface VoiceprintUser {
  readonly id?: string | number | null | undefined
  readonly name?: string | null | undefined
  readonly nickname?: string | null | undefined
  readonly avatar_url?: string | null | undefined
}
export const VoiceprintUser: Open.Codec<VoiceprintUser> = /*#__PURE__*/ Open.struct(() => ({
  id: Open.optional(textOrNumber),
  name: Open.optional(Schema.String),
  nickname: Open.optional(Schema.String),
  avatar_url: Open.optional(Schema.String)
}))

/**
 * Voices to recognise speakers by.
 *
 * @category models
 */
export interface VoiceprintGroup {
  readonly id: string
  readonly name?: string | null | undefined
  readonly desc?: string | null | undefined
  /** Unix time in seconds. */
  readonly created_at?: string | number | null | undefined
  /** Unix time in seconds. */
  readonly updated_at?: string | number | null | undefined
  readonly icon_url?: string | null | undefined
  readonly user_info?: VoiceprintUser | null | undefined
  readonly feature_count?: string | number | null | undefined
}
export const VoiceprintGroup: Open.Codec<VoiceprintGroup> = /*#__PURE__*/ Open.struct(() => ({
  id: Schema.String,
  name: Open.optional(Schema.String),
  desc: Open.optional(Schema.String),
  created_at: Open.optional(textOrNumber),
  updated_at: Open.optional(textOrNumber),
  icon_url: Open.optional(Schema.String),
  user_info: Open.optional(VoiceprintUser),
  feature_count: Open.optional(textOrNumber)
}))

/**
 * The id of a new voiceprint group.
 *
 * @category models
 */
export interface VoiceprintGroupCreated {
  readonly id: string
}
export const VoiceprintGroupCreated: Open.Codec<VoiceprintGroupCreated> = /*#__PURE__*/ Open.struct(() => ({
  id: Schema.String
}))

export interface AudioVoiceprintGroupsCreateParams {
  readonly name: string
  readonly desc?: string | undefined
  readonly coze_account_id?: string | undefined
}

export interface AudioVoiceprintGroupsListParams {
  readonly coze_account_id?: string | undefined
  /** Starts at 1. */
  readonly page_num?: number | undefined
  readonly page_size?: number | undefined
  readonly name?: string | undefined
  readonly user_id?: string | undefined
  readonly group_id?: string | undefined
}

export interface AudioVoiceprintGroupsUpdateParams {
  readonly group_id: string
  readonly name?: string | undefined
  readonly desc?: string | undefined
}

export interface AudioVoiceprintGroupsDeleteParams {
  readonly group_id: string
}

/**
 * Creates a group. `POST /v1/audio/voiceprint_groups`
 *
 * @see https://docs.coze.cn/developer_guides/create_voiceprint_group
 * @category endpoints
 */
export const create: Endpoint.Json<AudioVoiceprintGroupsCreateParams, VoiceprintGroupCreated, Coze> =
  /*#__PURE__*/ Endpoint.json(Coze, {
    id: "audio.voiceprintGroups.create",
    method: "POST",
    path: "/v1/audio/voiceprint_groups",
    body: "json",
    success: VoiceprintGroupCreated
  })

/**
 * Lists the groups. `GET /v1/audio/voiceprint_groups`
 *
 * @see https://docs.coze.cn/developer_guides/list_voiceprint_group
 * @category endpoints
 */
export const list: Endpoint.List<AudioVoiceprintGroupsListParams, VoiceprintGroup, Coze> = /*#__PURE__*/ Endpoint.list(
  Coze,
  {
    id: "audio.voiceprintGroups.list",
    method: "GET",
    path: "/v1/audio/voiceprint_groups",
    query: ["coze_account_id", "page_num", "page_size", "name", "user_id", "group_id"],
    success: VoiceprintGroup,
    pagination: /*#__PURE__*/ Page.numbered({ items: "items", request: "page_num", size: "page_size", total: "total" })
  }
)

/**
 * Renames a group. `PUT /v1/audio/voiceprint_groups/{group_id}`
 *
 * @see https://docs.coze.cn/developer_guides/update_voiceprint_group
 * @category endpoints
 */
export const update: Endpoint.None<AudioVoiceprintGroupsUpdateParams, Coze> = /*#__PURE__*/ Endpoint.none(Coze, {
  id: "audio.voiceprintGroups.update",
  method: "PUT",
  path: "/v1/audio/voiceprint_groups/{group_id}",
  body: "json"
})

/**
 * Deletes a group with its voices. `DELETE /v1/audio/voiceprint_groups/{group_id}`
 *
 * @see https://docs.coze.cn/developer_guides/delete_voiceprint_group
 * @category endpoints
 */
const delete_: Endpoint.None<AudioVoiceprintGroupsDeleteParams, Coze> = /*#__PURE__*/ Endpoint.none(Coze, {
  id: "audio.voiceprintGroups.delete",
  method: "DELETE",
  path: "/v1/audio/voiceprint_groups/{group_id}"
})

export { delete_ as delete }
