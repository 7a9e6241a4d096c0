/**
 * Runs a chunk as a vendor's batch. Before the batch is submitted, its mark is written down; if the process dies before
 * the batch's id is, the vendor is asked for the mark, and nothing is submitted twice.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as SqlClient from "effect/sql/SqlClient"
import type { SqlError } from "effect/sql/SqlError"
import { ApiError } from "../../ApiError.ts"
import type * as Batch from "../../jobs/Batch.ts"
import * as RetryPolicy from "../../policies/RetryPolicy.ts"
import * as RequestOptions from "../../RequestOptions.ts"
import type * as Usage from "../../telemetry/Usage.ts"
import { failureOf, spentIn } from "./call.ts"
import { makeCommit } from "./commit.ts"
import type { StopReason } from "./errors.ts"
import type { Finished, Item, Outcome, Task } from "./model.ts"
import { changeState } from "./store.ts"
import type { WholeChunk } from "./worker.ts"

/** A batch as it is stored with its chunk. */
interface Intent {
  readonly mark: string
  /** In milliseconds since 1970. */
  readonly since: number
  readonly requests: number
  readonly batchId?: string
}

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

/** Runs chunks through an API of batches. */
export const batchChunk =
  <R>({ api, encode, poll, prices }: BatchOptions<R>) =>
  (chunk: WholeChunk): Effect.Effect<void, SqlError, R | SqlClient.SqlClient> =>
    Effect.gen(function* () {
      const { handle, items, owner } = chunk
      if (items.length === 0) return
      const sql = yield* SqlClient.SqlClient
      const commit = makeCommit(sql)
      const where = sql`job_id = ${handle.id} AND chunk = ${chunk.chunk} AND owner = ${owner}`

      const read = Effect.map(
        sql<{ readonly batch: string | null }>`SELECT batch FROM llmfx_bulk_chunks WHERE ${where}`,
        ([row]) => (row?.batch ? (JSON.parse(row.batch) as Intent) : undefined)
      )
      const write = (intent: Intent | undefined, sent: number) =>
        sql`UPDATE llmfx_bulk_chunks SET batch = ${intent === undefined ? null : JSON.stringify(intent)},
          sent = sent + ${sent} WHERE ${where}`
      /** Only one can say that it submits. */
      const claim = (intent: Intent) =>
        Effect.map(
          sql`UPDATE llmfx_bulk_chunks SET batch = ${JSON.stringify(intent)}
            WHERE ${where} AND batch IS NULL RETURNING chunk`,
          (rows) => rows.length > 0
        )
      const store = (outcomes: ReadonlyArray<readonly [Item, Outcome]>) =>
        Effect.gen(function* () {
          const now = yield* Clock.currentTimeMillis
          for (let start = 0; start < outcomes.length; start += atOnce) {
            const finished = outcomes
              .slice(start, start + atOnce)
              .map(([item, outcome]): Finished => ({ task, item, outcome }))
            yield* commit(finished, [], now)
          }
        })
      const task: Task = {
        handle,
        chunk: chunk.chunk,
        owner,
        call: unused,
        pending: [],
        inFlight: new Map(),
        isLost: false,
        done: () => {}
      }
      const pause = (reason: StopReason) => changeState(handle.job, ["running"], "paused", JSON.stringify(reason))
      const wireId = (mark: string, { seq }: Item) => `${mark}-${seq}`

      const submit = (intent: Intent) =>
        Effect.gen(function* () {
          const requests = items.map((item) => ({ customId: wireId(intent.mark, item), input: item.input }))
          // An answer that is lost must not lead to a second submission, so nothing is retried blindly.
          const batchId = yield* RequestOptions.withRetry(api.submit(requests, intent.mark), RetryPolicy.none)
          yield* write({ ...intent, batchId }, items.length)
        })

      /** The batch is refused, so nothing of it will come. */
      const refuse = (error: ApiError) =>
        Effect.gen(function* () {
          yield* store(items.map((item) => [item, failureOf(error)] as const))
          yield* write(undefined, 0)
        })

      const collect = ({ batchId, mark }: Intent & { readonly batchId: string }) =>
        Effect.gen(function* () {
          const byId = new Map(items.map((item) => [wireId(mark, item), item]))
          const outcomes: Array<readonly [Item, Outcome]> = []
          yield* Stream.runForEach(api.follow(batchId, { poll }), (event) =>
            Effect.sync(() => {
              if (event._tag !== "Succeeded" && event._tag !== "Failed") return
              const item = byId.get(event.customId)
              if (item === undefined) return
              byId.delete(event.customId)
              outcomes.push([item, outcomeOf(event)])
            })
          )
          const missing = { message: "The batch has no result for this request", code: "missing", isRetryable: true }
          for (const item of byId.values()) outcomes.push([item, failedAs("missing", missing)])
          yield* store(outcomes)
          yield* write(undefined, 0)
        })

      const outcomeOf = (event: Batch.Succeeded<unknown> | Batch.Failed): Outcome => {
        if (event._tag === "Failed") return failedAs(event.error.code ?? event.error.kind, event.error)
        return {
          state: "succeeded",
          value: encode(event.value),
          reason: undefined,
          isRetryable: false,
          spent: spentIn(event.value, prices),
          limited: 0
        }
      }

      /** One step; `true` when the chunk is done, or the job has stopped. */
      const step = Effect.gen(function* () {
        if (handle.isStopped || handle.isClosing) return true
        const intent = yield* read
        if (intent === undefined) {
          const mark = crypto.randomUUID().replaceAll("-", "").slice(0, 16)
          const begun: Intent = { mark, since: yield* Clock.currentTimeMillis, requests: items.length }
          if (yield* claim(begun)) yield* submit(begun)
          return false
        }
        const { batchId } = intent
        if (batchId !== undefined) {
          yield* collect({ ...intent, batchId })
          return true
        }
        const found = yield* api.find(intent.mark, intent.since, intent.requests)
        switch (found._tag) {
          case "Found":
            yield* write({ ...intent, batchId: found.batchId }, intent.requests)
            return false
          case "None":
            yield* submit(intent)
            return false
          case "Unclear":
            yield* pause({
              kind: "batch",
              message:
                `The submission of a batch of ${intent.requests} requests got no answer, and it may be ` +
                `${found.batchIds.join(" or ")}. Resume the job when these have ended: then their results tell.`
            })
            return true
        }
      })

      const refused = (error: ApiError): boolean => {
        const status = error.response?.status
        const isSent = status !== undefined && status >= 400 && status < 500 && status !== 408 && status !== 409
        return (isSent && status !== 429) || error.reason._tag === "RequestError"
      }

      const patiently = Effect.catchIf(
        step,
        (error): error is Exclude<typeof error, SqlError> => error._tag !== "SqlError",
        (error) =>
          Effect.gen(function* () {
            const intent = yield* read
            if (error instanceof ApiError && refused(error) && intent !== undefined && intent.batchId === undefined) {
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

const unused: Task["call"] = () => {
  throw new Error("A batch makes no calls of its own")
}

const failedAs = (reason: string, error: { readonly message: string; readonly isRetryable: boolean }): Outcome => ({
  state: "failed",
  value: JSON.stringify({ _tag: reason, message: error.message, isRetryable: error.isRetryable }),
  reason,
  isRetryable: error.isRetryable,
  spent: undefined,
  limited: 0
})
