/**
 * The endpoints of language models, which read the JSON of answers themselves: the schemas of `BetaMessages` would weigh
 * more than the rest of a language model.
 */
import * as Endpoint from "../../../Endpoint.ts"
import type { JsonObject } from "../../../internal/json/json.ts"
import { Anthropic } from "../../Anthropic.ts"
import { outputFormat } from "../outputFormat.ts"

const messages = {
  method: "POST",
  path: "/v1/messages",
  headerParams: { user_profile_id: "anthropic-user-profile-id", workspace_id: "anthropic-workspace-id" },
  body: "json"
} as const

const betaMessages = {
  method: "POST",
  path: "/v1/messages",
  headerParams: {
    betas: "anthropic-beta",
    user_profile_id: "anthropic-user-profile-id",
    workspace_id: "anthropic-workspace-id"
  },
  body: "json",
  behaviour: outputFormat
} as const

const streamed = { fixed: { stream: true }, terminal: ["message_stop"] } as const

export const createMessage: Endpoint.RawJson<JsonObject, Anthropic> = /*#__PURE__*/ Endpoint.rawJson(
  Anthropic,
  /*#__PURE__*/ Object.assign({ id: "messages.create" }, messages)
)

export const streamMessage: Endpoint.RawEventStream<JsonObject, Anthropic> = /*#__PURE__*/ Endpoint.rawEventStream(
  Anthropic,
  /*#__PURE__*/ Object.assign({ id: "messages.create:stream" }, messages, streamed)
)

export const createBetaMessage: Endpoint.RawJson<JsonObject, Anthropic> = /*#__PURE__*/ Endpoint.rawJson(
  Anthropic,
  /*#__PURE__*/ Object.assign({ id: "beta.messages.create" }, betaMessages)
)

export const streamBetaMessage: Endpoint.RawEventStream<JsonObject, Anthropic> = /*#__PURE__*/ Endpoint.rawEventStream(
  Anthropic,
  /*#__PURE__*/ Object.assign({ id: "beta.messages.create:stream" }, betaMessages, streamed)
)

export const retrieveModel: Endpoint.RawJson<{ readonly model_id: string }, Anthropic> = /*#__PURE__*/ Endpoint.rawJson(
  Anthropic,
  {
    id: "models.retrieve",
    method: "GET",
    path: "/v1/models/{model_id}",
    headerParams: { workspace_id: "anthropic-workspace-id" }
  }
)
