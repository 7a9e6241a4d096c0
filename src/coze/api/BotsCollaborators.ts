/** The endpoints of `bots.collaborators` in the Coze API, and their types. */
import * as Endpoint from "../../Endpoint.ts"
import { Coze } from "../Coze.ts"

export interface BotsCollaboratorsCreateParams {
  readonly bot_id: string
  /** Exactly one. */
  readonly collaborators: ReadonlyArray<{ readonly user_id: string }>
}

export interface BotsCollaboratorsDeleteParams {
  readonly bot_id: string
  readonly user_id: string
}

/**
 * Adds a member of the workspace to an agent. `POST /v1/bots/{bot_id}/collaborators`
 *
 * @see https://docs.coze.cn/developer_guides/add_bot_collaborator
 * @category endpoints
 */
export const create: Endpoint.None<BotsCollaboratorsCreateParams, Coze> = /*#__PURE__*/ Endpoint.none(Coze, {
  id: "bots.collaborators.create",
  method: "POST",
  path: "/v1/bots/{bot_id}/collaborators",
  body: "json"
})

/**
 * Removes a member from an agent. `DELETE /v1/bots/{bot_id}/collaborators/{user_id}`
 *
 * @see https://docs.coze.cn/developer_guides/remove_bot_collaborator
 * @category endpoints
 */
const delete_: Endpoint.None<BotsCollaboratorsDeleteParams, Coze> = /*#__PURE__*/ Endpoint.none(Coze, {
  id: "bots.collaborators.delete",
  method: "DELETE",
  path: "/v1/bots/{bot_id}/collaborators/{user_id}"
})

export { delete_ as delete }
