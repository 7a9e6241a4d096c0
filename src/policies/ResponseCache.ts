/**
 * Caches responses in memory or in any of Effect's persistence stores, so the same input is paid for once.
 *
 * Use it for deterministic work such as embeddings and evaluations. Prompt caching by the provider is unrelated and
 * always available.
 *
 * @example
 * ```ts
 * import * as Effect from "effect/Effect"
 * import * as Layer from "effect/Layer"
 * import * as Persistence from "effect/persistence/Persistence"
 * import { Middleware, ResponseCache } from "llmfx"
 * import { Embeddings } from "llmfx/openai"
 *
 * const program = Effect.gen(function* () {
 *   const cache = yield* ResponseCache.make({ timeToLive: "1 day" })
 *   return yield* Embeddings.create({ model: "text-embedding-3-small", input: "hi" }).pipe(Middleware.use(cache))
 * }).pipe(
 *   Effect.scoped,
 *   Effect.provide(Layer.provide(Persistence.layer, Persistence.layerBackingMemory))
 * )
 * ```
 */
import * as Clock from "effect/Clock"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Persistable from "effect/persistence/Persistable"
import * as Persistence from "effect/persistence/Persistence"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { ApiError } from "../ApiError.ts"
import type * as Endpoint from "../Endpoint.ts"
import { deadlineOf } from "../internal/attempt/call.ts"
import { optionsOf } from "../internal/attempt/optionsOf.ts"
import { schemaDecoder } from "../internal/decode/schemaDecoder.ts"
import { quietly } from "../internal/quietly.ts"
import { operationOf } from "../internal/usage/genAi.ts"
import { type Answer, make as around, type Call, type Middleware, mapValues } from "../Middleware.ts"
import { type Decoding, merge } from "../RequestOptions.ts"

/**
 * Which calls to cache, and for how long.
 *
 * @category models
 */
export interface Options {
  readonly timeToLive: Duration.Input
  /** The name of the store. Default: `llmfx`. */
  readonly storeId?: string | undefined
  /**
   * Which calls to answer from the cache. Only JSON responses and event streams can be cached. Default: chats,
   * messages, responses, completions and embeddings.
   */
  readonly when?: ((call: Call) => boolean) | undefined
}

/**
 * Makes a cache keyed by provider, endpoint, input, and the options that change the request, headers included.
 *
 * **Details**
 *
 * A stream is stored after its last event. A cached response has `attempts: 0`. If the store fails, or does
 * not answer within five seconds or the call's timeouts, the call is made.
 *
 * **Gotchas**
 *
 * Layers with the same store share their responses, even if their base URLs or credentials differ.
 *
 * @category constructors
 */
export const make = (options: Options): Effect.Effect<Middleware, never, Persistence.Persistence | Scope.Scope> =>
  Effect.gen(function* () {
    const { storeId = "llmfx", timeToLive, when = isInference } = options
    const store = yield* (yield* Persistence.Persistence).make({ storeId, timeToLive: () => timeToLive })
    return around((call, next) =>
      (call.endpoint.kind === "json" || call.endpoint.kind === "stream") && when(call)
        ? Effect.flatMap(keyOf(call), (key) => (key === undefined ? next(call) : cached(store, key, call, next)))
        : next(call)
    )
  })

const isInference = ({ endpoint }: Call): boolean => operationOf(endpoint) !== endpoint.id

const Kept = Schema.Struct({
  /** The value, or the values of a stream. */
  value: Schema.Unknown,
  raw: Schema.Unknown,
  status: Schema.Number,
  headers: Schema.Record(Schema.String, Schema.String)
})

class Key extends Persistable.Class<{ payload: { readonly hash: string } }>()("llmfx/policies/ResponseCache", {
  primaryKey: ({ hash }) => hash,
  success: Kept
}) {}

