/** `llmfx bulk export`: writes the results that are there. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as Bulk from "../../jobs/Bulk.ts"
import { type Database, jobOf, layerDatabase } from "../internal/database.ts"
import { writerOf } from "../internal/files.ts"
import { runTask } from "../internal/runTask.ts"

export interface ExportOptions extends Database {
  readonly job: string | undefined
  readonly out: string | undefined
  readonly only: "succeeded" | "failed" | undefined
  readonly outFormat: "batch" | "plain"
}

/** Reads the results of any job as they are stored. */
const stored = Bulk.define("export", () => Effect.never, { success: Schema.Unknown })

export const exportResults = (options: ExportOptions, stop: AbortSignal): Promise<number> =>
  runTask(
    Effect.gen(function* () {
      const { job } = yield* jobOf(options.job)
      const write = yield* writerOf(options.out)
      const lines = Bulk.toJsonl(stored.results(job, { only: options.only }), { format: options.outFormat })
      yield* Stream.runForEachArray(lines, (some) => write(some.join("")))
      return 0
    }).pipe(Effect.scoped, Effect.provide(layerDatabase(options))),
    stop
  )
