import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as FileSystem from "effect/FileSystem"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as HttpClient from "effect/http/HttpClient"
import * as HttpClientResponse from "effect/http/HttpClientResponse"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as TestClock from "effect/testing/TestClock"
import * as IdentityToken from "llmfx/credentials/IdentityToken"
import { Models, OpenAi } from "llmfx/openai"
import * as WorkloadIdentity from "llmfx/openai/WorkloadIdentity"
import { OpenAI } from "openai"
import { apiError, failureOf, reasonOf } from "../support/errors.ts"
import { fakeHttp } from "../support/FakeHttp.ts"
import { json, loopback, redirect } from "../support/LoopbackServer.ts"
import { tokenServer } from "../support/tokenServer.ts"

const exchange = {
  identityProviderId: "idp_1",
  serviceAccountId: "sa_1",
  subjectToken: Effect.succeed(Redacted.make("subject-token-1"))
}

describe("OpenAI workload identity", () => {
  it.effect("exchanges the token as the official client does", () =>
    Effect.gen(function* () {
      for (const [extra, tokenType] of [
        [{}, "jwt"],
        [{ clientId: "client_1", subjectTokenType: "id" as const }, "id"]
      ] as const) {
        const theirs = yield* Effect.promise(async () => {
          const sent: Array<{ readonly url: string; readonly body: unknown; readonly authorization: unknown }> = []
          const client = new OpenAI({
            workloadIdentity: {
              identityProviderId: "idp_1",
              serviceAccountId: "sa_1",
              ...("clientId" in extra ? { clientId: extra.clientId } : {}),
              provider: { tokenType, getToken: async () => "subject-token-1" }
            },
            fetch: async (input, init) => {
              sent.push({
                url: String(input),
                body: typeof init?.body === "string" ? JSON.parse(init.body) : undefined,
                authorization: new Headers(init?.headers).get("authorization") ?? undefined
              })
              return Response.json({ access_token: "token-1", expires_in: 3600, token_type: "Bearer", data: [] })
            }
          })
          await client.models.list()
          return sent
        })
        const server = tokenServer(() => ({ status: 200, body: { data: [] } }))
        yield* Models.list
          .page()
          .pipe(Effect.provide(Layer.provide(WorkloadIdentity.layer({ ...exchange, ...extra }), server.layer)))
        expect(server.sent.map(({ authorization, body, url }) => ({ url, body, authorization }))).toEqual(theirs)
      }
    })
  )

  it.effect("uses one token for all calls, and renews it in the background twenty minutes before its end", () =>
    Effect.gen(function* () {
      const server = tokenServer(() => ({ status: 200, body: { data: [] } }))
      const layer = Layer.provide(WorkloadIdentity.layer(exchange), server.layer)
      yield* Effect.gen(function* () {
        yield* Effect.all([Models.list.page(), Models.list.page()], { concurrency: 2 })
        yield* TestClock.adjust("39 minutes")
        yield* Models.list.page()
        yield* TestClock.adjust("2 minutes")
        yield* Models.list.page()
        yield* TestClock.adjust(0)
        yield* Models.list.page()
      }).pipe(Effect.provide(layer))
      expect(server.tokens()).toBe(2)
      expect(server.calls()).toEqual(["token-1", "token-1", "token-1", "token-1", "token-2"])
    })
  )

  it.effect("exchanges again and sends the call once more when the token is refused, and no more than once", () =>
    Effect.gen(function* () {
      const refused = { status: 401, body: { error: { message: "expired", code: "token_expired" } } }
      const server = tokenServer(({ authorization }) =>
        authorization === "Bearer token-2" ? { status: 200, body: { data: [] } } : refused
      )
      const layer = Layer.provide(WorkloadIdentity.layer(exchange), server.layer)
      yield* Effect.provide(Models.list.page(), layer)
      expect(server.calls()).toEqual(["token-1", "token-2"])
      const never = tokenServer(() => refused)
      const error = yield* failureOf(
        Effect.provide(Models.list.page(), Layer.provide(WorkloadIdentity.layer(exchange), never.layer))
      )
      expect(apiError(error).reason._tag).toBe("AuthenticationError")
      expect(never.calls()).toEqual(["token-1", "token-2"])
    })
  )

  it.effect("shares the exchange after a refusal among all calls that were refused", () =>
    Effect.gen(function* () {
      const server = tokenServer(({ authorization }) =>
        authorization === "Bearer token-1"
          ? { status: 401, body: { error: { message: "expired" } } }
          : { status: 200, body: { data: [] } }
      )
      const layer = Layer.provide(WorkloadIdentity.layer(exchange), server.layer)
      const calls = Array.from({ length: 20 }, () => Models.list.page())
      yield* Effect.provide(Effect.all(calls, { concurrency: "unbounded" }), layer)
      expect(server.tokens()).toBe(2)
    })
  )

  it.live("does not follow a redirect of the token endpoint", () =>
    Effect.gen(function* () {
      const elsewhere = yield* loopback(json({ access_token: "stolen", expires_in: 60 }))
      const server = yield* loopback(redirect(elsewhere.url))
      const layer = WorkloadIdentity.layer({ ...exchange, tokenUrl: server.url }).pipe(
        Layer.provide(FetchHttpClient.layer)
      )
      const error = yield* failureOf(Effect.provide(Models.list.page(), layer))
      expect(reasonOf(apiError(error), "AuthenticationError").message).toMatch(/HTTP 307/)
      expect(elsewhere.requests).toEqual([])
    }).pipe(Effect.scoped)
  )

  it.effect("asks three times before it gives up", () =>
    Effect.gen(function* () {
      const http = fakeHttp({ status: 503, body: "busy" })
      const layer = Layer.provide(WorkloadIdentity.layer(exchange), http.layer)
      const call = yield* Effect.forkChild(failureOf(Effect.provide(Models.list.page(), layer)))
      yield* TestClock.adjust("10 seconds")
      expect(apiError(yield* Fiber.join(call)).message).toMatch(/HTTP 503/)
      expect(http.sent.map(({ at }) => at)).toEqual([0, 500, 1500])
    })
  )
})

