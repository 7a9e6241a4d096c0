/**
 * Remembers which webhook deliveries were handled, so none is handled twice.
 *
 * Use {@link makeMemory} in a single process, {@link fromRedis} if several processes receive the same webhooks.
 *
 * @example
 * ```ts
 * import * as Effect from "effect/Effect"
 * import * as Redis from "effect/persistence/Redis"
 * import { WebhookStore } from "llmfx"
 * import * as WebhookReceiver from "llmfx/openai/WebhookReceiver"
 *
 * const receiver = Effect.flatMap(Redis.Redis, (redis) =>
 *   WebhookReceiver.makeConfig({ store: WebhookStore.fromRedis(redis) })
 * )
 * ```
 */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as KeyValueStore from "effect/persistence/KeyValueStore"
import type * as Redis from "effect/persistence/Redis"
import * as Semaphore from "effect/Semaphore"

/**
 * The result of claiming a delivery: it is new and now the caller's, another caller is handling it, or it is done.
 *
 * @category models
 */
export type Claim = "new" | "pending" | "done"

/**
 * Remembers deliveries by their id.
 *
 * @category models
 */
export interface WebhookStore<out E = never, out R = never> {
  /**
   * Claims an id in one step: of many callers at once, exactly one gets `"new"`. The claim expires after `lease`, in
   * case the caller never comes back.
   */
  readonly claim: (id: string, lease: Duration.Duration) => Effect.Effect<Claim, E, R>
  /** Marks a delivery as done for the duration `keep`. */
  readonly complete: (id: string, keep: Duration.Duration) => Effect.Effect<void, E, R>
  /** Releases an id, so the event can be delivered again. */
  readonly release: (id: string) => Effect.Effect<void, E, R>
}

/**
 * Makes a store in memory, for one process.
 *
 * @category constructors
 */
export const makeMemory: Effect.Effect<WebhookStore> = /*#__PURE__*/ Effect.sync(() => {
  const entries = new Map<string, { readonly claim: Claim; readonly end: number }>()
  let nextSweep = 0
  const set = (id: string, claim: Claim, time: Duration.Duration, now: number): void => {
    entries.set(id, { claim, end: now + Duration.toMillis(time) })
  }
  const sweep = (now: number): void => {
    if (now < nextSweep) return
    nextSweep = now + sweepInterval
    for (const [id, { end }] of entries) if (end <= now) entries.delete(id)
  }
  return {
    claim: (id, lease) =>
      Effect.map(Clock.currentTimeMillis, (now): Claim => {
        sweep(now)
        const entry = entries.get(id)
        if (entry !== undefined && entry.end > now) return entry.claim
        set(id, "pending", lease, now)
        return "new"
      }),
    complete: (id, keep) => Effect.map(Clock.currentTimeMillis, (now) => set(id, "done", keep, now)),
    release: (id) =>
      Effect.sync(() => {
        entries.delete(id)
      })
  }
})

const sweepInterval = 60_000

/**
 * Makes a store in Redis, for any number of processes. An id is claimed with `SET … NX`.
 *
 * @category constructors
 */
export const fromRedis = (
  redis: Pick<Redis.Redis["Service"], "send">,
  prefix: string = "webhook:"
): WebhookStore<Redis.RedisError> => ({
  claim: (id, lease) =>
    Effect.flatMap(redis.send("SET", prefix + id, "pending", "NX", "PX", milliseconds(lease)), (answer) =>
      answer === "OK"
        ? Effect.succeed<Claim>("new")
        : Effect.map(redis.send("GET", prefix + id), (value): Claim => (value === "done" ? "done" : "pending"))
    ),
  complete: (id, keep) => Effect.asVoid(redis.send("SET", prefix + id, "done", "PX", milliseconds(keep))),
  release: (id) => Effect.asVoid(redis.send("DEL", prefix + id))
})

const milliseconds = (time: Duration.Duration): string => String(Math.max(1, Math.ceil(Duration.toMillis(time))))

/**
 * Makes a store on top of a key-value store.
 *
 * **Gotchas**
 *
 * A key-value store cannot compare and set. Two processes may both claim a delivery that reaches them at the same
 * instant; use {@link fromRedis} if that matters. Old entries are overwritten but never removed.
 *
 * @category constructors
 */
export const fromKeyValueStore = (
  store: KeyValueStore.KeyValueStore,
  prefix: string = "webhook:"
): WebhookStore<KeyValueStore.KeyValueStoreError> => {
  const oneAtATime = makeTurns()
  const set = (id: string, claim: Claim, time: Duration.Duration) =>
    Effect.flatMap(Clock.currentTimeMillis, (now) =>
      store.set(prefix + id, `${claim} ${now + Duration.toMillis(time)}`)
    )
  return {
    claim: (id, lease) =>
      oneAtATime(
        id,
        Effect.gen(function* () {
          const [claim, end] = ((yield* store.get(prefix + id)) ?? "").split(" ")
          if (Number(end) > (yield* Clock.currentTimeMillis)) return claim === "done" ? "done" : "pending"
          yield* set(id, "pending", lease)
          return "new"
        })
      ),
    complete: (id, keep) => set(id, "done", keep),
    release: (id) => store.remove(prefix + id)
  }
}

/** Runs programs with the same id one after the other. A program that never ends holds up only those. */
const makeTurns = () => {
  const turns = new Map<string, { readonly semaphore: Semaphore.Semaphore; users: number }>()
  return <A, E, R>(id: string, program: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    Effect.acquireUseRelease(
      Effect.sync(() => {
        const turn = turns.get(id) ?? { semaphore: Semaphore.makeUnsafe(1), users: 0 }
        turn.users++
        turns.set(id, turn)
        return turn
      }),
      ({ semaphore }) => semaphore.withPermit(program),
      (turn) =>
        Effect.sync(() => {
          if (--turn.users === 0) turns.delete(id)
        })
    )
}
