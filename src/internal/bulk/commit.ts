/**
 * The one transaction of a worker: it writes the results of calls that have ended together with the marks of the calls
 * that begin next. So what may have been sent without a result is exactly what the marks say.
 */
import * as Effect from "effect/Effect"
import type * as SqlClient from "effect/sql/SqlClient"
import type { SqlError } from "effect/sql/SqlError"
import type { Finished, Item, Outcome, Starting, Task } from "./model.ts"
import { directOf, type RunStatement, type StatementResult } from "./sqliteDriver.ts"

/** Outcome of a commit. */
export interface Committed {
  /** Chunks that belong to another process now; their marks were not set. */
  readonly lost: ReadonlySet<Task>
}

/** Writes what has ended and what begins. */
export type Commit = (
  finished: ReadonlyArray<Finished>,
  starting: ReadonlyArray<Starting>,
  now: number
) => Effect.Effect<Committed, SqlError>

/** The numbers that a chunk adds to its sums. */
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
  /** Inputs whose calls have ended. */
  readonly ended: Set<number>
  readonly begun: Array<Item>
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
  unpriced: 0,
  ended: new Set(),
  begun: []
})

interface Row {
  readonly task: Task
  readonly item: Item
  readonly outcome: Outcome
  readonly again: boolean
}

/** A statement with its parameters. */
interface Step {
  readonly sql: string
  readonly parameters: ReadonlyArray<unknown>
}

/** The transaction, one statement after the other, however they are run. */
type Steps = Generator<Step, Committed, StatementResult>

/** The texts of the statements. */
interface Texts {
  /** How many rows go into an insert: few sizes, so that the statements stay prepared. */
  readonly sizes: ReadonlyArray<number>
  readonly insertOf: (rows: number) => string
  readonly replace: string
  /** Adds to the sums of a chunk. */
  readonly add: string
  /** Adds to the sums of a chunk and sets its marks, if this process still owns it. */
  readonly addAndMark: string
}

const resultColumns = [
  ...["job_id", "seq", "custom_id", "state", "attempts"],
  ...["again", "reason", "value", "usage", "finished_at"]
]

const sums = [
  ...["succeeded", "failed", "again", "limited", "sent", "resent"],
  ...["input_tokens", "cached_tokens", "output_tokens", "cost", "unpriced"]
]

/** `isCounted`: the database tells how many rows a statement has changed, so they need not be returned. */
const textsOf = (dialect: "numbered" | "plain", isCounted: boolean): Texts => {
  const place = dialect === "numbered" ? (index: number) => `$${index}` : () => "?"
  const placesFrom = (first: number, count: number) => Array.from({ length: count }, (_, index) => place(first + index))
  const inserts = new Map<number, string>()
  const replaced = resultColumns.slice(3)
  const counters = sums.map((column, index) => `${column} = ${column} + ${place(index + 1)}`)
  const add = `UPDATE llmfx_bulk_chunks SET ${counters.join(", ")}`
  const chunkAt = (index: number) => `job_id = ${place(index)} AND chunk = ${place(index + 1)}`
  return {
    // SQLite is as fast with single rows, and then says which of them were new.
    sizes: isCounted ? [1] : [128, 32, 8, 1],
    insertOf: (rows) => {
      const known = inserts.get(rows)
      if (known !== undefined) return known
      const values = Array.from(
        { length: rows },
        (_, row) => `(${placesFrom(row * resultColumns.length + 1, resultColumns.length).join(",")})`
      )
      const text =
        `INSERT INTO llmfx_bulk_results (${resultColumns.join(", ")}) VALUES ${values.join(",")}` +
        ` ON CONFLICT (job_id, seq) DO NOTHING${isCounted ? "" : " RETURNING job_id, seq"}`
      inserts.set(rows, text)
      return text
    },
    replace:
      `UPDATE llmfx_bulk_results SET ${replaced.map((column, index) => `${column} = ${place(index + 1)}`).join(", ")}` +
      ` WHERE job_id = ${place(replaced.length + 1)} AND seq = ${place(replaced.length + 2)} AND state = 'failed'` +
      (isCounted ? "" : " RETURNING seq"),
    add: `${add} WHERE ${chunkAt(sums.length + 1)}${isCounted ? "" : " RETURNING chunk"}`,
    addAndMark:
      `${add}, in_flight = ${place(sums.length + 1)} WHERE ${chunkAt(sums.length + 2)}` +
      ` AND owner = ${place(sums.length + 4)}` +
      (isCounted ? "" : " RETURNING chunk")
  }
}

/** The parameters of a row after its place: its state to its end. */
const contentOf = ({ again, item, outcome }: Row, now: number): ReadonlyArray<unknown> => [
  outcome.state,
  item.attempts + 1,
  again ? 1 : 0,
  outcome.reason ?? null,
  outcome.value,
  outcome.spent === undefined ? null : JSON.stringify(outcome.spent),
  now
]

