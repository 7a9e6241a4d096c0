import { describe, expect, it } from "@effect/vitest"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import { Credential, RequestOptions, RetryPolicy } from "llmfx"
import { AudioTranscriptions, ChatCompletions, Files, Models, OpenAi, Responses } from "llmfx/openai"
import * as Azure from "llmfx/openai/Azure"
import { endpoints } from "llmfx/openai/endpoints"
import { AzureOpenAI, OpenAI } from "openai"
import { buildRealtimeURL } from "openai/realtime/internal-base"
import { apiError, failureOf, reasonOf, streamFailure } from "../support/errors.ts"
import { fakeHttp } from "../support/FakeHttp.ts"
import { completion } from "../support/providers.ts"

const key = Redacted.make("azure-key-8d1f")
const endpoint = "https://res.openai.azure.com"
const classic = { endpoint, apiVersion: "2024-10-21", apiKey: key }
const hi = [{ role: "user" as const, content: "hi" }]

const on = (options: Azure.Options, http: ReturnType<typeof fakeHttp>) =>
  Effect.provide(Layer.provide(Azure.layer(options), http.layer))

/** Returns what the official client sends for the same endpoint. */
const official = async (
  client: (fetch: typeof globalThis.fetch) => OpenAI,
  method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE",
  path: string,
  body: object | undefined,
  query: Record<string, unknown> = {}
) => {
  const sent: Array<{ readonly url: string; readonly headers: Headers; readonly body: unknown }> = []
  const openai = client(async (input, init) => {
    const text = init?.body
    sent.push({
      url: String(input),
      headers: new Headers(init?.headers),
      body: typeof text === "string" ? JSON.parse(text) : undefined
    })
    return new Response("{}", { headers: { "content-type": "application/json" } })
  })
  await openai.request({
    method: method.toLowerCase() as "get",
    path,
    query,
    ...(body === undefined ? {} : { body })
  })
  const [first] = sent
  if (first === undefined) throw new Error("the official client sent nothing")
  return first
}

const officialClassic = (fetch: typeof globalThis.fetch, deployment?: string) =>
  new AzureOpenAI({
    endpoint,
    apiVersion: "2024-10-21",
    apiKey: "azure-key-8d1f",
    fetch,
    ...(deployment ? { deployment } : {})
  })

const officialV1 = (fetch: typeof globalThis.fetch) =>
  new OpenAI({ baseURL: `${endpoint}/openai/v1/`, apiKey: "azure-key-8d1f", fetch })

/** The order of query parameters means nothing. */
const sortedQuery = (address: string): string => {
  const url = new URL(address)
  url.searchParams.sort()
  return url.href
}

/** Every endpoint but those of the administration API, with an input that fills its path. */
const calls = endpoints
  .filter(({ credential, id }) => credential !== "admin" && !id.startsWith("admin."))
  .map((declared) => ({
    declared,
    path: declared.path.replace(/\{(\w+)\}/g, "$1-1"),
    input: {
      ...Object.fromEntries(declared.pathParams.map((name) => [name, `${name}-1`])),
      ...(declared.body === undefined ? {} : { model: "my model" })
    },
    body: declared.body === undefined ? undefined : { model: "my model", ...declared.fixed },
    query: declared.body === undefined ? { ...declared.fixed } : {}
  }))

