import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"
import { assert, describe, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import { FileSource, RequestOptions, RetryPolicy } from "llmfx"
import type { ClientOptions } from "../src/ClientOptions.ts"
import * as Embeddings from "../src/openai/api/Embeddings.ts"
import * as Files from "../src/openai/api/Files.ts"
import * as Models from "../src/openai/api/Models.ts"
import { OpenAi } from "../src/openai/OpenAi.ts"
import { apiError, failureOf, reasonOf, streamFailure } from "./support/errors.ts"
import {
  type Ending,
  events,
  gzipped,
  json,
  loopback,
  namedEvents,
  partial,
  redirect,
  refusingUrl,
  resetBeforeHeaders,
  stallBeforeHeaders,
  text
} from "./support/LoopbackServer.ts"
import { completionChunk, secret, subjects } from "./support/providers.ts"

const once = { retry: RetryPolicy.none }

/** An error event of all three providers. */
const busy = { type: "error", error: { message: "busy", type: "overloaded_error" }, code: 4013, msg: "busy" }

/** Waits until the check passes. Dies if it does not. */
const eventually = (check: () => boolean): Effect.Effect<void> =>
  Effect.suspend(() => (check() ? Effect.void : Effect.fail("not so"))).pipe(
    Effect.retry(Schedule.spaced(5)),
    Effect.timeout("3 seconds"),
    Effect.orDie
  )

/** Waits until the client has given up what it asked for. */
const untilAborted = (pending: () => number): Effect.Effect<void> => eventually(() => pending() === 0)

const collectGarbage = (): void => {
  setFlagsFromString("--expose-gc")
  runInNewContext("gc")()
}

for (const subject of subjects()) {
  const { call, callWithResponse, requestIdHeader, stream } = subject
  const withId = { [requestIdHeader]: "req-77" }

  describe(`${subject.provider} over fetch`, () => {
    it.live("decodes an answer and reports its request id", () =>
      Effect.gen(function* () {
        const server = yield* loopback(json(subject.answer, { headers: withId }))
        const response = yield* callWithResponse(server.url)
        assert.strictEqual(response.status, 200)
        assert.strictEqual(response.requestId, "req-77")
        assert.strictEqual(response.attempts, 1)
        assert.deepStrictEqual(response.raw, subject.answer)
        assert.strictEqual(server.requests[0]?.headers.authorization, `Bearer ${secret}`)
      })
    )

    it.live("decodes a stream up to its end", () =>
      Effect.gen(function* () {
        const server = yield* loopback(namedEvents(subject.events))
        const values = yield* Stream.runCollect(stream(server.url))
        const terminal = subject.provider === "openai" ? 1 : 0
        assert.strictEqual(values.length, subject.events.length - terminal)
      })
    )

    it.live("decodes a gzipped answer", () =>
      Effect.gen(function* () {
        const server = yield* loopback(gzipped(subject.answer))
        const response = yield* callWithResponse(server.url)
        assert.deepStrictEqual(response.raw, subject.answer)
      })
    )

    it.live("a refused connection is a NetworkError of the phase connect", () =>
      Effect.gen(function* () {
        const error = yield* failureOf(call(yield* refusingUrl, once))
        const reason = reasonOf(error, "NetworkError")
        assert.strictEqual(reason.phase, "connect")
        assert.strictEqual(reason.code, "ECONNREFUSED")
        assert.isUndefined(error.response)
        assert.isTrue(error.isRetryable)
      })
    )

    it.live("an unknown host is a NetworkError of the phase dns", () =>
      Effect.gen(function* () {
        const error = yield* failureOf(call("http://no-such-host.invalid", once))
        const reason = reasonOf(error, "NetworkError")
        assert.strictEqual(reason.phase, "dns")
        assert.oneOf(reason.code, ["ENOTFOUND", "EAI_AGAIN"])
      })
    )

    it.live("a server that speaks no TLS is a NetworkError of the phase tls", () =>
      Effect.gen(function* () {
        const server = yield* loopback(json(subject.answer))
        const error = yield* failureOf(call(server.url.replace("http:", "https:"), once))
        const reason = reasonOf(error, "NetworkError")
        assert.strictEqual(reason.phase, "tls")
        assert.include(reason.code, "SSL")
      })
    )

    it.live("a reset before the headers is a NetworkError of the phase headers", () =>
      Effect.gen(function* () {
        const server = yield* loopback(resetBeforeHeaders)
        const error = yield* failureOf(call(server.url, once))
        const reason = reasonOf(error, "NetworkError")
        assert.strictEqual(reason.phase, "headers")
        assert.oneOf(reason.code, ["ECONNRESET", "UND_ERR_SOCKET"])
        assert.isUndefined(error.response)
      })
    )

    for (const ending of ["reset", "truncate"] satisfies ReadonlyArray<Ending>) {
      it.live(`a ${ending} in the body is a NetworkError of the phase body, with the response`, () =>
        Effect.gen(function* () {
          const head = { headers: { "content-type": "application/json", ...withId } }
          const server = yield* loopback(partial('{"id":', ending, head))
          const error = yield* failureOf(call(server.url, once))
          const reason = reasonOf(error, "NetworkError")
          assert.strictEqual(reason.phase, "body")
          assert.oneOf(reason.code, ["ECONNRESET", "UND_ERR_SOCKET"])
          assert.strictEqual(error.response?.status, 200)
          assert.strictEqual(error.requestId, "req-77")
        })
      )
    }

    it.live("a stall before the headers ends with the headers timeout and aborts the request", () =>
      Effect.gen(function* () {
        const server = yield* loopback(stallBeforeHeaders)
        const error = yield* failureOf(call(server.url, { ...once, timeouts: { headers: 60 } }))
        const reason = reasonOf(error, "TimeoutError")
        assert.strictEqual(reason.which, "headers")
        assert.strictEqual(Duration.toMillis(reason.duration), 60)
        assert.strictEqual(reason.attempt, 1)
        yield* untilAborted(server.pending)
      })
    )

    it.live("a stall in a JSON body ends with the body timeout and aborts the request", () =>
      Effect.gen(function* () {
        const server = yield* loopback(partial('{"id":', "stall", { headers: { "content-type": "application/json" } }))
        const error = yield* failureOf(call(server.url, { ...once, timeouts: { headers: 5000, body: 80 } }))
        assert.strictEqual(reasonOf(error, "TimeoutError").which, "body")
        yield* untilAborted(server.pending)
      })
    )

    it.live("a stall between events ends with the idle timeout, after the events before it", () =>
      Effect.gen(function* () {
        const server = yield* loopback(namedEvents(subject.opening, "stall"))
        const { error, values } = yield* streamFailure(stream(server.url, { ...once, timeouts: { idle: 80 } }))
        assert.strictEqual(reasonOf(apiError(error), "TimeoutError").which, "idle")
        assert.strictEqual(values.length, subject.opening.length)
        yield* untilAborted(server.pending)
      })
    )

    it.live("a stall before the first event ends with the firstEvent timeout", () =>
      Effect.gen(function* () {
        const server = yield* loopback(namedEvents([], "stall"))
        const { error } = yield* streamFailure(stream(server.url, { ...once, timeouts: { firstEvent: 80 } }))
        assert.strictEqual(reasonOf(apiError(error), "TimeoutError").which, "firstEvent")
        yield* untilAborted(server.pending)
      })
    )

    for (const ending of ["end", "reset", "truncate"] satisfies ReadonlyArray<Ending>) {
      it.live(`a stream without its last event (${ending}) is a StreamTruncatedError with what had come`, () =>
        Effect.gen(function* () {
          const server = yield* loopback(namedEvents(subject.opening, ending))
          const { error, values } = yield* streamFailure(stream(server.url, once))
          const { partial } = reasonOf(apiError(error), "StreamTruncatedError")
          assert.strictEqual(values.length, subject.opening.length)
          assert.strictEqual(partial.events, subject.opening.length)
          assert.strictEqual(partial.text, "hel")
        })
      )
    }

    it.live("an HTML page with an error status is told by its title", () =>
      Effect.gen(function* () {
        const page = "<html><head><title>502 Bad Gateway</title></head><body><h1>nginx</h1></body></html>"
        const server = yield* loopback(text(page, { status: 502, headers: { "content-type": "text/html", ...withId } }))
        const error = yield* failureOf(call(server.url, once))
        assert.include(reasonOf(error, "ServerError").message, "502 Bad Gateway")
        assert.strictEqual(error.response?.status, 502)
        assert.strictEqual(error.response?.body, page)
        assert.strictEqual(error.requestId, "req-77")
      })
    )

    it.live("an HTML page in place of JSON is an UnexpectedResponseError", () =>
      Effect.gen(function* () {
        const page = "<!doctype html><title>Sign in</title>"
        const server = yield* loopback(text(page, { headers: { "content-type": "text/html; charset=utf-8" } }))
        const error = yield* failureOf(call(server.url, once))
        const reason = reasonOf(error, "UnexpectedResponseError")
        assert.include(reason.message, "Sign in")
        assert.strictEqual(reason.contentType, "text/html; charset=utf-8")
        assert.strictEqual(error.response?.body, page)
      })
    )

    it.live("an HTML page in place of a stream is an UnexpectedResponseError", () =>
      Effect.gen(function* () {
        const server = yield* loopback(text("<title>Sign in</title>", { headers: { "content-type": "text/html" } }))
        const { error } = yield* streamFailure(stream(server.url, once))
        assert.include(reasonOf(apiError(error), "UnexpectedResponseError").message, "Sign in")
      })
    )

    it.live("JSON in place of a stream is an UnexpectedResponseError", () =>
      Effect.gen(function* () {
        const server = yield* loopback(json(subject.answer))
        const { error } = yield* streamFailure(stream(server.url, once))
        const reason = reasonOf(apiError(error), "UnexpectedResponseError")
        assert.strictEqual(reason.contentType, "application/json")
      })
    )

    it.live("an empty body is an UnexpectedResponseError", () =>
      Effect.gen(function* () {
        const server = yield* loopback(text("", { headers: { "content-type": "application/json" } }))
        const error = yield* failureOf(call(server.url, once))
        assert.include(reasonOf(error, "UnexpectedResponseError").message, "no body")
      })
    )

    it.live("204 instead of a value is an UnexpectedResponseError", () =>
      Effect.gen(function* () {
        const server = yield* loopback(text("", { status: 204 }))
        const error = yield* failureOf(call(server.url, once))
        reasonOf(error, "UnexpectedResponseError")
        assert.strictEqual(error.response?.status, 204)
      })
    )

    it.live("204 instead of a stream fails with a typed error", () =>
      Effect.gen(function* () {
        const server = yield* loopback(text("", { status: 204 }))
        const { error } = yield* streamFailure(stream(server.url, once))
        reasonOf(apiError(error), "UnexpectedResponseError")
      })
    )

    it.live("text that is not JSON is a DecodeError with the whole body", () =>
      Effect.gen(function* () {
        const server = yield* loopback(text("{oops", { headers: { "content-type": "application/json" } }))
        const error = yield* failureOf(call(server.url, once))
        assert.strictEqual(reasonOf(error, "DecodeError").raw, "{oops")
        assert.strictEqual(error.response?.body, "{oops")
      })
    )

    it.live("plain text in place of JSON is an UnexpectedResponseError", () =>
      Effect.gen(function* () {
        const server = yield* loopback(text("upstream says no", { headers: { "content-type": "text/plain" } }))
        const error = yield* failureOf(call(server.url, once))
        const reason = reasonOf(error, "UnexpectedResponseError")
        assert.strictEqual(reason.message, "upstream says no")
        assert.strictEqual(reason.contentType, "text/plain")
      })
    )

    it.live("JSON under a wrong content type is read all the same", () =>
      Effect.gen(function* () {
        const server = yield* loopback(json(subject.answer, { headers: { "content-type": "text/plain" } }))
        const response = yield* callWithResponse(server.url)
        assert.deepStrictEqual(response.raw, subject.answer)
      })
    )

    it.live("1 MB of headers is a typed error", () =>
      Effect.gen(function* () {
        const headers: Record<string, string> = {}
        for (let index = 0; index < 128; index++) headers[`x-filler-${index}`] = "f".repeat(8192)
        const server = yield* loopback(json(subject.answer, { headers }))
        const error = yield* failureOf(call(server.url, once))
        const reason = reasonOf(error, "NetworkError")
        assert.strictEqual(reason.phase, "headers")
        assert.strictEqual(reason.code, "UND_ERR_HEADERS_OVERFLOW")
      })
    )

    it.live("the body of an error that stalls does not hold the call beyond its timeout, nor hide its status", () =>
      Effect.gen(function* () {
        const head = { status: 500, headers: { "content-type": "application/json", ...withId } }
        const server = yield* loopback(partial('{"error":', "stall", head))
        const error = yield* failureOf(call(server.url, { ...once, timeouts: { headers: 400, body: 400 } }))
        reasonOf(error, "ServerError")
        yield* untilAborted(server.pending)
      })
    )

    it.live("the body of an answer that stalls is given up with its call, whatever garbage was collected before", () =>
      Effect.gen(function* () {
        const head = { headers: { "content-type": "application/json", ...withId } }
        const server = yield* loopback(partial('{"id":', "stall", head))
        const fiber = yield* Effect.forkChild(call(server.url, once))
        yield* eventually(() => server.requests.length === 1)
        yield* Effect.sleep(50)
        collectGarbage()
        yield* Effect.sleep(10)
        collectGarbage()
        yield* Fiber.interrupt(fiber)
        yield* untilAborted(server.pending)
      })
    )

    it.live("a connection that breaks is replaced by the next try", () =>
      Effect.gen(function* () {
        const server = yield* loopback(resetBeforeHeaders, json(subject.answer))
        const response = yield* callWithResponse(server.url, {
          retry: RetryPolicy.set(RetryPolicy.official, { schedule: Schedule.spaced(1) })
        })
        assert.strictEqual(response.attempts, 2)
      })
    )

    it.live("a stream that breaks before its first event is opened again", () =>
      Effect.gen(function* () {
        const server = yield* loopback(namedEvents([], "reset"), namedEvents(subject.events))
        const values = yield* Stream.runCollect(
          stream(server.url, { retry: RetryPolicy.set(RetryPolicy.official, { schedule: Schedule.spaced(1) }) })
        )
        assert.isAtLeast(values.length, 2)
        assert.strictEqual(server.requests.length, 2)
      })
    )

    it.live("the connection of a stream that failed at its first event does not outlive the try", () =>
      Effect.gen(function* () {
        const server = yield* loopback(namedEvents([["error", busy]], "stall"), namedEvents(subject.opening, "stall"))
        const retry = RetryPolicy.set(RetryPolicy.official, { schedule: Schedule.spaced(1) })
        yield* Stream.runForEach(Stream.take(stream(server.url, { retry }), 1), () =>
          untilAborted(() => server.pending() - 1)
        )
        assert.strictEqual(server.requests.length, 2)
      })
    )

    it.live("leaves the connection fit for the next call after a whole stream", () =>
      Effect.gen(function* () {
        const server = yield* loopback(namedEvents(subject.events), json(subject.answer))
        yield* Stream.runDrain(stream(server.url))
        yield* call(server.url)
        assert.strictEqual(server.closed(), 0)
      })
    )

    it.live("a redirect within the origin keeps method, body and credential", () =>
      Effect.gen(function* () {
        const server = yield* loopback(redirect("/elsewhere?x=1"), redirect("/elsewhere?x=1"), json(subject.answer))
        yield* call(server.url)
        const [first] = server.requests
        const last = server.requests.at(-1)
        assert.strictEqual(last?.url, "/elsewhere?x=1")
        assert.strictEqual(last?.method, "POST")
        assert.strictEqual(last?.body, first?.body)
        assert.strictEqual(last?.headers.authorization, `Bearer ${secret}`)
      })
    )

    it.live("the input does not follow a redirect to another origin", () =>
      Effect.gen(function* () {
        const other = yield* loopback(json(subject.answer))
        const server = yield* loopback(redirect(`${other.url}/steal?token=1`))
        const error = yield* failureOf(call(server.url, once))
        const reason = reasonOf(error, "UnexpectedResponseError")
        assert.include(reason.message, other.url)
        assert.notInclude(error.message, "token=1")
        assert.strictEqual(other.requests.length, 0)
      })
    )

    it.live("redirects that never end fail", () =>
      Effect.gen(function* () {
        const server = yield* loopback(redirect("/again"))
        const error = yield* failureOf(call(server.url, once))
        reasonOf(error, "UnexpectedResponseError")
        // The first one was refused by the runtime.
        assert.strictEqual(server.requests.length, 1 + 6)
      })
    )
  })
}

describe("OpenAi over fetch", () => {
  const openAi = (baseUrl: string, options: ClientOptions = {}) =>
    Layer.orDie(OpenAi.layer({ apiKey: Redacted.make(secret), baseUrl, ...once, ...options })).pipe(
      Layer.provide(FetchHttpClient.layer)
    )
  const model = { id: "m", object: "model", created: 1, owned_by: "me" }

  it.live("credentials and the headers of options do not follow a redirect to another origin", () =>
    Effect.gen(function* () {
      const other = yield* loopback(json(model))
      const server = yield* loopback(redirect(`${other.url}/model`, 302))
      const answer = yield* Models.retrieve({ model: "m" }).pipe(
        RequestOptions.withHeaders({ "x-gateway-key": "gateway-secret", cookie: "session=1" }),
        Effect.provide(
          openAi(server.url, { headers: { "x-layer-key": "layer-secret" }, query: { key: "query-secret" } })
        )
      )
      assert.strictEqual(answer.id, "m")
      const [followed] = other.requests
      assert.strictEqual(followed?.url, "/model")
      assert.notInclude(JSON.stringify(followed), "secret")
      assert.notInclude(JSON.stringify(followed), secret)
      assert.notProperty(followed?.headers, "cookie")
      assert.notProperty(followed?.headers, "authorization")
    })
  )

  it.live("303 turns a POST into a GET without body", () =>
    Effect.gen(function* () {
      const server = yield* loopback(redirect("/result", 303), redirect("/result", 303), json(model))
      const file = { _tag: "Bytes", bytes: new Uint8Array([1]), name: "a.txt", type: undefined } as const
      yield* Files.create({ file, purpose: "batch" }).pipe(Effect.provide(openAi(server.url)))
      const last = server.requests.at(-1)
      assert.strictEqual(last?.method, "GET")
      assert.strictEqual(last?.body, "")
      assert.notProperty(last?.headers, "content-type")
    })
  )

  it.live("a body that can be read once does not follow a redirect", () =>
    Effect.gen(function* () {
      const server = yield* loopback(redirect("/elsewhere"), json({}))
      const file = FileSource.fromStreamOnce(Stream.make(new Uint8Array([1])), { name: "a.txt" })
      const upload = Files.create({ file, purpose: "batch" })
      const error = yield* failureOf(Effect.provide(upload, openAi(server.url)))
      reasonOf(error, "UnexpectedResponseError")
      assert.strictEqual(server.requests.length, 1)
    })
  )

  it.live("304, which nobody asked for, fails with its status", () =>
    Effect.gen(function* () {
      const server = yield* loopback(text("", { status: 304 }))
      const error = yield* failureOf(Effect.provide(Models.retrieve({ model: "m" }), openAi(server.url)))
      assert.include(reasonOf(error, "UnexpectedResponseError").message, "status 304")
    })
  )

  it.live("a large upload is not sent again after a redirect", () =>
    Effect.gen(function* () {
      const server = yield* loopback(redirect("/elsewhere"))
      const file = FileSource.fromStream(() => Stream.make(new Uint8Array([1])), { name: "a.txt" })
      const upload = Files.create({ file, purpose: "batch" })
      const error = yield* failureOf(Effect.provide(upload, openAi(server.url, { retry: RetryPolicy.official })))
      assert.include(reasonOf(error, "UnexpectedResponseError").message, "set the base URL")
      assert.strictEqual(server.requests.length, 1)
    })
  )

  it.live("a server that redirects is met once: later bodies are sent so that they can follow", () =>
    Effect.gen(function* () {
      const modes: Array<RequestRedirect | undefined> = []
      const fake: typeof fetch = async (url, init) => {
        modes.push(init?.redirect)
        if (init?.redirect === "error") throw new Error("the response is a redirect, which is an error")
        return String(url).endsWith("/there")
          ? Response.json(model)
          : Response.redirect("http://127.0.0.1:1/there", 307)
      }
      const ask = Embeddings.create.raw({ model: "m", input: "hi" })
      yield* Effect.andThen(ask, ask).pipe(
        Effect.provide(openAi("http://127.0.0.1:1")),
        Effect.provideService(FetchHttpClient.Fetch, fake)
      )
      assert.deepStrictEqual(modes, ["error", "manual", "manual", "manual", "manual"])
    })
  )

  it.effect("a call keeps the options of fetch that its client's layer was given", () => {
    const credentials: Array<RequestCredentials | undefined> = []
    const fake: typeof fetch = async (_, init) => {
      credentials.push(init?.credentials)
      return Response.json(model)
    }
    const own = Layer.merge(
      Layer.succeed(FetchHttpClient.Fetch, fake),
      Layer.succeed(FetchHttpClient.RequestInit, { credentials: "include" })
    )
    return Models.retrieve({ model: "m" }).pipe(
      Effect.provide(OpenAi.layer({ apiKey: Redacted.make(secret) })),
      Effect.provide(Layer.provide(FetchHttpClient.layer, own)),
      Effect.map(() => assert.deepStrictEqual(credentials, ["include"]))
    )
  })

  it.live("a redirect to what is not a URL fails", () =>
    Effect.gen(function* () {
      const server = yield* loopback(redirect("http://[bad"))
      const error = yield* failureOf(Effect.provide(Models.retrieve({ model: "m" }), openAi(server.url)))
      reasonOf(error, "UnexpectedResponseError")
    })
  )

  it.live("binary content breaks off as a NetworkError of the phase body", () =>
    Effect.gen(function* () {
      const server = yield* loopback(partial("0123456789", "truncate", { headers: { "content-type": "image/png" } }))
      const { error, values } = yield* streamFailure(
        Stream.provide(Files.content({ file_id: "f" }), openAi(server.url))
      )
      assert.strictEqual(reasonOf(apiError(error), "NetworkError").phase, "body")
      assert.isAtMost(values.length, 1)
    })
  )

  it.live("the response of raw is unread and errors are typed", () =>
    Effect.gen(function* () {
      const server = yield* loopback(
        json(model, { headers: { "x-extra": "1" } }),
        json({ error: { message: "no such model" } }, { status: 404 })
      )
      const layer = openAi(server.url)
      const response = yield* Effect.provide(Models.retrieve.raw({ model: "m" }), layer)
      assert.strictEqual(response.headers["x-extra"], "1")
      assert.deepStrictEqual(yield* response.json, model)
      const error = yield* failureOf(Effect.provide(Models.retrieve.raw({ model: "x" }), layer))
      assert.include(reasonOf(error, "NotFoundError").message, "no such model")
    })
  )

  it.live("an error event within a stream has the reason its code would have had as a status", () =>
    Effect.gen(function* () {
      const failed = { error: { message: "slow down", type: "rate_limit_error", code: "rate_limit_exceeded" } }
      const server = yield* loopback(events([completionChunk("hel", null), failed]))
      const subject = subjects()[0]
      if (subject === undefined) throw new Error("no subject")
      const { error, values } = yield* streamFailure(subject.stream(server.url, once))
      assert.strictEqual(values.length, 1)
      assert.strictEqual(reasonOf(apiError(error), "RateLimitError").message, "slow down")
    })
  )
})