const cached = (store: Persistence.PersistenceStore, key: Key, call: Call, next: (call: Call) => Answer): Answer =>
  Effect.gen(function* () {
    const options = yield* optionsOf(call)
    const start = yield* Clock.currentTimeMillis
    const deadline = deadlineOf(start, options.timeouts ?? {}, options.deadline)
    const kept = yield* Effect.timeoutOption(store.get(key), patience(deadline, start)).pipe(
      Effect.map(Option.getOrUndefined),
      Effect.orElseSucceed(() => undefined)
    )
    const found =
      kept === undefined || Exit.isFailure(kept) ? undefined : restored(call, kept.value, options.decoding ?? "open")
    if (found !== undefined) return found
    // What the store took is gone from the time of the call.
    const rest = deadline === undefined ? call : { ...call, options: merge(call.options, { deadline }) }
    return yield* keeping(store, key, deadline)(next(rest))
  })

/** In milliseconds. A store that does not answer by then is passed over. */
const maxStoreTime = 5000

const patience = (deadline: number | undefined, now: number): number =>
  Math.min(maxStoreTime, Math.max(0, (deadline ?? Infinity) - now))

const keeping =
  (store: Persistence.PersistenceStore, key: Key, deadline: number | undefined) =>
  (answer: Answer): Answer => {
    const keep = (response: Endpoint.Response<unknown>, value: unknown) =>
      quietly(
        Effect.suspend(() => {
          const { headers, raw, status } = response
          const plain = (json: unknown): unknown => (json === undefined ? null : JSON.parse(JSON.stringify(json)))
          const kept = Effect.try({
            try: () => ({ value: plain(value), raw: plain(raw), status, headers: { ...headers } }),
            catch: (thrown) => thrown
          })
          return Effect.zipWith(kept, Clock.currentTimeMillis, (kept, now) =>
            Effect.timeoutOption(store.set(key, Exit.succeed(kept)), patience(deadline, now))
          ).pipe(Effect.flatten)
        })
      )
    const keptValues = (response: Endpoint.Response<unknown>) => (values: Stream.Stream<unknown, ApiError>) =>
      Stream.suspend(() => {
        const seen: Array<unknown> = []
        return values.pipe(
          Stream.mapArray((chunk) => {
            for (const value of chunk) seen.push(value)
            return chunk
          }),
          Stream.concat(Stream.fromEffectDrain(Effect.suspend(() => keep(response, seen))))
        )
      })
    return Effect.flatMap(answer, (response) =>
      Stream.isStream(response.value)
        ? Effect.succeed(mapValues(response, keptValues(response)))
        : Effect.as(keep(response, response.value), response)
    )
  }

/** Returns the cached response, or `undefined` if it no longer fits the schema. */
const restored = (
  { endpoint }: Call,
  kept: typeof Kept.Type,
  decoding: Decoding
): Endpoint.Response<unknown> | undefined => {
  const decode = schemaDecoder(endpoint.success, decoding)
  try {
    const value =
      endpoint.kind === "stream" && Array.isArray(kept.value)
        ? Stream.fromIterable(kept.value.map(decode))
        : decode(kept.value)
    return { ...kept, value, requestId: undefined, rateLimit: undefined, attempts: 0 }
  } catch {
    return undefined
  }
}

/** Returns `undefined` for an input that cannot be written as JSON. */
const keyOf = (call: Call): Effect.Effect<Key | undefined> =>
  Effect.flatMap(optionsOf(call), ({ baseUrl, body, edits, headers, query }) => {
    const { endpoint, input } = call
    const text = jsonOf([endpoint.provider, endpoint.id, input, baseUrl, body, edits, query, headers])
    return text === undefined
      ? Effect.succeed(undefined)
      : Effect.map(
          Effect.promise(() => crypto.subtle.digest("SHA-256", new TextEncoder().encode(text))),
          (digest) =>
            new Key({ hash: Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("") })
        )
  })

/** Writes equal text for objects with the same fields in any order. */
const jsonOf = (value: unknown): string | undefined => {
  try {
    return JSON.stringify(value, (_, item: unknown) =>
      typeof item === "object" && item !== null && !Array.isArray(item)
        ? Object.fromEntries(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1)))
        : item
    )
  } catch {
    return undefined
  }
}
