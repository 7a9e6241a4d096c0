/** Runs many calls at once on a bad network. Each must succeed or fail with a typed error, and leave nothing behind. */
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as Layer from "effect/Layer"
import * as Metric from "effect/Metric"
import * as Redacted from "effect/Redacted"
import * as Schedule from "effect/Schedule"
import { ApiError, RetryPolicy, type Timeouts } from "llmfx"
import { Anthropic } from "llmfx/anthropic"
import { Coze } from "llmfx/coze"
import { OpenAi } from "llmfx/openai"
import { Faults } from "llmfx/testing"
import { hashOf, makeRandom } from "../../src/testing/internal/random.ts"
import { calls, through, WrongAnswer } from "./calls.ts"
import { draw } from "./faults.ts"

export interface Options {
  /** In milliseconds. */
  readonly duration: number
  /** Ends the run early, after this many calls have succeeded. */
  readonly enough?: number | undefined
  readonly seed: number
  readonly concurrency: number
  readonly baseUrls: { readonly openai: string; readonly anthropic: string; readonly coze: string }
  /** Multiplies the timeouts, for a machine that is busy. Default: 1. */
  readonly patience?: number | undefined
  /** Called from time to time with the number of calls so far. */
  readonly onProgress?: ((calls: number) => void) | undefined
}

/** Counts by name. */
export type Counts = { [name: string]: number }

export interface Report {
  readonly calls: Counts
  readonly succeeded: number
  readonly interrupted: number
  /** Errors by reason. */
  readonly failures: Counts
  /** Faults that hit a request. */
  readonly faults: Counts
  readonly events: number
  /** Events that must not happen, but did. */
  readonly violations: ReadonlyArray<string>
  /** Fibers that the program started and that have not ended. */
  readonly fibers: number
}

const count = (counts: Counts, name: string): void => {
  counts[name] = (counts[name] ?? 0) + 1
}

const timeoutsOf = (patience: number): Timeouts.Timeouts => ({
  headers: 700 * patience,
  body: 900 * patience,
  firstEvent: 900 * patience,
  idle: 700 * patience,
  total: 8000 * patience
})

const retry = RetryPolicy.set(RetryPolicy.official, {
  schedule: Schedule.exponential("10 millis"),
  serverHint: { max: "200 millis", beyond: "clamp", acceptZero: true }
})

const services = ({ baseUrls: { anthropic, coze, openai }, patience }: Options) => {
  const timeouts = timeoutsOf(patience ?? 1)
  const key = Redacted.make("soak-test-key")
  return Layer.mergeAll(
    OpenAi.layer({ apiKey: key, baseUrl: openai, retry, timeouts }),
    Anthropic.layer({ apiKey: key, baseUrl: anthropic, retry, timeouts }),
    Coze.layer({ token: key, baseUrl: coze, retry, timeouts })
  ).pipe(Layer.provide(FetchHttpClient.layer))
}

/** Faults that no client can notice: a repeated event, or other bytes where any bytes are valid. */
const isUndetectable = (call: string, fault: string): boolean =>
  fault === "duplicate event" || (call === "openai files" && (fault === "html" || fault === "truncate"))

/** Names the failure of a call, if a fault explains it. */
const expectedFailure = (
  cause: Cause.Cause<unknown>,
  call: string,
  hits: ReadonlyArray<{ readonly fault: string }>
): string | undefined => {
  const error = Cause.squash(cause)
  const undetectable = hits.find(({ fault }) => isUndetectable(call, fault))
  if (error instanceof WrongAnswer && undetectable !== undefined) return `undetectable ${undetectable.fault}`
  return ApiError.isApiError(error) && !Cause.hasDies(cause) ? error.reason._tag : undefined
}

/** Runs calls until the time is over or enough have succeeded. */
export const soak = (options: Options): Effect.Effect<Report> =>
  Effect.gen(function* () {
    const report = { calls: {} as Counts, succeeded: 0, interrupted: 0, failures: {} as Counts, faults: {} as Counts }
    const violations: Array<string> = []
    let events = 0
    let number = 0
    let fibers = 0
    const names = Object.keys(calls)
    const enough = options.enough ?? Number.POSITIVE_INFINITY
    const end = (yield* Clock.currentTimeMillis) + options.duration

    const one = Effect.gen(function* () {
      const id = ++number
      if (id % 2000 === 0) options.onProgress?.(id)
      const random = makeRandom(hashOf(`${options.seed} ${id}`))
      const name = names[random.below(names.length)] ?? ""
      const call = calls[name]
      if (call === undefined) return
      count(report.calls, name)
      const patience = random.next() < 0.1 ? random.below(40) : undefined
      const faults = yield* Faults.make(Faults.seeded({ seed: random.below(2 ** 31), rate: 0.3, draw }))
      const program = through(
        call(`s${options.seed}n${id}`, () => events++),
        faults.transform
      )
      const exit = yield* Effect.exit(
        patience === undefined ? Effect.asSome(program) : Effect.timeoutOption(program, patience)
      )
      const hits = yield* faults.report
      for (const { fault } of hits) count(report.faults, fault)
      if (Exit.isSuccess(exit)) {
        if (exit.value._tag === "Some") report.succeeded++
        else report.interrupted++
        return
      }
      const expected = expectedFailure(exit.cause, name, hits)
      if (expected !== undefined) count(report.failures, expected)
      else violations.push(`call ${id} (${name}): ${Cause.pretty(exit.cause)}`)
    })

    const worker: Effect.Effect<void, never, OpenAi | Anthropic | Coze> = Effect.flatMap(
      Clock.currentTimeMillis,
      (now) => (now >= end || report.succeeded >= enough ? Effect.void : Effect.andThen(one, worker))
    )
    yield* Effect.all(
      Array.from({ length: options.concurrency }, () => worker),
      { concurrency: "unbounded", discard: true }
    ).pipe(
      Effect.provide(services(options)),
      Effect.orDie,
      Effect.provideService(Metric.FiberRuntimeMetrics, {
        recordFiberStart: () => {
          fibers++
        },
        recordFiberEnd: () => {
          fibers--
        }
      })
    )
    return { ...report, events, violations, fibers }
  })
