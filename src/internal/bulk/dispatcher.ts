/**
 * Sends the inputs of all chunks that a process works on. One loop takes what has ended, chooses what is sent next by
 * priority, commits both, and only then sends: a place is free when the result of its call is in the database.
 */
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Latch from "effect/Latch"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import * as SqlClient from "effect/sql/SqlClient"
import { messageOf } from "../errors/messageOf.ts"
import { chooseNext, isEnding } from "./chooseNext.ts"
import { type Committed, makeCommit } from "./commit.ts"
import { makeCounts } from "./metrics.ts"
import type { Finished, Item, JobHandle, Starting, Task } from "./model.ts"

/** How a process works. */
export interface WorkerOptions {
  /** The most calls in flight in this process, of all jobs together. */
  readonly concurrency: number
  /** How long calls in flight may take to end when the process is asked to stop. */
  readonly grace: Duration.Input
  /** How long the database or the limiter may be away before the job is paused. */
  readonly patience: Duration.Input
}

export const Options: Context.Reference<WorkerOptions> = /*#__PURE__*/ Context.Reference<WorkerOptions>(
  "llmfx/jobs/Bulk/Worker",
  { defaultValue: () => ({ concurrency: 256, grace: "1 minute", patience: "1 minute" }) }
)

/** A chunk to work on. */
export interface Chunk extends Pick<Task, "handle" | "chunk" | "owner" | "call"> {
  readonly items: ReadonlyArray<Item>
}

interface StorageProblem {
  /** In milliseconds since 1970. */
  readonly since: number
  readonly message: string
}

export interface DispatcherService {
  /** Ends when everything of the chunk is sent and stored, or the job has stopped. */
  readonly run: (chunk: Chunk) => Effect.Effect<void>
  /** Ends when nobody in this process works on the chunk. */
  readonly idle: (jobId: number, chunk: number) => Effect.Effect<void>
  /** Looks again for what can be sent. */
  readonly wake: Effect.Effect<void>
  /** Says that this process has changed the state of a job, so that nobody waits for the next look at the database. */
  readonly announce: Effect.Effect<void>
  /** Waits until something is announced, but at most so long, in milliseconds. */
  readonly newsWithin: (longest: number) => Effect.Effect<void>
  /** Sends nothing more of these jobs, and waits for what is in flight. */
  readonly close: (handles: ReadonlySet<JobHandle>) => Effect.Effect<void>
  /** Why nothing can be written now, and since when. */
  readonly storageProblem: () => StorageProblem | undefined
  /** Jobs whose limiter has not answered for longer than the patience. */
  readonly heldJobs: (now: number) => ReadonlyArray<JobHandle>
}

export class Dispatcher extends Context.Service<Dispatcher, DispatcherService>()("llmfx/jobs/Bulk/Dispatcher") {}

const longestWait = 5000

/** Repeats a commit until it is written: what was paid for is not lost while the process lives. */
const untilWritten = (commit: ReturnType<typeof makeCommit>) => {
  let problem: StorageProblem | undefined

  const write = (
    ended: ReadonlyArray<Finished>,
    starting: ReadonlyArray<Starting>,
    now: number,
    wait = 100
  ): Effect.Effect<Committed> =>
    // A connection that breaks within a transaction is a defect, because the rollback fails.
    Effect.catchCause(commit(ended, starting, now), (cause) => writeLater(cause, ended, starting, wait))

  const writeLater = (
    cause: Cause.Cause<unknown>,
    ended: ReadonlyArray<Finished>,
    starting: ReadonlyArray<Starting>,
    wait: number
  ): Effect.Effect<Committed> =>
    Effect.gen(function* () {
      if (Cause.hasInterruptsOnly(cause)) return yield* Effect.failCause(cause as Cause.Cause<never>)
      if (problem === undefined) {
        problem = { since: yield* Clock.currentTimeMillis, message: messageOf(Cause.squash(cause)) }
        yield* Effect.logWarning(`Results cannot be stored, and nothing is sent meanwhile: ${problem.message}`)
      }
      yield* Effect.sleep(wait)
      const now = yield* Clock.currentTimeMillis
      const committed = yield* write(ended, starting, now, Math.min(wait * 2, longestWait))
      problem = undefined
      return committed
    })

  return { write, problem: () => problem }
}

