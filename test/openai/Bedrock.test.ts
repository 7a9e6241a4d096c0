import { describe, expect, it } from "@effect/vitest"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/testing/TestClock"
import { RequestOptions, RetryPolicy } from "llmfx"
import * as AwsCredentials from "llmfx/credentials/AwsCredentials"
import { ChatCompletions, Files, Models, OpenAi } from "llmfx/openai"
import * as Bedrock from "llmfx/openai/Bedrock"
import { endpoints } from "llmfx/openai/endpoints"
import { OpenAI } from "openai"
import { bedrock } from "openai/providers/bedrock"
import { signatureProblem } from "../support/aws.ts"
import { apiError, failureOf, reasonOf } from "../support/errors.ts"
import { fakeHttp } from "../support/FakeHttp.ts"
import { events, json, loopback, type Reply } from "../support/LoopbackServer.ts"
import { completion, completionChunk } from "../support/providers.ts"

const secretKey = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
const keys: AwsCredentials.AccessKeys = {
  accessKeyId: "AKIDEXAMPLE",
  secretAccessKey: Redacted.make(secretKey),
  sessionToken: Redacted.make("session/token+1==")
}
const known = { AKIDEXAMPLE: { secret: secretKey, token: "session/token+1==" } }
const signed: Bedrock.Options = { region: "us-west-2", credentials: keys, retry: RetryPolicy.none }
const hi = { model: "openai.gpt-oss-120b", messages: [{ role: "user" as const, content: "hí" }] }

const on = (options: Bedrock.Options, http: ReturnType<typeof fakeHttp>) =>
  Effect.provide(Layer.provide(Bedrock.layer(options), http.layer))

/** A server that answers only what is signed, and the layer that calls it. */
const server = (reply: Reply, options: Bedrock.Options = signed) =>
  Effect.map(
    loopback((exchange) => {
      const problem = signatureProblem(exchange.request, known, Date.now())
      if (problem === undefined) reply(exchange)
      else json({ message: problem }, { status: 403 })(exchange)
    }),
    ({ url }) => Bedrock.layer({ ...options, baseUrl: `${url}/openai/v1` }).pipe(Layer.provide(FetchHttpClient.layer))
  )

const ofAdministration = Effect.gen(function* () {
  const admin = endpoints.find(({ credential }) => credential === "admin")
  if (admin === undefined) throw new Error("no admin endpoint")
  const client = yield* OpenAi.client
  return yield* client.raw(admin, Object.fromEntries(admin.pathParams.map((name) => [name, "x"])))
})

