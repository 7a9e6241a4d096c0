/**
 * Jobs of up to millions of calls that survive the process: on Effect's workflows, in one SQLite file or on many
 * machines with Postgres.
 *
 * Each input has exactly one result. It is sent at least once: a process that is killed may leave calls without a result,
 * at most as many as it had in flight, and those are sent again. `resent` counts them. A process that is asked to stop
 * (SIGINT, an interrupt) waits for its calls, for up to `grace`; calls that end in that time are not sent again.
 *
 * `define` and `endpoint` make a `Bulk`. Its `layer` is the worker, and needs what `NodeBulk.layerLocal` or
 * `NodeBulk.layerCluster` provide. Everything else needs only the database, so another process may submit, watch, pause
 * and read.
 *
 * @example
 * ```ts
 * import * as Console from "effect/Console"
 * import * as Effect from "effect/Effect"
 * import * as FetchHttpClient from "effect/http/FetchHttpClient"
 * import * as Layer from "effect/Layer"
 * import * as Stream from "effect/Stream"
 * import * as Bulk from "llmfx/jobs/Bulk"
 * import * as NodeBulk from "llmfx/jobs/NodeBulk"
 * import { OpenAi, Responses } from "llmfx/openai"
 *
 * const describe = Bulk.endpoint("describe", Responses.create, { concurrency: 64 })
 *
 * const cities = Stream.make("Berlin", "Rome").pipe(
 *   Stream.map((city) => ({ customId: city, input: { model: "gpt-5.4-mini", input: `Describe ${city}.` } }))
 * )
 *
 * const program = describe.run("cities", cities).pipe(
 *   Stream.runForEach((event) =>
 *     event._tag === "Succeeded" ? Console.log(event.customId, event.value.id) : Effect.void
 *   ),
 *   Effect.provide(describe.layer),
 *   Effect.provide(NodeBulk.layerLocal({ filename: "jobs.db" })),
 *   Effect.provide(OpenAi.layerConfig().pipe(Layer.provide(FetchHttpClient.layer)))
 * )
 * ```
 */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as RateLimiter from "effect/persistence/RateLimiter"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import type * as Migrator from "effect/sql/Migrator"
import type * as SqlClient from "effect/sql/SqlClient"
import type { SqlError } from "effect/sql/SqlError"
import type * as WorkflowEngine from "effect/workflow/WorkflowEngine"
import type { ApiError } from "../ApiError.ts"
import * as ApiErrorSchema from "../ApiErrorSchema.ts"
import type * as Endpoint from "../Endpoint.ts"
import { batchChunk } from "../internal/bulk/batchChunk.ts"
import { type Call, limiterOf, startCall } from "../internal/bulk/call.ts"
import {
  announce,
  Options as CurrentWorkerOptions,
  Dispatcher,
  layer as dispatcherLayer,
  sleepUntilNews
} from "../internal/bulk/dispatcher.ts"
import {
  BulkCallError,
  type BulkConflictError,
  type BulkInputError,
  BulkNotFoundError,
  BulkStateError,
  BulkStoppedError,
  BulkStorageError,
  type StopReason,
  storageFailure
} from "../internal/bulk/errors.ts"
import { type ReadOptions, readInputs } from "../internal/bulk/readInputs.ts"
import * as Store from "../internal/bulk/store.ts"
import { submitJob } from "../internal/bulk/submit.ts"
import { migrate as migrateTables, type NewerTablesError } from "../internal/bulk/tables.ts"
import { makeWorker } from "../internal/bulk/worker.ts"
import { schemaDecoder } from "../internal/decode/schemaDecoder.ts"
import type * as RateLimiting from "../policies/RateLimiting.ts"
import type * as Usage from "../telemetry/Usage.ts"
import type * as Batch from "./Batch.ts"
import type * as Poll from "./Poll.ts"

export {
  BulkCallError,
  BulkConflictError,
  BulkInputError,
  BulkNotFoundError,
  BulkStateError,
  BulkStoppedError,
  BulkStorageError,
  type StopReason
} from "../internal/bulk/errors.ts"

export type { ReadOptions, Reject } from "../internal/bulk/readInputs.ts"

/**
 * One of the inputs of a job.
 *
 * @category models
 */
export interface Request<out I> {
  /** Names the request in its result; unique within the job. Default: its place among the inputs, from 0. */
  readonly customId?: string | undefined
  /** The argument of the call. It is stored as JSON. */
  readonly input: I
}

/**
 * How much a job may use. It pauses when it has used as much; calls in flight still end.
 *
 * @category models
 */
export interface Budget {
  /** Of input and output together. */
  readonly tokens?: number | undefined
  /** By `prices`, which are then in US dollars. */
  readonly usd?: number | undefined
}

/**
 * Options of a single job.
 *
 * @category models
 */
export interface JobOptions {
  readonly budget?: Budget | undefined
  /** How long the job may take from its submission on; then it pauses. No limit by default. */
  readonly deadline?: Duration.Input | undefined
  /** Jobs with a higher number are sent first; jobs with the same number take turns. Default: 0. */
  readonly priority?: number | undefined
  /** Stored with the job, and shown by `list` and in metrics. */
  readonly tags?: { readonly [tag: string]: string } | undefined
}

