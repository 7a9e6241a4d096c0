/** The endpoints of `variables` in the Coze API, and their types. */
import * as Schema from "effect/Schema"
import * as Endpoint from "../../Endpoint.ts"
import * as Open from "../../OpenSchema.ts"
import { Coze } from "../Coze.ts"
import { textOrNumber } from "../internal/textOrNumber.ts"

/**
 * A variable of a user.
 *
 * @category models
 */
export interface VariableValue {
  readonly keyword: string
  readonly value?: string | null | undefined
  /** Unix time in seconds. 0 for a default value. */
  readonly create_time?: string | number | null | undefined
  /** Unix time in seconds. */
  readonly update_time?: string | number | null | undefined
}
export const VariableValue: Open.Codec<VariableValue> = /*#__PURE__*/ Open.struct(() => ({
  keyword: Schema.String,
  value: Open.optional(Schema.String),
  create_time: Open.optional(textOrNumber),
  update_time: Open.optional(textOrNumber)
}))

/**
 * The values of a user's variables.
 *
 * @category models
 */
export interface VariableValues {
  readonly items: ReadonlyArray<VariableValue>
}
export const VariableValues: Open.Codec<VariableValues> = /*#__PURE__*/ Open.struct(() => ({
  items: Open.array(VariableValue)
}))

/** The owner of the variables. `app_id` or `bot_id` is required. */
interface Owner {
  readonly app_id?: string | undefined
  readonly bot_id?: string | undefined
  /** `"1024"` (API), `"999"` (chat SDK) or a custom channel. */
  readonly connector_id?: string | undefined
  /** The user: the `user_id` of chats and of a workflow's `ext`. */
  readonly connector_uid?: string | undefined
}

export interface VariablesUpdateParams extends Owner {
  readonly data: ReadonlyArray<{ readonly keyword: string; readonly value: string }>
}

export interface VariablesRetrieveParams extends Owner {
  /** Default: all. */
  readonly keywords?: ReadonlyArray<string> | undefined
}

/**
 * Sets variables of a user. `PUT /v1/variables`
 *
 * @see https://www.coze.com/docs/developer_guides/update_variable
 * @category endpoints
 */
export const update: Endpoint.None<VariablesUpdateParams, Coze> = /*#__PURE__*/ Endpoint.none(Coze, {
  id: "variables.update",
  method: "PUT",
  path: "/v1/variables",
  body: "json"
})

/**
 * Returns variables of a user. `GET /v1/variables`
 *
 * @see https://www.coze.com/docs/developer_guides/read_variable
 * @category endpoints
 */
export const retrieve: Endpoint.Json<VariablesRetrieveParams, VariableValues, Coze> = /*#__PURE__*/ Endpoint.json(
  Coze,
  {
    id: "variables.retrieve",
    method: "GET",
    path: "/v1/variables",
    query: ["app_id", "bot_id", "connector_id", "connector_uid", "keywords"],
    success: VariableValues
  }
)
