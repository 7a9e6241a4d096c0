/**
 * Runs messages as Anthropic message batches.
 *
 * @example
 * ```ts
 * import * as Stream from "effect/Stream"
 * import { BatchRun } from "llmfx/anthropic"
 *
 * const requests = Stream.make("Berlin", "Rome").pipe(
 *   Stream.map((city) => ({
 *     customId: city,
 *     input: {
 *       model: "claude-sonnet-5",
 *       max_tokens: 1024,
 *       messages: [{ role: "user" as const, content: `Describe ${city}.` }]
 *     }
 *   }))
 * )
 *
 * const events = BatchRun.run(requests, { retries: 2 })
 * ```
 */
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Stream from "effect/Stream"
import * as ApiError from "../ApiError.ts"
import * as Batch from "../Batch.ts"
import { schemaDecoder } from "../internal/decode.ts"
import { isObject } from "../internal/dialect.ts"
import type * as Poll from "../Poll.ts"
import type { Anthropic } from "./Anthropic.ts"
import * as Jobs from "./Jobs.ts"
import * as Messages from "./Messages.ts"
import * as MessagesBatches from "./MessagesBatches.ts"

type Failure = ApiError.ApiError | Poll.PollTimeoutError | Batch.BatchInputError

/** Runs any number of messages. A custom id has up to 64 letters, digits, `_` and `-`. */
export const run = <E, R>(
  requests: Stream.Stream<Batch.Request<Messages.MessageCreateParams>, E, R>,
  options: Batch.Options = {}
): Stream.Stream<Batch.Event<Messages.Message>, E | Failure, R | Anthropic> => Batch.run(api, requests, options)

/** Follows a batch that was submitted before, by the id of its `Submitted` event. */
export const resume = (
  batchId: string,
  options: Batch.Options = {}
): Stream.Stream<Batch.Event<Messages.Message>, Failure, Anthropic> => Batch.resume(api, batchId, options)

const stateOf = ({ id, request_counts }: MessagesBatches.MessageBatch): Batch.State => {
  const { canceled, errored, expired, processing, succeeded } = request_counts
  return {
    id,
    total: canceled + errored + expired + processing + succeeded,
    completed: succeeded,
    failed: canceled + errored + expired,
    problem: undefined
  }
}

const api: Batch.Api<Messages.MessageCreateParams, Batch.State, Messages.Message, Anthropic> = {
  maxRequests: 100_000,
  maxBytes: 256_000_000,
  encode: ({ customId, input }) => JSON.stringify({ custom_id: customId, params: input }),
  submit: (requests) =>
    Effect.map(
      MessagesBatches.create({
        requests: requests.map(({ customId, input }) => ({ custom_id: customId, params: input }))
      }),
      stateOf
    ),
  states: (message_batch_id, options) => Stream.map(Jobs.messageBatch.states({ message_batch_id }, options), stateOf),
  // Undecoded, so that one message that does not fit leaves the others.
  results: ({ id }) =>
    Stream.map(MessagesBatches.results({ message_batch_id: id }, { decoding: "raw" }), ({ custom_id, result }) => ({
      customId: custom_id,
      result: resultOf(custom_id, result)
    }))
}

const resultOf = (customId: string, raw: unknown): Result.Result<Messages.Message, Batch.BatchRequestError> => {
  const { error, message, type } = isObject(raw) ? raw : { error: undefined, message: undefined, type: undefined }
  const failure = (
    kind: Batch.BatchRequestError["kind"],
    text: string,
    isRetryable: boolean,
    code?: string
  ): Result.Result<never, Batch.BatchRequestError> =>
    Result.fail(
      new Batch.BatchRequestError({ customId, message: text, kind, status: undefined, code, isRetryable, raw })
    )
  switch (type) {
    case "succeeded":
      try {
        return Result.succeed(schemaDecoder(Messages.Message, "open")(message) as Messages.Message)
      } catch (thrown) {
        if (!(thrown instanceof ApiError.DecodeError)) throw thrown
        return failure("undecodable", thrown.message, false)
      }
    case "expired":
      return failure("expired", "The request expired before it was tried", true)
    case "canceled":
      return failure("canceled", "The batch was canceled before the request was tried", false)
    default: {
      const inner = isObject(error) && isObject(error["error"]) ? error["error"] : isObject(error) ? error : {}
      const code = typeof inner["type"] === "string" ? inner["type"] : undefined
      const text = typeof inner["message"] === "string" ? inner["message"] : "The request failed"
      return failure("errored", text, code !== undefined && retryableTypes.has(code), code)
    }
  }
}

const retryableTypes: ReadonlySet<string> = new Set([
  "api_error",
  "overloaded_error",
  "rate_limit_error",
  "timeout_error"
])