/**
 * How the jobs of a definition run.
 *
 * @category models
 */
export interface Options extends JobOptions {
  /**
   * Names the version of the call. A job that was submitted with another version is not continued, and submitting it
   * again is a `BulkConflictError`: change it when the call changes so much that results should not be mixed.
   */
  readonly version?: string | undefined
  /** Inputs a chunk, the unit that a process works on. Default: 1,000. */
  readonly chunk?: number | undefined
  /** Chunks of a job at a time, over all processes. Default: 8. */
  readonly chunks?: number | undefined
  /** Calls of a job in flight in one process. Default: 64. See also `NodeBulk`'s `concurrency`, for all jobs of a process. */
  readonly concurrency?: number | undefined
  /** How often inputs whose call failed retryably are tried again after all others. Default: 1. */
  readonly rounds?: number | undefined
  /** The wait before each of these rounds. Default: 5 seconds. */
  readonly roundDelay?: Duration.Input | undefined
  /**
   * Limits of requests and tokens, shared by all processes with the same limiter. They are learned from response headers,
   * too. `false` turns this off. See `RateLimiting.Options`.
   */
  readonly limits?: RateLimiting.Options | false | undefined
  /** Prices of a million tokens by model, for `cost` and budgets in money. */
  readonly prices?: Usage.Prices | undefined
  /** Whether inputs with the same content are sent once and share the result. Default: `false`. */
  readonly dedupe?: boolean | undefined
  /** Pauses the job when it returns `true`; called about four times a second. */
  readonly stopWhen?: ((progress: Progress) => boolean) | undefined
}

/**
 * How the jobs of a call run.
 *
 * @category models
 */
export interface DefineOptions<A> extends Options {
  /** How a value is stored. */
  readonly success: Schema.Codec<A, unknown>
}

/**
 * A job has been submitted.
 *
 * @category models
 */
export interface Submitted {
  readonly _tag: "Submitted"
  readonly job: string
  readonly requests: number
  /** `false` if the same job had been submitted before; it goes on. */
  readonly isNew: boolean
}

/**
 * How far a job is.
 *
 * @category models
 */
export interface Progress {
  readonly _tag: "Progress"
  readonly job: string
  /** The name of its definition. */
  readonly name: string
  readonly state: Store.JobState
  /** Why it is paused or canceled. */
  readonly reason: StopReason | undefined
  readonly total: number
  /** Inputs with a result; failures that will be tried again are among them. */
  readonly done: number
  readonly succeeded: number
  readonly failed: number
  /** Failures by reason, such as `RateLimitError`. */
  readonly failures: { readonly [reason: string]: number }
  /** Failures that will be tried again in another round. */
  readonly again: number
  /** Inputs that share the result of another one. */
  readonly duplicates: number
  /** Calls in flight, over all processes. */
  readonly inFlight: number
  /** Calls that have begun. */
  readonly sent: number
  /** Calls for inputs that may have been sent before, by a process that was killed. */
  readonly resent: number
  /** Answers that said that a limit is reached. */
  readonly limited: number
  readonly tokens: { readonly input: number; readonly cached: number; readonly output: number }
  /** So far, by `prices`. */
  readonly cost: number
  /** Cost of the whole job at the average so far; `undefined` before the first result. */
  readonly costAtEnd: number | undefined
  /** Results whose model has no price; they are not in the cost. */
  readonly unpriced: number
  /** Results a second: of the last seconds in `watch` and `run`, else since the job began or was resumed. */
  readonly rate: number
  /** Milliseconds until the end at this rate. */
  readonly timeLeft: number | undefined
  readonly priority: number
  readonly tags: { readonly [tag: string]: string }
  /** Milliseconds since 1970. */
  readonly submittedAt: number
  /** Milliseconds since 1970. */
  readonly finishedAt: number | undefined
}

interface Finished {
  readonly customId: string
  /** The place of the input among all, from 0. */
  readonly seq: number
  /** How often the call was made, without resent ones. */
  readonly attempts: number
}

/**
 * The value for an input.
 *
 * @category models
 */
export interface Succeeded<out A> extends Finished {
  readonly _tag: "Succeeded"
  readonly value: A
}

/**
 * An input without a value, after all rounds.
 *
 * @category models
 */
export interface Failed extends Finished {
  readonly _tag: "Failed"
  readonly error: BulkCallError
}

/**
 * The result for an input.
 *
 * @category models
 */
export type Result<A> = Succeeded<A> | Failed

/**
 * An event of a run.
 *
 * @category models
 */
export type Event<A> = Submitted | Progress | Result<A>

/**
 * Which results to read.
 *
 * @category models
 */
export interface ResultsOptions {
  /** Only results whose `seq` is greater. */
  readonly after?: number | undefined
  readonly only?: "succeeded" | "failed" | undefined
}

/**
 * The worker of this process.
 *
 * @category models
 */
export type Worker = Dispatcher

/**
 * A kind of job.
 *
 * @category models
 */
