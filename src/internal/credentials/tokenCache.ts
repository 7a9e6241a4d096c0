import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import type * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Equal from "effect/Equal"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import { withoutCall } from "../attempt/ownContext.ts"

interface Token<A> {
  readonly value: A
  readonly expiresAt: number | undefined
}

/** A value that expires, shared by all callers. */
export interface TokenCache<A, E, R = never> {
  readonly get: Effect.Effect<A, E, R>
  /** Forgets the value, unless it was already replaced. */
  readonly discard: (value: A) => Effect.Effect<void>
}

const backOff = 5000
const defectPause = 1000

export const makeTokenCache = <A, E, R = never>(options: {
  readonly acquire: Effect.Effect<Token<A>, E, R>
  readonly refreshBefore?: Duration.Input | undefined
  readonly blockBefore?: Duration.Input | undefined
}): TokenCache<A, E, R> => {
  const refreshBefore = Duration.toMillis(options.refreshBefore ?? "2 minutes")
  const blockBefore = Duration.toMillis(options.blockBefore ?? "30 seconds")
  let current: { readonly value: A; readonly expiresAt: number; readonly life: number } | undefined
  let renewal: Fiber.Fiber<A, E> | undefined
  let failedAt = -Infinity
  let defect: { readonly exit: Exit.Exit<A, E>; readonly at: number } | undefined

  const renew: Effect.Effect<A, E, R> = Effect.matchCauseEffect(options.acquire, {
    onSuccess: ({ expiresAt = Infinity, value }) =>
      Effect.map(Clock.currentTimeMillis, (now) => {
        current = { value, expiresAt, life: expiresAt - now }
        return value
      }),
    onFailure: (cause) =>
      Effect.flatMap(Clock.currentTimeMillis, (now) => {
        failedAt = now
        defect = Cause.hasDies(cause) ? { exit: Exit.failCause(cause), at: now } : undefined
        return Effect.failCause(cause)
      })
  })

  /**
   * The renewal under way, or a new one. It outlives the calls that wait for it, and begins once all that are about to
   * ask have asked: one that fails at once is shared, too.
   */
  const sharedRenewal: Effect.Effect<Fiber.Fiber<A, E>, never, R> = Effect.contextWith(
    (context: Context.Context<R>) => {
      if (renewal !== undefined) return Effect.succeed(renewal)
      const started = Effect.runForkWith(withoutCall(context))(
        current === undefined ? Effect.andThen(Effect.yieldNow, renew) : renew
      )
      renewal = started
      started.addObserver(() => {
        renewal = undefined
      })
      return Effect.succeed(started)
    }
  )

  return {
    get: Effect.flatMap(Clock.currentTimeMillis, (now) => {
      // A bug is not run again and again by those who come in the meantime.
      if (defect !== undefined && now - defect.at < defectPause) return defect.exit
      const renewed = Effect.flatMap(sharedRenewal, Fiber.join)
      if (current === undefined) return renewed
      const { expiresAt, life, value } = current
      const left = expiresAt - now
      if (left > Math.min(refreshBefore, life / 2)) return Effect.succeed(value)
      if (left <= Math.min(blockBefore, life / 2)) return renewed
      return now - failedAt < backOff ? Effect.succeed(value) : Effect.as(sharedRenewal, value)
    }),
    discard: (value) =>
      Effect.sync(() => {
        if (current !== undefined && Equal.equals(current.value, value)) current = undefined
      })
  }
}
