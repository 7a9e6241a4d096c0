/** The endpoints of `workflows.runs` in the Coze API, and their types. */
import * as Schema from "effect/Schema"
import * as Endpoint from "../../Endpoint.ts"
import * as Open from "../../OpenSchema.ts"
import { Coze } from "../Coze.ts"
import { type Envelope, envelope } from "../internal/envelope.ts"
import { textOrNumber } from "../internal/textOrNumber.ts"

/**
 * Tokens of a run.
 *
 * @category models
 */
export interface WorkflowUsage {
  readonly input_count?: number | null | undefined
  readonly output_count?: number | null | undefined
  readonly token_count?: number | null | undefined
}
export const WorkflowUsage: Open.Codec<WorkflowUsage> = /*#__PURE__*/ Open.struct(() => ({
  input_count: Open.optional(Schema.Number),
  output_count: Open.optional(Schema.Number),
  token_count: Open.optional(Schema.Number)
}))

/**
 * The output of a workflow or, for an asynchronous run, the id to query.
 *
 * @category models
 */
export interface WorkflowRunResult extends Envelope {
  /** The output: JSON text if the workflow returns variables. */
  readonly data?: string | null | undefined
  /** The id of an asynchronous run. */
  readonly execute_id?: string | null | undefined
  /** A page that shows the run. */
  readonly debug_url?: string | null | undefined
  readonly cost?: string | number | null | undefined
  readonly token?: string | number | null | undefined
  readonly usage?: WorkflowUsage | null | undefined
}
export const WorkflowRunResult: Open.Codec<WorkflowRunResult> = /*#__PURE__*/ Open.struct(() => ({
  ...envelope(),
  data: Open.optional(Schema.String),
  execute_id: Open.optional(Schema.String),
  debug_url: Open.optional(Schema.String),
  cost: Open.optional(textOrNumber),
  token: Open.optional(textOrNumber),
  usage: Open.optional(WorkflowUsage)
}))

/**
 * The output of a node.
 *
 * @category models
 */
export interface WorkflowMessage {
  readonly content?: string | null | undefined
  readonly content_type?: string | null | undefined
  readonly node_title?: string | null | undefined
  /** The number of the chunk in its node, from 0. */
  readonly node_seq_id?: string | number | null | undefined
  /** Whether this is the node's last chunk. */
  readonly node_is_finish?: boolean | null | undefined
  readonly node_type?: string | null | undefined
  readonly node_id?: string | null | undefined
  readonly node_execute_uuid?: string | null | undefined
  readonly sub_execute_id?: string | null | undefined
  readonly cost?: string | number | null | undefined
  readonly token?: string | number | null | undefined
  readonly usage?: WorkflowUsage | null | undefined
  readonly ext?: { readonly [name: string]: unknown } | null | undefined
}
export const WorkflowMessage: Open.Codec<WorkflowMessage> = /*#__PURE__*/ Open.struct(() => ({
  content: Open.optional(Schema.String),
  content_type: Open.optional(Schema.String),
  node_title: Open.optional(Schema.String),
  node_seq_id: Open.optional(textOrNumber),
  node_is_finish: Open.optional(Schema.Boolean),
  node_type: Open.optional(Schema.String),
  node_id: Open.optional(Schema.String),
  node_execute_uuid: Open.optional(Schema.String),
  sub_execute_id: Open.optional(Schema.String),
  cost: Open.optional(textOrNumber),
  token: Open.optional(textOrNumber),
  usage: Open.optional(WorkflowUsage),
  ext: Open.optional(Open.record(Schema.Unknown))
}))

/**
 * Pass these values to `resume` as `event_id` and `interrupt_type`.
 *
 * @category models
 */
export interface WorkflowInterruptData {
  readonly event_id: string
  readonly type: number
  readonly data?: string | null | undefined
}
export const WorkflowInterruptData: Open.Codec<WorkflowInterruptData> = /*#__PURE__*/ Open.struct(() => ({
  event_id: Schema.String,
  type: Schema.Number,
  data: Open.optional(Schema.String)
}))

/**
 * A question that the workflow needs an answer to.
 *
 * @category models
 */
export interface WorkflowInterrupt {
  readonly interrupt_data: WorkflowInterruptData
  readonly node_title?: string | null | undefined
}
export const WorkflowInterrupt: Open.Codec<WorkflowInterrupt> = /*#__PURE__*/ Open.struct(() => ({
  interrupt_data: WorkflowInterruptData,
  node_title: Open.optional(Schema.String)
}))

/**
 * Why a run failed.
 *
 * @category models
 */
export interface WorkflowError {
  readonly error_code: number
  readonly error_message?: string | null | undefined
  readonly debug_url?: string | null | undefined
}
export const WorkflowError: Open.Codec<WorkflowError> = /*#__PURE__*/ Open.struct(() => ({
  error_code: Schema.Number,
  error_message: Open.optional(Schema.String),
  debug_url: Open.optional(Schema.String)
}))

