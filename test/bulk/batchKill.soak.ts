/** Workers that are killed after a vendor has accepted a batch and before its id is stored. */
import type { ChildProcess } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest"
import { bundled, startProgram, startScript } from "./processes.ts"

let bundle: Awaited<ReturnType<typeof bundled>>
const folder = mkdtempSync(join(tmpdir(), "llmfx-bulk-"))
const children: Array<ChildProcess> = []

beforeAll(async () => {
  bundle = await bundled("batchWorkerMain")
})

afterEach(() => {
  for (const child of children) child.kill("SIGKILL")
})

afterAll(() => {
  bundle.remove()
  rmSync(folder, { recursive: true, force: true })
})

interface Counts {
  readonly batches: number
  readonly inputs: ReadonlyArray<string>
}

/** Batches in a process of its own. */
const startBatches = async () => {
  const { child, url } = await startScript("batchServer.mjs")
  children.push(child)
  const ask = async (path: string): Promise<unknown> => (await fetch(`${url}${path}`)).json()
  return {
    url,
    counts: async () => (await ask("/counts")) as Counts,
    /** Accepts so many batches without an answer. */
    hang: (count: number) => ask(`/hang/${count}`),
    setEnded: (ended: boolean) => ask(`/ended/${ended}`)
  }
}

const start = (vendor: string, filename: string, url: string, count: number) => {
  const worker = startProgram(bundle.path, [vendor, filename, url, String(count)])
  children.push(worker.child)
  return worker
}

/** Kills a worker whose batch is accepted and has got no answer. */
const killAfterAcceptance = async (
  worker: ReturnType<typeof start>,
  counts: () => Promise<Counts>,
  batches: number
): Promise<void> => {
  while ((await counts()).batches < batches) await new Promise((resolve) => setTimeout(resolve, 20))
  worker.child.kill("SIGKILL")
  await worker.ended
}

const names = (count: number) => Array.from({ length: count }, (_, index) => `n${index + 1}`)

describe("a process that is killed between a vendor's acceptance of a batch and our record", () => {
  it("is followed by one that finds OpenAI's batch by its mark and submits nothing twice", async () => {
    const server = await startBatches()
    const filename = join(folder, "openai.db")
    await server.hang(2)
    await killAfterAcceptance(start("openai", filename, server.url, 10), server.counts, 2)
    await server.hang(0)
    const second = start("openai", filename, server.url, 10)
    expect(await second.ended, second.log()).toBe(0)
    expect(second.last()).toMatchObject({ state: "completed", succeeded: 10, sent: 10 })
    const { batches, inputs } = await server.counts()
    expect(batches).toBe(2)
    expect(inputs.toSorted()).toEqual(names(10).toSorted())
  }, 60_000)

  it("is followed by one that reports Anthropic's batch, and finds it by its results when it has ended", async () => {
    const server = await startBatches()
    const filename = join(folder, "anthropic.db")
    await server.setEnded(false)
    await server.hang(1)
    await killAfterAcceptance(start("anthropic", filename, server.url, 4), server.counts, 1)
    const second = start("anthropic", filename, server.url, 4)
    expect(await second.ended, second.log()).toBe(0)
    expect(second.last()).toMatchObject({ state: "paused", succeeded: 0 })
    expect(second.last()).toMatchObject({ reason: expect.stringContaining("msgbatch_0") })
    await server.setEnded(true)
    const third = start("anthropic", filename, server.url, 4)
    expect(await third.ended, third.log()).toBe(0)
    expect(third.last()).toMatchObject({ state: "completed", succeeded: 4 })
    const { batches, inputs } = await server.counts()
    expect(batches).toBe(1)
    expect(inputs.toSorted()).toEqual(names(4))
  }, 60_000)
})
