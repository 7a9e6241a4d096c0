/** Reads and writes the tables of jobs. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as SqlClient from "effect/sql/SqlClient"
import type { SqlError } from "effect/sql/SqlError"
import type { Item, StoredInput } from "./model.ts"

export type JobState = "submitting" | "running" | "paused" | "canceled" | "completed"

/** A job as it is stored. */
export interface JobRow {
  readonly id: number
  readonly job: string
  readonly name: string
  readonly definition: string
  readonly input_hash: string | null
  readonly state: JobState
  readonly reason: string | null
  readonly run: number
  readonly total: number
  readonly chunk_size: number
  readonly duplicates: number
  readonly duplicates_succeeded: number
  readonly duplicates_failed: number
  readonly priority: number
  readonly options: string
  readonly tags: string
  readonly submitter: string | null
  readonly created_at: number
  readonly resumed_at: number | null
  readonly resumed_done: number
  readonly finished_at: number | null
}

/** Options that are stored with a job. */
export interface StoredOptions {
  readonly budget?: { readonly tokens?: number | undefined; readonly usd?: number | undefined } | undefined
  /** In milliseconds since 1970. */
  readonly deadline?: number | undefined
}

export interface Totals {
  readonly succeeded: number
  readonly failed: number
  readonly again: number
  readonly sent: number
  readonly resent: number
  readonly limited: number
  readonly input: number
  readonly cached: number
  readonly output: number
  readonly cost: number
  readonly unpriced: number
}

export interface ResultRow {
  readonly seq: number
  readonly custom_id: string
  readonly state: "succeeded" | "failed"
  readonly attempts: number
  readonly again: number
  readonly reason: string | null
  readonly value: string
  readonly usage: string | null
  readonly finished_at: number
}

type Stored<A> = Effect.Effect<A, SqlError, SqlClient.SqlClient>

const withSql = <A, E, R>(use: (sql: SqlClient.SqlClient) => Effect.Effect<A, E, R>) =>
  Effect.flatMap(SqlClient.SqlClient, use)

/** How long a process that gives no sign of life keeps its chunks, in seconds. */
const lease = 10

/** The time by which leases are measured: the server's, which all processes share. */
const nowSeconds = (sql: SqlClient.SqlClient) =>
  sql.onDialectOrElse({
    pg: () => Effect.succeed(sql.literal("EXTRACT(EPOCH FROM clock_timestamp())")),
    orElse: () => Effect.map(Clock.currentTimeMillis, (now) => sql.literal(String(now / 1000)))
  })

/** A job by its name. */
export const jobByName = (job: string): Stored<JobRow | undefined> =>
  withSql((sql) => Effect.map(sql<JobRow>`SELECT * FROM llmfx_bulk_jobs WHERE job = ${job}`, ([row]) => row))

/** A job by its id. */
export const jobById = (id: number): Stored<JobRow | undefined> =>
  withSql((sql) => Effect.map(sql<JobRow>`SELECT * FROM llmfx_bulk_jobs WHERE id = ${id}`, ([row]) => row))

/** All jobs, the newest first. */
export const allJobs: Stored<ReadonlyArray<JobRow>> = /*#__PURE__*/ withSql(
  (sql) => sql<JobRow>`SELECT * FROM llmfx_bulk_jobs ORDER BY id DESC`
)

/** The jobs of a definition that should be running. */
export const runningJobs = (name: string): Stored<ReadonlyArray<JobRow>> =>
  withSql((sql) => sql<JobRow>`SELECT * FROM llmfx_bulk_jobs WHERE name = ${name} AND state = 'running' ORDER BY id`)

