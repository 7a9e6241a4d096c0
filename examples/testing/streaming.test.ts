/** Tests when the parts of a stream arrive, on a virtual clock, and what is left of a broken stream. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/testing/TestClock"
import { ChatCompletions, OpenAi } from "llmfx/openai"
import { Events, Mock, Script } from "llmfx/testing"
import { summarizeLive } from "./summarize.ts"

const answer = Script.forEndpoint(ChatCompletions.stream, Events.chatCompletion("It is a story"))

const serving = (script: Script.Script) =>
  Mock.layerHttp(OpenAi, { apiKey: Redacted.make("test") }, [
    Mock.reply(ChatCompletions.stream, () => Effect.succeed(script))
  ])

describe("summarizeLive", () => {
  it.effect("shows each word as soon as it arrives, however the network cuts the bytes", () =>
    Effect.gen(function* () {
      const shown: Array<string> = []
      const fiber = yield* Effect.forkChild(
        Stream.runForEach(summarizeLive("A long story."), (piece) => Effect.sync(() => shown.push(piece)))
      )
      yield* TestClock.adjust("3 seconds")
      assert.deepStrictEqual(shown, ["It", " is"])
      yield* TestClock.adjust("1 minute")
      yield* Fiber.join(fiber)
      assert.strictEqual(shown.join(""), "It is a story")
    }).pipe(Effect.provide(serving(answer.pipe(Script.pace("1 second"), Script.rechunk({ seed: 1, max: 9 })))))
  )

  it.effect("fails with what had arrived where the connection breaks", () =>
    Effect.gen(function* () {
      const partial = yield* summarizeLive("A long story.").pipe(
        Stream.runDrain,
        Effect.as(""),
        Effect.catchReason("ApiError", "StreamTruncatedError", ({ partial }) => Effect.succeed(partial.text))
      )
      assert.strictEqual(partial, "It is")
    }).pipe(Effect.provide(serving(answer.pipe(Script.takeEvents(3), Script.append(Script.drop())))))
  )
})
