import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as KeyValueStore from "effect/persistence/KeyValueStore"
import type * as Redis from "effect/persistence/Redis"
import * as TestClock from "effect/testing/TestClock"
import { WebhookStore } from "llmfx"

/** As much of Redis as the store uses: each command is one step, and takes a turn to get there. */
const fakeRedis = Effect.sync(() => {
  const entries = new Map<string, { readonly value: string; readonly end: number }>()
  const run = (command: string, args: ReadonlyArray<string>, now: number): unknown => {
    const [key = "", value = "", ...options] = args
    const entry = entries.get(key)
    const current = entry !== undefined && entry.end > now ? entry.value : null
    switch (command) {
      case "GET":
        return current
      case "DEL":
        return entries.delete(key) ? 1 : 0
      case "SET":
        if (options.includes("NX") && current !== null) return null
        entries.set(key, { value, end: now + Number(options[options.indexOf("PX") + 1]) })
        return "OK"
      default:
        throw new Error(`the store sends ${command}`)
    }
  }
  const send: Redis.Redis["Service"]["send"] = <A>(command: string, ...args: ReadonlyArray<string>) =>
    Effect.yieldNow.pipe(
      Effect.andThen(Clock.currentTimeMillis),
      Effect.map((now) => run(command, args, now) as A)
    )
  return { send, entries }
})

/** A key-value store that is elsewhere: each step takes a turn. */
const slowKeyValueStore = Effect.sync(() => {
  const values = new Map<string, string>()
  const later = <A>(step: () => A) => Effect.andThen(Effect.yieldNow, Effect.sync(step))
  return KeyValueStore.makeStringOnly({
    get: (key) => later(() => values.get(key)),
    set: (key, value) => later(() => values.set(key, value)),
    remove: (key) => later(() => values.delete(key)),
    keys: later(() => [...values.keys()]),
    clear: later(() => values.clear()),
    size: later(() => values.size)
  })
})

const stores: ReadonlyArray<readonly [string, Effect.Effect<WebhookStore.WebhookStore<unknown>>]> = [
  ["in memory", WebhookStore.makeMemory],
  ["in Redis", Effect.map(fakeRedis, (redis) => WebhookStore.fromRedis(redis))],
  ["in a key-value store", Effect.map(slowKeyValueStore, (store) => WebhookStore.fromKeyValueStore(store))]
]

for (const [name, make] of stores) {
  describe(`a store ${name}`, () => {
    it.effect("gives an id to one of a hundred callers at once", () =>
      Effect.gen(function* () {
        const store = yield* make
        const claims = yield* Effect.forEach(
          Array.from({ length: 100 }),
          () => store.claim("wh_1", Duration.hours(1)),
          {
            concurrency: "unbounded"
          }
        )
        assert.strictEqual(claims.filter((claim) => claim === "new").length, 1)
        assert.strictEqual(claims.filter((claim) => claim === "pending").length, 99)
      })
    )

    it.effect("tells an id that is done from one that is being handled", () =>
      Effect.gen(function* () {
        const store = yield* make
        yield* store.claim("wh_1", Duration.hours(1))
        assert.strictEqual(yield* store.claim("wh_1", Duration.hours(1)), "pending")
        yield* store.complete("wh_1", Duration.hours(1))
        assert.strictEqual(yield* store.claim("wh_1", Duration.hours(1)), "done")
        assert.strictEqual(yield* store.claim("wh_2", Duration.hours(1)), "new")
      })
    )

    it.effect("gives an id again that was given back", () =>
      Effect.gen(function* () {
        const store = yield* make
        yield* store.claim("wh_1", Duration.hours(1))
        yield* store.release("wh_1")
        assert.strictEqual(yield* store.claim("wh_1", Duration.hours(1)), "new")
      })
    )

    it.effect("keeps what is done, and what is not, as long as it was told", () =>
      Effect.gen(function* () {
        const store = yield* make
        yield* store.claim("wh_1", Duration.minutes(5))
        yield* store.claim("wh_2", Duration.minutes(5))
        yield* store.complete("wh_2", Duration.days(3))
        yield* TestClock.adjust("5 minutes")
        assert.strictEqual(yield* store.claim("wh_1", Duration.minutes(5)), "new")
        assert.strictEqual(yield* store.claim("wh_2", Duration.minutes(5)), "done")
        yield* TestClock.adjust("3 days")
        assert.strictEqual(yield* store.claim("wh_2", Duration.minutes(5)), "new")
      })
    )
  })
}

it.effect("two processes that share Redis give an id to one of them", () =>
  Effect.gen(function* () {
    const redis = yield* fakeRedis
    const [one, other] = [WebhookStore.fromRedis(redis), WebhookStore.fromRedis(redis)]
    const claims = yield* Effect.forEach([one, other], (store) => store.claim("wh_1", Duration.hours(1)), {
      concurrency: "unbounded"
    })
    assert.sameMembers(claims, ["new", "pending"])
    assert.deepStrictEqual([...redis.entries.keys()], ["webhook:wh_1"])
  })
)

/** A key-value store in memory that does not answer its first question. */
const silentOnce = Effect.gen(function* () {
  const memory = yield* KeyValueStore.KeyValueStore
  let asked = 0
  return WebhookStore.fromKeyValueStore({
    ...memory,
    get: (key) => Effect.suspend(() => (++asked === 1 ? Effect.never : memory.get(key)))
  })
}).pipe(Effect.provide(KeyValueStore.layerMemory))

it.effect("a claim that is interrupted while a key-value store is slow does not hold up the next", () =>
  Effect.gen(function* () {
    const store = yield* silentOnce
    const hasty = yield* Effect.forkChild(store.claim("a", Duration.minutes(1)))
    const patient = yield* Effect.forkChild(store.claim("a", Duration.minutes(1)))
    yield* TestClock.adjust(0)
    yield* Fiber.interrupt(hasty)
    assert.strictEqual(yield* Fiber.join(patient), "new")
  })
)

it.effect("a claim that a key-value store does not answer does not hold up those of other ids", () =>
  Effect.gen(function* () {
    const store = yield* silentOnce
    yield* Effect.forkChild(store.claim("a", Duration.minutes(1)))
    yield* TestClock.adjust(0)
    const other = yield* Effect.forkChild(store.claim("b", Duration.minutes(1)))
    yield* TestClock.adjust(0)
    assert.deepStrictEqual(other.pollUnsafe(), Exit.succeed("new"))
  })
)
