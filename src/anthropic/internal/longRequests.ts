/** Detects calls that may outlive a connection, by the official clients' estimate. */

import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as Accumulator from "../../Accumulator.ts"
import type { ApiClient } from "../../ApiClient.ts"
import * as ApiError from "../../ApiError.ts"
import type * as Endpoint from "../../Endpoint.ts"
import { endpointDecoder } from "../../internal/decode/endpointDecoder.ts"
import type { Dialect } from "../../internal/dialect.ts"
import { messageOf } from "../../internal/errors/messageOf.ts"
import { entryOf } from "../../internal/json/json.ts"
import { WholeParser } from "../../internal/json/wholeParser.ts"
import { accumulatorOf, finishWith } from "../../internal/stream/fold.ts"
import { streamingWhole } from "../../internal/stream/openStream.ts"
import { type Transport, TransportOf } from "../../internal/stream/streamTransport.ts"
import { MessageFold } from "./messageFold.ts"

const longestMinutes = 10
const minutesPerToken = 60 / 128_000
const mostTokens = Math.floor(longestMinutes / minutesPerToken)

/** Models with a lower limit for responses that are not streamed. */
const modelLimits: { readonly [model: string]: number } = {
  "anthropic.claude-opus-4-1-20250805-v1:0": 8192,
  "claude-opus-4-1@20250805": 8192,
  "claude-opus-4@20250514": 8192
}

/** Returns the limit of output tokens that a call exceeds, or `undefined` if it is not long. */
const exceededLimit = (endpoint: Endpoint.Metadata, input: object): number | undefined => {
  if (endpoint.id !== "messages.create" && endpoint.id !== "beta.messages.create") return undefined
  const { max_tokens: tokens, model } = input as { readonly max_tokens?: unknown; readonly model?: unknown }
  const limit = typeof model === "string" ? Math.min(entryOf(modelLimits, model) ?? mostTokens, mostTokens) : mostTokens
  return typeof tokens === "number" && tokens > limit ? limit : undefined
}

export const refuseLongRequest: NonNullable<Dialect["guard"]> = (endpoint, input, timeouts) => {
  const limit = timeouts.explicit || endpoint.kind === "stream" ? undefined : exceededLimit(endpoint, input)
  return limit === undefined
    ? undefined
    : `max_tokens is above ${limit}, so the answer may take longer than ${longestMinutes} minutes. ` +
        `Use Messages.stream, set a timeout, or give the layer longRequests: "stream"`
}

/** Sends long calls as streams and returns the final message. */
export const streamLongRequests = (client: ApiClient): ApiClient => ({
  ...client,
  call: (endpoint, input, options) =>
    exceededLimit(endpoint, (input ?? {}) as object) === undefined
      ? client.call(endpoint, input, options)
      : Effect.scoped(
          Effect.flatMap(client.open(streamTwin(endpoint), input, options), (response) =>
            Effect.flatMap(foldAll(endpoint, response.value), (raw) =>
              Effect.map(decoded(endpoint, raw, options?.decoding ?? "open"), (value) => ({
                ...response,
                value,
                raw
              }))
            )
          )
        )
})

const foldAll = (
  endpoint: Endpoint.Metadata,
  events: Stream.Stream<unknown, ApiError.ApiError>
): Effect.Effect<unknown, ApiError.ApiError> =>
  Effect.flatMap(Stream.run(events, Accumulator.sink(accumulator)), finishWith(endpoint, "a message"))

const accumulator: Accumulator.Accumulator<unknown, object, Accumulator.Step> = /*#__PURE__*/ accumulatorOf(
  () => new MessageFold(() => new WholeParser())
)

const streamTwin = (endpoint: Endpoint.Metadata): Endpoint.Metadata & { readonly [TransportOf]: Transport } => ({
  ...endpoint,
  kind: "stream",
  fixed: { ...endpoint.fixed, stream: true },
  success: undefined,
  terminal: ["message_stop"],
  [TransportOf]: streamingWhole
})

const decoded = (
  endpoint: Endpoint.Metadata,
  raw: unknown,
  decoding: "open" | "strict" | "raw"
): Effect.Effect<unknown, ApiError.ApiError> =>
  Effect.try({
    try: () => endpointDecoder(endpoint, decoding)(structuredClone(raw)),
    catch: (thrown) => {
      if (thrown instanceof ApiError.DecodeError) return ApiError.local(endpoint, thrown)
      const message = `The answer cannot be read: ${messageOf(thrown)}`
      const expected = "an answer that can be read"
      return ApiError.local(endpoint, new ApiError.DecodeError({ message, path: [], expected, raw }))
    }
  })
