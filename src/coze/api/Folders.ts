/** The endpoints of `folders` in the Coze API, and their types. */
import * as Schema from "effect/Schema"
import * as Endpoint from "../../Endpoint.ts"
import * as Open from "../../OpenSchema.ts"
import * as Page from "../../Page.ts"
import { Coze } from "../Coze.ts"
import { textOrNumber } from "../internal/textOrNumber.ts"

/**
 * A folder of a workspace.
 *
 * @category models
 */
export interface Folder {
  readonly id: string
  readonly name?: string | null | undefined
  readonly description?: string | null | undefined
  readonly workspace_id?: string | null | undefined
  readonly creator_user_id?: string | null | undefined
  readonly folder_type?: "development" | "library" | (string & {}) | null | undefined
  readonly parent_folder_id?: string | null | undefined
  readonly children_count?: string | number | null | undefined
}
export const Folder: Open.Codec<Folder> = /*#__PURE__*/ Open.struct(() => ({
  id: Schema.String,
  name: Open.optional(Schema.String),
  description: Open.optional(Schema.String),
  workspace_id: Open.optional(Schema.String),
  creator_user_id: Open.optional(Schema.String),
  folder_type: Open.optional(Open.literals("development", "library")),
  parent_folder_id: Open.optional(Schema.String),
  children_count: Open.optional(textOrNumber)
}))

export interface FoldersListParams {
  readonly workspace_id: string
  readonly folder_type: "development" | "library" | (string & {})
  readonly parent_folder_id?: string | undefined
  /** Starts at 1. */
  readonly page_num?: number | undefined
  readonly page_size?: number | undefined
}

export interface FoldersRetrieveParams {
  readonly folder_id: string
}

/**
 * Lists the folders of a workspace. `GET /v1/folders`
 *
 * @see https://docs.coze.cn/developer_guides/workspace_list_folder
 * @category endpoints
 */
export const list: Endpoint.List<FoldersListParams, Folder, Coze> = /*#__PURE__*/ Endpoint.list(Coze, {
  id: "folders.list",
  method: "GET",
  path: "/v1/folders",
  query: ["page_size", "page_num", "workspace_id", "folder_type", "parent_folder_id"],
  success: Folder,
  pagination: /*#__PURE__*/ Page.numbered({
    items: "items",
    request: "page_num",
    size: "page_size",
    total: "total_count"
  })
})

/**
 * Returns a folder. `GET /v1/folders/{folder_id}`
 *
 * @see https://docs.coze.cn/developer_guides/workspace_read_folder
 * @category endpoints
 */
export const retrieve: Endpoint.Json<FoldersRetrieveParams, Folder, Coze> = /*#__PURE__*/ Endpoint.json(Coze, {
  id: "folders.retrieve",
  method: "GET",
  path: "/v1/folders/{folder_id}",
  success: Folder
})
