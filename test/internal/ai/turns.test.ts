import { assert, describe, it } from "@effect/vitest"
import * as FastCheck from "fast-check"
import { Turns } from "../../../src/internal/ai/turns.ts"

interface Event {
  readonly index: number
  readonly kind: "begin" | "delta" | "end"
}

/** Reads the events of items that all make the ones behind them wait. */
const readAll = (events: ReadonlyArray<Event>): ReadonlyArray<Event> => {
  const turns = new Turns<Event>()
  const order: Array<Event> = []
  const read = (event: Event): void => {
    order.push(event)
    if (event.kind === "begin") turns.begin(event.index)
    if (event.kind === "end") turns.end(event.index, read)
  }
  for (const event of events) turns.push(event.index, event, read)
  turns.flush(read)
  return order
}

const eventsOf = (index: number): ReadonlyArray<Event> =>
  (["begin", "delta", "delta", "end"] as const).map((kind) => ({ index, kind }))

/** The events of several items, mixed, each item's in their order and begun in the order of the items. */
const mixed = (items: number, choices: ReadonlyArray<number>): ReadonlyArray<Event> => {
  const queues = Array.from({ length: items }, (_, index) => [...eventsOf(index)])
  const given: Array<Event> = queues.flatMap((queue) => queue.splice(0, 1))
  for (const choice of choices) {
    const left = queues.filter((queue) => queue.length > 0)
    given.push(...(left[choice % Math.max(left.length, 1)]?.splice(0, 1) ?? []))
  }
  return [...given, ...queues.flat()]
}

describe("items that arrive side by side", () => {
  it("are read one after the other, each with its events in their order", () => {
    FastCheck.assert(
      FastCheck.property(
        FastCheck.integer({ min: 1, max: 6 }),
        FastCheck.array(FastCheck.nat(), { maxLength: 24 }),
        (items, choices) => {
          const inOrder = Array.from({ length: items }, (_, index) => eventsOf(index)).flat()
          assert.deepStrictEqual(readAll(mixed(items, choices)), inOrder)
        }
      )
    )
  })

  it("are all read if the item that they wait for never ends", () => {
    const [begin] = eventsOf(0)
    assert.deepStrictEqual(readAll([begin as Event, ...eventsOf(2), ...eventsOf(1)]), [
      begin,
      ...eventsOf(1),
      ...eventsOf(2)
    ])
  })

  it("cost linear time, however a server mixes them", { timeout: 5000 }, () => {
    const many = Array.from({ length: 50_000 }, (_, index) => index)
    const begun = (index: number): Event => ({ index, kind: "begin" })
    const ended = (index: number): Event => ({ index, kind: "end" })
    const mixtures: ReadonlyArray<ReadonlyArray<Event>> = [
      [...many.map(begun), ...many.map(ended)],
      [...many.map(begun), ...many.map(ended).reverse()],
      [...many.map(begun).reverse(), ...many.map(ended)],
      [begun(60_000), ...many.map((): Event => ({ index: 60_001, kind: "delta" })), ...many.flatMap(eventsOf)],
      [begun(0), ...many.map((index): Event => ({ index: 1 + (index % 100), kind: "delta" })), ended(0)]
    ]
    for (const events of mixtures) assert.strictEqual(readAll(events).length, events.length)
  })
})