describe("IdentityToken", () => {
  it.effect("reads a file again each time", () =>
    Effect.gen(function* () {
      let turn = 0
      const files = FileSystem.layerNoop({ readFileString: (path) => Effect.succeed(`${path} ${++turn}\n`) })
      const token = IdentityToken.fromFile()
      const read = Effect.provide(Effect.map(token, Redacted.value), files)
      expect([yield* read, yield* read]).toEqual([
        `${IdentityToken.kubernetesPath} 1`,
        `${IdentityToken.kubernetesPath} 2`
      ])
    })
  )

  it.effect("of an empty or absent file fails", () =>
    Effect.gen(function* () {
      const empty = FileSystem.layerNoop({ readFileString: () => Effect.succeed(" \n") })
      const error = yield* failureOf(Effect.provide(IdentityToken.fromFile("/a"), empty))
      expect(error.message).toBe("The identity token file /a is empty")
      const absent = yield* failureOf(Effect.provide(IdentityToken.fromFile("/a"), FileSystem.layerNoop({})))
      expect(absent.message).toBe("The identity token file /a cannot be read")
    })
  )

  it.effect("reaches the exchange from a file", () =>
    Effect.gen(function* () {
      const server = tokenServer(() => ({ status: 200, body: { data: [] } }))
      const files = FileSystem.layerNoop({ readFileString: () => Effect.succeed("from-file") })
      const layer = WorkloadIdentity.layer({ ...exchange, subjectToken: IdentityToken.fromFile() })
      yield* Effect.provide(
        Effect.flatMap(OpenAi.client, () => Models.list.page()),
        Layer.provide(layer, Layer.merge(server.layer, files))
      )
      expect(server.sent[0]?.body).toMatchObject({ subject_token: "from-file" })
    })
  )

  const ask = (token: IdentityToken.IdentityToken<HttpClient.HttpClient>, body: string) =>
    Effect.gen(function* () {
      const sent: Array<readonly [string, unknown]> = []
      const http = HttpClient.make((request, url) =>
        Effect.sync(() => {
          sent.push([url.href, { ...request.headers }])
          return HttpClientResponse.fromWeb(request, new Response(body))
        })
      )
      const value = Redacted.value(yield* Effect.provideService(token, HttpClient.HttpClient, http))
      return { value, sent }
    })

  it.effect("of Azure asks as the official client does", () =>
    Effect.gen(function* () {
      const { sent, value } = yield* ask(
        IdentityToken.azureManagedIdentity({ clientId: "c-1" }),
        JSON.stringify({ access_token: "azure-1" })
      )
      expect(value).toBe("azure-1")
      expect(sent).toEqual([
        [
          "http://169.254.169.254/metadata/identity/oauth2/token?api-version=2018-02-01&resource=https%3A%2F%2Fmanagement.azure.com%2F&client_id=c-1",
          { metadata: "true" }
        ]
      ])
    })
  )

  it.effect("of Google asks as the official client does", () =>
    Effect.gen(function* () {
      const { sent, value } = yield* ask(IdentityToken.googleIdToken("https://api.openai.com/v1"), "google-1\n")
      expect(value).toBe("google-1")
      expect(sent).toEqual([
        [
          "http://metadata.google.internal/computeMetadata/v1/instance/service-accounts/default/identity?audience=https%3A%2F%2Fapi.openai.com%2Fv1",
          { "metadata-flavor": "Google" }
        ]
      ])
    })
  )

  it.effect("of Azure without a token fails", () =>
    Effect.gen(function* () {
      for (const body of ["not json", "{}", JSON.stringify({ access_token: " " })]) {
        const error = yield* failureOf(ask(IdentityToken.azureManagedIdentity(), body))
        expect(error.message).toMatch(/without a token/)
      }
    })
  )
})
