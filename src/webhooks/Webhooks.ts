/**
 * Receiving webhooks that are signed as the Standard Webhooks specification says. A body is verified as the bytes that
 * arrived, before anything is parsed.
 *
 * The providers' `WebhookReceiver` modules know their events and keys.
 */
import * as ByteSize from "effect/ByteSize"
import * as Clock from "effect/Clock"
import type * as Context from "effect/Context"
import * as Data from "effect/Data"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as HttpServerError from "effect/http/HttpServerError"
import * as HttpServerRequest from "effect/http/HttpServerRequest"
import * as HttpServerRespondable from "effect/http/HttpServerRespondable"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as Redacted from "effect/Redacted"
import type * as Schema from "effect/Schema"
import { DecodeError } from "../ApiError.ts"
import { decodeBase64 } from "../internal/bytes/base64.ts"
import { schemaDecoder } from "../internal/decode/schemaDecoder.ts"
import { hmacSha256, isSame } from "../internal/bytes/hmac.ts"
import type { WebhookStore } from "./WebhookStore.ts"

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
  /** Whether it is still being handled, so that it is not certain to succeed. */
  readonly isPending: boolean
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

/** What a receiver is made of. */
export interface Options<out E = never, out R = never> {
  /** One is enough for a signature: while a key is rotated, give both. */
  readonly secrets: readonly [Redacted.Redacted, ...ReadonlyArray<Redacted.Redacted>]
  /** How far the time of the signature may be from now, five minutes unless set. */
  readonly tolerance?: Duration.Input | undefined
  /** Refuses deliveries that were received before; without one, they are not noticed. */
  readonly store?: WebhookStore<E, R> | undefined
  /** How long the store remembers, three days unless set. */
  readonly keep?: Duration.Input | undefined
  /**
   * How long a handler may take, five minutes unless set. A delivery whose handler has not come back by then, as its
   * process has died, is handled again when it is sent again.
   */
  readonly lease?: Duration.Input | undefined
  /** The most bytes of a request that are read, 1 MiB unless set here or with Effect's `MaxBodySize`. */
  readonly maxBodySize?: ByteSize.Input | undefined
}

/** Receives webhooks. */
export interface Receiver<in out Event, out E = never, out R = never> {
  /**
   * Verifies and decodes a delivery, and takes its id. The store is asked last, so that only what is genuine takes an
   * id.
   */
  readonly receive: (delivery: Delivery) => Effect.Effect<Received<Event>, WebhookError | E, R>
  /** The same for the request that a server is answering. */
  readonly receiveRequest: Effect.Effect<
    Received<Event>,
    WebhookError | HttpServerError.HttpServerError | E,
    R | HttpServerRequest.HttpServerRequest
  >
  /**
   * The answer to a webhook: 204 once the handler is done, and for a delivery that was handled before; 400 for what is
   * not genuine, 409 while the same delivery is being handled. Where the handler fails, the id is given back, so that
   * the next delivery is not taken for a replay.
   */
  readonly handle: <E2, R2>(
    handler: (received: Received<Event>) => Effect.Effect<unknown, E2, R2>
  ) => Effect.Effect<
    HttpServerResponse.HttpServerResponse,
    HttpServerError.HttpServerError | E | E2,
    R | R2 | HttpServerRequest.HttpServerRequest
  >
  /**
   * The same around an endpoint of an `HttpApi` or a route of an `HttpRouter`, which gets the event as a service and
   * gives the answer. An answer with an error status counts as a failure. Where the store fails, so does the request.
   *
   * @example
   * ```ts
   * import * as Context from "effect/Context"
   * import * as Effect from "effect/Effect"
   * import * as HttpApiMiddleware from "effect/http-api/HttpApiMiddleware"
   * import * as Layer from "effect/Layer"
   * import type { Webhooks } from "llmfx"
   * import type { WebhookEvents } from "llmfx/openai"
   * import * as WebhookReceiver from "llmfx/openai/WebhookReceiver"
   *
   * class Received extends Context.Service<Received, Webhooks.Received<WebhookEvents.UnwrapWebhookEvent>>()("Received") {}
   *
   * class Verified extends HttpApiMiddleware.Service<Verified, { provides: Received }>()("Verified") {}
   *
   * const layer = Layer.effect(
   *   Verified,
   *   Effect.map(WebhookReceiver.makeConfig(), (receiver) => receiver.middleware(Received))
   * )
   * ```
   */
  readonly middleware: <I>(
    key: Context.Key<I, Received<Event>>
  ) => <E2, R2>(
    answer: Effect.Effect<HttpServerResponse.HttpServerResponse, E2, R2>
  ) => Effect.Effect<
    HttpServerResponse.HttpServerResponse,
    E2,
    R | Exclude<R2, I> | HttpServerRequest.HttpServerRequest
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
  const lease = Duration.fromInputUnsafe(options.lease ?? "5 minutes")
  const maxBodySize = options.maxBodySize === undefined ? undefined : ByteSize.fromInputUnsafe(options.maxBodySize)
  const { store } = options
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

