/**
 * Receives webhooks signed by the Standard Webhooks specification.
 *
 * The bytes of a body are verified before anything is parsed. To receive the events of OpenAI or Anthropic, use the
 * provider's `WebhookReceiver` module, which knows its events and keys.
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
import { decodeBase64 } from "../internal/bytes/base64.ts"
import { hmacSha256, isSame } from "../internal/bytes/hmac.ts"
import { schemaDecoder } from "../internal/decode/schemaDecoder.ts"
import { messageOf } from "../internal/errors/messageOf.ts"
import { makeScrub, maxMessage, plainText, type Scrub, scrubbedStart } from "../internal/errors/redact.ts"
import { quietly } from "../internal/quietly.ts"
import type { WebhookStore } from "./WebhookStore.ts"

/**
 * A header that the signature needs is missing or malformed.
 *
 * @category errors
 */
export class InvalidHeadersError extends Data.TaggedError("InvalidHeadersError")<{ readonly message: string }> {}

/**
 * The request is older than the tolerance allows, or too far in the future.
 *
 * @category errors
 */
export class InvalidTimestampError extends Data.TaggedError("InvalidTimestampError")<{ readonly message: string }> {}

/**
 * None of the request's signatures was made with one of the secrets.
 *
 * @category errors
 */
export class InvalidSignatureError extends Data.TaggedError("InvalidSignatureError")<{ readonly message: string }> {}

/**
 * The signature is right, but the body is not an event that can be read. Or the body is longer than `maxBodySize`: then
 * the signature was not checked, and `body` holds only its start.
 *
 * @category errors
 */
export class InvalidEventError extends Data.TaggedError("InvalidEventError")<{
  readonly message: string
  readonly body: string
}> {}

/**
 * This delivery was received before.
 *
 * @category errors
 */
export class ReplayedError extends Data.TaggedError("ReplayedError")<{
  readonly message: string
  readonly id: string
  /** Whether the first delivery is still being handled, so it may yet fail. */
  readonly isPending: boolean
}> {}

/**
 * Why a webhook was refused.
 *
 * @category models
 */
export type WebhookError =
  | InvalidHeadersError
  | InvalidTimestampError
  | InvalidSignatureError
  | InvalidEventError
  | ReplayedError

/**
 * A request as it arrived.
 *
 * @category models
 */
export interface Delivery {
  /** The bytes of the body. A string is read as UTF-8. */
  readonly body: Uint8Array | string
  /** Headers by name, in any case. */
  readonly headers: { readonly [name: string]: string | undefined }
}

/**
 * A verified event.
 *
 * @category models
 */
export interface Received<out Event> {
  /** The same for each delivery of the event. */
  readonly id: string
  /** When the event was signed, in milliseconds since 1970. */
  readonly timestamp: number
  readonly event: Event
}

/**
 * Options of a receiver.
 *
 * @category models
 */
export interface Options<out E = never, out R = never> {
  /** The signing secrets; a signature by any secret is accepted. Give both while you rotate a key. */
  readonly secrets: readonly [Redacted.Redacted, ...ReadonlyArray<Redacted.Redacted>]
  /** How far the time of the signature may be from now. Default: five minutes. */
  readonly tolerance?: Duration.Input | undefined
  /** Refuses deliveries that were received before. Default: none, so repeated deliveries go unnoticed. */
  readonly store?: WebhookStore<E, R> | undefined
  /** How long the store remembers a delivery. Default: three days. */
  readonly keep?: Duration.Input | undefined
  /**
   * How long a handler may take. If it has not finished by then, because its process died for instance, the next
   * delivery of the event is handled again. Default: five minutes.
   */
  readonly lease?: Duration.Input | undefined
  /** The largest body to read. Default: Effect's `MaxBodySize` if set, otherwise 1 MiB. */
  readonly maxBodySize?: ByteSize.Input | undefined
}

/**
 * Receives webhooks.
 *
 * @category models
 */
