/** The endpoints of `stores.plugins` in the Coze API, and their types. */
import * as Schema from "effect/Schema"
import * as Endpoint from "../../Endpoint.ts"
import * as Open from "../../OpenSchema.ts"
import * as Page from "../../Page.ts"
import { Coze } from "../Coze.ts"
import { textOrNumber } from "../internal/textOrNumber.ts"

/**
 * A category of the plugin store.
 *
 * @category models
 */
export interface PluginCategory {
  readonly id?: string | null | undefined
  readonly name?: string | null | undefined
}
export const PluginCategory: Open.Codec<PluginCategory> = /*#__PURE__*/ Open.struct(() => ({
  id: Open.optional(Schema.String),
  name: Open.optional(Schema.String)
}))

/**
 * The user who published a plugin.
 *
 * @category models
 */
export interface PluginAuthor {
  readonly user_id?: string | number | null | undefined
  readonly nick_name?: string | null | undefined
  readonly user_name?: string | null | undefined
  readonly avatar_url?: string | null | undefined
}
export const PluginAuthor: Open.Codec<PluginAuthor> = /*#__PURE__*/ Open.struct(() => ({
  user_id: Open.optional(textOrNumber),
  nick_name: Open.optional(Schema.String),
  user_name: Open.optional(Schema.String),
  avatar_url: Open.optional(Schema.String)
}))

/**
 * How the store presents a plugin.
 *
 * @category models
 */
export interface PluginListing {
  readonly name?: string | null | undefined
  readonly category?: PluginCategory | null | undefined
  readonly icon_url?: string | null | undefined
  /** The plugin's id. */
  readonly entity_id?: string | null | undefined
  /** Unix time in seconds. */
  readonly listed_at?: string | number | null | undefined
  readonly paid_type?: "paid" | (string & {}) | null | undefined
  readonly user_info?: PluginAuthor | null | undefined
  readonly product_id?: string | null | undefined
  readonly description?: string | null | undefined
  readonly entity_type?: "plugin" | (string & {}) | null | undefined
  readonly is_official?: boolean | null | undefined
  readonly entity_version?: string | null | undefined
}
export const PluginListing: Open.Codec<PluginListing> = /*#__PURE__*/ Open.struct(() => ({
  name: Open.optional(Schema.String),
  category: Open.optional(PluginCategory),
  icon_url: Open.optional(Schema.String),
  entity_id: Open.optional(Schema.String),
  listed_at: Open.optional(textOrNumber),
  paid_type: Open.optional(Open.literals("paid")),
  user_info: Open.optional(PluginAuthor),
  product_id: Open.optional(Schema.String),
  description: Open.optional(Schema.String),
  entity_type: Open.optional(Open.literals("plugin")),
  is_official: Open.optional(Schema.Boolean),
  entity_version: Open.optional(Schema.String)
}))

/**
 * Usage statistics of a plugin.
 *
 * @category models
 */
export interface PluginStatistics {
  readonly heat?: number | null | undefined
  readonly call_count?: string | number | null | undefined
  readonly description?: string | null | undefined
  /** 0 to 1. */
  readonly success_rate?: number | null | undefined
  readonly bots_use_count?: string | number | null | undefined
  readonly favorite_count?: number | null | undefined
  readonly is_call_available?: boolean | null | undefined
  readonly total_tools_count?: number | null | undefined
  readonly avg_exec_duration_ms?: number | null | undefined
  readonly associated_bots_use_count?: string | number | null | undefined
}
export const PluginStatistics: Open.Codec<PluginStatistics> = /*#__PURE__*/ Open.struct(() => ({
  heat: Open.optional(Schema.Number),
  call_count: Open.optional(textOrNumber),
  description: Open.optional(Schema.String),
  success_rate: Open.optional(Schema.Number),
  bots_use_count: Open.optional(textOrNumber),
  favorite_count: Open.optional(Schema.Number),
  is_call_available: Open.optional(Schema.Boolean),
  total_tools_count: Open.optional(Schema.Number),
  avg_exec_duration_ms: Open.optional(Schema.Number),
  associated_bots_use_count: Open.optional(textOrNumber)
}))

/**
 * A plugin of the store.
 *
 * @category models
 */
export interface StorePlugin {
  readonly metainfo?: PluginListing | null | undefined
  readonly plugin_info?: PluginStatistics | null | undefined
}
export const StorePlugin: Open.Codec<StorePlugin> = /*#__PURE__*/ Open.struct(() => ({
  metainfo: Open.optional(PluginListing),
  plugin_info: Open.optional(PluginStatistics)
}))

export interface StoresPluginsListParams {
  readonly keyword?: string | undefined
  readonly is_official?: boolean | undefined
  readonly category_ids?: ReadonlyArray<string> | undefined
  readonly sort_type?: "heat" | "newest" | "relative" | (string & {}) | undefined
  /** Starts at 1. */
  readonly page_num?: number | undefined
  /** Up to 100. Default: 20. */
  readonly page_size?: number | undefined
}

/**
 * Lists plugins of the store. `GET /v1/stores/plugins`
 *
 * @see https://docs.coze.cn/developer_guides/list_plugin
 * @category endpoints
 */
export const list: Endpoint.List<StoresPluginsListParams, StorePlugin, Coze> = /*#__PURE__*/ Endpoint.list(Coze, {
  id: "stores.plugins.list",
  method: "GET",
  path: "/v1/stores/plugins",
  query: ["keyword", "is_official", "category_ids", "sort_type", "page_num", "page_size"],
  success: StorePlugin,
  pagination: /*#__PURE__*/ Page.numbered({ items: "items", request: "page_num", size: "page_size" })
})
