/**
 * Chooses which inputs are sent next. Jobs of the highest priority come first; jobs of the same priority take turns, each
 * with its first chunk first.
 */
import type { Finished, JobHandle, Starting, Task } from "./model.ts"

/** A job with something to send. */
interface Candidate {
  readonly priority: number
  /** Its chunks with inputs that are not sent yet, in order. */
  readonly queue: Array<Task>
  /** How many more calls of the job may be in flight. */
  places: number
}

/** Nothing more of the chunk is sent. */
export const isEnding = ({ handle, isLost }: Task): boolean => handle.isStopped || handle.isClosing || isLost

const isReady = (task: Task, now: number): boolean =>
  task.pending.length > 0 && !isEnding(task) && task.handle.heldUntil <= now

const candidatesOf = (
  tasks: ReadonlyArray<Task>,
  finished: ReadonlyArray<Finished>,
  now: number
): ReadonlyArray<Candidate> => {
  const ended = new Map<JobHandle, number>()
  for (const { task } of finished) ended.set(task.handle, (ended.get(task.handle) ?? 0) + 1)
  const candidates = new Map<JobHandle, Candidate>()
  for (const task of tasks) {
    if (!isReady(task, now)) continue
    const { handle } = task
    const known = candidates.get(handle)
    if (known !== undefined) {
      known.queue.push(task)
      continue
    }
    // While the limiter does not answer, one call at a time tries it.
    const most = handle.heldSince === undefined ? handle.concurrency : 1
    const places = most - handle.inFlight + (ended.get(handle) ?? 0)
    candidates.set(handle, { priority: handle.priority, queue: [task], places })
  }
  return [...candidates.values()]
}

/** Takes up to `most` inputs of a job, adds them to `starting`, and returns how many there were. */
const take = (candidate: Candidate, most: number, starting: Array<Starting>): number => {
  const wanted = Math.min(candidate.places, most)
  let taken = 0
  for (let task = candidate.queue[0]; task !== undefined && taken < wanted; task = candidate.queue[0]) {
    const items = task.pending.splice(0, wanted - taken)
    for (const item of items) starting.push({ task, item })
    taken += items.length
    if (task.pending.length === 0) candidate.queue.shift()
  }
  candidate.places -= taken
  return taken
}

const hasMore = ({ places, queue }: Candidate): boolean => places > 0 && queue.length > 0

/**
 * Returns the inputs to send now, and takes them out of their chunks. `finished` are calls that have ended and still
 * count as in flight.
 */
export const chooseNext = (
  tasks: ReadonlyArray<Task>,
  finished: ReadonlyArray<Finished>,
  places: number,
  now: number
): ReadonlyArray<Starting> => {
  const starting: Array<Starting> = []
  if (places <= 0) return starting
  const candidates = candidatesOf(tasks, finished, now)
  const priorities = [...new Set(candidates.map(({ priority }) => priority))].sort((a, b) => b - a)
  let free = places
  for (const priority of priorities) {
    let turn = candidates.filter((candidate) => candidate.priority === priority && hasMore(candidate))
    while (turn.length > 0 && free > 0) {
      // A job alone takes all places at once.
      const share = turn.length === 1 ? free : 1
      for (const candidate of turn) free -= take(candidate, Math.min(share, free), starting)
      turn = turn.filter(hasMore)
    }
  }
  return starting
}
