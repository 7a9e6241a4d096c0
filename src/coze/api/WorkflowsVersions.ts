/** The endpoints of `workflows.versions` in the Coze API, and their types. */
import * as Schema from "effect/Schema"
import * as Endpoint from "../../Endpoint.ts"
import * as Open from "../../OpenSchema.ts"
import * as Page from "../../Page.ts"
import { Coze } from "../Coze.ts"
import { textOrNumber } from "../internal/textOrNumber.ts"
import type { PublishStatus } from "./Bots.ts"
import { VersionCreator } from "./BotsVersions.ts"

/**
 * A version of a workflow.
 *
 * @category models
 */
export interface WorkflowVersion {
  readonly version: string
  readonly workflow_id?: string | null | undefined
  readonly description?: string | null | undefined
  /** Unix time in seconds. */
  readonly created_at?: string | number | null | undefined
  /** Unix time in seconds. */
  readonly updated_at?: string | number | null | undefined
  readonly creator?: VersionCreator | null | undefined
}
export const WorkflowVersion: Open.Codec<WorkflowVersion> = /*#__PURE__*/ Open.struct(() => ({
  version: Schema.String,
  workflow_id: Open.optional(Schema.String),
  description: Open.optional(Schema.String),
  created_at: Open.optional(textOrNumber),
  updated_at: Open.optional(textOrNumber),
  creator: Open.optional(VersionCreator)
}))

export interface WorkflowsVersionsListParams {
  readonly workflow_id: string
  readonly publish_status?: PublishStatus | (string & {}) | undefined
  /** 1 to 30. Default: 10. */
  readonly page_size?: number | undefined
  readonly page_token?: string | undefined
}

/**
 * Lists the versions of a workflow. `GET /v1/workflows/{workflow_id}/versions`
 *
 * @see https://docs.coze.cn/developer_guides/list_workflow_version
 * @category endpoints
 */
export const list: Endpoint.List<WorkflowsVersionsListParams, WorkflowVersion, Coze> = /*#__PURE__*/ Endpoint.list(
  Coze,
  {
    id: "workflows.versions.list",
    method: "GET",
    path: "/v1/workflows/{workflow_id}/versions",
    query: ["publish_status", "page_size", "page_token"],
    success: WorkflowVersion,
    pagination: /*#__PURE__*/ Page.token({ items: "items", request: "page_token", response: "next_page_token" })
  }
)
