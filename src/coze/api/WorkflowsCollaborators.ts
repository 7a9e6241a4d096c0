import * as Endpoint from "../../Endpoint.ts"
import { Coze } from "../Coze.ts"

export interface WorkflowsCollaboratorsDeleteParams {
  readonly workflow_id: string
  readonly user_id: string
}

/** `DELETE /v1/workflows/{workflow_id}/collaborators/{user_id}`: removes a member from a workflow. */
const delete_: Endpoint.None<WorkflowsCollaboratorsDeleteParams, Coze> = /*#__PURE__*/ Endpoint.none(Coze, {
  id: "workflows.collaborators.delete",
  method: "DELETE",
  path: "/v1/workflows/{workflow_id}/collaborators/{user_id}"
})

export { delete_ as delete }
