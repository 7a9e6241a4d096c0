import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as SqlClient from "effect/sql/SqlClient"
import * as NodeSqlite from "llmfx/jobs/NodeSqlite"

const inMemory = NodeSqlite.layer({ filename: ":memory:" })

const one = { a: 1, b: "one", c: new Uint8Array([1, 2]) }
const two = { a: 2, b: null, c: null }

const filled = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT, c BLOB)`
  yield* sql`INSERT INTO t ${sql.insert([one, two])}`
  return sql
})

it.effect("returns the rows of a statement", () =>
  Effect.gen(function* () {
    const sql = yield* filled
    expect(yield* sql`SELECT * FROM t ORDER BY a`).toEqual([one, two])
  }).pipe(Effect.provide(inMemory))
)

it.effect("takes null, booleans and what is undefined as parameters", () =>
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    expect(yield* sql`SELECT ${true} AS yes, ${undefined} AS absent, ${null} AS empty`).toEqual([
      { yes: 1, absent: null, empty: null }
    ])
  }).pipe(Effect.provide(inMemory))
)

it.effect("keeps large integers if they are asked for as bigint", () =>
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const large = sql<{ readonly n: bigint }>`SELECT 9007199254740993 AS n`
    expect(yield* Effect.provideService(large, SqlClient.SafeIntegers, true)).toEqual([{ n: 9007199254740993n }])
  }).pipe(Effect.provide(inMemory))
)

it.effect("rolls a failed transaction back", () =>
  Effect.gen(function* () {
    const sql = yield* filled
    const repeated = yield* Effect.flip(
      sql.withTransaction(Effect.andThen(sql`DELETE FROM t WHERE a = 2`, sql`INSERT INTO t (a) VALUES (1)`))
    )
    expect(repeated.reason._tag).toMatch(/UniqueViolation|ConstraintError/)
    expect(yield* sql`SELECT * FROM t ORDER BY a`).toEqual([one, two])
  }).pipe(Effect.provide(inMemory))
)

it.live("says which file cannot be opened", () =>
  Effect.gen(function* () {
    const folder = mkdtempSync(join(tmpdir(), "llmfx-sqlite-"))
    const filename = join(folder, "missing", "jobs.db")
    const error = yield* Effect.flip(Effect.provide(SqlClient.SqlClient, NodeSqlite.layer({ filename })))
    rmSync(folder, { recursive: true })
    expect(error).toMatchObject({ _tag: "SqliteError", kind: "cannotOpen", filename })
  })
)
