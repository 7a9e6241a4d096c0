/**
 * SQLite for Effect's `SqlClient`: `node:sqlite` from Node 22.13, or else the optional package `libsql` 0.5, which needs
 * no compiler.
 *
 * The file is in WAL mode with `synchronous = NORMAL`: what is committed outlives the process; a loss of power may take
 * the last commits with it.
 *
 * @example
 * ```ts
 * import * as Effect from "effect/Effect"
 * import * as SqlClient from "effect/sql/SqlClient"
 * import * as NodeSqlite from "llmfx/jobs/NodeSqlite"
 *
 * const program = Effect.flatMap(SqlClient.SqlClient, (sql) => sql`SELECT 1 AS one`).pipe(
 *   Effect.provide(NodeSqlite.layer({ filename: "jobs.db" }))
 * )
 * ```
 */
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Reactivity from "effect/reactivity/Reactivity"
import type * as Scope from "effect/Scope"
import * as Semaphore from "effect/Semaphore"
import * as Stream from "effect/Stream"
import * as SqlClient from "effect/sql/SqlClient"
import type { Connection } from "effect/sql/SqlConnection"
import { classifySqliteError, SqlError } from "effect/sql/SqlError"
import * as Statement from "effect/sql/Statement"
import {
  type Database,
  type LibsqlModule,
  type NodeSqliteModule,
  type Open,
  openLibsql,
  openNode,
  type PreparedStatement,
  type RunStatement,
  withDirect
} from "../internal/bulk/sqliteDriver.ts"
import { importPeer } from "../internal/credentials/importPeer.ts"
import { messageOf } from "../internal/errors/messageOf.ts"

/**
 * The database cannot be opened.
 *
 * @category errors
 */
export class SqliteError extends Data.TaggedError("SqliteError")<{
  readonly message: string
  readonly filename: string
  readonly kind: /** Neither driver is there. */
    | "noDriver"
    /** Another process holds the file. */
    | "locked"
    | "cannotOpen"
}> {}

/**
 * Which file, and who may open it.
 *
 * @category models
 */
export interface Options {
  /** A path, or `:memory:`. */
  readonly filename: string
  /**
   * Whether this process alone may open the file as exclusive. The lock is a second file, `<filename>.lock`; the
   * operating system frees it when the process ends, however it ends. Others can still open the file without
   * `exclusive`. Default: `false`.
   */
  readonly exclusive?: boolean | undefined
}

/**
 * Opens the database for the lifetime of the layer.
 *
 * @category layers
 */
export const layer = (options: Options): Layer.Layer<SqlClient.SqlClient, SqliteError> =>
  Layer.effect(SqlClient.SqlClient, make(options)).pipe(Layer.provide(Reactivity.layer))

const make = (options: Options): Effect.Effect<SqlClient.SqlClient, SqliteError, Scope.Scope | Reactivity.Reactivity> =>
  Effect.gen(function* () {
    const open = yield* driver(options.filename)
    if (options.exclusive === true && options.filename !== ":memory:") yield* lock(open, options.filename)
    const database = yield* Effect.acquireRelease(opened(open, options.filename), (database) =>
      Effect.sync(() => database.close())
    )
    const prepare = preparing(database)
    const semaphore = yield* Semaphore.make(1)
    const sqlite = SqlClient.makeSqliteAcquirers({
      connection: Effect.succeed(makeConnection(database, prepare)),
      semaphore,
      isTransaction: () => database.inTransaction()
    })
    const client = yield* SqlClient.make({
      ...sqlite,
      compiler: Statement.makeCompilerSqlite(),
      driver: "sqlite-node",
      prepareTransactionControls: true,
      spanAttributes: [["db.system.name", "sqlite"]]
    })
    return withDirect(client, (work) =>
      semaphore.withPermit(attempt("transaction", () => transact(database, prepare, work)))
    )
  })

/** Runs a transaction at once. Whatever fails, the connection is left without one. */
const transact = <A>(database: Database, prepare: Prepare, work: (run: RunStatement) => A): A => {
  const leave = () => {
    if (database.inTransaction()) prepare("ROLLBACK").change([])
  }
  leave()
  try {
    prepare("BEGIN IMMEDIATE").change([])
    const result = work((sql, parameters) => {
      const statement = prepare(sql)
      if (!statement.isQuery) return { count: statement.change(parameters), rows: [] }
      const rows = statement.rows(parameters, false)
      return { count: rows.length, rows }
    })
    prepare("COMMIT").change([])
    return result
  } catch (thrown) {
    leave()
    throw thrown
  }
}

