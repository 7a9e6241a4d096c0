/**
 * Calls the three APIs under faults for a while and reports the outcome.
 *
 *     npm run soak -- --minutes 2 --seed 1
 *
 * The emulator runs in its own process, so memory, sockets and timers are the client's. Exits with 1 if anything
 * happened that must not.
 */
import { spawn } from "node:child_process"
import { dirname, join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { parseArgs } from "node:util"
import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"
import * as Effect from "effect/Effect"
import { type Counts, soak } from "./soak.ts"

const text = { type: "string" } as const
const { values } = parseArgs({
  options: { minutes: text, seed: text, concurrency: text, help: { type: "boolean", default: false } }
})
if (values.help) {
  console.log(`npm run soak -- [--minutes 2] [--seed 1] [--concurrency 64]

Calls the emulator of the three APIs for some minutes on a bad network: broken and silent connections, statuses, pages
in place of answers, keep-alives, late errors, streams and tool calls that are cut, and events after the end. Every call
has to end with its right answer or a typed error, no tool may run with arguments that were cut, and nothing may be left
over. The same seed draws the same faults.`)
  process.exit(0)
}
const minutes = Number(values.minutes ?? 2)
const seed = Number(values.seed ?? 1)
const concurrency = Number(values.concurrency ?? 64)

const violations: Array<string> = []
process.on("unhandledRejection", (error) => violations.push(`unhandled rejection: ${String(error)}`))
process.on("uncaughtException", (error) => violations.push(`uncaught exception: ${error.stack ?? String(error)}`))
process.on("warning", (warning) => {
  if (warning.name === "MaxListenersExceededWarning") violations.push(`leaked listeners: ${warning.message}`)
})

setFlagsFromString("--expose-gc")
const collect = runInNewContext("gc") as () => void
const heap = (): number => {
  collect()
  return process.memoryUsage().heapUsed / 2 ** 20
}

const root = join(dirname(process.argv[1] ?? ""), "../..")
const emulator = spawn(
  process.execPath,
  [
    "scripts/run.mjs",
    "src/cli/NodeEmulatorMain.ts",
    ...["--requests-per-minute", "1000000000", "--job-duration", "100 millis", "--capacity", "5000"]
  ],
  { cwd: root, stdio: ["ignore", "pipe", "inherit"] }
)
process.on("exit", () => emulator.kill())

const baseUrls = await new Promise<{ openai: string; anthropic: string; coze: string }>((resolve, reject) => {
  let printed = ""
  emulator.once("exit", (code) => reject(new Error(`the emulator ended with ${code}`)))
  emulator.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    printed += chunk
    const url = (name: string): string | undefined => new RegExp(`^${name}=(.+)$`, "m").exec(printed)?.[1]
    const [openai, anthropic, coze] = [url("OPENAI_BASE_URL"), url("ANTHROPIC_BASE_URL"), url("COZE_API_BASE")]
    if (openai !== undefined && anthropic !== undefined && coze !== undefined) resolve({ openai, anthropic, coze })
  })
})

/** Sockets and timers that keep this process alive. */
const resources = (): Counts => {
  const counts: Counts = {}
  for (const name of process.getActiveResourcesInfo()) {
    if (/TCPSocketWrap|Timeout|Immediate/.test(name)) counts[name] = (counts[name] ?? 0) + 1
  }
  return counts
}

// A warm-up: caches fill and code is compiled.
await Effect.runPromise(soak({ duration: 3000, seed: seed + 1000, concurrency, baseUrls }))
const heaps = [heap()]
const started = performance.now()
const rounds = Math.max(2, Math.ceil(minutes * 4))
const total = { calls: {} as Counts, failures: {} as Counts, faults: {} as Counts }
const sums = { succeeded: 0, interrupted: 0, events: 0, fibers: 0 }
const add = (into: Counts, from: Counts): void => {
  for (const [name, count] of Object.entries(from)) into[name] = (into[name] ?? 0) + count
}
for (let round = 0; round < rounds; round++) {
  const duration = (minutes * 60_000) / rounds
  const report = await Effect.runPromise(soak({ duration, seed: seed * 1_000_003 + round, concurrency, baseUrls }))
  add(total.calls, report.calls)
  add(total.failures, report.failures)
  add(total.faults, report.faults)
  sums.succeeded += report.succeeded
  sums.interrupted += report.interrupted
  sums.events += report.events
  sums.fibers += report.fibers
  violations.push(...report.violations)
  heaps.push(heap())
}
const elapsed = (performance.now() - started) / 1000

// Fetch closes idle connections after some seconds.
let left = resources()
for (let wait = 0; wait < 100 && Object.keys(left).length > 0; wait++) {
  await sleep(100)
  collect()
  left = resources()
  delete left["Timeout"]
}

const number = (counts: Counts): number => Object.values(counts).reduce((sum, count) => sum + count, 0)
const listed = (counts: Counts): string =>
  Object.entries(counts)
    .sort(([, a], [, b]) => b - a)
    .map(([name, count]) => `${count} ${name}`)
    .join(", ")

const [first = 0] = heaps
const growth = Math.max(...heaps.slice(-2)) - first
if (growth > Math.max(8, first * 0.15)) {
  violations.push(`memory grew: ${heaps.map((size) => size.toFixed(1)).join(" → ")} MB`)
}
if (sums.fibers !== 0) violations.push(`${sums.fibers} fibers did not end`)
if (number(left) > 0) violations.push(`left over: ${listed(left)}`)
const calls = number(total.calls)
const ends = sums.succeeded + sums.interrupted + number(total.failures)
if (ends + violations.filter((violation) => violation.startsWith("call ")).length !== calls) {
  violations.push(`${calls} calls were made, but ${ends} ended`)
}

console.log(`seed ${seed}, ${concurrency} at a time, ${elapsed.toFixed(1)} s, ${Math.round(calls / elapsed)} calls/s`)
console.log(
  `${calls} calls: ${sums.succeeded} succeeded, ${sums.interrupted} interrupted, ${number(total.failures)} failed`
)
console.log(`  ${listed(total.calls)}`)
console.log(`errors: ${listed(total.failures)}`)
console.log(`${number(total.faults)} faults: ${listed(total.faults)}`)
console.log(`${sums.events} stream events, ${sums.fibers} fibers left, ${number(left)} sockets or timers left`)
console.log(`heap after collection: ${heaps.map((size) => size.toFixed(1)).join(" → ")} MB`)
for (const violation of violations.slice(0, 20)) console.log(`VIOLATION ${violation}`)
console.log(violations.length === 0 ? "nothing went wrong" : `${violations.length} violations`)
process.exit(violations.length === 0 ? 0 : 1)
