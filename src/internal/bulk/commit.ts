/**
 * The one transaction of a worker: it writes the results of calls that have ended together with the marks of the calls
 * that begin next. So what may have been sent without a result is exactly what the marks say.
 */
import * as Effect from "effect/Effect"
import type * as SqlClient from "effect/sql/SqlClient"
import type { SqlError } from "effect/sql/SqlError"
import type { Finished, Item, Outcome, Starting, Task } from "./model.ts"

/** Outcome of a commit. */
export interface Committed {
  /** Chunks that belong to another process now; their marks were not set. */
  readonly lost: ReadonlySet<Task>
}

/** How many rows go into a statement: few sizes, so that the statements stay prepared. */
const sizes = [128, 32, 8, 1]

const columns = 10

interface Change {
  succeeded: number
  failed: number
  again: number
  sent: number
  resent: number
  limited: number
  input: number
  cached: number
  output: number
  cost: number
  unpriced: number
}

const noChange = (): Change => ({
  succeeded: 0,
  failed: 0,
  again: 0,
  sent: 0,
  resent: 0,
  limited: 0,
  input: 0,
  cached: 0,
  output: 0,
  cost: 0,
  unpriced: 0
})

/** Some results were there already. */
class Repeated {
  readonly _tag = "Repeated"
}

const isCounted = (result: unknown): result is { readonly changes: number } =>
  typeof result === "object" && result !== null && "changes" in result && typeof result.changes === "number"

interface Row {
  readonly task: Task
  readonly item: Item
  readonly outcome: Outcome
  readonly again: boolean
}

