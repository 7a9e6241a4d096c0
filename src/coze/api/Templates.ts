/** The endpoints of `templates` in the Coze API, and their types. */
import * as Schema from "effect/Schema"
import * as Endpoint from "../../Endpoint.ts"
import * as Open from "../../OpenSchema.ts"
import { Coze } from "../Coze.ts"

/**
 * The copy of a template.
 *
 * @category models
 */
export interface TemplateCopy {
  readonly entity_id: string
  readonly entity_type?: "agent" | (string & {}) | null | undefined
}
export const TemplateCopy: Open.Codec<TemplateCopy> = /*#__PURE__*/ Open.struct(() => ({
  entity_id: Schema.String,
  entity_type: Open.optional(Open.literals("agent"))
}))

export interface TemplatesDuplicateParams {
  readonly template_id: string
  readonly workspace_id: string
  readonly name?: string | undefined
}

/**
 * Copies a template into a workspace. `POST /v1/templates/{template_id}/duplicate`
 *
 * @category endpoints
 */
export const duplicate: Endpoint.Json<TemplatesDuplicateParams, TemplateCopy, Coze> = /*#__PURE__*/ Endpoint.json(
  Coze,
  {
    id: "templates.duplicate",
    method: "POST",
    path: "/v1/templates/{template_id}/duplicate",
    body: "json",
    success: TemplateCopy
  }
)
