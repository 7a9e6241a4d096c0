/** The endpoints of `apiApps` in the Coze API, and their types. */
import * as Schema from "effect/Schema"
import * as Endpoint from "../../Endpoint.ts"
import * as Open from "../../OpenSchema.ts"
import * as Page from "../../Page.ts"
import { Coze } from "../Coze.ts"

/**
 * An app that receives the platform's events.
 *
 * @category models
 */
export interface ApiApp {
  readonly id: string
  readonly app_type?: "normal" | "connector" | (string & {}) | null | undefined
  readonly verify_token?: string | null | undefined
  readonly name?: string | null | undefined
  readonly connector_id?: string | null | undefined
  readonly callback_url?: string | null | undefined
}
export const ApiApp: Open.Codec<ApiApp> = /*#__PURE__*/ Open.struct(() => ({
  id: Schema.String,
  app_type: Open.optional(Open.literals("normal", "connector")),
  verify_token: Open.optional(Schema.String),
  name: Open.optional(Schema.String),
  connector_id: Open.optional(Schema.String),
  callback_url: Open.optional(Schema.String)
}))

export interface ApiAppsCreateParams {
  readonly app_type: "normal" | "connector" | (string & {})
  /** Required if the type is `normal`. */
  readonly name?: string | undefined
  /** Required if the type is `connector`. */
  readonly connector_id?: string | undefined
}

export interface ApiAppsUpdateParams {
  readonly app_id: string
  readonly name?: string | undefined
  readonly callback_url?: string | undefined
}

export interface ApiAppsDeleteParams {
  readonly app_id: string
}

export interface ApiAppsListParams {
  readonly app_type?: "normal" | "connector" | (string & {}) | undefined
  readonly page_size?: number | undefined
  readonly page_token?: string | undefined
}

/**
 * Creates an app that receives events. `POST /v1/api_apps`
 *
 * @see https://docs.coze.cn/developer_guides/create_callback_app
 * @category endpoints
 */
export const create: Endpoint.Json<ApiAppsCreateParams, ApiApp, Coze> = /*#__PURE__*/ Endpoint.json(Coze, {
  id: "apiApps.create",
  method: "POST",
  path: "/v1/api_apps",
  body: "json",
  success: ApiApp
})

/**
 * Changes an app's name or callback address. `PUT /v1/api_apps/{app_id}`
 *
 * @see https://docs.coze.cn/developer_guides/update_callback_app
 * @category endpoints
 */
export const update: Endpoint.None<ApiAppsUpdateParams, Coze> = /*#__PURE__*/ Endpoint.none(Coze, {
  id: "apiApps.update",
  method: "PUT",
  path: "/v1/api_apps/{app_id}",
  body: "json"
})

/**
 * Deletes an app. `DELETE /v1/api_apps/{app_id}`
 *
 * @see https://docs.coze.cn/developer_guides/delete_callback_app
 * @category endpoints
 */
const delete_: Endpoint.None<ApiAppsDeleteParams, Coze> = /*#__PURE__*/ Endpoint.none(Coze, {
  id: "apiApps.delete",
  method: "DELETE",
  path: "/v1/api_apps/{app_id}"
})

export { delete_ as delete }

/**
 * Lists the apps that receive events. `GET /v1/api_apps`
 *
 * @see https://docs.coze.cn/developer_guides/list_callback_app
 * @category endpoints
 */
export const list: Endpoint.List<ApiAppsListParams, ApiApp, Coze> = /*#__PURE__*/ Endpoint.list(Coze, {
  id: "apiApps.list",
  method: "GET",
  path: "/v1/api_apps",
  query: ["app_type", "page_size", "page_token"],
  success: ApiApp,
  pagination: /*#__PURE__*/ Page.token({ items: "items", request: "page_token", response: "next_page_token" })
})