  const accept = (delivery: Delivery, time: Duration.Duration): Effect.Effect<Received<Event>, WebhookError | E, R> =>
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
      const claim = store === undefined ? "new" : yield* store.claim(id, time)
      if (claim !== "new") {
        const isPending = claim === "pending"
        const message = `The webhook ${id} has been received before${isPending ? ", and is not done" : ""}`
        return yield* new ReplayedError({ message, id, isPending })
      }
      return { id, timestamp: signedAt, event }
    })

  const acceptRequest = (time: Duration.Duration) =>
    Effect.flatMap(HttpServerRequest.HttpServerRequest, (request) =>
      request.arrayBuffer.pipe(
        Effect.updateService(HttpServerRequest.MaxBodySize, (limit) => maxBodySize ?? limit ?? defaultMaxBodySize),
        Effect.flatMap((body) => accept({ body: new Uint8Array(body), headers: request.headers }, time))
      )
    )

  type OwnFailure = HttpServerError.HttpServerError | E

  const answering = <E2, R2, X>(
    answer: (received: Received<Event>) => Effect.Effect<HttpServerResponse.HttpServerResponse, E2, R2>,
    recover: (failure: OwnFailure) => Effect.Effect<HttpServerResponse.HttpServerResponse, X>
  ) =>
    acceptRequest(lease).pipe(
      Effect.map((received) => ({ received })),
      Effect.catch((error) => {
        const refused = isWebhookError(error)
          ? Effect.succeed(HttpServerResponse.empty({ status: statusOf(error) }))
          : recover(error)
        return Effect.map(refused, (refusal) => ({ refusal }))
      }),
      Effect.flatMap((outcome) =>
        "refusal" in outcome
          ? Effect.succeed(outcome.refusal)
          : Effect.onExit(answer(outcome.received), (exit) => {
              if (store === undefined) return Effect.void
              const isHandled = Exit.isSuccess(exit) && exit.value.status < 400
              const { id } = outcome.received
              return isHandled
                ? Effect.asVoid(Effect.catch(store.complete(id, keep), recover))
                : Effect.ignore(store.release(id))
            })
      )
    )

  return {
    receive: (delivery) => accept(delivery, keep),
    receiveRequest: acceptRequest(keep),
    handle: (handler) =>
      answering(
        (received) => Effect.as(handler(received), HttpServerResponse.empty()),
        (failure) => Effect.fail(failure)
      ),
    middleware: (key) => (answer) =>
      answering(
        (received) => Effect.provideService(answer, key, received),
        (failure) =>
          HttpServerError.isHttpServerError(failure) ? HttpServerRespondable.toResponse(failure) : Effect.die(failure)
      )
  }
}

const defaultMaxBodySize = /*#__PURE__*/ ByteSize.mebibytes(1)

const statusOf = (error: WebhookError): number => (error._tag === "ReplayedError" ? (error.isPending ? 409 : 204) : 400)

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

/** Room for far more signatures than there are keys in any rotation. */
const maxSignatureLength = 65_536

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
  if (found.signature.length > maxSignatureLength) {
    return Effect.fail(new InvalidHeadersError({ message: "The webhook-signature is too long" }))
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
