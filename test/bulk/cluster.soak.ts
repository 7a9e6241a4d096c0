/**
 * Workers on PostgreSQL and Redis: killed, replaced, and without their services for a while. Runs if
 * `LLMFX_TEST_POSTGRES` and `LLMFX_TEST_REDIS` are set to URLs, or to `1` for the services of this machine.
 */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as Bulk from "llmfx/jobs/Bulk"
import { Responses } from "llmfx/openai"
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest"
import { bundled, type CountingServer, startServer, startWorker, type WorkerProcess } from "./processes.ts"
import { interruptPostgres, makeDatabase, onDatabase, postgres, redis, startRedis } from "./services.ts"
import type { Config } from "./workerMain.ts"

const count = Number(process.env["LLMFX_TEST_INPUTS"] ?? 4000)
const concurrency = 40

let bundle: Awaited<ReturnType<typeof bundled>>
let database: Awaited<ReturnType<typeof makeDatabase>>
let redisPrefix: string
let server: CountingServer
const workers: Array<WorkerProcess> = []

const bulk = Bulk.endpoint("echo", Responses.create)

const start = (config: Partial<Config> & Pick<Config, "job" | "count" | "port">): WorkerProcess => {
  const worker = startWorker(bundle.path, {
    ...{ server: server.url, concurrency, chunk: 200, postgres: database.url, failover: 6000 },
    ...config
  })
  workers.push(worker)
  return worker
}

/** Longer than a worker keeps its shards without a sign of the database, in milliseconds: it has to give them up. */
const outage = 3000

/** The results and the progress of a job that has ended. */
const stored = (job: string) =>
  onDatabase(
    database.url,
    Effect.gen(function* () {
      const results = yield* Stream.runCollect(bulk.results(job))
      return { results, progress: yield* Bulk.progress(job) }
    })
  )

/** Each input has one result, which is its own. */
const expectAll = (results: ReadonlyArray<Bulk.Result<{ readonly id: string }>>, inputs: number) => {
  expect(results.map(({ seq }) => seq)).toEqual(Array.from({ length: inputs }, (_, seq) => seq))
  for (const result of results) {
    expect(result._tag === "Succeeded" ? result.value.id : undefined).toBe(`resp_${result.customId}`)
  }
}

if (postgres === undefined || redis === undefined) {
  console.log("skipped: set LLMFX_TEST_POSTGRES and LLMFX_TEST_REDIS to run jobs on many machines")
}

