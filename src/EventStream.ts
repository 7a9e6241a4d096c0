/**
 * Cuts bytes into server-sent events or lines of JSON, in one pass and linear time, however the bytes arrive.
 *
 * Lines end with LF, CR or CRLF; a byte-order mark at the start, comments and the `retry` field are ignored; a last
 * event without its blank line is delivered, unless it is cut off before its data. An event or line longer than the
 * limit fails.
 */
import type * as Arr from "effect/Array"
import * as Cause from "effect/Cause"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import type * as Pull from "effect/Pull"
import * as Stream from "effect/Stream"
import { makeUtf8Decoder } from "./internal/bytes/utf8.ts"
import { makeDecoding, pullDecoded } from "./internal/stream/decoding.ts"

/**
 * One server-sent event.
 *
 * @category models
 */
export interface Event {
  /** The `event` field. `""` if the server did not send one. */
  readonly event: string
  /** The `data` lines, joined by line feeds. */
  readonly data: string
  /** The last `id` field of the stream so far. */
  readonly id: string | undefined
}

/**
 * An event or a line is longer than the limit.
 *
 * @category errors
 */
export class EventTooLong extends Data.TaggedError("EventTooLong")<{
  /** In UTF-16 code units. In ASCII text, one code unit is one byte. */
  readonly limit: number
}> {
  override get message(): string {
    return `An event of the stream is longer than the limit of ${this.limit} characters`
  }
}

/**
 * 64 Mi characters: room for an image in base64.
 *
 * @category constants
 */
export const defaultLimit: number = 64 * 1024 * 1024

/**
 * Called with each complete event.
 *
 * @category models
 */
export type Sink = (event: string, data: string, id: string | undefined) => void

/**
 * A decoder that is fed bytes and calls `sink` for each whole event or line.
 *
 * @category models
 */
export interface Decoder {
  readonly push: (bytes: Uint8Array) => void
  /** The stream has ended: completes what is pending. */
  readonly end: () => void
}

const LF = 10
const SPACE = 32

/** Takes a line as a range of a text, so it can cut out only what it needs. */
type OnLine = (text: string, start: number, end: number) => void

/** Reads as much as it can from the start of a line, and returns the start of the rest. */
type Shortcut = (text: string, start: number) => number

interface LineDecoder extends Decoder {
  /** Returns whether the last line was cut off. */
  readonly end: () => boolean
}

/** Makes a decoder of lines, for both formats. The decoder throws {@link EventTooLong}. */
const lineDecoder = (
  onLine: OnLine,
  limit: number,
  pendingEvent: () => number,
  shortcut: Shortcut = (_, start) => start
): LineDecoder => {
  const decoder = makeUtf8Decoder()
  let pending = ""
  let afterCr = false
  const complete = (text: string, start: number, end: number): void => {
    if (pending.length + end - start + pendingEvent() > limit) throw new EventTooLong({ limit })
    if (pending === "") return onLine(text, start, end)
    const line = pending + text.slice(start, end)
    pending = ""
    onLine(line, 0, line.length)
  }
  const feed = (text: string): void => {
    if (text === "") return
    let start = afterCr && text.charCodeAt(0) === LF ? 1 : 0
    afterCr = false
    let cr = text.indexOf("\r", start)
    const isPlain = cr === -1
    if (isPlain && pending === "") start = shortcut(text, start)
    let lf = text.indexOf("\n", start)
    while (lf !== -1 || cr !== -1) {
      const end = cr === -1 || (lf !== -1 && lf < cr) ? lf : cr
      complete(text, start, end)
      start = end + 1
      if (end === cr) {
        if (start === text.length) afterCr = true
        else if (lf === start) start++
        cr = text.indexOf("\r", start)
      }
      if (isPlain) start = shortcut(text, start)
      if (lf !== -1 && lf < start) lf = text.indexOf("\n", start)
    }
    if (start < text.length) pending += start === 0 ? text : text.slice(start)
    if (pending.length + pendingEvent() > limit) throw new EventTooLong({ limit })
  }
  return {
    push: (bytes) => feed(decoder.push(bytes)),
    end: () => {
      feed(decoder.end())
      const isCut = pending !== ""
      if (isCut) complete("", 0, 0)
      return isCut
    }
  }
}

/**
 * A decoder of server-sent events. `onOther` takes lines that are neither a field of an event nor a comment.
 *
 * @category constructors
 */
