/**
 * The content of a file to upload: a web `File` or `Blob`, bytes, text, or a stream that can be opened.
 *
 * For a file on disk use `LocalFile.source`, for a URL `RemoteFile.source`.
 *
 * @example
 * ```ts
 * import { FileSource } from "llmfx"
 * import { Files } from "llmfx/openai"
 *
 * const uploaded = Files.create({
 *   file: FileSource.fromText("a,b\n1,2\n", { name: "numbers.csv", type: "text/csv" }),
 *   purpose: "user_data"
 * })
 * ```
 */
import type * as HttpBody from "effect/http/HttpBody"
import * as Stream from "effect/Stream"
import type { Part } from "../internal/request/multipart.ts"
import { streamedForm } from "../internal/request/streamedForm.ts"

/**
 * The type of every file input.
 *
 * @category models
 */
export type FileSource = Blob | Bytes | Opener

/**
 * Bytes in memory.
 *
 * @category models
 */
export interface Bytes {
  readonly _tag: "Bytes"
  readonly bytes: Uint8Array
  readonly name: string
  readonly type: string | undefined
}

/**
 * A stream of bytes. If `open` may be called again, the file can be sent again.
 *
 * @category models
 */
export interface Opener {
  readonly _tag: "Opener"
  readonly open: () => Stream.Stream<Uint8Array, unknown>
  /** Opens the bytes from `start` to `end` without reading those before, if the source can do that. */
  readonly openRange: ((start: number, end: number) => Stream.Stream<Uint8Array, unknown>) | undefined
  readonly reopenable: boolean
  readonly name: string
  readonly type: string | undefined
  /** In bytes, if known. */
  readonly size: number | undefined
  /** Makes a form. The source brings this function along, so a program without such files is bundled without it. */
  readonly form: (parts: ReadonlyArray<Part>) => HttpBody.Stream
}

interface Options {
  /** The file's name. The part before the last slash or backslash is not sent. */
  readonly name: string
  /** The media type. Default: guessed from the name. */
  readonly type?: string | undefined
}

/**
 * Makes a file from bytes.
 *
 * @category constructors
 */
export const fromBytes = (bytes: Uint8Array, options: Options): FileSource => ({
  _tag: "Bytes",
  bytes,
  name: options.name,
  type: options.type
})

/**
 * Makes a file from text, in UTF-8.
 *
 * @category constructors
 */
export const fromText = (text: string, options: Options): FileSource =>
  fromBytes(new TextEncoder().encode(text), options)

/**
 * Makes a file from a stream. `open` is called for every attempt, so the call can be retried.
 *
 * @category constructors
 */
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
  form
})

/**
 * Makes a file from bytes that can be read only once. A call with it is never retried.
 *
 * @category constructors
 */
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
  form
})

/**
 * Returns whether a value is a file source.
 *
 * @category guards
 */
export const isFileSource = (u: unknown): u is FileSource =>
  u instanceof Blob ||
  (typeof u === "object" && u !== null && "_tag" in u && (u._tag === "Bytes" || u._tag === "Opener") && "name" in u)

/**
 * Reads the bytes of a file from its start.
 *
 * @category getters
 */
export const read = (file: FileSource): Stream.Stream<Uint8Array, unknown> => {
  if (file instanceof Blob) {
    return Stream.fromReadableStream({ evaluate: () => file.stream(), onError: (error) => error })
  }
  return file._tag === "Bytes" ? Stream.make(file.bytes) : Stream.suspend(file.open)
}

const join = (pieces: ReadonlyArray<string | FileSource>): Stream.Stream<Uint8Array, unknown> => {
  const encoder = new TextEncoder()
  return Stream.flatMap(Stream.fromIterable(pieces), (piece) =>
    typeof piece === "string" ? Stream.sync(() => encoder.encode(piece)) : read(piece)
  )
}

const form: Opener["form"] = (parts) => streamedForm(parts, join)

/**
 * Returns the number of bytes of a file, if known.
 *
 * @category getters
 */
export const sizeOf = (file: FileSource): number | undefined =>
  file instanceof Blob || file._tag === "Opener" ? file.size : file.bytes.length

/**
 * Returns the name of a file. A `Blob` does not have one.
 *
 * @category getters
 */
export const nameOf = (file: FileSource): string | undefined =>
  "name" in file && typeof file.name === "string" && file.name !== "" ? file.name : undefined
