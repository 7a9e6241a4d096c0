/**
 * Responses of a mocked or emulated server: a status, headers and a body.
 *
 * Use them if a test has to say what the wire says, as with `Mock.layerHttp` or `Faults.respond`. To answer with
 * values, use `Mock.layer`; to stream events, use `Script`.
 *
 * @example
 * ```ts
 * import { Faults, Reply } from "llmfx/testing"
 *
 * const maintenance = Faults.respond(Reply.text("Back at noon", { status: 503, headers: { "retry-after": "60" } }))
 * ```
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as HttpClientError from "effect/http/HttpClientError"
import type * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as HttpClientResponse from "effect/http/HttpClientResponse"
import * as Stream from "effect/Stream"

/**
 * A response. A body that is a stream and fails is a connection that breaks.
 *
 * @category models
 */
export interface Reply {
  readonly status: number
  /** By name in lower case. */
  readonly headers: { readonly [name: string]: string }
  readonly body: string | Uint8Array | Stream.Stream<Uint8Array, unknown> | undefined
}

/**
 * The part of a response before its body.
 *
 * @category models
 */
export interface Head {
  /** Default: 200. */
  readonly status?: number | undefined
  readonly headers?: { readonly [name: string]: string } | undefined
}

const reply = (contentType: string | undefined, body: Reply["body"], head: Head | undefined): Reply => ({
  status: head?.status ?? 200,
  headers: { ...(contentType === undefined ? {} : { "content-type": contentType }), ...head?.headers },
  body
})

/**
 * A value as JSON.
 *
 * @category constructors
 */
export const json = (value: unknown, head?: Head): Reply => reply("application/json", JSON.stringify(value), head)

/**
 * Plain text; for a page, set the header `content-type`.
 *
 * @category constructors
 */
export const text = (body: string, head?: Head): Reply => reply("text/plain; charset=utf-8", body, head)

/**
 * Bytes.
 *
 * @category constructors
 */
export const bytes = (body: Uint8Array | Stream.Stream<Uint8Array, unknown>, head?: Head): Reply =>
  reply("application/octet-stream", body, head)

/**
 * An empty reply. Default status: 204.
 *
 * @category constructors
 */
export const empty = (head?: Head): Reply => reply(undefined, undefined, { status: 204, ...head })

/**
 * The same response with more headers.
 *
 * @category combinators
 */
export const withHeaders = (self: Reply, headers: { readonly [name: string]: string }): Reply => ({
  ...self,
  headers: { ...self.headers, ...headers }
})

const nullBody = new Set([101, 204, 205, 304])

/**
 * The web response. Its body runs with the given context, so that a virtual clock drives the delays of a script.
 *
 * @category converting
 */
export const toWeb = (self: Reply, context: Context.Context<never>): Response =>
  new Response(
    nullBody.has(self.status)
      ? null
      : Stream.isStream(self.body)
        ? Stream.toReadableStreamWith(self.body, context)
        : ((self.body ?? null) as BodyInit | null),
    { status: self.status, headers: self.headers }
  )

/**
 * The response as a client of Effect sees it. A streamed body never leaves Effect: a virtual clock keeps its order.
 *
 * @category converting
 */
export const toClientResponse = (
  request: HttpClientRequest.HttpClientRequest,
  self: Reply
): HttpClientResponse.HttpClientResponse => {
  const { body, headers, status } = self
  if (!Stream.isStream(body)) return HttpClientResponse.fromWeb(request, toWeb(self, Context.empty()))
  const head = HttpClientResponse.fromWeb(request, new Response(null, { status, headers }))
  const failed = (cause: unknown) =>
    new HttpClientError.HttpClientError({
      reason: new HttpClientError.DecodeError({ request, response: head, cause })
    })
  const stream = Stream.mapError(body, failed)
  const arrayBuffer = Stream.mkArrayBuffer(stream)
  return Object.create(head, {
    stream: { value: stream },
    arrayBuffer: { value: arrayBuffer },
    text: { value: Effect.map(arrayBuffer, (buffer) => new TextDecoder().decode(buffer)) }
  }) as HttpClientResponse.HttpClientResponse
}

/**
 * A response that a client has got, with its body still to be read.
 *
 * @category converting
 */
export const fromClientResponse = ({ headers, status, stream }: HttpClientResponse.HttpClientResponse): Reply => ({
  status,
  headers,
  body: stream
})
