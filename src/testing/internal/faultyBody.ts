/** Changes to a body that is on its way. */
import * as Stream from "effect/Stream"

type Bytes = Stream.Stream<Uint8Array, unknown>

/** Pieces of at most `size` bytes. */
export const cutBytes = (bytes: Uint8Array, size: number): ReadonlyArray<Uint8Array> => {
  const pieces: Array<Uint8Array> = []
  for (let at = 0; at < bytes.length; at += size) pieces.push(bytes.subarray(at, at + size))
  return pieces
}

/** The events of a body as bytes, each with its blank line, and what is left after the last one. */
export const byEvent = (body: Bytes): Bytes =>
  Stream.suspend(() => {
    const decoder = new TextDecoder()
    const encoder = new TextEncoder()
    let pending = ""
    const events = Stream.flatMap(body, (bytes) => {
      const parts = (pending + decoder.decode(bytes, { stream: true })).split(/(?<=\r?\n\r?\n)/)
      pending = parts.pop() ?? ""
      if (/\n\r?\n$/.test(pending)) {
        parts.push(pending)
        pending = ""
      }
      return Stream.fromIterable(parts.map((part) => encoder.encode(part)))
    })
    const rest = Stream.suspend(() => (pending === "" ? Stream.empty : Stream.make(encoder.encode(pending))))
    return Stream.concat(events, rest)
  })

/** The body with one of its events twice. */
export const duplicated = (body: Bytes, index: number): Bytes =>
  Stream.suspend(() => {
    let at = 0
    return Stream.flatMap(byEvent(body), (event) => Stream.fromIterable(at++ === index ? [event, event] : [event]))
  })

/** The first events of the body, then another end. */
export const interjected = (body: Bytes, afterEvents: number, end: Bytes): Bytes =>
  Stream.concat(Stream.take(byEvent(body), afterEvents), end)
