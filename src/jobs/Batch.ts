/**
 * Runs many requests as batches: cheaper, and done within a day.
 *
 * Requests are split by the API's limits, batches are followed until they end, and each result is decoded by the
 * endpoint it stands for. A failed request is a value, not the end of the run. Use the provider's `BatchRun` module to
 * run them.
 *
 * @example
 * ```ts
 * import * as Console from "effect/Console"
 * import * as Stream from "effect/Stream"
 * import { BatchRun, Responses } from "llmfx/openai"
 *
 * const questions = Stream.make("one", "two").pipe(
 *   Stream.map((input) => ({ customId: input, input: { model: "gpt-5.4-mini", input } }))
 * )
 *
 * const answers = BatchRun.run(Responses.create, questions, { retries: 1 }).pipe(
 *   Stream.runForEach((event) =>
 *     event._tag === "Succeeded" ? Console.log(`${event.customId}: ${event.value.id}`) : Console.log(event._tag)
 *   )
 * )
 * ```
 */
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import type { ApiError } from "../ApiError.ts"
import { makeCallScrubs } from "../internal/errors/callScrubs.ts"
import { limitTexts, scrubError } from "../internal/errors/redact.ts"
import type * as Poll from "./Poll.ts"

/**
 * One request of a run.
 *
 * @category models
 */
export interface Request<out Input> {
  /** Identifies the request in its result. Unique within a batch. */
  readonly customId: string
  readonly input: Input
}

/**
 * A request of a batch that did not get an answer.
 *
 * @category errors
 */
export class BatchRequestError extends Data.TaggedError("BatchRequestError")<{
  readonly customId: string
  readonly message: string
  readonly kind:
    | "errored"
    /** The batch expired before the request was tried. */
    | "expired"
    | "canceled"
    /** The batch has no result for the request. */
    | "missing"
    /** The answer does not fit the schema. */
    | "undecodable"
    /** The request is larger than a batch may be, and was not sent. */
    | "tooLarge"
  /** The HTTP status that the request would have had. */
  readonly status: number | undefined
  /** The provider's error code or type. */
  readonly code: string | undefined
  /** Whether the request may succeed in another batch. */
  readonly isRetryable: boolean
  /** The result as the server sent it. */
  readonly raw: unknown
}> {}

/**
 * The requests cannot be sent as a batch.
 *
 * @category errors
 */
export class BatchInputError extends Data.TaggedError("BatchInputError")<{ readonly message: string }> {}

/**
 * A batch was submitted. Keep its id to resume the run in another program.
 *
 * @category models
 */
export interface Submitted {
  readonly _tag: "Submitted"
  readonly batchId: string
  readonly requests: number
}

/**
 * The progress of a batch.
 *
 * @category models
 */
export interface Progress {
  readonly _tag: "Progress"
  readonly batchId: string
  readonly total: number
  readonly completed: number
  readonly failed: number
}

/**
 * The answer to a request.
 *
 * @category models
 */
export interface Succeeded<out A> {
  readonly _tag: "Succeeded"
  readonly batchId: string
  readonly customId: string
  readonly value: A
}

/**
 * A request without an answer, after all retries.
 *
 * @category models
 */
export interface Failed {
  readonly _tag: "Failed"
  /** Absent if the request was not sent. */
  readonly batchId: string | undefined
  readonly customId: string
  readonly error: BatchRequestError
}

/**
 * Something that happened in a run.
 *
 * @category models
 */
export type Event<A> = Submitted | Progress | Succeeded<A> | Failed

/**
 * How to run batches.
 *
 * @category models
 */
export interface Options {
  /** How often a failed request that may succeed goes into another batch. Default: 0. */
  readonly retries?: number | undefined
  /** How many batches run at a time. Default: 1. */
  readonly concurrency?: number | undefined
  /** The most requests in a batch. Default: the API's limit. */
  readonly maxRequests?: number | undefined
  /** The most bytes in a batch. Default: the API's limit. */
  readonly maxBytes?: number | undefined
  /** How to poll. Default: every 30 seconds for up to 25 hours. */
  readonly poll?: Poll.Options | undefined
}

/**
 * How to follow a batch that was submitted before.
 *
 * @category models
 */
