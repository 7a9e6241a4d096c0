/** The endpoints of `workflows` in the Coze API, and their types. */
import * as Schema from "effect/Schema"
import * as Endpoint from "../../Endpoint.ts"
import * as Open from "../../OpenSchema.ts"
import * as Page from "../../Page.ts"
import { Coze } from "../Coze.ts"
import { textOrNumber } from "../internal/textOrNumber.ts"
import type { PublishStatus } from "./Bots.ts"

/**
 * The user who created a workflow.
 *
 * @category models
 */
export interface WorkflowCreator {
  readonly id?: string | null | undefined
  readonly name?: string | null | undefined
}
export const WorkflowCreator: Open.Codec<WorkflowCreator> = /*#__PURE__*/ Open.struct(() => ({
  id: Open.optional(Schema.String),
  name: Open.optional(Schema.String)
}))

/**
 * A workflow or chatflow.
 *
 * @category models
 */
export interface WorkflowBasic {
  readonly workflow_id: string
  readonly workflow_name?: string | null | undefined
  readonly description?: string | null | undefined
  readonly icon_url?: string | null | undefined
  /** `"0"` if it does not belong to an app. */
  readonly app_id?: string | null | undefined
  readonly creator?: WorkflowCreator | null | undefined
  /** Unix time in seconds. */
  readonly created_at?: string | number | null | undefined
  /** Unix time in seconds. */
  readonly updated_at?: string | number | null | undefined
}
export const WorkflowBasic: Open.Codec<WorkflowBasic> = /*#__PURE__*/ Open.struct(() => ({
  workflow_id: Schema.String,
  workflow_name: Open.optional(Schema.String),
  description: Open.optional(Schema.String),
  icon_url: Open.optional(Schema.String),
  app_id: Open.optional(Schema.String),
  creator: Open.optional(WorkflowCreator),
  created_at: Open.optional(textOrNumber),
  updated_at: Open.optional(textOrNumber)
}))

/**
 * A variable of a workflow's start or end node.
 *
 * @category models
 */
export interface WorkflowParameter {
  readonly type?: string | null | undefined
  /** The items of an array. */
  readonly items?: WorkflowParameter | null | undefined
  readonly required?: boolean | null | undefined
  /** The properties of an object. */
  readonly properties?: { readonly [name: string]: WorkflowParameter } | null | undefined
  readonly description?: string | null | undefined
  readonly default_value?: string | null | undefined
}
export const WorkflowParameter: Open.Codec<WorkflowParameter> = Open.struct<WorkflowParameter>(() => ({
  type: Open.optional(Schema.String),
  items: Open.optional(WorkflowParameter),
  required: Open.optional(Schema.Boolean),
  properties: Open.optional(Open.record(WorkflowParameter)),
  description: Open.optional(Schema.String),
  default_value: Open.optional(Schema.String)
}))

/**
 * The parameters that a workflow takes, by name.
 *
 * @category models
 */
export interface WorkflowInput {
  readonly parameters?: { readonly [name: string]: WorkflowParameter } | null | undefined
}
export const WorkflowInput: Open.Codec<WorkflowInput> = /*#__PURE__*/ Open.struct(() => ({
  parameters: Open.optional(Open.record(WorkflowParameter))
}))

/**
 * The result of a workflow: variables, or text.
 *
 * @category models
 */
export interface WorkflowOutput {
  readonly content?: string | null | undefined
  readonly parameters?: { readonly [name: string]: WorkflowParameter } | null | undefined
  readonly terminate_plan?: "return_variables" | "use_answer_content" | (string & {}) | null | undefined
}
export const WorkflowOutput: Open.Codec<WorkflowOutput> = /*#__PURE__*/ Open.struct(() => ({
  content: Open.optional(Schema.String),
  parameters: Open.optional(Open.record(WorkflowParameter)),
  terminate_plan: Open.optional(Open.literals("return_variables", "use_answer_content"))
}))

/**
 * A workflow with the types of its input and output.
 *
 * @category models
 */
export interface WorkflowDetail {
  readonly workflow_detail?: WorkflowBasic | null | undefined
  readonly input?: WorkflowInput | null | undefined
  readonly output?: WorkflowOutput | null | undefined
}
export const WorkflowDetail: Open.Codec<WorkflowDetail> = /*#__PURE__*/ Open.struct(() => ({
  workflow_detail: Open.optional(WorkflowBasic),
  input: Open.optional(WorkflowInput),
  output: Open.optional(WorkflowOutput)
}))

export interface WorkflowsListParams {
  readonly workspace_id?: string | undefined
  readonly workflow_mode?: "workflow" | "chatflow" | (string & {}) | undefined
  readonly app_id?: string | undefined
  readonly publish_status?: PublishStatus | (string & {}) | undefined
  /** Starts at 1. */
  readonly page_num?: number | undefined
  readonly page_size?: number | undefined
}

export interface WorkflowsRetrieveParams {
  readonly workflow_id: string
  /** Adds the variables of the start and end nodes. */
  readonly include_input_output?: boolean | undefined
}

/**
 * Lists the workflows of a workspace or an app. `GET /v1/workflows`
 *
 * @see https://docs.coze.cn/developer_guides/get_workflow_list
 * @category endpoints
 */
export const list: Endpoint.List<WorkflowsListParams, WorkflowBasic, Coze> = /*#__PURE__*/ Endpoint.list(Coze, {
  id: "workflows.list",
  method: "GET",
  path: "/v1/workflows",
  query: ["workspace_id", "workflow_mode", "app_id", "publish_status", "page_num", "page_size"],
  success: WorkflowBasic,
  pagination: /*#__PURE__*/ Page.numbered({ items: "items", request: "page_num", size: "page_size" })
})

/**
 * Returns a workflow with its inputs and outputs. `GET /v1/workflows/{workflow_id}`
 *
 * @see https://docs.coze.cn/developer_guides/get_workflow_info
 * @category endpoints
 */
export const retrieve: Endpoint.Json<WorkflowsRetrieveParams, WorkflowDetail, Coze> = /*#__PURE__*/ Endpoint.json(
  Coze,
  {
    id: "workflows.retrieve",
    method: "GET",
    path: "/v1/workflows/{workflow_id}",
    query: ["include_input_output"],
    success: WorkflowDetail
  }
)
