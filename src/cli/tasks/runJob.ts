/** `llmfx bulk run`: calls an endpoint for each line of a file. */
import { createReadStream, existsSync } from "node:fs"
import { basename } from "node:path"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { messageOf } from "../../internal/errors/messageOf.ts"
import { isObject } from "../../internal/json/json.ts"
import * as Bulk from "../../jobs/Bulk.ts"
import type * as Usage from "../../telemetry/Usage.ts"
import type { Place } from "../internal/clients.ts"
import { layerWorker, type WorkerOptions } from "../internal/database.ts"
import { findJob } from "../internal/endpoints.ts"
import { readJson, type Write, writerOf } from "../internal/files.ts"
import { runTask, UsageError } from "../internal/runTask.ts"
import { type Display, makeDisplay } from "../internal/showProgress.ts"

export interface RunOptions extends WorkerOptions, Place {
  readonly input: string
  readonly endpoint: string
  readonly out: string | undefined
  readonly job: string | undefined
  readonly template: string | undefined
  readonly inFormat: "jsonl" | "csv" | undefined
  readonly idFrom: string | undefined
  readonly rejects: string | undefined
  readonly outFormat: "batch" | "plain"
  readonly requestsPerMinute: number | undefined
  readonly tokensPerMinute: number | undefined
  readonly rounds: number | undefined
  readonly prices: string | undefined
  readonly budgetTokens: number | undefined
  readonly budgetUsd: number | undefined
  /** In milliseconds. */
  readonly deadline: number | undefined
  readonly dedupe: boolean
  readonly batch: boolean
}

/** Rejected lines that are shown; the others are only in their file. */
const mostShown = 10

export const runJob = async (options: RunOptions, stop: AbortSignal): Promise<number> => {
  const display = makeDisplay()
  let last: Bulk.Progress | undefined
  const sayStopping = () => display.say("Stopping: calls in flight end first. Ctrl-C again ends at once.")
  stop.addEventListener("abort", sayStopping)
  const code = await runTask(
    program(options, display, (progress) => {
      last = progress
    }).pipe(Effect.ensuring(Effect.sync(display.end))),
    stop
  )
  if (stop.aborted && last?.state === "running") console.error("Stopped. The same command again goes on.")
  return code
}

const program = (
  options: RunOptions,
  display: Display,
  onProgress: (progress: Bulk.Progress) => void
): Effect.Effect<number, unknown> =>
  Effect.gen(function* () {
    const job = yield* jobOf(options)
    const rejects = yield* rejectsOf(options, display)
    const requests = yield* inputsOf(options, rejects.add)
    const write = yield* writerOf(options.out)
    const name = options.job ?? basename(options.input)
    let final: Bulk.Progress | undefined
    const show = (event: Bulk.Event<unknown>) => {
      if (event._tag === "Submitted") display.say(submittedLine(event))
      if (event._tag !== "Progress") return
      final = event
      onProgress(event)
      display.show(event)
    }
    const budget = { tokens: options.budgetTokens, usd: options.budgetUsd }
    const lines = job.run(name, requests, { budget, deadline: options.deadline }).pipe(
      Stream.tap((event) => Effect.sync(() => show(event))),
      Stream.filter(isResult),
      (results) => Bulk.toJsonl(results, { format: options.outFormat })
    )
    yield* Stream.runForEachArray(lines, (some) => write(some.join(""))).pipe(
      Effect.provide(Layer.provideMerge(job.layer, layerWorker(options)))
    )
    display.end()
    if (final !== undefined && final.failed > 0) console.error(failuresLine(final, name, options.db))
    if (rejects.count() > 0) console.error(`Broken lines that were left out: ${rejects.count()}, in ${rejects.path}`)
    return final?.failed === 0 && rejects.count() === 0 ? 0 : 1
  }).pipe(Effect.scoped)