export interface Bulk<in out I, out A, out R> {
  readonly name: string
  /** Works on all jobs of this definition while it lives, those submitted before as well. */
  readonly layer: Layer.Layer<
    Worker,
    BulkStorageError,
    R | WorkflowEngine.WorkflowEngine | SqlClient.SqlClient | RateLimiter.RateLimiter
  >
  /**
   * Stores a job, which the worker then begins. The same job submitted again just goes on; another job under the same
   * name is a `BulkConflictError`. If the submission fails, nothing is stored.
   */
  readonly submit: <E, R2>(
    job: string,
    requests: Stream.Stream<Request<I>, E, R2>,
    options?: JobOptions
  ) => Effect.Effect<Submitted, E | BulkInputError | BulkConflictError | BulkStorageError, R2 | SqlClient.SqlClient>
  /**
   * Submits a job and follows it to its end. Results come in the order of the inputs, each as soon as those before it are
   * there; progress comes once a second. A paused job is resumed. Fails with `BulkStoppedError` if the job is paused or
   * canceled.
   */
  readonly run: <E, R2>(
    job: string,
    requests: Stream.Stream<Request<I>, E, R2>,
    options?: RunOptions
  ) => Stream.Stream<
    Event<A>,
    E | BulkInputError | BulkConflictError | BulkStoppedError | BulkStorageError | BulkNotFoundError | BulkStateError,
    R2 | SqlClient.SqlClient
  >
  /** The results that are there, by `seq`. While the job runs, there may be gaps that are filled later. */
  readonly results: (
    job: string,
    options?: ResultsOptions
  ) => Stream.Stream<Result<A>, BulkNotFoundError | BulkStorageError, SqlClient.SqlClient>
}

/**
 * How a job is run and followed.
 *
 * @category models
 */
export interface RunOptions extends JobOptions {
  /** Only results whose `seq` is greater, for a reader that has stored those before. */
  readonly after?: number | undefined
}

/**
 * Makes a kind of job out of any Effect: a tool loop, `Parse`, a program on `LanguageModel`.
 *
 * @category constructors
 */
export const define = <I, A, E, R>(
  name: string,
  call: (input: I) => Effect.Effect<A, E, R>,
  options: DefineOptions<A>
): Bulk<I, A, R> => {
  const codec = Schema.toCodecJson(options.success) as Schema.Codec<A, unknown>
  const encode = Schema.encodeSync(codec)
  const decode = Schema.decodeUnknownEffect(codec)
  return make({
    name,
    definition: definitionOf("effect", options),
    options,
    run: (input) => call(input as I),
    encode: (value) => JSON.stringify(encode(value as A) ?? null),
    decode
  })
}

/**
 * How the jobs of an endpoint run.
 *
 * @category models
 */
export interface EndpointOptions<in out I, A, R> extends Options {
  /**
   * Sends each chunk as one batch of the provider (`BatchRun.via()`): cheaper, and takes up to a day. `concurrency` and
   * `limits` have no effect; `prices` are those of batches. If the answer to a submission is lost, the batch is looked for
   * instead of submitted again. If it cannot be told apart from others, the job pauses with reason `batch`.
   */
  readonly via?: ((endpoint: Endpoint.Json<I, A, R>) => Batch.TrackedApi<I, A, R>) | undefined
  /** How batches are waited for. Default: every 30 seconds, up to 25 hours. */
  readonly poll?: Poll.Options | undefined
}

/**
 * Makes a kind of job out of an endpoint that answers with JSON. Its inputs are those of the endpoint.
 *
 * @category constructors
 */
export const endpoint = <I, A, R>(
  name: string,
  endpoint: Endpoint.Json<I, A, R>,
  options: EndpointOptions<I, A, R> = {}
): Bulk<I, A, R> => {
  const call = endpoint as (input: I) => Effect.Effect<A, unknown, R>
  const decode = schemaDecoder(endpoint.success, "open") as (json: unknown) => A
  return make({
    name,
    definition: definitionOf(`${endpoint.provider}:${endpoint.id}`, options),
    options,
    run: (input) => call(input as I),
    encode: (value) => JSON.stringify(value),
    decode: (json) => Effect.try({ try: () => decode(json), catch: (thrown) => thrown }),
    // The stored inputs are those that were submitted.
    batch: options.via?.(endpoint) as Batch.TrackedApi<unknown, A, R> | undefined,
    poll: options.poll
  })
}

const definitionOf = (what: string, { version }: Options): string =>
  version === undefined ? what : `${what}@${version}`

interface Definition<A, R> {
  readonly name: string
  readonly definition: string
  readonly options: Options
  readonly run: Call<R>["run"]
  readonly encode: Call<R>["encode"]
  readonly decode: (json: unknown) => Effect.Effect<A, unknown>
  readonly batch?: Batch.TrackedApi<unknown, A, R> | undefined
  readonly poll?: Poll.Options | undefined
}

