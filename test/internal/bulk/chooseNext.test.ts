import { describe, expect, it } from "vitest"
import { chooseNext } from "../../../src/internal/bulk/chooseNext.ts"
import type { Finished, Item, JobHandle, Task } from "../../../src/internal/bulk/model.ts"

const handleOf = (job: string, given: Partial<JobHandle> = {}): JobHandle => ({
  id: 1,
  job,
  rounds: 1,
  concurrency: 10,
  priority: 0,
  inFlight: 0,
  isStopped: false,
  isClosing: false,
  heldUntil: 0,
  heldSince: undefined,
  heldBecause: "",
  ...given
})

const itemOf = (seq: number): Item => ({
  seq,
  customId: `${seq}`,
  input: {},
  attempts: 0,
  isAgain: false,
  mayBeResent: false
})

const taskOf = (handle: JobHandle, count: number, given: Partial<Task> = {}): Task => ({
  handle,
  chunk: 0,
  owner: "me",
  call: () => {
    throw new Error("nothing is called here")
  },
  pending: Array.from({ length: count }, (_, seq) => itemOf(seq)),
  inFlight: new Map(),
  isLost: false,
  done: () => {},
  ...given
})

const chosen = (tasks: ReadonlyArray<Task>, places: number, finished: ReadonlyArray<Finished> = [], now = 0) =>
  chooseNext(tasks, finished, places, now).map(({ item, task }) => `${task.handle.job}${task.chunk}:${item.seq}`)

describe("chooseNext", () => {
  it("gives all places to a job of a higher priority before the others get one", () => {
    const low = taskOf(handleOf("low"), 3)
    const high = taskOf(handleOf("high", { priority: 1 }), 2)
    expect(chosen([low, high], 3)).toEqual(["high0:0", "high0:1", "low0:0"])
  })

  it("lets jobs of the same priority take turns", () => {
    expect(chosen([taskOf(handleOf("a"), 3), taskOf(handleOf("b"), 2)], 4)).toEqual(["a0:0", "b0:0", "a0:1", "b0:1"])
  })

  it("empties the first chunk of a job before the next one", () => {
    const handle = handleOf("a")
    expect(chosen([taskOf(handle, 1), taskOf(handle, 2, { chunk: 1 })], 10)).toEqual(["a0:0", "a1:0", "a1:1"])
  })

  it("takes what it chooses out of the chunk", () => {
    const task = taskOf(handleOf("a"), 3)
    chosen([task], 2)
    expect(task.pending.map(({ seq }) => seq)).toEqual([2])
  })

  it("keeps to the concurrency of a job, in which calls that have just ended no longer count", () => {
    const task = taskOf(handleOf("a", { concurrency: 3, inFlight: 3 }), 5)
    const ended: Finished = { task, item: itemOf(9), outcome: { state: "notSent", message: "" } }
    expect(chosen([task], 10)).toEqual([])
    expect(chosen([task], 10, [ended, ended])).toEqual(["a0:0", "a0:1"])
  })

  it("tries one call at a time while the limiter does not answer", () => {
    expect(chosen([taskOf(handleOf("a", { heldSince: 0 }), 5)], 10)).toEqual(["a0:0"])
  })

  it.each<[string, Partial<JobHandle>, Partial<Task>]>([
    ["of a stopped job", { isStopped: true }, {}],
    ["of a process that ends", { isClosing: true }, {}],
    ["of a job that is held", { heldUntil: 1 }, {}],
    ["of a chunk that another process has taken", {}, { isLost: true }]
  ])("sends nothing %s", (_, handle, task) => {
    expect(chosen([taskOf(handleOf("a", handle), 2, task)], 10)).toEqual([])
  })
})
