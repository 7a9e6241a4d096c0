/** A million inputs whose calls answer at once, and a job beside a plain loop. `npm run soak:bulk` runs it. */
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

  it("is at least 0.4 times as fast as Effect.forEach with the same concurrency when it starts cold", async () => {
    const server = await startServer(60)
    try {
      const seen = await measure("throughput", join(folder, "throughput.db"), "1500", server.url)
      console.log(JSON.stringify(seen))
      expect((seen["job"] ?? 0) / (seen["plain"] ?? 1)).toBeGreaterThanOrEqual(0.4)
    } finally {
      server.stop()
    }
  }, 300_000)
})