const workerOf = <A, R>({ batch, definition, encode, name, options, poll, run }: Definition<A, R>) =>
  Layer.unwrap(
    Effect.map(RateLimiter.RateLimiter, (limiter) => {
      const call: Call<R> = {
        run,
        encode,
        prices: options.prices ?? {},
        limiter: options.limits === false ? undefined : limiterOf(limiter, options.limits ?? {})
      }
      return makeWorker<R>({
        name,
        definition,
        concurrency: options.concurrency ?? 64,
        chunks: options.chunks ?? 8,
        rounds: options.rounds ?? 1,
        roundDelay: options.roundDelay ?? "5 seconds",
        call: (context) => startCall(call, context),
        stopReason: stopReasonOf(options),
        whole: batch === undefined ? undefined : batchChunk({ api: batch, encode, prices: call.prices, poll })
      })
    })
  )

const makeSubmit =
  <I, A, R>({ definition, name, options }: Definition<A, R>) =>
  <E, R2>(
    job: string,
    requests: Stream.Stream<Request<I>, E, R2>,
    given: JobOptions
  ): Effect.Effect<
    { readonly row: Store.JobRow; readonly isNew: boolean },
    E | BulkInputError | BulkConflictError | BulkStorageError,
    R2 | SqlClient.SqlClient
  > =>
    Effect.gen(function* () {
      const { budget = options.budget, deadline = options.deadline, priority = options.priority ?? 0 } = given
      const now = yield* Clock.currentTimeMillis
      return yield* submitJob(
        {
          job,
          name,
          definition,
          chunkSize: Math.max(1, options.chunk ?? 1000),
          dedupe: options.dedupe ?? false,
          options: { budget, deadline: deadline === undefined ? undefined : now + Duration.toMillis(deadline) },
          priority,
          tags: { ...options.tags, ...given.tags }
        },
        requests
      ).pipe(Effect.tap(announce))
    }).pipe(storageFailure)

/** Returns the result that a row holds. A value that no longer decodes is a failure. */
const makeResultOf =
  <A, R>({ decode }: Definition<A, R>) =>
  ({ attempts, custom_id, seq, state, value }: Store.ResultRow): Effect.Effect<Result<A>> => {
    const finished = { customId: custom_id, seq, attempts }
    const json: unknown = JSON.parse(value)
    if (state === "failed") {
      return Effect.map(callErrorOf(custom_id, json), (error) => ({ _tag: "Failed", ...finished, error }))
    }
    return decode(json).pipe(
      Effect.map((value): Result<A> => ({ _tag: "Succeeded", ...finished, value })),
      Effect.catch((error) => Effect.succeed<Failed>({ _tag: "Failed", ...finished, error: misfit(custom_id, error) }))
    )
  }

const misfit = (customId: string, error: unknown): BulkCallError =>
  new BulkCallError({
    customId,
    message: `The stored value does not fit the definition: ${error instanceof Error ? error.message : String(error)}`,
    reason: "DecodeError",
    isRetryable: false,
    apiError: undefined
  })

const make = <I, A, R>(given: Definition<A, R>): Bulk<I, A, R> => {
  const submitRow = makeSubmit<I, A, R>(given)
  const resultOf = makeResultOf(given)
  return {
    name: given.name,
    layer: workerOf(given).pipe(Layer.provideMerge(dispatcherLayer), Layer.provide(layerTables), storageFailureOfLayer),
    submit: (job, requests, given = {}) =>
      Effect.map(
        submitRow(job, requests, given),
        ({ isNew, row }): Submitted => ({ _tag: "Submitted", job, requests: row.total, isNew })
      ),
    run: (job, requests, { after, ...given } = {}) =>
      Stream.unwrap(
        Effect.gen(function* () {
          const { isNew, row } = yield* submitRow(job, requests, given)
          if (row.state === "paused") yield* resume(job, given)
          const submitted: Submitted = { _tag: "Submitted", job, requests: row.total, isNew }
          return Stream.concat(Stream.succeed(submitted), follow(job, after ?? -1, resultOf))
        })
      ),
    results: (job, given = {}) => Stream.mapEffect(storedResults(job, given), resultOf)
  }
}

const storageFailureOfLayer = <A, R>(
  layer: Layer.Layer<A, SqlError | Migrator.MigrationError | NewerTablesError | BulkStorageError, R>
): Layer.Layer<A, BulkStorageError, R> =>
  Layer.catch(layer, (error) =>
    Layer.effectContext(
      Effect.fail(
        error._tag === "BulkStorageError"
          ? error
          : new BulkStorageError({ message: `The database of the jobs failed: ${error.message}`, cause: error })
      )
    )
  )

/**
 * Creates the tables, or brings those of an older version up to date. The layers of `NodeBulk` include it.
 *
 * @category layers
 */
export const layerTables: Layer.Layer<never, BulkStorageError, SqlClient.SqlClient> =
  /*#__PURE__*/ storageFailureOfLayer(/*#__PURE__*/ Layer.effectDiscard(migrateTables))

/**
 * How a process works on its jobs.
 *
 * @category models
 */
export interface WorkerOptions {
  /** The most calls in flight, of all jobs together. Default: 256. */
  readonly concurrency?: number | undefined
  /** How long calls in flight may take to end when the process is asked to stop. Default: 1 minute. */
  readonly grace?: Duration.Input | undefined
  /** How long the database or the store of the limiter may be away before a job is paused. Default: 1 minute. */
  readonly patience?: Duration.Input | undefined
}

