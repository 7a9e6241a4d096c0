import * as Clock from "effect/Clock"
import type * as Effect from "effect/Effect"

/** Continues with the current time, in milliseconds since 1970. */
export const withNow = <A, E, R>(f: (now: number) => Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Clock.clockWith((clock) => f(clock.currentTimeMillisUnsafe()))
