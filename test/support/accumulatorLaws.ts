/** Laws of every fold. */
import { assert, it } from "@effect/vitest"
import * as fc from "fast-check"
import type { Accumulator, Step } from "../../src/Accumulator.ts"
import { JsonParser } from "../../src/internal/json/incrementalParser.ts"

/**
 * Nothing that the steps say misses the final value unless an event was refused, whichever events are lost, repeated or
 * come in another order. The value is the same whenever it is folded and whenever it is looked at, and a snapshot that
 * was taken does not change.
 */
export const accumulatorLaws = <Event, Snapshot>(
  self: Accumulator<Event, Snapshot, Step>,
  events: ReadonlyArray<unknown>
): void => {
  const foldAll = (given: ReadonlyArray<unknown>, looks: (at: number) => boolean = () => false) => {
    const folding = self.start()
    const taken: Array<{ readonly snapshot: unknown; readonly text: string | undefined }> = []
    const steps = given.flatMap((event, at) => {
      const said = folding.push(event as Event)
      if (looks(at)) {
        const snapshot = folding.snapshot()
        taken.push({ snapshot, text: JSON.stringify(snapshot) })
      }
      return said
    })
    const snapshot = folding.snapshot()
    return { steps, taken, snapshot, text: JSON.stringify(snapshot) }
  }

  const keepsWhatItSays = (given: ReadonlyArray<unknown>) => {
    const { snapshot, steps } = foldAll(given)
    if (snapshot === undefined || steps.some((step) => step._tag === "EventRefused")) return
    const missing = missingIn(snapshot, steps)
    assert.deepStrictEqual(missing, [], JSON.stringify({ given, snapshot }, undefined, 1))
  }

  it("keeps in its value whatever its steps say, or refuses the event", () => {
    fc.assert(fc.property(fc.subarray([...events]), keepsWhatItSays))
  })

  it("keeps what its steps say of events that are repeated", () => {
    const counts = fc.array(fc.integer({ min: 0, max: 2 }), { minLength: events.length, maxLength: events.length })
    fc.assert(
      fc.property(counts, (counts) =>
        keepsWhatItSays(events.flatMap((event, at) => Array.from({ length: counts[at] ?? 1 }, () => event)))
      )
    )
  })

  it("keeps what its steps say of events in any order", () => {
    fc.assert(fc.property(fc.shuffledSubarray([...events]), keepsWhatItSays))
  })

  const anyLooks = fc.array(fc.boolean(), { minLength: events.length, maxLength: events.length })

  it("gives the same value wherever it is looked at on the way", () => {
    const { text } = foldAll(events)
    fc.assert(
      fc.property(anyLooks, (looks) => assert.strictEqual(foldAll(events, (at) => looks[at] === true).text, text))
    )
  })

  it("does not change a snapshot that was taken before", () => {
    fc.assert(
      fc.property(anyLooks, (looks) => {
        const { taken } = foldAll(events, (at) => looks[at] === true)
        for (const { snapshot, text } of taken) assert.strictEqual(JSON.stringify(snapshot), text)
      })
    )
  })
}

/** What the steps say and the value does not have. */
const missingIn = (snapshot: unknown, steps: ReadonlyArray<Step>): ReadonlyArray<string> => {
  const values = valuesIn(snapshot)
  const texts = values.filter((value) => typeof value === "string")
  const json = new Set(values.map((value) => JSON.stringify(value)))
  const hasText = (words: string) => texts.some((text) => text.includes(words))
  // Arguments are a text in one API and a value in another.
  const hasArguments = (words: string) => {
    const parser = new JsonParser()
    parser.push(words)
    return hasText(words) || json.has(JSON.stringify(parser.value()))
  }
  const calls = new Map<string, ReadonlyArray<string>>()
  const missing: Array<string> = []
  const expect = (isThere: boolean, what: string) => {
    if (!isThere) missing.push(what)
  }
  for (const step of steps) {
    switch (step._tag) {
      case "ToolCallStarted":
        expect(hasText(step.name), `the name ${step.name}`)
        expect(hasText(step.id), `the id ${step.id}`)
        break
      case "ToolCallDelta": {
        const place = `${step.index}/${step.part}`
        calls.set(place, [...(calls.get(place) ?? []), step.delta])
        break
      }
      case "ToolCallDone":
        expect(hasArguments(step.arguments), `the arguments ${step.arguments}`)
        break
      case "CitationAdded":
        expect(json.has(JSON.stringify(step.citation)), `the citation ${JSON.stringify(step.citation)}`)
        break
      case "TextDelta":
      case "RefusalDelta":
      case "ReasoningDelta":
        expect(hasText(step.delta), `the piece ${step.delta}`)
        break
      case "TextDone":
      case "RefusalDone":
      case "ReasoningDone":
        expect(hasText(step.text), `the text ${step.text}`)
    }
  }
  for (const pieces of calls.values()) {
    expect(hasArguments(pieces.join("")) || pieces.every(hasText), `the pieces ${pieces.join("")}`)
  }
  return missing
}

const valuesIn = (value: unknown): ReadonlyArray<unknown> =>
  typeof value === "object" && value !== null ? [value, ...Object.values(value).flatMap(valuesIn)] : [value]
