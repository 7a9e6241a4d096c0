/**
 * A bad network on demand: changes an `HttpClient` so that requests fail by a plan.
 *
 * A plan is a list of faults, or is drawn from a seed. With the same seed, the same attempt of the same request meets
 * the same fault in every run, even if requests run concurrently.
 *
 * @example
 * ```ts
 * import * as Effect from "effect/Effect"
 * import { Faults } from "llmfx/testing"
 * import { RequestOptions } from "llmfx"
 * import { Models } from "llmfx/openai"
 *
 * const program = Effect.gen(function* () {
 *   const faults = yield* Faults.make(Faults.seeded({ seed: 1, rate: 0.3 }))
 *   yield* RequestOptions.withClient(Models.retrieve({ model: "gpt-5.4-mini" }), faults.transform)
 *   return yield* faults.report
 * })
 * ```
 */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as HttpClient from "effect/http/HttpClient"
import type * as HttpClientError from "effect/http/HttpClientError"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import type * as HttpClientResponse from "effect/http/HttpClientResponse"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import * as Failure from "./Failure.ts"
import { ConnectionLost } from "./internal/ConnectionLost.ts"
import { cutBytes, duplicated, interjected } from "./internal/faultyBody.ts"
import { transportError } from "./internal/mock/http.ts"
import { hashOf, makeRandom, type Random } from "./internal/random.ts"
import { errorEventOf, failureReplyOf, providerOf } from "./internal/wireFailure.ts"
import * as Reply from "./Reply.ts"
import * as Script from "./Script.ts"

type Response = Effect.Effect<HttpClientResponse.HttpClientResponse, HttpClientError.HttpClientError>

/**
 * One way in which a request goes wrong.
 *
 * @category models
 */
export interface Fault {
  readonly name: string
  /** Handles the request. Call `hit` once the fault has changed anything. */
  readonly apply: (request: HttpClientRequest.HttpClientRequest, send: Response, hit: () => void) => Response
}

const instead = (
  name: string,
  reply: (request: HttpClientRequest.HttpClientRequest, now: number) => Reply.Reply
): Fault => ({
  name,
  apply: (request, _, hit) =>
    Effect.map(Clock.currentTimeMillis, (now) => {
      hit()
      return Reply.toClientResponse(request, reply(request, now))
    })
})

const lost = (name: string, code: string): Fault => ({
  name,
  apply: (request, _, hit) =>
    Effect.suspend(() => {
      hit()
      return Effect.fail(transportError(request, new ConnectionLost({ code })))
    })
})

/**
 * Refuses the connection. Nothing is sent.
 *
 * @category constructors
 */
export const refuse: Fault = /*#__PURE__*/ lost("refuse", "ECONNREFUSED")

/**
 * Breaks the connection before anything is sent.
 *
 * @category constructors
 */
export const reset: Fault = /*#__PURE__*/ lost("reset", "ECONNRESET")

/**
 * Sends the request, lets the server answer it, and loses the response.
 *
 * @category constructors
 */
export const loseResponse: Fault = {
  name: "lose response",
  apply: (request, send, hit) =>
    Effect.flatMap(send, (response) => {
      hit()
      return Effect.andThen(
        Effect.ignore(response.arrayBuffer),
        Effect.fail(transportError(request, new ConnectionLost({ code: "ECONNRESET" })))
      )
    })
}

/**
 * Never responds. Nothing is sent.
 *
 * @category constructors
 */
export const stall: Fault = {
  name: "stall",
  apply: (_, __, hit) =>
    Effect.suspend(() => {
      hit()
      return Effect.never
    })
}

type Bytes = Stream.Stream<Uint8Array, unknown>

const inBody = (
  name: string,
  change: (body: Bytes, request: HttpClientRequest.HttpClientRequest) => Bytes,
  options: { readonly onlyEvents: boolean } = { onlyEvents: false }
): Fault => ({
  name,
  apply: (request, send, hit) =>
    Effect.map(send, (response) => {
      const isEvents = response.headers["content-type"]?.startsWith("text/event-stream") === true
      if (response.status >= 400 || (options.onlyEvents && !isEvents)) return response
      hit()
      const { headers, status, stream } = response
      return Reply.toClientResponse(request, { status, headers: unsized(headers), body: change(stream, request) })
    })
})

/** Removes the headers that describe the body as it was. */
const unsized = ({ "content-length": _, ...headers }: { readonly [name: string]: string }) => headers

/**
 * Sends the body in pieces of 16 bytes, with a pause before each.
 *
 * @category constructors
 */
