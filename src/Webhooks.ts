/**
 * Receiving webhooks that are signed as the Standard Webhooks specification says. A body is verified as the bytes that
 * arrived, before anything is parsed.
 *
 * The providers' `WebhookReceiver` modules know their events and keys.
 */
import * as Clock from "effect/Clock"
import * as Data from "effect/Data"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as HttpServerError from "effect/http/HttpServerError"
import * as HttpServerRequest from "effect/http/HttpServerRequest"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import type * as KeyValueStore from "effect/persistence/KeyValueStore"
import * as Redacted from "effect/Redacted"
import type * as Schema from "effect/Schema"
import { DecodeError } from "./ApiError.ts"
import { decodeBase64 } from "./internal/base64.ts"
import { schemaDecoder } from "./internal/decode.ts"
import { hmacSha256, isSame } from "./internal/hmac.ts"

/** The request lacks a header that the signature needs, or has one that cannot be right. */
export class InvalidHeadersError extends Data.TaggedError("InvalidHeadersError")<{ readonly message: string }> {}

/** The request is older, or further in the future, than the tolerance allows. */
export class InvalidTimestampError extends Data.TaggedError("InvalidTimestampError")<{ readonly message: string }> {}

/** No signature of the request was made with one of the secrets. */
export class InvalidSignatureError extends Data.TaggedError("InvalidSignatureError")<{ readonly message: string }> {}

/** The body is signed, but no event. */
export class InvalidEventError extends Data.TaggedError("InvalidEventError")<{
  readonly message: string
  readonly body: string
}> {}

/** This delivery has been received before. */
export class ReplayedError extends Data.TaggedError("ReplayedError")<{
  readonly message: string
  readonly id: string
}> {}

/** Why a webhook is not accepted. */
export type WebhookError =
  | InvalidHeadersError
  | InvalidTimestampError
  | InvalidSignatureError
  | InvalidEventError
  | ReplayedError

/** A request, as it arrived. */
export interface Delivery {
  /** The bytes of the body; a string is taken as UTF-8. */
  readonly body: Uint8Array | string
  /** By name, in any case. */
  readonly headers: { readonly [name: string]: string | undefined }
}

/** An event that is known to come from the provider. */
export interface Received<out Event> {
  /** The same for each delivery of the event. */
  readonly id: string
  /** When it was signed, in milliseconds since 1970. */
  readonly timestamp: number
  readonly event: Event
}

/** Remembers which deliveries were received. */
export interface Store<out E = never, out R = never> {
  /** Whether the id is new; it is taken from then on, for the given time. */
  readonly claim: (id: string, keep: Duration.Duration) => Effect.Effect<boolean, E, R>
  /** Gives an id back, so that the event can be delivered again. */
  readonly release: (id: string) => Effect.Effect<void, E, R>
}

/** A store in memory, for one process. */
export const makeMemoryStore: Effect.Effect<Store> = /*#__PURE__*/ Effect.sync(() => {
  const ends = new Map<string, number>()
  return {
    claim: (id, keep) =>
      Effect.map(Clock.currentTimeMillis, (now) => {
        for (const [known, end] of ends) {
          if (end > now) break
          ends.delete(known)
        }
        const end = ends.get(id)
        if (end !== undefined && end > now) return false
        ends.delete(id)
        ends.set(id, now + Duration.toMillis(keep))
        return true
      }),
    release: (id) =>
      Effect.sync(() => {
        ends.delete(id)
      })
  }
})

/**
 * A store that several processes share. Two deliveries of one event at the same instant may both pass: a key-value
 * store cannot compare and set.
 */
export const fromKeyValueStore = (
  store: KeyValueStore.KeyValueStore,
  prefix: string = "webhook:"
): Store<KeyValueStore.KeyValueStoreError> => ({
  claim: (id, keep) =>
    Effect.gen(function* () {
      const now = yield* Clock.currentTimeMillis
      const end = yield* store.get(prefix + id)
      if (end !== undefined && Number(end) > now) return false
      yield* store.set(prefix + id, String(now + Duration.toMillis(keep)))
      return true
    }),
  release: (id) => store.remove(prefix + id)
})

