import { describe, expect, it } from "@effect/vitest"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { RequestOptions, RetryPolicy } from "llmfx"
import { type Anthropic, BetaMessages, Messages, MessagesBatches, Models } from "llmfx/anthropic"
import * as Foundry from "llmfx/anthropic/Foundry"
import { recorded } from "../support/cloudRequests.ts"
import { apiError, failureOf, reasonOf } from "../support/errors.ts"
import { fakeHttp, type Sent } from "../support/FakeHttp.ts"
import { message as cloudMessage } from "../support/message.ts"

const model = "us.anthropic.claude-sonnet-5-v1:0"
const hi = { model, max_tokens: 16, messages: [{ role: "user" as const, content: "hí" }] }
const countable = { model, messages: hi.messages }
const message = { ...cloudMessage, input_tokens: 3 }
const options: Foundry.Options = {
  resource: "res",
  apiKey: Redacted.make("foundry-key-1"),
  retry: RetryPolicy.none
}

const on = (settings: Foundry.Options, http: ReturnType<typeof fakeHttp>) =>
  Effect.provide(Layer.provide(Foundry.layer(settings), http.layer))

const shape = ({ body, headers, method, url }: Pick<Sent, "body" | "headers" | "method" | "url">) => {
  // If a function returns its tokens, the official client names the browser. Nothing depends on it.
  const { "user-agent": _, "anthropic-dangerous-direct-browser-access": __, ...rest } = headers
  return { method, url, body, headers: rest }
}

describe("Anthropic on Foundry", () => {
  describe("sends what the official client sends", () => {
    const streaming = { ...options, headers: { accept: "application/json" } }
    const entra: Foundry.Options = { resource: "res", tokenProvider: async () => "entra-1" }
    const cases = [
      ["foundry create", options, Messages.create(hi)],
      ["foundry stream", streaming, Messages.stream.raw(hi)],
      ["foundry count", options, Messages.countTokens(countable)],
      ["foundry beta", options, BetaMessages.create({ ...hi, betas: ["a-2025-01-01"] })],
      ["foundry entra", entra, Messages.create(hi)]
    ] as const
    for (const [name, settings, call] of cases) {
      it.effect(name, () =>
        Effect.gen(function* () {
          const http = fakeHttp({ body: message })
          yield* on(settings, http)(call as Effect.Effect<unknown, unknown, Anthropic>)
          const [sent] = http.sent
          if (sent === undefined) throw new Error("nothing was sent")
          expect(shape(sent)).toEqual(shape(recorded[name]))
        })
      )
    }
  })

  it.effect("refuses batches and models before sending", () =>
    Effect.gen(function* () {
      const http = fakeHttp({})
      for (const call of [MessagesBatches.list.page(), Models.list.page()]) {
        const error = yield* failureOf(on(options, http)(call as Effect.Effect<unknown, unknown, Anthropic>))
        expect(reasonOf(apiError(error), "RequestError").message).toMatch(/Foundry does not serve/)
      }
      expect(http.sent).toEqual([])
    })
  )

  it.effect("asks a TokenCredential for Foundry's scope, and again when the token is refused", () =>
    Effect.gen(function* () {
      const asked: Array<unknown> = []
      const tokenProvider = {
        getToken: async (scopes: string | Array<string>) => {
          asked.push(scopes)
          return { token: `entra-${asked.length}`, expiresOnTimestamp: 3_600_000 }
        }
      }
      const http = fakeHttp({ status: 401, body: { error: { message: "Token expired" } } }, { body: message })
      yield* on({ resource: "res", tokenProvider }, http)(Messages.create(hi))
      expect(asked).toEqual([Foundry.scope, Foundry.scope])
      expect(http.sent.map(({ headers }) => headers["authorization"])).toEqual(["Bearer entra-1", "Bearer entra-2"])
    })
  )

  it.effect("sends no key to an origin that a call names", () =>
    Effect.gen(function* () {
      const http = fakeHttp({})
      const call = RequestOptions.withOptions(Messages.create(hi), { baseUrl: "https://elsewhere.example" })
      expect(apiError(yield* failureOf(on(options, http)(call))).reason._tag).toBe("RequestError")
      expect(http.sent).toEqual([])
    })
  )

  describe("configuration", () => {
    it.effect("says what is missing or contradictory", () =>
      Effect.gen(function* () {
        const problemsOf = (settings: Foundry.Options) =>
          Effect.map(failureOf(on(settings, fakeHttp({}))(Messages.create(hi))), (error) =>
            error._tag === "ConfigurationError" ? error.problems.join("; ") : error.message
          )
        expect(yield* problemsOf({})).toMatch(/no resource.*no credential/)
        expect(yield* problemsOf({ ...options, resource: "evil.example/" })).toMatch(/name of a resource/)
        expect(yield* problemsOf({ ...options, baseUrl: "https://x.example" })).toMatch(/contradict/)
        expect(yield* problemsOf({ ...options, tokenProvider: async () => "t" })).toMatch(/contradict/)
      })
    )

    const env = ConfigProvider.fromUnknown({
      ANTHROPIC_FOUNDRY_API_KEY: "env-key-123456",
      ANTHROPIC_FOUNDRY_RESOURCE: "res"
    })
    const sentWith = (overrides?: Foundry.Options) =>
      Effect.gen(function* () {
        const http = fakeHttp({ body: message })
        yield* Messages.create(hi).pipe(
          Effect.provide(Layer.provide(Foundry.layerConfig(overrides), http.layer)),
          Effect.provideService(ConfigProvider.ConfigProvider, env)
        )
        return http.sent.map(({ headers, url }) => [url, headers["x-api-key"], headers["authorization"]])
      })

    it.effect("comes from the environment", () =>
      Effect.gen(function* () {
        expect(yield* sentWith()).toEqual([
          ["https://res.services.ai.azure.com/anthropic/v1/messages", "env-key-123456", undefined]
        ])
      })
    )

    it.effect("comes from the options if they are set", () =>
      Effect.gen(function* () {
        const options = { baseUrl: "https://gateway.example/a", tokenProvider: async () => "entra-1" }
        expect(yield* sentWith(options)).toEqual([
          ["https://gateway.example/a/v1/messages", undefined, "Bearer entra-1"]
        ])
      })
    )
  })
})