export const slowDrip = (pause: Duration.Input): Fault =>
  inBody("slow drip", (body) =>
    Stream.mapEffect(
      Stream.flatMap(body, (bytes) => Stream.fromIterable(cutBytes(bytes, 16))),
      (piece) => Effect.as(Effect.sleep(pause), piece)
    )
  )

const firstBytes = (body: Bytes, count: number): Bytes =>
  Stream.suspend(() => {
    let left = count
    return Stream.takeUntil(
      Stream.map(body, (bytes) => {
        const kept = bytes.subarray(0, left)
        left -= kept.length
        return kept
      }),
      () => left <= 0
    )
  })

/**
 * Ends the body after `bytes` bytes, as if it were complete.
 *
 * @category constructors
 */
export const truncate = (bytes: number): Fault => inBody("truncate", (body) => firstBytes(body, bytes))

/**
 * Breaks the connection after `bytes` bytes of the body.
 *
 * @category constructors
 */
export const dropAfter = (bytes: number): Fault =>
  inBody("drop", (body) =>
    Stream.concat(firstBytes(body, bytes), Stream.fail(new ConnectionLost({ code: "ECONNRESET" })))
  )

/**
 * Breaks the connection after `events` events of a stream.
 *
 * @category constructors
 */
export const dropAfterEvents = (events: number): Fault =>
  inBody(
    "drop after events",
    (body) => interjected(body, events, Stream.fail(new ConnectionLost({ code: "ECONNRESET" }))),
    { onlyEvents: true }
  )

/**
 * Stops sending after `bytes` bytes of the body, without closing the connection.
 *
 * @category constructors
 */
export const stallAfter = (bytes: number): Fault =>
  inBody("stall in body", (body) => Stream.concat(firstBytes(body, bytes), Stream.never))

/**
 * Responds with 429, `retry-after` and the provider's rate limit headers.
 *
 * @category constructors
 */
export const rateLimit = (options?: { readonly retryAfter?: Duration.Input | undefined }): Fault =>
  instead("429", (request, now) => {
    const retryAfter = Duration.fromInputUnsafe(options?.retryAfter ?? "1 second")
    const limits = { requests: { limit: 60, remaining: 0, reset: retryAfter } }
    return failureReplyOf(providerOf(request), Failure.rateLimit({ retryAfter, limits }), now)
  })

/**
 * Responds with `status`, 500 or above, and the provider's error body. Default: 500.
 *
 * @category constructors
 */
export const serverError = (status = 500): Fault =>
  instead(String(status), (request, now) => ({ ...failureReplyOf(providerOf(request), Failure.server(), now), status }))

/**
 * Responds with 529 and the provider's error body.
 *
 * @category constructors
 */
export const overloaded: Fault = /*#__PURE__*/ instead("529", (request, now) => ({
  ...failureReplyOf(providerOf(request), Failure.overloaded(), now),
  status: 529
}))

/**
 * Responds with an HTML page. Default status: 200.
 *
 * @category constructors
 */
export const html = (status = 200): Fault =>
  instead("html", () =>
    Reply.text("<!doctype html><html><head><title>Bad gateway</title></head><body></body></html>", {
      status,
      headers: { "content-type": "text/html; charset=utf-8" }
    })
  )

/**
 * Responds with a reply or a script instead of the server's answer.
 *
 * @category constructors
 */
export const respond = (reply: Reply.Reply | Script.Script, name = "respond"): Fault =>
  instead(name, () => ("steps" in reply ? Script.toReply(reply) : reply))

/**
 * Sends the right body with another content type.
 *
 * @category constructors
 */
export const wrongContentType = (contentType = "text/plain"): Fault => ({
  name: "wrong content type",
  apply: (request, send, hit) =>
    Effect.map(send, (response) => {
      hit()
      const { headers, status, stream } = response
      return Reply.toClientResponse(request, {
        status,
        headers: { ...headers, "content-type": contentType },
        body: stream
      })
    })
})

/**
 * Sends an event of a stream twice. Default: the first.
 *
 * @category constructors
 */
export const duplicateEvent = (index = 0): Fault =>
  inBody("duplicate event", (body) => duplicated(body, index), { onlyEvents: true })

/**
 * Ends a stream with an overload error after some events. Default: one.
 *
 * @category constructors
 */
export const midStreamOverload = (afterEvents = 1): Fault =>
  inBody(
    "overload in stream",
    (body, request) => {
      const { data, event } = errorEventOf(providerOf(request), Failure.overloaded())
      return interjected(body, afterEvents, Script.toStream(Script.make(Script.event(data, { event }))))
    },
    { onlyEvents: true }
  )

