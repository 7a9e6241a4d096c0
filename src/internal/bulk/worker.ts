/**
 * Works on the jobs of a definition: a workflow a job, a workflow a chunk, one activity in each. The tables say what is
 * left to do; the workflows only drive it, so that a runner that dies is replaced and no two do the same chunk.
 */
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import type * as SqlClient from "effect/sql/SqlClient"
import type { SqlError } from "effect/sql/SqlError"
import * as Activity from "effect/workflow/Activity"
import * as Workflow from "effect/workflow/Workflow"
import * as WorkflowEngine from "effect/workflow/WorkflowEngine"
import { announce, Dispatcher } from "./dispatcher.ts"
import type { StopReason } from "./errors.ts"
import type { Item, JobHandle, StartCall } from "./model.ts"
import * as Store from "./store.ts"
import { type Handles, supervise } from "./supervisor.ts"

/** A definition, as the worker needs it. */
export interface Work<R> {
  readonly name: string
  readonly definition: string
  readonly concurrency: number
  readonly chunks: number
  readonly rounds: number
  readonly roundDelay: Duration.Input
  readonly call: (context: Context.Context<R>) => StartCall
  /** Why a job should stop now. */
  readonly stopReason: (row: Store.JobRow) => Effect.Effect<StopReason | undefined, SqlError, SqlClient.SqlClient>
  /** Runs a chunk in another way than by single calls. */
  readonly whole: ((chunk: WholeChunk) => Effect.Effect<void, SqlError, R | SqlClient.SqlClient>) | undefined
}

/** A chunk that is run as a whole. */
export interface WholeChunk {
  readonly handle: JobHandle
  readonly run: number
  readonly chunk: number
  readonly owner: string
  readonly items: ReadonlyArray<Item>
}

/** Repeats what the database refused until it is there again. */
const surely = <A, R>(effect: Effect.Effect<A, SqlError, R>): Effect.Effect<A, never, R> =>
  effect.pipe(
    // A connection that breaks within a transaction is a defect, because the rollback fails.
    Effect.sandbox,
    Effect.retry({
      schedule: Schedule.min([Schedule.exponential("100 millis"), Schedule.spaced("5 seconds")]),
      while: (cause) => !Cause.hasInterruptsOnly(cause)
    }),
    Effect.catch((cause) => Effect.failCause(cause)),
    Effect.orDie
  )

/**
 * Executes a workflow as if no other did. A child wakes its parent when it ends, and the runner cannot interrupt the
 * handler of such a wake: if the database was away meanwhile, the handler never ends, nor does the release of the shards.
 */
const fromOutside = <A, E>(
  execute: Effect.Effect<A, E, WorkflowEngine.WorkflowEngine>
): Effect.Effect<A, E, WorkflowEngine.WorkflowEngine> =>
  Effect.updateContext(execute, (context: Context.Context<WorkflowEngine.WorkflowEngine>) =>
    Context.omit(WorkflowEngine.WorkflowInstance)(context)
  )

/** The layer of a worker. */
export const makeWorker = <R>(
  work: Work<R>
): Layer.Layer<never, SqlError, R | SqlClient.SqlClient | WorkflowEngine.WorkflowEngine | Dispatcher> => {
  const owner = crypto.randomUUID()
  let isClosing = false
  const handles: Handles = new Map()

  const Chunk = Workflow.make(`llmfx/bulk/${work.name}/chunk`, {
    payload: { id: Schema.Int, run: Schema.Int, pass: Schema.Int, chunk: Schema.Int },
    idempotencyKey: ({ chunk, id, pass, run }) => `${id}/${run}/${pass}/${chunk}`
  })

  const Job = Workflow.make(`llmfx/bulk/${work.name}`, {
    payload: { id: Schema.Int, run: Schema.Int },
    idempotencyKey: ({ id, run }) => `${id}/${run}`
  })

  const handleOf = (row: Store.JobRow): JobHandle => {
    const known = handles.get(row.id)
    if (known?.run === row.run) return known.handle
    const handle: JobHandle = {
      id: row.id,
      job: row.job,
      rounds: work.rounds,
      concurrency: work.concurrency,
      priority: row.priority,
      inFlight: 0,
      isStopped: false,
      isClosing,
      heldUntil: 0,
      heldSince: undefined,
      heldBecause: ""
    }
    handles.set(row.id, { run: row.run, handle })
    return handle
  }

  const claimed = (id: number, run: number, chunk: number) =>
    Effect.gen(function* () {
      while (true) {
        const row = yield* Store.jobById(id)
        if (row?.state !== "running" || row.run !== run) return undefined
        const items = yield* Store.claim(id, chunk, owner)
        if (items !== undefined) return { row, items }
        yield* Effect.sleep("1 second")
      }
    })

  const runChunk = (id: number, run: number, chunk: number) =>
    Effect.gen(function* () {
      const dispatcher = yield* Dispatcher
      if (isClosing) return
      yield* dispatcher.idle(id, chunk)
      const found = yield* surely(claimed(id, run, chunk))
      if (found === undefined) return
      const { items, row } = found
      const handle = handleOf(row)
      const context = yield* Effect.context<R>()
      if (work.whole !== undefined) yield* surely(work.whole({ handle, run, chunk, owner, items }))
      else if (items.length > 0) {
        yield* dispatcher.run({ handle, chunk, owner, call: work.call(context), items })
      }
      yield* surely(Store.release(id, chunk, owner))
    })

  const chunks = Chunk.toLayer(({ chunk, id, run }) =>
    Activity.make({ name: "chunk", execute: runChunk(id, run, chunk) })
  )

  const jobs = Job.toLayer(({ id, run }) =>
    Effect.gen(function* () {
      for (let pass = 0; ; pass++) {
        const open = yield* surely(Store.openChunks(id, run))
        if (open === undefined) return
        if (open.length === 0) break
        if (pass > 0 && open.some(({ again }) => again > 0)) yield* Effect.sleep(work.roundDelay)
        yield* Effect.forEach(open, ({ chunk }) => fromOutside(Chunk.execute({ id, run, pass, chunk })), {
          concurrency: work.chunks,
          discard: true
        })
        // Chunks of a process that ends are left as they are; the next one resumes the job and has them again.
        if (isClosing) return yield* Workflow.suspend(yield* WorkflowEngine.WorkflowInstance)
      }
      yield* surely(Store.complete(id, run))
      yield* announce
    })
  )

  const supervisor = supervise({
    work,
    owner,
    handles,
    start: (id, run) => Job.execute({ id, run }, { discard: true }),
    resume: (execution) => Job.resume(execution),
    close: () => {
      isClosing = true
    }
  })

  return Layer.effectDiscard(supervisor).pipe(Layer.provideMerge(Layer.mergeAll(chunks, jobs))) as Layer.Layer<
    never,
    SqlError,
    R | SqlClient.SqlClient | WorkflowEngine.WorkflowEngine | Dispatcher
  >
}
