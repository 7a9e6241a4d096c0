import * as Endpoint from "../../Endpoint.ts"
import { Coze } from "../Coze.ts"

export interface BotsCollaboratorsCreateParams {
  readonly bot_id: string
  /** One at a time. */
  readonly collaborators: ReadonlyArray<{ readonly user_id: string }>
}

export interface BotsCollaboratorsDeleteParams {
  readonly bot_id: string
  readonly user_id: string
}

/** `POST /v1/bots/{bot_id}/collaborators`: adds a member of the workspace to an agent. */
export const create: Endpoint.None<BotsCollaboratorsCreateParams, Coze> = /*#__PURE__*/ Endpoint.none(Coze, {
  id: "bots.collaborators.create",
  method: "POST",
  path: "/v1/bots/{bot_id}/collaborators",
  body: "json"
})

/** `DELETE /v1/bots/{bot_id}/collaborators/{user_id}`: removes a member from an agent. */
const delete_: Endpoint.None<BotsCollaboratorsDeleteParams, Coze> = /*#__PURE__*/ Endpoint.none(Coze, {
  id: "bots.collaborators.delete",
  method: "DELETE",
  path: "/v1/bots/{bot_id}/collaborators/{user_id}"
})

export { delete_ as delete }
