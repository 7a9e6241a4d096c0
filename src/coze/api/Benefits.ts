/** The endpoints of `benefits` in the Coze API, and their types. */
import * as Schema from "effect/Schema"
import * as Endpoint from "../../Endpoint.ts"
import * as Open from "../../OpenSchema.ts"
import { Coze } from "../Coze.ts"
import { textOrNumber } from "../internal/textOrNumber.ts"

/**
 * The plan of the account.
 *
 * @category models
 */
export interface BenefitPlan {
  readonly user_level?: "free" | "pro_personal" | "team" | "enterprise" | (string & {}) | null | undefined
}
export const BenefitPlan: Open.Codec<BenefitPlan> = /*#__PURE__*/ Open.struct(() => ({
  user_level: Open.optional(Open.literals("free", "pro_personal", "team", "enterprise"))
}))

/**
 * An allowance and how much of it was used.
 *
 * @category models
 */
export interface BenefitCounter {
  readonly used?: number | null | undefined
  readonly total?: number | null | undefined
  /** Unix time in seconds. */
  readonly start_at?: string | number | null | undefined
  /** Unix time in seconds. */
  readonly end_at?: string | number | null | undefined
  readonly strategy?: "unlimit" | "forbidden" | "by_quota" | (string & {}) | null | undefined
}
export const BenefitCounter: Open.Codec<BenefitCounter> = /*#__PURE__*/ Open.struct(() => ({
  used: Open.optional(Schema.Number),
  total: Open.optional(Schema.Number),
  start_at: Open.optional(textOrNumber),
  end_at: Open.optional(textOrNumber),
  strategy: Open.optional(Open.literals("unlimit", "forbidden", "by_quota"))
}))

/**
 * Whether a benefit can be used, and how much of it is left.
 *
 * @category models
 */
export interface BenefitStatus {
  readonly status?: string | null | undefined
  readonly item_info?: BenefitCounter | null | undefined
}
export const BenefitStatus: Open.Codec<BenefitStatus> = /*#__PURE__*/ Open.struct(() => ({
  status: Open.optional(Schema.String),
  item_info: Open.optional(BenefitCounter)
}))

/**
 * A benefit of the account: what the plan includes, and what was bought in addition.
 *
 * @category models
 */
export interface BenefitInfo {
  readonly benefit_type?: string | null | undefined
  readonly resource_id?: string | null | undefined
  /** Included in the plan. */
  readonly basic?: BenefitStatus | null | undefined
  /** Bought in addition. */
  readonly extra?: ReadonlyArray<BenefitStatus> | null | undefined
  /** The total that applies. */
  readonly effective?: BenefitStatus | null | undefined
}
export const BenefitInfo: Open.Codec<BenefitInfo> = /*#__PURE__*/ Open.struct(() => ({
  benefit_type: Open.optional(Schema.String),
  resource_id: Open.optional(Schema.String),
  basic: Open.optional(BenefitStatus),
  extra: Open.optional(Open.array(BenefitStatus)),
  effective: Open.optional(BenefitStatus)
}))

/**
 * The allowances of the account's plan.
 *
 * @category models
 */
export interface Benefits {
  readonly basic_info?: BenefitPlan | null | undefined
  readonly benefit_info?: ReadonlyArray<BenefitInfo> | null | undefined
}
export const Benefits: Open.Codec<Benefits> = /*#__PURE__*/ Open.struct(() => ({
  basic_info: Open.optional(BenefitPlan),
  benefit_info: Open.optional(Open.array(BenefitInfo))
}))

export interface BenefitsRetrieveParams {
  /** Default: only the plan. */
  readonly benefit_type_list?: ReadonlyArray<"api_run_qps" | "call_tool_limit" | (string & {})> | undefined
  /** The API, for `api_run_qps`. */
  readonly resource_id?: "plugin" | "chat" | "workflow" | (string & {}) | undefined
}

/**
 * Returns the account's plan and its quotas. `GET /v1/commerce/benefit/benefits/get`
 *
 * @see https://docs.coze.cn/developer_guides/get_benefit
 * @category endpoints
 */
export const retrieve: Endpoint.Json<BenefitsRetrieveParams, Benefits, Coze> = /*#__PURE__*/ Endpoint.json(Coze, {
  id: "benefits.retrieve",
  method: "GET",
  path: "/v1/commerce/benefit/benefits/get",
  query: ["benefit_type_list", "resource_id"],
  success: Benefits
})