const insertionOf = (row: Row, now: number): ReadonlyArray<unknown> => [
  row.task.handle.id,
  row.item.seq,
  row.item.customId,
  ...contentOf(row, now)
]

/** The rows that a statement has inserted. */
const insertedOf = (rows: ReadonlyArray<Row>, { count, rows: returned }: StatementResult): ReadonlyArray<Row> => {
  if (count === rows.length) return rows
  const kept = new Set(returned.map((row) => `${String(row["job_id"])}:${String(row["seq"])}`))
  return rows.filter(({ item, task }) => kept.has(`${task.handle.id}:${item.seq}`))
}

const countResult = (change: Change, { again, item, outcome }: Row): void => {
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

function* stepsOf(
  texts: Texts,
  finished: ReadonlyArray<Finished>,
  starting: ReadonlyArray<Starting>,
  now: number
): Steps {
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
    change.ended.add(item.seq)
    if (outcome.state === "notSent") {
      change.sent--
      if (item.mayBeResent) change.resent--
      continue
    }
    change.limited += outcome.limited
    const again = outcome.isRetryable && item.attempts < task.handle.rounds
    ;(item.isAgain ? known : fresh).push({ task, item, outcome, again })
  }
  for (const { item, task } of starting) changeOf(task).begun.push(item)

  for (let start = 0; start < fresh.length; ) {
    const left = fresh.length - start
    const size = texts.sizes.find((size) => size <= left) ?? 1
    const rows = fresh.slice(start, start + size)
    const result = yield { sql: texts.insertOf(size), parameters: rows.flatMap((row) => insertionOf(row, now)) }
    for (const row of insertedOf(rows, result)) countResult(changeOf(row.task), row)
    start += size
  }
  for (const row of known) {
    const place = [row.task.handle.id, row.item.seq]
    const { count } = yield { sql: texts.replace, parameters: [...contentOf(row, now), ...place] }
    if (count > 0) countResult(changeOf(row.task), row)
  }
  const lost = new Set<Task>()
  for (const [task, change] of changes) {
    const place = [task.handle.id, task.chunk]
    const marked = yield {
      sql: texts.addAndMark,
      parameters: [...additionsOf(change, true), marksOf(task, change), ...place, task.owner]
    }
    if (marked.count > 0) continue
    lost.add(task)
    yield { sql: texts.add, parameters: [...additionsOf(change, false), ...place] }
  }
  return { lost }
}

/** What is added to `sums`. Calls do not begin if the chunk is lost. */
const additionsOf = (change: Change, begins: boolean): ReadonlyArray<unknown> => {
  const begun = begins ? change.begun : []
  const resent = begun.reduce((count, { mayBeResent }) => (mayBeResent ? count + 1 : count), 0)
  return [
    ...[change.succeeded, change.failed, change.again, change.limited],
    ...[change.sent + begun.length, change.resent + resent],
    ...[change.input, change.cached, change.output, change.cost, change.unpriced]
  ]
}

/** The inputs in flight after this commit, as JSON. */
const marksOf = (task: Task, { begun, ended }: Change): string => {
  const marks: Array<number> = []
  for (const seq of task.inFlight.keys()) if (!ended.has(seq)) marks.push(seq)
  for (const { seq } of begun) marks.push(seq)
  return JSON.stringify(marks)
}

/** Runs the statements at once. */
const runDirectly = (steps: Steps, run: RunStatement): Committed => {
  let step = steps.next()
  while (step.done !== true) step = steps.next(run(step.value.sql, step.value.parameters))
  return step.value
}

const runIn = (sql: SqlClient.SqlClient, steps: Steps): Effect.Effect<Committed, SqlError> =>
  Effect.gen(function* () {
    let step = steps.next()
    while (step.done !== true) {
      const rows = yield* sql.unsafe<StatementResult["rows"][number]>(step.value.sql, step.value.parameters)
      step = steps.next({ count: rows.length, rows })
    }
    return step.value
  })

/** Makes the transaction for a database. */
export const makeCommit = (sql: SqlClient.SqlClient): Commit => {
  const dialect = sql.onDialectOrElse({ pg: () => "numbered" as const, orElse: () => "plain" as const })
  const direct = directOf(sql)
  const texts = textsOf(dialect, direct !== undefined)
  return direct === undefined
    ? (finished, starting, now) =>
        sql.withTransaction(Effect.suspend(() => runIn(sql, stepsOf(texts, finished, starting, now))))
    : (finished, starting, now) => direct((run) => runDirectly(stepsOf(texts, finished, starting, now), run))
}
