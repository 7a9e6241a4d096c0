import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { type ApiError, FileSource } from "llmfx"
import { Anthropic } from "llmfx/anthropic"
import { Coze } from "llmfx/coze"
import { OpenAi } from "llmfx/openai"
import { expectTypeOf } from "vitest"
import { failureOf, reasonOf } from "./support/errors.ts"
import { fakeHttp } from "./support/FakeHttp.ts"
import { anthropicOver, cozeOver, key, openAiOver, Probe } from "./support/probes.ts"

describe("request", () => {
  it.effect("sends path, query, headers and JSON with the service's credential", () =>
    Effect.gen(function* () {
      const http = fakeHttp({ body: { any: ["thing"] } })
      const answer = yield* OpenAi.request({
        method: "POST",
        path: "/new/{id}/things",
        params: { id: "a b" },
        query: { limit: 2 },
        headers: { "openai-beta": "new=v1" },
        body: { id: null, list: [1] }
      }).pipe(Effect.provide(openAiOver(http)))
      assert.deepStrictEqual(answer, { any: ["thing"] })
      const [sent] = http.sent
      assert.strictEqual(sent?.url, "http://api.test/new/a%20b/things?limit=2")
      assert.deepStrictEqual(sent?.body, { id: null, list: [1] })
      assert.strictEqual(sent?.headers["authorization"], `Bearer ${key}`)
      assert.strictEqual(sent?.headers["openai-beta"], "new=v1")
    })
  )

  it.effect("decodes the answer by a schema", () =>
    Effect.gen(function* () {
      const request = OpenAi.request({ method: "GET", path: "probe", success: Probe })
      expectTypeOf(request).toEqualTypeOf<Effect.Effect<Probe, ApiError.ApiError, OpenAi>>()
      const http = fakeHttp({ body: { ok: true } }, { body: { ok: 1 } })
      const layer = openAiOver(http)
      assert.isTrue((yield* Effect.provide(request, layer)).ok)
      const error = yield* failureOf(Effect.provide(request, layer))
      reasonOf(error, "DecodeError")
      assert.include(error.message, "openai GET probe failed")
    })
  )

  it.effect("gives nothing if the answer is empty", () =>
    Effect.gen(function* () {
      const http = fakeHttp({ status: 204 })
      const answer = yield* OpenAi.request({ method: "DELETE", path: "/things/1" }).pipe(
        Effect.provide(openAiOver(http))
      )
      assert.isUndefined(answer)
    })
  )

  it.effect("retries and fails as endpoints do", () =>
    Effect.gen(function* () {
      const http = fakeHttp({ status: 404, body: { error: { message: "no", code: "gone" } } })
      const error = yield* failureOf(
        Anthropic.request({ method: "GET", path: "/v1/nothing" }).pipe(Effect.provide(anthropicOver(http)))
      )
      reasonOf(error, "NotFoundError")
    })
  )

  it.effect("unwraps the envelope of Coze", () =>
    Effect.gen(function* () {
      const http = fakeHttp({ body: { code: 0, msg: "", data: { id: "1" } } })
      const answer = yield* Coze.request({ method: "GET", path: "/v1/new" }).pipe(Effect.provide(cozeOver(http)))
      assert.deepStrictEqual(answer, { id: "1" })
    })
  )

  it.effect("sends a body that is not an object", () =>
    Effect.gen(function* () {
      const http = fakeHttp({ body: {} })
      const call = OpenAi.request({ method: "POST", path: "/list", body: [1, 2] })
      yield* Effect.provide(call, openAiOver(http))
      assert.deepStrictEqual(http.sent[0]?.body, [1, 2])
    })
  )

  it.effect("sends a file as a form", () =>
    Effect.gen(function* () {
      const http = fakeHttp({ body: {} })
      const file = FileSource.fromBytes(new Uint8Array([1]), { name: "a.bin" })
      const call = OpenAi.request({ method: "POST", path: "/files", body: { file, purpose: "x" } })
      yield* Effect.provide(call, openAiOver(http))
      assert.strictEqual(http.sent[0]?.request.body._tag, "FormData")
    })
  )

  it.effect("uses the admin key if told to", () =>
    Effect.gen(function* () {
      const http = fakeHttp({ body: {} })
      const layer = openAiOver(http, { adminApiKey: Redacted.make("admin-key-1") })
      yield* OpenAi.request({ method: "GET", path: "/organization/new", credential: "admin" }).pipe(
        Effect.provide(layer)
      )
      assert.strictEqual(http.sent[0]?.headers["authorization"], "Bearer admin-key-1")
    })
  )

  it.effect("refuses a path parameter that is missing", () =>
    Effect.gen(function* () {
      const http = fakeHttp({ body: {} })
      const error = yield* failureOf(
        OpenAi.request({ method: "GET", path: "/things/{id}" }).pipe(Effect.provide(openAiOver(http)))
      )
      reasonOf(error, "RequestError")
      assert.isEmpty(http.sent)
    })
  )
})
