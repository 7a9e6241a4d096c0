/** Reads the inputs of a job from lines of JSON or CSV. What is broken is handed over with its line, and the rest goes on. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { IdSet } from "./IdSet.ts"

/** A line, or a CSV record, that is no input. */
export interface Reject {
  /** From 1; of a record over several lines, the first. */
  readonly line: number
  readonly text: string
  readonly message: string
}

/** How inputs are read. */
export interface ReadOptions<I, E = never, R = never> {
  /** Default: `jsonl`. The first record of CSV names the columns. */
  readonly format?: "jsonl" | "csv" | undefined
  /**
   * The input, with `{{name}}` for fields of a line or columns of a record; `{{a.b}}` reaches into a field. A text that is
   * only such a name becomes the value itself, of any type.
   */
  readonly template?: unknown
  /** The field or column that has the custom id. Default: `custom_id`. */
  readonly idFrom?: string | undefined
  /** The schema of an input. Default: anything. */
  readonly input?: Schema.Codec<I, unknown> | undefined
  /** Gets what is broken. Default: it is logged. */
  readonly onReject?: ((reject: Reject) => Effect.Effect<void, E, R>) | undefined
  /** The most bytes of a line, or characters of a record. Default: 16,000,000. */
  readonly maxLength?: number | undefined
}

interface Line {
  readonly line: number
  /** `undefined` if it is too long or not UTF-8. */
  readonly text: string | undefined
  readonly problem: string
}

export interface Read<I> {
  readonly customId?: string | undefined
  readonly input: I
}

type Fields = { readonly [name: string]: unknown }

/** Reads inputs. */
export const readInputs = <I, E, R, E2 = never, R2 = never>(
  bytes: Stream.Stream<Uint8Array, E, R>,
  options: ReadOptions<I, E2, R2>
): Stream.Stream<Read<I>, E | E2, R | R2> =>
  Stream.suspend(() => {
    const { format = "jsonl", idFrom = "custom_id", maxLength = 16_000_000, template } = options
    const onReject = options.onReject ?? logReject
    const decode = options.input === undefined ? undefined : Schema.decodeUnknownSync(Schema.toType(options.input))
    const ids = new IdSet()
    const lines = splitLines(bytes, maxLength)
    const records = format === "csv" ? csvRecords(lines, maxLength) : Stream.map(lines, jsonFields)

    const inputOf = ({ fields, line }: Parsed): Read<I> => {
      const { customId, input } = inputIn(fields, template, idFrom)
      const decoded = decode === undefined ? (input as I) : decode(input)
      const earlier = customId === undefined ? undefined : ids.add(customId, line)
      if (earlier !== undefined) {
        throw new Broken(`has the custom id "${customId}", as line ${earlier} has`)
      }
      return customId === undefined ? { input: decoded } : { customId, input: decoded }
    }

    return records.pipe(
      Stream.mapEffect((record): Effect.Effect<ReadonlyArray<Read<I>>, E2, R2> => {
        if (record === undefined) return Effect.succeed([])
        const reject = (message: string) => Effect.as(onReject({ line: record.line, text: record.text, message }), [])
        if ("problem" in record) return reject(record.problem)
        try {
          return Effect.succeed([inputOf(record)])
        } catch (thrown) {
          return reject(thrown instanceof Error ? thrown.message : String(thrown))
        }
      }),
      Stream.flattenIterable
    )
  })

const logReject = ({ line, message }: Reject): Effect.Effect<void> =>
  Effect.logWarning(`Line ${line} is left out: it ${message}`)

/** Why a line is no input; the text follows "the line". */
class Broken extends Error {}

interface Parsed {
  readonly line: number
  readonly text: string
  readonly fields: Fields
}

interface Unreadable {
  readonly line: number
  readonly text: string
  readonly problem: string
}

