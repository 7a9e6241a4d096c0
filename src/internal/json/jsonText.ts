/**
 * Writes JSON like `JSON.stringify`, however deeply the value is nested: that of a server can be deeper than the stack.
 * `undefined` becomes `null`.
 */
export const jsonText = (value: unknown): string => {
  try {
    return JSON.stringify(value) ?? "null"
  } catch (thrown) {
    if (!(thrown instanceof RangeError)) throw thrown
    return written(value)
  }
}

/** A list or an object on the way. */
interface Frame {
  readonly entries: Iterator<readonly [string, unknown]>
  readonly close: string
  readonly isList: boolean
  isFirst: boolean
}

/** No text that fits into memory is nested more deeply: such a value contains itself. */
const maxDepth = 20_000_000

const written = (value: unknown): string => {
  const parts: Array<string> = []
  const frames: Array<Frame> = []
  const write = (part: unknown): void => {
    const json = replaced(part)
    if (typeof json !== "object" || json === null) {
      parts.push(JSON.stringify(json) ?? "null")
      return
    }
    if (frames.length === maxDepth) throw new TypeError("The value contains itself")
    const isList = Array.isArray(json)
    parts.push(isList ? "[" : "{")
    frames.push({ entries: Object.entries(json).values(), close: isList ? "]" : "}", isList, isFirst: true })
  }
  write(value)
  for (let frame = frames.at(-1); frame !== undefined; frame = frames.at(-1)) {
    const next = frame.entries.next()
    if (next.done === true) {
      parts.push(frame.close)
      frames.pop()
      continue
    }
    const [name, part] = next.value
    if (part === undefined && !frame.isList) continue
    if (!frame.isFirst) parts.push(",")
    frame.isFirst = false
    if (!frame.isList) parts.push(JSON.stringify(name), ":")
    write(part)
  }
  return parts.join("")
}

const replaced = (value: unknown): unknown =>
  typeof value === "object" && value !== null && "toJSON" in value && typeof value.toJSON === "function"
    ? value.toJSON()
    : value
