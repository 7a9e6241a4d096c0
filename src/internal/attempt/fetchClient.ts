/** Adds options of single requests to those of Effect's fetch layer. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import { identity } from "effect/Function"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as HttpClient from "effect/http/HttpClient"
import type * as HttpClientError from "effect/http/HttpClientError"
import type * as HttpClientRequest from "effect/http/HttpClientRequest"
import type * as HttpClientResponse from "effect/http/HttpClientResponse"
import { joinBytes } from "../bytes/joinBytes.ts"
import { isOfNetwork } from "../errors/networkFailure.ts"
import { uploadOf } from "../request/upload.ts"
import { decompressed } from "./decompress.ts"
import { undiciVersion } from "./undici.ts"

export interface Sending {
  /** Makes the context of the request from the one in which it leaves the client. */
  readonly contextOf: (context: Context.Context<never>) => Context.Context<never>
  /** Wraps the client, as the program's middleware does. */
  readonly transform: (client: HttpClient.HttpClient) => HttpClient.HttpClient
}

const plainly: Sending = { contextOf: identity, transform: identity }

/** Sends a request with these options of `fetch`. */
export const execute = (
  client: HttpClient.HttpClient,
  request: HttpClientRequest.HttpClientRequest,
  init: RequestInit,
  { contextOf, transform }: Sending = plainly
): Effect.Effect<HttpClientResponse.HttpClientResponse, HttpClientError.HttpClientError> =>
  Effect.withFiber(({ context }) => {
    const upload = uploadOf(request.body)?.(context)
    const own = leavingIn(
      client,
      (inner) => fetchContext(contextOf(inner), init),
      upload === undefined ? identity : upload.requestOf
    )
    const sent = transform(own).execute(request)
    const told = upload === undefined ? sent : Effect.catch(sent, (error) => upload.tell(request, error))
    return Effect.mapEager(told, decompressed)
  })

/**
 * A client whose requests are sent in another context, made of the one in which they leave the client: in the caller's
 * context it would hide what the client's layer was given.
 */
const leavingIn = (
  client: HttpClient.HttpClient,
  contextOf: (context: Context.Context<never>) => Context.Context<never>,
  requestOf: (request: HttpClientRequest.HttpClientRequest) => HttpClientRequest.HttpClientRequest
): HttpClient.HttpClient =>
  HttpClient.makeWith<HttpClientError.HttpClientError, never, HttpClientError.HttpClientError, never>(
    (request) =>
      Effect.withFiber((fiber) => {
        const { context } = fiber
        const sent = client.postprocess(
          Effect.flatMapEager(request, (request) =>
            Effect.withFiber((fiber) => {
              fiber.setContext(contextOf(fiber.context))
              return Effect.succeed(requestOf(request))
            })
          )
        )
        return Effect.onExit(sent, () => {
          fiber.setContext(context)
          return Effect.void
        })
      }),
    client.preprocess
  )

const fetchContext = (context: Context.Context<never>, init: RequestInit): Context.Context<never> => {
  const own = Context.getOrUndefined(context, FetchHttpClient.RequestInit)
  const withInit = Context.add(context, FetchHttpClient.RequestInit, { ...own, ...init })
  const given = Context.get(context, FetchHttpClient.Fetch)
  const fetch = given === globalThis.fetch ? given : judged(given)
  const isAbortable = undiciVersion === undefined || undiciVersion >= 7
  if (isAbortable && fetch === given) return withInit
  return Context.add(withInit, FetchHttpClient.Fetch, isAbortable ? fetch : abortable(fetch))
}

/** An exception of a `fetch` of the program that is not the failure of a connection. */
export class ThrownByFetch extends Error {}

/**
 * A `fetch` whose own exceptions are told from the failures of its requests. What it throws at once cannot be one of
 * these; of what it rejects with, only what a runtime's `fetch` may reject with is.
 */
const judged =
  (fetch: typeof globalThis.fetch): typeof globalThis.fetch =>
  (input, init) => {
    try {
      return Promise.resolve(fetch(input, init)).catch((cause: unknown) => {
        throw init?.signal?.aborted === true || isOfNetwork(cause) ? cause : new ThrownByFetch("fetch threw", { cause })
      })
    } catch (cause) {
      throw new ThrownByFetch("fetch threw", { cause })
    }
  }

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
