/** The endpoints of `workspaces.members` in the Coze API, and their types. */
import * as Schema from "effect/Schema"
import * as Endpoint from "../../Endpoint.ts"
import * as Open from "../../OpenSchema.ts"
import * as Page from "../../Page.ts"
import { Coze } from "../Coze.ts"

/**
 * A member of a workspace.
 *
 * @category models
 */
export interface WorkspaceMember {
  readonly user_id: string
  readonly role_type?: "owner" | "admin" | "member" | (string & {}) | null | undefined
  readonly user_nickname?: string | null | undefined
  readonly user_unique_name?: string | null | undefined
  readonly avatar_url?: string | null | undefined
}
export const WorkspaceMember: Open.Codec<WorkspaceMember> = /*#__PURE__*/ Open.struct(() => ({
  user_id: Schema.String,
  role_type: Open.optional(Open.literals("owner", "admin", "member")),
  user_nickname: Open.optional(Schema.String),
  user_unique_name: Open.optional(Schema.String),
  avatar_url: Open.optional(Schema.String)
}))

/**
 * Users who were added, invited, or refused.
 *
 * @category models
 */
export interface MembersAdded {
  readonly added_success_user_ids?: ReadonlyArray<string> | null | undefined
  readonly invited_success_user_ids?: ReadonlyArray<string> | null | undefined
  readonly not_exist_user_ids?: ReadonlyArray<string> | null | undefined
  readonly already_joined_user_ids?: ReadonlyArray<string> | null | undefined
  readonly already_invited_user_ids?: ReadonlyArray<string> | null | undefined
}
export const MembersAdded: Open.Codec<MembersAdded> = /*#__PURE__*/ Open.struct(() => ({
  added_success_user_ids: Open.optional(Open.array(Schema.String)),
  invited_success_user_ids: Open.optional(Open.array(Schema.String)),
  not_exist_user_ids: Open.optional(Open.array(Schema.String)),
  already_joined_user_ids: Open.optional(Open.array(Schema.String)),
  already_invited_user_ids: Open.optional(Open.array(Schema.String))
}))

/**
 * Users who were removed, or could not be.
 *
 * @category models
 */
export interface MembersRemoved {
  readonly removed_success_user_ids?: ReadonlyArray<string> | null | undefined
  readonly not_in_workspace_user_ids?: ReadonlyArray<string> | null | undefined
  readonly owner_not_support_remove_user_ids?: ReadonlyArray<string> | null | undefined
}
export const MembersRemoved: Open.Codec<MembersRemoved> = /*#__PURE__*/ Open.struct(() => ({
  removed_success_user_ids: Open.optional(Open.array(Schema.String)),
  not_in_workspace_user_ids: Open.optional(Open.array(Schema.String)),
  owner_not_support_remove_user_ids: Open.optional(Open.array(Schema.String))
}))

export interface WorkspacesMembersCreateParams {
  readonly workspace_id: string
  readonly users: ReadonlyArray<{
    readonly user_id: string
    readonly role_type: "admin" | "member" | (string & {})
  }>
}

export interface WorkspacesMembersDeleteParams {
  readonly workspace_id: string
  readonly user_ids: ReadonlyArray<string>
}

export interface WorkspacesMembersListParams {
  readonly workspace_id: string
  /** Starts at 1. */
  readonly page_num?: number | undefined
  /** Up to 50. */
  readonly page_size?: number | undefined
}

/**
 * Adds or invites users. `POST /v1/workspaces/{workspace_id}/members`
 *
 * @see https://docs.coze.cn/developer_guides/add_space_member
 * @category endpoints
 */
export const create: Endpoint.Json<WorkspacesMembersCreateParams, MembersAdded, Coze> = /*#__PURE__*/ Endpoint.json(
  Coze,
  {
    id: "workspaces.members.create",
    method: "POST",
    path: "/v1/workspaces/{workspace_id}/members",
    body: "json",
    success: MembersAdded
  }
)

/**
 * Removes members. `DELETE /v1/workspaces/{workspace_id}/members`
 *
 * @see https://docs.coze.cn/developer_guides/remove_space_member
 * @category endpoints
 */
const delete_: Endpoint.Json<WorkspacesMembersDeleteParams, MembersRemoved, Coze> = /*#__PURE__*/ Endpoint.json(Coze, {
  id: "workspaces.members.delete",
  method: "DELETE",
  path: "/v1/workspaces/{workspace_id}/members",
  body: "json",
  success: MembersRemoved
})

export { delete_ as delete }

/**
 * Lists the members of a workspace. `GET /v1/workspaces/{workspace_id}/members`
 *
 * @see https://docs.coze.cn/developer_guides/list_space_member
 * @category endpoints
 */
export const list: Endpoint.List<WorkspacesMembersListParams, WorkspaceMember, Coze> = /*#__PURE__*/ Endpoint.list(
  Coze,
  {
    id: "workspaces.members.list",
    method: "GET",
    path: "/v1/workspaces/{workspace_id}/members",
    query: ["page_size", "page_num"],
    success: WorkspaceMember,
    pagination: /*#__PURE__*/ Page.numbered({
      items: "items",
      request: "page_num",
      size: "page_size",
      total: "total_count"
    })
  }
)
