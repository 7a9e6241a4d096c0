/** `llmfx bulk pause`, `resume`, `cancel` and `retry-failed`: change the state of a job. */
import * as Effect from "effect/Effect"
import * as Bulk from "../../jobs/Bulk.ts"
import { type Database, jobOf, layerDatabase } from "../internal/database.ts"
import { runTask } from "../internal/runTask.ts"

type Target = Database & { readonly job: string | undefined }

export type ControlOptions =
  | (Target & { readonly action: "pause" | "cancel" | "retry-failed" })
  | (Target & {
      readonly action: "resume"
      readonly budgetTokens: number | undefined
      readonly budgetUsd: number | undefined
      /** In milliseconds. */
      readonly deadline: number | undefined
    })

/** A command that lets a job go on does not work on it. */
const needsWorker = "If no `llmfx bulk run` works on it, run that command again."

export const controlJob = (options: ControlOptions, stop: AbortSignal): Promise<number> =>
  runTask(
    Effect.gen(function* () {
      const { failed, job } = yield* jobOf(options.job)
      console.log(yield* Effect.as(changing(job, options), saying(job, failed, options.action)))
      return 0
    }).pipe(Effect.provide(layerDatabase(options))),
    stop
  )

const changing = (job: string, options: ControlOptions) => {
  switch (options.action) {
    case "pause":
      return Bulk.pause(job)
    case "cancel":
      return Bulk.cancel(job)
    case "retry-failed":
      return Bulk.retryFailed(job)
    case "resume": {
      const { budgetTokens: tokens, budgetUsd: usd, deadline } = options
      const budget = tokens === undefined && usd === undefined ? undefined : { tokens, usd }
      return Bulk.resume(job, { budget, deadline })
    }
  }
}

const saying = (job: string, failed: number, action: ControlOptions["action"]): string => {
  switch (action) {
    case "pause":
      return `"${job}" is paused. Calls in flight end, and their results are stored.`
    case "cancel":
      return `"${job}" is canceled. Calls in flight end, and their results are stored.`
    case "resume":
      return `"${job}" goes on. ${needsWorker}`
    case "retry-failed":
      return `${failed} failed inputs of "${job}" are sent again. ${needsWorker}`
  }
}
