import { describe, expect, it } from "@effect/vitest"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { RequestOptions, RetryPolicy } from "llmfx"
import { Models, Responses } from "llmfx/openai"
import * as Vertex from "llmfx/openai/Vertex"
import { OpenAI } from "openai"
import { vertex } from "openai/providers/vertex"
import { apiError, failureOf } from "../support/errors.ts"
import { fakeHttp } from "../support/FakeHttp.ts"

const hi = { model: "gpt-oss-120b-maas", input: "hí" }
const response = {
  id: "resp_1",
  object: "response",
  created_at: 1,
  model: "m",
  output: [],
  status: "completed",
  tool_choice: "auto",
  tools: []
}
const credential = Effect.succeed(Redacted.make("google-token-1"))

const on = (options: Vertex.Options, http: ReturnType<typeof fakeHttp>) =>
  Effect.provide(Layer.provide(Vertex.layer({ retry: RetryPolicy.none, ...options }), http.layer))

describe("OpenAI on Vertex", () => {
  for (const location of ["us-central1", "global"]) {
    it.effect(`sends what the official client sends: ${location}`, () =>
      Effect.gen(function* () {
        const sent: Array<unknown> = []
        const official = new OpenAI({
          provider: vertex({ project: "example.com:p-1", location, tokenProvider: () => "google-token-1" }),
          fetch: async (input, init) => {
            sent.push({
              url: String(input),
              authorization: new Headers(init?.headers).get("authorization"),
              body: typeof init?.body === "string" ? JSON.parse(init.body) : undefined
            })
            return Response.json(response)
          }
        })
        yield* Effect.promise(() => official.responses.create(hi))
        const http = fakeHttp({ body: response })
        yield* on({ location, projectId: "example.com:p-1", credential }, http)(Responses.create(hi))
        expect(
          http.sent.map(({ body, headers, url }) => ({ url, authorization: headers["authorization"], body }))
        ).toEqual(sent)
      })
    )
  }

  it.effect("takes the project from the credential, and says who pays", () =>
    Effect.gen(function* () {
      const http = fakeHttp({ body: response })
      const known = { get: credential, projectId: "p-2", quotaProjectId: "quota-2" }
      yield* on({ location: "global", credential: known }, http)(Responses.create(hi))
      expect(http.sent[0]?.url).toContain("/projects/p-2/")
      expect(http.sent[0]?.headers["x-goog-user-project"]).toBe("quota-2")
    })
  )

  it.effect("sends no token to an origin that a call names", () =>
    Effect.gen(function* () {
      const http = fakeHttp({})
      const call = RequestOptions.withOptions(Models.list.page(), { baseUrl: "https://elsewhere.example" })
      const error = yield* failureOf(on({ location: "global", projectId: "p", credential }, http)(call))
      expect(apiError(error).reason._tag).toBe("RequestError")
      expect(http.sent).toEqual([])
    })
  )

  it.effect("says what is missing or wrong", () =>
    Effect.gen(function* () {
      const problemsOf = (options: Vertex.Options) =>
        Effect.map(failureOf(on(options, fakeHttp({}))(Responses.create(hi))), (error) =>
          error._tag === "ConfigurationError" ? error.problems.join("; ") : error.message
        )
      expect(yield* problemsOf({})).toMatch(/no location.*no project.*no credential/)
      expect(yield* problemsOf({ location: "a/b", projectId: "..", credential })).toMatch(
        /is no location.*is no name of a project/
      )
    })
  )

  it.effect("is configured by the environment", () =>
    Effect.gen(function* () {
      const env = ConfigProvider.fromUnknown({ GOOGLE_CLOUD_LOCATION: "us-east1", GOOGLE_CLOUD_PROJECT: "p-9" })
      const http = fakeHttp({ body: response })
      yield* Responses.create(hi).pipe(
        Effect.provide(Layer.provide(Vertex.layerConfig({ credential }), http.layer)),
        Effect.provideService(ConfigProvider.ConfigProvider, env)
      )
      expect(http.sent[0]?.url).toBe(
        "https://us-east1-aiplatform.googleapis.com/v1/projects/p-9/locations/us-east1/publishers/openai/v1/responses"
      )
    })
  )
})
