/**
 * The beta Messages API for language models, which read its JSON themselves: the schemas of `BetaMessages` would weigh
 * more than the rest of a language model.
 */
import * as Schema from "effect/Schema"
import type { ApiError } from "../../../ApiError.ts"
import * as Endpoint from "../../../Endpoint.ts"
import type { JsonObject } from "../../../internal/json/json.ts"
import * as Open from "../../../OpenSchema.ts"
import { Anthropic } from "../../Anthropic.ts"

const declaration = {
  method: "POST",
  path: "/v1/messages",
  headerParams: {
    betas: "anthropic-beta",
    user_profile_id: "anthropic-user-profile-id",
    workspace_id: "anthropic-workspace-id"
  },
  body: "json"
} as const

interface Message {
  readonly type: string
  readonly content: ReadonlyArray<unknown>
}

const Message: Open.Codec<Message> = /*#__PURE__*/ Open.struct(() => ({
  type: Schema.String,
  content: Open.array(Schema.Unknown)
}))

interface Event {
  readonly type: string
}

const Event: Open.Codec<Event> = /*#__PURE__*/ Open.struct(() => ({ type: Schema.String }))

export const create: Endpoint.Json<JsonObject, Message, Anthropic> = /*#__PURE__*/ Endpoint.json<
  JsonObject,
  Message,
  Anthropic,
  ApiError
>(Anthropic, { ...declaration, id: "beta.messages.create", success: Message })

export const stream: Endpoint.EventStream<JsonObject, Event, Anthropic> = /*#__PURE__*/ Endpoint.eventStream<
  JsonObject,
  Event,
  Anthropic,
  ApiError
>(Anthropic, {
  ...declaration,
  id: "beta.messages.create:stream",
  fixed: { stream: true },
  success: Event,
  terminal: ["message_stop"]
})