const attempt = <A>(operation: string, use: () => A): Effect.Effect<A, SqlError> =>
  Effect.try({
    try: use,
    catch: (cause) => new SqlError({ reason: classifySqliteError(cause, { message: messageOf(cause), operation }) })
  })

/** Bundlers and tests see no import of a module that older Nodes do not have. */
const builtin = (): NodeSqliteModule | undefined =>
  process.getBuiltinModule?.("node:sqlite") as NodeSqliteModule | undefined

const driver = (filename: string): Effect.Effect<Open, SqliteError> =>
  Effect.suspend(() => {
    const module = builtin()
    if (module !== undefined) return Effect.succeed(openNode(module))
    return importPeer("libsql", "SQLite before Node 22.13").pipe(
      Effect.map((peer) => openLibsql(peer as LibsqlModule)),
      Effect.mapError(({ message }) => new SqliteError({ message, filename, kind: "noDriver" }))
    )
  })

const opened = (open: Open, filename: string): Effect.Effect<Database, SqliteError> =>
  Effect.try({
    try: () => {
      const database = open(filename)
      database.exec("PRAGMA busy_timeout = 10000")
      database.exec("PRAGMA journal_mode = WAL")
      database.exec("PRAGMA synchronous = NORMAL")
      return database
    },
    catch: (thrown) =>
      new SqliteError({
        message: `The database ${filename} cannot be opened: ${messageOf(thrown)}`,
        filename,
        kind: "cannotOpen"
      })
  })

const lock = (open: Open, filename: string): Effect.Effect<unknown, SqliteError, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.try({
      try: () => {
        const database = open(`${filename}.lock`)
        try {
          database.exec("PRAGMA busy_timeout = 0")
          database.exec("BEGIN EXCLUSIVE")
        } catch (thrown) {
          database.close()
          throw thrown
        }
        return database
      },
      catch: (thrown) => {
        const isLocked = /locked|busy/i.test(messageOf(thrown))
        return new SqliteError({
          message: isLocked
            ? `Another process is using ${filename}: two at once would send requests twice. Stop it first, or give this one another file.`
            : `The lock ${filename}.lock cannot be taken: ${messageOf(thrown)}`,
          filename,
          kind: isLocked ? "locked" : "cannotOpen"
        })
      }
    }),
    (database) => Effect.sync(() => database.close())
  )

/** Statements that stay prepared. */
const mostPrepared = 200

type Prepare = (sql: string) => PreparedStatement

const preparing = (database: Database): Prepare => {
  const prepared = new Map<string, PreparedStatement>()
  return (sql) => {
    const known = prepared.get(sql)
    if (known !== undefined) return known
    const statement = database.prepare(sql)
    if (prepared.size >= mostPrepared) prepared.clear()
    prepared.set(sql, statement)
    return statement
  }
}

const makeConnection = (database: Database, prepare: Prepare): Connection => {
  const run = <A>(operation: string, use: (bigIntegers: boolean) => A): Effect.Effect<A, SqlError> =>
    Effect.flatMap(SqlClient.SafeIntegers, (bigIntegers) => attempt(operation, () => use(bigIntegers)))
  const rows = (prepare: (sql: string) => PreparedStatement) => (sql: string, parameters: ReadonlyArray<unknown>) =>
    run("execute", (bigIntegers) => prepare(sql).rows(parameters, bigIntegers))
  const values = (prepare: (sql: string) => PreparedStatement) => (sql: string, parameters: ReadonlyArray<unknown>) =>
    run("execute", (bigIntegers) => prepare(sql).values(parameters, bigIntegers))
  const once = (sql: string) => database.prepare(sql)
  const execute: Connection["execute"] = (sql, parameters, transform) =>
    transform === undefined
      ? rows(prepare)(sql, parameters)
      : Effect.map(rows(prepare)(sql, parameters), (found) => transform(found))
  return {
    execute,
    executeRaw: (sql, parameters) =>
      run("execute", (bigIntegers) => {
        const statement = prepare(sql)
        return statement.isQuery ? statement.rows(parameters, bigIntegers) : { changes: statement.change(parameters) }
      }),
    executeValues: values(prepare),
    executeValuesUnprepared: values(once),
    executeUnprepared: (sql, parameters, transform) =>
      transform === undefined
        ? rows(once)(sql, parameters)
        : Effect.map(rows(once)(sql, parameters), (found) => transform(found)),
    executeStream: (sql, parameters, transform) => Stream.fromIterableEffect(execute(sql, parameters, transform))
  }
}