export interface ResumeOptions<out Input, out E = never, out R = never> extends Options {
  /**
   * The requests as they were given to the run, found by their custom ids. `retries` needs them, and counts from this
   * batch on. If `requests` is exactly this batch, requests without a result are reported as `Failed`.
   */
  readonly requests?: Stream.Stream<Request<Input>, E, R> | undefined
}

/**
 * The state of a batch.
 *
 * @category models
 */
export interface State {
  readonly id: string
  readonly total: number
  readonly completed: number
  readonly failed: number
  /** Why the whole batch failed. */
  readonly problem: string | undefined
}

/**
 * The result of one request.
 *
 * @category models
 */
export interface RequestResult<out A> {
  readonly customId: string
  readonly result: Result.Result<A, BatchRequestError>
}

/**
 * How an API runs batches.
 *
 * @category models
 */
export interface Api<in Input, in out S extends State, out A, out R> {
  readonly maxRequests: number
  readonly maxBytes: number
  /** The request as it is written into the batch; its size counts toward `maxBytes`. */
  readonly encode: (request: Request<Input>) => string
  /** How much of `maxRequests` a request takes. Default: 1. */
  readonly countOf?: ((input: Input) => number) | undefined
  readonly submit: (requests: ReadonlyArray<Request<Input>>) => Effect.Effect<S, ApiError | Poll.PollTimeoutError, R>
  readonly states: (id: string, options: Poll.Options) => Stream.Stream<S, ApiError | Poll.PollTimeoutError, R>
  /** The results of a batch that has ended. */
  readonly results: (state: S) => Stream.Stream<RequestResult<A>, ApiError, R>
}

type Failure = ApiError | Poll.PollTimeoutError | BatchInputError

/**
 * Runs any number of requests.
 *
 * @category running
 */
export const run = <Input, S extends State, A, R, E, R2>(
  api: Api<Input, S, A, R>,
  requests: Stream.Stream<Request<Input>, E, R2>,
  options: Options = {}
): Stream.Stream<Event<A>, E | Failure, R | R2> =>
  requests.pipe(
    Stream.mapAccumArray(
      () => new Splitter(api, options),
      (splitter, requests) => [splitter, requests.flatMap((request) => splitter.add(request))],
      { onHalt: (splitter) => splitter.rest() }
    ),
    Stream.flatMap(
      (piece) => (Array.isArray(piece) ? runBatch(api, piece, options) : Stream.succeed<Event<A>>(piece)),
      { concurrency: options.concurrency ?? 1 }
    )
  )

/**
 * Follows a batch that was submitted before. Sends failed requests again if `requests` is given.
 *
 * @category running
 */
export const resume = <Input, S extends State, A, R, E = never, R2 = never>(
  api: Api<Input, S, A, R>,
  batchId: string,
  options: ResumeOptions<Input, E, R2> = {}
): Stream.Stream<Event<A>, E | Failure, R | R2> => {
  const { requests, ...rest } = options
  return requests === undefined
    ? follow(api, batchId, rest, undefined)
    : follow(api, batchId, rest, {
        withoutResult: (seen, total) => (seen.size < total ? withoutResult(requests, seen, total) : Stream.empty),
        again: againOf(api, requests, rest)
      })
}

/** The custom ids without a result, if the requests are exactly this batch. */
const withoutResult = <E, R>(
  requests: Stream.Stream<Request<unknown>, E, R>,
  seen: ReadonlySet<string>,
  total: number
): Stream.Stream<string, E, R> =>
  requests.pipe(
    Stream.runFold(
      () => new Set<string>(),
      (customIds, { customId }) => customIds.add(customId)
    ),
    Effect.map((customIds) => {
      const isWhole = customIds.size === total && [...seen].every((customId) => customIds.has(customId))
      return isWhole ? Stream.fromIterable([...customIds].filter((customId) => !seen.has(customId))) : Stream.empty
    }),
    Stream.unwrap
  )

/** The requests of a batch, or a request too large for any batch. */
type Piece<Input> = Array<Request<Input>> | Failed

