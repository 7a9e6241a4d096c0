import { describe, expect, it } from "@effect/vitest"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import { Credential, RequestOptions, RetryPolicy } from "llmfx"
import { type Anthropic, BetaMessages, Completions, Files, Messages, MessagesBatches, Models } from "llmfx/anthropic"
import * as Vertex from "llmfx/anthropic/Vertex"
import { recorded } from "../support/cloudRequests.ts"
import { apiError, failureOf, reasonOf } from "../support/errors.ts"
import { fakeHttp, type Sent } from "../support/FakeHttp.ts"
import { message as cloudMessage } from "../support/message.ts"

const model = "claude-sonnet-5@20260101"
const hi = { model, max_tokens: 16, messages: [{ role: "user" as const, content: "hí" }] }
const countable = { model, messages: hi.messages }
const message = { ...cloudMessage, id: "msg_vrtx_1", input_tokens: 3 }
const credential = {
  get: Effect.succeed(Redacted.make("google-token-1")),
  projectId: "p-1",
  quotaProjectId: "quota-1"
}
const options: Vertex.Options = { region: "us-east5", credential, retry: RetryPolicy.none }

const on = (settings: Vertex.Options, http: ReturnType<typeof fakeHttp>) =>
  Effect.provide(Layer.provide(Vertex.layer(settings), http.layer))

const shape = ({ body, headers, method, url }: Sent) => {
  const { "user-agent": _, ...rest } = headers
  return { method, url, body, headers: rest }
}

const legacy = { model: "claude-2.1", max_tokens_to_sample: 9, prompt: "\n\nHuman: hi\n\nAssistant:" }

