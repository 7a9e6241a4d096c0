/**
 * Three workers on Postgres and Redis, two of which are killed. Runs if `LLMFX_TEST_POSTGRES` and `LLMFX_TEST_REDIS` are
 * set to URLs, or to `1` for the services of this machine.
 */
import * as PgClient from "@effect/sql-pg/PgClient"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import * as SqlClient from "effect/sql/SqlClient"
import * as Bulk from "llmfx/jobs/Bulk"
import { Responses } from "llmfx/openai"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { bundled, startServer, startWorker } from "./processes.ts"

const urlOf = (variable: string, local: string): string | undefined => {
  const value = process.env[variable]
  return value === undefined || value === "" ? undefined : value === "1" ? local : value
}

const postgres = urlOf("LLMFX_TEST_POSTGRES", "postgres://root:postgres@127.0.0.1:5432/test")
const redis = urlOf("LLMFX_TEST_REDIS", "redis://127.0.0.1:6379")

const count = Number(process.env["LLMFX_TEST_INPUTS"] ?? 6000)
const concurrency = 40
const limit = 400

let bundle: Awaited<ReturnType<typeof bundled>>

beforeAll(async () => {
  bundle = await bundled("workerMain")
})

afterAll(() => bundle.remove())

const bulk = Bulk.endpoint("echo", Responses.create)

const onDatabase = <A, E>(url: string, effect: Effect.Effect<A, E, SqlClient.SqlClient>) =>
  Effect.runPromise(Effect.provide(effect, PgClient.layer({ url: Redacted.make(url) })))

/** Drops what a run before has left. */
const clean = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const tables = yield* sql<{ readonly name: string }>`SELECT tablename AS name FROM pg_tables
    WHERE schemaname = 'public' AND (tablename LIKE 'llmfx_bulk_%' OR tablename LIKE 'cluster_%')`
  for (const { name } of tables) yield* sql`DROP TABLE ${sql(name)} CASCADE`
})

if (postgres === undefined || redis === undefined) {
  console.log("skipped: set LLMFX_TEST_POSTGRES and LLMFX_TEST_REDIS to run jobs on many machines")
}

describe.skipIf(postgres === undefined || redis === undefined)("on Postgres and Redis", () => {
  it("has one result an input, within the limit, when two of three workers are killed and one is replaced", async () => {
    if (postgres === undefined || redis === undefined) return
    await onDatabase(postgres, clean)
    const job = `a-${Date.now()}`
    const server = await startServer(40)
    const config = { job, count, server: server.url, concurrency, chunk: 200, postgres, redis, limit, failover: 6000 }
    const start = (port: number) => startWorker(bundle.path, { ...config, port })
    const workers = [start(34511), start(34512), start(34513)]
    try {
      const [first, second, third] = workers
      if (first === undefined || second === undefined || third === undefined) throw new Error("unreachable")
      await third.reaches(count * 0.25)
      first.child.kill("SIGKILL")
      await first.ended
      workers.push(start(34514))
      await third.reaches(count * 0.55)
      // A restart of Postgres: every connection is lost at once.
      await onDatabase(
        postgres,
        Effect.flatMap(
          SqlClient.SqlClient,
          (sql) => sql`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
            WHERE datname = current_database() AND pid <> pg_backend_pid()`
        )
      )
      await third.reaches(count * 0.65)
      second.child.kill("SIGKILL")
      await second.ended
      expect(await third.ended, third.log().slice(-3000)).toBe(0)
      const { progress, results } = await onDatabase(
        postgres,
        Effect.gen(function* () {
          const results = yield* Stream.runCollect(bulk.results(job))
          return { results, progress: yield* Bulk.progress(job) }
        })
      )
      const { distinct, repeated, seconds } = await server.counts()
      const busiest = Math.max(...seconds.map(([, requests]) => requests))
      console.log(
        `${count} inputs, ${results.length} results, ${repeated} sent twice, resent says ${progress.resent}, ` +
          `at most ${busiest} in a second (limit ${limit}), ${seconds.length} seconds`
      )
      expect(results.map(({ seq }) => seq)).toEqual(Array.from({ length: count }, (_, seq) => seq))
      for (const result of results) {
        expect(result._tag === "Succeeded" ? result.value.id : undefined).toBe(`resp_${result.customId}`)
      }
      expect(distinct).toBe(count)
      expect(repeated).toBeLessThanOrEqual(progress.resent)
      expect(progress.resent).toBeLessThanOrEqual(2 * concurrency)
      expect(busiest).toBeLessThanOrEqual(limit)
    } finally {
      for (const { child } of workers) child.kill("SIGKILL")
      server.stop()
    }
  }, 400_000)
})
