/** A download that is the source of an upload, over the runtime's own `fetch`. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import { FileSource } from "llmfx"
import { Files, OpenAi } from "llmfx/openai"
import { loopback } from "../support/LoopbackServer.ts"

const bytes = "line 1\nline 2\n"

describe("a download", () => {
  it.live("can be uploaded while it comes, with the layer of another server", () =>
    Effect.gen(function* () {
      const source = yield* loopback(({ response }) => response.end(bytes))
      const target = yield* loopback(({ response }) =>
        response.setHeader("content-type", "application/json").end(JSON.stringify({ id: "file_2", object: "file" }))
      )
      const over = (baseUrl: string) =>
        OpenAi.layer({ apiKey: Redacted.make("key"), baseUrl }).pipe(Layer.provide(FetchHttpClient.layer))
      const download = yield* Layer.build(over(source.url))
      const file = FileSource.fromStream(() => Files.content({ file_id: "file_1" }).pipe(Stream.provide(download)), {
        name: "copy.jsonl"
      })
      const { id } = yield* Files.create({ file, purpose: "batch" }).pipe(Effect.provide(over(target.url)))
      assert.strictEqual(id, "file_2")
      assert.strictEqual(source.requests[0]?.url, "/files/file_1/content")
      assert.include(target.requests[0]?.body, 'filename="copy.jsonl"')
      assert.include(target.requests[0]?.body, bytes)
    }).pipe(Effect.scoped)
  )
})
