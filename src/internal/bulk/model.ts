/** Types that the parts of a worker share. */
import type * as Fiber from "effect/Fiber"

/** An input of a chunk, as it is stored: its place in the job, its custom id, and its JSON. */
export type StoredInput = readonly [seq: number, customId: string, input: unknown]

/** An input that has to be sent. */
export interface Item {
  readonly seq: number
  readonly customId: string
  readonly input: unknown
  /** How many attempts have failed before. */
  readonly attempts: number
  /** Whether a result of an earlier round stands in the table and is replaced. */
  readonly isAgain: boolean
  /** Whether it may have been sent before, by a process that died. */
  readonly mayBeResent: boolean
}

/** Usage of a call. */
export interface Spent {
  readonly input: number
  readonly cached: number
  readonly output: number
  readonly cost: number
  /** Whether a model has no price. */
  readonly unpriced: boolean
}

/** A call that has ended. */
export interface Outcome {
  readonly state: "succeeded" | "failed"
  /** JSON: of the value, or of the error. */
  readonly value: string
  readonly reason: string | undefined
  readonly isRetryable: boolean
  readonly spent: Spent | undefined
  /** How often the API has answered that the limit of requests is reached. */
  readonly limited: number
}

/** The call cannot be made now, and nothing was sent. */
export interface NotSent {
  readonly state: "notSent"
  readonly message: string
}

/** A job that this process works on. */
export interface JobHandle {
  readonly id: number
  readonly job: string
  readonly rounds: number
  readonly concurrency: number
  priority: number
  inFlight: number
  /** Whether the job is no longer running: then nothing more is sent. */
  isStopped: boolean
  /** Whether the process ends: then nothing more is sent, and the next one goes on. */
  isClosing: boolean
  /** Until when nothing is sent, in milliseconds, because the limiter does not answer. */
  heldUntil: number
  /** Since when the limiter has not answered. */
  heldSince: number | undefined
  heldBecause: string
}

/** Begins a call; its fiber ends with the call, which `end` is told first. */
export type StartCall = (item: Item, end: (outcome: Outcome | NotSent) => void) => Fiber.Fiber<unknown, unknown>

/** A chunk that is being worked on. */
export interface Task {
  readonly handle: JobHandle
  readonly chunk: number
  readonly owner: string
  readonly call: StartCall
  /** Inputs that are not sent yet, in order. */
  pending: Array<Item>
  /** The calls in flight by the input; `undefined` until the call has begun. */
  readonly inFlight: Map<number, Fiber.Fiber<unknown, unknown> | undefined>
  /** Whether another process has taken the chunk. */
  isLost: boolean
  readonly done: () => void
}

/** The end of a call, to be written. */
export interface Finished {
  readonly task: Task
  readonly item: Item
  readonly outcome: Outcome | NotSent
}

/** A call that begins with the commit that says so. */
export interface Starting {
  readonly task: Task
  readonly item: Item
}
