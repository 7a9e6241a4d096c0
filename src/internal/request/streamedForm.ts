/** Forms with a file that has to be read from a stream. Such a file brings this along. */
import * as Cause from "effect/Cause"
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as HttpBody from "effect/http/HttpBody"
import * as HttpClientError from "effect/http/HttpClientError"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as Stream from "effect/Stream"
import { ApiError } from "../../ApiError.ts"
import type { FileSource } from "../../files/FileSource.ts"
import { messageOf } from "../errors/messageOf.ts"
import { mediaTypeOf } from "./mediaType.ts"
import type { Part } from "./multipart.ts"
import { type MakeUpload, UploadOf } from "./upload.ts"

/** Makes the body of a form, whose pieces `join` reads one after the other. */
export const streamedForm = (
  parts: ReadonlyArray<Part>,
  join: (pieces: ReadonlyArray<string | FileSource>) => Stream.Stream<Uint8Array, unknown>
): HttpBody.Stream => {
  const boundary = `llmfx-${crypto.randomUUID()}`
  const body = HttpBody.stream(join(piecesOf(parts, boundary)), `multipart/form-data; boundary=${boundary}`)
  return Object.assign(body, { [UploadOf]: makeUpload })
}

const piecesOf = (parts: ReadonlyArray<Part>, boundary: string): ReadonlyArray<string | FileSource> => [
  ...parts.flatMap((part) => {
    const disposition = `--${boundary}\r\nContent-Disposition: form-data; name="${quoted(normalized(part.name))}"`
    if ("text" in part) return [`${disposition}\r\n\r\n${normalized(part.text)}\r\n`]
    const type = part.file.type === undefined || part.file.type === "" ? mediaTypeOf(part.fileName) : part.file.type
    const head = `${disposition}; filename="${quoted(part.fileName)}"\r\nContent-Type: ${plainType(type)}\r\n\r\n`
    return [head, part.file, "\r\n"]
  }),
  `--${boundary}--\r\n`
]

/** As forms write line breaks. */
const normalized = (text: string): string => text.replace(/\r\n|\r|\n/g, "\r\n")

/** As forms escape names: a quote or a line break would end the header. */
const quoted = (text: string): string => text.replaceAll('"', "%22").replaceAll("\r", "%0D").replaceAll("\n", "%0A")

const plainType = (type: string): string =>
  /^[\w.+-]+\/[\w.+-]+(;[ -~]*)?$/.test(type) ? type : "application/octet-stream"

/**
 * The HTTP client reports the failure of a body and that of its connection in the same words, so the body is watched. It
 * is read in the caller's context: what is asked of this request is not asked of calls within the body.
 */
const makeUpload: MakeUpload = (context) => {
  let seen: Cause.Cause<unknown> | undefined
  const note = (cause: Cause.Cause<unknown>) =>
    Effect.sync(() => {
      if (!Cause.hasInterruptsOnly(cause)) seen ??= cause
    })
  return {
    requestOf: (request) => {
      const { body } = request
      if (body._tag !== "Stream") return request
      const stream = Stream.updateContext(Stream.tapCause(body.stream, note), (_: Context.Context<never>) => context)
      return HttpClientRequest.setBody(request, HttpBody.stream(stream, body.contentType, body.contentLength))
    },
    // A bug of the body, or its failure. One that a new attempt may mend stays a failure of the connection.
    tell: (request, error) => {
      if (seen === undefined) return Effect.fail(error)
      const cause = Cause.squash(seen)
      if (!Cause.hasFails(seen)) return Effect.die(cause)
      if (cause instanceof ApiError && cause.isRetryable) return Effect.fail(error)
      const description = `The file to upload could not be read: ${messageOf(cause)}`
      return Effect.fail(
        new HttpClientError.HttpClientError({
          reason: new HttpClientError.EncodeError({ request, cause, description })
        })
      )
    }
  }
}
