import { describe, expect, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Redacted from "effect/Redacted"
import * as Tracer from "effect/Tracer"
import * as TestClock from "effect/testing/TestClock"
import { Credential, Middleware, RequestOptions } from "llmfx"
import { makeCallScrubs, ScrubListener } from "../../src/internal/errors/callScrubs.ts"
import { CallSpan } from "../../src/internal/usage/callSpan.ts"

/** A source of tokens `t1`, `t2`, … that live for ten minutes, and take `delay` to come. */
const source = (options: { readonly delay?: string; readonly fails?: (turn: number) => boolean } = {}) => {
  const state = { turns: 0 }
  const acquire = Effect.gen(function* () {
    const turn = ++state.turns
    if (options.delay !== undefined) yield* Effect.sleep(options.delay as "1 second")
    if (options.fails?.(turn) === true) return yield* new Credential.CredentialError({ message: `no ${turn}` })
    const now = yield* Clock.currentTimeMillis
    return { value: Redacted.make(`t${turn}`), expiresAt: now + 600_000 }
  })
  return { state, acquire }
}

const value = (credential: Credential.Credential) => Effect.map(credential.get, Redacted.value)

describe("Credential.cached", () => {
  it.effect("asks once while the token is good", () =>
    Effect.gen(function* () {
      const { acquire, state } = source()
      const credential = yield* Credential.cached({ acquire })
      yield* value(credential)
      yield* TestClock.adjust("7 minutes")
      expect(yield* value(credential)).toBe("t1")
      expect(state.turns).toBe(1)
    })
  )

  it.effect("goes on with the old token while a new one is fetched in the background", () =>
    Effect.gen(function* () {
      const { acquire } = source({ delay: "1 second" })
      const credential = yield* Credential.cached({ acquire })
      const first = yield* Effect.forkChild(value(credential))
      yield* TestClock.adjust("1 second")
      yield* Fiber.join(first)
      yield* TestClock.adjust("8 minutes")
      yield* TestClock.adjust("30 seconds")
      expect(yield* value(credential)).toBe("t1")
      yield* TestClock.adjust("1 second")
      expect(yield* value(credential)).toBe("t2")
    })
  )

  it.effect("waits for a new token when the old one is about to expire", () =>
    Effect.gen(function* () {
      const { acquire } = source({ delay: "1 second" })
      const credential = yield* Credential.cached({ acquire })
      const first = yield* Effect.forkChild(value(credential))
      yield* TestClock.adjust("1 second")
      yield* Fiber.join(first)
      yield* TestClock.adjust("575 seconds")
      const next = yield* Effect.forkChild(value(credential))
      yield* TestClock.adjust("1 second")
      expect(yield* Fiber.join(next)).toBe("t2")
    })
  )

  it.effect("gives one renewal to all who wait", () =>
    Effect.gen(function* () {
      const { acquire, state } = source({ delay: "1 second" })
      const credential = yield* Credential.cached({ acquire })
      const all = yield* Effect.forkChild(
        Effect.all(
          Array.from({ length: 50 }, () => value(credential)),
          { concurrency: "unbounded" }
        )
      )
      yield* TestClock.adjust("1 second")
      expect(new Set(yield* Fiber.join(all))).toEqual(new Set(["t1"]))
      expect(state.turns).toBe(1)
    })
  )

  it.effect("gives one failure to all who wait", () =>
    Effect.gen(function* () {
      const { acquire, state } = source({ delay: "1 second", fails: () => true })
      const credential = yield* Credential.cached({ acquire })
      const all = yield* Effect.forkChild(
        Effect.all(
          Array.from({ length: 50 }, () => Effect.flip(credential.get)),
          { concurrency: "unbounded" }
        )
      )
      yield* TestClock.adjust("1 second")
      expect((yield* Fiber.join(all)).map(({ message }) => message)).toEqual(Array(50).fill("no 1"))
      expect(state.turns).toBe(1)
    })
  )

  it.effect("keeps the renewal going when the call that started it is interrupted", () =>
    Effect.gen(function* () {
      const { acquire, state } = source({ delay: "1 second" })
      const credential = yield* Credential.cached({ acquire })
      const impatient = yield* Effect.forkChild(value(credential))
      yield* TestClock.adjust("500 millis")
      const patient = yield* Effect.forkChild(value(credential))
      yield* TestClock.adjust(0)
      yield* Fiber.interrupt(impatient)
      yield* TestClock.adjust("500 millis")
      expect(yield* Fiber.join(patient)).toBe("t1")
      expect(state.turns).toBe(1)
    })
  )

  it.effect("renews without the options, the middleware, the span and the deadline of the call that starts it", () =>
    Effect.gen(function* () {
      const seen: Array<unknown> = []
      const acquire = Effect.withFiber<Credential.Token, Credential.CredentialError>((fiber) => {
        seen.push(
          fiber.getRef(RequestOptions.Current),
          fiber.getRef(Middleware.Current),
          fiber.getRef(ScrubListener),
          fiber.getRef(CallSpan),
          Context.getOrUndefined(fiber.context, Tracer.ParentSpan)
        )
        return Effect.as(Effect.sleep("1 minute"), { value: Redacted.make("t"), expiresAt: undefined })
      })
      const credential = yield* Credential.cached({ acquire })
      const first = yield* value(credential).pipe(
        Effect.timeout("1 second"),
        RequestOptions.withHeaders({ "x-tenant": "first" }),
        RequestOptions.withBaseUrl("https://first.test"),
        Middleware.use(Middleware.make((call, next) => next(call))),
        makeCallScrubs().watch,
        Effect.provideService(CallSpan, yield* Effect.makeSpan("call")),
        Effect.withSpan("first"),
        Effect.exit,
        Effect.forkChild
      )
      const second = yield* Effect.forkChild(value(credential))
      yield* TestClock.adjust("1 minute")
      expect((yield* Fiber.join(first))._tag).toBe("Failure")
      expect(yield* Fiber.join(second)).toBe("t")
      expect(seen).toEqual([{}, [], undefined, undefined, undefined])
    })
  )

  it.effect("rests five seconds after a renewal in the background has failed", () =>
    Effect.gen(function* () {
      const { acquire, state } = source({ fails: (turn) => turn > 1 })
      const credential = yield* Credential.cached({ acquire })
      yield* value(credential)
      yield* TestClock.adjust("9 minutes")
      for (let call = 0; call < 5; call++) expect(yield* value(credential)).toBe("t1")
      expect(state.turns).toBe(2)
      yield* TestClock.adjust("5 seconds")
      yield* value(credential)
      expect(state.turns).toBe(3)
    })
  )

  it.effect("asks again after the server has refused the token, and once only", () =>
    Effect.gen(function* () {
      const { acquire, state } = source()
      const credential = yield* Credential.cached({ acquire })
      const refused = yield* credential.get
      yield* credential.refresh?.(refused) ?? Effect.die("no refresh")
      expect(yield* value(credential)).toBe("t2")
      yield* credential.refresh?.(refused) ?? Effect.die("no refresh")
      expect(yield* value(credential)).toBe("t2")
      expect(state.turns).toBe(2)
    })
  )

  it.effect("renews a short-lived token after half of its life, not at every call", () =>
    Effect.gen(function* () {
      let turns = 0
      const acquire = Effect.map(Clock.currentTimeMillis, (now) => ({
        value: Redacted.make(`t${++turns}`),
        expiresAt: now + 20_000
      }))
      const credential = yield* Credential.cached({ acquire })
      yield* value(credential)
      yield* TestClock.adjust("9 seconds")
      expect(yield* value(credential)).toBe("t1")
      yield* TestClock.adjust("1 second")
      expect(yield* value(credential)).toBe("t2")
    })
  )

  it.effect("keeps a token without an end for ever", () =>
    Effect.gen(function* () {
      let turns = 0
      const acquire = Effect.sync(() => ({ value: Redacted.make(`t${++turns}`), expiresAt: undefined }))
      const credential = yield* Credential.cached({ acquire })
      yield* value(credential)
      yield* TestClock.adjust("3650 days")
      expect(yield* value(credential)).toBe("t1")
    })
  )
})