const make: Effect.Effect<DispatcherService, never, SqlClient.SqlClient | Scope.Scope> = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const { concurrency, grace, patience } = yield* Options
  const patienceMillis = Duration.toMillis(patience)
  const storage = untilWritten(makeCommit(sql))
  const clock = yield* Clock.Clock
  const counts = makeCounts()
  const latch = Latch.makeUnsafe(false)
  const news = Latch.makeUnsafe(false)
  const tasks: Array<Task> = []
  const interrupted = new Set<Task>()
  const waiting = new Map<string, Array<() => void>>()
  let finished: Array<Finished> = []
  let inFlight = 0

  const keyOf = (jobId: number, chunk: number): string => `${jobId}:${chunk}`

  const end = (task: Task): void => {
    const index = tasks.indexOf(task)
    if (index < 0) return
    tasks.splice(index, 1)
    interrupted.delete(task)
    task.done()
    const key = keyOf(task.handle.id, task.chunk)
    const others = waiting.get(key) ?? []
    waiting.delete(key)
    for (const resume of others) resume()
  }

  const start = (task: Task, item: Item): void => {
    let isEnded = false
    const fiber = task.call(item, (outcome) => {
      isEnded = true
      // The process stops: the mark stays, and the input is sent again when the job goes on.
      if (interrupted.has(task)) return
      finished.push({ task, item, outcome })
      latch.openUnsafe()
    })
    if (!isEnded) task.inFlight.set(item.seq, fiber)
  }

  const hold = (handle: JobHandle, message: string, now: number): void => {
    handle.heldSince ??= now
    handle.heldBecause = message
    handle.heldUntil = now + Math.min(longestWait, Math.max(250, now - handle.heldSince))
  }

  const finish = ({ item, outcome, task }: Finished, now: number): void => {
    task.inFlight.delete(item.seq)
    task.handle.inFlight--
    inFlight--
    if (outcome.state === "notSent") {
      hold(task.handle, outcome.message, now)
      task.pending.unshift(item)
    } else task.handle.heldSince = undefined
  }

  const begin = ({ item, task }: Starting): void => {
    if (task.isLost) return
    task.inFlight.set(item.seq, undefined)
    task.handle.inFlight++
    inFlight++
    // The database may have been away for long, and the job may have been paused meanwhile.
    if (isEnding(task)) finished.push({ task, item, outcome: { state: "notSent", message: "The job has stopped" } })
    else start(task, item)
  }

  const round = Effect.gen(function* () {
    latch.closeUnsafe()
    const now = clock.currentTimeMillisUnsafe()
    const starting = chooseNext(tasks, finished, concurrency - inFlight + finished.length, now)
    const ended = finished
    finished = []
    if (ended.length > 0 || starting.length > 0) {
      const { lost } = yield* storage.write(ended, starting, now)
      counts.add(ended, starting)
      for (const one of ended) finish(one, now)
      for (const task of lost) task.isLost = true
      for (const one of starting) begin(one)
    }
    for (const task of tasks) if (isEnding(task)) task.pending = []
    const over = tasks.filter(({ inFlight, pending }) => pending.length === 0 && inFlight.size === 0)
    if (over.length > 0) yield* counts.report
    for (const task of over) end(task)
    return finished.length > 0
  })

  const loop = Effect.gen(function* () {
    while (true) {
      // Resumes in the next turn of the event loop, so calls that end in the same turn share a commit.
      yield* latch.await
      while (yield* round) yield* Effect.yieldNow
    }
  })

  yield* Effect.forkScoped(loop)
  // Held jobs are looked at again even if nothing happens.
  yield* Effect.forkScoped(
    Effect.forever(
      Effect.andThen(
        Effect.sleep(250),
        Effect.suspend(() => {
          latch.openUnsafe()
          return counts.report
        })
      )
    )
  )
  yield* Effect.addFinalizer(() => counts.report)

  const interruptCalls = (some: ReadonlyArray<Task>): Effect.Effect<void> =>
    Effect.flatMap(
      Effect.sync(() => {
        for (const task of some) interrupted.add(task)
        return some.flatMap((task) => [...task.inFlight.values()].filter((fiber) => fiber !== undefined))
      }),
      Fiber.interruptAll
    )

  /** Sends nothing more of these chunks, and waits for what is in flight. */
  const stop = (some: ReadonlyArray<Task>): Effect.Effect<void> =>
    Effect.suspend(() => {
      for (const task of some) task.pending = []
      latch.openUnsafe()
      const over = Effect.forEach(some, (task) => idle(task.handle.id, task.chunk), { discard: true })
      return Effect.flatMap(Effect.timeoutOption(over, grace), (ended) =>
        ended._tag === "Some"
          ? Effect.void
          : Effect.andThen(
              interruptCalls(some),
              Effect.sync(() => {
                for (const task of some) {
                  inFlight -= task.inFlight.size
                  task.handle.inFlight -= task.inFlight.size
                  task.inFlight.clear()
                  end(task)
                }
              })
            )
      )
    })

  const idle = (jobId: number, chunk: number): Effect.Effect<void> =>
    Effect.callback<void>((resume) => {
      if (!tasks.some((task) => task.handle.id === jobId && task.chunk === chunk)) return resume(Effect.void)
      const key = keyOf(jobId, chunk)
      waiting.set(key, [...(waiting.get(key) ?? []), () => resume(Effect.void)])
    })

  return {
    run: ({ items, ...chunk }) =>
      Effect.suspend(() => {
        const done = Deferred.makeUnsafe<void>()
        const task: Task = {
          ...chunk,
          pending: [...items],
          inFlight: new Map(),
          isLost: false,
          done: () => Deferred.doneUnsafe(done, Effect.void)
        }
        tasks.push(task)
        latch.openUnsafe()
        return Effect.onInterrupt(Deferred.await(done), () => stop([task]))
      }),
    idle,
    wake: Effect.sync(() => latch.openUnsafe()),
    announce: Effect.asVoid(news.release),
    newsWithin: (longest) => Effect.asVoid(Effect.timeoutOption(news.await, longest)),
    close: (handles) =>
      Effect.suspend(() => {
        for (const handle of handles) handle.isClosing = true
        return stop(tasks.filter(({ handle }) => handles.has(handle)))
      }),
    storageProblem: storage.problem,
    heldJobs: (now) => [
      ...new Set(
        tasks
          .map(({ handle }) => handle)
          .filter(({ heldSince }) => heldSince !== undefined && now - heldSince > patienceMillis)
      )
    ]
  }
})

/** Tells the worker of this process, if there is one, that the state of a job has changed. */
export const announce: Effect.Effect<void> = /*#__PURE__*/ Effect.flatMap(
  /*#__PURE__*/ Effect.serviceOption(Dispatcher),
  (worker) => (worker._tag === "Some" ? worker.value.announce : Effect.void)
)

/** Waits, but not after this process has changed the state of a job. In milliseconds. */
export const sleepUntilNews = (longest: number): Effect.Effect<void> =>
  Effect.flatMap(Effect.serviceOption(Dispatcher), (worker) =>
    worker._tag === "Some" ? worker.value.newsWithin(longest) : Effect.sleep(longest)
  )

/** One dispatcher a process: all workers of a layer share it. */
export const layer: Layer.Layer<Dispatcher, never, SqlClient.SqlClient> = /*#__PURE__*/ Layer.effect(Dispatcher, make)
