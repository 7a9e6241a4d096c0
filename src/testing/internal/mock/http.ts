/** A network whose answers are those of handlers. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as HttpClient from "effect/http/HttpClient"
import * as HttpClientError from "effect/http/HttpClientError"
import type * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as Stream from "effect/Stream"
import type { ApiClient } from "../../../ApiClient.ts"
import type * as ApiError from "../../../ApiError.ts"
import type * as Endpoint from "../../../Endpoint.ts"
import * as Reply from "../../Reply.ts"
import * as Script from "../../Script.ts"
import type { ConnectionLost } from "../ConnectionLost.ts"
import { failureReply } from "../wireFailure.ts"
import { streamReply, valueReply } from "../wireValue.ts"
import { type Dispatch, type Handler, UnhandledCall, type WireHandler } from "./handler.ts"
import { effectOf, fieldsOf, filledAnswer, filledStream } from "./outcome.ts"

/** The call that a request belongs to: what reaches the network has lost its endpoint. */
const CurrentCall = Context.Reference<{ readonly endpoint: Endpoint.Metadata; readonly input: unknown } | undefined>(
  "llmfx/testing/Mock/CurrentCall",
  { defaultValue: () => undefined }
)

/** The client, whose requests say which call they belong to. */
export const tellingCalls = (client: ApiClient): ApiClient => ({
  provider: client.provider,
  call: (endpoint, input, options) =>
    Effect.provideService(client.call(endpoint, input, options), CurrentCall, { endpoint, input }),
  raw: (endpoint, input, options) =>
    Effect.provideService(client.raw(endpoint, input, options), CurrentCall, { endpoint, input }),
  open: (endpoint, input, options) =>
    Effect.provideService(client.open(endpoint, input, options), CurrentCall, { endpoint, input }),
  stream: (endpoint, input, options) =>
    Stream.provideService(client.stream(endpoint, input, options), CurrentCall, { endpoint, input })
})

export const mockHttp = (provider: string, dispatch: Dispatch<Handler | WireHandler>): HttpClient.HttpClient =>
  HttpClient.make((request, url, _, fiber) => {
    const current = fiber.getRef(CurrentCall)
    if (current === undefined) {
      return Effect.die(
        new UnhandledCall({ provider, endpoint: `${request.method} ${url.pathname}`, input: undefined, mocked: [] })
      )
    }
    const { endpoint, input } = current
    return Effect.suspend(() => answer(endpoint, input, dispatch.run(endpoint, input, request))).pipe(
      Effect.catch((reason) => failureReply(endpoint, reason)),
      Effect.map((reply) => Reply.toClientResponse(request, reply)),
      Effect.mapError((error) => transportError(request, error))
    )
  })

const answer = (
  endpoint: Endpoint.Metadata,
  input: unknown,
  { _tag, outcome }: { readonly _tag: "Value" | "Wire"; readonly outcome: unknown }
): Effect.Effect<Reply.Reply, ApiError.Reason> => {
  if (_tag === "Wire") {
    return Effect.map(outcome as Effect.Effect<Reply.Reply | Script.Script, ApiError.Reason>, (reply) =>
      "steps" in reply ? Script.toReply(reply) : reply
    )
  }
  switch (endpoint.kind) {
    case "stream":
    case "jsonl":
    case "binary":
      return Effect.succeed(streamReply(endpoint, filledStream(endpoint, outcome)))
    default:
      return Effect.map(effectOf(outcome), (given) =>
        valueReply(endpoint, filledAnswer(endpoint, given), fieldsOf(input))
      )
  }
}

/** Returns the error of Effect's client for a connection that fails before the response. */
export const transportError = (
  request: HttpClientRequest.HttpClientRequest,
  cause: ConnectionLost
): HttpClientError.HttpClientError =>
  new HttpClientError.HttpClientError({ reason: new HttpClientError.TransportError({ request, cause }) })
