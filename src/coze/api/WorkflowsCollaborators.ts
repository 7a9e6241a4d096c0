/** The endpoints of `workflows.collaborators` in the Coze API, and their types. */
import * as Endpoint from "../../Endpoint.ts"
import { Coze } from "../Coze.ts"

export interface WorkflowsCollaboratorsDeleteParams {
  readonly workflow_id: string
  readonly user_id: string
}

/**
 * Removes a member from a workflow. `DELETE /v1/workflows/{workflow_id}/collaborators/{user_id}`
 *
 * @see https://docs.coze.cn/developer_guides/remove_workflow_collaborator
 * @category endpoints
 */
const delete_: Endpoint.None<WorkflowsCollaboratorsDeleteParams, Coze> = /*#__PURE__*/ Endpoint.none(Coze, {
  id: "workflows.collaborators.delete",
  method: "DELETE",
  path: "/v1/workflows/{workflow_id}/collaborators/{user_id}"
})

export { delete_ as delete }
