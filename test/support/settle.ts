import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/testing/TestClock"

const turns = Effect.promise(async () => {
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve))
})

/**
 * Runs a program to its end, a step of the test's clock at a time: for programs whose fibers wait for each other, or for
 * promises, between their sleeps.
 */
export const settleSlowly = <A, E, R>(
  program: Effect.Effect<A, E, R>,
  step: Duration.Input = "10 millis"
): Effect.Effect<A, E, R> =>
  Effect.gen(function* () {
    const fiber = yield* Effect.forkChild(program)
    for (let steps = 0; steps < 1000; steps++) {
      yield* turns
      if (fiber.pollUnsafe() !== undefined) break
      yield* TestClock.adjust(step)
    }
    return yield* Fiber.join(fiber)
  })

/** Lets some milliseconds of the test's clock pass for fibers that wait for each other between their sleeps. */
export const passSlowly = (millis: number): Effect.Effect<void> =>
  Effect.gen(function* () {
    for (let passed = 0; passed < millis; passed += 10) {
      yield* turns
      yield* TestClock.adjust(10)
    }
    yield* turns
  })
