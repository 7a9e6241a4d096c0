/**
 * Files of other servers, to send on. They go through this program piece by piece and are never whole in memory.
 *
 * A URL that a user may choose can point into the network of the program: check it, or the client's addresses, first.
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
import * as Effect from "effect/Effect"
import * as HttpClient from "effect/http/HttpClient"
import type * as HttpClientError from "effect/http/HttpClientError"
import type * as HttpClientResponse from "effect/http/HttpClientResponse"
import * as Stream from "effect/Stream"
import * as FileSource from "./FileSource.ts"

/** The other server does not give the file. */
export class RemoteFileError extends Data.TaggedError("RemoteFileError")<{
  readonly message: string
  /** Absent where the request was not sent. */
  readonly status: number | undefined
}> {}

/** How the file is called when it is sent on. */
export interface SourceOptions {
  /** The last part of the URL's path unless set. */
  readonly name?: string | undefined
  /** The other server's `content-type` unless set. */
  readonly type?: string | undefined
}

/**
 * A file to send on. Its size and type are asked for with HEAD, where the other server answers that; the file itself is
 * requested for every try, so a call with it can be retried.
 */
export const source = (
  url: string,
  options: SourceOptions = {}
): Effect.Effect<FileSource.FileSource, RemoteFileError, HttpClient.HttpClient> =>
  Effect.gen(function* () {
    const parsed = URL.canParse(url) ? new URL(url) : undefined
    if (parsed === undefined || !/^https?:$/.test(parsed.protocol)) {
      return yield* new RemoteFileError({ message: "The URL of a file has to be http or https", status: undefined })
    }
    const client = yield* HttpClient.HttpClient
    const head = yield* Effect.catch(client.head(url), () => Effect.succeed(undefined))
    const headers: { readonly [name: string]: string } =
      head !== undefined && isSuccess(head.status) ? head.headers : {}
    const size = Number(headers["content-length"] ?? Number.NaN)
    return FileSource.fromStream(() => Stream.unwrap(Effect.flatMap(client.get(url), bytesOf)), {
      name: options.name ?? nameIn(parsed),
      type: options.type ?? headers["content-type"],
      size: Number.isSafeInteger(size) && size > 0 ? size : undefined
    })
  })

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