describe("OpenAI on Bedrock", () => {
  for (const surface of ["mantle", "runtime"] as const) {
    it.effect(`sends what the official client sends with an API key, on the ${surface}`, () =>
      Effect.gen(function* () {
        const sent: Array<{ readonly url: string; readonly authorization: unknown; readonly body: unknown }> = []
        const official = new OpenAI({
          provider: bedrock({ region: "us-west-2", endpoint: surface, apiKey: "bedrock-api-key-1" }),
          fetch: async (input, init) => {
            sent.push({
              url: String(input),
              authorization: new Headers(init?.headers).get("authorization"),
              body: typeof init?.body === "string" ? JSON.parse(init.body) : undefined
            })
            return Response.json(completion("hello"))
          }
        })
        yield* Effect.promise(() => official.chat.completions.create(hi))
        yield* Effect.promise(() => official.models.list())
        const http = fakeHttp({ body: completion("hello") }, { body: { data: [] } })
        const apiKey = Redacted.make("bedrock-api-key-1")
        yield* on(
          { region: "us-west-2", surface, apiKey },
          http
        )(Effect.andThen(ChatCompletions.create(hi), Models.list.page()))
        expect(
          http.sent.map(({ body, headers, url }) => ({ url, authorization: headers["authorization"], body }))
        ).toEqual(sent)
      })
    )

    it.effect(`signs for the ${surface} with the scope of the official client`, () =>
      Effect.gen(function* () {
        yield* TestClock.setTime(Date.UTC(2026, 0, 2, 3, 4, 5))
        const http = fakeHttp({ body: completion("hello") })
        yield* on({ ...signed, surface }, http)(ChatCompletions.create(hi))
        const service = surface === "mantle" ? "bedrock-mantle" : "bedrock"
        const { authorization, ...headers } = http.sent[0]?.headers ?? {}
        expect(authorization).toMatch(
          `AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260102/us-west-2/${service}/aws4_request, SignedHeaders=accept;content-type;host;x-amz-content-sha256;x-amz-date;x-amz-security-token, Signature=`
        )
        expect(headers).toMatchObject({
          "x-amz-date": "20260102T030405Z",
          "x-amz-security-token": "session/token+1=="
        })
      })
    )
  }

  it.live("answers what is signed, with and without a body, and with a query", () =>
    Effect.gen(function* () {
      const layer = yield* server(({ request, ...rest }) =>
        json(request.method === "POST" ? completion("hello") : { data: [], has_more: false })({ request, ...rest })
      )
      const answer = yield* Effect.provide(ChatCompletions.create(hi), layer)
      expect(answer.choices[0]?.message.content).toBe("hello")
      const files = yield* Effect.provide(Files.list.page({ after: "a b+c/d", purpose: "batch" }), layer)
      expect(files.items).toEqual([])
    }).pipe(Effect.scoped)
  )

  it.live("streams", () =>
    Effect.gen(function* () {
      const chunks = [completionChunk("hel", null), completionChunk("lo", "stop")]
      const layer = yield* server(events([...chunks, "[DONE]"]))
      expect(yield* Stream.runCollect(Stream.provide(ChatCompletions.stream(hi), layer))).toEqual(chunks)
    }).pipe(Effect.scoped)
  )

  it.effect("signs again on every attempt", () =>
    Effect.gen(function* () {
      const http = fakeHttp({ status: 503, headers: { "retry-after-ms": "0" }, body: {} }, { body: completion("a") })
      yield* on(
        { region: "us-west-2", credentials: keys },
        http
      )(Effect.andThen(TestClock.setTime(5000), ChatCompletions.create(hi)))
      expect(http.sent).toHaveLength(2)
      for (const { headers } of http.sent) expect(headers["authorization"]).toMatch(/^AWS4-HMAC-SHA256/)
    })
  )

  it.effect("cannot sign a form, and says so before sending", () =>
    Effect.gen(function* () {
      const http = fakeHttp({})
      const file = new File(["{}"], "batch.jsonl")
      const error = yield* failureOf(on(signed, http)(Files.create({ file, purpose: "batch" })))
      expect(reasonOf(apiError(error), "RequestError").message).toMatch(/use a Bedrock API key/)
      expect(http.sent).toEqual([])
    })
  )

  it.effect("replays once with new keys when the old ones have expired", () =>
    Effect.gen(function* () {
      let turn = 0
      const credentials = yield* AwsCredentials.fromProvider(async () => ({
        accessKeyId: `AKID${++turn}`,
        secretAccessKey: secretKey
      }))
      const expired = {
        status: 403,
        headers: { "x-amzn-errortype": "ExpiredTokenException", "x-amzn-requestid": "req-1" },
        body: { message: "The security token included in the request is expired" }
      }
      const http = fakeHttp(expired)
      const error = apiError(yield* failureOf(on({ ...signed, credentials }, http)(ChatCompletions.create(hi))))
      expect(http.sent.map(({ headers }) => /AKID\d/.exec(headers["authorization"] ?? "")?.[0])).toEqual([
        "AKID1",
        "AKID2"
      ])
      expect([error.requestId, reasonOf(error, "PermissionDeniedError").type]).toEqual([
        "req-1",
        "ExpiredTokenException"
      ])
    })
  )

  it.effect.each<readonly [string, Effect.Effect<unknown, unknown, OpenAi>]>([
    ["the administration API", ofAdministration],
    ["another origin", RequestOptions.withOptions(Models.list.page(), { baseUrl: "https://elsewhere.example/v1" })]
  ])("refuses %s before sending", ([, call]) =>
    Effect.gen(function* () {
      const http = fakeHttp({})
      const error = yield* failureOf(on(signed, http)(call))
      expect(apiError(error).reason._tag).toBe("RequestError")
      expect(http.sent).toEqual([])
    })
  )

  it.effect("is configured by the environment", () =>
    Effect.gen(function* () {
      const env = ConfigProvider.fromUnknown({
        AWS_BEARER_TOKEN_BEDROCK: "key-123456",
        AWS_DEFAULT_REGION: "eu-west-1",
        AWS_BEDROCK_BASE_URL: "https://gateway.example/openai/v1"
      })
      const http = fakeHttp({ body: { data: [] } })
      yield* Models.list
        .page()
        .pipe(
          Effect.provide(Layer.provide(Bedrock.layerConfig(), http.layer)),
          Effect.provideService(ConfigProvider.ConfigProvider, env)
        )
      expect([http.sent[0]?.url, http.sent[0]?.headers["authorization"]]).toEqual([
        "https://gateway.example/openai/v1/models",
        "Bearer key-123456"
      ])
    })
  )
})
