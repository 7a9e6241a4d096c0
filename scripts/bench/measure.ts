/** Runs the contenders in turn, so a noisy moment hits each of them, and returns the median of each. */
export const interleaved = async <Name extends string>(
  rounds: number,
  contenders: { readonly [K in Name]?: () => Promise<number> }
): Promise<{ readonly [K in Name]: number }> => {
  const samples = new Map<string, Array<number>>()
  // The first round warms up.
  for (let round = -1; round < rounds; round++) {
    for (const [name, run] of Object.entries<(() => Promise<number>) | undefined>(contenders)) {
      if (run === undefined) continue
      const value = await run()
      if (round >= 0) samples.set(name, [...(samples.get(name) ?? []), value])
    }
  }
  return Object.fromEntries(Array.from(samples, ([name, values]) => [name, median(values)])) as {
    readonly [K in Name]: number
  }
}

export const median = (values: ReadonlyArray<number>): number => {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}

/** One row of the report: a measured value and its bar, if it has one. */
export interface Row {
  readonly what: string
  readonly measured: string
  readonly bar: string
  readonly holds: boolean | undefined
}

export const ratioRow = (what: string, ratio: number, bar: number, kind: "least" | "most"): Row => ({
  what,
  measured: `${ratio.toFixed(2)} ×`,
  bar: `${kind === "least" ? "≥" : "≤"} ${bar} ×`,
  holds: kind === "least" ? ratio >= bar : ratio <= bar
})

/** A row without a bar, for comparison. */
export const plainRow = (what: string, ratio: number): Row => ({
  what,
  measured: `${ratio.toFixed(2)} ×`,
  bar: "",
  holds: undefined
})

/** Microseconds that each of many events may take at most. */
export const microsRow = (what: string, millis: number, events: number, bar: number): Row => {
  const micros = (millis * 1000) / events
  return { what, measured: `${micros.toFixed(1)} µs`, bar: `≤ ${bar} µs`, holds: micros <= bar }
}
