/** The endpoints of `apiApps.events` in the Coze API, and their types. */
import * as Schema from "effect/Schema"
import * as Endpoint from "../../Endpoint.ts"
import * as Open from "../../OpenSchema.ts"
import * as Page from "../../Page.ts"
import { Coze } from "../Coze.ts"

/**
 * A kind of event that an app receives.
 *
 * @category models
 */
export interface ApiAppEvent {
  readonly api_app_id?: string | null | undefined
  readonly name?: string | null | undefined
  readonly description?: string | null | undefined
  readonly event_type: string
}
export const ApiAppEvent: Open.Codec<ApiAppEvent> = /*#__PURE__*/ Open.struct(() => ({
  api_app_id: Open.optional(Schema.String),
  name: Open.optional(Schema.String),
  description: Open.optional(Schema.String),
  event_type: Schema.String
}))

export interface ApiAppsEventsCreateParams {
  readonly api_app_id: string
  readonly event_types: ReadonlyArray<string>
}

export interface ApiAppsEventsDeleteParams {
  readonly api_app_id: string
  readonly event_types: ReadonlyArray<string>
}

export interface ApiAppsEventsListParams {
  readonly api_app_id: string
  readonly page_size?: number | undefined
  readonly page_token?: string | undefined
}

/**
 * Subscribes an app to events. `POST /v1/api_apps/{api_app_id}/events`
 *
 * @see https://docs.coze.cn/developer_guides/subscribe_callback_message
 * @category endpoints
 */
export const create: Endpoint.None<ApiAppsEventsCreateParams, Coze> = /*#__PURE__*/ Endpoint.none(Coze, {
  id: "apiApps.events.create",
  method: "POST",
  path: "/v1/api_apps/{api_app_id}/events",
  body: "json"
})

/**
 * Ends subscriptions to events. `DELETE /v1/api_apps/{api_app_id}/events`
 *
 * @see https://docs.coze.cn/developer_guides/unsubscribe_callback_message
 * @category endpoints
 */
const delete_: Endpoint.None<ApiAppsEventsDeleteParams, Coze> = /*#__PURE__*/ Endpoint.none(Coze, {
  id: "apiApps.events.delete",
  method: "DELETE",
  path: "/v1/api_apps/{api_app_id}/events",
  body: "json"
})

export { delete_ as delete }

/**
 * Lists the events that an app is subscribed to. `GET /v1/api_apps/{api_app_id}/events`
 *
 * @see https://docs.coze.cn/developer_guides/list_subscribed_callback_message
 * @category endpoints
 */
export const list: Endpoint.List<ApiAppsEventsListParams, ApiAppEvent, Coze> = /*#__PURE__*/ Endpoint.list(Coze, {
  id: "apiApps.events.list",
  method: "GET",
  path: "/v1/api_apps/{api_app_id}/events",
  query: ["page_size", "page_token"],
  success: ApiAppEvent,
  pagination: /*#__PURE__*/ Page.token({ items: "items", request: "page_token", response: "next_page_token" })
})
