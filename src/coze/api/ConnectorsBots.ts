import * as Endpoint from "../../Endpoint.ts"
import { Coze } from "../Coze.ts"

export interface ConnectorsBotsUpdateParams {
  readonly connector_id: string
  readonly bot_id: string
  /** 1 under review, 2 approved, 3 rejected. */
  readonly audit_status?: number | undefined
  /** Required where it is rejected. */
  readonly reason?: string | undefined
}

/** `PUT /v1/connectors/{connector_id}/bots/{bot_id}`: lets an agent into a channel, or not. */
export const update: Endpoint.None<ConnectorsBotsUpdateParams, Coze> = /*#__PURE__*/ Endpoint.none(Coze, {
  id: "connectors.bots.update",
  method: "PUT",
  path: "/v1/connectors/{connector_id}/bots/{bot_id}",
  body: "json"
})
