/** A request as a cassette keeps it, and one that can still be sent. */
import * as Effect from "effect/Effect"
import * as HttpBody from "effect/http/HttpBody"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as Stream from "effect/Stream"
import { type Body, bodyOfBytes, type Part, type RecordedRequest, textOfBytes, toBase64 } from "./format.ts"

export interface Captured {
  readonly recorded: RecordedRequest
  /** The same request; a body that could be read only once is in memory now. */
  readonly request: HttpClientRequest.HttpClientRequest
}

export const capture = (request: HttpClientRequest.HttpClientRequest, url: URL): Effect.Effect<Captured, unknown> => {
  const { body } = request
  const contentType = request.headers["content-type"] ?? ("contentType" in body ? body.contentType : undefined) ?? ""
  const recorded = (content: Body | undefined): RecordedRequest => ({
    method: request.method,
    url: url.href,
    headers: contentType === "" ? request.headers : { ...request.headers, "content-type": plainType(contentType) },
    ...(content === undefined ? {} : { body: content })
  })
  const ofBytes = (bytes: Uint8Array): Effect.Effect<Captured> =>
    Effect.map(contentOf(bytes, contentType), (content) => ({ recorded: recorded(content), request }))
  switch (body._tag) {
    case "Empty":
      return Effect.succeed({ recorded: recorded(undefined), request })
    case "Uint8Array":
      return ofBytes(body.body)
    case "Raw":
      return typeof body.body === "string"
        ? ofBytes(new TextEncoder().encode(body.body))
        : Effect.flatMap(
            Effect.promise(() => new Response(body.body as BodyInit).arrayBuffer()),
            (buffer) => inMemory(request, new Uint8Array(buffer), contentType, ofBytes)
          )
    case "FormData":
      return Effect.map(
        Effect.promise(() => partsOf(body.formData)),
        (form) => ({ recorded: recorded({ form }), request })
      )
    case "Stream":
      return Effect.flatMap(Stream.mkUint8Array(body.stream), (bytes) => inMemory(request, bytes, contentType, ofBytes))
  }
}

/** A boundary is different every time and says nothing. */
const plainType = (contentType: string): string =>
  contentType.startsWith("multipart/form-data") ? "multipart/form-data" : contentType

const inMemory = (
  request: HttpClientRequest.HttpClientRequest,
  bytes: Uint8Array,
  contentType: string,
  ofBytes: (bytes: Uint8Array) => Effect.Effect<Captured>
): Effect.Effect<Captured> =>
  Effect.map(ofBytes(bytes), ({ recorded }) => ({
    recorded,
    request: HttpClientRequest.setBody(request, HttpBody.uint8Array(bytes, contentType))
  }))

const contentOf = (bytes: Uint8Array, contentType: string): Effect.Effect<Body | undefined> =>
  contentType.startsWith("multipart/form-data")
    ? Effect.promise(async () => ({ form: await partsOfBytes(bytes, contentType) }))
    : Effect.succeed(bodyOfBytes(bytes, contentType))

/** Returns the parts of an encoded form. Throws if the bytes are not one. */
export const partsOfBytes = async (bytes: Uint8Array, contentType: string): Promise<ReadonlyArray<Part>> => {
  const response = new Response(bytes as Uint8Array<ArrayBuffer>, { headers: { "content-type": contentType } })
  return partsOf(await response.formData())
}

const partsOf = async (form: FormData): Promise<ReadonlyArray<Part>> => {
  const parts: Array<Part> = []
  for (const [name, entry] of form.entries()) {
    if (typeof entry === "string") {
      parts.push({ name, text: entry })
      continue
    }
    const bytes = new Uint8Array(await entry.arrayBuffer())
    const text = textOfBytes(bytes)
    parts.push({
      name,
      filename: entry.name,
      type: entry.type,
      ...(text === undefined ? { base64: toBase64(bytes) } : { text })
    })
  }
  return parts
}