/**
 * Sets how this process works on its jobs. The layers of `NodeBulk` include it.
 *
 * @category layers
 */
export const layerWorkerOptions = (options: WorkerOptions): Layer.Layer<never> =>
  Layer.succeed(CurrentWorkerOptions, {
    concurrency: options.concurrency ?? 256,
    grace: options.grace ?? "1 minute",
    patience: options.patience ?? "1 minute"
  })

// ---------------------------------------------------------------------------
// Control
// ---------------------------------------------------------------------------

const found = (job: string): Effect.Effect<Store.JobRow, BulkNotFoundError | SqlError, SqlClient.SqlClient> =>
  Effect.flatMap(Store.jobByName(job), (row) =>
    row === undefined
      ? Effect.fail(new BulkNotFoundError({ job, message: `There is no job "${job}"` }))
      : Effect.succeed(row)
  )

/**
 * How far a job is.
 *
 * @category getters
 */
export const progress = (
  job: string
): Effect.Effect<Progress, BulkNotFoundError | BulkStorageError, SqlClient.SqlClient> =>
  storageFailure(Effect.flatMap(found(job), progressOf))

const progressOf = (row: Store.JobRow): Effect.Effect<Progress, SqlError, SqlClient.SqlClient> =>
  Effect.gen(function* () {
    const totals = yield* Store.totalsOf(row.id)
    const failures = totals.failed === 0 ? {} : yield* Store.failuresOf(row.id)
    const inFlight = yield* Store.inFlightOf(row.id)
    const now = row.finished_at ?? (yield* Clock.currentTimeMillis)
    const own = totals.succeeded + totals.failed
    const seconds = row.resumed_at === null ? 0 : (now - row.resumed_at) / 1000
    const done = own + row.duplicates_succeeded + row.duplicates_failed
    const rate = seconds <= 0 ? 0 : (own - row.resumed_done) / seconds
    const progress: Progress = {
      _tag: "Progress",
      job: row.job,
      name: row.name,
      state: row.state,
      reason: row.reason === null ? undefined : (JSON.parse(row.reason) as StopReason),
      total: row.total,
      done,
      succeeded: totals.succeeded + row.duplicates_succeeded,
      failed: totals.failed + row.duplicates_failed,
      failures,
      again: totals.again,
      duplicates: row.duplicates,
      inFlight,
      sent: totals.sent,
      resent: totals.resent,
      limited: totals.limited,
      tokens: { input: totals.input, cached: totals.cached, output: totals.output },
      cost: totals.cost,
      costAtEnd: own === 0 ? undefined : (totals.cost / own) * (row.total - row.duplicates),
      unpriced: totals.unpriced,
      rate,
      timeLeft: undefined,
      priority: row.priority,
      tags: JSON.parse(row.tags) as Progress["tags"],
      submittedAt: row.created_at,
      finishedAt: row.finished_at ?? undefined
    }
    return atRate(progress, rate)
  })

const atRate = (progress: Progress, rate: number): Progress => {
  const left = progress.total - progress.done + progress.again
  return {
    ...progress,
    rate,
    timeLeft: progress.state !== "running" || rate <= 0 ? undefined : (left / rate) * 1000
  }
}

/** The states in which nothing happens by itself. */
const isOver = (state: Store.JobState): boolean => state !== "running" && state !== "submitting"

/** Over how long the rate is measured, in milliseconds. */
const rateWindow = 15_000

/** Measures the rate of the last seconds. */
const makeMeter = () => {
  const seen: Array<{ readonly at: number; readonly done: number }> = []
  return (progress: Progress, now: number): Progress => {
    seen.push({ at: now, done: progress.done })
    while (seen.length > 2 && now - (seen[0]?.at ?? now) > rateWindow) seen.shift()
    const [first] = seen
    if (first === undefined || now - first.at < 500) return progress
    return atRate(progress, ((progress.done - first.done) / (now - first.at)) * 1000)
  }
}

/**
 * The progress of a job, at once and then every second, to its end or until it is paused. A database that is away is
 * waited for, up to `patience`.
 *
 * @category getters
 */
export const watch = (
  job: string,
  options: { readonly every?: Duration.Input | undefined } = {}
): Stream.Stream<Progress, BulkNotFoundError | BulkStorageError, SqlClient.SqlClient> =>
  Stream.suspend(() => {
    const measure = makeMeter()
    return Stream.paginate(true, (isFirst) =>
      Effect.gen(function* () {
        if (!isFirst) yield* sleepUntilNews(Duration.toMillis(options.every ?? "1 second"))
        const { patience } = yield* CurrentWorkerOptions
        const now = yield* Effect.retry(progress(job), {
          while: ({ _tag }) => _tag === "BulkStorageError",
          schedule: spacedFor(patience)
        })
        const measured = measure(now, yield* Clock.currentTimeMillis)
        return [[measured], isOver(now.state) ? Option.none<boolean>() : Option.some(false)] as const
      })
    )
  })

/**
 * All jobs of the database, the newest first.
 *
 * @category getters
 */
