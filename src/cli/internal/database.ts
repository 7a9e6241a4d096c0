/** The database of jobs: a file, or Postgres. */
import { existsSync } from "node:fs"
import type { ConfigError } from "effect/Config"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import type * as SqlClient from "effect/sql/SqlClient"
import * as Bulk from "../../jobs/Bulk.ts"
import * as NodeBulk from "../../jobs/NodeBulk.ts"
import type { SqliteError } from "../../jobs/NodeSqlite.ts"
import { UsageError } from "./runTask.ts"

/** The flags that name the database. */
export interface Database {
  readonly db: string | undefined
  readonly postgres: string | undefined
}

/** The database of a command: a file, or a cluster on Postgres. */
type Place =
  | { readonly _tag: "File"; readonly filename: string }
  | { readonly _tag: "Postgres"; readonly url: Redacted.Redacted<string> }

/** Why jobs cannot be opened. */
type Unavailable = UsageError | SqliteError | NodeBulk.ClusterError | Bulk.BulkStorageError | ConfigError

/** A file or a URL; the URL may also come from the environment, as it has a password. */
const placeOf = ({ db, postgres }: Database): Effect.Effect<Place, UsageError> => {
  if (db !== undefined && postgres !== undefined) {
    return Effect.fail(new UsageError({ message: "Jobs are in --db or in --postgres: give one of them" }))
  }
  if (db !== undefined) return Effect.succeed({ _tag: "File", filename: db })
  const url = postgres ?? process.env["LLMFX_POSTGRES_URL"]
  return url === undefined || url === ""
    ? Effect.fail(
        new UsageError({
          message: "Where are the jobs? Give --db <file>, or --postgres <url>, or set LLMFX_POSTGRES_URL"
        })
      )
    : Effect.succeed({ _tag: "Postgres", url: Redacted.make(url) })
}

/** Opens the jobs, which have to be there. */
export const layerDatabase = (database: Database): Layer.Layer<SqlClient.SqlClient, Unavailable> =>
  Layer.unwrap(
    Effect.flatMap(
      placeOf(database),
      (place): Effect.Effect<Layer.Layer<SqlClient.SqlClient, Unavailable>, UsageError> => {
        if (place._tag === "Postgres") {
          return Effect.succeed(NodeBulk.layerClusterControl({ postgres: { url: place.url } }))
        }
        const { filename } = place
        return existsSync(filename)
          ? Effect.succeed(NodeBulk.layerControl({ filename }))
          : Effect.fail(
              new UsageError({ message: `There is no file ${filename}: --db names the file of \`llmfx bulk run\`` })
            )
      }
    )
  )

/** How a process works on jobs. */
export interface WorkerOptions extends Database {
  readonly redis: string | undefined
  readonly host: string | undefined
  readonly port: number | undefined
  readonly concurrency: number | undefined
}

/** Services to work on jobs: of this process alone, or together with others. */
export const layerWorker = (options: WorkerOptions): Layer.Layer<NodeBulk.Services, Unavailable> =>
  Layer.unwrap(
    Effect.map(placeOf(options), (place): Layer.Layer<NodeBulk.Services, Unavailable> => {
      const { concurrency, host, port } = options
      if (place._tag === "File") return NodeBulk.layerLocal({ filename: place.filename, concurrency })
      const redis = options.redis ?? process.env["LLMFX_REDIS_URL"]
      return NodeBulk.layerCluster({
        postgres: { url: place.url },
        redis: redis === undefined || redis === "" ? undefined : { url: redis },
        runner:
          host === undefined && port === undefined ? undefined : { host: host ?? "127.0.0.1", port: port ?? 34431 },
        concurrency
      })
    })
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
                ? "There are no jobs"
                : `There are ${jobs.length} jobs: name one, such as "${only.job}"`
          })
        )
      })
