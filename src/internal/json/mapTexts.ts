/** Walks JSON without recursion: a value of a server can be nested deeper than the stack is. */

/**
 * The value with all strings and property names mapped; the value itself if none changes. A value that has a `toJSON` is
 * mapped by what that returns.
 */
export const mapTexts = (value: unknown, map: (text: string) => string): unknown => {
  const frames: Array<Frame> = []
  let pending = value
  for (;;) {
    let mapped: unknown
    let isMapped = false
    const json = jsonOf(pending)
    if (typeof json === "object" && json !== null) frames.push(new Frame(pending, json, map))
    else {
      const plain = typeof json === "string" ? map(json) : json
      mapped = plain === json ? pending : plain
      isMapped = true
    }
    for (;;) {
      const frame = frames[frames.length - 1]
      if (frame === undefined) return mapped
      if (isMapped) frame.take(mapped)
      if (frame.hasNext) {
        pending = frame.next
        break
      }
      frames.pop()
      mapped = frame.result()
      isMapped = true
    }
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

/** A container on the way. */
class Frame {
  readonly #original: unknown
  readonly #source: { readonly [key: string]: unknown } | ReadonlyArray<unknown>
  readonly #keys: ReadonlyArray<string> | undefined
  readonly #map: (text: string) => string
  readonly #parts: Array<unknown> = []
  #isChanged = false

  constructor(original: unknown, source: object, map: (text: string) => string) {
    this.#original = original
    this.#source = source as { readonly [key: string]: unknown }
    this.#keys = Array.isArray(source) ? undefined : Object.keys(source)
    this.#map = map
  }

  get hasNext(): boolean {
    return this.#parts.length < (this.#keys ?? (this.#source as ReadonlyArray<unknown>)).length
  }

  get next(): unknown {
    return Reflect.get(this.#source, this.#keys?.[this.#parts.length] ?? this.#parts.length)
  }

  take(part: unknown): void {
    this.#isChanged ||= part !== this.next
    this.#parts.push(part)
  }

  result(): unknown {
    const keys = this.#keys?.map(this.#map)
    this.#isChanged ||= keys?.some((key, index) => key !== this.#keys?.[index]) === true
    if (!this.#isChanged) return this.#original
    return keys === undefined ? this.#parts : Object.fromEntries(keys.map((key, index) => [key, this.#parts[index]]))
  }
}