export const list: Effect.Effect<
  ReadonlyArray<Progress>,
  BulkStorageError,
  SqlClient.SqlClient
> = /*#__PURE__*/ storageFailure(
  /*#__PURE__*/ Effect.flatMap(Store.allJobs, (rows) => Effect.forEach(rows, progressOf))
)

type ControlError = BulkNotFoundError | BulkStateError | BulkStorageError

const requested: StopReason = { kind: "requested", message: "pause or cancel was called" }

const change = (
  job: string,
  from: ReadonlyArray<Store.JobState>,
  to: Store.JobState,
  verb: string
): Effect.Effect<void, ControlError, SqlClient.SqlClient> =>
  Effect.gen(function* () {
    const row = yield* found(job)
    if (row.state === to) return
    if (!(yield* Store.changeState(job, from, to, JSON.stringify(requested)))) return yield* wrongState(row, verb)
    yield* announce
  }).pipe(storageFailure)

const wrongState = ({ job, state }: Store.JobRow, verb: string): BulkStateError =>
  new BulkStateError({ job, state, message: `Job "${job}" is ${state}: it cannot be ${verb}` })

/**
 * Sends nothing more of a job until it is resumed. Calls in flight end, and their results are stored.
 *
 * @category running
 */
export const pause = (job: string): Effect.Effect<void, ControlError, SqlClient.SqlClient> =>
  change(job, ["running"], "paused", "paused")

/**
 * Ends a job. Calls in flight end, and their results are stored.
 *
 * @category running
 */
export const cancel = (job: string): Effect.Effect<void, ControlError, SqlClient.SqlClient> =>
  change(job, ["running", "paused", "submitting"], "canceled", "canceled")

/**
 * Continues a paused job, with another budget, deadline or priority if they are given. A running job stays as it is.
 *
 * @category running
 */
export const resume = (
  job: string,
  options: Omit<JobOptions, "tags"> = {}
): Effect.Effect<void, ControlError, SqlClient.SqlClient> =>
  Effect.gen(function* () {
    const row = yield* found(job)
    if (row.state === "running") return
    if (row.state !== "paused") return yield* wrongState(row, "resumed")
    yield* startAgain(row, options, "resumed")
  }).pipe(storageFailure)

const startAgain = (row: Store.JobRow, options: Omit<JobOptions, "tags">, verb: string) =>
  Effect.gen(function* () {
    const stored = JSON.parse(row.options) as Store.StoredOptions
    const now = yield* Clock.currentTimeMillis
    const deadline = options.deadline === undefined ? stored.deadline : now + Duration.toMillis(options.deadline)
    const started = yield* Store.startRun(
      row,
      { budget: options.budget ?? stored.budget, deadline },
      options.priority ?? row.priority
    )
    if (!started) return yield* wrongState(row, verb)
    yield* announce
  })

/**
 * Sends the failed inputs of a job again, whether they may succeed or not. The job must be completed or
 * paused.
 *
 * @category running
 */
export const retryFailed = (job: string): Effect.Effect<void, ControlError, SqlClient.SqlClient> =>
  Effect.gen(function* () {
    const row = yield* found(job)
    if (row.state !== "completed" && row.state !== "paused") return yield* wrongState(row, "retried")
    yield* Store.forgetFailures(row.id)
    yield* startAgain(row, {}, "retried")
  }).pipe(storageFailure)

/**
 * Deletes a job with its inputs and results. A running job must be paused or canceled first.
 *
 * @category running
 */
export const remove = (job: string): Effect.Effect<void, ControlError, SqlClient.SqlClient> =>
  Effect.gen(function* () {
    const row = yield* found(job)
    if (row.state === "running") return yield* wrongState(row, "removed")
    yield* Store.removeJob(row.id)
  }).pipe(storageFailure)

const stopReasonOf =
  ({ stopWhen }: Options) =>
  (row: Store.JobRow): Effect.Effect<StopReason | undefined, SqlError, SqlClient.SqlClient> =>
    Effect.gen(function* () {
      const { budget, deadline } = JSON.parse(row.options) as Store.StoredOptions
      const now = yield* Clock.currentTimeMillis
      if (deadline !== undefined && now >= deadline) {
        return { kind: "deadline" as const, message: "The deadline has expired" }
      }
      if (budget !== undefined) {
        const { cost, input, output } = yield* Store.totalsOf(row.id)
        if (budget.tokens !== undefined && input + output >= budget.tokens) {
          return {
            kind: "budget" as const,
            message: `${input + output} tokens are used, of a budget of ${budget.tokens}`
          }
        }
        if (budget.usd !== undefined && cost >= budget.usd) {
          return { kind: "budget" as const, message: `${cost.toFixed(4)} is spent, of a budget of ${budget.usd}` }
        }
      }
      if (stopWhen?.(yield* progressOf(row))) {
        return { kind: "stopWhen" as const, message: "stopWhen returned true" }
      }
      return undefined
    })

// ---------------------------------------------------------------------------
// Results
// ---------------------------------------------------------------------------

const pageSize = 500

