/** The endpoints of `bots.collaborationModes` in the Coze API, and their types. */
import * as Endpoint from "../../Endpoint.ts"
import { Coze } from "../Coze.ts"

export interface BotsCollaborationModesUpdateParams {
  readonly bot_id: string
  readonly collaboration_mode: "single" | "collaboration" | (string & {})
}

/**
 * Sets who may edit an agent: several people, or only its owner. `POST /v1/bots/{bot_id}/collaboration_mode`
 *
 * @see https://docs.coze.cn/developer_guides/switch_bot_develop_mode
 * @category endpoints
 */
export const update: Endpoint.None<BotsCollaborationModesUpdateParams, Coze> = /*#__PURE__*/ Endpoint.none(Coze, {
  id: "bots.collaborationModes.update",
  method: "POST",
  path: "/v1/bots/{bot_id}/collaboration_mode",
  body: "json",
  safety: "idempotent"
})
