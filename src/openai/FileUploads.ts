/**
 * Uploads files that are too large for one request, and many files at a time.
 *
 * @example
 * ```ts
 * import * as Console from "effect/Console"
 * import * as Effect from "effect/Effect"
 * import * as Stream from "effect/Stream"
 * import { LocalFile } from "llmfx"
 * import { FileUploads } from "llmfx/openai"
 *
 * const upload = Effect.flatMap(LocalFile.source("large.jsonl"), (file) =>
 *   FileUploads.follow({ file, purpose: "batch" }).pipe(
 *     Stream.runForEach(({ total, uploaded }) => Console.log(`${uploaded} of ${total} bytes`))
 *   )
 * )
 * ```
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import * as ApiError from "../ApiError.ts"
import * as FileSource from "../files/FileSource.ts"
import { quietly } from "../internal/quietly.ts"
import { mediaTypeOf } from "../internal/request/mediaType.ts"
import * as Files from "./api/Files.ts"
import * as Uploads from "./api/Uploads.ts"
import * as UploadsParts from "./api/UploadsParts.ts"
import type { OpenAi } from "./OpenAi.ts"

/**
 * A file to upload in parts.
 *
 * @category models
 */
export interface Input extends Pick<Uploads.UploadCreateParams, "purpose" | "expires_after"> {
  /** A file of known size. */
  readonly file: FileSource.FileSource
  /** The checksum of the whole file, for the server to compare. */
  readonly md5?: string | undefined
}

/**
 * How to upload the parts. A part of a file that is read from a stream stays in memory until it is sent.
 *
 * @category models
 */
export interface Options {
  /** In bytes, up to 64 MiB. Default: 16 MiB. */
  readonly partSize?: number | undefined
  /** How many parts are uploaded at a time. Default: 3. */
  readonly concurrency?: number | undefined
}

/**
 * The progress of an upload.
 *
 * @category models
 */
export interface Progress {
  /** In bytes. */
  readonly uploaded: number
  readonly total: number
  /** The finished upload with its file. Only in the last value. */
  readonly upload: Uploads.Upload | undefined
}

const usualPart = 16 * 1024 * 1024
const largestPart = 64 * 1024 * 1024

/**
 * Uploads a file in parts and emits its progress. The last value has the upload.
 *
 * **Details**
 *
 * A failed part is sent again as the retry policy says. If the upload does not complete, it is cancelled on the server.
 *
 * @category running
 */
export const follow = (input: Input, options: Options = {}): Stream.Stream<Progress, ApiError.ApiError, OpenAi> =>
  Stream.unwrap(
    Effect.gen(function* () {
      const { expires_after, file, md5, purpose } = input
      const total = FileSource.sizeOf(file)
      if (total === undefined) {
        return yield* requestError("The size of a file that is uploaded in parts has to be known")
      }
      const filename = FileSource.nameOf(file) ?? "file"
      const { id } = yield* Uploads.create({
        bytes: total,
        filename,
        mime_type: typeOf(file, filename),
        purpose,
        expires_after
      })
      const partIds: Array<string> = []
      let uploaded = 0
      let isCompleted = false
      const parts = partsOf(file, Math.min(options.partSize ?? usualPart, largestPart, Math.max(total, 1))).pipe(
        Stream.mapEffect(
          ({ data, size }) => Effect.map(UploadsParts.create({ upload_id: id, data }), (part) => ({ part, size })),
          { concurrency: options.concurrency ?? 3 }
        ),
        Stream.map(({ part, size }): Progress => {
          partIds.push(part.id)
          uploaded += size
          return { uploaded, total, upload: undefined }
        })
      )
      const completed = Effect.suspend(() =>
        uploaded === total
          ? Effect.map(Uploads.complete({ upload_id: id, part_ids: partIds, md5 }), (upload): Progress => {
              isCompleted = true
              return { uploaded, total, upload }
            })
          : requestError(`The file has ${uploaded} bytes, not the ${total} that were announced`)
      )
      return Stream.ensuring(
        Stream.concat(parts, Stream.fromEffect(completed)),
        Effect.suspend(() =>
          isCompleted ? Effect.void : quietly(Effect.timeoutOption(Uploads.cancel({ upload_id: id }), "10 seconds"))
        )
      )
    })
  )