const storedResults = (
  job: string,
  { after = -1, only }: ResultsOptions
): Stream.Stream<Store.ResultRow, BulkNotFoundError | BulkStorageError, SqlClient.SqlClient> =>
  Stream.unwrap(
    Effect.map(storageFailure(found(job)), ({ id, state }) =>
      Stream.paginate(after, (last) =>
        Effect.map(storageFailure(Store.resultsPage(id, last, pageSize, only, state === "canceled")), (rows) => {
          const next = rows[rows.length - 1]
          return [rows, next === undefined ? Option.none<number>() : Option.some(next.seq)] as const
        })
      )
    )
  )

interface Following {
  /** The last result that was given. */
  readonly last: number
  readonly wait: number
  readonly shownAt: number
}

/** How long `run` waits between looks, in milliseconds. */
const shortestLook = 50
const longestLook = 500
const progressEvery = 1000

/** The results of a job in order, with its progress. */
const follow = <A>(
  job: string,
  after: number,
  resultOf: (row: Store.ResultRow) => Effect.Effect<Result<A>>
): Stream.Stream<Event<A>, BulkStoppedError | BulkStorageError | BulkNotFoundError, SqlClient.SqlClient> =>
  Stream.suspend(() => {
    const measure = makeMeter()
    const look = (state: Following) =>
      Effect.gen(function* () {
        if (state.wait > 0) yield* sleepUntilNews(state.wait)
        yield* failIfUnstorable
        const row = yield* found(job)
        const over = isOver(row.state)
        const rows = yield* Store.resultsPage(row.id, state.last, pageSize, undefined, row.state === "canceled")
        const ready = over ? rows : inOrder(rows, state.last)
        const events: Array<Event<A>> = yield* Effect.forEach(ready, resultOf)
        const last = ready[ready.length - 1]?.seq ?? state.last
        const now = yield* Clock.currentTimeMillis
        const isLast = over && rows.length < pageSize
        const shows = isLast || now - state.shownAt >= progressEvery
        if (shows) events.push(measure(yield* progressOf(row), now))
        const wait =
          ready.length === pageSize ? 0 : ready.length > 0 ? shortestLook : Math.min(state.wait * 2 + 10, longestLook)
        const next: Following = { last, wait, shownAt: shows ? now : state.shownAt }
        return { events, next: isLast ? undefined : next, row }
      })
    const patiently = (state: Following) =>
      Effect.gen(function* () {
        const { patience } = yield* CurrentWorkerOptions
        return yield* Effect.retry(look(state), {
          while: (error) => error._tag === "SqlError",
          schedule: spacedFor(patience)
        })
      }).pipe(storageFailure)
    let final: Store.JobRow | undefined
    return Stream.concat(
      Stream.paginate({ last: after, wait: 0, shownAt: 0 } as Following, (state) =>
        Effect.map(patiently(state), ({ events, next, row }) => {
          if (next === undefined) final = row
          return [events, Option.fromUndefinedOr(next)] as const
        })
      ),
      Stream.suspend(() => (final === undefined ? Stream.empty : stoppedOf(final)))
    )
  })

/** The results that follow each other without a gap. */
const inOrder = (rows: ReadonlyArray<Store.ResultRow>, last: number): ReadonlyArray<Store.ResultRow> => {
  const gap = rows.findIndex(({ seq }, index) => seq !== last + 1 + index)
  return gap < 0 ? rows : rows.slice(0, gap)
}

const spacedFor = (patience: Duration.Input) => Schedule.max([Schedule.spaced("1 second"), Schedule.during(patience)])

/** A worker of this process knows that results cannot be stored, even if the database can be read. */
const failIfUnstorable: Effect.Effect<void, BulkStorageError> = /*#__PURE__*/ Effect.gen(function* () {
  const worker = yield* Effect.serviceOption(Dispatcher)
  const problem = Option.isSome(worker) ? worker.value.storageProblem() : undefined
  if (problem === undefined) return
  const { patience } = yield* CurrentWorkerOptions
  if ((yield* Clock.currentTimeMillis) - problem.since < Duration.toMillis(patience)) return
  return yield* new BulkStorageError({
    message: `Results cannot be stored, so the job is paused: ${problem.message}`,
    cause: problem.message
  })
})

const stoppedOf = ({ job, reason, state }: Store.JobRow): Stream.Stream<never, BulkStoppedError> => {
  if (state !== "paused" && state !== "canceled") return Stream.empty
  const why: StopReason = reason === null ? requested : (JSON.parse(reason) as StopReason)
  return Stream.fail(
    new BulkStoppedError({ job, state, reason: why, message: `Job "${job}" is ${state}: ${why.message}` })
  )
}

const decodeApiError = /*#__PURE__*/ Schema.decodeUnknownEffect(ApiErrorSchema.schema)