/** What a receiver is made of. */
export interface Options<out E = never, out R = never> {
  /** One is enough for a signature: while a key is rotated, give both. */
  readonly secrets: readonly [Redacted.Redacted, ...ReadonlyArray<Redacted.Redacted>]
  /** How far the time of the signature may be from now, five minutes unless set. */
  readonly tolerance?: Duration.Input | undefined
  /** Refuses deliveries that were received before; without one, they are not noticed. */
  readonly store?: Store<E, R> | undefined
  /** How long the store remembers, three days unless set. */
  readonly keep?: Duration.Input | undefined
}

/** Receives webhooks. */
export interface Receiver<out Event, out E = never, out R = never> {
  /** Verifies and decodes a delivery. The store is asked last, so that only what is genuine takes an id. */
  readonly receive: (delivery: Delivery) => Effect.Effect<Received<Event>, WebhookError | E, R>
  /** The same for the request that a server is answering. */
  readonly receiveRequest: Effect.Effect<
    Received<Event>,
    WebhookError | HttpServerError.HttpServerError | E,
    R | HttpServerRequest.HttpServerRequest
  >
  /**
   * The answer to a webhook: 204 once the handler is done, and for deliveries that were received before; 400 for what
   * is not genuine. Where the handler fails, the id is given back, so that the next delivery is not taken for a replay.
   */
  readonly handle: <E2, R2>(
    handler: (received: Received<Event>) => Effect.Effect<unknown, E2, R2>
  ) => Effect.Effect<
    HttpServerResponse.HttpServerResponse,
    HttpServerError.HttpServerError | E | E2,
    R | R2 | HttpServerRequest.HttpServerRequest
  >
}

/** Makes a receiver of a provider's events. Throws a `TypeError` where a secret cannot be a key. */
export const make = <Event, E = never, R = never>(
  events: {
    readonly schema: Schema.Codec<Event, unknown>
    /** What a secret without the prefix `whsec_` is. */
    readonly plainSecret: "base64" | "text"
  },
  options: Options<E, R>
): Receiver<Event, E, R> => {
  const tolerance = Duration.toMillis(options.tolerance ?? "5 minutes")
  const keep = Duration.fromInputUnsafe(options.keep ?? "3 days")
  const keys = options.secrets.map((secret) => keyOf(Redacted.value(secret), events.plainSecret))
  const decode = schemaDecoder(events.schema, "open")

  const decodeEvent = (body: string): Effect.Effect<Event, InvalidEventError> => {
    try {
      return Effect.succeed(decode(JSON.parse(body)) as Event)
    } catch (thrown) {
      if (!(thrown instanceof DecodeError) && !(thrown instanceof SyntaxError)) throw thrown
      return Effect.fail(new InvalidEventError({ message: thrown.message, body }))
    }
  }

  const receive = (delivery: Delivery): Effect.Effect<Received<Event>, WebhookError | E, R> =>
    Effect.gen(function* () {
      const { id, signature, timestamp } = yield* headersOf(delivery.headers)
      const now = yield* Clock.currentTimeMillis
      const signedAt = Number(timestamp) * 1000
      if (Math.abs(now - signedAt) > tolerance) {
        const message = `The webhook is too ${signedAt < now ? "old" : "far in the future"}`
        return yield* new InvalidTimestampError({ message })
      }
      const body = typeof delivery.body === "string" ? new TextEncoder().encode(delivery.body) : delivery.body
      if (!(yield* isSigned(keys, `${id}.${timestamp}.`, body, signature))) {
        const message = "No signature of the webhook was made with a secret that this receiver knows"
        return yield* new InvalidSignatureError({ message })
      }
      const event = yield* decodeEvent(new TextDecoder().decode(body))
      if (options.store !== undefined && !(yield* options.store.claim(id, keep))) {
        return yield* new ReplayedError({ message: `The webhook ${id} has been received before`, id })
      }
      return { id, timestamp: signedAt, event }
    })

  const receiveRequest = Effect.flatMap(HttpServerRequest.HttpServerRequest, (request) =>
    Effect.flatMap(request.arrayBuffer, (body) => receive({ body: new Uint8Array(body), headers: request.headers }))
  )

  return {
    receive,
    receiveRequest,
    handle: (handler) =>
      receiveRequest.pipe(
        Effect.map((received) => ({ received })),
        Effect.catch((error) =>
          isWebhookError(error)
            ? Effect.succeed({ refusal: error._tag === "ReplayedError" ? 204 : 400 })
            : Effect.fail(error)
        ),
        Effect.flatMap((outcome) =>
          "refusal" in outcome
            ? Effect.succeed(HttpServerResponse.empty({ status: outcome.refusal }))
            : Effect.as(
                Effect.onError(handler(outcome.received), () =>
                  options.store === undefined ? Effect.void : Effect.ignore(options.store.release(outcome.received.id))
                ),
                HttpServerResponse.empty()
              )
        )
      )
  }
}

