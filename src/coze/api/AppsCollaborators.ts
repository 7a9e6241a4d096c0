import * as Endpoint from "../../Endpoint.ts"
import { Coze } from "../Coze.ts"

export interface AppsCollaboratorsCreateParams {
  readonly app_id: string
  /** One at a time. */
  readonly collaborators: ReadonlyArray<{ readonly user_id: string }>
}

export interface AppsCollaboratorsDeleteParams {
  readonly app_id: string
  readonly user_id: string
}

/** `POST /v1/apps/{app_id}/collaborators`: adds a member of the workspace to an app. */
export const create: Endpoint.None<AppsCollaboratorsCreateParams, Coze> = /*#__PURE__*/ Endpoint.none(Coze, {
  id: "apps.collaborators.create",
  method: "POST",
  path: "/v1/apps/{app_id}/collaborators",
  body: "json"
})

/** `DELETE /v1/apps/{app_id}/collaborators/{user_id}`: removes a member; what is theirs becomes the owner's. */
const delete_: Endpoint.None<AppsCollaboratorsDeleteParams, Coze> = /*#__PURE__*/ Endpoint.none(Coze, {
  id: "apps.collaborators.delete",
  method: "DELETE",
  path: "/v1/apps/{app_id}/collaborators/{user_id}"
})

export { delete_ as delete }
