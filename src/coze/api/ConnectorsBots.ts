/** The endpoints of `connectors.bots` in the Coze API, and their types. */
import * as Endpoint from "../../Endpoint.ts"
import { Coze } from "../Coze.ts"

export interface ConnectorsBotsUpdateParams {
  readonly connector_id: string
  readonly bot_id: string
  /** 1 under review, 2 approved, 3 rejected. */
  readonly audit_status?: number | undefined
  /** Required to reject. */
  readonly reason?: string | undefined
}

/**
 * Approves or rejects an agent for a channel. `PUT /v1/connectors/{connector_id}/bots/{bot_id}`
 *
 * @see https://docs.coze.cn/developer_guides/update_review_result
 * @category endpoints
 */
export const update: Endpoint.None<ConnectorsBotsUpdateParams, Coze> = /*#__PURE__*/ Endpoint.none(Coze, {
  id: "connectors.bots.update",
  method: "PUT",
  path: "/v1/connectors/{connector_id}/bots/{bot_id}",
  body: "json"
})