/** The error of a call, from its JSON. */
const callErrorOf = (customId: string, json: unknown): Effect.Effect<BulkCallError> => {
  const fields = typeof json === "object" && json !== null ? json : {}
  const plain = (apiError: ApiError | undefined) =>
    new BulkCallError({
      customId,
      message: apiError?.message ?? ("message" in fields ? String(fields.message) : "The call failed"),
      reason: apiError?.reason._tag ?? ("_tag" in fields ? String(fields._tag) : "Error"),
      isRetryable: apiError?.isRetryable ?? ("isRetryable" in fields && fields.isRetryable === true),
      apiError
    })
  return "_tag" in fields && fields._tag === "ApiError"
    ? decodeApiError(json).pipe(
        Effect.map(plain),
        Effect.catch(() => Effect.succeed(plain(undefined)))
      )
    : Effect.succeed(plain(undefined))
}

// ---------------------------------------------------------------------------
// Files
// ---------------------------------------------------------------------------

/**
 * Reads inputs from lines of JSON or from CSV: a vendor's batch file (`custom_id` with `body` or `params`), plain objects,
 * or the fields for a template. Broken lines go to `onReject` with their number, and nothing else stops.
 *
 * @example
 * ```ts
 * import * as Effect from "effect/Effect"
 * import * as Stream from "effect/Stream"
 * import * as Bulk from "llmfx/jobs/Bulk"
 *
 * const csv = Stream.make(new TextEncoder().encode("id,city\n1,Berlin\n2,Rome\n"))
 *
 * const requests = Bulk.fromJsonl<{ readonly model: string; readonly input: string }>(csv, {
 *   format: "csv",
 *   idFrom: "id",
 *   template: { model: "gpt-5.4-mini", input: "Describe {{city}}." },
 *   onReject: ({ line, message }) => Effect.logError(`Line ${line} ${message}`)
 * })
 * ```
 * @category converting
 */
export const fromJsonl = <I = unknown, E = never, R = never, E2 = never, R2 = never>(
  bytes: Stream.Stream<Uint8Array, E, R>,
  options: ReadOptions<I, E2, R2> = {}
): Stream.Stream<Request<I>, E | E2, R | R2> => readInputs(bytes, options)

/**
 * How results are written.
 *
 * @category models
 */
export interface WriteOptions {
  /** `batch`: as OpenAI's batches do. `plain`: the custom id with the value or the error. Default: `batch`. */
  readonly format?: "batch" | "plain" | undefined
}

/**
 * Writes results as lines of JSON, each with its line break.
 *
 * @category converting
 */
export const toJsonl = <A, E, R>(
  results: Stream.Stream<Result<A>, E, R>,
  options: WriteOptions = {}
): Stream.Stream<string, E, R> => Stream.map(results, (result) => `${lineOf(result, options.format ?? "batch")}\n`)

const lineOf = (result: Result<unknown>, format: "batch" | "plain"): string => {
  const { customId: custom_id } = result
  if (result._tag === "Succeeded") {
    return JSON.stringify(
      format === "plain"
        ? { custom_id, value: result.value }
        : { custom_id, response: { status_code: 200, body: result.value }, error: null }
    )
  }
  const { apiError, isRetryable, message, reason } = result.error
  const response = apiError?.response
  return JSON.stringify(
    format === "plain"
      ? { custom_id, error: { reason, message, retryable: isRetryable } }
      : {
          custom_id,
          response: response === undefined ? null : { status_code: response.status, request_id: response.requestId },
          error: { code: reason, message }
        }
  )
}

// ---------------------------------------------------------------------------
// Display
// ---------------------------------------------------------------------------

/**
 * Progress in one line for a terminal.
 *
 * @category converting
 */
export const formatProgress = (progress: Progress, columns = 100): string => {
  const { cost, done, failed, limited, rate, resent, state, timeLeft, tokens, total } = progress
  const share = total === 0 ? 1 : done / total
  const parts = [
    `${(share * 100).toFixed(share === 1 ? 0 : 1)}%`,
    `${count(done)}/${count(total)}`,
    state === "running" ? `${rate < 10 ? rate.toFixed(1) : count(Math.round(rate))}/s` : state,
    timeLeft === undefined ? "" : `${clock(timeLeft)} left`,
    failed === 0 ? "" : `${count(failed)} failed`,
    tokens.input + tokens.output === 0 ? "" : `${count(tokens.input)}+${count(tokens.output)} tokens`,
    cost === 0
      ? ""
      : `$${cost.toFixed(2)}${progress.costAtEnd === undefined || done === total ? "" : ` of $${progress.costAtEnd.toFixed(2)}`}`,
    limited === 0 ? "" : `limit reached ${count(limited)}×`,
    resent === 0 ? "" : `${count(resent)} resent`
  ].filter((part) => part !== "")
  const text = parts.join("  ")
  const width = Math.min(40, columns - text.length - 4)
  if (width < 5) return text.slice(0, columns)
  const filled = Math.round(share * width)
  return `[${"█".repeat(filled)}${"░".repeat(width - filled)}] ${text}`
}

const count = (value: number): string => Math.round(value).toLocaleString("en-US")

const clock = (millis: number): string => {
  const seconds = Math.ceil(millis / 1000)
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor((seconds % 3600) / 60)]
  if (hours > 0) return `${hours}h${String(minutes).padStart(2, "0")}m`
  return minutes > 0 ? `${minutes}m${String(seconds % 60).padStart(2, "0")}s` : `${seconds}s`
}
