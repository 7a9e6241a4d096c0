/** Workers on SQLite that are killed again and again. `npm run soak:bulk` runs it. */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as Bulk from "llmfx/jobs/Bulk"
import * as NodeBulk from "llmfx/jobs/NodeBulk"
import { Responses } from "llmfx/openai"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { bundled, node24, seeded, startServer, startWorker } from "./processes.ts"

const concurrency = 32
const count = 3000
const kills = 6

let bundle: Awaited<ReturnType<typeof bundled>>
const folder = mkdtempSync(join(tmpdir(), "llmfx-bulk-"))

beforeAll(async () => {
  bundle = await bundled("workerMain")
})

afterAll(() => {
  bundle.remove()
  rmSync(folder, { recursive: true, force: true })
})

const bulk = Bulk.endpoint("echo", Responses.create)

/** The stored results and the progress of a job. */
const stored = (filename: string) =>
  Effect.gen(function* () {
    const results = yield* Stream.runCollect(bulk.results("a"))
    return { results: [...results], progress: yield* Bulk.progress("a") }
  }).pipe(Effect.provide(NodeBulk.layerControl({ filename })), Effect.runPromise)

/** Each input has one result, which is its own. */
const expectAll = (results: ReadonlyArray<Bulk.Result<unknown>>) => {
  expect(results.map(({ seq }) => seq)).toEqual(Array.from({ length: count }, (_, seq) => seq))
  for (const result of results) {
    const own = result._tag === "Succeeded" ? (result.value as { readonly id: string }).id : undefined
    expect(own).toBe(`resp_${result.customId}`)
  }
}

const nodes = [
  ["this Node", () => process.execPath],
  ["Node 24", node24]
] as const

describe.each(nodes)("on SQLite with %s", (name, find) => {
  const node = find()
  if (node === undefined) {
    console.log(`skipped: ${name} cannot be installed from the registry`)
    it.skip("is not there", () => {})
    return
  }

  it("has one result an input after SIGKILLs, and sends again no more than was in flight", async () => {
    const server = await startServer(15)
    const filename = join(folder, `${name}-kill.db`)
    const random = seeded(7)
    const config = { job: "a", count, server: server.url, concurrency, chunk: 250, filename }
    try {
      let killed = 0
      while (true) {
        const worker = startWorker(bundle.path, config, node)
        if (killed < kills) {
          await worker.reaches(Math.floor(((killed + 0.3 + 0.6 * random()) / (kills + 1)) * count))
          await new Promise((resolve) => setTimeout(resolve, 200 * random()))
          if (worker.child.exitCode === null) {
            worker.child.kill("SIGKILL")
            killed++
          }
          await worker.ended
          continue
        }
        expect(await worker.ended, worker.log()).toBe(0)
        break
      }
      const { progress, results } = await stored(filename)
      const { distinct, repeated } = await server.counts()
      console.log(
        `${name}: ${kills} kills, ${count} inputs, ${results.length} results, ${repeated} sent twice, resent says ${progress.resent}`
      )
      expectAll(results)
      expect(distinct).toBe(count)
      expect(repeated).toBeLessThanOrEqual(progress.resent)
      expect(progress.resent).toBeLessThanOrEqual(kills * concurrency)
      expect(progress).toMatchObject({ state: "completed", succeeded: count, failed: 0, inFlight: 0 })
    } finally {
      server.stop()
    }
  }, 300_000)

  it("sends nothing twice after a SIGINT", async () => {
    const server = await startServer(15)
    const filename = join(folder, `${name}-stop.db`)
    const config = { job: "a", count, server: server.url, concurrency, chunk: 250, filename }
    try {
      const first = startWorker(bundle.path, config, node)
      await first.reaches(count / 2)
      first.child.kill("SIGINT")
      await first.ended
      const between = await server.counts()
      expect(between.total).toBeLessThan(count)
      const second = startWorker(bundle.path, config, node)
      expect(await second.ended, second.log()).toBe(0)
      const { progress, results } = await stored(filename)
      expectAll(results)
      expect(await server.counts()).toMatchObject({ total: count, repeated: 0 })
      expect(progress.resent).toBe(0)
    } finally {
      server.stop()
    }
  }, 120_000)
})
