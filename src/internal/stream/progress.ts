/** What is kept of a stream while it is read, for the error of one that fails. */
import type * as ApiError from "../../ApiError.ts"
import type { Progress } from "../dialect.ts"

const maxPartialText = 1_000_000

/** What has come so far, for the error of a stream that breaks off. */
export class StreamProgress implements Progress {
  text = ""
  /** Joined now and then: a string for each event would outlive it. */
  readonly parts: Array<string> = []
  usage: unknown = undefined
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

  setUsage(usage: unknown): void {
    if (usage !== undefined && usage !== null) this.usage = usage
  }

  partial(): ApiError.PartialOutput {
    this.flush()
    return { text: this.text, usage: this.usage, events: this.events }
  }

  /** As `partial`, where an event has come. */
  received(): ApiError.PartialOutput | undefined {
    return this.events === 0 ? undefined : this.partial()
  }
}

const maxStart = 8192

/** The start of a body in which no event has come. */
export class BodyStart {
  readonly parts: Array<Uint8Array> = []
  size = 0

  add(bytes: Uint8Array): void {
    if (this.size >= maxStart) return
    const part = bytes.slice(0, maxStart - this.size)
    this.parts.push(part)
    this.size += part.length
  }

  /** `undefined` where there is none. The word in which it is cut is left out: no half of a secret is shown. */
  text(): string | undefined {
    const decoder = new TextDecoder()
    const text = this.parts.map((part) => decoder.decode(part, { stream: true })).join("")
    if (text.trim() === "") return undefined
    return this.size < maxStart ? text : text.slice(0, text.search(/\S*$/))
  }
}
