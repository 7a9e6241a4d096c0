/**
 * Finds secrets in texts that servers wrote: as they are, with any nesting of JSON escapes, percent-encoding and HTML
 * entities, and within base64, such as the `user:key` of basic authentication.
 */

/** A secret, and whether it must stand alone because it is very short. */
export interface Secret {
  readonly text: string
  readonly isShort: boolean
}

/** The ranges of a text that hold a secret, in order, without overlaps. */
export type Finder = (text: string) => ReadonlyArray<Range>

/** From `start` up to `end`, in UTF-16 code units. */
interface Range {
  readonly start: number
  readonly end: number
}

/** Nothing that people use encodes a text more often than this. */
const maxDecodings = 3

/** A finder of the secrets. Linear in the text. */
export const makeFinder = (secrets: Iterable<Secret>): Finder => {
  const all = [...secrets]
  const long = all.flatMap(({ isShort, text }) => (isShort ? [] : formsOf(text)))
  const short = all.flatMap(({ isShort, text }) => (isShort && text !== "" ? [text] : []))
  const patterns = [...patternOf(long, escaped), ...patternOf(short, alone)]
  if (patterns.length === 0) return () => []
  return (text) => {
    const ranges: Array<Range> = []
    const look = ({ text, toSource }: Decoded, decodings: number): void => {
      for (const pattern of patterns) {
        for (const { end, start } of matchesOf(pattern, text)) {
          ranges.push({ start: toSource(start), end: toSource(end) })
        }
      }
      if (decodings === maxDecodings) return
      // One kind at a time: a secret may hold what looks like another encoding.
      for (const encoding of encodings) {
        const next = decode(text, encoding)
        if (next !== undefined) {
          look({ text: next.text, toSource: (index) => toSource(next.toSource(index)) }, decodings + 1)
        }
      }
    }
    look({ text, toSource: (index) => index }, 0)
    return merged(ranges)
  }
}

/**
 * A secret as it is and in lower case, as names of hosts are written, in the bytes of UTF-8, and of the UTF-8 that JSON's
 * escapes of halves give, and within base64.
 */
const formsOf = (secret: string): ReadonlyArray<string> => {
  const plain = [secret, secret.replaceAll(" ", "+"), secret.toLowerCase()]
  const bytes = new TextEncoder().encode(secret)
  return [
    ...plain,
    ...plain.map(bytesOfUnits),
    ...plain.map((text) => bytesAsText(new TextEncoder().encode(text))),
    ...base64Forms(bytes)
  ]
}

const bytesAsText = (bytes: Uint8Array): string => Array.from(bytes, (byte) => String.fromCharCode(byte)).join("")

const bytesOfUnits = (text: string): string => text.replace(/[^\0-\x7f]/g, (unit) => bytesOfUnit(unit.charCodeAt(0)))

const bytesOfUnit = (unit: number): string =>
  unit < 0x80
    ? String.fromCharCode(unit)
    : unit < 0x800
      ? String.fromCharCode(0xc0 | (unit >> 6), 0x80 | (unit & 0x3f))
      : String.fromCharCode(0xe0 | (unit >> 12), 0x80 | ((unit >> 6) & 0x3f), 0x80 | (unit & 0x3f))

/** The characters that the bytes alone decide, whatever stands before and after them, in both alphabets. */
const base64Forms = (bytes: Uint8Array): ReadonlyArray<string> =>
  [0, 1, 2].flatMap((before) => {
    const text = btoa("\0".repeat(before) + bytesAsText(bytes))
    const start = Math.ceil((before * 8) / 6)
    const form = text.slice(start, Math.floor(((before + bytes.length) * 8) / 6))
    return form.length < 6 ? [] : [form, form.replaceAll("+", "-").replaceAll("/", "_")]
  })

const escaped = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&")

const alone = (text: string): string => `(?<![\\p{L}\\p{N}_-])${escaped(text)}(?![\\p{L}\\p{N}_-])`

const patternOf = (texts: ReadonlyArray<string>, write: (text: string) => string): ReadonlyArray<RegExp> => {
  const longestFirst = [...new Set(texts)].sort((a, b) => b.length - a.length)
  return longestFirst.length === 0 ? [] : [new RegExp(longestFirst.map(write).join("|"), write === alone ? "gu" : "g")]
}

