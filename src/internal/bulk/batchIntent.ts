/** The batch of a chunk as its row in the tables holds it: written before the batch is submitted, read after a crash. */
import * as Effect from "effect/Effect"
import * as SqlClient from "effect/sql/SqlClient"
import type { SqlError } from "effect/sql/SqlError"
import type { WholeChunk } from "./worker.ts"

export interface Intent {
  /** Stands in the batch, so that the vendor can be asked for it. */
  readonly mark: string
  /** In milliseconds since 1970. */
  readonly since: number
  readonly requests: number
  /** There once the vendor has answered. */
  readonly batchId?: string
}

export interface StoredIntent {
  readonly read: Effect.Effect<Intent | undefined, SqlError>
  /** `sent` more inputs count as sent. */
  readonly write: (intent: Intent | undefined, sent: number) => Effect.Effect<unknown, SqlError>
  /** Writes the first intent of the chunk, and returns whether it is this one: only one process can submit. */
  readonly claim: (intent: Intent) => Effect.Effect<boolean, SqlError>
}

export const intentOf = ({
  chunk,
  handle,
  owner
}: WholeChunk): Effect.Effect<StoredIntent, never, SqlClient.SqlClient> =>
  Effect.map(SqlClient.SqlClient, (sql) => {
    const where = sql`job_id = ${handle.id} AND chunk = ${chunk} AND owner = ${owner}`
    return {
      read: Effect.map(
        sql<{ readonly batch: string | null }>`SELECT batch FROM llmfx_bulk_chunks WHERE ${where}`,
        ([row]) => (row?.batch ? (JSON.parse(row.batch) as Intent) : undefined)
      ),
      write: (intent, sent) =>
        sql`UPDATE llmfx_bulk_chunks SET batch = ${intent === undefined ? null : JSON.stringify(intent)},
          sent = sent + ${sent} WHERE ${where}`,
      claim: (intent) =>
        Effect.map(
          sql`UPDATE llmfx_bulk_chunks SET batch = ${JSON.stringify(intent)}
            WHERE ${where} AND batch IS NULL RETURNING chunk`,
          (rows) => rows.length > 0
        )
    }
  })
