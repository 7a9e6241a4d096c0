import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as TestClock from "effect/testing/TestClock"
import { untilTime } from "../../../src/internal/attempt/untilTime.ts"

const millis = Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 1e6 }))

describe("untilTime", () => {
  it.effect.prop(
    "is late within a millisecond, whatever fraction of one its time has",
    [millis, millis],
    ([start, duration]) =>
      Effect.gen(function* () {
        yield* TestClock.setTime(start)
        const at = start + duration
        const fiber = yield* Effect.forkChild(
          untilTime(Effect.never, () => at, Effect.succeed("late")),
          { startImmediately: true }
        )
        yield* TestClock.setTime(at + 1)
        assert.strictEqual(fiber.pollUnsafe()?._tag, "Success")
      }),
    { arbitrary: { runs: 500 } }
  )
})
