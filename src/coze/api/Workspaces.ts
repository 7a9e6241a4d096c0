/** The endpoints of `workspaces` in the Coze API, and their types. */
import * as Schema from "effect/Schema"
import * as Endpoint from "../../Endpoint.ts"
import * as Open from "../../OpenSchema.ts"
import * as Page from "../../Page.ts"
import { Coze } from "../Coze.ts"

/**
 * A workspace that the user belongs to.
 *
 * @category models
 */
export interface Workspace {
  readonly id: string
  readonly name?: string | null | undefined
  readonly icon_url?: string | null | undefined
  readonly role_type?: "owner" | "admin" | "member" | (string & {}) | null | undefined
  readonly workspace_type?: "personal" | "team" | (string & {}) | null | undefined
  readonly enterprise_id?: string | null | undefined
  readonly description?: string | null | undefined
  readonly owner_uid?: string | null | undefined
  readonly admin_uids?: ReadonlyArray<string> | null | undefined
  readonly joined_status?: string | null | undefined
}
export const Workspace: Open.Codec<Workspace> = /*#__PURE__*/ Open.struct(() => ({
  id: Schema.String,
  name: Open.optional(Schema.String),
  icon_url: Open.optional(Schema.String),
  role_type: Open.optional(Open.literals("owner", "admin", "member")),
  workspace_type: Open.optional(Open.literals("personal", "team")),
  enterprise_id: Open.optional(Schema.String),
  description: Open.optional(Schema.String),
  owner_uid: Open.optional(Schema.String),
  admin_uids: Open.optional(Open.array(Schema.String)),
  joined_status: Open.optional(Schema.String)
}))

export interface WorkspacesListParams {
  /** Starts at 1. */
  readonly page_num?: number | undefined
  /** Up to 50. */
  readonly page_size?: number | undefined
  readonly enterprise_id?: string | undefined
  readonly user_id?: string | undefined
  readonly coze_account_id?: string | undefined
}

/**
 * Lists the workspaces that the user belongs to. `GET /v1/workspaces`
 *
 * @see https://www.coze.com/docs/developer_guides/list_workspace
 * @category endpoints
 */
export const list: Endpoint.List<WorkspacesListParams, Workspace, Coze> = /*#__PURE__*/ Endpoint.list(Coze, {
  id: "workspaces.list",
  method: "GET",
  path: "/v1/workspaces",
  query: ["page_num", "page_size", "enterprise_id", "user_id", "coze_account_id"],
  success: Workspace,
  pagination: /*#__PURE__*/ Page.numbered({
    items: "workspaces",
    request: "page_num",
    size: "page_size",
    total: "total_count"
  })
})
