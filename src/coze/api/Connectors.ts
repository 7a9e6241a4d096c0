/** The endpoints of `connectors` in the Coze API, and their types. */
import * as Endpoint from "../../Endpoint.ts"
import { Coze } from "../Coze.ts"

/**
 * A choice offered to users of a channel.
 *
 * @category models
 */
export interface UserConfig {
  readonly key: string
  readonly enums: ReadonlyArray<{ readonly label: string; readonly value: string }>
}

export interface ConnectorsBindParams {
  readonly connector_id: string
  readonly configs: ReadonlyArray<UserConfig>
  readonly user_id?: string | undefined
}

export interface ConnectorsInstallParams {
  readonly connector_id: string
  readonly workspace_id: string
}

/**
 * Binds devices to a channel. `POST /v1/connectors/{connector_id}/user_configs`
 *
 * @see https://docs.coze.cn/developer_guides/bind_connector_config
 * @category endpoints
 */
export const bind: Endpoint.None<ConnectorsBindParams, Coze> = /*#__PURE__*/ Endpoint.none(Coze, {
  id: "connectors.bind",
  method: "POST",
  path: "/v1/connectors/{connector_id}/user_configs",
  body: "json"
})

/**
 * Adds a channel to a workspace. `POST /v1/connectors/{connector_id}/install`
 *
 * @see https://docs.coze.cn/developer_guides/install_channel
 * @category endpoints
 */
export const install: Endpoint.None<ConnectorsInstallParams, Coze> = /*#__PURE__*/ Endpoint.none(Coze, {
  id: "connectors.install",
  method: "POST",
  path: "/v1/connectors/{connector_id}/install",
  body: "json"
})