/**
 * Output of a node of the workflow.
 *
 * @category models
 */
export interface WorkflowMessageEvent {
  readonly event: "Message"
  /** The number of the event, from 0. */
  readonly id?: string | null | undefined
  readonly data: WorkflowMessage
}
export const WorkflowMessageEvent: Open.Codec<WorkflowMessageEvent> = /*#__PURE__*/ Open.struct(() => ({
  event: Open.tag("Message"),
  id: Open.optional(Schema.String),
  data: WorkflowMessage
}))

/**
 * The run failed.
 *
 * @category models
 */
export interface WorkflowErrorEvent {
  readonly event: "Error"
  readonly id?: string | null | undefined
  readonly data: WorkflowError
}
export const WorkflowErrorEvent: Open.Codec<WorkflowErrorEvent> = /*#__PURE__*/ Open.struct(() => ({
  event: Open.tag("Error"),
  id: Open.optional(Schema.String),
  data: WorkflowError
}))

/**
 * The run waits for input. `resume` continues it.
 *
 * @category models
 */
export interface WorkflowInterruptEvent {
  readonly event: "Interrupt"
  readonly id?: string | null | undefined
  readonly data: WorkflowInterrupt
}
export const WorkflowInterruptEvent: Open.Codec<WorkflowInterruptEvent> = /*#__PURE__*/ Open.struct(() => ({
  event: Open.tag("Interrupt"),
  id: Open.optional(Schema.String),
  data: WorkflowInterrupt
}))

/**
 * The end of a run, or a ping.
 *
 * @category models
 */
export interface WorkflowSignalEvent {
  readonly event: "Done" | "PING"
  readonly id?: string | null | undefined
  /** For `Done`, a page that shows the run. */
  readonly data?: unknown
}
export const WorkflowSignalEvent: Open.Codec<WorkflowSignalEvent> = /*#__PURE__*/ Open.struct(() => ({
  event: Open.tag("Done", "PING"),
  id: Open.optional(Schema.String),
  data: Open.optional(Schema.Unknown)
}))

/**
 * An event of a run.
 *
 * @category models
 */
export type WorkflowEvent =
  | WorkflowMessageEvent
  | WorkflowErrorEvent
  | WorkflowInterruptEvent
  | WorkflowSignalEvent
  | Open.UnknownVariant<"event">
export const WorkflowEvent: Open.Codec<WorkflowEvent> = Open.taggedUnion<WorkflowEvent>("event", () => ({
  Message: WorkflowMessageEvent,
  Error: WorkflowErrorEvent,
  Interrupt: WorkflowInterruptEvent,
  Done: WorkflowSignalEvent,
  PING: WorkflowSignalEvent
}))

/**
 * The progress of one node of a run.
 *
 * @category models
 */
export interface WorkflowNodeStatus {
  readonly node_id?: string | null | undefined
  readonly is_finish?: boolean | null | undefined
  readonly loop_index?: number | null | undefined
  readonly batch_index?: number | null | undefined
  /** Unix time in seconds. */
  readonly update_time?: string | number | null | undefined
  readonly sub_execute_id?: string | null | undefined
  readonly node_execute_uuid?: string | null | undefined
}
export const WorkflowNodeStatus: Open.Codec<WorkflowNodeStatus> = /*#__PURE__*/ Open.struct(() => ({
  node_id: Open.optional(Schema.String),
  is_finish: Open.optional(Schema.Boolean),
  loop_index: Open.optional(Schema.Number),
  batch_index: Open.optional(Schema.Number),
  update_time: Open.optional(textOrNumber),
  sub_execute_id: Open.optional(Schema.String),
  node_execute_uuid: Open.optional(Schema.String)
}))

/**
 * The current or final state of a run.
 *
 * @category models
 */
