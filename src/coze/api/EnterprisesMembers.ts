/** The endpoints of `enterprises.members` in the Coze API, and their types. */
import * as Endpoint from "../../Endpoint.ts"
import { Coze } from "../Coze.ts"

/**
 * The role of a member of an enterprise.
 *
 * @category models
 */
export type EnterpriseRole = "enterprise_admin" | "enterprise_member"

export interface EnterprisesMembersCreateParams {
  readonly enterprise_id: string
  /** Exactly one. */
  readonly users: ReadonlyArray<{ readonly user_id: string; readonly role: EnterpriseRole | (string & {}) }>
}

export interface EnterprisesMembersUpdateParams {
  readonly enterprise_id: string
  readonly user_id: string
  readonly role: EnterpriseRole | (string & {})
}

export interface EnterprisesMembersDeleteParams {
  readonly enterprise_id: string
  readonly user_id: string
  /** The user who receives the member's resources. */
  readonly receiver_user_id: string
}

/**
 * Adds an employee. `POST /v1/enterprises/{enterprise_id}/members`
 *
 * @see https://docs.coze.cn/developer_guides/add_enterprise_member
 * @category endpoints
 */
export const create: Endpoint.None<EnterprisesMembersCreateParams, Coze> = /*#__PURE__*/ Endpoint.none(Coze, {
  id: "enterprises.members.create",
  method: "POST",
  path: "/v1/enterprises/{enterprise_id}/members",
  body: "json"
})

/**
 * Gives an employee another role. `PUT /v1/enterprises/{enterprise_id}/members/{user_id}`
 *
 * @see https://docs.coze.cn/developer_guides/update_enterprise_people
 * @category endpoints
 */
export const update: Endpoint.None<EnterprisesMembersUpdateParams, Coze> = /*#__PURE__*/ Endpoint.none(Coze, {
  id: "enterprises.members.update",
  method: "PUT",
  path: "/v1/enterprises/{enterprise_id}/members/{user_id}",
  body: "json"
})

/**
 * Removes an employee. `DELETE /v1/enterprises/{enterprise_id}/members/{user_id}`
 *
 * @see https://docs.coze.cn/developer_guides/remove_enterprise_member
 * @category endpoints
 */
const delete_: Endpoint.None<EnterprisesMembersDeleteParams, Coze> = /*#__PURE__*/ Endpoint.none(Coze, {
  id: "enterprises.members.delete",
  method: "DELETE",
  path: "/v1/enterprises/{enterprise_id}/members/{user_id}",
  body: "json"
})

export { delete_ as delete }
