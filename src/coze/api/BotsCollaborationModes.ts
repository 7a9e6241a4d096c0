import * as Endpoint from "../../Endpoint.ts"
import { Coze } from "../Coze.ts"

export interface BotsCollaborationModesUpdateParams {
  readonly bot_id: string
  readonly collaboration_mode: "single" | "collaboration" | (string & {})
}

/** `POST /v1/bots/{bot_id}/collaboration_mode`: lets several people edit an agent, or only its owner. */
export const update: Endpoint.None<BotsCollaborationModesUpdateParams, Coze> = /*#__PURE__*/ Endpoint.none(Coze, {
  id: "bots.collaborationModes.update",
  method: "POST",
  path: "/v1/bots/{bot_id}/collaboration_mode",
  body: "json",
  safety: "idempotent"
})
