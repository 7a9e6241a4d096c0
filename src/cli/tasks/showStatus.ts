/** `llmfx bulk status`: shows how far jobs are. */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as Bulk from "../../jobs/Bulk.ts"
import { type Database, jobOf, layerDatabase } from "../internal/database.ts"
import { runTask } from "../internal/runTask.ts"
import { makeDisplay, progressLine } from "../internal/showProgress.ts"

export interface StatusOptions extends Database {
  readonly job: string | undefined
  readonly json: boolean
  readonly watch: boolean
}

export const showStatus = (options: StatusOptions, stop: AbortSignal): Promise<number> =>
  runTask(
    (options.watch ? watch(options) : show(options)).pipe(Effect.as(0), Effect.provide(layerDatabase(options))),
    stop
  )

const show = ({ job, json }: StatusOptions) =>
  Effect.gen(function* () {
    const jobs = job === undefined ? yield* Bulk.list : [yield* jobOf(job)]
    if (jobs.length === 0 && !json) console.error("There are no jobs")
    for (const progress of jobs) console.log(json ? JSON.stringify(progress) : describe(progress))
  })

const watch = ({ job, json }: StatusOptions) =>
  Effect.gen(function* () {
    const { job: name } = yield* jobOf(job)
    const display = makeDisplay()
    yield* Stream.runForEach(Bulk.watch(name), (progress) =>
      Effect.sync(() => (json ? console.log(JSON.stringify(progress)) : display.show(progress)))
    ).pipe(Effect.ensuring(Effect.sync(display.end)))
  })

const describe = (progress: Bulk.Progress): string => {
  const { failures, job, name, reason, state } = progress
  const failed = Object.entries(failures).map(([kind, count]) => `  ${count} failed: ${kind}`)
  return [
    `${job} (${name}) ${state}${reason === undefined || state === "running" ? "" : `: ${reason.message}`}`,
    `  ${progressLine(progress)}`,
    ...failed
  ].join("\n")
}
