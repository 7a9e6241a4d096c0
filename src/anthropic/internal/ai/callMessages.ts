/** Sends the requests of a language model to the version of the Messages API that knows their fields. */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type * as Stream from "effect/Stream"
import type { ApiError } from "../../../ApiError.ts"
import type * as Endpoint from "../../../Endpoint.ts"
import type { JsonObject } from "../../../internal/json/json.ts"
import type { RequestOptions } from "../../../RequestOptions.ts"
import { Anthropic } from "../../Anthropic.ts"
import { streamLongRequests } from "../longRequests.ts"
import { continueMessage, continueStream } from "./continuePaused.ts"
import * as Endpoints from "./endpoints.ts"
import type { MessageRequest } from "./toMessageRequest.ts"

/** Fields that only the beta API knows. */
const betaFields = [
  "betas",
  "billing_policy",
  "compaction",
  "context_management",
  "fallback_credit_token",
  "fallbacks",
  "mcp_servers",
  "thread"
]

const isBeta = (input: JsonObject): boolean =>
  betaFields.some((name) => input[name] !== undefined && input[name] !== null)

/** Asks for a whole message. One that may take long comes as a stream, as connections do not live that long. */
export const createMessage = (
  input: MessageRequest,
  options: RequestOptions,
  continuePaused: number
): Effect.Effect<Endpoint.Response<JsonObject>, ApiError, Anthropic> => {
  const create = (body: JsonObject): Effect.Effect<Endpoint.Response<unknown>, ApiError, Anthropic> =>
    (isBeta(body) ? Endpoints.createBetaMessage : Endpoints.createMessage).withResponse(body, options)
  return Effect.updateService(continueMessage(create, input, continuePaused), Anthropic, streamLongRequests)
}

/** Asks for the events of a message. */
export const openMessage = (
  input: MessageRequest,
  options: RequestOptions,
  continuePaused: number
): Effect.Effect<Endpoint.Response<Stream.Stream<unknown, ApiError>>, ApiError, Anthropic | Scope.Scope> => {
  const open = (
    body: JsonObject
  ): Effect.Effect<Endpoint.Response<Stream.Stream<unknown, ApiError>>, ApiError, Anthropic | Scope.Scope> =>
    (isBeta(body) ? Endpoints.streamBetaMessage : Endpoints.streamMessage).withResponse(body, options)
  return continueStream(open, input, continuePaused)
}
