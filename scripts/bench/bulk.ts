import { spawn } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createInterface } from "node:readline"
import * as Effect from "effect/Effect"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import * as Bulk from "llmfx/jobs/Bulk"
import * as NodeBulk from "llmfx/jobs/NodeBulk"
import { OpenAi } from "llmfx/openai/OpenAi"
import * as Responses from "llmfx/openai/Responses"
import { interleaved, plainRow, type Row, ratioRow } from "./measure.ts"
import { root } from "./paths.ts"

interface Shape {
  /** Milliseconds that a call takes on average. */
  readonly delay: number
  readonly concurrency: number
  readonly calls: number
}

/** A model API that answers after a while, in a process of its own. */
const startModel = async (delay: number): Promise<{ readonly url: string; readonly stop: () => void }> => {
  const child = spawn(process.execPath, [join(root, "test/bulk/countingServer.mjs"), String(delay)], {
    stdio: ["ignore", "pipe", "inherit"]
  })
  const port = await new Promise<string>((resolve) => createInterface({ input: child.stdout }).once("line", resolve))
  return { url: `http://127.0.0.1:${port}`, stop: () => child.kill() }
}

/** Calls a second of a job in an SQLite file, divided by those of a plain loop. */
const ratioOf = async ({ calls, concurrency, delay }: Shape, rounds: number): Promise<number> => {
  const folder = mkdtempSync(join(tmpdir(), "llmfx-bench-"))
  const model = await startModel(delay)
  const client = OpenAi.layer({ apiKey: Redacted.make("test"), baseUrl: model.url }).pipe(
    Layer.provide(FetchHttpClient.layer)
  )
  const bulk = Bulk.endpoint("echo", Responses.create, { concurrency, limits: false })
  const runtime = ManagedRuntime.make(
    bulk.layer.pipe(
      Layer.provideMerge(NodeBulk.layerLocal({ filename: join(folder, "jobs.db") })),
      Layer.provideMerge(client)
    )
  )
  const inputs = Array.from({ length: calls }, (_, n) => ({ model: "m", input: `n${n}` }))
  const perSecond = async <E>(
    run: Effect.Effect<unknown, E, ManagedRuntime.ManagedRuntime.Services<typeof runtime>>
  ) => {
    const start = performance.now()
    await runtime.runPromise(run)
    return (calls * 1000) / (performance.now() - start)
  }
  let jobs = 0
  const rates = await interleaved<"plain" | "job">(rounds, {
    plain: () => perSecond(Effect.forEach(inputs, (input) => Responses.create(input), { concurrency, discard: true })),
    job: () =>
      perSecond(
        Effect.suspend(() => {
          const name = `job-${jobs++}`
          const requests = Stream.map(Stream.fromIterable(inputs), (input) => ({ input }))
          return Effect.andThen(bulk.submit(name, requests), Stream.runDrain(Bulk.watch(name, { every: "100 millis" })))
        })
      )
  })
  await runtime.dispose()
  model.stop()
  rmSync(folder, { recursive: true, force: true })
  return rates.job / rates.plain
}

/** Jobs next to a plain `Effect.forEach` at the same concurrency. */
export const benchBulk = async (rounds: number): Promise<ReadonlyArray<Row>> => {
  const slow = { delay: 250, concurrency: 64, calls: 1500 }
  const quick = { delay: 40, concurrency: 32, calls: 2000 }
  const named = ({ concurrency, delay }: Shape) =>
    `calls/s of a job ÷ Effect.forEach, calls of ${delay} ms, concurrency ${concurrency}`
  return [
    ratioRow(named(slow), await ratioOf(slow, rounds), 0.9, "least"),
    plainRow(named(quick), await ratioOf(quick, rounds))
  ]
}
