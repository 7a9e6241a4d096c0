import { inspect } from "node:util"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as Stream from "effect/Stream"
import { type ApiError, RetryPolicy } from "llmfx"
import { Anthropic } from "../src/anthropic/Anthropic.ts"
import { Coze } from "../src/coze/Coze.ts"
import { apiError, failureOf, reasonOf, streamFailure } from "./support/errors.ts"
import { type FakeHttp, fakeHttp, type Reply } from "./support/FakeHttp.ts"
import { loopback, redirect } from "./support/LoopbackServer.ts"
import { anthropicOver, cozeOver, fetchHttp, openAiOver, probes, probesOf } from "./support/probes.ts"
import { settleSlowly } from "./support/settle.ts"
import { textsOfError } from "./support/shown.ts"

const once = { retry: RetryPolicy.none }
const model = { ok: true }

const providers = {
  openai: { probes, over: (http: FakeHttp) => openAiOver(http, once) },
  anthropic: { probes: probesOf(Anthropic), over: (http: FakeHttp) => anthropicOver(http, once) },
  coze: { probes: probesOf(Coze), over: (http: FakeHttp) => cozeOver(http, once) }
}

const to = (location: string, status = 307): Reply => ({ status, headers: { location } })

/** The errors of a GET, a POST and a stream, each of whose answers is this redirect. */
const errorsOf = <R>(
  subject: ReturnType<typeof probesOf<R>>
): Effect.Effect<ReadonlyArray<ApiError.ApiError>, unknown, R> =>
  Effect.gen(function* () {
    return [
      yield* failureOf(subject.get({})),
      yield* failureOf(subject.post({ prompt: "hi" })),
      apiError((yield* streamFailure(subject.stream({ prompt: "hi" }))).error)
    ]
  })

for (const name of ["openai", "anthropic", "coze"] as const) {
  const failing = (http: FakeHttp): Effect.Effect<ReadonlyArray<ApiError.ApiError>, unknown> => {
    switch (name) {
      case "openai":
        return Effect.provide(errorsOf(providers.openai.probes), providers.openai.over(http))
      case "anthropic":
        return Effect.provide(errorsOf(providers.anthropic.probes), providers.anthropic.over(http))
      case "coze":
        return Effect.provide(errorsOf(providers.coze.probes), providers.coze.over(http))
    }
  }

  describe(`a redirect that ${name} answers with`, () => {
    for (const [location, scheme] of [
      ['data:application/json,{"ok":true}', "data:"],
      ["file:///etc/passwd", "file:"],
      ["ftp://other.test/a", "ftp:"],
      ["javascript:alert(1)", "javascript:"],
      ["blob:http://api.test/1", "blob:"],
      ["DATA:,x", "data:"]
    ] as const) {
      it.effect(`is refused with the name of its scheme: ${location}`, () =>
        Effect.gen(function* () {
          const http = fakeHttp(to(location))
          for (const error of yield* failing(http)) {
            assert.include(reasonOf(error, "UnexpectedResponseError").message, `scheme ${scheme}`)
          }
          assert.isTrue(http.sent.every(({ url }) => url.startsWith("http://api.test/")))
        })
      )
    }

    for (const status of [301, 302, 303, 307, 308]) {
      it.effect(`does not bring the answer of another origin to a POST: ${status}`, () =>
        Effect.gen(function* () {
          const http = fakeHttp(({ method, url }) =>
            url.startsWith("http://other.test") || method === "GET"
              ? { body: model }
              : to("http://other.test/a", status)
          )
          for (const program of [probes.post({ prompt: "hi" }), Stream.runDrain(probes.stream({ prompt: "hi" }))]) {
            const error = yield* failureOf(Effect.provide(program, openAiOver(http, once)))
            assert.include(reasonOf(error, "UnexpectedResponseError").message, "http://other.test")
          }
          assert.isTrue(http.sent.every(({ url }) => url.startsWith("http://api.test/")))
        })
      )
    }

    for (const location of ["http://[bad", "http://", "//", "http://a:99999/", "https://%zz/"]) {
      it.effect(`is an error if it leads nowhere: ${JSON.stringify(location)}`, () =>
        Effect.gen(function* () {
          for (const error of yield* failing(fakeHttp(to(location)))) {
            reasonOf(error, "UnexpectedResponseError")
            assert.strictEqual(error.response?.status, 307)
          }
        })
      )
    }

    it.effect("does not show the user, the password or the query of its target", () =>
      Effect.gen(function* () {
        const http = fakeHttp(to("https://us3r:passw0rd@other.test/a/p4th?token=s3cret#fr4gment"))
        const errors = yield* failing(http)
        for (const error of errors) {
          for (const text of [...textsOfError(error), inspect(error.response, { depth: 9 })]) {
            for (const part of ["us3r", "passw0rd", "p4th", "s3cret", "fr4gment"]) assert.notInclude(text, part)
          }
        }
      })
    )

    it.effect("is not followed without end", () =>
      Effect.gen(function* () {
        const http = fakeHttp(to("/again"))
        for (const error of yield* failing(http)) {
          assert.include(reasonOf(error, "UnexpectedResponseError").message, "too often")
        }
        assert.isAtMost(http.sent.length, 3 * 7)
      })
    )
  })
}

