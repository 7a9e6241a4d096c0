/** Decodes text that arrives in pieces. */
export interface Utf8Decoder {
  readonly push: (bytes: Uint8Array) => string
  /** Returns the replacement for a character that was cut off at the end. */
  readonly end: () => string
}

/**
 * Returns what a streaming `TextDecoder` returns.
 *
 * **Details**
 *
 * Runtimes decode whole texts several times faster than streamed ones, and into strings that are half the size and
 * faster to search. So only the bytes of a character that a piece cuts are held back.
 */
export const makeUtf8Decoder = (): Utf8Decoder => {
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true })
  let held: Uint8Array | undefined
  let isStart = true
  const decode = (bytes: Uint8Array): string => {
    const text = decoder.decode(bytes)
    if (!isStart || text === "") return text
    isStart = false
    return text.charCodeAt(0) === byteOrderMark ? text.slice(1) : text
  }
  return {
    push: (bytes) => {
      const all = held === undefined ? bytes : concat(held, bytes)
      const end = endOfCharacters(all)
      held = end === all.length ? undefined : all.slice(end)
      return decode(held === undefined ? all : all.subarray(0, end))
    },
    end: () => {
      const rest = held
      held = undefined
      return rest === undefined ? "" : decode(rest)
    }
  }
}

const byteOrderMark = 0xfeff

/** Returns where the last character begins if bytes of it may be missing, otherwise the end. */
const endOfCharacters = (bytes: Uint8Array): number => {
  const { length } = bytes
  for (let back = 1; back <= 3 && back <= length; back++) {
    const byte = bytes[length - back] ?? 0
    if (byte < 0x80) return length
    if (byte >= 0xc0) return lengthOf(byte) > back ? length - back : length
  }
  return length
}

const lengthOf = (lead: number): number => (lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2)

const concat = (a: Uint8Array, b: Uint8Array): Uint8Array => {
  const all = new Uint8Array(a.length + b.length)
  all.set(a)
  all.set(b, a.length)
  return all
}
