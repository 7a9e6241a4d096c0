/** Durations as people and servers write them: `1m 30s`, `6m0s`. */

/** Units with their length in milliseconds, the longest first. */
export const unitMillis: { readonly [unit: string]: number } = {
  d: 86_400_000,
  h: 3_600_000,
  m: 60_000,
  s: 1000,
  ms: 1
}

/** Writes milliseconds as `Duration.format` does, which would add its code to every bundle. */
export const durationText = (millis: number): string => {
  let rest = Math.floor(millis)
  const parts = Object.entries(unitMillis).flatMap(([unit, length]) => {
    const count = Math.floor(rest / length)
    rest %= length
    return count === 0 ? [] : [`${count}${unit}`]
  })
  return parts.length === 0 ? "0" : parts.join(" ")
}