describe("a redirect", () => {
  it.effect("is followed to places that its own address completes", () =>
    Effect.gen(function* () {
      for (const [location, target] of [
        ["/a?b=1", "http://api.test/a?b=1"],
        ["?b=1", "http://api.test/probe?b=1"],
        ["./x", "http://api.test/x"],
        ["../../x", "http://api.test/x"],
        ["//api.test/x", "http://api.test/x"]
      ] as const) {
        const http = fakeHttp(to(location), { body: model })
        assert.deepInclude(yield* Effect.provide(probes.post({}), openAiOver(http, once)), model)
        assert.strictEqual(http.sent[1]?.url, target)
        assert.isDefined(http.sent[1]?.headers["authorization"])
      }
    })
  )

  it.effect("to another origin gets no credential, no user of its address, and nothing of the trace", () =>
    Effect.gen(function* () {
      const http = fakeHttp(to("http://us3r:passw0rd@other.test/a"), { body: model })
      const layer = openAiOver(http, { ...once, headers: { "x-tenant": "t" } })
      yield* probes.get({}).pipe(Effect.withSpan("program"), Effect.provide(layer))
      const [first, second] = http.sent
      assert.property(first?.headers, "traceparent")
      assert.strictEqual(second?.url, "http://other.test/a")
      for (const name of ["authorization", "x-tenant", "traceparent", "tracestate", "b3", "cookie"]) {
        assert.notProperty(second?.headers, name)
      }
    })
  )

  it.effect("that leads from https to http is not followed to another origin", () =>
    Effect.gen(function* () {
      const http = fakeHttp(to("http://other.test/a"), { body: model })
      const error = yield* failureOf(
        Effect.provide(probes.get({}), openAiOver(http, { ...once, baseUrl: "https://api.test" }))
      )
      assert.include(reasonOf(error, "UnexpectedResponseError").message, "http://other.test")
      assert.strictEqual(http.sent.length, 1)
    })
  )

  it.effect("is followed although its body does not end", () =>
    Effect.gen(function* () {
      const http = fakeHttp({ ...to("/there"), parts: ["x", 3_600_000] }, { body: model })
      const program = Effect.provide(probes.post({}), openAiOver(http, once))
      assert.deepInclude(yield* settleSlowly(program), model)
    })
  )

  it.live("that a fetch follows by itself does not bring the answer of another origin to a POST", () =>
    Effect.gen(function* () {
      const other = yield* loopback(({ response }) => response.end(JSON.stringify(model)))
      const server = yield* loopback(redirect(`${other.url}/a`))
      const obstinate: typeof fetch = (url, init) => fetch(url, { ...init, redirect: "follow" })
      const call = failureOf(probes.post({ prompt: "hi" })).pipe(
        Effect.provide(openAiOver(fetchHttp, { ...once, baseUrl: server.url })),
        Effect.provideService(FetchHttpClient.Fetch, obstinate)
      )
      assert.include(reasonOf(yield* call, "UnexpectedResponseError").message, other.url)
    })
  )

  it.live("is none if a fetch sends the request to a proxy", () =>
    Effect.gen(function* () {
      const proxy = yield* loopback(({ response }) => response.end(JSON.stringify(model)))
      const viaProxy: typeof fetch = (_, init) => fetch(proxy.url, init)
      const answer = yield* probes
        .post({ prompt: "hi" })
        .pipe(
          Effect.provide(openAiOver(fetchHttp, { ...once, baseUrl: "http://api.test/v1" })),
          Effect.provideService(FetchHttpClient.Fetch, viaProxy)
        )
      assert.deepInclude(answer, model)
    })
  )

  it.live("that a browser hides is an error that says so", () =>
    Effect.gen(function* () {
      const hidden: typeof fetch = () =>
        Promise.resolve(Object.defineProperty(Response.error(), "type", { value: "opaqueredirect" }))
      const error = yield* failureOf(probes.post({ prompt: "hi" })).pipe(
        Effect.provide(openAiOver(fetchHttp, once)),
        Effect.provideService(FetchHttpClient.Fetch, hidden)
      )
      assert.include(reasonOf(error, "UnexpectedResponseError").message, "The server redirects")
    })
  )
})
