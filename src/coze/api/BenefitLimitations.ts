/** The endpoints of `benefitLimitations` in the Coze API, and their types. */
import * as Schema from "effect/Schema"
import * as Endpoint from "../../Endpoint.ts"
import * as Open from "../../OpenSchema.ts"
import { Coze } from "../Coze.ts"
import { textOrNumber } from "../internal/textOrNumber.ts"

type EntityType =
  | "enterprise_all_devices"
  | "enterprise_all_custom_consumers"
  | "single_device"
  | "single_custom_consumer"

/**
 * A quota of end users.
 *
 * @category models
 */
export interface BenefitLimitation {
  readonly benefit_id?: string | number | null | undefined
  readonly benefit_type?:
    | "resource_point"
    | "voice_unified_duration_system"
    | "voice_unified_duration_custom"
    | (string & {})
    | null
    | undefined
  readonly active_mode?: "absolute_time" | (string & {}) | null | undefined
  /** Unix time in seconds. */
  readonly started_at?: string | number | null | undefined
  /** Unix time in seconds. */
  readonly ended_at?: string | number | null | undefined
  readonly limit?: string | number | null | undefined
  readonly status?: "valid" | "frozen" | (string & {}) | null | undefined
  readonly trigger_unit?: "never" | "minute" | "hour" | "day" | (string & {}) | null | undefined
  readonly trigger_time?: string | number | null | undefined
  readonly entity_id?: string | null | undefined
  readonly entity_type?: EntityType | (string & {}) | null | undefined
}
const fields = () => ({
  benefit_id: Open.optional(textOrNumber),
  benefit_type: Open.optional(
    Open.literals("resource_point", "voice_unified_duration_system", "voice_unified_duration_custom")
  ),
  active_mode: Open.optional(Open.literals("absolute_time")),
  started_at: Open.optional(textOrNumber),
  ended_at: Open.optional(textOrNumber),
  limit: Open.optional(textOrNumber),
  status: Open.optional(Open.literals("valid", "frozen")),
  trigger_unit: Open.optional(Open.literals("never", "minute", "hour", "day")),
  trigger_time: Open.optional(textOrNumber),
  entity_id: Open.optional(Schema.String),
  entity_type: Open.optional(
    Open.literals(
      "enterprise_all_devices",
      "enterprise_all_custom_consumers",
      "single_device",
      "single_custom_consumer"
    )
  )
})
export const BenefitLimitation: Open.Codec<BenefitLimitation> = /*#__PURE__*/ Open.struct(fields)

/**
 * The created quota, at the top level or under `benefit_info`.
 *
 * @category models
 */
export interface BenefitLimitationCreated extends BenefitLimitation {
  readonly benefit_info?: BenefitLimitation | null | undefined
}
export const BenefitLimitationCreated: Open.Codec<BenefitLimitationCreated> = /*#__PURE__*/ Open.struct(() => ({
  ...fields(),
  benefit_info: Open.optional(BenefitLimitation)
}))

export interface BenefitLimitationsCreateParams {
  readonly entity_type: EntityType | (string & {})
  /** Limits a single device or consumer. */
  readonly entity_id?: string | undefined
  readonly benefit_info: {
    readonly limit: number
    readonly benefit_type:
      | "resource_point"
      | "voice_unified_duration_system"
      | "voice_unified_duration_custom"
      | (string & {})
    readonly active_mode: "absolute_time" | (string & {})
    /** Unix time in seconds. */
    readonly started_at: number
    /** Unix time in seconds. */
    readonly ended_at: number
    readonly status?: "valid" | "frozen" | (string & {}) | undefined
    /** How often the quota is renewed. Default: `never`. */
    readonly trigger_unit?: "never" | "minute" | "hour" | "day" | (string & {}) | undefined
    readonly trigger_time?: number | undefined
  }
}

/**
 * Limits what end users can use. `POST /v1/commerce/benefit/limitations`
 *
 * @see https://docs.coze.cn/developer_guides/create_device_quotas
 * @category endpoints
 */
export const create: Endpoint.Json<BenefitLimitationsCreateParams, BenefitLimitationCreated, Coze> =
  /*#__PURE__*/ Endpoint.json(Coze, {
    id: "benefitLimitations.create",
    method: "POST",
    path: "/v1/commerce/benefit/limitations",
    body: "json",
    success: BenefitLimitationCreated
  })
