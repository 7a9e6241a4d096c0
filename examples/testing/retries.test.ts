/** Tests retries on a bad network in front of an emulated API, with a virtual clock instead of waiting. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as TestClock from "effect/testing/TestClock"
import type { ConfigurationError } from "llmfx"
import { OpenAi } from "llmfx/openai"
import { Emulator, Faults } from "llmfx/testing"
import { summarize } from "./summarize.ts"

const openAi = (faults: Faults.Faults) =>
  OpenAi.layer({ apiKey: Redacted.make("test"), transformClient: faults.transform }).pipe(
    Layer.provide(Emulator.layer({ replies: ["It is long."] }))
  )

/**
 * Runs a program on a network with the plan's faults. The API starts before the program, which the clock then drives.
 */
const on = <A, E>(
  plan: Faults.Plan,
  program: (report: Faults.Faults["report"]) => Effect.Effect<A, E, OpenAi>
): Effect.Effect<A, E | ConfigurationError.ConfigurationError> =>
  Effect.flatMap(Faults.make(plan), (faults) => Effect.provide(program(faults.report), openAi(faults)))

describe("summarize, on a bad network", () => {
  it.effect("waits as long as the server asks, and no longer", () =>
    on(Faults.inOrder(Faults.rateLimit({ retryAfter: "20 seconds" }), Faults.reset), (report) =>
      Effect.gen(function* () {
        const fiber = yield* Effect.forkChild(summarize("A long story."))
        yield* TestClock.adjust("19 seconds")
        assert.lengthOf(yield* report, 1)
        yield* TestClock.adjust("1 second")
        assert.lengthOf(yield* report, 2)
        yield* TestClock.adjust("1 second")
        assert.strictEqual(yield* Fiber.join(fiber), "It is long.")
      })
    )
  )

  it.effect("gives up after three tries", () =>
    on(Faults.always(Faults.serverError(503)), (report) =>
      Effect.gen(function* () {
        const fiber = yield* Effect.forkChild(Effect.flip(summarize("A long story.")))
        yield* TestClock.adjust("1 minute")
        assert.strictEqual((yield* Fiber.join(fiber)).reason._tag, "ServerError")
        assert.deepStrictEqual(
          (yield* report).map(({ attempt, fault }) => [attempt, fault]),
          [
            [1, "503"],
            [2, "503"],
            [3, "503"]
          ]
        )
      })
    )
  )
})
