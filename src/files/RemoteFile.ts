/**
 * Files of other servers, to send on. They go through this program piece by piece and are never whole in memory.
 *
 * A URL that a user may choose must not lead into the network of the program. Hosts that are local or private by their
 * name or address are refused, also if a server redirects to them. `fetch` does not let a
 * program see the address that a name is resolved to: on Node give an `HttpClient` with the `lookup` of `NodeRemoteFile`,
 * elsewhere let `allow` look the name up.
 *
 * @example
 * ```ts
 * import * as Effect from "effect/Effect"
 * import { RemoteFile } from "llmfx"
 * import { Files } from "llmfx/openai"
 *
 * const upload = Effect.flatMap(RemoteFile.source("https://example.com/report.pdf"), (file) =>
 *   Files.create({ file, purpose: "user_data" })
 * )
 * ```
 */
import * as Data from "effect/Data"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { identity } from "effect/Function"
import * as HttpClient from "effect/http/HttpClient"
import type * as HttpClientError from "effect/http/HttpClientError"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import type * as HttpClientResponse from "effect/http/HttpClientResponse"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { execute, type Sending } from "../internal/attempt/fetchClient.ts"
import { strangeContext } from "../internal/attempt/plainTracer.ts"
import * as publicAddress from "../internal/request/publicAddress.ts"
import * as FileSource from "./FileSource.ts"

/**
 * The other server does not return the file, or must not be asked for it.
 *
 * @category errors
 */
export class RemoteFileError extends Data.TaggedError("RemoteFileError")<{
  readonly message: string
  /** `undefined` if the request was not sent. */
  readonly status: number | undefined
}> {}

/**
 * How to describe the file when it is sent on, and which URLs are allowed.
 *
 * @category models
 */
export interface SourceOptions {
  /** Default: the last part of the URL's path. */
  readonly name?: string | undefined
  /** Default: the other server's `content-type`. */
  readonly type?: string | undefined
  /** How long the file may be, in bytes. Default: 512 MiB. */
  readonly maxSize?: number | undefined
  /** How long the whole download may take. Default: 10 minutes. HEAD is given up after five seconds, without an error. */
  readonly timeout?: Duration.Input | undefined
  /** Returns whether a URL may be requested, including the targets of redirects. Default: {@link isPublic}. */
  readonly allow?: ((url: URL) => Effect.Effect<boolean>) | undefined
}

/**
 * Returns whether the host of a URL is neither local nor private, by its name or address.
 *
 * @category guards
 */
export const isPublic = ({ hostname }: URL): boolean => publicAddress.isPublicHost(hostname)

/**
 * Returns whether an IPv4 or IPv6 address is public, such as an address that a name resolved to.
 *
 * @category guards
 */
export const isPublicAddress = (address: string): boolean => publicAddress.isPublicAddress(address)

/**
 * Returns a file to send on.
 *
 * **Details**
 *
 * Its size and type come from a HEAD request if the other server answers one. The file is requested for every attempt,
 * so the call can be retried.
 *
 * @category getters
 */
export const source = (
  url: string,
  options: SourceOptions = {}
): Effect.Effect<FileSource.FileSource, RemoteFileError, HttpClient.HttpClient> =>
  Effect.gen(function* () {
    const parsed = yield* parse(url)
    const allow = options.allow ?? ((url) => Effect.succeed(isPublic(url)))
    yield* check(parsed, allow)
    const client = yield* HttpClient.HttpClient
    const request = (method: "GET" | "HEAD") => requested(client, method, parsed, allow, maxRedirects)
    const head = yield* Effect.catch(Effect.timeoutOption(request("HEAD"), headTime), () =>
      Effect.succeed(Option.none<HttpClientResponse.HttpClientResponse>())
    )
    const headers: { readonly [name: string]: string } =
      Option.isSome(head) && isSuccess(head.value.status) ? head.value.headers : {}
    const size = Number(headers["content-length"] ?? Number.NaN)
    const { maxSize = defaultMaxSize, timeout = "10 minutes" } = options
    if (size > maxSize) return yield* tooLong(maxSize)
    const bytes = Stream.unwrap(Effect.flatMap(request("GET"), bytesOf)).pipe(
      within(maxSize),
      Stream.interruptWhen(
        Effect.andThen(
          Effect.sleep(timeout),
          refuse(`The file was not whole within ${Duration.format(Duration.fromInputUnsafe(timeout))}`)
        )
      )
    )
    return FileSource.fromStream(() => bytes, {
      name: options.name ?? nameIn(parsed),
      type: options.type ?? headers["content-type"],
      size: Number.isSafeInteger(size) && size > 0 ? size : undefined
    })
  })

