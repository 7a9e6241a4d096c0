/** The two SQLite drivers behind one synchronous interface: Node's own, and the npm package `libsql` for older Nodes. */
import type * as Effect from "effect/Effect"
import type * as SqlClient from "effect/sql/SqlClient"
import type { SqlError } from "effect/sql/SqlError"

export type Row = { readonly [column: string]: unknown }

export interface PreparedStatement {
  /** Whether it gives rows. */
  readonly isQuery: boolean
  readonly rows: (parameters: ReadonlyArray<unknown>, bigIntegers: boolean) => ReadonlyArray<Row>
  readonly values: (parameters: ReadonlyArray<unknown>, bigIntegers: boolean) => ReadonlyArray<ReadonlyArray<unknown>>
  /** Returns how many rows a statement without rows has changed. */
  readonly change: (parameters: ReadonlyArray<unknown>) => number
}

export interface Database {
  readonly exec: (sql: string) => void
  readonly prepare: (sql: string) => PreparedStatement
  readonly inTransaction: () => boolean
  readonly close: () => void
}

/** The effect of a statement. */
export interface StatementResult {
  /** How many rows it has returned, or changed if it returns none. */
  readonly count: number
  readonly rows: ReadonlyArray<Row>
}

/** Runs a statement at once; throws what the driver throws. */
export type RunStatement = (sql: string, parameters: ReadonlyArray<unknown>) => StatementResult

/** Runs a whole transaction at once, without a fiber step for each of its statements. */
export type Direct = <A>(work: (run: RunStatement) => A) => Effect.Effect<A, SqlError>

const directKey = Symbol("llmfx/jobs/NodeSqlite/direct")

/** Adds direct transactions to a client. */
export const withDirect = (client: SqlClient.SqlClient, direct: Direct): SqlClient.SqlClient =>
  Object.assign(client, { [directKey]: direct })

/** The direct transactions of a client; `undefined` if it is not one of `NodeSqlite`. */
export const directOf = (client: SqlClient.SqlClient): Direct | undefined =>
  directKey in client ? (client[directKey] as Direct) : undefined

/** Opens a file, or `:memory:`. Throws what the driver throws. */
export type Open = (filename: string) => Database

/** Whether a statement gives rows. */
const givesRows = (sql: string): boolean => /^\s*(select|with|values|pragma|explain)\b|\breturning\b/i.test(sql)

const noRows: ReadonlyArray<Row> = []

/** Makes a statement of the ways to run it. One that gives no rows is only ever run for its changes. */
const prepared = (
  sql: string,
  change: PreparedStatement["change"],
  query: PreparedStatement["rows"]
): PreparedStatement => {
  const isQuery = givesRows(sql)
  const rows: PreparedStatement["rows"] = isQuery
    ? query
    : (parameters) => {
        change(parameters)
        return noRows
      }
  return {
    isQuery,
    rows,
    change,
    values: (parameters, bigIntegers) => rows(parameters, bigIntegers).map(Object.values)
  }
}

interface NodeStatement {
  readonly run: (...parameters: ReadonlyArray<unknown>) => { readonly changes: number | bigint }
  readonly all: (...parameters: ReadonlyArray<unknown>) => ReadonlyArray<unknown>
  readonly setReadBigInts: (on: boolean) => void
}

interface NodeDatabase {
  readonly exec: (sql: string) => void
  readonly prepare: (sql: string) => NodeStatement
  readonly isTransaction?: boolean
  readonly close: () => void
}

/** The part of `node:sqlite` that is used; Node's types need not be there. */
export interface NodeSqliteModule {
  readonly DatabaseSync: new (filename: string) => NodeDatabase
}

export const openNode =
  ({ DatabaseSync }: NodeSqliteModule): Open =>
  (filename) => {
    const database = new DatabaseSync(filename)
    // `isTransaction` came with Node 22.16 and 24.
    let open = false
    const track = (sql: string) => {
      if (/^\s*begin/i.test(sql)) open = true
      else if (/^(?:commit|end|rollback)\s*;?$/i.test(sql.trim())) open = false
    }
    return {
      exec: (sql) => database.exec(sql),
      prepare: (sql) => {
        const statement = withErrorNumber(() => database.prepare(sql))
        const change: PreparedStatement["change"] = (parameters) => {
          const { changes } = withErrorNumber(() => statement.run(...parameters.map(plainValue)))
          track(sql)
          return Number(changes)
        }
        return prepared(sql, change, (parameters, bigIntegers) => {
          statement.setReadBigInts(bigIntegers)
          return withErrorNumber(() => statement.all(...parameters.map(plainValue))) as ReadonlyArray<Row>
        })
      },
      inTransaction: () => database.isTransaction ?? open,
      close: () => database.close()
    }
  }

interface LibsqlStatement {
  readonly run: (parameters: ReadonlyArray<unknown>) => { readonly changes: number }
  readonly all: (parameters: ReadonlyArray<unknown>) => ReadonlyArray<unknown>
  readonly safeIntegers: (on: boolean) => unknown
}

interface LibsqlDatabase {
  readonly exec: (sql: string) => void
  readonly prepare: (sql: string) => LibsqlStatement
  readonly inTransaction: boolean
  readonly close: () => void
}

/** The part of `libsql` that is used. */
export interface LibsqlModule {
  readonly default: new (filename: string) => LibsqlDatabase
}

export const openLibsql =
  ({ default: Database }: LibsqlModule): Open =>
  (filename) => {
    const database = new Database(filename)
    return {
      exec: (sql) => {
        database.exec(sql)
      },
      prepare: (sql) => {
        const statement = database.prepare(sql)
        const change: PreparedStatement["change"] = (parameters) => statement.run(parameters.map(plainValue)).changes
        return prepared(sql, change, (parameters, bigIntegers) => {
          statement.safeIntegers(bigIntegers)
          return statement.all(parameters.map(plainValue)).map((row) => withBytes(row as Row))
        })
      },
      inTransaction: () => database.inTransaction,
      close: () => database.close()
    }
  }

/** SQLite has no booleans and no dates, and the drivers throw or abort if they are given one. */
const plainValue = (value: unknown): unknown =>
  value === undefined
    ? null
    : typeof value === "boolean"
      ? Number(value)
      : value instanceof Date
        ? value.getTime()
        : value

/** libsql reads blobs as `ArrayBuffer`. */
const withBytes = (row: Row): Row => {
  for (const column in row) {
    if (row[column] instanceof ArrayBuffer) {
      return Object.fromEntries(
        Object.entries(row).map(([name, value]) => [name, value instanceof ArrayBuffer ? new Uint8Array(value) : value])
      )
    }
  }
  return row
}

/** Effect classifies SQLite errors by `errno`; `node:sqlite` calls it `errcode`. */
const withErrorNumber = <A>(run: () => A): A => {
  try {
    return run()
  } catch (thrown) {
    if (thrown instanceof Error && "errcode" in thrown && typeof thrown.errcode === "number") {
      Object.assign(thrown, { errno: thrown.errcode })
    }
    throw thrown
  }
}