/** Matches may overlap: of two secrets that share a part, no half is left. */
const matchesOf = (pattern: RegExp, text: string): ReadonlyArray<Range> => {
  const ranges: Array<Range> = []
  pattern.lastIndex = 0
  for (let found = pattern.exec(text); found !== null; found = pattern.exec(text)) {
    ranges.push({ start: found.index, end: found.index + found[0].length })
    pattern.lastIndex = found.index + 1
  }
  return ranges
}

const merged = (ranges: Array<Range>): ReadonlyArray<Range> => {
  if (ranges.length < 2) return ranges
  const out: Array<{ start: number; end: number }> = []
  for (const { end, start } of ranges.sort((a, b) => a.start - b.start || a.end - b.end)) {
    const last = out.at(-1)
    if (last !== undefined && start < last.end) last.end = Math.max(last.end, end)
    else out.push({ start, end })
  }
  return out
}

/** A text with one layer of encoding undone. */
interface Decoded {
  readonly text: string
  /** Returns the source position of a decoded character. Positions may be asked in any order. */
  readonly toSource: (index: number) => number
}

/** A kind of encoding: what to look for first, what is encoded, and its value by the groups found. */
interface Encoding {
  readonly sign: string
  readonly pattern: RegExp
  readonly valueOf: (found: RegExpExecArray) => string
}

const names: { readonly [name: string]: string } = {
  amp: "&",
  lt: "<",
  gt: ">",
  quot: '"',
  apos: "'",
  sol: "/",
  bsol: "\\",
  plus: "+",
  equals: "=",
  percnt: "%",
  num: "#",
  lowbar: "_",
  colon: ":",
  commat: "@",
  period: ".",
  hyphen: "-",
  dash: "-",
  nbsp: "\u00a0",
  tab: "\t",
  newline: "\n"
}

const escapes: { readonly [letter: string]: string } = { b: "\b", f: "\f", n: "\n", r: "\r", t: "\t" }

const encodings: ReadonlyArray<Encoding> = [
  {
    sign: "\\",
    pattern: /\\u([\da-f]{4})|\\(["\\/bfnrt])/gi,
    valueOf: ([, unit, letter = ""]) =>
      unit === undefined ? (escapes[letter] ?? letter) : bytesOfUnit(Number.parseInt(unit, 16))
  },
  {
    sign: "%",
    pattern: /%([\da-f]{2})/gi,
    valueOf: ([, byte = ""]) => String.fromCharCode(Number.parseInt(byte, 16))
  },
  {
    sign: "&",
    pattern:
      /&#(\d{1,7});|&#x([\da-f]{1,6});|&(amp|lt|gt|quot|apos|sol|bsol|plus|equals|percnt|num|lowbar|colon|commat|period|hyphen|dash|nbsp|Tab|NewLine);/gi,
    valueOf: ([, decimal, hex, name]) =>
      name === undefined
        ? bytesOfCodePoint(decimal === undefined ? Number.parseInt(hex ?? "", 16) : Number(decimal))
        : (names[name.toLowerCase()] ?? "")
  }
]

/** `undefined` if nothing in it is encoded in this way. */
const decode = (text: string, { pattern, sign, valueOf }: Encoding): Decoded | undefined => {
  if (!text.includes(sign)) return undefined
  /** The start and end of each decoded part, here and in the source. */
  const starts: Array<number> = []
  const ends: Array<number> = []
  const sourceStarts: Array<number> = []
  const sourceEnds: Array<number> = []
  const parts: Array<string> = []
  let length = 0
  let last = 0
  for (const found of text.matchAll(pattern)) {
    const before = text.slice(last, found.index)
    const value = valueOf(found)
    parts.push(before, value)
    length += before.length
    starts.push(length)
    sourceStarts.push(found.index)
    length += value.length
    last = found.index + found[0].length
    ends.push(length)
    sourceEnds.push(last)
  }
  if (starts.length === 0) return undefined
  parts.push(text.slice(last))
  return {
    text: parts.join(""),
    toSource: (index) => {
      const part = lastAtOrBefore(starts, index)
      if (part === -1) return index
      const end = ends[part] ?? 0
      return index < end ? (sourceStarts[part] ?? 0) : (sourceEnds[part] ?? 0) + index - end
    }
  }
}

const bytesOfCodePoint = (code: number): string =>
  code > 0x10ffff ? "" : bytesAsText(new TextEncoder().encode(String.fromCodePoint(code)))

const lastAtOrBefore = (numbers: ReadonlyArray<number>, limit: number): number => {
  let low = 0
  let high = numbers.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((numbers[middle] ?? 0) <= limit) low = middle + 1
    else high = middle
  }
  return low - 1
}