const headTime = "5 seconds"
const defaultMaxSize = 512 * 1024 * 1024

const tooLong = (maxSize: number): Effect.Effect<never, RemoteFileError> =>
  refuse(`The file is longer than ${maxSize} bytes, the limit of the option "maxSize"`)

/** Whatever a server declares, no more than this is taken from it. */
const within =
  (maxSize: number) =>
  <E>(self: Stream.Stream<Uint8Array, E>): Stream.Stream<Uint8Array, E | RemoteFileError> =>
    Stream.suspend(() => {
      let size = 0
      return Stream.mapEffect(self, (bytes) => {
        size += bytes.length
        return size > maxSize ? tooLong(maxSize) : Effect.succeed(bytes)
      })
    })

const parse = (url: string, base?: URL): Effect.Effect<URL, RemoteFileError> => {
  const parsed = URL.canParse(url, base) ? new URL(url, base) : undefined
  return parsed === undefined || !/^https?:$/.test(parsed.protocol)
    ? refuse("The URL of a file has to be http or https")
    : Effect.succeed(parsed)
}

const refuse = (message: string): Effect.Effect<never, RemoteFileError> =>
  Effect.fail(new RemoteFileError({ message, status: undefined }))

const check = (url: URL, allow: (url: URL) => Effect.Effect<boolean>): Effect.Effect<void, RemoteFileError> =>
  Effect.flatMap(allow(url), (isAllowed) =>
    isAllowed
      ? Effect.void
      : refuse(`Files are not fetched from ${url.host}: it is not public, or not allowed by the option "allow"`)
  )

const maxRedirects = 5

/** The query of an address may be a permission, and the program's trace is nothing to the server of a file. */
const strangely: Sending = { contextOf: /*#__PURE__*/ strangeContext(identity), transform: identity }

/** Redirects are followed here, so each target is checked before it is requested. */
const requested = (
  client: HttpClient.HttpClient,
  method: "GET" | "HEAD",
  url: URL,
  allow: (url: URL) => Effect.Effect<boolean>,
  redirects: number
): Effect.Effect<HttpClientResponse.HttpClientResponse, HttpClientError.HttpClientError | RemoteFileError> =>
  Effect.flatMap(
    execute(client, HttpClientRequest.make(method)(url), { redirect: "manual" }, strangely),
    (response) => {
      const { location } = response.headers
      if (response.status < 300 || response.status >= 400 || location === undefined) return Effect.succeed(response)
      if (redirects === 0) return refuse("The server of the file redirects without end")
      return Effect.flatMap(parse(location, url), (next) =>
        Effect.andThen(check(next, allow), requested(client, method, next, allow, redirects - 1))
      )
    }
  )

const bytesOf = (
  response: HttpClientResponse.HttpClientResponse
): Effect.Effect<Stream.Stream<Uint8Array, HttpClientError.HttpClientError>, RemoteFileError> =>
  isSuccess(response.status)
    ? Effect.succeed(response.stream)
    : Effect.fail(
        new RemoteFileError({
          message: `The server of the file answers with ${response.status}`,
          status: response.status
        })
      )

const isSuccess = (status: number): boolean => status >= 200 && status < 300

const nameIn = ({ pathname }: URL): string => {
  const last = pathname.slice(pathname.lastIndexOf("/") + 1)
  try {
    return decodeURIComponent(last) || "file"
  } catch {
    return last
  }
}
