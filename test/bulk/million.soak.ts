/** A million inputs whose calls answer at once, and a job next to a plain loop. `npm run soak:bulk` runs it. */
import { execFile } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { promisify } from "node:util"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { bundled, startServer } from "./processes.ts"

let bundle: Awaited<ReturnType<typeof bundled>>
const folder = mkdtempSync(join(tmpdir(), "llmfx-bulk-"))

beforeAll(async () => {
  bundle = await bundled("measureMain")
})

afterAll(() => {
  bundle.remove()
  rmSync(folder, { recursive: true, force: true })
})

const measure = async (...args: ReadonlyArray<string>): Promise<{ readonly [name: string]: number }> => {
  const { stdout } = await promisify(execFile)(process.execPath, [bundle.path, ...args], { maxBuffer: 1e8 })
  return JSON.parse(stdout.trim().split("\n").at(-1) ?? "{}") as { readonly [name: string]: number }
}

describe("a job", () => {
  it("of a million inputs takes at most a minute of one core and 400 MB", async () => {
    const seen = await measure("million", join(folder, "million.db"), "1000000")
    console.log(JSON.stringify(seen))
    expect(seen["done"]).toBe(1_000_000)
    expect(seen["megabytes"]).toBeLessThanOrEqual(400)
    // The time of its own core: what others do on the machine does not count.
    expect(seen["cpuSeconds"]).toBeLessThanOrEqual(60)
  }, 900_000)

  it.each([
    // Calls take as long as those of a model: the network is what both wait for.
    { delay: 250, concurrency: 64, inputs: 1500, bar: 0.9 },
    // Calls are so short that a core is busy with them, and that storing results takes its share of it.
    { delay: 40, concurrency: 32, inputs: 2000, bar: 0.6 }
  ])(
    "keeps up with Effect.forEach at the same concurrency when calls take $delay ms",
    async ({ bar, ...shape }) => {
      const { concurrency, delay, inputs } = shape
      const server = await startServer(delay)
      try {
        const filename = join(folder, `throughput-${delay}.db`)
        const seen = await measure("throughput", filename, String(inputs), server.url, String(concurrency))
        const ratio = (seen["job"] ?? 0) / (seen["plain"] ?? 1)
        console.log(JSON.stringify({ ...shape, ...seen, ratio }))
        expect(ratio).toBeGreaterThanOrEqual(bar)
      } finally {
        server.stop()
      }
    },
    300_000
  )
})
