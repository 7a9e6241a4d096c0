/** The endpoints of `users` in the Coze API, and their types. */
import * as Schema from "effect/Schema"
import * as Endpoint from "../../Endpoint.ts"
import * as Open from "../../OpenSchema.ts"
import { Coze } from "../Coze.ts"

/**
 * A user of the platform.
 *
 * @category models
 */
export interface User {
  readonly user_id: string
  readonly user_name?: string | null | undefined
  readonly nick_name?: string | null | undefined
  readonly avatar_url?: string | null | undefined
}
export const User: Open.Codec<User> = /*#__PURE__*/ Open.struct(() => ({
  user_id: Schema.String,
  user_name: Open.optional(Schema.String),
  nick_name: Open.optional(Schema.String),
  avatar_url: Open.optional(Schema.String)
}))

/**
 * Returns the user of the token. `GET /v1/users/me`
 *
 * @category endpoints
 */
export const me: Endpoint.Json<{}, User, Coze> = /*#__PURE__*/ Endpoint.json(Coze, {
  id: "users.me",
  method: "GET",
  path: "/v1/users/me",
  success: User
})