export interface WorkflowRunHistory {
  readonly execute_id: string
  readonly execute_status?: "Success" | "Running" | "Fail" | (string & {}) | null | undefined
  readonly bot_id?: string | null | undefined
  readonly connector_id?: string | null | undefined
  readonly connector_uid?: string | null | undefined
  /** 0 synchronous, 1 streaming, 2 asynchronous. */
  readonly run_mode?: number | null | undefined
  readonly logid?: string | null | undefined
  /** Unix time in seconds. */
  readonly create_time?: string | number | null | undefined
  /** Unix time in seconds. */
  readonly update_time?: string | number | null | undefined
  /** JSON text, whose `Output` is the text of the last node. */
  readonly output?: string | null | undefined
  readonly token?: string | number | null | undefined
  readonly cost?: string | number | null | undefined
  readonly error_code?: string | number | null | undefined
  readonly error_message?: string | null | undefined
  readonly debug_url?: string | null | undefined
  readonly usage?: WorkflowUsage | null | undefined
  readonly is_output_trimmed?: boolean | null | undefined
  /** By node id. */
  readonly node_execute_status?: { readonly [node: string]: WorkflowNodeStatus } | null | undefined
}
export const WorkflowRunHistory: Open.Codec<WorkflowRunHistory> = /*#__PURE__*/ Open.struct(() => ({
  execute_id: Schema.String,
  execute_status: Open.optional(Open.literals("Success", "Running", "Fail")),
  bot_id: Open.optional(Schema.String),
  connector_id: Open.optional(Schema.String),
  connector_uid: Open.optional(Schema.String),
  run_mode: Open.optional(Schema.Number),
  logid: Open.optional(Schema.String),
  create_time: Open.optional(textOrNumber),
  update_time: Open.optional(textOrNumber),
  output: Open.optional(Schema.String),
  token: Open.optional(textOrNumber),
  cost: Open.optional(textOrNumber),
  error_code: Open.optional(textOrNumber),
  error_message: Open.optional(Schema.String),
  debug_url: Open.optional(Schema.String),
  usage: Open.optional(WorkflowUsage),
  is_output_trimmed: Open.optional(Schema.Boolean),
  node_execute_status: Open.optional(Open.record(WorkflowNodeStatus))
}))

export interface WorkflowsRunsStreamParams {
  readonly workflow_id: string
  /** Input of the start node. */
  readonly parameters?: { readonly [name: string]: unknown } | undefined
  /** For workflows that use the agent's data. */
  readonly bot_id?: string | undefined
  /** For workflows of an app. */
  readonly app_id?: string | undefined
  readonly ext?: { readonly [name: string]: string } | undefined
  readonly workflow_version?: string | undefined
  readonly connector_id?: string | undefined
}

export interface WorkflowsRunsCreateParams extends WorkflowsRunsStreamParams {
  /** Returns at once with an `execute_id`. Read the output with `history`. */
  readonly is_async?: boolean | undefined
}

export interface WorkflowsRunsResumeParams {
  readonly workflow_id: string
  /** The `event_id` of the interrupt's `interrupt_data`. */
  readonly event_id: string
  /** The answer. */
  readonly resume_data: string
  /** The `type` of the interrupt's `interrupt_data`. */
  readonly interrupt_type: number
  readonly connector_id?: string | undefined
}

export interface WorkflowsRunsHistoryParams {
  readonly workflow_id: string
  readonly execute_id: string
}

/**
 * Runs a workflow to its end, or starts it in the background. `POST /v1/workflow/run`
 *
 * @see https://www.coze.com/docs/developer_guides/workflow_run
 * @category endpoints
 */
export const create: Endpoint.Json<WorkflowsRunsCreateParams, WorkflowRunResult, Coze> = /*#__PURE__*/ Endpoint.json(
  Coze,
  {
    id: "workflows.runs.create",
    method: "POST",
    path: "/v1/workflow/run",
    body: "json",
    envelope: true,
    success: WorkflowRunResult
  }
)

/**
 * Runs a workflow and streams its events. The run may end with a question. `POST /v1/workflow/stream_run`
 *
 * @see https://www.coze.com/docs/developer_guides/workflow_stream_run
 * @category endpoints
 */
export const stream: Endpoint.EventStream<WorkflowsRunsStreamParams, WorkflowEvent, Coze> =
  /*#__PURE__*/ Endpoint.eventStream(Coze, {
    id: "workflows.runs.stream",
    method: "POST",
    path: "/v1/workflow/stream_run",
    body: "json",
    success: WorkflowEvent,
    terminal: ["Done", "Error", "Interrupt"]
  })

/**
 * Answers the question of an interrupted run and streams the rest. `POST /v1/workflow/stream_resume`
 *
 * @see https://www.coze.com/docs/developer_guides/workflow_resume
 * @category endpoints
 */
export const resume: Endpoint.EventStream<WorkflowsRunsResumeParams, WorkflowEvent, Coze> =
  /*#__PURE__*/ Endpoint.eventStream(Coze, {
    id: "workflows.runs.resume",
    method: "POST",
    path: "/v1/workflow/stream_resume",
    body: "json",
    success: WorkflowEvent,
    terminal: ["Done", "Error", "Interrupt"]
  })

/**
 * Returns the state of an asynchronous run. `GET /v1/workflows/{workflow_id}/run_histories/{execute_id}`
 *
 * @see https://www.coze.com/docs/developer_guides/workflow_history
 * @category endpoints
 */
export const history: Endpoint.Json<
  WorkflowsRunsHistoryParams,
  ReadonlyArray<WorkflowRunHistory>,
  Coze
> = /*#__PURE__*/ Endpoint.json(Coze, {
  id: "workflows.runs.history",
  method: "GET",
  path: "/v1/workflows/{workflow_id}/run_histories/{execute_id}",
  success: /*#__PURE__*/ Open.lazy(() => Open.array(WorkflowRunHistory))
})
