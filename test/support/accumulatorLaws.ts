/** Two laws of every fold. */
import { assert, it } from "@effect/vitest"
import * as fc from "fast-check"
import type { Accumulator, Step } from "../../src/Accumulator.ts"

/**
 * Nothing that the steps say misses the final value unless an event was refused, and the value is the same whenever it
 * is folded and whenever it is looked at.
 */
export const accumulatorLaws = <Event, Snapshot>(
  self: Accumulator<Event, Snapshot, Step>,
  events: ReadonlyArray<unknown>
): void => {
  const foldAll = (given: ReadonlyArray<unknown>, looks: (at: number) => boolean = () => false) => {
    const folding = self.start()
    const steps = given.flatMap((event, at) => {
      const said = folding.push(event as Event)
      if (looks(at)) folding.snapshot()
      return said
    })
    return { steps, text: JSON.stringify(folding.snapshot()) }
  }

  it("keeps in its value whatever its steps say, or refuses the event", () => {
    fc.assert(
      fc.property(fc.subarray(events.map((_, at) => at)), (kept) => {
        const { steps, text } = foldAll(kept.map((at) => events[at]))
        if (steps.some((step) => step._tag === "EventRefused") || text === undefined) return
        for (const step of steps) {
          const words = "delta" in step ? step.delta : step._tag === "ToolCallStarted" ? step.name : ""
          // Arguments are a text in one API and a value in another.
          if (step._tag === "ToolCallDelta") continue
          assert.include(text, JSON.stringify(words).slice(1, -1))
        }
      })
    )
  })

  it("gives the same value twice, and wherever it is looked at on the way", () => {
    const { text } = foldAll(events)
    fc.assert(
      fc.property(fc.array(fc.boolean(), { minLength: events.length, maxLength: events.length }), (looks) => {
        assert.strictEqual(foldAll(events, (at) => looks[at] === true).text, text)
      })
    )
  })
}
