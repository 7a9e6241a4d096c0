import { join } from "node:path"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import * as SqlClient from "effect/sql/SqlClient"
import * as Bulk from "llmfx/jobs/Bulk"
import * as NodeBulk from "llmfx/jobs/NodeBulk"
import * as NodeSqlite from "llmfx/jobs/NodeSqlite"
import { migrateBy, migrations } from "../../../src/internal/bulk/tables.ts"
import { folder, numbers, resultsIn, worker } from "../../bulk/support.ts"

const bulk = Bulk.define("double", (input: number) => Effect.succeed({ double: input * 2 }), {
  success: Schema.Struct({ double: Schema.Number })
})

/** A version that is newer than this one by a column. */
const newer = [
  ...migrations,
  [
    1000,
    "note",
    Effect.succeed(
      Effect.flatMap(
        SqlClient.SqlClient,
        (sql) => sql`ALTER TABLE llmfx_bulk_jobs ADD COLUMN note TEXT NOT NULL DEFAULT 'none'`
      )
    )
  ]
] as const

const using = (filename: string) => Effect.provide(Layer.fresh(NodeSqlite.layer({ filename })))

describe("the tables of jobs", () => {
  it.live("of an older version are brought up to date once, and their jobs go on", () =>
    Effect.gen(function* () {
      const filename = join(yield* folder, "jobs.db")
      yield* Effect.provide(bulk.submit("a", numbers(20)), Layer.fresh(NodeBulk.layerControl({ filename })))
      const rows = yield* Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        yield* migrateBy(newer)
        yield* migrateBy(newer)
        return yield* sql<{
          readonly job: string
          readonly note: string
          readonly total: number
        }>`SELECT job, note, total
          FROM llmfx_bulk_jobs`
      }).pipe(using(filename))
      expect(rows).toEqual([{ job: "a", note: "none", total: 20 }])
      yield* using(filename)(
        Effect.flatMap(SqlClient.SqlClient, (sql) => sql`DELETE FROM llmfx_bulk_migrations WHERE migration_id = 1000`)
      )
      const results = yield* Effect.provide(resultsIn(bulk.run("a", numbers(20))), worker(bulk, filename))
      expect(results).toHaveLength(20)
    })
  )

  it.live("of a newer version are refused", () =>
    Effect.gen(function* () {
      const filename = join(yield* folder, "jobs.db")
      yield* using(filename)(migrateBy(newer))
      const error = yield* Effect.flip(Effect.provide(Bulk.list, Layer.fresh(NodeBulk.layerControl({ filename }))))
      expect(error).toMatchObject({ _tag: "BulkStorageError" })
      expect(error.message).toContain("newer version")
    })
  )
})
