/**
 * Runs any number of requests as OpenAI batches.
 *
 * The requests of a batch are uploaded as a file, and its results are downloaded as files. See `llmfx/jobs/Batch` for
 * the events of a run and its options.
 *
 * @example
 * ```ts
 * import * as Stream from "effect/Stream"
 * import { BatchRun, ChatCompletions } from "llmfx/openai"
 *
 * const requests = Stream.make("Berlin", "Rome").pipe(
 *   Stream.map((city) => ({
 *     customId: city,
 *     input: { model: "gpt-5.4-mini", messages: [{ role: "user" as const, content: `Describe ${city}.` }] }
 *   }))
 * )
 *
 * const events = BatchRun.run(ChatCompletions.create, requests, { retries: 2 })
 * ```
 */
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Stream from "effect/Stream"
import * as ApiError from "../ApiError.ts"
import type * as Endpoint from "../Endpoint.ts"
import * as EventStream from "../EventStream.ts"
import * as FileSource from "../files/FileSource.ts"
import { schemaDecoder } from "../internal/decode/schemaDecoder.ts"
import { makeCallScrubs } from "../internal/errors/callScrubs.ts"
import { maxMessage, plainText, type Scrub } from "../internal/errors/redact.ts"
import { isObject, type JsonObject, parseJson, wellFormedJson } from "../internal/json/json.ts"
import { isUnderWay } from "../internal/stream/status.ts"
import * as Batch from "../jobs/Batch.ts"
import type * as Poll from "../jobs/Poll.ts"
import * as Batches from "./api/Batches.ts"
import * as Embeddings from "./api/Embeddings.ts"
import * as Files from "./api/Files.ts"
import * as Jobs from "./Jobs.ts"
import type { OpenAi } from "./OpenAi.ts"

/**
 * An endpoint that can be called in batches, such as `Responses.create`.
 *
 * @category models
 */
export type BatchEndpoint<Input, A> = Endpoint.Json<Input, A, OpenAi>

/**
 * How to run the batches, and settings of each batch.
 *
 * @category models
 */
export interface Options extends Batch.Options, Pick<Batches.BatchCreateParams, "metadata" | "output_expires_after"> {}

/**
 * Runs any number of requests of an endpoint.
 *
 * @category running
 */
export const run = <Input extends object, A, E, R>(
  endpoint: BatchEndpoint<Input, A>,
  requests: Stream.Stream<Batch.Request<Input>, E, R>,
  options: Options = {}
): Stream.Stream<Batch.Event<A>, E | ApiError.ApiError | Poll.PollTimeoutError | Batch.BatchInputError, R | OpenAi> =>
  Batch.run(apiOf(endpoint, options), requests, options)

/**
 * How to follow a batch that was submitted before, and settings of each batch of requests sent again.
 *
 * @category models
 */
export interface ResumeOptions<out Input, out E = never, out R = never>
  extends Options,
    Batch.ResumeOptions<Input, E, R> {}

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
): Stream.Stream<Batch.Event<A>, E | ApiError.ApiError | Poll.PollTimeoutError | Batch.BatchInputError, R | OpenAi> =>
  Batch.resume(apiOf(endpoint, options), batchId, options)

/**
 * Runs the chunks of a `Bulk` as batches, at the batches' price: `Bulk.endpoint(name, Responses.create, { via: BatchRun.via() })`.
 * Each batch has a mark in its metadata, by which it is found again if the answer to its submission is lost.
 *
 * @category constructors
 */
export const via =
  (options: Options = {}) =>
  <Input extends object, A>(endpoint: BatchEndpoint<Input, A>): Batch.TrackedApi<Input, A, OpenAi> => ({
    submit: (requests, mark) =>
      Effect.map(
        apiOf(endpoint, { ...options, metadata: { ...options.metadata, [markField]: mark } }).submit(requests),
        ({ id }) => id
      ),
    find: (mark, since) =>
      Batches.list({ limit: 100 }).pipe(
        Stream.takeWhile(({ created_at }) => created_at * 1000 >= since - Batch.clockSkew),
        Stream.filter(({ metadata }) => metadata?.[markField] === mark),
        Stream.runHead,
        Effect.map(
          (found): Batch.Found =>
            found._tag === "Some" ? { _tag: "Found", batchId: found.value.id } : { _tag: "None" }
        )
      ),
    follow: (batchId, given) => Batch.resume(apiOf(endpoint, options), batchId, given)
  })

const markField = "llmfx_mark"

interface State extends Batch.State {
  readonly batch: Batches.Batch
}

const apiOf = <Input extends object, A>(
  endpoint: BatchEndpoint<Input, A>,
  { metadata, output_expires_after, poll }: Options
): Batch.Api<Input, State, A, OpenAi> => {
  const url = `/v1${endpoint.path}`
  const decode = schemaDecoder(endpoint.success, "open") as (json: unknown) => A
  const encode = ({ customId, input }: Batch.Request<Input>): string =>
    wellFormedJson(
      JSON.stringify({
        custom_id: customId,
        method: endpoint.method,
        url,
        body: { ...(endpoint.prepare?.(input as JsonObject) ?? input), ...endpoint.fixed }
      })
    )
  return {
    maxRequests: 50_000,
    maxBytes: 200_000_000,
    encode,
    countOf: endpoint.id === Embeddings.create.id ? embeddingsOf : undefined,
    submit: (requests) =>
      Effect.gen(function* () {
        const text = requests.map((request) => `${encode(request)}\n`).join("")
        const file = FileSource.fromText(text, { name: "requests.jsonl" })
        const { id } = yield* uploaded(file, poll)
        const batch = yield* Batches.create({
          input_file_id: id,
          endpoint: url as Batches.BatchCreateParams["endpoint"],
          completion_window: "24h",
          metadata,
          output_expires_after
        })
        return stateOf(batch)
      }),
    states: (batch_id, options) => Stream.map(Jobs.batch.states({ batch_id }, options), stateOf),
    results: ({ batch }) =>
      Stream.flatMap(
        Stream.fromIterable([batch.output_file_id, batch.error_file_id].flatMap((id) => id || [])),
        (file_id) => Stream.flattenIterable(Stream.map(linesOf(file_id), (line) => resultOf(line, decode)))
      )
  }
}

