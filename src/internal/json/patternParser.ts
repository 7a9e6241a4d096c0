/**
 * Parses a series of similar JSON texts, such as the events of a stream, several times as fast as `JSON.parse`.
 *
 * Most events equal an earlier one except for a few strings and numbers. What two texts share becomes a pattern; for a
 * text that matches it, only the differing parts are read.
 */

import { identity } from "effect/Function"
import { stringEnd } from "./stringEnd.ts"

/** Like `JSON.parse`: returns a value that nobody else holds, or throws a `SyntaxError`. */
export type JsonParser = (text: string) => unknown

/**
 * A series begins with `JSON.parse`: finding what two texts share costs about as much as parsing ten, and many short
 * streams at once, each with patterns of its own, would never win that back.
 */
const textsBeforePatterns = 250
const textsForPattern = 16
const maxPatterns = 4
const maxLength = 4096
const maxSlots = 16

/** Like `JSON.parse` without its second argument. */
const parseOne: JsonParser = (text) => JSON.parse(text)

/**
 * Makes a parser for the texts of one series. `parse` reads a single text, or a part of one. `form` brings what it
 * returns into another form; it must go by names and types alone, not by what texts and numbers say, because the texts
 * of a pattern go through it once.
 */
export const makeJsonSeriesParser = (
  parse: JsonParser = parseOne,
  form: (json: unknown) => unknown = identity
): JsonParser => {
  let patterns: Array<Pattern> = []
  let recent: ReadonlyArray<Example> = []
  let learned = 0
  let failed = 0
  let untilLearning = textsBeforePatterns
  const learn = (text: string): void => {
    const example = { text, leaves: leavesOf(text), slots: new Set<number>() }
    for (const known of [...patterns, ...recent]) {
      const pattern = patternOf(known, example, parse, form)
      if (pattern === undefined) continue
      patterns = [pattern, ...patterns.filter((other) => other !== known)].slice(0, maxPatterns)
      recent = []
      failed = 0
      untilLearning = textsForPattern * ++learned
      return
    }
    recent = [example, ...recent.slice(0, 2)]
    untilLearning = failed++
  }
  return (text) => {
    untilLearning--
    for (let index = 0; index < patterns.length; index++) {
      const pattern = patterns[index]
      const value = pattern?.read(text)
      if (pattern === undefined || value === undefined) continue
      if (index > 0) {
        patterns.splice(index, 1)
        patterns.unshift(pattern)
      }
      return value
    }
    const value = form(parse(text))
    if (untilLearning < 0 && text.length <= maxLength) learn(text)
    return value
  }
}

/** A text, and the positions of the leaves known to vary. */
interface Example {
  readonly text: string
  readonly leaves: ReadonlyArray<Leaf>
  readonly slots: ReadonlySet<number>
}

interface Pattern extends Example {
  /** Returns the value of a text that matches, `undefined` otherwise. */
  readonly read: (text: string) => unknown
}

/** Returns what two texts share, if they differ only in strings and numbers. */
const patternOf = (
  known: Example,
  { leaves, text }: Example,
  parse: JsonParser,
  form: (json: unknown) => unknown
): Pattern | undefined => {
  if (known.leaves.length !== leaves.length) return undefined
  const slots: Array<Slot> = []
  const positions = new Set<number>()
  let knownEnd = 0
  let end = 0
  for (const [position, leaf] of leaves.entries()) {
    const twin = known.leaves[position]
    if (twin === undefined || known.text.slice(knownEnd, twin.start) !== text.slice(end, leaf.start)) return undefined
    const part = text.slice(leaf.start, leaf.end)
    const knownPart = known.text.slice(twin.start, twin.end)
    knownEnd = twin.end
    end = leaf.end
    if (part === knownPart && !known.slots.has(position)) continue
    const kind = kindOf(part)
    if (kind === undefined || kind !== kindOf(knownPart) || slots.length === maxSlots) return undefined
    slots.push({ path: leaf.path, index: slots.length, kind, start: leaf.start, end: leaf.end })
    positions.add(position)
  }
  if (slots.length === 0 || known.text.slice(knownEnd) !== text.slice(end)) return undefined
  const plain = parse(text)
  const value = form(plain)
  if (!slots.every((slot) => isKept(slot, plain, value))) return undefined
  return { text, leaves, slots: positions, read: reader(text, slots, copier(value, slots), parse) }
}

