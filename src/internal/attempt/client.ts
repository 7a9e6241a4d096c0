/** The one way from an endpoint's input to its value, for every provider. */
import * as Effect from "effect/Effect"
import type * as HttpClientResponse from "effect/http/HttpClientResponse"
import type { ApiClient } from "../../ApiClient.ts"
import * as ApiError from "../../ApiError.ts"
import type * as Endpoint from "../../Endpoint.ts"
import { decodeBody } from "../decode/body.ts"
import { transportOf } from "../stream/streamTransport.ts"
import { type Call, type ClientConfig, withCall } from "./call.ts"
import { makeDeadlines } from "./deadlines.ts"
import { hasDebug, logBody } from "./debug.ts"
import { readText } from "./readBody.ts"
import { responseOf } from "./response.ts"
import { retrying } from "./retry.ts"
import { send } from "./send.ts"
import { failUnread, maxBodyLengthOf } from "./transportErrors.ts"
import { withNow } from "./withNow.ts"

/** The client of a provider. */
export const makeClient = (config: ClientConfig): ApiClient => ({
  provider: config.dialect.provider,
  call: (endpoint, input, options) =>
    withCall(config, endpoint, input, options, (call) => retrying(call, callOnce(call, input))),
  raw: (endpoint, input, options) =>
    withCall(config, endpoint, input, options, (call) => retrying(call, sendOnce(call))),
  open: (endpoint, input, options) => transportOf(endpoint).open(config, endpoint, input, options),
  stream: (endpoint, input, options) => transportOf(endpoint).stream(config, endpoint, input, options)
})

const sendOnce = (call: Call): Effect.Effect<HttpClientResponse.HttpClientResponse, ApiError.ApiError> =>
  withNow((start) => {
    const deadlines = makeDeadlines(call)
    deadlines.set(["headers"], start)
    return deadlines.guard(send(call))
  })

const callOnce = (call: Call, input: unknown): Effect.Effect<Endpoint.Response<unknown>, ApiError.ApiError> =>
  withNow((start) => {
    const deadlines = makeDeadlines(call)
    deadlines.set(["headers", "body"], start)
    return deadlines.guard(
      Effect.flatMap(send(call), (response) => {
        deadlines.set(["body"], start, response)
        return readBody(call, input, response)
      })
    )
  })

const readBody = (
  call: Call,
  input: unknown,
  response: HttpClientResponse.HttpClientResponse
): Effect.Effect<Endpoint.Response<unknown>, ApiError.ApiError> =>
  Effect.matchEffect(readText(response, maxBodyLengthOf(call)), {
    onFailure: (error) => failUnread(call, response, error),
    onSuccess: (text) =>
      hasDebug(call)
        ? Effect.andThen(logBody(call, text), decoded(call, input, response, text))
        : decoded(call, input, response, text)
  })

const decoded = (
  call: Call,
  input: unknown,
  response: HttpClientResponse.HttpClientResponse,
  text: string
): Effect.Effect<Endpoint.Response<unknown>, ApiError.ApiError> =>
  withNow((now) => {
    try {
      const { raw, value } = decodeBody(call, input, response, text, now)
      return Effect.succeed(responseOf(call, response, now, value, raw))
    } catch (thrown) {
      return ApiError.isApiError(thrown) ? Effect.fail(thrown) : Effect.die(thrown)
    }
  })
