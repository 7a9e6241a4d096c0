import { assert, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as fc from "fast-check"
import { durationText } from "../../src/internal/durationText.ts"

it("writes whole milliseconds as Duration.format does", () => {
  fc.assert(
    fc.property(fc.oneof(fc.nat(), fc.nat(5000), fc.maxSafeNat()), (millis) => {
      assert.strictEqual(durationText(millis), Duration.format(Duration.millis(millis)))
    })
  )
})
