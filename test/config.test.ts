import { assert, describe, it } from "@effect/vitest"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import type * as HttpClient from "effect/http/HttpClient"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Redacted from "effect/Redacted"
import * as References from "effect/References"
import { Anthropic } from "../src/anthropic/Anthropic.ts"
import type { ConfigurationError } from "../src/ConfigurationError.ts"
import { Coze } from "../src/coze/Coze.ts"
import type * as Endpoint from "../src/Endpoint.ts"
import * as Models from "../src/openai/api/Models.ts"
import { OpenAi } from "../src/openai/OpenAi.ts"
import type * as RequestOptions from "../src/RequestOptions.ts"
import { apiError, reasonOf } from "./support/errors.ts"
import { type FakeHttp, fakeHttp } from "./support/FakeHttp.ts"
import { probesOf } from "./support/probes.ts"

type Environment = { readonly [name: string]: string }

const provider = (environment: Environment) =>
  Layer.succeed(ConfigProvider.ConfigProvider, ConfigProvider.fromUnknown(environment))

/** Returns the problems of a layer in an environment. */
const problemsOf = <R>(
  layer: Layer.Layer<R, ConfigurationError, HttpClient.HttpClient>,
  environment: Environment = {}
) =>
  Effect.flip(Effect.scoped(Layer.build(layer.pipe(Layer.provide([fakeHttp({}).layer, provider(environment)]))))).pipe(
    Effect.provide(provider(environment))
  )

/** The request that a layer in an environment sends. */
const sentBy = <R>(
  service: Endpoint.Service<R>,
  layer: Layer.Layer<R, ConfigurationError, HttpClient.HttpClient>,
  environment: Environment = {}
) =>
  Effect.gen(function* () {
    const http: FakeHttp = fakeHttp({ body: { code: 0, ok: true, data: { ok: true } } })
    yield* probesOf(service)
      .get({})
      .pipe(Effect.provide(layer.pipe(Layer.provide(http.layer))), Effect.provide(provider(environment)))
    const [sent] = http.sent
    if (sent === undefined) throw new Error("nothing was sent")
    return sent
  })

const secret = Redacted.make("key-from-options")

describe("OpenAI", () => {
  it.effect("is configured by its variables", () =>
    Effect.gen(function* () {
      const { headers, url } = yield* sentBy(OpenAi, OpenAi.layerConfig(), {
        OPENAI_API_KEY: "k1",
        OPENAI_ORG_ID: "org",
        OPENAI_PROJECT_ID: "proj",
        OPENAI_BASE_URL: "http://gateway.test/v1",
        OPENAI_CUSTOM_HEADERS: "X-One: 1\nx-two : a: b \nnonsense\n"
      })
      assert.strictEqual(url, "http://gateway.test/v1/probe")
      assert.strictEqual(headers["authorization"], "Bearer k1")
      assert.strictEqual(headers["openai-organization"], "org")
      assert.strictEqual(headers["openai-project"], "proj")
      assert.strictEqual(headers["x-one"], "1")
      assert.strictEqual(headers["x-two"], "a: b")
    })
  )

  it.effect("options that are not undefined win over variables", () =>
    Effect.gen(function* () {
      const { headers, url } = yield* sentBy(
        OpenAi,
        OpenAi.layerConfig({ apiKey: secret, baseUrl: undefined, organization: "mine" }),
        { OPENAI_API_KEY: "k1", OPENAI_BASE_URL: "http://gateway.test", OPENAI_ORG_ID: "theirs" }
      )
      assert.strictEqual(url, "http://gateway.test/probe")
      assert.strictEqual(headers["authorization"], "Bearer key-from-options")
      assert.strictEqual(headers["openai-organization"], "mine")
    })
  )

  it.effect("goes to the official URL, or to that of a region", () =>
    Effect.gen(function* () {
      assert.strictEqual(
        (yield* sentBy(OpenAi, OpenAi.layer({ apiKey: secret }))).url,
        "https://api.openai.com/v1/probe"
      )
      const eu = OpenAi.layer({ apiKey: secret, dataResidency: "eu" })
      assert.strictEqual((yield* sentBy(OpenAi, eu)).url, "https://eu.api.openai.com/v1/probe")
    })
  )

  it.effect("layer reads no variables", () =>
    Effect.gen(function* () {
      const error = yield* problemsOf(OpenAi.layer({}), { OPENAI_API_KEY: "k1" })
      assert.strictEqual(error.problems.length, 1)
    })
  )

  it.effect("a missing key names its variables", () =>
    Effect.gen(function* () {
      const error = yield* problemsOf(OpenAi.layerConfig())
      assert.strictEqual(error._tag, "ConfigurationError")
      assert.strictEqual(error.provider, "openai")
      assert.include(error.message, "OPENAI_API_KEY")
      assert.include(error.message, "OPENAI_ADMIN_KEY")
    })
  )

  it.effect("an empty variable is a missing one", () =>
    Effect.gen(function* () {
      assert.include((yield* problemsOf(OpenAi.layerConfig(), { OPENAI_API_KEY: " " })).message, "OPENAI_API_KEY")
    })
  )

  it.effect("lists every problem at once", () =>
    Effect.gen(function* () {
      const layer = OpenAi.layer({ baseUrl: "ftp://user:pw@host", dataResidency: "eu" })
      const { message, problems } = yield* problemsOf(layer)
      assert.strictEqual(problems.length, 4)
      for (const part of ["OPENAI_API_KEY", "dataResidency", "OPENAI_BASE_URL", "password", "http or https"]) {
        assert.include(message, part)
      }
      assert.strictEqual(message.split("\n").length, 5)
    })
  )

  it.effect("a base URL that is none is told without showing it", () =>
    Effect.gen(function* () {
      const { message } = yield* problemsOf(OpenAi.layerConfig(), {
        OPENAI_API_KEY: "k1",
        OPENAI_BASE_URL: "gateway k2"
      })
      assert.include(message, "OPENAI_BASE_URL")
      assert.notInclude(message, "k2")
      assert.notInclude(message, "k1")
    })
  )

  it.effect("a region in the options wins over a base URL in the environment", () =>
    Effect.gen(function* () {
      const layer = OpenAi.layerConfig({ dataResidency: "us" })
      const { url } = yield* sentBy(OpenAi, layer, { OPENAI_API_KEY: "k", OPENAI_BASE_URL: "http://gateway.test" })
      assert.strictEqual(url, "https://us.api.openai.com/v1/probe")
    })
  )
})

