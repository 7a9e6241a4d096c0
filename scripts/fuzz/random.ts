/** A source of choices that a seed repeats. */
export interface Random {
  /** A whole number below `limit`. */
  readonly below: (limit: number) => number
  readonly pick: <A>(items: readonly [A, ...ReadonlyArray<A>]) => A
}

/** Mulberry32: small, and good enough to choose mutations. */
export const makeRandom = (seed: number): Random => {
  let state = (seed * 0x9e3779b1) >>> 0
  const below = (limit: number): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) % limit
  }
  return { below, pick: (items) => items[below(items.length)] ?? items[0] }
}
