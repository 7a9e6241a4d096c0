/** A list or an object on the way. */
interface Frame<A> {
  readonly original: unknown
  readonly json: object
  readonly children: ReadonlyArray<unknown>
  readonly parts: Array<A>
}

/** No text that fits into memory is nested more deeply: such a value contains itself. */
const maxDepth = 20_000_000

/**
 * Builds a result from the parts of a value, without recursion: a value of a server can be nested deeper than the stack
 * is. A value that has a `toJSON` is read as what that returns.
 *
 * @param leaf returns the result of a text, a number or another value without parts
 * @param join returns the result of a list or an object from those of its values, in the order of `Object.values`
 */
export const foldJson = <A>(
  value: unknown,
  leaf: (json: unknown, original: unknown) => A,
  join: (json: object, parts: ReadonlyArray<A>, original: unknown) => A
): A => {
  const root: Frame<A> = { original: undefined, json: {}, children: [value], parts: [] }
  const frames = [root]
  let frame = root
  for (;;) {
    const { children, json, original, parts } = frame
    if (parts.length < children.length) {
      const child = children[parts.length]
      const part = jsonOf(child)
      if (typeof part !== "object" || part === null) parts.push(leaf(part, child))
      else {
        if (frames.length > maxDepth) throw new TypeError("The value contains itself")
        frames.push((frame = { original: child, json: part, children: Object.values(part), parts: [] }))
      }
      continue
    }
    frames.pop()
    const outer = frames.at(-1)
    if (outer === undefined) return parts[0] as A
    outer.parts.push(join(json, parts, original))
    frame = outer
  }
}

const jsonOf = (value: unknown): unknown => {
  if (typeof value !== "object" || value === null || !("toJSON" in value) || typeof value.toJSON !== "function") {
    return value
  }
  try {
    return value.toJSON()
  } catch {
    return value
  }
}