/** Makes the transaction for a database. */
export const makeCommit = (sql: SqlClient.SqlClient) => {
  const place = sql.onDialectOrElse({
    pg: () => (index: number) => `$${index}`,
    orElse: () => () => "?"
  })
  const inserts = new Map<number, string>()
  const insertOf = (rows: number): string => {
    const known = inserts.get(rows)
    if (known !== undefined) return known
    let index = 0
    const values = Array.from(
      { length: rows },
      () => `(${Array.from({ length: columns }, () => place(++index)).join(",")})`
    )
    const text =
      "INSERT INTO llmfx_bulk_results (job_id, seq, custom_id, state, attempts, again, reason, value, usage, finished_at)" +
      ` VALUES ${values.join(",")} ON CONFLICT (job_id, seq) DO NOTHING`
    inserts.set(rows, text)
    return text
  }

  const parametersOf = (rows: ReadonlyArray<Row>, now: number): ReadonlyArray<unknown> => {
    const parameters: Array<unknown> = []
    for (const { again, item, outcome, task } of rows) {
      parameters.push(
        task.handle.id,
        item.seq,
        item.customId,
        outcome.state,
        item.attempts + 1,
        again ? 1 : 0,
        outcome.reason ?? null,
        outcome.value,
        outcome.spent === undefined ? null : JSON.stringify(outcome.spent),
        now
      )
    }
    return parameters
  }

  /** Inserts results; returns those that were not there before. */
  const insert = (rows: ReadonlyArray<Row>, now: number): Effect.Effect<ReadonlyArray<Row>, SqlError> =>
    Effect.map(
      sql.unsafe<{ readonly job_id: number; readonly seq: number }>(
        `${insertOf(rows.length)} RETURNING job_id, seq`,
        parametersOf(rows, now)
      ),
      (inserted) => {
        if (inserted.length === rows.length) return rows
        const kept = new Set(inserted.map(({ job_id, seq }) => `${job_id}:${seq}`))
        return rows.filter(({ item, task }) => kept.has(`${task.handle.id}:${item.seq}`))
      }
    )

  /** SQLite gives rows back one by one; as nobody else works on the file, counting them will do. */
  const insertCounted = (rows: ReadonlyArray<Row>, now: number): Effect.Effect<ReadonlyArray<Row>, SqlError> =>
    Effect.flatMap(sql.unsafe(insertOf(rows.length), parametersOf(rows, now)).raw, (result) =>
      isCounted(result) && result.changes < rows.length ? Effect.fail(new Repeated()) : Effect.succeed(rows)
    ).pipe(
      // Should some be there nevertheless, they are inserted again one by one.
      sql.withTransaction,
      Effect.catchIf(
        (error): error is Repeated => error instanceof Repeated,
        () => insert(rows, now)
      )
    )

  const insertAll = sql.onDialectOrElse({ sqlite: () => insertCounted, orElse: () => insert })

  const replace = ({ again, item, outcome, task }: Row, now: number) =>
    sql`UPDATE llmfx_bulk_results SET state = ${outcome.state}, attempts = ${item.attempts + 1},
      again = ${again ? 1 : 0}, reason = ${outcome.reason ?? null}, value = ${outcome.value},
      usage = ${outcome.spent === undefined ? null : JSON.stringify(outcome.spent)}, finished_at = ${now}
      WHERE job_id = ${task.handle.id} AND seq = ${item.seq} AND state = 'failed' RETURNING seq`

  return (
    finished: ReadonlyArray<Finished>,
    starting: ReadonlyArray<Starting>,
    now: number
  ): Effect.Effect<Committed, SqlError> =>
    sql.withTransaction(
      Effect.gen(function* () {
        const changes = new Map<Task, Change>()
        const changeOf = (task: Task): Change => {
          let change = changes.get(task)
          if (change === undefined) changes.set(task, (change = noChange()))
          return change
        }
        const fresh: Array<Row> = []
        const known: Array<Row> = []
        for (const { item, outcome, task } of finished) {
          const change = changeOf(task)
          if (outcome.state === "notSent") {
            change.sent--
            if (item.mayBeResent) change.resent--
            continue
          }
          change.limited += outcome.limited
          const again = outcome.isRetryable && item.attempts < task.handle.rounds
          ;(item.isAgain ? known : fresh).push({ task, item, outcome, again })
        }
        const count = ({ again, item, outcome, task }: Row) => {
          const change = changeOf(task)
          if (item.isAgain) {
            change.failed--
            change.again--
          }
          change[outcome.state]++
          if (again) change.again++
          const { spent } = outcome
          if (spent === undefined) return
          change.input += spent.input
          change.cached += spent.cached
          change.output += spent.output
          change.cost += spent.cost
          if (spent.unpriced) change.unpriced++
        }
        for (let start = 0; start < fresh.length; ) {
          const left = fresh.length - start
          const size = sizes.find((size) => size <= left) ?? 1
          for (const row of yield* insertAll(fresh.slice(start, start + size), now)) count(row)
          start += size
        }
        for (const row of known) if ((yield* replace(row, now)).length > 0) count(row)
        const ended = new Map<Task, Set<number>>()
        for (const { item, task } of finished) {
          const seqs = ended.get(task)
          if (seqs === undefined) ended.set(task, new Set([item.seq]))
          else seqs.add(item.seq)
          changeOf(task)
        }
        const begun = new Map<Task, Array<Item>>()
        for (const { item, task } of starting) {
          const items = begun.get(task)
          if (items === undefined) begun.set(task, [item])
          else items.push(item)
          changeOf(task)
        }
        const lost = new Set<Task>()
        for (const [task, change] of changes) {
          const over = ended.get(task)
          const next = begun.get(task) ?? []
          const marks = [...task.inFlight.keys()].filter((seq) => over?.has(seq) !== true)
          for (const { seq } of next) marks.push(seq)
          const resent = next.filter(({ mayBeResent }) => mayBeResent).length
          const rows = yield* sql<{ readonly owner: string | null }>`UPDATE llmfx_bulk_chunks SET
            succeeded = succeeded + ${change.succeeded}, failed = failed + ${change.failed},
            again = again + ${change.again}, limited = limited + ${change.limited},
            input_tokens = input_tokens + ${change.input}, cached_tokens = cached_tokens + ${change.cached},
            output_tokens = output_tokens + ${change.output}, cost = cost + ${change.cost},
            unpriced = unpriced + ${change.unpriced},
            sent = sent + ${change.sent} + CASE WHEN owner = ${task.owner} THEN ${next.length} ELSE 0 END,
            resent = resent + ${change.resent} + CASE WHEN owner = ${task.owner} THEN ${resent} ELSE 0 END,
            in_flight = CASE WHEN owner = ${task.owner} THEN ${JSON.stringify(marks)} ELSE in_flight END
            WHERE job_id = ${task.handle.id} AND chunk = ${task.chunk} RETURNING owner`
          if (rows[0]?.owner !== task.owner) lost.add(task)
        }
        return { lost }
      })
    )
}
