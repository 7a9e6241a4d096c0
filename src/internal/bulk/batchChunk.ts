/**
 * Runs a chunk as a vendor's batch. Before the batch is submitted, its mark is written down; if the process dies before
 * the batch's id is, the vendor is asked for the mark, and nothing is submitted twice.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { identity } from "effect/Function"
import * as Stream from "effect/Stream"
import * as SqlClient from "effect/sql/SqlClient"
import type { SqlError } from "effect/sql/SqlError"
import { ApiError } from "../../ApiError.ts"
import type * as Batch from "../../jobs/Batch.ts"
import type * as Poll from "../../jobs/Poll.ts"
import * as RetryPolicy from "../../policies/RetryPolicy.ts"
import * as RequestOptions from "../../RequestOptions.ts"
import type * as Usage from "../../telemetry/Usage.ts"
import { makeCallScrubs } from "../errors/callScrubs.ts"
import { type Intent, intentOf } from "./batchIntent.ts"
import { failureOf, type Storing, successOf } from "./call.ts"
import { makeCommit } from "./commit.ts"
import type { StopReason } from "./errors.ts"
import type { Finished, Item, Outcome, Task } from "./model.ts"
import { changeState } from "./store.ts"
import type { WholeChunk } from "./worker.ts"

export interface BatchOptions<R> {
  readonly api: Batch.TrackedApi<unknown, unknown, R>
  readonly encode: (value: unknown) => string
  readonly prices: Usage.Prices
  readonly poll: Batch.Options["poll"]
}

/** How many results are written at once. */
const atOnce = 200

/** Before the vendor is asked again after an error. */
const pauseAfterError = "5 seconds"

/** The outcome of each request, by its id in the batch. */
const collected = <R>(
  { api, encode, poll, prices }: BatchOptions<R>,
  batchId: string,
  byId: Map<string, Item>
): Effect.Effect<
  ReadonlyArray<readonly [Item, Outcome]>,
  ApiError | Poll.PollTimeoutError | Batch.BatchInputError,
  R
> =>
  Effect.gen(function* () {
    const outcomes: Array<readonly [Item, Outcome]> = []
    const { scrub, watchStream } = makeCallScrubs()
    yield* Stream.runForEach(watchStream(api.follow(batchId, { poll })), (event) =>
      Effect.sync(() => {
        if (event._tag !== "Succeeded" && event._tag !== "Failed") return
        const item = byId.get(event.customId)
        if (item === undefined) return
        byId.delete(event.customId)
        outcomes.push([item, outcomeOf(event, { encode, scrub, prices })])
      })
    )
    for (const item of byId.values()) outcomes.push([item, failedAs("missing", missing)])
    return outcomes
  })

const missing = { message: "The batch has no result for this request", code: "missing", isRetryable: true }

const outcomeOf = (event: Batch.Succeeded<unknown> | Batch.Failed, storing: Storing): Outcome =>
  event._tag === "Failed"
    ? failedAs(event.error.code ?? event.error.kind, event.error)
    : successOf(event.value, storing)

const failedAs = (reason: string, error: { readonly message: string; readonly isRetryable: boolean }): Outcome => ({
  state: "failed",
  value: JSON.stringify({ _tag: reason, message: error.message, isRetryable: error.isRetryable }),
  reason,
  isRetryable: error.isRetryable,
  spent: undefined,
  limited: 0
})

/** Returns whether the batch is refused, so nothing of it will come. */
const isRefusal = (error: ApiError): boolean => {
  const status = error.response?.status
  const isSent = status !== undefined && status >= 400 && status < 500 && status !== 408 && status !== 409
  return (isSent && status !== 429) || error.reason._tag === "RequestError"
}

const unclear = (requests: number, batchIds: ReadonlyArray<string>): StopReason => ({
  kind: "batch",
  message:
    `The submission of a batch of ${requests} requests got no answer, and it may be ` +
    `${batchIds.join(" or ")}. Resume the job when these have ended: then their results tell.`
})