describe("Anthropic on Vertex", () => {
  describe("sends what the official client sends", () => {
    const streaming = { ...options, headers: { accept: "application/json" } }
    const cases = [
      ["vertex us-east5 create", options, Messages.create(hi)],
      ["vertex stream", streaming, Messages.stream.raw(hi)],
      ["vertex beta", options, BetaMessages.create({ ...hi, betas: ["a-2025-01-01"], user_profile_id: "p1" })],
      ["vertex count", options, Messages.countTokens(countable)],
      ["vertex global create", { ...options, region: "global" }, Messages.create(hi)],
      ["vertex us create", { ...options, region: "us" }, Messages.create(hi)],
      ["vertex eu create", { ...options, region: "eu" }, Messages.create(hi)]
    ] as const
    for (const [name, settings, call] of cases) {
      it.effect(name, () =>
        Effect.gen(function* () {
          const http = fakeHttp({ body: message })
          yield* on(settings, http)(call as Effect.Effect<unknown, unknown, Anthropic>)
          const [sent] = http.sent
          if (sent === undefined) throw new Error("nothing was sent")
          expect(shape(sent)).toEqual(recorded[name])
        })
      )
    }
  })

  it.effect("keeps a semicolon of a model's name away from the method", () =>
    Effect.gen(function* () {
      const http = fakeHttp({ body: message })
      yield* on(options, http)(Messages.create({ ...hi, model: "m;x/y" }))
      expect(http.sent[0]?.url).toMatch(/\/models\/m%3Bx%2Fy:rawPredict$/)
    })
  )

  it.effect("keeps the path of a gateway", () =>
    Effect.gen(function* () {
      const http = fakeHttp({ body: message })
      yield* on({ ...options, baseUrl: "https://gateway.example/vertex/v1?team=a" }, http)(Messages.create(hi))
      expect(http.sent[0]?.url).toBe(
        `https://gateway.example/vertex/v1/projects/p-1/locations/us-east5/publishers/anthropic/models/${model}:rawPredict?team=a`
      )
    })
  )

  it.effect("streams the events of the vendor", () =>
    Effect.gen(function* () {
      const events = [{ type: "message_start", message: { ...message, content: [] } }, { type: "message_stop" }]
      const parts = events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`)
      const layer = Layer.provide(Vertex.layer(options), fakeHttp({ parts }).layer)
      expect(yield* Stream.runCollect(Stream.provide(Messages.stream(hi), layer))).toEqual(events)
    })
  )

  describe("refuses what Vertex lacks, before sending", () => {
    const cases = [
      ["messages.batches.list", MessagesBatches.list.page()],
      ["models.list", Models.list.page()],
      ["files.list", Files.list.page()],
      ["completions.create", Completions.create(legacy)],
      ["completions.create:stream", Stream.runDrain(Completions.stream(legacy))]
    ] as const
    for (const [id, call] of cases) {
      it.effect(id, () =>
        Effect.gen(function* () {
          const http = fakeHttp({})
          const error = yield* failureOf(on(options, http)(call as Effect.Effect<unknown, unknown, Anthropic>))
          expect(reasonOf(apiError(error), "RequestError").message).toContain(`does not serve ${id}`)
          expect(http.sent).toEqual([])
        })
      )
    }
  })

  it.effect("takes a new token, and goes once more, when the old one is refused", () =>
    Effect.gen(function* () {
      let turn = 0
      const cached = yield* Credential.cached({
        acquire: Effect.sync(() => ({ value: Redacted.make(`google-token-${++turn}`), expiresAt: 3_600_000 }))
      })
      const refusal = { status: 401, body: { error: { code: 401, message: "Expired", status: "UNAUTHENTICATED" } } }
      const http = fakeHttp(refusal, { body: message })
      yield* on({ ...options, projectId: "p-1", credential: cached }, http)(Messages.create(hi))
      expect(http.sent.map(({ headers }) => headers["authorization"])).toEqual([
        "Bearer google-token-1",
        "Bearer google-token-2"
      ])
    })
  )

  it.effect("reads Google's errors, alone and in an array", () =>
    Effect.gen(function* () {
      const body = { error: { code: 429, message: "Quota exceeded for tokens", status: "RESOURCE_EXHAUSTED" } }
      for (const each of [body, [body]]) {
        const http = fakeHttp({ status: 429, body: each })
        const reason = reasonOf(apiError(yield* failureOf(on(options, http)(Messages.create(hi)))), "RateLimitError")
        expect([reason.message, reason.type]).toEqual(["Quota exceeded for tokens", "RESOURCE_EXHAUSTED"])
      }
    })
  )

  it.effect("sends no token to an origin that a call names", () =>
    Effect.gen(function* () {
      const http = fakeHttp({})
      const call = RequestOptions.withOptions(Messages.create(hi), { baseUrl: "https://elsewhere.example" })
      expect(apiError(yield* failureOf(on(options, http)(call))).reason._tag).toBe("RequestError")
      expect(http.sent).toEqual([])
    })
  )

  describe("configuration", () => {
    it.effect("says what is missing or wrong", () =>
      Effect.gen(function* () {
        const problemsOf = (settings: Vertex.Options) =>
          Effect.map(failureOf(on(settings, fakeHttp({}))(Messages.create(hi))), (error) =>
            error._tag === "ConfigurationError" ? error.problems.join("; ") : error.message
          )
        expect(yield* problemsOf({})).toMatch(/no location.*no project.*no credential/)
        expect(yield* problemsOf({ ...options, region: "evil.example/" })).toMatch(/is no location/)
      })
    )

    it.effect("comes from the environment", () =>
      Effect.gen(function* () {
        const env = ConfigProvider.fromUnknown({ CLOUD_ML_REGION: "global", ANTHROPIC_VERTEX_PROJECT_ID: "p-9" })
        const http = fakeHttp({ body: message })
        const token = Effect.succeed(Redacted.make("google-token-9"))
        yield* Messages.create(hi).pipe(
          Effect.provide(Layer.provide(Vertex.layerConfig({ credential: token }), http.layer)),
          Effect.provideService(ConfigProvider.ConfigProvider, env)
        )
        expect(http.sent[0]?.url).toMatch(
          /^https:\/\/aiplatform\.googleapis\.com\/v1\/projects\/p-9\/locations\/global\//
        )
        expect(http.sent[0]?.headers["authorization"]).toBe("Bearer google-token-9")
      })
    )
  })
})
