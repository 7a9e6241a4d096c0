import { PassThrough } from "node:stream"
import type * as Bulk from "llmfx/jobs/Bulk"
import { describe, expect, it } from "vitest"
import { makeDisplay } from "../../src/cli/internal/showProgress.ts"

const progress: Bulk.Progress = {
  _tag: "Progress",
  job: "a",
  name: "double",
  state: "running",
  reason: undefined,
  total: 200,
  done: 100,
  succeeded: 98,
  failed: 2,
  failures: { Refused: 2 },
  again: 0,
  duplicates: 0,
  inFlight: 4,
  sent: 104,
  resent: 0,
  limited: 0,
  tokens: { input: 0, cached: 0, output: 0 },
  cost: 0,
  costAtEnd: undefined,
  unpriced: 0,
  rate: 20,
  timeLeft: 5000,
  priority: 0,
  tags: {},
  submittedAt: 0,
  finishedAt: undefined
}

/** A terminal of some columns, or a pipe. */
const screen = (columns: number | undefined) => {
  const stream = new PassThrough()
  let written = ""
  stream.on("data", (data) => {
    written += String(data)
  })
  return {
    stream: Object.assign(stream, { isTTY: columns !== undefined, columns }),
    /** The lines as they stand on a terminal: what was erased is gone. */
    lines: () => written.split("\n").map((line) => line.split("\r\u001b[K").at(-1) ?? ""),
    written: () => written
  }
}

describe("the progress of a job", () => {
  it("is one bar on a terminal, drawn again in its place and as wide as the terminal", () => {
    const { lines, stream } = screen(60)
    const display = makeDisplay(stream)
    display.show(progress)
    display.show({ ...progress, done: 150, timeLeft: 2500 })
    expect(lines()).toHaveLength(1)
    expect(lines()[0]).toMatch(/^\[█+░+\] 75\.0% {2}150\/200 {2}20\/s {2}3s left {2}2 failed$/)
    expect(lines()[0]?.length).toBeLessThan(60)
    const filled = (lines()[0]?.match(/█/g) ?? []).length
    const empty = (lines()[0]?.match(/░/g) ?? []).length
    expect(filled / (filled + empty)).toBeCloseTo(0.75, 1)
  })

  it("stays below lines that are said meanwhile, and ends with a line break", () => {
    const { lines, stream } = screen(60)
    const display = makeDisplay(stream)
    display.show(progress)
    display.say("Line 3 is not JSON")
    display.end()
    expect(lines()[0]).toBe("Line 3 is not JSON")
    expect(lines()[1]).toMatch(/^\[█+░+\] 50\.0%/)
    expect(lines()).toHaveLength(3)
  })

  it("has no bar on a narrow terminal", () => {
    const { lines, stream } = screen(30)
    makeDisplay(stream).show(progress)
    expect(lines()[0]).toMatch(/^50\.0% {2}100\/200/)
    expect(lines()[0]?.length).toBeLessThan(30)
  })

  it("is some lines without a terminal, the last one at the end", () => {
    const { stream, written } = screen(undefined)
    const display = makeDisplay(stream)
    display.show(progress)
    display.show({ ...progress, done: 101 })
    display.show({ ...progress, state: "completed", done: 200 })
    display.end()
    expect(written()).toBe("50.0%  100/200  20/s  5s left  2 failed\n100%  200/200  completed  5s left  2 failed\n")
  })
})