const jsonFields = ({ line, problem, text }: Line): Parsed | Unreadable | undefined => {
  if (text === undefined) return { line, text: "", problem }
  if (text.trim() === "") return undefined
  try {
    const fields: unknown = JSON.parse(text)
    return isFields(fields) ? { line, text, fields } : { line, text, problem: "is not an object" }
  } catch {
    return { line, text, problem: "is not JSON" }
  }
}

const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/** A line of a vendor's batch file has its input in `body` or `params`; any other line is the input itself. */
const inputIn = (
  fields: Fields,
  template: unknown,
  idFrom: string
): { readonly customId: string | undefined; readonly input: unknown } => {
  const { [idFrom]: id, ...rest } = fields
  const customId = id === undefined || id === null || id === "" ? undefined : String(id)
  if (template !== undefined) return { customId, input: fill(template, fields) }
  if (customId !== undefined && isFields(rest["body"])) return { customId, input: rest["body"] }
  if (customId !== undefined && isFields(rest["params"])) return { customId, input: rest["params"] }
  return { customId, input: rest }
}

const placeholder = /\{\{([^{}]+)\}\}/g
const onlyPlaceholder = /^\{\{([^{}]+)\}\}$/

/** A template with its names replaced. */
const fill = (template: unknown, fields: Fields): unknown => {
  if (typeof template === "string") {
    const only = onlyPlaceholder.exec(template)?.[1]
    if (only !== undefined) return fieldOf(fields, only)
    return template.replace(placeholder, (_, name: string) => {
      const value = fieldOf(fields, name)
      return typeof value === "string" ? value : JSON.stringify(value)
    })
  }
  if (Array.isArray(template)) return template.map((item) => fill(item, fields))
  if (!isFields(template)) return template
  return Object.fromEntries(Object.entries(template).map(([name, value]) => [name, fill(value, fields)]))
}

const fieldOf = (fields: Fields, placed: string): unknown => {
  const path = placed.trim()
  if (Object.hasOwn(fields, path)) return fields[path]
  let value: unknown = fields
  for (const name of path.split(".")) {
    value = isFields(value) && Object.hasOwn(value, name) ? value[name] : undefined
  }
  if (value === undefined) throw new Broken(`has no field "${path}", which the template names`)
  return value
}

const lineFeed = 10
const decoder = /*#__PURE__*/ new TextDecoder("utf-8", { fatal: true })

/** Lines of a stream of bytes, wherever it is cut. A line that is too long or not UTF-8 has no text. */
const splitLines = <E, R>(bytes: Stream.Stream<Uint8Array, E, R>, maxLength: number): Stream.Stream<Line, E, R> =>
  Stream.suspend(() => {
    let parts: Array<Uint8Array> = []
    let length = 0
    let line = 0
    const add = (part: Uint8Array) => {
      length += part.length
      // Bytes beyond the limit are dropped.
      if (length <= maxLength) parts.push(part)
      else parts = []
    }
    const take = (): Line => {
      line++
      const [whole, size] = [parts, length]
      parts = []
      length = 0
      if (size > maxLength) return { line, text: undefined, problem: `has more than ${maxLength} bytes` }
      try {
        const text = decoder.decode(joined(whole, size))
        return { line, text: text.endsWith("\r") ? text.slice(0, -1) : text, problem: "" }
      } catch {
        return { line, text: undefined, problem: "is not UTF-8" }
      }
    }
    const split = (piece: Uint8Array): ReadonlyArray<Line> => {
      const lines: Array<Line> = []
      let start = 0
      for (let end = piece.indexOf(lineFeed); end >= 0; end = piece.indexOf(lineFeed, start)) {
        add(piece.subarray(start, end))
        lines.push(take())
        start = end + 1
      }
      if (start < piece.length) add(piece.slice(start))
      return lines
    }
    return bytes.pipe(
      Stream.map(split),
      Stream.flattenIterable,
      Stream.concat(Stream.suspend(() => (length > 0 ? Stream.succeed(take()) : Stream.empty)))
    )
  })