class Splitter<Input> {
  readonly #encode: (request: Request<Input>) => string
  readonly #countOf: (input: Input) => number
  readonly #maxRequests: number
  readonly #maxBytes: number
  readonly #encoder = new TextEncoder()
  #requests: Array<Request<Input>> = []
  #count = 0
  #bytes = 0

  constructor(
    api: Pick<Api<Input, State, unknown, unknown>, "encode" | "countOf" | "maxRequests" | "maxBytes">,
    options: Options
  ) {
    this.#encode = api.encode
    this.#countOf = api.countOf ?? (() => 1)
    this.#maxRequests = Math.min(options.maxRequests ?? api.maxRequests, api.maxRequests)
    this.#maxBytes = Math.min(options.maxBytes ?? api.maxBytes, api.maxBytes)
  }

  add(request: Request<Input>): ReadonlyArray<Piece<Input>> {
    const bytes = this.#encoder.encode(this.#encode(request)).length + 1
    if (bytes > this.#maxBytes) return [tooLarge(request.customId, bytes, this.#maxBytes)]
    const count = this.#countOf(request.input)
    const isFull = this.#count + count > this.#maxRequests || this.#bytes + bytes > this.#maxBytes
    const full = isFull ? this.rest() : []
    this.#requests.push(request)
    this.#count += count
    this.#bytes += bytes
    return full
  }

  rest(): ReadonlyArray<Piece<Input>> {
    const requests = this.#requests
    this.#requests = []
    this.#count = 0
    this.#bytes = 0
    return requests.length === 0 ? [] : [requests]
  }
}

const tooLarge = (customId: string, bytes: number, limit: number): Failed => ({
  _tag: "Failed",
  batchId: undefined,
  customId,
  error: new BatchRequestError({
    customId,
    message: `The request has ${bytes} bytes; a batch may have ${limit}`,
    kind: "tooLarge",
    status: undefined,
    code: undefined,
    isRetryable: false,
    raw: undefined
  })
})

const runBatch = <Input, S extends State, A, R>(
  api: Api<Input, S, A, R>,
  batch: ReadonlyArray<Request<Input>>,
  options: Options
): Stream.Stream<Event<A>, Failure, R> =>
  Stream.unwrap(
    Effect.gen(function* () {
      const customIds = new Set(batch.map(({ customId }) => customId))
      if (customIds.size < batch.length) {
        return yield* new BatchInputError({
          message: `${batch.length - customIds.size} custom ids of the batch repeat`
        })
      }
      const { id } = yield* api.submit(batch)
      const submitted: Submitted = { _tag: "Submitted", batchId: id, requests: batch.length }
      return Stream.concat(
        Stream.succeed(submitted),
        follow(api, id, options, {
          withoutResult: (seen) => Stream.fromIterable([...customIds].filter((customId) => !seen.has(customId))),
          again: againOf(api, Stream.fromIterable(batch), options)
        })
      )
    })
  )

/** The known requests of a batch. */
interface Known<A, E, R> {
  /** The custom ids for which the batch has no result. */
  readonly withoutResult: (seen: ReadonlySet<string>, total: number) => Stream.Stream<string, E, R>
  /** Continues with the requests that are worth another attempt; `undefined` if none is left. */
  readonly again: ((failed: ReadonlyMap<string, Failed>) => Stream.Stream<Event<A>, E | Failure, R>) | undefined
}

const againOf = <Input, S extends State, A, R, E, R2>(
  api: Api<Input, S, A, R>,
  requests: Stream.Stream<Request<Input>, E, R2>,
  options: Options
): Known<A, E, R | R2>["again"] => {
  const { retries = 0 } = options
  if (retries <= 0) return undefined
  return (failed) => {
    if (failed.size === 0) return Stream.empty
    const unknown = new Map(failed)
    const again = Stream.filter(requests, ({ customId }) => {
      unknown.delete(customId)
      return failed.has(customId)
    })
    return Stream.concat(
      run(api, again, { ...options, retries: retries - 1 }),
      Stream.suspend(() => Stream.fromIterable(unknown.values()))
    )
  }
}

const defaultPoll: Poll.Options = { schedule: /*#__PURE__*/ Schedule.spaced("30 seconds"), deadline: "25 hours" }

/** When to read results again after the connection broke. */
const readingAgain = /*#__PURE__*/ Schedule.max([
  /*#__PURE__*/ Schedule.exponential("1 second"),
  /*#__PURE__*/ Schedule.recurs(3)
])

const follow = <Input, S extends State, A, R, E, R2>(
  api: Api<Input, S, A, R>,
  batchId: string,
  options: Options,
  known: Known<A, E, R2> | undefined
): Stream.Stream<Event<A>, E | Failure, R | R2> =>
  Stream.suspend(() => {
    let last: S | undefined
    const seen = new Set<string>()
    const failed = new Map<string, Failed>()
    const secrets = makeCallScrubs()
    const finished = (customId: string, result: Result.Result<A, BatchRequestError>): ReadonlyArray<Event<A>> => {
      // This result was read before the connection broke.
      if (seen.has(customId)) return []
      seen.add(customId)
      if (Result.isSuccess(result)) return [{ _tag: "Succeeded", batchId, customId, value: result.success }]
      scrubError(result.failure, secrets.scrub)
      limitTexts(result.failure)
      const failure: Failed = { _tag: "Failed", batchId, customId, error: result.failure }
      if (known?.again === undefined || !result.failure.isRetryable) return [failure]
      failed.set(customId, failure)
      return []
    }
    const progress = Stream.map(
      secrets.watchStream(api.states(batchId, options.poll ?? defaultPoll)),
      (state): Event<A> => {
        last = state
        const { completed, failed, total } = state
        return { _tag: "Progress", batchId, total, completed, failed }
      }
    )
    const results = Stream.suspend(() =>
      last === undefined
        ? Stream.empty
        : Stream.flattenIterable(
            Stream.map(secrets.watchStream(api.results(last)), ({ customId, result }) => finished(customId, result))
          )
    ).pipe(Stream.retry(($) => Schedule.while($(readingAgain), ({ input }) => input.isRetryable)))
    const missing = Stream.suspend(() => {
      const customIds = known?.withoutResult(seen, last?.total ?? 0) ?? Stream.empty
      const error = (customId: string) => Result.fail(missingError(customId, last?.problem))
      return Stream.flattenIterable(Stream.map(customIds, (customId) => finished(customId, error(customId))))
    })
    return progress.pipe(
      Stream.concat(results),
      Stream.concat(missing),
      Stream.concat(Stream.suspend(() => known?.again?.(failed) ?? Stream.empty))
    )
  })

const missingError = (customId: string, problem: string | undefined): BatchRequestError =>
  new BatchRequestError({
    customId,
    message: problem ?? "The batch has no result for this request",
    kind: "missing",
    status: undefined,
    code: undefined,
    isRetryable: problem === undefined,
    raw: undefined
  })

/**
 * Returns whether a request with this status may succeed later.
 *
 * @category guards
 */
export const isRetryableStatus = (status: number): boolean => status === 408 || status === 429 || status >= 500

/**
 * The answer to the search for a batch whose submission may have broken off.
 *
 * @category models
 */
export type Found =
  | { readonly _tag: "Found"; readonly batchId: string }
  /** The API has no such batch: it may be submitted. */
  | { readonly _tag: "None" }
  /** One of these may be it; to submit it again might pay for it twice. */
  | { readonly _tag: "Unclear"; readonly batchIds: ReadonlyArray<string> }

/**
 * Batches that can be found again by a mark. Each custom id begins with the mark, so that results tell it, too.
 *
 * @category models
 */
export interface TrackedApi<in out Input, out A, out R> {
  readonly submit: (
    requests: ReadonlyArray<Request<Input>>,
    mark: string
  ) => Effect.Effect<string, ApiError | Poll.PollTimeoutError, R>
  /** Looks for a batch of so many requests that may have been submitted since a time, in milliseconds. */
  readonly find: (mark: string, since: number, requests: number) => Effect.Effect<Found, ApiError, R>
  readonly follow: (
    batchId: string,
    options: Options
  ) => Stream.Stream<Event<A>, ApiError | Poll.PollTimeoutError | BatchInputError, R>
}

/**
 * How much earlier than by our clock a server may say that a batch was created, in milliseconds.
 *
 * @category constants
 */
export const clockSkew = 120_000
