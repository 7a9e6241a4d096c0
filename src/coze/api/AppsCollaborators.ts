/** The endpoints of `apps.collaborators` in the Coze API, and their types. */
import * as Endpoint from "../../Endpoint.ts"
import { Coze } from "../Coze.ts"

export interface AppsCollaboratorsCreateParams {
  readonly app_id: string
  /** Exactly one. */
  readonly collaborators: ReadonlyArray<{ readonly user_id: string }>
}

export interface AppsCollaboratorsDeleteParams {
  readonly app_id: string
  readonly user_id: string
}

/**
 * Adds a member of the workspace to an app. `POST /v1/apps/{app_id}/collaborators`
 *
 * @see https://docs.coze.cn/developer_guides/add_app_collaborator
 * @category endpoints
 */
export const create: Endpoint.None<AppsCollaboratorsCreateParams, Coze> = /*#__PURE__*/ Endpoint.none(Coze, {
  id: "apps.collaborators.create",
  method: "POST",
  path: "/v1/apps/{app_id}/collaborators",
  body: "json"
})

/**
 * Removes a member. Their resources pass to the owner. `DELETE /v1/apps/{app_id}/collaborators/{user_id}`
 *
 * @see https://docs.coze.cn/developer_guides/remove_app_collaborator
 * @category endpoints
 */
const delete_: Endpoint.None<AppsCollaboratorsDeleteParams, Coze> = /*#__PURE__*/ Endpoint.none(Coze, {
  id: "apps.collaborators.delete",
  method: "DELETE",
  path: "/v1/apps/{app_id}/collaborators/{user_id}"
})

export { delete_ as delete }
