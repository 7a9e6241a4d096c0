import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import * as NodeEmulator from "llmfx/testing/NodeEmulator"
import { soak } from "../../scripts/soak/soak.ts"

describe("the client, under faults and side by side", () => {
  it.live(
    "ends every call with its value or a typed error, and leaves nothing behind",
    () =>
      Effect.gen(function* () {
        const server = yield* NodeEmulator.serve({ rateLimit: { requests: 10 ** 9, window: "1 minute" } })
        const report = yield* soak({
          duration: 120_000,
          enough: 220,
          patience: 4,
          seed: 1,
          concurrency: 64,
          baseUrls: server.baseUrls
        })
        assert.deepStrictEqual(report.violations, [])
        assert.strictEqual(report.fibers, 0)
        assert.isAbove(report.succeeded, 200)
        assert.isAbove(report.events, 500)
        assert.isAbove(Object.keys(report.faults).length, 10)
        assert.isAbove(Object.keys(report.failures).length, 4)
        yield* Effect.suspend(() => (server.pending() === 0 ? Effect.void : Effect.fail("pending"))).pipe(
          Effect.retry(Schedule.spaced(20)),
          Effect.timeout("3 seconds")
        )
      }).pipe(Effect.scoped),
    240_000
  )
})
