/**
 * Runs any number of messages as Anthropic message batches, with the API or its beta version.
 *
 * See `llmfx/jobs/Batch` for the events of a run and its options.
 *
 * @example
 * ```ts
 * import * as Stream from "effect/Stream"
 * import { BatchRun, Messages } from "llmfx/anthropic"
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
 * const events = BatchRun.run(Messages.create, requests, { retries: 2 })
 * ```
 */
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Stream from "effect/Stream"
import * as ApiError from "../ApiError.ts"
import type * as Endpoint from "../Endpoint.ts"
import { schemaDecoder } from "../internal/decode/schemaDecoder.ts"
import { isObject } from "../internal/json/json.ts"
import * as Batch from "../jobs/Batch.ts"
import type * as Poll from "../jobs/Poll.ts"
import type { RequestOptions } from "../RequestOptions.ts"
import type { Anthropic } from "./Anthropic.ts"
import * as BetaMessagesBatches from "./api/BetaMessagesBatches.ts"
import * as MessagesBatches from "./api/MessagesBatches.ts"
import * as Jobs from "./Jobs.ts"

/**
 * An endpoint that can be called in batches: `Messages.create` or `BetaMessages.create`.
 *
 * @category models
 */
export type BatchEndpoint<Input, A> = Endpoint.Json<Input, A, Anthropic>

/** Settings of a whole batch. The API takes them in headers, so single requests cannot differ in them. */
interface Headers extends Omit<BetaMessagesBatches.BatchCreateParams, "requests"> {}

/**
 * How to run the batches, and settings of each batch. `betas` applies only to `BetaMessages.create`.
 *
 * @category models
 */
export interface Options extends Batch.Options, Headers {}

type Failure = ApiError.ApiError | Poll.PollTimeoutError | Batch.BatchInputError

/**
 * Runs any number of messages. A custom id has up to 64 letters, digits, `_` and `-`.
 *
 * @category running
 */
export const run = <Input extends object, A, E, R>(
  endpoint: BatchEndpoint<Input, A>,
  requests: Stream.Stream<Batch.Request<Omit<Input, keyof Headers>>, E, R>,
  options: Options = {}
): Stream.Stream<Batch.Event<A>, E | Failure, R | Anthropic> => Batch.run(apiOf(endpoint, options), requests, options)

/**
 * How to follow a batch that was submitted before, and settings of each batch of requests sent again.
 *
 * @category models
 */
export interface ResumeOptions<out Input, out E = never, out R = never>
  extends Options,
    Batch.ResumeOptions<Omit<Input, keyof Headers>, E, R> {}

/**
 * Follows a batch that was submitted before, by the id of its `Submitted` event. If `requests` is given, failed
 * requests that may succeed are sent again.
 *
 * @category running
 */
export const resume = <Input extends object, A, E = never, R = never>(
  endpoint: BatchEndpoint<Input, A>,
  batchId: string,
  options: ResumeOptions<Input, E, R> = {}
): Stream.Stream<Batch.Event<A>, E | Failure, R | Anthropic> => Batch.resume(apiOf(endpoint, options), batchId, options)

/**
 * Runs the chunks of a `Bulk` as message batches, at the price of batches:
 * `Bulk.endpoint(name, Messages.create, { via: BatchRun.via() })`. The API has no metadata, so a batch whose submission got
 * no answer is found by the custom ids of its results. Until such a batch has ended it cannot be told from others: the job
 * pauses instead of paying twice.
 *
 * @category constructors
 */
export const via =
  (options: Options = {}) =>
  <Input extends object, A>(endpoint: BatchEndpoint<Input, A>): Batch.TrackedApi<Input, A, Anthropic> => {
    const api = apiOf(endpoint, options)
    const batches: Batches<never> = endpoint.id.startsWith("beta.") ? inBeta : generally
    const headers: Headers = { betas: options.betas, workspace_id: options.workspace_id }
    const isOurs = (id: string, mark: string) =>
      batches.results({ ...headers, message_batch_id: id }, { decoding: "raw" }).pipe(
        Stream.runHead,
        Effect.map((first) => first._tag === "Some" && first.value.custom_id.startsWith(mark))
      )
    return {
      submit: (requests) => Effect.map(api.submit(requests), ({ id }) => id),
      find: (mark, since, count) =>
        Effect.gen(function* () {
          const created = yield* batches.list({ ...headers, limit: 100 }).pipe(
            Stream.takeWhile(({ created_at }) => Date.parse(created_at) >= since - Batch.clockSkew),
            Stream.filter((batch) => stateOf(batch).total === count),
            Stream.runCollect
          )
          const unclear: Array<string> = []
          for (const { id, processing_status } of created) {
            if (processing_status !== "ended") unclear.push(id)
            else if (yield* isOurs(id, mark)) return { _tag: "Found", batchId: id } as const
          }
          return unclear.length === 0 ? ({ _tag: "None" } as const) : ({ _tag: "Unclear", batchIds: unclear } as const)
        }),
      follow: (batchId, given) => Batch.resume(api, batchId, given)
    }
  }