export interface Receiver<in out Event, out E = never, out R = never> {
  /**
   * Verifies and decodes a delivery, then claims its id. The store is asked last, so only a genuine delivery can claim
   * an id.
   */
  readonly receive: (delivery: Delivery) => Effect.Effect<Received<Event>, WebhookError | E, R>
  /** Receives the request that the server is answering. */
  readonly receiveRequest: Effect.Effect<
    Received<Event>,
    WebhookError | HttpServerError.HttpServerError | E,
    R | HttpServerRequest.HttpServerRequest
  >
  /**
   * Answers a webhook.
   *
   * **Details**
   *
   * Responds 204 if the handler succeeds or the delivery was handled before, 400 if the delivery is not genuine, and
   * 409 while the same delivery is being handled. If the handler fails, its id is released, so the next delivery is not
   * taken for a replay.
   */
  readonly handle: <E2, R2>(
    handler: (received: Received<Event>) => Effect.Effect<unknown, E2, R2>
  ) => Effect.Effect<
    HttpServerResponse.HttpServerResponse,
    HttpServerError.HttpServerError | E | E2,
    R | R2 | HttpServerRequest.HttpServerRequest
  >
  /**
   * Wraps an endpoint of an `HttpApi` or a route of an `HttpRouter`, which gets the event as a service and returns the
   * response.
   *
   * **Details**
   *
   * A response with an error status counts as a failure. If the store fails, so does the request.
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

/**
 * Makes a receiver for a provider's events. Throws a `TypeError` if a secret cannot be used as a key.
 *
 * @category constructors
 */
export const make = <Event, E = never, R = never>(
  events: {
    readonly schema: Schema.Codec<Event, unknown>
    /** How to read a secret without the prefix `whsec_`. */
    readonly plainSecret: "base64" | "text"
  },
  options: Options<E, R>
): Receiver<Event, E, R> => {
  const settings = settingsOf(events, options)
  return {
    receive: (delivery) => accept(settings, delivery, settings.keep),
    receiveRequest: acceptRequest(settings, settings.keep),
    handle: (handler) =>
      answering(
        settings,
        (received) => Effect.as(handler(received), HttpServerResponse.empty()),
        (failure) => Effect.fail(failure)
      ),
    middleware: (key) => (answer) =>
      answering(
        settings,
        (received) => Effect.provideService(answer, key, received),
        (failure) =>
          HttpServerError.isHttpServerError(failure) ? HttpServerRespondable.toResponse(failure) : Effect.die(failure)
      )
  }
}

/** The options of a receiver, read once. */
interface Settings<out Event, out E, out R> {
  readonly decode: (body: string) => Effect.Effect<Event, InvalidEventError>
  /** Takes the signing secrets out of what an error shows. */
  readonly scrub: Scrub
  readonly keys: ReadonlyArray<Uint8Array>
  /** In milliseconds. */
  readonly tolerance: number
  readonly keep: Duration.Duration
  readonly lease: Duration.Duration
  readonly maxBodySize: ByteSize.ByteSize | undefined
  readonly store: Options<E, R>["store"]
}

const settingsOf = <Event, E, R>(
  { plainSecret, schema }: { readonly schema: Schema.Codec<Event, unknown>; readonly plainSecret: "base64" | "text" },
  options: Options<E, R>
): Settings<Event, E, R> => {
  if (options.secrets.length === 0) throw new TypeError("A webhook receiver needs at least one secret")
  const decode = schemaDecoder(schema, "open")
  const secrets = options.secrets.map(Redacted.value)
  const keys = secrets.map((secret) => keyOf(secret, plainSecret))
  const scrub = makeScrub({ values: [], credentials: secrets.flatMap(formsOfSecret) })
  return {
    scrub,
    decode: (body) => {
      try {
        return Effect.succeed(decode(JSON.parse(body)) as Event)
      } catch (thrown) {
        return Effect.fail(
          new InvalidEventError({ message: plainText(messageOf(thrown), maxMessage, scrub), body: scrub(body) })
        )
      }
    },
    keys,
    tolerance: Duration.toMillis(options.tolerance ?? "5 minutes"),
    keep: Duration.fromInputUnsafe(options.keep ?? "3 days"),
    lease: Duration.fromInputUnsafe(options.lease ?? "5 minutes"),
    maxBodySize: options.maxBodySize === undefined ? undefined : ByteSize.fromInputUnsafe(options.maxBodySize),
    store: options.store
  }
}

/** Verifies and decodes a delivery, and claims its id in the store for `time`. */
const accept = <Event, E, R>(
  { decode, keys, maxBodySize, scrub, store, tolerance }: Settings<Event, E, R>,
  delivery: Delivery,
  time: Duration.Duration
): Effect.Effect<Received<Event>, WebhookError | E, R> =>
  Effect.gen(function* () {
    const { id, signature, timestamp } = yield* headersOf(delivery.headers)
    const now = yield* Clock.currentTimeMillis
    const signedAt = Number(timestamp) * 1000
    if (Math.abs(now - signedAt) > tolerance) {
      const message = `The webhook is too ${signedAt < now ? "old" : "far in the future"}`
      return yield* new InvalidTimestampError({ message })
    }
    const limit = Number(maxBodySize ?? (yield* HttpServerRequest.MaxBodySize) ?? defaultMaxBodySize)
    const body = yield* bytesWithin(limit, delivery.body, scrub)
    if (!(yield* isSigned(keys, `${id}.${timestamp}.`, body, signature))) {
      const message = "No signature of the webhook was made with a secret that this receiver knows"
      return yield* new InvalidSignatureError({ message })
    }
    const event = yield* decode(new TextDecoder().decode(body))
    const claim = store === undefined ? "new" : yield* store.claim(id, time)
    if (claim !== "new") {
      const isPending = claim === "pending"
      const shown = plainText(id, maxShownId, scrub)
      const message = `The webhook ${shown} has been received before${isPending ? ", and is not done" : ""}`
      return yield* new ReplayedError({ message, id: scrub(id), isPending })
    }
    return { id, timestamp: signedAt, event }
  })

/** A body that is too long is not even encoded or hashed. */
const bytesWithin = (
  limit: number,
  body: Delivery["body"],
  scrub: Scrub
): Effect.Effect<Uint8Array, InvalidEventError> => {
  const bytes = typeof body === "string" && body.length <= limit ? new TextEncoder().encode(body) : body
  if (typeof bytes !== "string" && bytes.length <= limit) return Effect.succeed(bytes)
  const start = bytes.slice(0, 20 * maxShownLength)
  return Effect.fail(
    new InvalidEventError({
      message: `The webhook's body is longer than ${limit} bytes, the limit of the option "maxBodySize"`,
      body: scrubbedStart(typeof start === "string" ? start : new TextDecoder().decode(start), maxShownLength, scrub)
    })
  )
}

/** How much of a body that is too long its error keeps. */
const maxShownLength = 2000

const acceptRequest = <Event, E, R>(settings: Settings<Event, E, R>, time: Duration.Duration) =>
  Effect.flatMap(HttpServerRequest.HttpServerRequest, (request) =>
    request.arrayBuffer.pipe(
      Effect.updateService(
        HttpServerRequest.MaxBodySize,
        (limit) => settings.maxBodySize ?? limit ?? defaultMaxBodySize
      ),
      Effect.flatMap((body) => accept(settings, { body: new Uint8Array(body), headers: request.headers }, time))
    )
  )

/**
 * Answers a request: with a status if the delivery is not to be handled, as `recover` says if the request or the store
 * failed, and as `answer` says otherwise.
 */
const answering = <Event, E, R, E2, R2, X>(
  settings: Settings<Event, E, R>,
  answer: (received: Received<Event>) => Effect.Effect<HttpServerResponse.HttpServerResponse, E2, R2>,
  recover: (failure: HttpServerError.HttpServerError | E) => Effect.Effect<HttpServerResponse.HttpServerResponse, X>
) =>
  acceptRequest(settings, settings.lease).pipe(
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
        : Effect.onExit(answer(outcome.received), settled(settings, outcome.received.id, recover))
    )
  )