/** Whether a leaf has the same value, of its own kind, in another form of the JSON. */
const isKept = ({ kind, path }: Slot, plain: unknown, value: unknown): boolean => {
  const leaf = partAt(plain, path)
  return typeof leaf === kind && partAt(value, path) === leaf
}

const partAt = (value: unknown, path: Slot["path"]): unknown =>
  path.reduce<unknown>((part, key) => (isIndexable(part) ? part[key] : undefined), value)

const isIndexable = (value: unknown): value is { readonly [key: string | number]: unknown } =>
  typeof value === "object" && value !== null

type Kind = "string" | "number"

const kindOf = (leaf: string): Kind | undefined =>
  leaf.startsWith('"') ? "string" : /^[-0-9]/.test(leaf) ? "number" : undefined

/** A leaf that varies, and where it is in the text that the pattern was made of. */
interface Slot {
  readonly path: ReadonlyArray<string | number>
  readonly index: number
  readonly kind: Kind
  readonly start: number
  readonly end: number
}

/** Reads texts that equal `example` outside its slots. */
const reader = (example: string, slots: ReadonlyArray<Slot>, copy: Copier, parse: JsonParser): Pattern["read"] => {
  const parts = slots.map(({ kind, start }, index) => ({
    fixed: unshared(example.slice(slots[index - 1]?.end ?? 0, start)),
    isString: kind === "string"
  }))
  const tail = unshared(example.slice(slots.at(-1)?.end))
  return (text) => {
    const found: Array<unknown> = []
    let at = 0
    for (const { fixed, isString } of parts) {
      // for texts of this length faster than `startsWith`
      if (text.slice(at, at + fixed.length) !== fixed) return undefined
      at += fixed.length
      const end = isString ? endOfString(text, at) : endOfNumber(text, at)
      const value = isString ? stringIn(text, at, end) : numberIn(text, at, end, parse)
      if (value === undefined) return undefined
      found.push(value)
      at = end
    }
    return text.slice(at) === tail ? copy(found) : undefined
  }
}

/** The same text in memory of its own: a part of an event keeps all the text that came with it. */
const unshared = (text: string): string => JSON.parse(JSON.stringify(text))

const quote = 34
const backslash = 92

/** Returns where the string that starts here ends, after its closing quote; 0 if it does not. */
const endOfString = (text: string, start: number): number => {
  if (text.charCodeAt(start) !== quote) return 0
  let end = text.indexOf('"', start + 1)
  while (end !== -1 && isEscaped(text, end)) end = text.indexOf('"', end + 1)
  return end + 1
}

/** Whether an odd number of backslashes stands before a character. */
const isEscaped = (text: string, at: number): boolean => {
  let before = at - 1
  while (text.charCodeAt(before) === backslash) before--
  return (at - before) % 2 === 0
}

const endOfNumber = (text: string, start: number): number => {
  let end = start
  while (isOfNumber(text.charCodeAt(end))) end++
  return end
}

/** Whether a character is a digit or one of `+-.eE`. */
const isOfNumber = (code: number): boolean =>
  (code >= 48 && code <= 57) || code === 43 || code === 45 || code === 46 || code === 69 || code === 101

/** A longer slice keeps the whole text in memory. */
const maxSlice = 12