/** The batch endpoints of one version of the API. */
interface Batches<in Params> {
  readonly create: (
    input: Headers & { readonly requests: ReadonlyArray<{ readonly custom_id: string; readonly params: Params }> }
  ) => Effect.Effect<Counted, ApiError.ApiError, Anthropic>
  readonly states: (
    input: Headers & { readonly message_batch_id: string },
    options: Poll.Options
  ) => Stream.Stream<Counted, ApiError.ApiError | Poll.PollTimeoutError, Anthropic>
  readonly list: (input: Headers & { readonly limit: number }) => Stream.Stream<Listed, ApiError.ApiError, Anthropic>
  readonly results: (
    input: Headers & { readonly message_batch_id: string },
    options: RequestOptions
  ) => Stream.Stream<{ readonly custom_id: string; readonly result: unknown }, ApiError.ApiError, Anthropic>
}

const generally: Batches<MessagesBatches.BatchCreateParamsRequest["params"]> = {
  create: MessagesBatches.create,
  list: MessagesBatches.list,
  states: Jobs.messageBatch.states,
  results: MessagesBatches.results
}

const inBeta: Batches<BetaMessagesBatches.BatchCreateParamsRequest["params"]> = {
  create: BetaMessagesBatches.create,
  list: BetaMessagesBatches.list,
  states: Jobs.betaMessageBatch.states,
  results: BetaMessagesBatches.results
}

const apiOf = <Input extends object, A>(
  endpoint: BatchEndpoint<Input, A>,
  { betas, user_profile_id, workspace_id }: Options
): Batch.Api<Omit<Input, keyof Headers>, Batch.State, A, Anthropic> => {
  type Params = Omit<Input, keyof Headers>
  // A batch request's `params` are the endpoint's own input.
  const batches = (endpoint.id.startsWith("beta.") ? inBeta : generally) as Batches<unknown> as Batches<Params>
  const decode = schemaDecoder(endpoint.success, "open") as (json: unknown) => A
  const headers: Headers = { betas, workspace_id }
  return {
    maxRequests: 100_000,
    maxBytes: 256_000_000,
    encode: ({ customId, input }) => JSON.stringify({ custom_id: customId, params: input }),
    submit: (requests) =>
      Effect.map(
        batches.create({
          ...headers,
          user_profile_id,
          requests: requests.map(({ customId, input }) => ({ custom_id: customId, params: input }))
        }),
        stateOf
      ),
    states: (message_batch_id, options) =>
      Stream.map(batches.states({ ...headers, message_batch_id }, options), stateOf),
    // Decoded one by one, so a message that does not fit leaves the others intact.
    results: ({ id }) =>
      Stream.map(
        batches.results({ ...headers, message_batch_id: id }, { decoding: "raw" }),
        ({ custom_id, result }) => ({
          customId: custom_id,
          result: resultOf(custom_id, result, decode)
        })
      )
  }
}

type Listed = Pick<MessagesBatches.MessageBatch, "id" | "request_counts" | "created_at" | "processing_status">

type Counted = Pick<MessagesBatches.MessageBatch, "id" | "request_counts">

const stateOf = ({ id, request_counts }: Counted): Batch.State => {
  const { canceled, errored, expired, processing, succeeded } = request_counts
  return {
    id,
    total: canceled + errored + expired + processing + succeeded,
    completed: succeeded,
    failed: canceled + errored + expired,
    problem: undefined
  }
}

const resultOf = <A>(
  customId: string,
  raw: unknown,
  decode: (json: unknown) => A
): Result.Result<A, Batch.BatchRequestError> => {
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
        return Result.succeed(decode(message))
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
