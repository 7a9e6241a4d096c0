/** Deeper parts of a value are left out. */
const maxDepth = 20
/** How many characters of texts and names are kept, and how many values. */
const maxLength = 50_000
const maxValues = 5000

/** A value as JSON of bounded size and depth. Small values stay as they are. */
export const abridge = (value: unknown): unknown => {
  let length = maxLength
  let values = maxValues
  const cut = (text: string): string => {
    const kept = text.length > length ? `${text.slice(0, Math.max(0, length))}… (${text.length} characters)` : text
    length -= text.length
    return kept
  }
  const part = (given: unknown, depth: number): unknown => {
    values--
    if (typeof given === "string") return cut(given)
    if (typeof given !== "object" || given === null) return given
    const json = "toJSON" in given && typeof given.toJSON === "function" ? jsonOf(given.toJSON.bind(given)) : given
    if (typeof json !== "object" || json === null) return typeof json === "string" ? cut(json) : json
    if (depth === maxDepth) return "…"
    if (Array.isArray(json)) {
      const kept: Array<unknown> = []
      for (const item of json) {
        if (values <= 0 || length <= 0) return [...kept, `… (${json.length - kept.length} more)`]
        kept.push(part(item, depth + 1))
      }
      return kept
    }
    const names = Object.keys(json)
    const kept: Array<readonly [string, unknown]> = []
    for (const name of names) {
      if (values <= 0 || length <= 0) {
        kept.push(["…", `${names.length - kept.length} more`])
        break
      }
      kept.push([cut(name), part(Reflect.get(json, name), depth + 1)])
    }
    return Object.fromEntries(kept)
  }
  return part(value, 0)
}

const jsonOf = (toJSON: () => unknown): unknown => {
  try {
    return toJSON()
  } catch {
    return undefined
  }
}