/** The file of a batch once the batch can use it: some hosts process it first. */
const uploaded = (
  file: FileSource.FileSource,
  poll: Poll.Options | undefined
): Effect.Effect<Files.FileObject, ApiError.ApiError | Poll.PollTimeoutError, OpenAi> =>
  Effect.flatMap(Files.create({ file, purpose: "batch" }), (created) => {
    if (!created.status || created.status === "uploaded" || !isUnderWay(created.status)) return Effect.succeed(created)
    const { scrub, watch } = makeCallScrubs()
    return Effect.flatMap(watch(Jobs.file.wait({ file_id: created.id }, poll)), (ready) =>
      /^(?:error|failed|deleted)$/.test(ready.status ?? "")
        ? Effect.fail(unusable(ready, scrub))
        : Effect.succeed(ready)
    )
  })

const unusable = ({ id, status, status_details }: Files.FileObject, scrub: Scrub): ApiError.ApiError =>
  new ApiError.ApiError({
    provider: Files.create.provider,
    endpoint: Files.create.id,
    reason: new ApiError.UnexpectedResponseError({
      message: plainText(
        `The file ${id} of the batch is ${status}${typeof status_details === "string" ? `: ${status_details}` : ""}`,
        maxMessage,
        scrub
      ),
      contentType: undefined
    }),
    request: undefined,
    response: undefined,
    attempts: []
  })

/** The limit on embedding inputs in a batch equals the limit on requests. */
const embeddingsOf = (request: object): number => {
  const input = "input" in request ? request.input : undefined
  return Array.isArray(input) && typeof input[0] !== "number" ? Math.max(1, input.length) : 1
}

const stateOf = (batch: Batches.Batch): State => ({
  id: batch.id,
  total: batch.request_counts?.total ?? 0,
  completed: batch.request_counts?.completed ?? 0,
  failed: batch.request_counts?.failed ?? 0,
  problem: batch.status === "failed" ? problemOf(batch) : undefined,
  batch
})

const problemOf = ({ errors }: Batches.Batch): string =>
  (errors?.data ?? [])
    .map(({ line, message }) => `${message ?? "unknown error"}${typeof line === "number" ? ` (line ${line})` : ""}`)
    .join("; ") || "The batch was refused"

const linesOf = (file_id: string): Stream.Stream<string, ApiError.ApiError, OpenAi> =>
  Files.content({ file_id }).pipe(
    EventStream.decodeLines(),
    Stream.catchTag("EventTooLong", ({ message }) =>
      Stream.fail(
        ApiError.local(Files.content, new ApiError.UnexpectedResponseError({ message, contentType: undefined }))
      )
    )
  )

/** Returns the result in a line of an output or error file, or nothing if the line does not name a request. */
const resultOf = <A>(line: string, decode: (json: unknown) => A): ReadonlyArray<Batch.RequestResult<A>> => {
  const raw = parseJson(line)
  if (!isObject(raw) || typeof raw["custom_id"] !== "string") return []
  const customId = raw["custom_id"]
  const response = isObject(raw["response"]) ? raw["response"] : {}
  const { body, status_code: statusCode } = response
  const status = typeof statusCode === "number" ? statusCode : undefined
  const isSuccess = status !== undefined && status >= 200 && status < 300 && !isObject(raw["error"])
  return [
    {
      customId,
      result: isSuccess ? decoded(customId, raw, body, decode) : Result.fail(failureOf(customId, raw, status))
    }
  ]
}

const decoded = <A>(
  customId: string,
  raw: unknown,
  body: unknown,
  decode: (json: unknown) => A
): Result.Result<A, Batch.BatchRequestError> => {
  try {
    return Result.succeed(decode(body))
  } catch (thrown) {
    if (!(thrown instanceof ApiError.DecodeError)) throw thrown
    const { message } = thrown
    return Result.fail(
      new Batch.BatchRequestError({
        customId,
        message,
        kind: "undecodable",
        status: undefined,
        code: undefined,
        isRetryable: false,
        raw
      })
    )
  }
}

const failureOf = (customId: string, raw: JsonObject, status: number | undefined): Batch.BatchRequestError => {
  const { body } = isObject(raw["response"]) ? raw["response"] : { body: undefined }
  const inBody = isObject(body) && isObject(body["error"]) ? body["error"] : {}
  const { code, message } = isObject(raw["error"]) ? raw["error"] : inBody
  const kind = code === "batch_expired" ? "expired" : code === "batch_cancelled" ? "canceled" : "errored"
  return new Batch.BatchRequestError({
    customId,
    message: typeof message === "string" ? message : `The request failed with status ${status ?? "unknown"}`,
    kind,
    status,
    code: typeof code === "string" ? code : undefined,
    isRetryable:
      kind === "expired" || (kind === "errored" && (status === undefined || Batch.isRetryableStatus(status))),
    raw
  })
}
