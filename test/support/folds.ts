/** Laws that hold for every fold, whatever happens to its events. */
import type { Accumulator, Step } from "../../src/Accumulator.ts"

/** Returns events as they may arrive if something is wrong with them. */
export const damaged = (
  events: ReadonlyArray<unknown>
): ReadonlyArray<readonly [fault: string, ReadonlyArray<unknown>]> =>
  events.flatMap((event, i) => {
    const before = events.slice(0, i)
    const after = events.slice(i + 1)
    const next = after[0]
    return [
      [`without event ${i}`, [...before, ...after]],
      [`with event ${i} twice`, [...before, event, event, ...after]],
      [
        `with events ${i} and ${i + 1} swapped`,
        next === undefined ? events : [...before, next, event, ...after.slice(1)]
      ],
      [
        `with an unknown event before ${i}`,
        [...before, { type: "brand.new", output_index: 0, index: 0, x: {} }, event, ...after]
      ],
      [`that ends before event ${i}`, before]
    ] as const
  })

/** Events whose indices no server can mean. */
export const withIndex = (event: unknown, index: unknown): unknown =>
  JSON.parse(
    JSON.stringify(event, (key, value: unknown) => (/(^|_)index$/.test(key) ? "<index>" : value)).replaceAll(
      '"<index>"',
      JSON.stringify(index) ?? "null"
    )
  )

/** Returns all steps of the events, and the snapshot after each event as text. */
export const follow = <Event, Snapshot>(
  self: Accumulator<Event, Snapshot, Step>,
  events: ReadonlyArray<unknown>
): { readonly steps: ReadonlyArray<Step>; readonly snapshot: Snapshot | undefined } => {
  const folding = self.start()
  const steps = events.flatMap((event) => folding.push(event as Event))
  return { steps, snapshot: folding.snapshot() }
}

/** The texts of the steps with a tag, joined. */
export const joined = (steps: ReadonlyArray<Step>, tag: Step["_tag"]): string =>
  steps.map((step) => (step._tag === tag && "delta" in step ? step.delta : "")).join("")

/** Events as a body of lines, as the official clients read them. */
export const asLines = (events: ReadonlyArray<unknown>): ReadableStream =>
  new ReadableStream({
    start(controller) {
      const encoder = new TextEncoder()
      for (const event of events) controller.enqueue(encoder.encode(`${JSON.stringify(event)}\n`))
      controller.close()
    }
  })
