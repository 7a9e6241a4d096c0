/** A client whose answers are the values of handlers. */
import * as Effect from "effect/Effect"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as Stream from "effect/Stream"
import type { ApiClient } from "../../../ApiClient.ts"
import * as ApiError from "../../../ApiError.ts"
import { dialect as anthropic } from "../../../anthropic/internal/dialect.ts"
import { dialect as coze } from "../../../coze/internal/dialect.ts"
import type * as Endpoint from "../../../Endpoint.ts"
import type { Dialect } from "../../../internal/dialect.ts"
import { StreamProgress } from "../../../internal/stream/progress.ts"
import { dialect as openai } from "../../../openai/internal/dialect.ts"
import type * as Page from "../../../Page.ts"
import * as Reply from "../../Reply.ts"
import { failureReply, requestIdHeaders } from "../wireFailure.ts"
import { streamReply, valueReply } from "../wireValue.ts"
import type { Dispatch, Handler } from "./handler.ts"
import { decoderFor, effectOf, fieldsOf, filledAnswer, filledStream } from "./outcome.ts"

const dialects: { readonly [provider: string]: Dialect | undefined } = { anthropic, coze, openai }

export const mockClient = (provider: string, dispatch: Dispatch<Handler>): ApiClient => {
  const answer = (endpoint: Endpoint.Metadata, input: unknown): Effect.Effect<unknown, ApiError.Reason> =>
    Effect.suspend(() =>
      Effect.map(effectOf(dispatch.run(endpoint, input, undefined).outcome), (given) => filledAnswer(endpoint, given))
    )
  const values = (endpoint: Endpoint.Metadata, input: unknown): Stream.Stream<unknown, ApiError.Reason> =>
    Stream.suspend(() => filledStream(endpoint, dispatch.run(endpoint, input, undefined).outcome))
  const decodedValues = (endpoint: Endpoint.Metadata, input: unknown): Stream.Stream<unknown, ApiError.ApiError> =>
    Stream.suspend(() => {
      const decode = decoderFor(endpoint)
      const progress = new StreamProgress()
      const noted = (json: unknown): unknown => {
        const value = decode(json)
        progress.events++
        dialects[provider]?.note(value, progress)
        return value
      }
      return values(endpoint, input).pipe(
        endpoint.kind === "binary" ? (stream) => stream : Stream.map(noted),
        Stream.catch((reason) => Stream.fromEffect(failed(endpoint, reason, progress.received())))
      )
    })
  return {
    provider,
    call: (endpoint, input) =>
      answer(endpoint, input).pipe(
        Effect.map((json) => ({ ...head(endpoint), value: decodedAnswer(endpoint, json), raw: json })),
        Effect.catch((reason) => failed(endpoint, reason))
      ),
    stream: decodedValues,
    open: (endpoint, input) =>
      Effect.succeed({ ...head(endpoint), value: decodedValues(endpoint, input), raw: undefined }),
    raw: (endpoint, input) => {
      const isStream = endpoint.kind === "stream" || endpoint.kind === "jsonl" || endpoint.kind === "binary"
      const reply = isStream
        ? Effect.sync(() => streamReply(endpoint, values(endpoint, input)))
        : Effect.map(answer(endpoint, input), (json) => valueReply(endpoint, json, fieldsOf(input)))
      const request = HttpClientRequest.make(endpoint.method)(`https://${provider}.mock${endpoint.path}`)
      return reply.pipe(
        Effect.map((reply) => Reply.toClientResponse(request, reply)),
        Effect.catch((reason) => failed(endpoint, reason))
      )
    }
  }
}

const head = (endpoint: Endpoint.Metadata): Omit<Endpoint.Response<never>, "value" | "raw"> => {
  const headers = requestIdHeaders(endpoint.provider)
  return { status: 200, headers, requestId: Object.values(headers)[0], rateLimit: undefined, attempts: 1 }
}

const decodedAnswer = (endpoint: Endpoint.Metadata, json: unknown): unknown => {
  const decode = decoderFor(endpoint)
  if (endpoint.kind === "json") return decode(structuredClone(json))
  if (endpoint.kind !== "list") return json
  const { body, items, next } = json as Page.Page<unknown>
  const page: Page.Page<unknown> = {
    items: items.map((item) => decode(structuredClone(item))),
    next,
    body
  }
  return page
}

/** The error that the real client would have made of the reason, with the response that goes with it. */
const failed = (
  endpoint: Endpoint.Metadata,
  reason: ApiError.Reason,
  received?: ApiError.PartialOutput
): Effect.Effect<never, ApiError.ApiError> => {
  const partial = reason._tag === "StreamTruncatedError" ? reason.partial : received
  const error = (response: ApiError.ResponseSummary | undefined): Effect.Effect<never, ApiError.ApiError> =>
    Effect.fail(
      new ApiError.ApiError({
        provider: endpoint.provider,
        endpoint: endpoint.id,
        reason,
        request: undefined,
        response,
        attempts: [],
        ...(partial === undefined ? {} : { partial })
      })
    )
  if (!("helpUrl" in reason)) return error(undefined)
  return Effect.matchEffect(failureReply(endpoint, reason), {
    onFailure: () => error(undefined),
    onSuccess: ({ body, headers, status }) =>
      error({
        status,
        headers,
        requestId: Object.values(requestIdHeaders(endpoint.provider))[0],
        body: typeof body === "string" ? body : undefined
      })
  })
}
