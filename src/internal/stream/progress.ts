/** Keeps text and usage of a stream while it is read, for the error if it fails. */

import type * as ApiError from "../../ApiError.ts"
import type { Progress } from "../dialect.ts"
import { isErrorLike } from "../errors/serverError.ts"
import { isObject, type JsonObject } from "../json/json.ts"
import { withoutLastWord } from "../text.ts"

const maxPartialText = 1_000_000

/** The output so far, for the error of a stream that breaks. */
export class StreamProgress implements Progress {
  text = ""
  /** Joined now and then: a string for each event would outlive it. */
  readonly parts: Array<string> = []
  /** Without the counts in `counts`. */
  #usage: unknown = undefined
  /** Counts that are merged into the usage when it is asked for: each report would copy all before it. */
  #counts: Array<JsonObject> = []
  isUsageProvisional = false
  events = 0
  complete = false
  ended = false

  addText(text: unknown): void {
    if (typeof text !== "string" || this.text.length >= maxPartialText) return
    if (this.parts.push(text) === 256) this.flush()
  }

  flush(): void {
    this.text += this.parts.join("")
    this.parts.length = 0
  }

  setUsage(usage: unknown, isStart = false): void {
    if (usage === undefined || usage === null) return
    if (isObject(this.#usage) && isObject(usage)) this.#counts.push(usage)
    else {
      this.#usage = usage
      this.#counts = []
    }
    this.isUsageProvisional = isStart
  }

  get usage(): unknown {
    if (this.#counts.length > 0) this.#usage = withCounts(this.#usage, this.#counts)
    this.#counts = []
    return this.#usage
  }

  partial(): ApiError.PartialOutput {
    this.flush()
    const partial = { text: this.text, usage: this.usage, events: this.events }
    return this.isUsageProvisional ? { ...partial, isUsageProvisional: true } : partial
  }

  /** Like `partial`, if any event has arrived. */
  received(): ApiError.PartialOutput | undefined {
    return this.events === 0 ? undefined : this.partial()
  }
}

/** The counts that are known after other reports: what they leave out, or send as `null`, stands. */
const withCounts = (usage: unknown, reports: ReadonlyArray<JsonObject>): unknown => {
  const counts = reports.flatMap((report) =>
    Object.entries(report).filter(([, count]) => count !== undefined && count !== null)
  )
  return isObject(usage) && counts.length > 0 ? Object.fromEntries([...Object.entries(usage), ...counts]) : usage
}

const maxStart = 8192
/** An error in place of a stream is read whole, as long as it is no longer. */
const maxError = 256 * 1024

/** The start of a body in which no event has come. */
export class BodyStart {
  readonly parts: Array<Uint8Array> = []
  size = 0
  limit = maxStart

  add(bytes: Uint8Array): void {
    if (this.size === 0 && isJsonOrPage(bytes)) this.limit = maxError
    if (this.size >= this.limit) return
    const part = bytes.slice(0, this.limit - this.size)
    this.parts.push(part)
    this.size += part.length
  }

  /** `undefined` if it is blank. A word that is cut at the end is left out, so no half of a secret is shown. */
  text(): string | undefined {
    const decoder = new TextDecoder()
    const text = this.parts.map((part) => decoder.decode(part, { stream: true })).join("")
    if (text.trim() === "") return undefined
    return this.size < this.limit ? text : withoutLastWord(text)
  }
}

/** Whether bytes begin with `{`, `[`, `"` or `<`, after blanks and a byte-order mark: not as events do. */
const isJsonOrPage = (bytes: Uint8Array): boolean => {
  const first = bytes.find((byte) => byte > 32 && byte !== 0xef && byte !== 0xbb && byte !== 0xbf)
  return first === 0x7b || first === 0x5b || first === 0x22 || first === 0x3c
}

/** The lines of a stream that are not fields of events: errors that a server or a proxy wrote between them. */
export class StrayLines {
  text = ""
  /** How often the text may still be tried as JSON: each attempt reads all of it. */
  #attempts = 32

  /** Takes a line; returns what it reports if that is an error. */
  add(line: string): string | undefined {
    const words = /^error\s*:(.*)$/i.exec(line)?.[1]?.trim()
    if (words !== undefined) return words
    if (this.text.length < maxError) this.text += `${line}\n`
    const isEnd = line.endsWith("}") || line.endsWith("]")
    const mayBeWhole = this.text.length === line.length + 1 || line.length <= 2
    if (!isEnd || !mayBeWhole || this.#attempts-- <= 0) return undefined
    try {
      return isErrorLike(JSON.parse(this.text)) ? this.text : undefined
    } catch {
      return undefined
    }
  }
}