/** Returns the job that the options describe; fails if they do not fit together. */
const jobOf = Effect.fnUntraced(function* (options: RunOptions) {
  if (!existsSync(options.input)) {
    return yield* new UsageError({ message: `There is no file ${options.input} to read inputs from` })
  }
  const prices = options.prices === undefined ? undefined : yield* pricesIn(options.prices)
  if (options.budgetUsd !== undefined && prices === undefined) {
    return yield* new UsageError({ message: "--budget-usd needs --prices, which say what tokens cost" })
  }
  const { concurrency, dedupe, endpoint, requestsPerMinute: requests, rounds, tokensPerMinute: tokens } = options
  const limits = { ...(requests && { requests }), ...(tokens && { tokens }) }
  return yield* findJob(endpoint, { concurrency, rounds, prices, dedupe, limits: { limits } }, options)
})

const failuresLine = ({ failed, failures, total }: Bulk.Progress, name: string, db: string | undefined): string => {
  const kinds = Object.entries(failures).map(([reason, count]) => `${reason} ${count}`)
  const again = `llmfx bulk retry-failed ${quoted(name)}${db === undefined ? "" : ` --db ${quoted(db)}`}`
  return `${failed} of ${total} failed (${kinds.join(", ")}). To send them again: ${again}, then the same command.`
}

const quoted = (text: string): string => (/^[\w./-]+$/.test(text) ? text : JSON.stringify(text))

const isResult = (event: Bulk.Event<unknown>): event is Bulk.Result<unknown> =>
  event._tag === "Succeeded" || event._tag === "Failed"

const submittedLine = ({ isNew, job, requests }: Bulk.Submitted): string =>
  `${isNew ? "Job" : "Going on with job"} "${job}": ${requests} inputs`

interface Rejects {
  readonly path: string
  readonly count: () => number
  readonly add: (reject: Bulk.Reject) => Effect.Effect<void, UsageError>
}

/** Opens the file for rejected lines when the first comes. */
const rejectsOf = (options: RunOptions, display: Display): Effect.Effect<Rejects, never, Scope.Scope> =>
  Effect.map(Effect.scope, (scope) => {
    const path = options.rejects ?? `${options.input}.rejects.jsonl`
    let count = 0
    let write: Write | undefined
    return {
      path,
      count: () => count,
      add: (reject) =>
        Effect.gen(function* () {
          count++
          if (count <= mostShown) display.say(`Line ${reject.line} ${reject.message}`)
          write ??= yield* Scope.provide(writerOf(path), scope)
          yield* write(`${JSON.stringify({ line: reject.line, message: reject.message, text: reject.text })}\n`)
        })
    }
  })

const inputsOf = (options: RunOptions, onReject: Rejects["add"]) =>
  Effect.gen(function* () {
    const { idFrom, input } = options
    const format = options.inFormat ?? (/\.csv$/i.test(input) ? "csv" : "jsonl")
    const template = options.template === undefined ? undefined : yield* templateIn(options.template)
    if (format === "csv" && template === undefined) {
      return yield* new UsageError({
        message: `CSV needs --template, such as '{"model":"gpt-5.4-mini","input":"Describe {{city}}."}'`
      })
    }
    const bytes = Stream.fromAsyncIterable<Uint8Array, UsageError>(
      createReadStream(input),
      (thrown) => new UsageError({ message: `${input} cannot be read: ${messageOf(thrown)}` })
    )
    return Bulk.fromJsonl<object, UsageError, never, UsageError, never>(bytes, { format, template, idFrom, onReject })
  })

const templateIn = (given: string): Effect.Effect<unknown, UsageError> =>
  given.trimStart().startsWith("{")
    ? Effect.try({
        try: () => JSON.parse(given) as unknown,
        catch: (thrown) => new UsageError({ message: `--template is not JSON: ${messageOf(thrown)}` })
      })
    : readJson(given)

const pricesIn = (path: string): Effect.Effect<Usage.Prices, UsageError> =>
  Effect.flatMap(readJson(path), (json) =>
    isPrices(json)
      ? Effect.succeed(json)
      : Effect.fail(
          new UsageError({
            message: `${path} does not have prices by model, such as { "gpt-5.4": { "input": 2, "output": 10 } }`
          })
        )
  )

const isPrices = (json: unknown): json is Usage.Prices =>
  isObject(json) &&
  Object.values(json).every(
    (price) => isObject(price) && typeof price["input"] === "number" && typeof price["output"] === "number"
  )