/** Stores outcomes, some at a time. */
const makeStore = ({ chunk, handle, owner }: WholeChunk) =>
  Effect.map(SqlClient.SqlClient, (sql) => {
    const commit = makeCommit(sql)
    const task: Task = {
      handle,
      chunk,
      owner,
      call: unused,
      pending: [],
      inFlight: new Map(),
      isLost: false,
      done: () => {}
    }
    return Effect.fnUntraced(function* (outcomes: ReadonlyArray<readonly [Item, Outcome]>) {
      const now = yield* Clock.currentTimeMillis
      for (let start = 0; start < outcomes.length; start += atOnce) {
        const some = outcomes.slice(start, start + atOnce)
        yield* commit(
          some.map(([item, outcome]): Finished => ({ task, item, outcome })),
          [],
          now
        )
      }
    })
  })

const unused: Task["call"] = () => {
  throw new Error("A batch makes no calls of its own")
}

const wireId = (mark: string, { seq }: Item): string => `${mark}-${seq}`

/** Runs chunks through an API of batches. */
export const batchChunk =
  <R>(options: BatchOptions<R>) =>
  (chunk: WholeChunk): Effect.Effect<void, SqlError, R | SqlClient.SqlClient> =>
    Effect.gen(function* () {
      const { handle, items } = chunk
      if (items.length === 0) return
      const { api } = options
      const { claim, read, write } = yield* intentOf(chunk)
      const store = yield* makeStore(chunk)

      const begin = Effect.gen(function* () {
        const mark = crypto.randomUUID().replaceAll("-", "").slice(0, 16)
        const begun: Intent = { mark, since: yield* Clock.currentTimeMillis, requests: items.length }
        if (yield* claim(begun)) yield* submit(begun)
      })

      const submit = Effect.fnUntraced(function* (intent: Intent) {
        const requests = items.map((item) => ({ customId: wireId(intent.mark, item), input: item.input }))
        // An answer that is lost must not lead to a second submission, so nothing is retried blindly.
        const batchId = yield* RequestOptions.withRetry(api.submit(requests, intent.mark), RetryPolicy.none)
        yield* write({ ...intent, batchId }, items.length)
      })

      const collect = Effect.fnUntraced(function* (mark: string, batchId: string) {
        const byId = new Map(items.map((item) => [wireId(mark, item), item]))
        yield* store(yield* collected(options, batchId, byId))
        yield* write(undefined, 0)
      })

      const refuse = Effect.fnUntraced(function* (error: ApiError) {
        // An error of a call has no secret of it left.
        yield* store(items.map((item) => [item, failureOf(error, identity)] as const))
        yield* write(undefined, 0)
      })

      /** Asks the vendor for a batch whose submission got no answer. Returns whether only a person can tell. */
      const find = Effect.fnUntraced(function* (intent: Intent) {
        const found = yield* api.find(intent.mark, intent.since, intent.requests)
        switch (found._tag) {
          case "Found":
            yield* write({ ...intent, batchId: found.batchId }, intent.requests)
            return false
          case "None":
            yield* submit(intent)
            return false
          case "Unclear":
            yield* changeState(
              handle.job,
              ["running"],
              "paused",
              JSON.stringify(unclear(intent.requests, found.batchIds))
            )
            return true
        }
      })

      /** One step; returns `true` when the chunk is done, or the job has stopped. */
      const step = Effect.gen(function* () {
        if (handle.isStopped || handle.isClosing) return true
        const intent = yield* read
        if (intent === undefined) {
          yield* begin
          return false
        }
        if (intent.batchId === undefined) return yield* find(intent)
        yield* collect(intent.mark, intent.batchId)
        return true
      })

      const patiently = Effect.catchIf(
        step,
        (error): error is Exclude<typeof error, SqlError> => error._tag !== "SqlError",
        Effect.fnUntraced(function* (error) {
          const intent = yield* read
          if (error instanceof ApiError && isRefusal(error) && intent !== undefined && intent.batchId === undefined) {
            yield* refuse(error)
            return true
          }
          yield* Effect.logWarning(`The batch of a chunk of "${handle.job}" cannot be reached: ${error.message}`)
          yield* Effect.sleep(pauseAfterError)
          return false
        })
      )

      const stopped = Effect.gen(function* () {
        while (!handle.isStopped && !handle.isClosing) yield* Effect.sleep("250 millis")
      })
      const run = Effect.gen(function* () {
        while (!(yield* patiently)) {}
      })
      // A pause stops the polling at once; the batch itself goes on at the vendor's, and is followed again later.
      yield* Effect.raceFirst(run, stopped)
    })
