/** The endpoints of `billTasks` in the Coze API, and their types. */
import * as Schema from "effect/Schema"
import * as Endpoint from "../../Endpoint.ts"
import * as Open from "../../OpenSchema.ts"
import * as Page from "../../Page.ts"
import { Coze } from "../Coze.ts"
import { textOrNumber } from "../internal/textOrNumber.ts"

/**
 * An export of bills.
 *
 * @category models
 */
export interface BillTask {
  readonly task_id: string
  readonly status?: string | null | undefined
  readonly file_urls?: ReadonlyArray<string> | null | undefined
  /** Unix time in seconds. */
  readonly created_at?: string | number | null | undefined
  /** Unix time in seconds. */
  readonly started_at?: string | number | null | undefined
  /** Unix time in seconds. */
  readonly ended_at?: string | number | null | undefined
  /** Unix time in seconds. */
  readonly expires_at?: string | number | null | undefined
}
export const BillTask: Open.Codec<BillTask> = /*#__PURE__*/ Open.struct(() => ({
  task_id: Schema.String,
  status: Open.optional(Schema.String),
  file_urls: Open.optional(Open.array(Schema.String)),
  created_at: Open.optional(textOrNumber),
  started_at: Open.optional(textOrNumber),
  ended_at: Open.optional(textOrNumber),
  expires_at: Open.optional(textOrNumber)
}))

export interface BillTasksListParams {
  readonly task_ids?: ReadonlyArray<string> | undefined
  /** Starts at 1. */
  readonly page_num?: number | undefined
  readonly page_size?: number | undefined
}

/**
 * Lists exports of bills. `GET /v1/commerce/benefit/bill_tasks`
 *
 * @see https://docs.coze.cn/developer_guides/billing_file
 * @category endpoints
 */
export const list: Endpoint.List<BillTasksListParams, BillTask, Coze> = /*#__PURE__*/ Endpoint.list(Coze, {
  id: "billTasks.list",
  method: "GET",
  path: "/v1/commerce/benefit/bill_tasks",
  query: ["task_ids", "page_num", "page_size"],
  success: BillTask,
  pagination: /*#__PURE__*/ Page.numbered({
    items: "task_infos",
    request: "page_num",
    size: "page_size",
    total: "total"
  })
})
