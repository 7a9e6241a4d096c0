/** A unit test: the service is a mock, and the test states only what it cares about. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { ChatCompletions, OpenAi } from "llmfx/openai"
import { Failure, Mock } from "llmfx/testing"
import { summarize } from "./summarize.ts"

describe("summarize", () => {
  it.effect("gives what the model says about the text", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* summarize("A long story."), "It is long.")
      const [input] = yield* Mock.calls(ChatCompletions.create)
      assert.deepInclude(input?.messages[1], { role: "user", content: "A long story." })
    }).pipe(
      Effect.provide(
        Mock.layer(OpenAi, [
          Mock.on(ChatCompletions.create, () => Effect.succeed({ choices: [{ message: { content: "It is long." } }] }))
        ])
      )
    )
  )

  it.effect("gives the text itself where the model is overloaded", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* summarize("A long story."), "A long story.")
    }).pipe(
      Effect.provide(Mock.layer(OpenAi, [Mock.on(ChatCompletions.create, () => Effect.fail(Failure.overloaded()))]))
    )
  )
})
