import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { withNow } from "./withNow.ts"

/**
 * Runs `part` until the time (milliseconds since 1970) that `at` says, which may grow meanwhile; then interrupts it and
 * goes on with `late`. Every call runs within one: it costs a fiber less than a race does, and, on the live clock, no
 * sleeping fiber either.
 */
export const untilTime = <A, E, E2>(
  part: Effect.Effect<A, E>,
  at: () => number,
  late: Effect.Effect<A, E2>
): Effect.Effect<A, E | E2> =>
  Effect.withFiber((parent) => {
    const clock = parent.getRef(Clock.Clock)
    return Effect.callback<A, E | E2>((resume) => {
      const fiber = Effect.runForkWith(parent.context)(part)
      const exit = fiber.pollUnsafe()
      if (exit !== undefined) return resume(exit)
      const wait = (): Cancel =>
        sleep(clock, at() - clock.currentTimeMillisUnsafe(), () => {
          if (clock.currentTimeMillisUnsafe() < at()) cancel = wait()
          else resume(Effect.andThen(Fiber.interrupt(fiber), late))
        })
      let cancel = wait()
      fiber.addObserver((exit) => {
        cancel()
        resume(exit)
      })
      return Effect.suspend(() => {
        cancel()
        return Fiber.interrupt(fiber)
      })
    })
  })

/** Runs `part` for at most so many milliseconds. */
export const forAtMost = <E>(millis: number, part: Effect.Effect<void, E>): Effect.Effect<void, E> =>
  withNow((start) => untilTime(part, () => start + millis, Effect.void))

export type Cancel = () => void

/** As long as a timer of JavaScript can be. */
const longest = 2 ** 31 - 1

/**
 * Calls `then` when at least a part of these milliseconds has passed, as a timer cannot be of any length. On the system's
 * clock it is a timer, on any other a fiber that sleeps.
 */
export const sleep = (clock: Clock.Clock, millis: number, then: () => void): Cancel => {
  // whole milliseconds: a sleep of a rest of one can be none at all
  const whole = Math.ceil(millis)
  if (clock !== Context.get(Context.empty(), Clock.Clock)) {
    const fiber = Effect.runFork(Effect.andThen(clock.sleep(Duration.millis(whole)), Effect.sync(then)))
    return () => fiber.interruptUnsafe()
  }
  const timer = setTimeout(then, Math.min(Math.max(0, whole), longest))
  return () => clearTimeout(timer)
}