export const makeSseDecoder = (sink: Sink, limit: number = defaultLimit, onOther?: (line: string) => void): Decoder => {
  let event = ""
  let data: string | undefined
  let id: string | undefined
  // Most events of a stream begin like the one before, so one comparison takes the place of reading their lines.
  let usualName = ""
  let usualStart = "data: "
  const dispatch = (): void => {
    if (data !== undefined) {
      if (event !== usualName) {
        usualName = event
        usualStart = event === "" ? "data: " : `event: ${event}\ndata: `
      }
      sink(event, data, id)
    }
    event = ""
    data = undefined
  }
  const usualEvents: Shortcut = (text, start) => {
    if (event !== "" || data !== undefined) return start
    let at = start
    // for texts of this length faster than `startsWith`
    while (text.slice(at, at + usualStart.length) === usualStart) {
      const from = at + usualStart.length
      const end = text.indexOf("\n", from)
      if (end === -1 || text.charCodeAt(end + 1) !== LF || end - from + 6 > limit) return at
      sink(usualName, text.slice(from, end), id)
      at = end + 2
    }
    return at
  }
  const addData = (value: string): void => {
    data = data === undefined ? value : `${data}\n${value}`
  }
  const otherField = (line: string): void => {
    const colon = line.indexOf(":")
    if (colon === 0) return
    const value = colon === -1 ? "" : line.slice(line.charCodeAt(colon + 1) === SPACE ? colon + 2 : colon + 1)
    switch (colon === -1 ? line : line.slice(0, colon)) {
      case "data":
        return addData(value)
      case "event":
        event = value
        return
      case "id":
        if (!value.includes("\0")) id = value
        return
      case "retry":
        return
      default:
        onOther?.(line)
    }
  }
  const lines = lineDecoder(
    (text, start, end) => {
      if (start === end) dispatch()
      else if (text.startsWith("data: ", start) && end - start >= 6) addData(text.slice(start + 6, end))
      else if (text.startsWith("event: ", start) && end - start >= 7) event = text.slice(start + 7, end)
      else otherField(text.slice(start, end))
    },
    limit,
    () => (data === undefined ? 0 : data.length),
    usualEvents
  )
  return {
    push: lines.push,
    end: () => {
      // Data that is cut off before its first character may be the end of nothing.
      const isCut = lines.end() && data?.trim() === ""
      if (!isCut) dispatch()
    }
  }
}

/**
 * A decoder of JSON lines: `sink` gets each line that is not blank as `data`.
 *
 * @category constructors
 */
export const makeJsonLinesDecoder = (sink: Sink, limit: number = defaultLimit): Decoder =>
  lineDecoder(
    (text, start, end) => {
      const line = text.slice(start, end)
      if (line.trim() !== "") sink("", line, undefined)
    },
    limit,
    () => 0
  )

/**
 * Pulls bytes until they complete at least one value, and returns all values that they complete. If the decoder throws,
 * the stream delivers the values before, then fails with the error of `onThrow`. If `isDone` returns `true`, it ends
 * early.
 *
 * @category utilities
 */
export const decodePull = <A, E, E2>(
  pull: Pull.Pull<ReadonlyArray<Uint8Array>, E>,
  make: (emit: (value: A) => void) => Decoder,
  onThrow: (thrown: unknown) => E2,
  isDone?: () => boolean
): Pull.Pull<Arr.NonEmptyReadonlyArray<A>, E | E2> =>
  pullDecoded(
    pull,
    makeDecoding<A, E, E | E2>({
      decoder: make,
      isFinished: isDone,
      end: (end) => {
        switch (end._tag) {
          case "Ended":
          case "Finished":
            return Cause.done()
          case "Thrown":
            return Effect.fail(onThrow(end.thrown))
          case "Broken":
            return Effect.failCause(end.cause)
        }
      }
    })
  )

const decodeStream =
  <A>(make: (emit: (value: A) => void) => Decoder) =>
  <E, R>(self: Stream.Stream<Uint8Array, E, R>): Stream.Stream<A, E | EventTooLong, R> =>
    Stream.transformPull(self, (pull) => Effect.sync(() => decodePull(pull, make, (thrown) => thrown as EventTooLong)))

/**
 * Cuts a stream of bytes into server-sent events.
 *
 * @category utilities
 */
export const decodeSse = (
  limit: number = defaultLimit
): (<E, R>(self: Stream.Stream<Uint8Array, E, R>) => Stream.Stream<Event, E | EventTooLong, R>) =>
  decodeStream<Event>((emit) => makeSseDecoder((event, data, id) => emit({ event, data, id }), limit))

/**
 * Cuts a stream of bytes into lines, and drops blank ones.
 *
 * @category utilities
 */
export const decodeLines = (
  limit: number = defaultLimit
): (<E, R>(self: Stream.Stream<Uint8Array, E, R>) => Stream.Stream<string, E | EventTooLong, R>) =>
  decodeStream<string>((emit) => makeJsonLinesDecoder((_, line) => emit(line), limit))
