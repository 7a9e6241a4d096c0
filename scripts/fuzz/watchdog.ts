/** Ends the process if it does not answer any more: what holds the event loop cannot be stopped from within. */
import { Worker } from "node:worker_threads"

const code = `
const { workerData } = require("node:worker_threads")
let last = -1, since = Date.now()
setInterval(() => {
  const now = Atomics.load(workerData.beats, 0)
  if (now !== last) { last = now; since = Date.now() }
  if (Date.now() - since < workerData.limit) return
  require("node:fs").writeSync(2, "seed " + Atomics.load(workerData.beats, 1) + ": the event loop stands still\\n")
  process.kill(process.pid, "SIGKILL")
}, 500)
`

/** Returns what to call before each run, with its seed. A run that takes longer than `limit`, in ms, ends the process. */
export const startWatchdog = (limit: number): ((seed: number) => void) => {
  const beats = new Int32Array(new SharedArrayBuffer(8))
  new Worker(code, { eval: true, workerData: { beats, limit } }).unref()
  return (seed) => {
    Atomics.store(beats, 1, seed)
    Atomics.add(beats, 0, 1)
  }
}
