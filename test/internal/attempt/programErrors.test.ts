/** An exception of the program within a call is not a failure of the network, whatever class it has. */
import { assert, describe, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as HttpClient from "effect/http/HttpClient"
import type * as HttpClientError from "effect/http/HttpClientError"
import type * as HttpClientResponse from "effect/http/HttpClientResponse"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import { FileSource, Middleware, RequestOptions, RetryPolicy } from "llmfx"
import type { ApiError } from "../../../src/ApiError.ts"
import * as ChatCompletions from "../../../src/openai/api/ChatCompletions.ts"
import type { OpenAi } from "../../../src/openai/OpenAi.ts"
import { reasonOf } from "../../support/errors.ts"
import { fakeHttp, sse } from "../../support/FakeHttp.ts"
import { json, loopback } from "../../support/LoopbackServer.ts"
import { fetchHttp, openAiOver, probes } from "../../support/probes.ts"
import { completionChunk } from "../../support/providers.ts"

class Unforeseen extends Error {
  readonly code = "ECONNRESET"
}

const bug = new Unforeseen("fetch failed: the connection was reset")
const fail = (): never => {
  throw bug
}

/** Fails unless the call died with the bug, after `requests` requests. */
const diesWithBug = <A>(
  call: Effect.Effect<A, ApiError, OpenAi>,
  http: ReturnType<typeof fakeHttp> = fakeHttp({ body: { ok: true } })
) =>
  Effect.gen(function* () {
    const exit = yield* Effect.exit(call.pipe(Effect.provide(openAiOver(http))))
    assert.isTrue(Exit.isFailure(exit))
    if (Exit.isFailure(exit)) assert.strictEqual(Cause.squash(exit.cause), bug)
    assert.isAtMost(http.sent.length, 1)
  })

const throughout = (change: (client: HttpClient.HttpClient) => HttpClient.HttpClient) =>
  RequestOptions.withClient(change)

const completion = ChatCompletions.stream({ model: "m", messages: [] })
const events = () => fakeHttp({ parts: [sse(completionChunk("a", null), completionChunk("", "stop"), "[DONE]")] })

const replacing = (stream: HttpClientResponse.HttpClientResponse["stream"]) =>
  throughout(
    HttpClient.transform((answer) =>
      Effect.map(answer, (response) => Object.create(response, { stream: { value: stream } }) as typeof response)
    )
  )

describe("a bug of the program is thrown as it is, after one request at most", () => {
  const call = probes.get({ id: "a" })

  it.effect("in transformClient", () => diesWithBug(call.pipe(throughout(fail))))

  it.effect("in what a client does to a request", () => diesWithBug(call.pipe(throughout(HttpClient.mapRequest(fail)))))

  it.effect("in what a client does to a response", () =>
    diesWithBug(call.pipe(throughout(HttpClient.transformResponse(Effect.map(fail)))))
  )

  it.effect("in a failure that is not one of the client", () =>
    diesWithBug(
      call.pipe(
        throughout(HttpClient.transformResponse(() => Effect.fail(bug as unknown as HttpClientError.HttpClientError)))
      )
    )
  )

  it.effect("in middleware", () => diesWithBug(call.pipe(Middleware.use(Middleware.make(fail)))))

  it.effect("in the stream of a response", () =>
    diesWithBug(Stream.runDrain(completion).pipe(replacing(Stream.sync(fail))), events())
  )

  it.effect("in the stream of a compressed response", () =>
    diesWithBug(
      Stream.runDrain(completion).pipe(replacing(Stream.sync(fail))),
      fakeHttp({ parts: ["a"], headers: { "content-encoding": "gzip" } })
    )
  )
})

const upload = (stream: Stream.Stream<Uint8Array, unknown>) =>
  Effect.gen(function* () {
    const server = yield* loopback(json({ ok: true }))
    const file = FileSource.fromStream(() => stream, { name: "a.bin" })
    const exit = yield* Effect.exit(
      probes.upload({ file }).pipe(Effect.provide(openAiOver(fetchHttp, { baseUrl: server.url })))
    )
    return { exit, requests: server.requests.length }
  })

const causeOf = (exit: Exit.Exit<unknown, unknown>): unknown =>
  Exit.isFailure(exit) ? Cause.squash(exit.cause) : undefined

describe("the stream of an upload", () => {
  const begun = Stream.make(new Uint8Array([1, 2]))

  it.live("that throws lets the call die with its exception", () =>
    Effect.gen(function* () {
      const { exit, requests } = yield* upload(Stream.concat(begun, Stream.sync(fail)))
      assert.strictEqual(causeOf(exit), bug)
      assert.isAtMost(requests, 1)
    })
  )

  it.live("that fails is a RequestError in its words, and not tried again", () =>
    Effect.gen(function* () {
      const { exit, requests } = yield* upload(Stream.concat(begun, Stream.fail(new Error("the disk is gone"))))
      const reason = reasonOf(causeOf(exit) as ApiError, "RequestError")
      assert.strictEqual(reason.message, "The file to upload could not be read: the disk is gone")
      assert.isAtMost(requests, 1)
    })
  )
})

/** The call over a `fetch`, with the official retries; how it ended, and how often it was sent. */
const over = (
  fetch: () => Promise<Response>,
  call: Effect.Effect<unknown, ApiError, OpenAi> = probes.get({ id: "a" })
) =>
  Effect.gen(function* () {
    let sent = 0
    const counted = () => {
      sent++
      return fetch()
    }
    const http = { layer: Layer.provide(FetchHttpClient.layer, Layer.succeed(FetchHttpClient.Fetch, counted)) }
    const retry = RetryPolicy.set(RetryPolicy.official, { schedule: Schedule.spaced("1 millis") })
    const exit = yield* Effect.exit(call.pipe(Effect.provide(openAiOver(http, { retry }))))
    return { exit, sent }
  })

const withCode = (error: Error, code: string) => Object.assign(error, { code })
const ownErrors: ReadonlyArray<unknown> = [
  new TypeError("rows.map is not a function"),
  new TypeError("Cannot read properties of undefined (reading 'connection')"),
  new ReferenceError("socket is not defined"),
  new RangeError("Invalid array length"),
  new SyntaxError("Unexpected token 'n', \"network\" is not valid JSON"),
  new Error("connection pool is not configured"),
  withCode(new Error("no such file or directory, open 'key.pem'"), "ENOENT"),
  withCode(new TypeError("The first argument must be of type string"), "ERR_INVALID_ARG_TYPE"),
  withCode(new Error("not in my quota"), "MY_CODE"),
  "a text",
  { my: "object" },
  undefined
]
const ofRuntimes: ReadonlyArray<readonly [runtime: string, error: unknown]> = [
  ["Node", new TypeError("fetch failed", { cause: withCode(new Error("connect ECONNREFUSED"), "ECONNREFUSED") })],
  ["Node", new TypeError("fetch failed", { cause: withCode(new Error("getaddrinfo EAI_AGAIN"), "EAI_AGAIN") })],
  ["Node", new TypeError("terminated", { cause: withCode(new Error("other side closed"), "UND_ERR_SOCKET") })],
  ["Node", new TypeError("fetch failed", { cause: withCode(new Error("expired"), "CERT_HAS_EXPIRED") })],
  ["Chromium", new TypeError("Failed to fetch")],
  ["WebKit", new TypeError("Load failed")],
  ["Firefox", new TypeError("NetworkError when attempting to fetch resource.")],
  ["Deno", new TypeError("error sending request for url (http://a.test/): client error (Connect)")],
  ["Bun", withCode(new Error("Unable to connect. Is the computer able to access the url?"), "ConnectionRefused")],
  ["Bun", withCode(new Error("The socket connection was closed unexpectedly."), "ECONNRESET")],
  ["workerd", new Error("Network connection lost.")],
  ["workerd", new TypeError("internal error; reference = abc")],
  ["React Native", new TypeError("Network request failed")],
  ["node-fetch", withCode(new Error("request to http://a.test failed, reason: socket hang up"), "ECONNRESET")],
  ["any", new DOMException("The operation timed out.", "TimeoutError")]
]

describe("a fetch of the program", () => {
  it.live("that throws lets the call die with its exception", () =>
    Effect.gen(function* () {
      const { exit, sent } = yield* over(fail)
      assert.deepStrictEqual([causeOf(exit), sent], [bug, 1])
    })
  )

  it.live("that rejects with what no runtime says of a connection lets the call die with it", () =>
    Effect.gen(function* () {
      for (const error of ownErrors) {
        const { exit, sent } = yield* over(() => Promise.reject(error))
        assert.isTrue(Exit.isFailure(exit) && Cause.hasDies(exit.cause), String(error))
        assert.deepStrictEqual([causeOf(exit), sent], [error, 1])
      }
    })
  )

  it.live("that rejects as the fetch of a runtime does is a failure of the network, and tried again", () =>
    Effect.gen(function* () {
      for (const [runtime, error] of ofRuntimes) {
        const { exit, sent } = yield* over(() => Promise.reject(error))
        reasonOf(causeOf(exit) as ApiError, "NetworkError")
        assert.strictEqual(sent, 3, runtime)
      }
    })
  )

  it.live("whose body throws lets the call die with the exception", () =>
    Effect.gen(function* () {
      const error = new TypeError("rows.map is not a function")
      const respond = async () =>
        new Response(new ReadableStream({ pull: (controller) => controller.error(error) }), {
          headers: { "content-type": "text/event-stream" }
        })
      for (const call of [probes.get({ id: "a" }), Stream.runDrain(completion)]) {
        const { exit, sent } = yield* over(respond, call)
        assert.deepStrictEqual([causeOf(exit), sent], [error, 1])
      }
    })
  )
})
