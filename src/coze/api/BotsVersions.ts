/** The endpoints of `bots.versions` in the Coze API, and their types. */
import * as Schema from "effect/Schema"
import * as Endpoint from "../../Endpoint.ts"
import * as Open from "../../OpenSchema.ts"
import * as Page from "../../Page.ts"
import { Coze } from "../Coze.ts"
import { textOrNumber } from "../internal/textOrNumber.ts"
import type { PublishStatus } from "./Bots.ts"

/**
 * The user who published a version.
 *
 * @category models
 */
export interface VersionCreator {
  readonly id: string
  readonly name?: string | null | undefined
}
export const VersionCreator: Open.Codec<VersionCreator> = /*#__PURE__*/ Open.struct(() => ({
  id: Schema.String,
  name: Open.optional(Schema.String)
}))

/**
 * A version of an agent.
 *
 * @category models
 */
export interface BotVersion {
  readonly version: string
  readonly description?: string | null | undefined
  /** Unix time in seconds. */
  readonly created_at?: string | number | null | undefined
  /** Unix time in seconds. */
  readonly updated_at?: string | number | null | undefined
  readonly creator?: VersionCreator | null | undefined
}
export const BotVersion: Open.Codec<BotVersion> = /*#__PURE__*/ Open.struct(() => ({
  version: Schema.String,
  description: Open.optional(Schema.String),
  created_at: Open.optional(textOrNumber),
  updated_at: Open.optional(textOrNumber),
  creator: Open.optional(VersionCreator)
}))

export interface BotsVersionsListParams {
  readonly bot_id: string
  readonly publish_status?: PublishStatus | (string & {}) | undefined
  readonly connector_id?: string | undefined
  /** Starts at 1. */
  readonly page_num?: number | undefined
  readonly page_size?: number | undefined
}

/**
 * Lists the versions of an agent. `GET /v1/bots/{bot_id}/versions`
 *
 * @see https://docs.coze.cn/developer_guides/list_bot_versions
 * @category endpoints
 */
export const list: Endpoint.List<BotsVersionsListParams, BotVersion, Coze> = /*#__PURE__*/ Endpoint.list(Coze, {
  id: "bots.versions.list",
  method: "GET",
  path: "/v1/bots/{bot_id}/versions",
  query: ["page_num", "page_size", "publish_status", "connector_id"],
  success: BotVersion,
  pagination: /*#__PURE__*/ Page.numbered({ items: "items", request: "page_num", size: "page_size", total: "total" })
})
