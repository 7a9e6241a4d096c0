/** An `HttpClient` that answers by script in virtual time: it awaits no promise, so `TestClock` sees all its waits. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as HttpClient from "effect/http/HttpClient"
import * as HttpClientError from "effect/http/HttpClientError"
import type * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as HttpClientResponse from "effect/http/HttpClientResponse"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"

/** A request and when it was sent, in milliseconds of the test's clock. */
export interface Sent {
  readonly at: number
  readonly method: string
  readonly url: string
  readonly headers: { readonly [name: string]: string }
  /** The JSON body, parsed. */
  readonly body: unknown
  readonly request: HttpClientRequest.HttpClientRequest
}

/** A part of a body: text, bytes, a wait in milliseconds, or the end of the connection. */
export type Part = string | Uint8Array | number | "<broken>"

export interface Reply {
  readonly status?: number
  readonly headers?: { readonly [name: string]: string }
  /** JSON, or text, or parts. */
  readonly body?: unknown
  readonly parts?: ReadonlyArray<Part>
  /** Milliseconds before the headers. */
  readonly delay?: number
  /** Instead of a response: the connection fails with this code. */
  readonly breaks?: string
}

export interface FakeHttp {
  readonly sent: ReadonlyArray<Sent>
  readonly layer: Layer.Layer<HttpClient.HttpClient>
  /** How many requests or bodies were given up while they were under way. */
  readonly aborted: () => number
}

/** The first request gets the first reply, and so on; the last reply repeats. */
export const fakeHttp = (
  first: Reply | ((sent: Sent) => Reply),
  ...rest: ReadonlyArray<Reply | ((sent: Sent) => Reply)>
): FakeHttp => {
  const replies = [first, ...rest]
  const sent: Array<Sent> = []
  let aborted = 0
  const countAbort = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
    Effect.onInterrupt(effect, () =>
      Effect.sync(() => {
        aborted++
      })
    )
  const client = HttpClient.make((request, url) =>
    Effect.flatMap(Clock.currentTimeMillis, (at) => {
      const received: Sent = {
        at,
        method: request.method,
        url: url.href,
        headers: { ...request.headers },
        body: bodyOf(request),
        request
      }
      sent.push(received)
      const next = replies[Math.min(sent.length, replies.length) - 1]
      const reply = typeof next === "function" ? next(received) : (next ?? {})
      const answer =
        reply.breaks === undefined
          ? Effect.succeed(responseOf(request, reply, countAbort))
          : Effect.fail(transportError(request, reply.breaks))
      return countAbort(Effect.andThen(Effect.sleep(reply.delay ?? 0), answer))
    })
  )
  return { sent, layer: Layer.succeed(HttpClient.HttpClient, client), aborted: () => aborted }
}

const bodyOf = (request: HttpClientRequest.HttpClientRequest): unknown => {
  const { body } = request
  if (body._tag !== "Raw" || typeof body.body !== "string") return undefined
  try {
    return JSON.parse(body.body)
  } catch {
    return body.body
  }
}

const broken = (code: string): Error => Object.assign(new Error("the connection broke"), { code })

const transportError = (request: HttpClientRequest.HttpClientRequest, code: string) =>
  new HttpClientError.HttpClientError({
    reason: new HttpClientError.TransportError({ request, cause: broken(code) })
  })

const responseOf = (
  request: HttpClientRequest.HttpClientRequest,
  reply: Reply,
  countAbort: <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
): HttpClientResponse.HttpClientResponse => {
  const { body = "", headers = {}, parts, status = 200 } = reply
  const text = typeof body === "string" ? body : JSON.stringify(body)
  const source = new Response(null, {
    status,
    headers: { "content-type": parts === undefined ? "application/json" : "text/event-stream", ...headers }
  })
  const response = HttpClientResponse.fromWeb(request, source)
  const encoder = new TextEncoder()
  const pieces = Stream.mapEffect(
    Stream.fromIterable(parts ?? [text]),
    (part): Effect.Effect<Uint8Array, HttpClientError.HttpClientError> => {
      if (typeof part === "number") return Effect.as(countAbort(Effect.sleep(part)), new Uint8Array())
      if (part === "<broken>") {
        return Effect.fail(
          new HttpClientError.HttpClientError({
            reason: new HttpClientError.DecodeError({ request, response, cause: broken("ECONNRESET") })
          })
        )
      }
      return Effect.succeed(typeof part === "string" ? encoder.encode(part) : part)
    }
  )
  return Object.create(response, {
    stream: { value: Stream.rechunk(pieces, 1) },
    text: {
      value: Stream.runFold(
        pieces,
        () => "",
        (all, bytes) => all + new TextDecoder().decode(bytes)
      )
    }
  }) as HttpClientResponse.HttpClientResponse
}

/** Server-sent events as parts. */
export const sse = (...data: ReadonlyArray<unknown>): string =>
  data.map((value) => `data: ${typeof value === "string" ? value : JSON.stringify(value)}\n\n`).join("")
