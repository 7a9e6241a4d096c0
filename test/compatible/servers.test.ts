import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { RetryPolicy, ToolLoop } from "llmfx"
import * as AudioTranscriptions from "../../src/openai/api/AudioTranscriptions.ts"
import * as ChatCompletions from "../../src/openai/api/ChatCompletions.ts"
import * as Embeddings from "../../src/openai/api/Embeddings.ts"
import * as ChatCompletionStream from "../../src/openai/ChatCompletionStream.ts"
import * as ChatToolLoop from "../../src/openai/ChatToolLoop.ts"
import * as Parse from "../../src/openai/Parse.ts"
import { countedTool } from "../support/countedTool.ts"
import { apiError } from "../support/errors.ts"
import { type FakeHttp, fakeHttp } from "../support/FakeHttp.ts"
import { openAiOver } from "../support/probes.ts"
import { sentBody } from "../support/sent.ts"
import { settleSlowly } from "../support/settle.ts"
import { servers } from "./servers.ts"

const input = { model: "m", messages: [{ role: "user" as const, content: "hi" }] }

const over = (http: FakeHttp) => openAiOver(http, { retry: RetryPolicy.none })

describe.each(servers.map((server) => [server.name, server] as const))("%s", (_, server) => {
  it.effect("answers a chat", () =>
    Effect.gen(function* () {
      const answer = yield* ChatCompletions.create(input)
      assert.strictEqual(ChatCompletions.text(answer), "hello")
      assert.strictEqual(answer.usage?.total_tokens, 3)
    }).pipe(Effect.provide(over(fakeHttp({ body: server.chat }))))
  )

  it.effect("streams a chat", () =>
    Effect.gen(function* () {
      const answer = yield* ChatCompletionStream.streamed(input)
      assert.strictEqual(ChatCompletions.text(yield* settleSlowly(answer.final)), "hello")
    }).pipe(Effect.scoped, Effect.provide(over(fakeHttp(server.stream))))
  )

  it.effect("has its call made once, and gets it back with the result", () => {
    const { add, ran } = countedTool()
    const http = fakeHttp(server.call, server.stream)
    return Effect.gen(function* () {
      const end = yield* settleSlowly(ToolLoop.finished(ChatToolLoop.run(input, [add])))
      assert.deepStrictEqual([end.reason, ran], ["done", [1]])
      assert.strictEqual(ChatCompletions.text(end.answer), "hello")
      const { messages } = sentBody<{ readonly messages: ReadonlyArray<{ readonly [field: string]: unknown }> }>(
        http,
        1
      )
      const [, asked, told] = messages
      const [call] = (asked?.["tool_calls"] ?? []) as ReadonlyArray<{ readonly [field: string]: unknown }>
      assert.strictEqual(told?.["content"], "2")
      assert.strictEqual(call?.["id"], told?.["tool_call_id"])
      assert.deepInclude(call?.["function"], { name: "add", arguments: '{"a":1}' })
      if (server.goesBack !== undefined) assert.deepInclude(asked, server.goesBack)
    }).pipe(Effect.provide(over(http)))
  })

  it.effect("answers with a value of a schema", () =>
    Effect.gen(function* () {
      const { value } = yield* Parse.chatCompletion(input, Schema.Struct({ city: Schema.String }))
      assert.deepStrictEqual(value, { city: "Rome" })
    }).pipe(Effect.provide(over(fakeHttp({ body: server.json }))))
  )

  it.runIf(server.embeddings !== undefined)("embeds texts in their order", () =>
    Effect.runPromise(
      Effect.gen(function* () {
        const { data } = yield* Embeddings.create({ model: "e", input: ["a", "b"] })
        assert.deepStrictEqual(
          data.map(({ embedding }) => embedding),
          [
            [1, 0],
            [0, 1]
          ]
        )
      }).pipe(Effect.provide(over(fakeHttp({ body: server.embeddings }))))
    )
  )

  it.effect("has its errors told by their kind, in its own words", () =>
    Effect.gen(function* () {
      const { reason } = apiError(yield* Effect.flip(ChatCompletions.create(input)))
      assert.strictEqual(reason._tag, server.error.reason)
      assert.include(reason.message, server.error.words)
    }).pipe(Effect.provide(over(fakeHttp(server.error.reply))))
  )
})

describe("a list of parts or an object in place of a text", () => {
  const layer = (body: object) => openAiOver(fakeHttp({ body }), { retry: RetryPolicy.none, decoding: "strict" })
  const answers = servers.filter(({ name }) => name === "Mistral" || name === "Cloudflare")
  it.effect.each(answers.map(({ chat, json, name }) => ({ name, body: name === "Mistral" ? chat : json })))(
    "of $name is refused if decoding is strict",
    ({ body }) =>
      Effect.gen(function* () {
        const asked = { ...input, response_format: { type: "json_object" as const } }
        const { reason } = apiError(yield* Effect.flip(ChatCompletions.create(asked)))
        assert.strictEqual(reason._tag, "DecodeError")
        assert.include(reason.message, "choices[0].message.content")
      }).pipe(Effect.provide(layer(body)))
  )
})

describe("vLLM", () => {
  it.effect("writes the numbers of a transcription as text", () =>
    Effect.gen(function* () {
      const file = new File(["x"], "a.mp3")
      const answer = yield* AudioTranscriptions.create({ file, model: "w", response_format: "verbose_json" })
      assert.deepInclude(answer, { text: "hello", duration: 11 })
    }).pipe(
      Effect.provide(
        over(fakeHttp({ body: { task: "transcribe", language: "en", duration: "11.0", text: "hello", segments: [] } }))
      )
    )
  )
})
