/** The endpoints of `enterprises.organizations` in the Coze API, and their types. */
import * as Endpoint from "../../Endpoint.ts"
import { Coze } from "../Coze.ts"

export interface EnterprisesOrganizationsCreateParams {
  readonly enterprise_id: string
  readonly name: string
  readonly super_admin_user_id: string
  readonly description?: string | undefined
}

/**
 * Creates an organization. An enterprise may have up to 20. `POST /v1/enterprises/{enterprise_id}/organizations`
 *
 * @see https://docs.coze.cn/developer_guides/create_organization
 * @category endpoints
 */
export const create: Endpoint.None<EnterprisesOrganizationsCreateParams, Coze> = /*#__PURE__*/ Endpoint.none(Coze, {
  id: "enterprises.organizations.create",
  method: "POST",
  path: "/v1/enterprises/{enterprise_id}/organizations",
  body: "json"
})
