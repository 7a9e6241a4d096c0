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
import * as Stream from "effect/Stream"
import { FileSource, Middleware, RequestOptions } from "llmfx"
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

describe("a fetch of the program", () => {
  it.live("that throws lets the call die with its exception", () =>
    Effect.gen(function* () {
      const http = { layer: Layer.provide(FetchHttpClient.layer, Layer.succeed(FetchHttpClient.Fetch, fail)) }
      const exit = yield* Effect.exit(probes.get({ id: "a" }).pipe(Effect.provide(openAiOver(http))))
      assert.strictEqual(causeOf(exit), bug)
    })
  )
})
