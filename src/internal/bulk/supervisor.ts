/**
 * Looks after the jobs of a worker, several times a second: starts those that nobody has started, resumes those that a
 * process has suspended when it ended, passes on what others have changed, and pauses what cannot go on.
 */
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type * as SqlClient from "effect/sql/SqlClient"
import type { SqlError } from "effect/sql/SqlError"
import type * as WorkflowEngine from "effect/workflow/WorkflowEngine"
import { Dispatcher, Options } from "./dispatcher.ts"
import type { StopReason } from "./errors.ts"
import type { JobHandle } from "./model.ts"
import * as Store from "./store.ts"

/** The jobs that this process works on, by their id. */
export type Handles = Map<number, { readonly run: number; readonly handle: JobHandle }>

export interface Supervised<R> {
  readonly work: {
    readonly name: string
    readonly definition: string
    /** Why a job should stop now. */
    readonly stopReason: (row: Store.JobRow) => Effect.Effect<StopReason | undefined, SqlError, R>
  }
  /** The worker, as the tables name it. */
  readonly owner: string
  readonly handles: Handles
  /** Starts the workflow of a job, and returns the id of its execution. */
  readonly start: (id: number, run: number) => Effect.Effect<string, never, WorkflowEngine.WorkflowEngine>
  /** Resumes an execution. Does nothing unless it is suspended. */
  readonly resume: (execution: string) => Effect.Effect<void, never, WorkflowEngine.WorkflowEngine>
  /** Begins nothing more, because the process ends. */
  readonly close: () => void
}

/** How often a worker looks at its jobs, in milliseconds. */
const lookInterval = 250

/** How often a worker says that it lives, in milliseconds. */
const beatInterval = 2000

/** How often a worker resumes the jobs that a process has suspended when it ended, in milliseconds. */
const resumeInterval = 5000

const pause = (row: Pick<Store.JobRow, "job">, reason: StopReason) =>
  Effect.andThen(
    Effect.logWarning(`Job "${row.job}" is paused: ${reason.message}`),
    Store.changeState(row.job, ["running"], "paused", JSON.stringify(reason))
  )

/** Starts and resumes the workflows of jobs. */
const makeStarter = <R>({ resume, start, work }: Supervised<R>) => {
  const started = new Map<string, { readonly execution: string; readonly resumedAt: number }>()
  const reported = new Set<number>()

  return Effect.fnUntraced(function* (row: Store.JobRow, now: number) {
    if (row.definition !== work.definition) {
      if (reported.has(row.id)) return
      reported.add(row.id)
      return yield* Effect.logWarning(
        `Job "${row.job}" is not run here: it was submitted with the definition ${row.definition}, this is ${work.definition}`
      )
    }
    const key = `${row.id}/${row.run}`
    const known = started.get(key)
    if (known !== undefined && now - known.resumedAt < resumeInterval) return
    const execution = known?.execution ?? (yield* start(row.id, row.run))
    started.set(key, { execution, resumedAt: now })
    // While the database is away, it would go on trying for long.
    yield* Effect.timeoutOption(resume(execution), beatInterval)
  })
}

/** Looks after the jobs until the scope closes; then lets calls in flight end. */
export const supervise = <R>(
  supervised: Supervised<R>
): Effect.Effect<void, SqlError, R | SqlClient.SqlClient | WorkflowEngine.WorkflowEngine | Dispatcher | Scope.Scope> =>
  Effect.gen(function* () {
    const { close, handles, owner, work } = supervised
    const dispatcher = yield* Dispatcher
    const patience = Duration.toMillis((yield* Options).patience)
    const startOrResume = makeStarter(supervised)
    let beaten = 0

    const beat = Effect.fnUntraced(function* (now: number) {
      if (now - beaten < beatInterval) return
      yield* Store.beat(owner)
      beaten = now
    })

    /** Tells the dispatcher what has changed in the tables: a priority, or that a job no longer runs. */
    const passOn = Effect.fnUntraced(function* (rows: ReadonlyArray<Store.JobRow>) {
      const running = new Map(rows.map((row) => [row.id, row]))
      for (const [id, { handle, run }] of handles) {
        const row = running.get(id)
        if (row?.run === run) {
          handle.priority = row.priority
          const reason = yield* work.stopReason(row)
          if (reason !== undefined) yield* pause(row, reason)
          continue
        }
        handle.isStopped = true
        if (handle.inFlight === 0) handles.delete(id)
        yield* dispatcher.wake
      }
    })

    const pauseHeld = Effect.fnUntraced(function* (now: number) {
      for (const handle of dispatcher.heldJobs(now)) {
        if (handles.get(handle.id)?.handle !== handle || handle.isStopped) continue
        yield* pause(handle, {
          kind: "limiter",
          message: `The store of the rate limiter does not answer: ${handle.heldBecause}`
        })
      }
    })

    /** Nothing is sent while results cannot be stored; if that lasts, the jobs do not go on by themselves. */
    const watchStorage = Effect.fnUntraced(function* (now: number) {
      const problem = dispatcher.storageProblem()
      if (problem === undefined || now - problem.since < patience) return
      for (const { handle } of handles.values()) {
        if (handle.isStopped) continue
        yield* pause(handle, { kind: "storage", message: `Results could not be stored: ${problem.message}` })
        handle.isStopped = true
      }
    })

    const look = Effect.gen(function* () {
      const now = yield* Clock.currentTimeMillis
      yield* watchStorage(now)
      yield* beat(now)
      const rows = yield* Store.runningJobs(work.name)
      for (const row of rows) yield* startOrResume(row, now)
      yield* passOn(rows)
      yield* pauseHeld(now)
    }).pipe(
      Effect.catchCause((cause) =>
        Cause.hasInterruptsOnly(cause)
          ? Effect.failCause(cause)
          : Effect.andThen(Effect.logDebug("The jobs cannot be looked at", cause), Effect.sleep("1 second"))
      )
    )

    // Built after the workflows, so this comes before they are interrupted.
    yield* Effect.addFinalizer(() =>
      Effect.suspend(() => {
        close()
        return dispatcher.close(new Set([...handles.values()].map(({ handle }) => handle)))
      }).pipe(Effect.andThen(Effect.ignore(Effect.timeoutOption(Store.leave(owner), "2 seconds"))))
    )
    yield* Store.beat(owner)
    yield* Effect.forkScoped(Effect.forever(Effect.andThen(look, dispatcher.newsWithin(lookInterval))))
  })