describe("Anthropic", () => {
  it.effect("is configured by its variables", () =>
    Effect.gen(function* () {
      const { headers, url } = yield* sentBy(Anthropic, Anthropic.layerConfig(), {
        ANTHROPIC_API_KEY: "k1",
        ANTHROPIC_BASE_URL: "http://gateway.test",
        ANTHROPIC_CUSTOM_HEADERS: "x-one: 1"
      })
      assert.strictEqual(url, "http://gateway.test/probe")
      assert.strictEqual(headers["authorization"], "Bearer k1")
      assert.strictEqual(headers["anthropic-version"], "2026-10-21")
      assert.strictEqual(headers["x-one"], "1")
    })
  )

  it.effect("takes a token in place of a key", () =>
    Effect.gen(function* () {
      const { headers } = yield* sentBy(Anthropic, Anthropic.layerConfig(), { ANTHROPIC_AUTH_TOKEN: "t1" })
      assert.strictEqual(headers["authorization"], "Bearer t1")
    })
  )

  it.effect("a key and a token contradict each other, and both variables are named", () =>
    Effect.gen(function* () {
      const { message } = yield* problemsOf(Anthropic.layerConfig(), {
        ANTHROPIC_API_KEY: "k1",
        ANTHROPIC_AUTH_TOKEN: "t1",
        ANTHROPIC_BASE_URL: "nonsense"
      })
      for (const part of ["ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "contradict", "ANTHROPIC_BASE_URL"]) {
        assert.include(message, part)
      }
    })
  )

  it.effect("a key in the options wins over a token in the environment", () =>
    Effect.gen(function* () {
      const { headers } = yield* sentBy(Anthropic, Anthropic.layerConfig({ apiKey: secret }), {
        ANTHROPIC_AUTH_TOKEN: "t1"
      })
      assert.strictEqual(headers["authorization"], "Bearer key-from-options")
    })
  )

  it.effect("a missing key names its variables", () =>
    Effect.gen(function* () {
      const { message } = yield* problemsOf(Anthropic.layerConfig())
      assert.include(message, "ANTHROPIC_API_KEY")
      assert.include(message, "ANTHROPIC_AUTH_TOKEN")
    })
  )
})

describe("Coze", () => {
  for (const [platform, url] of [
    ["com", "https://api.coze.com/probe"],
    ["cn", "https://api.coze.cn/probe"]
  ] as const) {
    it.effect(`is configured by its variables for the platform ${platform}`, () =>
      Effect.gen(function* () {
        const sent = yield* sentBy(Coze, Coze.layerConfig(), { COZE_API_TOKEN: "t1", COZE_PLATFORM: platform })
        assert.strictEqual(sent.url, url)
        assert.strictEqual(sent.headers["authorization"], "Bearer t1")
      })
    )
  }

  it.effect("a platform in the options wins over a base URL in the environment", () =>
    Effect.gen(function* () {
      const layer = Coze.layerConfig({ platform: "cn" })
      const sent = yield* sentBy(Coze, layer, { COZE_API_TOKEN: "t1", COZE_API_BASE: "http://gateway.test" })
      assert.strictEqual(sent.url, "https://api.coze.cn/probe")
    })
  )

  it.effect("needs a token and a platform, and names the variables of both", () =>
    Effect.gen(function* () {
      const { message, problems } = yield* problemsOf(Coze.layerConfig())
      assert.strictEqual(problems.length, 2)
      for (const part of ["COZE_API_TOKEN", "COZE_PLATFORM", "COZE_API_BASE"]) assert.include(message, part)
    })
  )

  it.effect("refuses another platform", () =>
    Effect.gen(function* () {
      const { message } = yield* problemsOf(Coze.layerConfig(), { COZE_API_TOKEN: "t1", COZE_PLATFORM: "eu" })
      assert.include(message, `COZE_PLATFORM (platform) must be "com" or "cn"`)
    })
  )

  it.effect("a platform and a base URL contradict each other", () =>
    Effect.gen(function* () {
      const { message } = yield* problemsOf(Coze.layer({ token: secret, platform: "com", baseUrl: "http://h" }))
      assert.include(message, "contradict")
    })
  )
})

describe("options of a wrong type", () => {
  const wrong = (options: object) =>
    problemsOf(OpenAi.layer({ apiKey: secret, ...options } as unknown as Parameters<typeof OpenAi.layer>[0]))

  for (const [name, options] of [
    ["retry", { retry: 5 }],
    ["timeouts.headers", { timeouts: { headers: "1 sec" } }],
    ["timeouts.idle", { timeouts: { idle: Number.NaN } }],
    ["timeouts", { timeouts: "1 second" }],
    ["headers.x-a", { headers: { "x-a": 1 } }],
    ["middleware", { middleware: [{}] }],
    ["decoding", { decoding: "loose" }]
  ] as const) {
    it.effect(`are named: ${name}`, () =>
      Effect.gen(function* () {
        const { problems } = yield* wrong(options)
        assert.isTrue(problems.some((problem) => problem.startsWith(`${name} is `)))
      })
    )
  }

  it.effect("are named with what to do, and without the secret", () =>
    Effect.gen(function* () {
      const error = yield* wrong({ apiKey: "sk-bare-text" })
      assert.include(error.message, "apiKey is plain text; it has to be a secret in Redacted.make(…)")
      assert.notInclude(JSON.stringify(error) + error.message, "sk-bare-text")
    })
  )

  it.effect("are named by a single call, which is not sent", () =>
    Effect.gen(function* () {
      const http = fakeHttp({})
      const call = Models.retrieve({ model: "m" }, { retry: 5 } as unknown as RequestOptions.RequestOptions)
      const error = yield* Effect.flip(
        Effect.provide(call, Layer.provide(OpenAi.layer({ apiKey: secret }), http.layer))
      )
      assert.include(reasonOf(apiError(error), "RequestError").message, "retry is a number")
      assert.strictEqual(http.sent.length, 0)
    })
  )
})

describe("LLMFX_DEBUG", () => {
  for (const [value, expected] of [
    ["1", 2],
    ["true", 2],
    ["100", 3],
    ["0", 0],
    ["false", 0]
  ] as const) {
    it.effect(`${value} leads to ${expected} lines`, () =>
      Effect.gen(function* () {
        let lines = 0
        const logger = Logger.make(() => {
          lines++
        })
        yield* sentBy(OpenAi, OpenAi.layerConfig(), { OPENAI_API_KEY: "k", LLMFX_DEBUG: value }).pipe(
          Effect.provide(Logger.layer([logger])),
          Effect.provideService(References.MinimumLogLevel, "Debug")
        )
        assert.strictEqual(lines, expected)
      })
    )
  }
})
