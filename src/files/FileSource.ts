/** The content of a file to upload: a web `File` or `Blob`, bytes, text, or a stream that can be opened. */
import * as Stream from "effect/Stream"

/** What every endpoint with a file input takes. */
export type FileSource = Blob | Bytes | Opener

/** Bytes in memory. */
export interface Bytes {
  readonly _tag: "Bytes"
  readonly bytes: Uint8Array
  readonly name: string
  readonly type: string | undefined
}

/** A stream of bytes. A source whose `open` may be called again can be sent again. */
export interface Opener {
  readonly _tag: "Opener"
  readonly open: () => Stream.Stream<Uint8Array, unknown>
  /** Opens the bytes from `start` up to `end`, where that can be had without the ones before. */
  readonly openRange: ((start: number, end: number) => Stream.Stream<Uint8Array, unknown>) | undefined
  readonly reopenable: boolean
  readonly name: string
  readonly type: string | undefined
  /** In bytes, where it is known. */
  readonly size: number | undefined
  /** Texts and files in a row. It comes with the source, so that a program without streams is bundled without them. */
  readonly join: (pieces: ReadonlyArray<string | FileSource>) => Stream.Stream<Uint8Array, unknown>
}

interface Options {
  /** The file's name; the part before the last slash or backslash is not sent. */
  readonly name: string
  /** The media type; guessed from the name where it is left out. */
  readonly type?: string | undefined
}

/** A file of the given bytes. */
export const fromBytes = (bytes: Uint8Array, options: Options): FileSource => ({
  _tag: "Bytes",
  bytes,
  name: options.name,
  type: options.type
})

/** A file of the given text, in UTF-8. */
export const fromText = (text: string, options: Options): FileSource =>
  fromBytes(new TextEncoder().encode(text), options)

/** A file whose bytes come from a stream; `open` is called for every try, so it can be retried. */
export const fromStream = (
  open: () => Stream.Stream<Uint8Array, unknown>,
  options: Options & {
    readonly size?: number | undefined
    readonly openRange?: Opener["openRange"]
  }
): FileSource => ({
  _tag: "Opener",
  open,
  openRange: options.openRange,
  reopenable: true,
  name: options.name,
  type: options.type,
  size: options.size,
  join
})

/** A file whose bytes can be read only once; a call with it is never retried. */
export const fromStreamOnce = (
  stream: Stream.Stream<Uint8Array, unknown>,
  options: Options & { readonly size?: number | undefined }
): FileSource => ({
  _tag: "Opener",
  open: () => stream,
  openRange: undefined,
  reopenable: false,
  name: options.name,
  type: options.type,
  size: options.size,
  join
})

/** Whether a value is the content of a file. */
export const isFileSource = (u: unknown): u is FileSource =>
  u instanceof Blob ||
  (typeof u === "object" && u !== null && "_tag" in u && (u._tag === "Bytes" || u._tag === "Opener") && "name" in u)

/** The bytes of a file, read from its start. */
export const read = (file: FileSource): Stream.Stream<Uint8Array, unknown> => {
  if (file instanceof Blob) {
    return Stream.fromReadableStream({ evaluate: () => file.stream(), onError: (error) => error })
  }
  return file._tag === "Bytes" ? Stream.make(file.bytes) : Stream.suspend(file.open)
}

const join: Opener["join"] = (pieces) => {
  const encoder = new TextEncoder()
  return Stream.flatMap(Stream.fromIterable(pieces), (piece) =>
    typeof piece === "string" ? Stream.sync(() => encoder.encode(piece)) : read(piece)
  )
}

/** How many bytes a file has, where that is known. */
export const sizeOf = (file: FileSource): number | undefined =>
  file instanceof Blob || file._tag === "Opener" ? file.size : file.bytes.length

/** The name of a file; a `Blob` has none. */
export const nameOf = (file: FileSource): string | undefined =>
  "name" in file && typeof file.name === "string" && file.name !== "" ? file.name : undefined
