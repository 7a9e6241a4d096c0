/** The endpoints of `workflows.runs.runHistories.executeNodes` in the Coze API, and their types. */
import * as Schema from "effect/Schema"
import * as Endpoint from "../../Endpoint.ts"
import * as Open from "../../OpenSchema.ts"
import { Coze } from "../Coze.ts"

/**
 * The output of one node of a run.
 *
 * @category models
 */
export interface NodeOutput {
  readonly is_finish?: boolean | null | undefined
  readonly node_output?: string | null | undefined
}
export const NodeOutput: Open.Codec<NodeOutput> = /*#__PURE__*/ Open.struct(() => ({
  is_finish: Open.optional(Schema.Boolean),
  node_output: Open.optional(Schema.String)
}))

export interface WorkflowsRunsRunHistoriesExecuteNodesRetrieveParams {
  readonly workflow_id: string
  readonly execute_id: string
  /** From `node_execute_status` of the run's history. */
  readonly node_execute_uuid: string
}

/**
 * Returns the output of a node. `GET /v1/workflows/{workflow_id}/run_histories/{execute_id}/execute_nodes/{node_execute_uuid}`
 *
 * @see https://docs.coze.cn/developer_guides/get_node_execute_history_response
 * @category endpoints
 */
export const retrieve: Endpoint.Json<WorkflowsRunsRunHistoriesExecuteNodesRetrieveParams, NodeOutput, Coze> =
  /*#__PURE__*/ Endpoint.json(Coze, {
    id: "workflows.runs.runHistories.executeNodes.retrieve",
    method: "GET",
    path: "/v1/workflows/{workflow_id}/run_histories/{execute_id}/execute_nodes/{node_execute_uuid}",
    success: NodeOutput
  })