/**
 * Chooses the fault that a request meets, if any. `attempt` counts how often the same request was sent, from 1.
 *
 * @category models
 */
export type Plan = (request: {
  readonly method: string
  /** Includes the query. */
  readonly url: string
  /** The text of the body. The bytes of an upload are left out. */
  readonly body: string
  readonly attempt: number
  /** Counts all requests, from 1. */
  readonly sequence: number
}) => Fault | undefined

/**
 * Gives the first request the first fault, and so on. `undefined` lets a request pass, and so does the end of the list.
 *
 * @category constructors
 */
export const inOrder =
  (...faults: ReadonlyArray<Fault | undefined>): Plan =>
  ({ sequence }) =>
    faults[sequence - 1]

/**
 * Gives every request the fault.
 *
 * @category constructors
 */
export const always =
  (fault: Fault): Plan =>
  () =>
    fault

/**
 * Makes a share of the requests (default: 30 %) meet a fault drawn from the list. The draw depends only on the seed.
 *
 * @category constructors
 */
export const seeded = (options: {
  readonly seed: number
  readonly rate?: number | undefined
  /** Draws a fault. Default: {@link draw}. */
  readonly draw?: ((random: Random) => Fault) | undefined
}): Plan => {
  const rate = options.rate ?? 0.3
  const choose = options.draw ?? draw
  return ({ attempt, body, method, url }) => {
    const random = makeRandom(hashOf(`${options.seed} ${attempt} ${method} ${url} ${body}`))
    return random.next() < rate ? choose(random) : undefined
  }
}

/**
 * Draws any of the faults, with small numbers: waits of up to 200 ms, cuts within the first 400 bytes.
 *
 * @category constructors
 */
export const draw = (random: Random): Fault => {
  const any = [
    () => refuse,
    () => reset,
    () => loseResponse,
    () => stall,
    () => slowDrip(random.below(20)),
    () => truncate(random.below(400)),
    () => dropAfter(random.below(400)),
    () => stallAfter(random.below(400)),
    () => rateLimit({ retryAfter: random.below(200) }),
    () => serverError(500),
    () => serverError(503),
    () => overloaded,
    () => html(random.below(2) === 0 ? 200 : 502),
    () => wrongContentType(),
    () => duplicateEvent(random.below(3)),
    () => midStreamOverload(1 + random.below(3))
  ]
  return (any[random.below(any.length)] ?? (() => reset))()
}

/**
 * A request that met a fault.
 *
 * @category models
 */
export interface Hit {
  readonly fault: string
  readonly method: string
  readonly url: string
  /** Counts how often the same request was sent, from 1. */
  readonly attempt: number
  /** Counts all requests, from 1. */
  readonly sequence: number
}

/**
 * A plan at work.
 *
 * @category models
 */
export interface Faults {
  /** For `transformClient` of a layer, or `RequestOptions.withClient`. */
  readonly transform: (client: HttpClient.HttpClient) => HttpClient.HttpClient
  /** The faults that have hit requests so far. */
  readonly report: Effect.Effect<ReadonlyArray<Hit>>
}

/**
 * Puts a plan to work. Each `make` counts from the start.
 *
 * @category constructors
 */
export const make = (plan: Plan): Effect.Effect<Faults> =>
  Effect.sync(() => {
    const hits: Array<Hit> = []
    const seen = new Map<string, number>()
    let sequence = 0
    const faulty = (request: HttpClientRequest.HttpClientRequest, send: Response): Response =>
      Effect.suspend(() => {
        const { method } = request
        const url = Option.match(HttpClientRequest.toUrl(request), {
          onNone: () => request.url,
          onSome: ({ href }) => href
        })
        const body = bodyText(request)
        const key = `${method} ${url} ${body}`
        const attempt = (seen.get(key) ?? 0) + 1
        seen.set(key, attempt)
        const place = ++sequence
        const fault = plan({ method, url, body, attempt, sequence: place })
        if (fault === undefined) return send
        return fault.apply(request, send, () => hits.push({ fault: fault.name, method, url, attempt, sequence: place }))
      })
    return {
      transform: (client) => HttpClient.transform(client, (send, request) => faulty(request, send)),
      report: Effect.sync(() => [...hits])
    }
  })

/** Returns the text of a body. The bytes of an upload are left out. */
const bodyText = ({ body }: HttpClientRequest.HttpClientRequest): string =>
  body._tag === "Raw" && typeof body.body === "string" ? body.body : body._tag

export type { Random }
