import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as SqlClient from "effect/sql/SqlClient"
import * as NodeSqlite from "llmfx/jobs/NodeSqlite"

it.effect("runs statements, keeps large integers, and rolls a failed transaction back", () =>
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    yield* sql`CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT, c BLOB)`
    yield* sql`INSERT INTO t ${sql.insert([
      { a: 1, b: "one", c: new Uint8Array([1, 2]) },
      { a: 2, b: null, c: null }
    ])}`
    expect(yield* sql`SELECT * FROM t ORDER BY a`).toEqual([
      { a: 1, b: "one", c: new Uint8Array([1, 2]) },
      { a: 2, b: null, c: null }
    ])
    const large = sql<{ readonly n: bigint }>`SELECT 9007199254740993 AS n`
    expect(yield* Effect.provideService(large, SqlClient.SafeIntegers, true)).toEqual([{ n: 9007199254740993n }])
    const repeated = yield* Effect.flip(
      sql.withTransaction(Effect.andThen(sql`DELETE FROM t WHERE a = 2`, sql`INSERT INTO t (a) VALUES (1)`))
    )
    expect(repeated.reason._tag).toMatch(/UniqueViolation|ConstraintError/)
    expect(yield* sql`SELECT a FROM t WHERE b IS NULL AND a = ${2}`).toEqual([{ a: 2 }])
    expect(yield* sql`SELECT ${true} AS yes, ${undefined} AS absent`).toEqual([{ yes: 1, absent: null }])
  }).pipe(Effect.provide(NodeSqlite.layer({ filename: ":memory:" })))
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