// The workers listen on ports below those that a system gives to connections.
describe.skipIf(postgres === undefined || redis === undefined)("on Postgres and Redis", () => {
  beforeAll(async () => {
    bundle = await bundled("workerMain")
  })

  beforeEach(async () => {
    if (postgres === undefined) return
    database = await makeDatabase(postgres)
    redisPrefix = `llmfx-bulk-${new URL(database.url).pathname.slice(1)}:`
  })

  afterEach(async () => {
    const started = workers.splice(0)
    for (const { child } of started) child.kill("SIGKILL")
    await Promise.all(started.map(({ ended }) => ended))
    server.stop()
    await database.remove()
  })

  afterAll(() => bundle.remove())

  it("has one result an input, within the limit, when two of three workers are killed and Postgres restarts", async () => {
    if (postgres === undefined || redis === undefined) return
    const limit = 200
    server = await startServer(40)
    const config = { job: "killed", count, redis, redisPrefix, limit }
    const first = start({ ...config, port: 24511 })
    const second = start({ ...config, port: 24512 })
    const third = start({ ...config, port: 24513 })
    await third.reaches(count * 0.25)
    first.child.kill("SIGKILL")
    await first.ended
    start({ ...config, port: 24514 })
    await third.reaches(count * 0.5)
    const how = await interruptPostgres(postgres, database.url, outage)
    await third.reaches(count * 0.7)
    second.child.kill("SIGKILL")
    await second.ended
    expect(await third.ended, third.log().slice(-3000)).toBe(0)

    const { progress, results } = await stored("killed")
    const { distinct, repeated, seconds } = await server.counts()
    const busiest = Math.max(...seconds.map(([, requests]) => requests))
    console.log(
      `${count} inputs, ${results.length} results, Postgres ${how}, ${repeated} sent twice, resent says ${progress.resent}, ` +
        `at most ${busiest} in a second (limit ${limit}), ${seconds.length} seconds`
    )
    expect(progress).toMatchObject({ state: "completed", succeeded: count, failed: 0 })
    expectAll(results, count)
    expect(distinct).toBe(count)
    expect(repeated).toBeLessThanOrEqual(progress.resent)
    expect(progress.resent).toBeLessThanOrEqual(2 * concurrency)
    expect(busiest).toBeLessThanOrEqual(limit)
    // The limit was what held the workers back.
    expect(busiest).toBeGreaterThanOrEqual(limit * 0.6)
  }, 300_000)

  it("pauses the job when Redis is away for longer than the patience, and loses nothing", async () => {
    const own = await startRedis()
    if (own === undefined) return console.log("skipped: redis-server cannot be started")
    server = await startServer(20)
    const config = { job: "limited", count: 1500, redis: own.url, limit: 200, patience: 2000, port: 24521 }
    try {
      const first = start(config)
      await first.reaches(300)
      await own.stop()
      expect(await first.ended, first.log().slice(-3000)).toBe(0)
      expect(first.last()).toMatchObject({ state: "paused", reason: "limiter" })
      expect(first.last().done).toBeLessThan(1500)
      await own.start()
      const second = start({ ...config, resumes: true, port: 24522 })
      expect(await second.ended, second.log().slice(-3000)).toBe(0)
    } finally {
      await own.stop()
    }
    const { progress, results } = await stored("limited")
    expectAll(results, 1500)
    expect(progress).toMatchObject({ state: "completed", succeeded: 1500, resent: 0 })
    expect(await server.counts()).toMatchObject({ total: 1500, repeated: 0 })
  }, 120_000)

  it("ends at once when it is asked to stop, and another process goes on and sends nothing twice", async () => {
    server = await startServer(20)
    const config = { job: "stopped", count: 1500 }
    const first = start({ ...config, port: 24541 })
    await first.reaches(300)
    first.child.kill("SIGINT")
    const asked = Date.now()
    await first.ended
    expect(Date.now() - asked).toBeLessThan(15_000)
    const second = start({ ...config, port: 24542 })
    expect(await second.ended, second.log().slice(-3000)).toBe(0)
    const { progress, results } = await stored("stopped")
    expectAll(results, 1500)
    expect(progress).toMatchObject({ state: "completed", succeeded: 1500, resent: 0 })
    expect(await server.counts()).toMatchObject({ total: 1500, repeated: 0 })
  }, 120_000)

  it("goes on in the processes that stay, whichever is asked to stop", async () => {
    if (redis === undefined) return
    server = await startServer(20)
    const config = { job: "passed on", count: 2000, redis, redisPrefix, limit: 100 }
    const first = start({ ...config, port: 24551 })
    await first.reaches(100)
    const second = start({ ...config, port: 24552 })
    await second.reaches(500)
    first.child.kill("SIGINT")
    await first.ended
    const third = start({ ...config, port: 24553 })
    await third.reaches(1200)
    second.child.kill("SIGINT")
    await second.ended
    expect(await third.ended, third.log().slice(-3000)).toBe(0)
    const { progress, results } = await stored("passed on")
    expectAll(results, 2000)
    expect(progress).toMatchObject({ state: "completed", succeeded: 2000, resent: 0 })
    expect(await server.counts()).toMatchObject({ total: 2000, repeated: 0 })
  }, 120_000)

  it("fails with a typed error when Postgres is away for longer than the patience, and loses nothing", async () => {
    if (postgres === undefined) return
    server = await startServer(40)
    const config = { job: "away", count: 1500, patience: 2000, port: 24531 }
    const first = start(config)
    await first.reaches(300)
    const how = await interruptPostgres(postgres, database.url, 5000)
    if (how === "cut") return console.log("skipped: PostgreSQL cannot be stopped here")
    await first.ended
    // A process that goes on pauses the job when the database is back; this one has ended with the error.
    expect(first.log()).toContain("BulkStorageError")
    const second = start({ ...config, resumes: true, port: 24532 })
    expect(await second.ended, second.log().slice(-3000)).toBe(0)
    const { progress, results } = await stored("away")
    expectAll(results, 1500)
    expect(progress).toMatchObject({ state: "completed", succeeded: 1500, resent: 0 })
    expect(await server.counts()).toMatchObject({ total: 1500, repeated: 0 })
  }, 120_000)
})
