import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { RetryPolicy } from "llmfx"
import * as Completions from "../../src/anthropic/Completions.ts"
import { apiError, reasonOf, streamFailure } from "../support/errors.ts"
import { fakeHttp } from "../support/FakeHttp.ts"
import { anthropicOver } from "../support/probes.ts"

const input = { model: "claude-2.1", max_tokens_to_sample: 9, prompt: "\n\nHuman: hi\n\nAssistant:" }
const piece = (completion: string, stop_reason: string | null) => ({
  type: "completion",
  id: "compl_1",
  completion,
  stop_reason,
  model: "claude-2.1",
  stop: null
})
const frame = (data: unknown) => `event: completion\ndata: ${JSON.stringify(data)}\n\n`
const ping = 'event: ping\ndata: {"type": "ping"}\n\n'

describe("a legacy completion", () => {
  it.effect("is the answer of POST /v1/complete", () => {
    const http = fakeHttp({ body: piece(" Hello", "stop_sequence") })
    return Effect.gen(function* () {
      const { completion, stop_reason } = yield* Completions.create(input)
      assert.deepStrictEqual([completion, stop_reason], [" Hello", "stop_sequence"])
      assert.strictEqual(http.sent[0]?.url, "http://api.test/v1/complete")
      assert.deepStrictEqual(http.sent[0]?.body, input)
    }).pipe(Effect.provide(anthropicOver(http)))
  })

  it.effect("streams its pieces and ends with the reason, whatever follows", () => {
    const http = fakeHttp({
      parts: [
        ping,
        frame(piece(" Hel", null)),
        ping,
        frame(piece("lo", null)),
        frame(piece("", "max_tokens")),
        "<broken>"
      ]
    })
    return Effect.gen(function* () {
      const pieces = yield* Stream.runCollect(Completions.stream(input))
      assert.strictEqual(pieces.map(({ completion }) => completion).join(""), " Hello")
      assert.strictEqual(pieces.at(-1)?.stop_reason, "max_tokens")
      assert.deepStrictEqual(http.sent[0]?.body, { ...input, stream: true })
    }).pipe(Effect.provide(anthropicOver(http)))
  })

  for (const end of ["", "data: [DONE]\n\n", "<broken>"] as const) {
    it.effect(`is truncated without a reason, at ${JSON.stringify(end)}`, () => {
      const http = fakeHttp({ parts: [frame(piece(" Hel", null)), end] })
      return Effect.gen(function* () {
        const { error } = yield* streamFailure(Completions.stream(input))
        assert.strictEqual(reasonOf(apiError(error), "StreamTruncatedError").partial.text, " Hel")
      }).pipe(Effect.provide(anthropicOver(http, { retry: RetryPolicy.none })))
    })
  }
})
