/** The endpoints of `apps` in the Coze API, and their types. */
import * as Schema from "effect/Schema"
import * as Endpoint from "../../Endpoint.ts"
import * as Open from "../../OpenSchema.ts"
import * as Page from "../../Page.ts"
import { Coze } from "../Coze.ts"
import { textOrNumber } from "../internal/textOrNumber.ts"
import type { PublishStatus } from "./Bots.ts"

/**
 * A low-code app.
 *
 * @category models
 */
export interface App {
  readonly id: string
  readonly name?: string | null | undefined
  readonly description?: string | null | undefined
  readonly icon_url?: string | null | undefined
  readonly is_published?: boolean | null | undefined
  readonly owner_user_id?: string | null | undefined
  /** Unix time in seconds. */
  readonly updated_at?: string | number | null | undefined
  /** Unix time in seconds. */
  readonly published_at?: string | number | null | undefined
  readonly folder_id?: string | null | undefined
}
export const App: Open.Codec<App> = /*#__PURE__*/ Open.struct(() => ({
  id: Schema.String,
  name: Open.optional(Schema.String),
  description: Open.optional(Schema.String),
  icon_url: Open.optional(Schema.String),
  is_published: Open.optional(Schema.Boolean),
  owner_user_id: Open.optional(Schema.String),
  updated_at: Open.optional(textOrNumber),
  published_at: Open.optional(textOrNumber),
  folder_id: Open.optional(Schema.String)
}))

export interface AppsListParams {
  readonly workspace_id: string
  readonly publish_status?: PublishStatus | (string & {}) | undefined
  readonly connector_id?: string | undefined
  /** Starts at 1. */
  readonly page_num?: number | undefined
  readonly page_size?: number | undefined
}

/**
 * Lists the apps of a workspace. `GET /v1/apps`
 *
 * @see https://docs.coze.cn/developer_guides/published_apps_list
 * @category endpoints
 */
export const list: Endpoint.List<AppsListParams, App, Coze> = /*#__PURE__*/ Endpoint.list(Coze, {
  id: "apps.list",
  method: "GET",
  path: "/v1/apps",
  query: ["workspace_id", "publish_status", "connector_id", "page_num", "page_size"],
  success: App,
  pagination: /*#__PURE__*/ Page.numbered({ items: "items", request: "page_num", size: "page_size", total: "total" })
})