/** The sums over the chunks of a job. */
export const totalsOf = (id: number): Stored<Totals> =>
  withSql((sql) =>
    Effect.map(
      sql<{ readonly [column: string]: unknown }>`SELECT SUM(succeeded) AS succeeded, SUM(failed) AS failed,
        SUM(again) AS again, SUM(sent) AS sent, SUM(resent) AS resent, SUM(limited) AS limited,
        SUM(input_tokens) AS input, SUM(cached_tokens) AS cached, SUM(output_tokens) AS output,
        SUM(cost) AS cost, SUM(unpriced) AS unpriced FROM llmfx_bulk_chunks WHERE job_id = ${id}`,
      ([row]) => ({
        succeeded: Number(row?.["succeeded"] ?? 0),
        failed: Number(row?.["failed"] ?? 0),
        again: Number(row?.["again"] ?? 0),
        sent: Number(row?.["sent"] ?? 0),
        resent: Number(row?.["resent"] ?? 0),
        limited: Number(row?.["limited"] ?? 0),
        input: Number(row?.["input"] ?? 0),
        cached: Number(row?.["cached"] ?? 0),
        output: Number(row?.["output"] ?? 0),
        cost: Number(row?.["cost"] ?? 0),
        unpriced: Number(row?.["unpriced"] ?? 0)
      })
    )
  )

/** How many calls are in flight, as far as it is written. */
export const inFlightOf = (id: number): Stored<number> =>
  withSql((sql) =>
    Effect.map(
      sql<{
        readonly in_flight: string
      }>`SELECT in_flight FROM llmfx_bulk_chunks WHERE job_id = ${id} AND in_flight <> '[]'`,
      (rows) => rows.reduce((sum, { in_flight }) => sum + in_flight.split(",").length, 0)
    )
  )

/** The failures of a job by reason. */
export const failuresOf = (id: number): Stored<{ readonly [reason: string]: number }> =>
  withSql((sql) =>
    Effect.map(
      sql<{ readonly reason: string; readonly count: unknown }>`SELECT reason, COUNT(*) AS count
        FROM llmfx_bulk_results WHERE job_id = ${id} AND state = 'failed' GROUP BY reason ORDER BY reason`,
      (rows) => Object.fromEntries(rows.map(({ count, reason }) => [reason, Number(count)]))
    )
  )

/** A chunk that is not finished. */
export interface OpenChunk {
  readonly chunk: number
  /** Failures that are tried again. */
  readonly again: number
}

/** The chunks that are not finished, if this run of the job is still on. */
export const openChunks = (id: number, run: number): Stored<ReadonlyArray<OpenChunk> | undefined> =>
  Effect.flatMap(jobById(id), (row) =>
    row?.state !== "running" || row.run !== run
      ? Effect.succeed(undefined)
      : withSql(
          (sql) =>
            sql<OpenChunk>`SELECT chunk, again FROM llmfx_bulk_chunks
            WHERE job_id = ${id} AND (succeeded + failed < size OR again > 0) ORDER BY chunk`
        )
  )

/** Ends a job whose chunks are all finished. */
export const complete = (id: number, run: number): Stored<void> =>
  withSql((sql) =>
    sql.withTransaction(
      Effect.gen(function* () {
        const [row] = yield* sql<JobRow>`SELECT * FROM llmfx_bulk_jobs WHERE id = ${id}`
        if (row?.state !== "running" || row.run !== run) return
        const counts =
          row.duplicates === 0
            ? []
            : yield* sql<{ readonly state: string; readonly count: unknown }>`SELECT r.state, COUNT(*) AS count
                FROM llmfx_bulk_duplicates d
                JOIN llmfx_bulk_results r ON r.job_id = d.job_id AND r.seq = d.original
                WHERE d.job_id = ${id} GROUP BY r.state`
        const countOf = (state: string) => Number(counts.find((count) => count.state === state)?.count ?? 0)
        yield* sql`UPDATE llmfx_bulk_jobs SET state = 'completed', reason = NULL,
          duplicates_succeeded = ${countOf("succeeded")}, duplicates_failed = ${countOf("failed")},
          finished_at = ${yield* Clock.currentTimeMillis} WHERE id = ${id} AND run = ${run} AND state = 'running'`
      })
    )
  )

