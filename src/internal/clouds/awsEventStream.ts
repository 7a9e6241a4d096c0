/**
 * Decodes AWS event streams, a binary framing: each frame has its lengths, headers and a payload, with one checksum
 * over the lengths and one over the whole frame.
 *
 * Bytes may be cut anywhere. The work is linear in their number.
 */
import { UnexpectedResponseError } from "../../ApiError.ts"
import { type Decoder, EventTooLong } from "../../EventStream.ts"

/** A decoded frame with its text headers; headers of other types are dropped. */
export interface Frame {
  readonly headers: { readonly [name: string]: string }
  readonly payload: Uint8Array
}

const preludeLength = 12
const shortest = 16

/** Makes a decoder that calls `onFrame` for each whole frame. Throws `EventTooLong` and `UnexpectedResponseError`. */
export const makeFrameDecoder = (onFrame: (frame: Frame) => void, limit: number): Decoder => {
  let buffer = new Uint8Array(4096)
  let start = 0
  let end = 0
  const append = (bytes: Uint8Array): void => {
    if (end + bytes.length > buffer.length) {
      const pending = end - start
      const room = pending + bytes.length > buffer.length ? new Uint8Array((pending + bytes.length) * 2) : buffer
      room.set(buffer.subarray(start, end))
      buffer = room
      start = 0
      end = pending
    }
    buffer.set(bytes, end)
    end += bytes.length
  }
  return {
    push: (bytes) => {
      append(bytes)
      for (;;) {
        if (end - start < preludeLength) return
        const length = frameLength(buffer.subarray(start, start + preludeLength), limit)
        if (end - start < length) return
        // Safe without a copy: `onFrame` returns before the buffer is written again.
        const frame = buffer.subarray(start, start + length)
        start += length
        onFrame(parseFrame(frame))
      }
    },
    end: () => undefined
  }
}

const broken = (what: string): UnexpectedResponseError =>
  new UnexpectedResponseError({
    message: `The event stream is damaged: ${what}`,
    contentType: "application/vnd.amazon.eventstream"
  })

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)

const frameLength = (prelude: Uint8Array, limit: number): number => {
  const view = viewOf(prelude)
  if (view.getUint32(8) !== crc32(prelude.subarray(0, 8))) throw broken("the checksum of a frame's lengths is wrong")
  const length = view.getUint32(0)
  if (length < shortest || view.getUint32(4) > length - shortest) throw broken("the lengths of a frame contradict")
  if (length > limit) throw new EventTooLong({ limit })
  return length
}

const parseFrame = (frame: Uint8Array): Frame => {
  const view = viewOf(frame)
  const bodyEnd = frame.length - 4
  if (view.getUint32(bodyEnd) !== crc32(frame.subarray(0, bodyEnd))) throw broken("the checksum of a frame is wrong")
  const headersEnd = preludeLength + view.getUint32(4)
  return {
    headers: parseHeaders(frame.subarray(preludeLength, headersEnd)),
    payload: frame.subarray(headersEnd, bodyEnd)
  }
}

/** Sizes of header values by type. Bytes (6) and text (7) carry their own length. */
const sizes: ReadonlyArray<number | undefined> = [0, 0, 1, 2, 4, 8, undefined, undefined, 8, 16]
const textType = 7

const decoder = new TextDecoder()

const parseHeaders = (bytes: Uint8Array): { readonly [name: string]: string } => {
  const headers: Record<string, string> = {}
  const view = viewOf(bytes)
  let at = 0
  const take = (length: number): Uint8Array => {
    if (at + length > bytes.length) throw broken("a frame's headers are longer than they say")
    at += length
    return bytes.subarray(at - length, at)
  }
  while (at < bytes.length) {
    const name = decoder.decode(take(take(1)[0] ?? 0))
    const type = take(1)[0] ?? 0
    if (type >= sizes.length) throw broken(`a header has the unknown type ${type}`)
    let size = sizes[type]
    if (size === undefined) {
      take(2)
      size = view.getUint16(at - 2)
    }
    const value = take(size)
    if (type === textType) headers[name] = decoder.decode(value)
  }
  return headers
}

const table = /*#__PURE__*/ (() =>
  Uint32Array.from({ length: 256 }, (_, byte) => {
    let value = byte
    for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1
    return value
  }))()

/** The CRC-32 of zlib and PNG. */
const crc32 = (bytes: Uint8Array): number => {
  let crc = 0xffffffff
  for (let at = 0; at < bytes.length; at++) crc = (crc >>> 8) ^ (table[(crc ^ (bytes[at] ?? 0)) & 0xff] ?? 0)
  return (crc ^ 0xffffffff) >>> 0
}