describe("Azure", () => {
  describe("every endpoint goes where the official client sends it", () => {
    const cases = [
      ["classic", classic, (fetch: typeof globalThis.fetch) => officialClassic(fetch)],
      [
        "classic with a deployment",
        { ...classic, deployment: "dep/loyment" },
        (fetch: typeof globalThis.fetch) => officialClassic(fetch, "dep/loyment")
      ],
      ["v1", { endpoint, apiKey: key }, officialV1]
    ] as const
    for (const [name, options, client] of cases) {
      it.effect(name, () =>
        Effect.gen(function* () {
          for (const { body, declared, input, path, query } of calls) {
            const http = fakeHttp({ body: {} })
            const ours = Effect.flatMap(OpenAi.client, (openAi) => openAi.raw(declared, input))
            yield* on(options, http)(ours)
            const theirs = yield* Effect.promise(() => official(client, declared.method, path, body, query))
            const [sent] = http.sent
            expect([sent?.method, sortedQuery(sent?.url ?? "")], declared.id).toEqual([
              declared.method,
              sortedQuery(theirs.url)
            ])
          }
        })
      )
    }
  })

  it("covers all kinds of endpoints", () => {
    expect(calls.length).toBeGreaterThan(150)
    expect(new Set(calls.map(({ declared }) => declared.kind))).toContain("binary")
  })

  it.effect("sends the same key and body as the official client", () =>
    Effect.gen(function* () {
      const http = fakeHttp({ body: completion("hello") })
      yield* on(classic, http)(ChatCompletions.create({ model: "gpt", messages: hi }))
      const theirs = yield* Effect.promise(() =>
        official(officialClassic, "POST", "/chat/completions", { model: "gpt", messages: hi })
      )
      expect(http.sent[0]?.headers["api-key"]).toBe(theirs.headers.get("api-key"))
      expect(http.sent[0]?.headers["authorization"]).toBeUndefined()
      expect(theirs.headers.get("authorization")).toBeNull()
      expect(http.sent[0]?.body).toEqual(theirs.body)
    })
  )

  it.effect("finds the model of a form", () =>
    Effect.gen(function* () {
      const http = fakeHttp({ body: { text: "hi" } })
      const file = new File(["x"], "a.wav")
      yield* on(classic, http)(AudioTranscriptions.create({ model: "whisper", file }))
      expect(http.sent[0]?.url).toBe(
        `${endpoint}/openai/deployments/whisper/audio/transcriptions?api-version=2024-10-21`
      )
    })
  )

  it.effect("keeps a path that already names a deployment", () =>
    Effect.gen(function* () {
      const http = fakeHttp({ body: completion("hello") })
      const baseUrl = "https://gateway.example/openai/deployments/d1"
      yield* on(
        { apiKey: key, apiVersion: "2024-10-21", baseUrl },
        http
      )(ChatCompletions.create({ model: "gpt", messages: hi }))
      expect(http.sent[0]?.url).toBe(`${baseUrl}/chat/completions?api-version=2024-10-21`)
    })
  )

  it.effect.each([
    ["an endpoint that is written with its path", { endpoint: `${endpoint}/openai/v1/` }],
    ["a resource", { resource: "res" }]
  ] as const)("takes %s", ([, options]) =>
    Effect.gen(function* () {
      const http = fakeHttp({ body: { data: [] } })
      yield* on({ ...options, apiKey: key, apiVersion: "preview" }, http)(Models.list.page())
      expect(http.sent[0]?.url).toBe(`${endpoint}/openai/v1/models?api-version=preview`)
    })
  )

  it.effect("lets a call choose its own version", () =>
    Effect.gen(function* () {
      const http = fakeHttp({ body: { data: [] } })
      yield* on(classic, http)(RequestOptions.withQuery(Files.list.page(), { "api-version": "2025-04-01-preview" }))
      expect(http.sent[0]?.url).toBe(`${endpoint}/openai/files?api-version=2025-04-01-preview`)
    })
  )

  it("builds the realtime addresses of the official client", () => {
    const client = officialClassic(globalThis.fetch)
    const targets = [
      [{ model: "gpt realtime" }, { model: "gpt realtime" }],
      [{ call_id: "c1" }, { callID: "c1" }],
      [{ intent: "transcription" }, { intent: "transcription" }]
    ] as const
    for (const [ours, theirs] of targets) {
      const expected = buildRealtimeURL(client, theirs).href
      expect(Azure.realtimeUrl(classic, ours).href).toBe(expected)
      expect(Azure.realtimeUrl({ endpoint, apiKey: key }, ours).href).toBe(expected)
    }
  })

  it.effect("refuses the administration API before sending", () =>
    Effect.gen(function* () {
      const http = fakeHttp({})
      const admin = endpoints.find(({ credential }) => credential === "admin")
      if (admin === undefined) throw new Error("no admin endpoint")
      const input = Object.fromEntries(admin.pathParams.map((name) => [name, "x"]))
      const error = yield* failureOf(
        on(classic, http)(Effect.flatMap(OpenAi.client, (openAi) => openAi.raw(admin, input)))
      )
      expect(reasonOf(apiError(error), "RequestError").message).toContain(admin.id)
      expect(http.sent).toEqual([])
    })
  )

  it.effect("sends no credential to an origin that a call names", () =>
    Effect.gen(function* () {
      const http = fakeHttp({})
      const call = RequestOptions.withOptions(Models.list.page(), { baseUrl: "https://elsewhere.example/openai" })
      const error = yield* failureOf(on(classic, http)(call))
      expect(reasonOf(apiError(error), "RequestError").message).toContain(endpoint)
      expect(http.sent).toEqual([])
    })
  )

  it.effect("does not fall back to a model that cannot be a path segment", () =>
    Effect.gen(function* () {
      const http = fakeHttp({})
      const error = yield* failureOf(on(classic, http)(ChatCompletions.create({ model: "..", messages: hi })))
      expect(apiError(error).reason._tag).toBe("RequestError")
      expect(http.sent).toEqual([])
    })
  )

  describe("tokens of Entra", () => {
    it.effect("asks a function on every attempt", () =>
      Effect.gen(function* () {
        let turn = 0
        const again = { status: 503, headers: { "retry-after-ms": "0" }, body: {} }
        const http = fakeHttp(again, { body: completion("hello") })
        yield* on(
          { endpoint, tokenProvider: async () => `token-${++turn}-abcdef` },
          http
        )(ChatCompletions.create({ model: "gpt", messages: hi }))
        expect(http.sent.map(({ headers }) => headers["authorization"])).toEqual([
          "Bearer token-1-abcdef",
          "Bearer token-2-abcdef"
        ])
        expect(http.sent[0]?.headers["api-key"]).toBeUndefined()
      })
    )

    it.effect("asks a TokenCredential for the scope, keeps the token, and asks again when it is refused", () =>
      Effect.gen(function* () {
        const asked: Array<unknown> = []
        const tokenProvider = {
          getToken: async (scopes: string | Array<string>) => {
            asked.push(scopes)
            return { token: `token-${asked.length}-abcdef`, expiresOnTimestamp: 3_600_000 }
          }
        }
        const http = fakeHttp(
          { body: completion("hello") },
          { body: completion("hello") },
          { status: 401, body: { error: { code: "401", message: "The token is no longer valid" } } },
          { body: completion("again") }
        )
        const chat = ChatCompletions.create({ model: "gpt", messages: hi })
        const answer = yield* on({ endpoint, tokenProvider }, http)(Effect.andThen(chat, Effect.andThen(chat, chat)))
        expect(answer.choices[0]?.message.content).toBe("again")
        expect(asked).toEqual([Azure.scope, Azure.scope])
        expect(http.sent.map(({ headers }) => headers["authorization"])).toEqual([
          "Bearer token-1-abcdef",
          "Bearer token-1-abcdef",
          "Bearer token-1-abcdef",
          "Bearer token-2-abcdef"
        ])
      })
    )

    it.effect("fails with AuthenticationError when there is no token", () =>
      Effect.gen(function* () {
        const http = fakeHttp({})
        const providers = [
          () => Promise.reject(new Error("no identity on this machine")),
          { getToken: async () => null },
          Effect.fail(new Credential.CredentialError({ message: "no identity on this machine" }))
        ]
        for (const tokenProvider of providers) {
          const error = yield* failureOf(on({ endpoint, tokenProvider }, http)(Models.list.page()))
          expect(reasonOf(apiError(error), "AuthenticationError").message).toMatch(/no identity|no token/)
        }
        expect(http.sent).toEqual([])
      })
    )
  })

  describe("errors", () => {
    it.effect("a content filter is a ContentPolicyError", () =>
      Effect.gen(function* () {
        const body = {
          error: {
            message: "The response was filtered due to the prompt triggering Azure OpenAI's policy",
            type: null,
            param: "prompt",
            code: "content_filter",
            status: 400,
            innererror: { code: "ResponsibleAIPolicyViolation" }
          }
        }
        const error = yield* failureOf(
          on(classic, fakeHttp({ status: 400, body }))(ChatCompletions.create({ model: "gpt", messages: hi }))
        )
        const reason = reasonOf(apiError(error), "ContentPolicyError")
        expect([reason.code, reason.param]).toEqual(["content_filter", "prompt"])
      })
    )

    it.effect("an error in a successful response is one", () =>
      Effect.gen(function* () {
        const body = { error: { code: "too_many_requests", message: "Slow down" } }
        const error = yield* failureOf(
          on(
            { ...classic, retry: RetryPolicy.none },
            fakeHttp({ body })
          )(ChatCompletions.create({ model: "gpt", messages: hi }))
        )
        expect(reasonOf(apiError(error), "RateLimitError").message).toBe("Slow down")
      })
    )

    it.effect("an error in a stream is one", () =>
      Effect.gen(function* () {
        const parts = [`data: ${JSON.stringify({ error: { code: "content_filter", message: "Filtered" } })}\n\n`]
        const http = fakeHttp({ parts })
        const stream = ChatCompletions.stream({ model: "gpt", messages: hi })
        const { error } = yield* streamFailure(
          Stream.provide(stream, Layer.provide(Azure.layer({ ...classic, retry: RetryPolicy.none }), http.layer))
        )
        expect(apiError(error).reason._tag).toBe("ContentPolicyError")
      })
    )

    it.effect("the gateway's own errors have their message and id", () =>
      Effect.gen(function* () {
        const reply = {
          status: 401,
          headers: { "apim-request-id": "apim-1" },
          body: { statusCode: 401, message: "Access denied due to missing subscription key." }
        }
        const error = apiError(yield* failureOf(on(classic, fakeHttp(reply))(Responses.retrieve({ response_id: "r" }))))
        expect(reasonOf(error, "AuthenticationError").message).toMatch(/^Access denied/)
        expect(error.requestId).toBe("apim-1")
      })
    )

    const refusal = Effect.suspend(() => {
      const http = fakeHttp({ status: 400, body: { error: { message: "bad key azure-key-8d1f" } } })
      return Effect.map(failureOf(on(classic, http)(ChatCompletions.create({ model: "gpt", messages: hi }))), apiError)
    })

    it.effect("no error holds the key", () =>
      Effect.gen(function* () {
        const error = yield* refusal
        expect(JSON.stringify(error) + error.message + error.toCurl()).not.toContain("azure-key-8d1f")
      })
    )

    it.effect("the version stays readable in an error", () =>
      Effect.gen(function* () {
        expect((yield* refusal).request?.url).toContain("api-version=2024-10-21")
      })
    )
  })

  describe("configuration", () => {
    const problemsOf = (options: Azure.Options) =>
      Effect.map(failureOf(on(options, fakeHttp({}))(Models.list.page())), (error) =>
        error._tag === "ConfigurationError" ? error.problems.join("; ") : error.message
      )

    it.effect("says what is missing or contradictory", () =>
      Effect.gen(function* () {
        expect(yield* problemsOf({})).toMatch(/no endpoint.*no credential/)
        expect(yield* problemsOf({ endpoint, resource: "res", apiKey: key })).toMatch(/contradict/)
        expect(yield* problemsOf({ endpoint: "res.openai", apiKey: key })).toMatch(/not a valid URL/)
        expect(yield* problemsOf({ resource: "evil.example/", apiKey: key })).toMatch(/name of a resource/)
        expect(yield* problemsOf({ endpoint, apiKey: key, tokenProvider: async () => "t" })).toMatch(/contradict/)
        expect(yield* problemsOf({ endpoint, apiKey: key, deployment: "d" })).toMatch(/classic surface/)
      })
    )

    const env = ConfigProvider.fromUnknown({
      AZURE_OPENAI_API_KEY: "env-key-123456",
      AZURE_OPENAI_ENDPOINT: endpoint,
      OPENAI_API_VERSION: "2024-10-21"
    })
    const sentWith = (overrides?: Azure.Options) =>
      Effect.gen(function* () {
        const http = fakeHttp({ body: { data: [] } })
        yield* Models.list
          .page()
          .pipe(
            Effect.provide(Layer.provide(Azure.layerConfig(overrides), http.layer)),
            Effect.provideService(ConfigProvider.ConfigProvider, env)
          )
        return http.sent.map(({ headers, url }) => [url, headers["api-key"], headers["authorization"]])
      })

    it.effect("comes from the environment", () =>
      Effect.gen(function* () {
        expect(yield* sentWith()).toEqual([
          [`${endpoint}/openai/models?api-version=2024-10-21`, "env-key-123456", undefined]
        ])
      })
    )

    it.effect("comes from the options if they are set", () =>
      Effect.gen(function* () {
        const options = { resource: "other", apiVersion: "v1", tokenProvider: async () => "entra-token-1" }
        expect(yield* sentWith(options)).toEqual([
          ["https://other.openai.azure.com/openai/v1/models", undefined, "Bearer entra-token-1"]
        ])
      })
    )
  })
})
