/** The tables of jobs. A change is a new migration: the ones before stay as they are. */
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Migrator from "effect/sql/Migrator"
import * as SqlClient from "effect/sql/SqlClient"
import type { SqlError } from "effect/sql/SqlError"

const first = Effect.flatMap(SqlClient.SqlClient, (sql) => {
  const serial = sql.onDialectOrElse({
    pg: () => sql.literal("INTEGER GENERATED ALWAYS AS IDENTITY PRIMARY KEY"),
    orElse: () => sql.literal("INTEGER PRIMARY KEY AUTOINCREMENT")
  })
  return Effect.all([
    sql`CREATE TABLE llmfx_bulk_jobs (
      id ${serial},
      job TEXT NOT NULL UNIQUE,
      name TEXT NOT NULL,
      definition TEXT NOT NULL,
      input_hash TEXT,
      state TEXT NOT NULL,
      reason TEXT,
      run INTEGER NOT NULL DEFAULT 1,
      total INTEGER NOT NULL DEFAULT 0,
      chunk_size INTEGER NOT NULL,
      duplicates INTEGER NOT NULL DEFAULT 0,
      duplicates_succeeded INTEGER NOT NULL DEFAULT 0,
      duplicates_failed INTEGER NOT NULL DEFAULT 0,
      priority INTEGER NOT NULL DEFAULT 0,
      options TEXT NOT NULL,
      tags TEXT NOT NULL,
      submitter TEXT,
      created_at DOUBLE PRECISION NOT NULL,
      resumed_at DOUBLE PRECISION,
      resumed_done INTEGER NOT NULL DEFAULT 0,
      finished_at DOUBLE PRECISION
    )`,
    // The inputs have a table of their own, because every commit writes to the chunks.
    sql`CREATE TABLE llmfx_bulk_inputs (
      job_id INTEGER NOT NULL,
      chunk INTEGER NOT NULL,
      inputs TEXT NOT NULL,
      PRIMARY KEY (job_id, chunk)
    )`,
    sql`CREATE TABLE llmfx_bulk_chunks (
      job_id INTEGER NOT NULL,
      chunk INTEGER NOT NULL,
      size INTEGER NOT NULL,
      owner TEXT,
      in_flight TEXT NOT NULL DEFAULT '[]',
      succeeded INTEGER NOT NULL DEFAULT 0,
      failed INTEGER NOT NULL DEFAULT 0,
      again INTEGER NOT NULL DEFAULT 0,
      sent INTEGER NOT NULL DEFAULT 0,
      resent INTEGER NOT NULL DEFAULT 0,
      limited INTEGER NOT NULL DEFAULT 0,
      input_tokens DOUBLE PRECISION NOT NULL DEFAULT 0,
      cached_tokens DOUBLE PRECISION NOT NULL DEFAULT 0,
      output_tokens DOUBLE PRECISION NOT NULL DEFAULT 0,
      cost DOUBLE PRECISION NOT NULL DEFAULT 0,
      unpriced INTEGER NOT NULL DEFAULT 0,
      batch TEXT,
      PRIMARY KEY (job_id, chunk)
    )`,
    sql`CREATE TABLE llmfx_bulk_results (
      job_id INTEGER NOT NULL,
      seq INTEGER NOT NULL,
      custom_id TEXT NOT NULL,
      state TEXT NOT NULL,
      attempts INTEGER NOT NULL,
      again INTEGER NOT NULL,
      reason TEXT,
      value TEXT NOT NULL,
      usage TEXT,
      finished_at DOUBLE PRECISION NOT NULL,
      PRIMARY KEY (job_id, seq)
    )`,
    sql`CREATE INDEX llmfx_bulk_failures ON llmfx_bulk_results (job_id, reason, seq) WHERE state = 'failed'`,
    sql`CREATE TABLE llmfx_bulk_contents (
      job_id INTEGER NOT NULL,
      content TEXT NOT NULL,
      seq INTEGER NOT NULL,
      PRIMARY KEY (job_id, content)
    )`,
    sql`CREATE TABLE llmfx_bulk_duplicates (
      job_id INTEGER NOT NULL,
      seq INTEGER NOT NULL,
      custom_id TEXT NOT NULL,
      original INTEGER NOT NULL,
      PRIMARY KEY (job_id, seq)
    )`,
    sql`CREATE TABLE llmfx_bulk_workers (
      worker TEXT NOT NULL PRIMARY KEY,
      seen_at DOUBLE PRECISION NOT NULL
    )`
  ])
})

/** Every migration in order; ids only grow. */
export const migrations: ReadonlyArray<Migrator.ResolvedMigration> = [[1, "jobs", Effect.succeed(first)]]

const table = "llmfx_bulk_migrations"

/** The tables are of a newer version, which this one does not know. */
export class NewerTablesError extends Data.TaggedError("NewerTablesError")<{ readonly message: string }> {}

/** Brings the tables up to date; several processes may call it at once. */
export const migrateBy = (
  known: ReadonlyArray<Migrator.ResolvedMigration>
): Effect.Effect<void, Migrator.MigrationError | SqlError | NewerTablesError, SqlClient.SqlClient> =>
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    yield* Migrator.make({})({ loader: Effect.succeed(known), table })
    const [newest] = yield* sql<{ readonly id: number | null }>`SELECT MAX(migration_id) AS id FROM ${sql(table)}`
    if (Number(newest?.id ?? 0) <= Math.max(...known.map(([id]) => id))) return
    return yield* new NewerTablesError({
      message: "The jobs were stored by a newer version of llmfx. Update this program, or give it another database."
    })
  })

export const migrate = /*#__PURE__*/ migrateBy(migrations)
