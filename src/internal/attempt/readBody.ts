/** Reads response bodies. Whatever the server sends, no more than a limit of it is kept. */
import * as Effect from "effect/Effect"
import * as HttpClientError from "effect/http/HttpClientError"
import * as HttpClientResponse from "effect/http/HttpClientResponse"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { undiciVersion } from "./undici.ts"

type Response = HttpClientResponse.HttpClientResponse

/** 128 MiB: room for the vectors of some thousand texts, and for images in base64. */
export const defaultMaxBodyLength: number = 128 * 1024 * 1024

/** A body is longer than its limit. */
export class BodyTooLong {
  readonly _tag = "BodyTooLong"
  /** In bytes, after decompression. */
  readonly limit: number

  constructor(limit: number) {
    this.limit = limit
  }
}

/** The whole body as text. Stops reading at `limit` bytes and fails. */
export const readText = (
  response: Response,
  limit: number
): Effect.Effect<string, HttpClientError.HttpClientError | BodyTooLong> => {
  if (isShort(response, limit)) return response.text
  if (isReplaced(response)) return readStream(response, limit)
  const web = webBody(response)
  if (web === null || web?.locked === true) return response.text
  if (web !== undefined) return readWeb(response, web, limit)
  const pushed = pushedBody(response)
  return pushed === undefined ? readStream(response, limit) : readPushed(response, pushed, limit)
}

/** Whether a middleware has replaced what the body is read with. */
const isReplaced = (response: Response): boolean => Object.hasOwn(response, "stream") || Object.hasOwn(response, "text")

/** The body of a response of `fetch`: `null` if there is none, locked if somebody else reads it. */
export const webBody = (response: Response): ReadableStream<Uint8Array> | null | undefined =>
  isReplaced(response) ? undefined : Option.getOrUndefined(HttpClientResponse.toWeb(response))?.body

/** Whether the body cannot become longer than the limit. */
const isShort = (response: Response, limit: number): boolean => {
  const { "content-encoding": encoding, "content-length": length } = response.headers
  return (
    length !== undefined &&
    /^\d+$/.test(length) &&
    Number(length) <= limit &&
    (encoding === undefined || encoding === "identity") &&
    isHeldToLength(response)
  )
}

/**
 * Whether the client holds the server to the length that it declares. Node's do. A browser does not show a page of
 * another origin that a body was compressed, and what a program has made out of other bytes may declare anything.
 */
const isHeldToLength = (response: Response): boolean => {
  const fetched = HttpClientResponse.toWeb(response)
  return Option.isNone(fetched) || (undiciVersion !== undefined && fetched.value.url !== "")
}

/** Decodes a body piece by piece, up to a limit. */
class TextReader {
  text = ""
  size = 0
  readonly #decoder = new TextDecoder()
  readonly #limit: number

  constructor(limit: number) {
    this.#limit = limit
  }

  get isFull(): boolean {
    return this.size > this.#limit
  }

  /** Whether there is room for more. */
  push(bytes: Uint8Array): boolean {
    const room = this.#limit - this.size
    this.size += bytes.length
    this.text += this.#decoder.decode(bytes.length > room ? bytes.subarray(0, Math.max(0, room)) : bytes, {
      stream: true
    })
    return !this.isFull
  }

  end(): string {
    return this.text + this.#decoder.decode()
  }
}

const readStream = (
  response: Response,
  limit: number
): Effect.Effect<string, HttpClientError.HttpClientError | BodyTooLong> =>
  Effect.suspend(() => {
    const reader = new TextReader(limit)
    return Effect.flatMap(
      Stream.runForEachWhile(response.stream, (bytes) => Effect.sync(() => reader.push(bytes))),
      () => (reader.isFull ? Effect.fail(new BodyTooLong(limit)) : Effect.succeed(reader.end()))
    )
  })

/** Reads a web stream directly, in half the time that an Effect `Stream` of it takes. */
const readWeb = (
  response: Response,
  body: ReadableStream<Uint8Array>,
  limit: number
): Effect.Effect<string, HttpClientError.HttpClientError | BodyTooLong> =>
  Effect.callback((resume) => {
    const text = new TextReader(limit)
    const reader = body.getReader()
    const cancel = (): void => void reader.cancel().catch(() => undefined)
    const next = (): Promise<void> =>
      reader.read().then(({ done, value }) => {
        if (done) return resume(Effect.succeed(text.end()))
        if (text.push(value)) return next()
        cancel()
        resume(Effect.fail(new BodyTooLong(limit)))
      })
    next().catch((cause: unknown) => {
      cancel()
      resume(Effect.fail(brokenBody(response, cause)))
    })
    return Effect.sync(cancel)
  })

export const brokenBody = (response: Response, cause: unknown): HttpClientError.HttpClientError =>
  new HttpClientError.HttpClientError({
    reason: new HttpClientError.DecodeError({ request: response.request, response, cause })
  })

/** A body of one of Node's clients, into which the connection pushes what arrives. */
interface PushedBody {
  push: (chunk: Uint8Array | null) => boolean
  readonly readableLength: number
  readonly destroy: (error: Error) => void
}

/** A response of Node's clients, or one that Effect's client has wrapped. */
interface NodeResponse {
  readonly source?: { readonly body?: Partial<PushedBody> }
  readonly original?: NodeResponse
}

const pushedBody = (response: Response): PushedBody | undefined => {
  const { original, source } = response as NodeResponse
  const body = (original?.source ?? source)?.body
  return typeof body?.push === "function" &&
    typeof body.destroy === "function" &&
    typeof body.readableLength === "number"
    ? (body as PushedBody)
    : undefined
}

/**
 * Counts what is pushed and lets the client read the body in its own way. Its stream is twice as slow, and most servers
 * do not declare a length.
 */
const readPushed = (
  response: Response,
  body: PushedBody,
  limit: number
): Effect.Effect<string, HttpClientError.HttpClientError | BodyTooLong> =>
  Effect.suspend(() => {
    let size = body.readableLength
    let tooLong: BodyTooLong | undefined
    const { push } = body
    body.push = function (chunk) {
      size += chunk?.length ?? 0
      if (size <= limit || tooLong !== undefined) return push.call(this, chunk)
      tooLong = new BodyTooLong(limit)
      this.destroy(new Error("The body is too long"))
      return false
    }
    return Effect.catch(response.text, (error) => Effect.fail(tooLong ?? error))
  })

/** As much of a body as arrives, up to a limit in bytes. */
export class PartialBody {
  readonly #reader: TextReader

  constructor(limit: number) {
    this.#reader = new TextReader(limit)
  }

  /** The text that has arrived so far. */
  get text(): string {
    return this.#reader.text
  }

  /** Reads until the limit or the end of the body. Never fails: a connection that breaks is an end, too. */
  read(response: Response): Effect.Effect<void> {
    return Effect.catch(
      Stream.runForEachWhile(response.stream, (bytes) => Effect.sync(() => this.#reader.push(bytes))),
      () => Effect.void
    )
  }
}
