import * as Endpoint from "../../Endpoint.ts"
import { Coze } from "../Coze.ts"

export type EnterpriseRole = "enterprise_admin" | "enterprise_member"

export interface EnterprisesMembersCreateParams {
  readonly enterprise_id: string
  /** One at a time. */
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
  /** Who gets what belongs to the member. */
  readonly receiver_user_id: string
}

/** `POST /v1/enterprises/{enterprise_id}/members`: adds an employee. */
export const create: Endpoint.None<EnterprisesMembersCreateParams, Coze> = /*#__PURE__*/ Endpoint.none(Coze, {
  id: "enterprises.members.create",
  method: "POST",
  path: "/v1/enterprises/{enterprise_id}/members",
  body: "json"
})

/** `PUT /v1/enterprises/{enterprise_id}/members/{user_id}`: gives an employee another role. */
export const update: Endpoint.None<EnterprisesMembersUpdateParams, Coze> = /*#__PURE__*/ Endpoint.none(Coze, {
  id: "enterprises.members.update",
  method: "PUT",
  path: "/v1/enterprises/{enterprise_id}/members/{user_id}",
  body: "json"
})

/** `DELETE /v1/enterprises/{enterprise_id}/members/{user_id}`: removes an employee. */
const delete_: Endpoint.None<EnterprisesMembersDeleteParams, Coze> = /*#__PURE__*/ Endpoint.none(Coze, {
  id: "enterprises.members.delete",
  method: "DELETE",
  path: "/v1/enterprises/{enterprise_id}/members/{user_id}",
  body: "json"
})

export { delete_ as delete }