const joined = (parts: ReadonlyArray<Uint8Array>, size: number): Uint8Array => {
  const [first] = parts
  if (parts.length === 1 && first !== undefined) return first
  const bytes = new Uint8Array(size)
  let at = 0
  for (const part of parts) {
    bytes.set(part, at)
    at += part.length
  }
  return bytes
}

/** The records of CSV: a quoted field may hold commas, quotes that are doubled, and line breaks. */
const csvRecords = <E, R>(
  lines: Stream.Stream<Line, E, R>,
  maxLength: number
): Stream.Stream<Parsed | Unreadable, E, R> =>
  Stream.suspend(() => {
    let columns: ReadonlyArray<string> | undefined
    let open: Array<Line> = []
    let length = 0
    let quotes = 0

    const close = (): Parsed | Unreadable => {
      const line = open[0]?.line ?? 0
      const text = open.map(({ text }) => text ?? "").join("\n")
      open = []
      length = 0
      quotes = 0
      const fields = csvFields(text)
      if (fields === undefined) return { line, text, problem: "has a quote in the middle of a field" }
      if (columns === undefined) {
        columns = fields
        return { line: 0, text, fields: {} }
      }
      if (fields.length !== columns.length) {
        return { line, text, problem: `has ${fields.length} fields, where the first line names ${columns.length}` }
      }
      return { line, text, fields: Object.fromEntries(fields.map((field, index) => [columns?.[index] ?? "", field])) }
    }

    const add = (line: Line): ReadonlyArray<Parsed | Unreadable> => {
      if (line.text === undefined) return [{ line: line.line, text: "", problem: line.problem }]
      if (open.length === 0 && line.text.trim() === "") return []
      open.push(line)
      length += line.text.length + 1
      quotes += countOf(line.text, '"')
      if (quotes % 2 === 0) return [close()]
      return length > maxLength ? giveUp() : []
    }

    /** A quote that is never closed costs its line alone: what follows is read again. */
    const giveUp = (): ReadonlyArray<Parsed | Unreadable> => {
      const [first, ...others] = open
      open = []
      length = 0
      quotes = 0
      if (first === undefined) return []
      const broken: Unreadable = { line: first.line, text: first.text ?? "", problem: "has a quote that is not closed" }
      return [broken, ...others.flatMap(add)]
    }

    const rest = (): ReadonlyArray<Parsed | Unreadable> => {
      const records: Array<Parsed | Unreadable> = []
      while (open.length > 0) records.push(...giveUp())
      return records
    }

    return lines.pipe(
      Stream.map(add),
      Stream.flattenIterable,
      Stream.concat(Stream.suspend(() => Stream.fromIterable(rest()))),
      // The names of the columns are no record.
      Stream.filter((record) => record.line > 0)
    )
  })

const countOf = (text: string, character: string): number => {
  let count = 0
  for (let at = text.indexOf(character); at >= 0; at = text.indexOf(character, at + 1)) count++
  return count
}

/** The fields of a record; `undefined` if a quote stands where none may. */
const csvFields = (record: string): ReadonlyArray<string> | undefined => {
  const fields: Array<string> = []
  let at = 0
  while (true) {
    const isQuoted = record[at] === '"'
    const end = isQuoted ? closingQuote(record, at + 1) : endOfField(record, at)
    const field = record.slice(isQuoted ? at + 1 : at, end)
    const next = isQuoted ? end + 1 : end
    if (end === -1 || (!isQuoted && field.includes('"'))) return undefined
    fields.push(isQuoted ? field.replaceAll('""', '"') : field)
    if (next === record.length) return fields
    if (record[next] !== ",") return undefined
    at = next + 1
  }
}

const endOfField = (record: string, start: number): number => {
  const comma = record.indexOf(",", start)
  return comma === -1 ? record.length : comma
}

/** The quote that is not doubled; -1 if there is none. */
const closingQuote = (record: string, start: number): number => {
  let at = record.indexOf('"', start)
  while (at !== -1 && record[at + 1] === '"') at = record.indexOf('"', at + 2)
  return at
}