const webhookErrors: ReadonlySet<unknown> = new Set([
  "InvalidHeadersError",
  "InvalidTimestampError",
  "InvalidSignatureError",
  "InvalidEventError",
  "ReplayedError"
])

const isWebhookError = (error: unknown): error is WebhookError =>
  typeof error === "object" && error !== null && "_tag" in error && webhookErrors.has(error._tag)

const keyOf = (secret: string, plain: "base64" | "text"): Uint8Array => {
  const isPrefixed = secret.startsWith("whsec_")
  if (!isPrefixed && plain === "text") return new TextEncoder().encode(secret)
  const key = decodeBase64(isPrefixed ? secret.slice("whsec_".length) : secret)
  if (key === undefined || key.length === 0) throw new TypeError("A webhook secret is empty or not base64")
  return key
}

const headersOf = (
  headers: Delivery["headers"]
): Effect.Effect<
  { readonly id: string; readonly timestamp: string; readonly signature: string },
  InvalidHeadersError
> => {
  const lower = new Map(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))
  const found = {
    id: lower.get("webhook-id") ?? "",
    timestamp: lower.get("webhook-timestamp") ?? "",
    signature: lower.get("webhook-signature") ?? ""
  }
  const missing = Object.entries(found).flatMap(([name, value]) => (value === "" ? [`webhook-${name}`] : []))
  if (missing.length > 0) {
    return Effect.fail(new InvalidHeadersError({ message: `The webhook has no ${missing.join(", ")}` }))
  }
  return /^\d{1,12}$/.test(found.timestamp)
    ? Effect.succeed(found)
    : Effect.fail(new InvalidHeadersError({ message: "The webhook-timestamp is not a number of seconds" }))
}

/** Signs once for each key, and looks at every signature to the end, whichever matches. */
const isSigned = (
  keys: ReadonlyArray<Uint8Array>,
  prefix: string,
  body: Uint8Array,
  signatures: string
): Effect.Effect<boolean> =>
  Effect.promise(async () => {
    const head = new TextEncoder().encode(prefix)
    const message = new Uint8Array(head.length + body.length)
    message.set(head)
    message.set(body, head.length)
    const candidates = signatures
      .split(" ")
      .filter((signature) => signature.startsWith("v1,"))
      .map((signature) => decodeBase64(signature.slice("v1,".length)))
    let matches = 0
    for (const key of keys) {
      const expected = await hmacSha256(key, message)
      for (const candidate of candidates) {
        if (candidate !== undefined && isSame(candidate, expected)) matches++
      }
    }
    return matches > 0
  })