/** Changes the state of a job that is in one of some states; returns whether it was. */
export const changeState = (
  job: string,
  from: ReadonlyArray<JobState>,
  to: JobState,
  reason?: string
): Stored<boolean> =>
  withSql((sql) =>
    Effect.flatMap(Clock.currentTimeMillis, (now) =>
      Effect.map(
        sql`UPDATE llmfx_bulk_jobs SET state = ${to}, reason = ${reason ?? null}, finished_at = ${now}
          WHERE job = ${job} AND ${sql.in("state", from)} RETURNING id`,
        (rows) => rows.length > 0
      )
    )
  )

/** Starts another run of a job; the last one must have ended. */
export const startRun = (row: JobRow, options: StoredOptions, priority: number): Stored<boolean> =>
  withSql((sql) =>
    Effect.gen(function* () {
      const now = yield* Clock.currentTimeMillis
      const { failed, succeeded } = yield* totalsOf(row.id)
      const rows = yield* sql`UPDATE llmfx_bulk_jobs SET state = 'running', reason = NULL, run = run + 1,
        finished_at = NULL, resumed_at = ${now}, resumed_done = ${succeeded + failed},
        options = ${JSON.stringify(options)}, priority = ${priority}
        WHERE id = ${row.id} AND run = ${row.run} AND state = ${row.state} RETURNING id`
      return rows.length > 0
    })
  )

/** Forgets the failures of a job, so that their inputs are sent again. */
export const forgetFailures = (id: number): Stored<void> =>
  withSql((sql) =>
    sql.withTransaction(
      Effect.gen(function* () {
        yield* sql`DELETE FROM llmfx_bulk_results WHERE job_id = ${id} AND state = 'failed'`
        yield* sql`UPDATE llmfx_bulk_chunks SET failed = 0, again = 0 WHERE job_id = ${id} AND failed > 0`
        yield* sql`UPDATE llmfx_bulk_jobs SET duplicates_succeeded = 0, duplicates_failed = 0 WHERE id = ${id}`
      })
    )
  )

/** Deletes a job with its inputs and results. */
export const removeJob = (id: number): Stored<void> =>
  withSql((sql) =>
    sql.withTransaction(
      Effect.gen(function* () {
        yield* clear(id)
        yield* sql`DELETE FROM llmfx_bulk_jobs WHERE id = ${id}`
      })
    )
  )

/** Deletes the inputs and results of a job. */
export const clear = (id: number): Stored<void> =>
  withSql((sql) =>
    Effect.gen(function* () {
      yield* sql`DELETE FROM llmfx_bulk_results WHERE job_id = ${id}`
      yield* sql`DELETE FROM llmfx_bulk_inputs WHERE job_id = ${id}`
      yield* sql`DELETE FROM llmfx_bulk_chunks WHERE job_id = ${id}`
      yield* sql`DELETE FROM llmfx_bulk_contents WHERE job_id = ${id}`
      yield* sql`DELETE FROM llmfx_bulk_duplicates WHERE job_id = ${id}`
    })
  )

/** Says that a worker lives. */
export const beat = (worker: string): Stored<void> =>
  withSql((sql) =>
    Effect.flatMap(nowSeconds(sql), (now) =>
      Effect.asVoid(sql`INSERT INTO llmfx_bulk_workers (worker, seen_at) VALUES (${worker}, ${now})
        ON CONFLICT (worker) DO UPDATE SET seen_at = ${now}`)
    )
  )

/** Whether a worker has given a sign of life lately. */
export const isAlive = (worker: string): Stored<boolean> =>
  withSql((sql) =>
    Effect.flatMap(nowSeconds(sql), (now) =>
      Effect.map(
        sql`SELECT worker FROM llmfx_bulk_workers
          WHERE worker = ${worker} AND seen_at > ${now} - ${sql.literal(String(lease))}`,
        (rows) => rows.length > 0
      )
    )
  )

/** Says that a worker has ended. */
export const leave = (worker: string): Stored<void> =>
  withSql((sql) => Effect.asVoid(sql`DELETE FROM llmfx_bulk_workers WHERE worker = ${worker}`))

/** Forgets all workers: for a database that only this process may work on. */
export const forgetWorkers: Stored<void> = /*#__PURE__*/ withSql((sql) =>
  Effect.asVoid(sql`DELETE FROM llmfx_bulk_workers`)
)

