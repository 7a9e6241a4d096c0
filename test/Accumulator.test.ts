import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { RequestOptions } from "llmfx"
import { ChatCompletionStream } from "llmfx/openai"
import { fakeHttp, sse } from "./support/FakeHttp.ts"
import { openAiOver } from "./support/probes.ts"

const chunk = (content: string, finish_reason: string | null = null) => ({
  id: "c",
  object: "chat.completion.chunk",
  created: 1,
  model: "m",
  choices: [{ index: 0, delta: { content }, finish_reason }]
})

describe("a stream with several readers", () => {
  it.effect("is asked for with the options it was opened with, whoever reads it first", () =>
    Effect.gen(function* () {
      const http = fakeHttp({ parts: [sse(chunk("a"), chunk("b", "stop"), "[DONE]")] })
      const text = yield* ChatCompletionStream.streamed({ model: "m", messages: [] }).pipe(
        RequestOptions.withHeaders({ "x-opened": "yes" }),
        Effect.flatMap((answer) =>
          answer.text.pipe(Stream.runCollect, RequestOptions.withHeaders({ "x-read": "yes" }))
        ),
        Effect.provide(openAiOver(http))
      )
      assert.deepStrictEqual(text, ["a", "b"])
      assert.strictEqual(http.sent[0]?.headers["x-opened"], "yes")
      assert.isUndefined(http.sent[0]?.headers["x-read"])
    })
  )
})