/** Records in the store that a delivery was handled, or releases its id. */
const settled =
  <Event, E, R, X>(
    { keep, store }: Settings<Event, E, R>,
    id: string,
    recover: (failure: E) => Effect.Effect<unknown, X>
  ) =>
  (exit: Exit.Exit<HttpServerResponse.HttpServerResponse, unknown>): Effect.Effect<void, X, R> => {
    if (store === undefined) return Effect.void
    const isHandled = Exit.isSuccess(exit) && exit.value.status < 400
    return isHandled ? Effect.asVoid(Effect.catch(store.complete(id, keep), recover)) : quietly(store.release(id))
  }

const prefix = "whsec_"

/** How much of an id a message shows, in characters. */
const maxShownId = 200

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

/** A secret with and without its prefix. The bytes of a key are found in their base64. */
const formsOfSecret = (secret: string): ReadonlyArray<string> =>
  secret.startsWith(prefix) ? [secret, secret.slice(prefix.length)] : [secret]

const keyOf = (secret: string, plain: "base64" | "text"): Uint8Array => {
  if (secret.trim() === "") throw new TypeError("A webhook secret is empty: is its environment variable set?")
  const isPrefixed = secret.startsWith(prefix)
  if (!isPrefixed && plain === "text") return new TextEncoder().encode(secret)
  const key = decodeBase64(isPrefixed ? secret.slice(prefix.length) : secret)
  if (key === undefined || key.length === 0) throw new TypeError("A webhook secret is empty or not base64")
  return key
}

/** Room for far more signatures than any key rotation needs. */
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

/** Signs once for each key and compares every signature to its end, so timing does not tell which one matches. */
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
