/**
 * Replays recorded HTTP, so nothing leaves this machine. Run it with `RECORD=1` and `OPENAI_API_KEY` to record the API's
 * responses again.
 */
import { fileURLToPath } from "node:url"
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import { OpenAi } from "llmfx/openai"
import { Cassette } from "llmfx/testing"
import { summarize, summarizeLive } from "./summarize.ts"

const cassette = Cassette.layer({
  path: fileURLToPath(new URL("cassettes/summarize.json", import.meta.url)),
  mode: process.env["RECORD"] === "1" ? "record" : "replay",
  unused: "fail"
})

const openAi = OpenAi.layer({ apiKey: Redacted.make(process.env["OPENAI_API_KEY"] ?? "none") }).pipe(
  Layer.provide(cassette),
  Layer.provide(Layer.merge(FetchHttpClient.layer, NodeFileSystem.layer))
)

describe("summarize, with a recorded model", () => {
  it.live("says the same as a whole and piece by piece", () =>
    Effect.gen(function* () {
      const whole = yield* summarize("The hare slept and the tortoise won.")
      const pieces = yield* Stream.runCollect(summarizeLive("The hare slept and the tortoise won."))
      assert.isAbove(pieces.length, 1)
      assert.strictEqual(pieces.join(""), whole)
    }).pipe(Effect.provide(openAi))
  )
})