/** Takes a chunk; `undefined` while another worker that lives has calls of it in flight. */
export const claim = (id: number, chunk: number, worker: string): Stored<ReadonlyArray<Item> | undefined> =>
  withSql((sql) =>
    Effect.gen(function* () {
      const now = yield* nowSeconds(sql)
      const [claimed] = yield* sql<{ readonly in_flight: string }>`UPDATE llmfx_bulk_chunks SET owner = ${worker}
        WHERE job_id = ${id} AND chunk = ${chunk} AND (owner IS NULL OR owner = ${worker} OR in_flight = '[]'
          OR NOT EXISTS (SELECT 1 FROM llmfx_bulk_workers w
            WHERE w.worker = llmfx_bulk_chunks.owner AND w.seen_at > ${now} - ${sql.literal(String(lease))}))
        RETURNING in_flight`
      if (claimed === undefined) return undefined
      const [stored] = yield* sql<{
        readonly inputs: string
      }>`SELECT inputs FROM llmfx_bulk_inputs WHERE job_id = ${id} AND chunk = ${chunk}`
      const inputs = JSON.parse(stored?.inputs ?? "[]") as ReadonlyArray<StoredInput>
      const [first, last] = [inputs[0]?.[0], inputs[inputs.length - 1]?.[0]]
      if (first === undefined || last === undefined) return []
      const rows = yield* sql<{
        readonly seq: number
        readonly state: string
        readonly again: number
        readonly attempts: number
      }>`SELECT seq, state, again, attempts FROM llmfx_bulk_results
        WHERE job_id = ${id} AND seq >= ${first} AND seq <= ${last}`
      const known = new Map(rows.map((row) => [row.seq, row]))
      const inFlight = new Set(JSON.parse(claimed.in_flight) as ReadonlyArray<number>)
      return inputs.flatMap(([seq, customId, input]): ReadonlyArray<Item> => {
        const row = known.get(seq)
        if (row !== undefined && row.again !== 1) return []
        return [
          {
            seq,
            customId,
            input,
            attempts: row?.attempts ?? 0,
            isAgain: row !== undefined,
            mayBeResent: inFlight.has(seq)
          }
        ]
      })
    })
  )

/** Gives a chunk back that nothing is in flight of. */
export const release = (id: number, chunk: number, worker: string): Stored<void> =>
  withSql((sql) =>
    Effect.asVoid(sql`UPDATE llmfx_bulk_chunks SET owner = NULL
      WHERE job_id = ${id} AND chunk = ${chunk} AND owner = ${worker} AND in_flight = '[]'`)
  )

/** Results by sequence; duplicates have the result of their original. */
export const resultsPage = (
  id: number,
  after: number,
  limit: number,
  only: "succeeded" | "failed" | undefined,
  withAgain: boolean
): Stored<ReadonlyArray<ResultRow>> =>
  withSql((sql) => {
    const state = only === undefined ? sql.literal("") : sql`AND r.state = ${only}`
    const again = withAgain ? sql.literal("") : sql.literal("AND r.again = 0")
    return sql<ResultRow>`SELECT * FROM (
      SELECT * FROM (SELECT r.seq, r.custom_id, r.state, r.attempts, r.again, r.reason, r.value, r.usage, r.finished_at
        FROM llmfx_bulk_results r WHERE r.job_id = ${id} AND r.seq > ${after} ${state} ${again}
        ORDER BY r.seq LIMIT ${sql.literal(String(limit))}) own
      UNION ALL
      SELECT * FROM (SELECT d.seq, d.custom_id, r.state, r.attempts, r.again, r.reason, r.value, NULL AS usage,
        r.finished_at FROM llmfx_bulk_duplicates d
        JOIN llmfx_bulk_results r ON r.job_id = d.job_id AND r.seq = d.original
        WHERE d.job_id = ${id} AND d.seq > ${after} ${state} ${again}
        ORDER BY d.seq LIMIT ${sql.literal(String(limit))}) copied
    ) results ORDER BY seq LIMIT ${sql.literal(String(limit))}`
  })
