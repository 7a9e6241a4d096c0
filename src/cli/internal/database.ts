/** The jobs of a file, for commands that do not work on them. */
import { existsSync } from "node:fs"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as SqlClient from "effect/sql/SqlClient"
import * as Bulk from "../../jobs/Bulk.ts"
import * as NodeBulk from "../../jobs/NodeBulk.ts"
import { UsageError } from "./runTask.ts"

/** Opens the file of jobs, which has to be there. */
export const layerDatabase = (filename: string) =>
  Layer.unwrap(
    Effect.suspend(() =>
      existsSync(filename)
        ? Effect.succeed(NodeBulk.layerControl({ filename }))
        : Effect.fail(
            new UsageError({ message: `There is no file ${filename}: --db names the file of \`llmfx bulk run\`` })
          )
    )
  )

/** The job of this name, or the only one. */
export const jobOf = (
  job: string | undefined
): Effect.Effect<Bulk.Progress, UsageError | Bulk.BulkNotFoundError | Bulk.BulkStorageError, SqlClient.SqlClient> =>
  job !== undefined
    ? Bulk.progress(job)
    : Effect.flatMap(Bulk.list, (jobs) => {
        const [only] = jobs
        if (only !== undefined && jobs.length === 1) return Effect.succeed(only)
        return Effect.fail(
          new UsageError({
            message:
              only === undefined
                ? "The file has no jobs"
                : `The file has ${jobs.length} jobs: name one, such as "${only.job}"`
          })
        )
      })
