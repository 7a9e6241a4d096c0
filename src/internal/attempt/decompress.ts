/** Undoes the compression of response bodies. `fetch` does that itself; other clients return the bytes as they came. */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import type * as HttpClientError from "effect/http/HttpClientError"
import * as HttpClientResponse from "effect/http/HttpClientResponse"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { joinBytes } from "../bytes/joinBytes.ts"
import { entryOf } from "../json/json.ts"
import { brokenBody } from "./readBody.ts"

/** The body is compressed in a way that this runtime cannot undo. */
export class UnreadableEncoding extends Error {
  constructor(encoding: string) {
    super(
      `The response body is compressed (content-encoding: ${encoding}), which this runtime cannot undo: ` +
        `use the fetch client, or have the server not compress`
    )
  }
}

type Format = "gzip" | "deflate" | "brotli" | "zstd"

const formats: { readonly [encoding: string]: Format } = {
  gzip: "gzip",
  "x-gzip": "gzip",
  deflate: "deflate",
  br: "brotli",
  zstd: "zstd"
}

/** A response whose body is readable, whatever its `content-encoding`. */
export const decompressed = (
  response: HttpClientResponse.HttpClientResponse
): HttpClientResponse.HttpClientResponse => {
  const encoding = response.headers["content-encoding"]?.trim().toLowerCase()
  if (encoding === undefined || encoding === "" || encoding === "identity" || isFetched(response)) return response
  const steps = encoding.split(",").map((name) => name.trim())
  const stream = steps.reduceRight<HttpClientResponse.HttpClientResponse["stream"]>(
    (stream, name) => (name === "identity" ? stream : undone(response, stream, name)),
    response.stream
  )
  const bytes = Effect.map(
    Stream.runFold(
      stream,
      (): Array<Uint8Array> => [],
      (chunks, chunk) => {
        chunks.push(chunk)
        return chunks
      }
    ),
    joinBytes
  )
  const text = Effect.map(bytes, (bytes) => new TextDecoder().decode(bytes))
  return Object.create(response, {
    stream: { value: stream },
    arrayBuffer: { value: Effect.map(bytes, ({ buffer }) => buffer) },
    text: { value: text },
    json: {
      value: Effect.flatMap(text, (text) =>
        Effect.try({ try: (): unknown => JSON.parse(text), catch: (cause) => brokenBody(response, cause) })
      )
    }
  }) as HttpClientResponse.HttpClientResponse
}

const isFetched = (response: HttpClientResponse.HttpClientResponse): boolean =>
  Option.isSome(HttpClientResponse.toWeb(response))

const undone = (
  response: HttpClientResponse.HttpClientResponse,
  stream: HttpClientResponse.HttpClientResponse["stream"],
  encoding: string
): HttpClientResponse.HttpClientResponse["stream"] => {
  const format = entryOf(formats, encoding)
  const transform = format === undefined ? undefined : decompressorOf(format)
  return format === undefined || transform === undefined
    ? Stream.fail(brokenBody(response, new UnreadableEncoding(encoding)))
    : Stream.suspend(() => {
        // Behind a ReadableStream, a bug of the program looks like a broken body.
        let cause: Cause.Cause<HttpClientError.HttpClientError> | undefined
        const watched = Stream.tapCause(stream, (found) =>
          Effect.sync(() => {
            if (!Cause.hasInterruptsOnly(found)) cause = found
          })
        )
        return Stream.catch(
          Stream.fromReadableStream({
            evaluate: () => decompressing(Stream.toReadableStream(watched), format, transform),
            onError: (error) => brokenBody(response, error)
          }),
          (error) => (cause === undefined ? Stream.fail(error) : Stream.failCause(cause))
        )
      })
}

type Transform = ReadableWritablePair<Uint8Array, BufferSource>

/** Not every runtime knows every format. */
const decompressorOf = (format: string): (() => Transform) | undefined => {
  const make = () => new DecompressionStream(format as CompressionFormat) as Transform
  try {
    make()
    return make
  } catch {
    return undefined
  }
}

/** Decompresses a body, unless its first bytes say that something else has done so. */
const decompressing = (
  body: ReadableStream<Uint8Array>,
  format: Format,
  transform: () => Transform
): ReadableStream<Uint8Array> => {
  const reader = body.getReader()
  let inner: ReadableStreamDefaultReader<Uint8Array> | undefined
  const begin = async (): Promise<ReadableStreamDefaultReader<Uint8Array>> => {
    const first = await reader.read()
    const whole = new ReadableStream<BufferSource>({
      start: (controller) => (first.done ? controller.close() : controller.enqueue(first.value as BufferSource)),
      pull: async (controller) => {
        const { done, value } = await reader.read()
        if (done) controller.close()
        else controller.enqueue(value as BufferSource)
      },
      cancel: (reason) => reader.cancel(reason)
    })
    const isPlain = first.done || !isCompressed(first.value, format)
    return isPlain ? (whole as ReadableStream<Uint8Array>).getReader() : whole.pipeThrough(transform()).getReader()
  }
  return new ReadableStream({
    pull: async (controller) => {
      inner ??= await begin()
      const { done, value } = await inner.read()
      if (done) controller.close()
      else controller.enqueue(value)
    },
    cancel: (reason) => (inner ?? reader).cancel(reason)
  })
}

const isCompressed = ([first, second]: Uint8Array, format: Format): boolean => {
  switch (format) {
    case "gzip":
      return first === 0x1f && (second === undefined || second === 0x8b)
    case "deflate":
      return first === 0x78 && (second === undefined || ((first << 8) | second) % 31 === 0)
    case "zstd":
      return first === 0x28 && (second === undefined || second === 0xb5)
    case "brotli":
      // It has no mark of its own.
      return true
  }
}