/**
 * Uploads a file in parts.
 *
 * @category running
 */
export const large = (input: Input, options?: Options): Effect.Effect<Uploads.Upload, ApiError.ApiError, OpenAi> =>
  Effect.flatMap(
    Stream.runLast(follow(input, options)),
    Option.match({
      onNone: () => requestError("The upload has no end"),
      onSome: ({ upload }) => (upload === undefined ? requestError("The upload has no end") : Effect.succeed(upload))
    })
  )

/**
 * Uploads several files, each in one request. Values come in the order of the files.
 *
 * @category running
 */
export const many = (
  files: Iterable<Files.FileCreateParams>,
  options: { readonly concurrency?: number | undefined } = {}
): Stream.Stream<Files.FileObject, ApiError.ApiError, OpenAi> =>
  Stream.mapEffect(Stream.fromIterable(files), (file) => Files.create(file), {
    concurrency: options.concurrency ?? 5
  })

interface Part {
  readonly data: FileSource.FileSource
  readonly size: number
}

/** A file that can be read from any offset is sliced or reopened for each part. The parts of a stream are collected. */
const partsOf = (file: FileSource.FileSource, partSize: number): Stream.Stream<Part, ApiError.ApiError> => {
  const range = rangeOf(file)
  const total = FileSource.sizeOf(file) ?? 0
  if (range !== undefined) {
    const starts = Array.from({ length: Math.ceil(total / partSize) }, (_, index) => index * partSize)
    return Stream.map(Stream.fromIterable(starts), (start) => {
      const end = Math.min(start + partSize, total)
      return { data: range(start, end), size: end - start }
    })
  }
  return FileSource.read(file).pipe(
    Stream.mapAccumArray(
      () => new Collector(partSize),
      (collector, chunks) => [collector, chunks.flatMap((chunk) => collector.add(chunk))],
      { onHalt: (collector) => collector.rest() }
    ),
    Stream.map((bytes) => ({ data: bytesPart(bytes), size: bytes.length })),
    Stream.catch((cause) => Stream.fromEffect(requestError(`The file could not be read: ${String(cause)}`)))
  )
}

/** Returns a function that reads a part without reading the parts before it. */
const rangeOf = (file: FileSource.FileSource): ((start: number, end: number) => FileSource.FileSource) | undefined => {
  if (file instanceof Blob) return (start, end) => file.slice(start, end)
  if (file._tag === "Bytes") return (start, end) => bytesPart(file.bytes.subarray(start, end))
  const { openRange } = file
  return openRange === undefined
    ? undefined
    : (start, end) => FileSource.fromStream(() => openRange(start, end), { name: "part", size: end - start })
}

const bytesPart = (bytes: Uint8Array): FileSource.FileSource => FileSource.fromBytes(bytes, { name: "part" })

class Collector {
  readonly #size: number
  #buffer: Uint8Array | undefined
  #filled = 0

  constructor(size: number) {
    this.#size = size
  }

  add(chunk: Uint8Array): ReadonlyArray<Uint8Array> {
    const full: Array<Uint8Array> = []
    let offset = 0
    while (offset < chunk.length) {
      this.#buffer ??= new Uint8Array(this.#size)
      const count = Math.min(this.#size - this.#filled, chunk.length - offset)
      this.#buffer.set(chunk.subarray(offset, offset + count), this.#filled)
      this.#filled += count
      offset += count
      if (this.#filled === this.#size) full.push(...this.rest())
    }
    return full
  }

  rest(): ReadonlyArray<Uint8Array> {
    const bytes = this.#buffer?.subarray(0, this.#filled)
    this.#buffer = undefined
    this.#filled = 0
    return bytes === undefined ? [] : [bytes]
  }
}

const typeOf = (file: FileSource.FileSource, filename: string): string =>
  file.type === undefined || file.type === "" ? mediaTypeOf(filename) : file.type

const requestError = (message: string): Effect.Effect<never, ApiError.ApiError> =>
  Effect.fail(ApiError.local(Uploads.create, new ApiError.RequestError({ message })))
