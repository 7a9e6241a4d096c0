/** Data that is sent or received in chunks is never whole in memory, however large it is. */
import { fileURLToPath } from "node:url"
import { describe, expect, it } from "vitest"
import { growth } from "../scripts/bench/memory.ts"

const root = fileURLToPath(new URL("..", import.meta.url))

describe("96 MiB need hardly more memory than 32 MiB do", () => {
  for (const way of ["upload of a stream", "upload of a Blob", "download to a path", "server-sent events"] as const) {
    it(`in one ${way}`, { timeout: 120_000 }, async () => {
      expect(await growth(way, "fetch", 96, root)).toBeLessThan(56)
    })
  }
})
