/** Adds options of single requests to those of Effect's fetch layer. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import { identity } from "effect/Function"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as HttpBody from "effect/http/HttpBody"
import type * as HttpClient from "effect/http/HttpClient"
import type * as HttpClientError from "effect/http/HttpClientError"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import type * as HttpClientResponse from "effect/http/HttpClientResponse"
import * as Stream from "effect/Stream"
import { joinBytes } from "../bytes/joinBytes.ts"
import { decompressed } from "./decompress.ts"

/**
 * Sends a request with these options of `fetch`, in a context made of the one in which it leaves the client: in the
 * caller's context they would hide what the client's layer was given.
 */
export const execute = (
  client: HttpClient.HttpClient,
  request: HttpClientRequest.HttpClientRequest,
  init: RequestInit,
  contextOf: (context: Context.Context<never>) => Context.Context<never> = identity
): Effect.Effect<HttpClientResponse.HttpClientResponse, HttpClientError.HttpClientError> =>
  Effect.withFiber((fiber) => {
    const { context } = fiber
    const sent = client.postprocess(
      Effect.flatMapEager(client.preprocess(request), (request) =>
        Effect.withFiber((fiber) => {
          fiber.setContext(fetchContext(contextOf(fiber.context), init))
          return Effect.succeed(withBodyIn(context, request))
        })
      )
    )
    return Effect.onExit(Effect.mapEager(sent, decompressed), () => {
      fiber.setContext(context)
      return Effect.void
    })
  })

/** Reads a streamed body in the caller's context: what is asked of this request is not asked of calls within the body. */
const withBodyIn = (
  context: Context.Context<never>,
  request: HttpClientRequest.HttpClientRequest
): HttpClientRequest.HttpClientRequest => {
  const { body } = request
  if (body._tag !== "Stream") return request
  const stream = Stream.updateContext(body.stream, (_: Context.Context<never>) => context)
  return HttpClientRequest.setBody(request, HttpBody.stream(stream, body.contentType, body.contentLength))
}

const fetchContext = (context: Context.Context<never>, init: RequestInit): Context.Context<never> => {
  const own = Context.getOrUndefined(context, FetchHttpClient.RequestInit)
  const withInit = Context.add(context, FetchHttpClient.RequestInit, { ...own, ...init })
  return undiciVersion !== undefined && undiciVersion < 7
    ? Context.add(withInit, FetchHttpClient.Fetch, abortable(Context.get(context, FetchHttpClient.Fetch)))
    : withInit
}

/** Which undici is Node's `fetch`; `undefined` in other runtimes. */
export const undiciVersion: number | undefined = /*#__PURE__*/ (() => {
  const { process } = globalThis as { readonly process?: { readonly versions?: { readonly undici?: string } } }
  const version = process?.versions?.undici
  return version === undefined ? undefined : Number.parseInt(version, 10)
})()

/**
 * A `fetch` whose responses can be aborted while their body is read. Before undici 7, the signal of a request has no
 * effect any more once garbage was collected since its response arrived; a reader can always be cancelled.
 */
const abortable =
  (fetch: typeof globalThis.fetch): typeof globalThis.fetch =>
  async (input, init) => {
    const response = await fetch(input, init)
    const { body } = response
    const signal = init?.signal
    if (body === null || signal === undefined || signal === null) return response
    return Object.defineProperty(response, "arrayBuffer", { configurable: true, value: () => readWhole(body, signal) })
  }

const readWhole = async (body: ReadableStream<Uint8Array>, signal: AbortSignal): Promise<ArrayBuffer> => {
  const reader = body.getReader()
  const cancel = () => void reader.cancel(signal.reason).catch(() => undefined)
  if (signal.aborted) cancel()
  else signal.addEventListener("abort", cancel, { once: true })
  try {
    const chunks: Array<Uint8Array> = []
    for (let read = await reader.read(); !read.done; read = await reader.read()) chunks.push(read.value)
    signal.throwIfAborted()
    return joinBytes(chunks).buffer
  } finally {
    signal.removeEventListener("abort", cancel)
  }
}
