/**
 * Sends mutated traffic through the clients of all providers: node scripts/run.mjs scripts/fuzz/main.ts [--minutes 1] [--seed 1]
 * The emulator answers, and what it answers is changed on its way. Fails on a defect, a run that outlives its limit, a
 * secret in what can be printed, and a heap that grows. The seed of a finding repeats it.
 */
import { parseArgs } from "node:util"
import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import { RetryPolicy } from "llmfx"
import { Anthropic } from "llmfx/anthropic"
import { Coze } from "llmfx/coze"
import { OpenAi } from "llmfx/openai"
import { Emulator } from "llmfx/testing"
import { mutate, type Reply } from "./mutate.ts"
import { programs } from "./programs.ts"
import { makeRandom, type Random } from "./random.ts"
import { replies } from "./replies.ts"
import { startWatchdog } from "./watchdog.ts"

const { values } = parseArgs({
  options: { minutes: { type: "string", default: "1" }, seed: { type: "string", default: "1" } }
})
const key = "fuzz/KEY+0123456789=abcdef"
/** How long a run may take: a few calls of two seconds each, and what a busy machine adds. In milliseconds. */
const limit = 15_000
/** How much the heap may grow, in MB. */
const maxGrowth = 64
const secret = Redacted.make(key)
const common = { retry: RetryPolicy.none, timeouts: { total: "2 seconds" } } as const

const layer = Layer.mergeAll(
  OpenAi.layer({ apiKey: secret, ...common }),
  Anthropic.layer({ apiKey: secret, ...common }),
  Coze.layer({ token: secret, platform: "com", ...common })
)

const emulator = Emulator.webHandler({
  lenient: true,
  missing: "sample",
  jobDuration: 0,
  rateLimit: { window: "1 minute" },
  capacity: 100
})

/** The traffic of a run: each answer of the emulator, or a recorded one, with some changes. */
const answering =
  (random: Random): typeof fetch =>
  async (url, init) => {
    const reply = random.below(8) === 0 ? random.pick(replies) : await emulated(new Request(url, init))
    const { body, headers, status } = mutate(random, reply, key)
    return new Response(body as BodyInit, { status, headers })
  }

const emulated = async (request: Request): Promise<Reply> => {
  const response = await emulator(request)
  return { status: response.status, headers: Object.fromEntries(response.headers), body: await response.text() }
}

const printed = (error: unknown): string => {
  const all = [String(error), error instanceof Error ? (error.stack ?? "") : ""]
  all.push(JSON.stringify(error) ?? "")
  return all.join("\n")
}

/** The problem with how a run ended; `undefined` if nothing is. */
const problemOf = (exit: Exit.Exit<Option.Option<unknown>, unknown>): string | undefined => {
  if (Exit.isSuccess(exit)) return Option.isNone(exit.value) ? `it hangs for ${limit} ms` : undefined
  if (!exit.cause.reasons.every(Cause.isFailReason)) return `a defect: ${Cause.pretty(exit.cause).slice(0, 2000)}`
  const text = exit.cause.reasons.map((reason) => (Cause.isFailReason(reason) ? printed(reason.error) : "")).join("\n")
  if (text.includes(key) || text.includes("KEY+0123456789")) return `a secret is printed: ${text.slice(0, 1000)}`
  return text.length > 1_000_000 ? `${text.length} characters are printed` : undefined
}

setFlagsFromString("--expose-gc")
const collectGarbage: unknown = runInNewContext("gc")
const heap = (): number => {
  if (typeof collectGarbage === "function") collectGarbage()
  return Math.round(process.memoryUsage().heapUsed / 1024 / 1024)
}

const fail = (seed: number, problem: string): never => {
  console.error(`seed ${seed}: ${problem}`)
  process.exit(1)
}

const beat = startWatchdog(2 * limit)
const start = performance.now()
const time = Number(values.minutes) * 60_000
let seed = Number(values.seed)
let runs = 0
/** Once everything is loaded and compiled. */
let heapAtStart: number | undefined
while (performance.now() - start < time) {
  for (const [name, program] of Object.entries(programs)) {
    beat(seed)
    const began = performance.now()
    const exit = await Effect.runPromiseExit(
      program.pipe(
        Effect.timeoutOption(limit),
        Effect.provide(layer),
        Effect.provide(FetchHttpClient.layer),
        Effect.provideService(FetchHttpClient.Fetch, answering(makeRandom(seed)))
      )
    )
    const elapsed = Math.round(performance.now() - began)
    const problem = elapsed > limit ? `it took ${elapsed} ms` : problemOf(exit)
    if (problem !== undefined) fail(seed, `${name}: ${problem}`)
  }
  runs++
  seed++
  if (heapAtStart === undefined && performance.now() - start > time / 3) heapAtStart = heap()
}
const grown = heap() - (heapAtStart ?? 0)
if (heapAtStart !== undefined && grown > maxGrowth) fail(seed, `the heap has grown by ${grown} MB`)
console.log(`${runs * Object.keys(programs).length} runs, no finding; the heap grew by ${grown} MB`)