/** The value of a string, or `undefined` if it is not valid. */
const stringIn = (text: string, start: number, end: number): string | undefined => {
  if (end === 0) return undefined
  if (end - start - 2 <= maxSlice && isPlain(text, start + 1, end - 1)) return text.slice(start + 1, end - 1)
  return parsed(text.slice(start, end), JSON.parse)
}

/** Whether characters stand for themselves in a string. */
const isPlain = (text: string, start: number, end: number): boolean => {
  for (let at = start; at < end; at++) {
    const code = text.charCodeAt(at)
    if (code < 32 || code === backslash) return false
  }
  return true
}

/** More digits than a double surely holds. */
const maxDigits = 15

/** The value of a number, or `undefined` if it is not valid. */
const numberIn = (text: string, start: number, end: number, parse: JsonParser): unknown => {
  const part = text.slice(start, end)
  if (part.length <= maxDigits && /^(?:0|[1-9][0-9]*)$/.test(part)) return Number(part)
  return parsed(part, parse)
}

const parsed = <A>(part: string, parse: (text: string) => A): A | undefined => {
  try {
    return parse(part)
  } catch {
    return undefined
  }
}

/** Makes a copy of a value with what was found in its slots. */
type Copier = (found: ReadonlyArray<unknown>) => unknown

const copier = (value: unknown, slots: ReadonlyArray<Slot>): Copier => {
  const [only] = slots
  if (only?.path.length === 0) return (found) => found[only.index]
  if (typeof value !== "object" || value === null) return () => value
  const parts = Object.entries(value).flatMap(([key, part]: [string, unknown]) => {
    const inPart = slots.flatMap(({ path: [first, ...path], ...slot }) =>
      String(first) === key ? [{ ...slot, path }] : []
    )
    return inPart.length === 0 && (typeof part !== "object" || part === null)
      ? []
      : [{ key, make: copier(part, inPart) }]
  })
  if (Array.isArray(value)) {
    return (found) => {
      const copy: Array<unknown> = value.slice()
      for (const { key, make } of parts) copy[Number(key)] = make(found)
      return copy
    }
  }
  return (found) => {
    const copy: Record<string, unknown> = { ...value }
    for (const { key, make } of parts) copy[key] = make(found)
    return copy
  }
}

interface Leaf {
  readonly path: ReadonlyArray<string | number>
  readonly start: number
  readonly end: number
}

interface Container {
  readonly outer: Container | undefined
  readonly path: ReadonlyArray<string | number>
  /** The property names of an object so far. */
  readonly names: Set<string> | undefined
  items: number
  key: string | undefined
}

/** A string by its first quote. */
const token = /"|[^\s"{}[\],:]+|[{}[\],:]/g

/** Returns the strings, numbers and names of a JSON text, or none if a property occurs twice. */
const leavesOf = (text: string): ReadonlyArray<Leaf> => {
  const leaves: Array<Leaf> = []
  let parent: Container | undefined
  const pathHere = (): ReadonlyArray<string | number> =>
    parent === undefined ? [] : [...parent.path, parent.key ?? parent.items]
  let end = 0
  for (;;) {
    token.lastIndex = end
    const match = token.exec(text)
    if (match === null) return leaves
    end = match[0] === '"' ? stringEnd(text, match.index) : token.lastIndex
    const part = text.slice(match.index, end)
    switch (part) {
      case "{":
      case "[":
        parent = {
          outer: parent,
          path: pathHere(),
          names: part === "{" ? new Set() : undefined,
          items: 0,
          key: undefined
        }
        break
      case "}":
      case "]":
        parent = parent?.outer
        break
      case ",":
        if (parent !== undefined) {
          parent.items++
          parent.key = undefined
        }
        break
      case ":":
        break
      default:
        if (parent?.names !== undefined && parent.key === undefined) {
          const name: string = JSON.parse(part)
          if (name === "__proto__" || parent.names.has(name)) return []
          parent.names.add(name)
          parent.key = name
        } else {
          leaves.push({ path: pathHere(), start: match.index, end })
        }
    }
  }
}
