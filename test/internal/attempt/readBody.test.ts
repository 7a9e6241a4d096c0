import { Readable } from "node:stream"
import { brotliCompressSync, deflateSync, gzipSync } from "node:zlib"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as HttpClient from "effect/http/HttpClient"
import * as HttpClientError from "effect/http/HttpClientError"
import type * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as HttpClientResponse from "effect/http/HttpClientResponse"
import * as Layer from "effect/Layer"
import { failureOf, reasonOf } from "../../support/errors.ts"
import { loopback } from "../../support/LoopbackServer.ts"
import { fetchHttp, openAiOver, probes } from "../../support/probes.ts"

const body = JSON.stringify({ ok: true, words: "x".repeat(5000) })

describe("a body that fetch has read", () => {
  for (const [encoding, bytes] of [
    ["br", brotliCompressSync(body)],
    ["gzip", gzipSync(body)],
    ["deflate", deflateSync(body)]
  ] as const) {
    it.live(`is not decompressed again: ${encoding}`, () =>
      Effect.gen(function* () {
        const { url } = yield* loopback(({ response }) => {
          response.writeHead(200, { "content-type": "application/json", "content-encoding": encoding })
          response.end(bytes)
        })
        const layer = openAiOver(fetchHttp, { baseUrl: url })
        assert.deepInclude(yield* Effect.provide(probes.get({}), layer), { ok: true })
      })
    )
  }

  for (const declared of ["5", "0", "-5", "1e1", " 5", "NaN"]) {
    it.live(`is not longer than the limit, although its length is declared as ${JSON.stringify(declared)}`, () =>
      Effect.gen(function* () {
        let pulled = 0
        const endless = () => {
          const stream = new ReadableStream<Uint8Array>(
            { pull: (controller) => controller.enqueue(new Uint8Array(100_000).fill(++pulled, 0, 1)) },
            { highWaterMark: 0 }
          )
          return new Response(stream, { headers: { "content-type": "application/json", "content-length": declared } })
        }
        const fetch = Layer.succeed(FetchHttpClient.Fetch, () => Promise.resolve(endless()))
        const layer = openAiOver({ layer: FetchHttpClient.layer }, { maxBodyLength: 1_000_000 })
        const error = yield* failureOf(probes.get({})).pipe(Effect.provide(layer), Effect.provide(fetch))
        assert.include(reasonOf(error, "UnexpectedResponseError").message, "longer than 1000000 bytes")
        assert.isBelow(pulled, 20)
      })
    )
  }
})

/** A response as Node's undici client makes it: its connection pushes into `source.body`. */
class UndiciResponse {
  readonly [HttpClientResponse.TypeId] = HttpClientResponse.TypeId
  readonly request: HttpClientRequest.HttpClientRequest
  readonly source = { body: new Readable({ read: () => undefined }) }
  readonly status = 200
  readonly headers = { "content-type": "application/json" }

  constructor(request: HttpClientRequest.HttpClientRequest) {
    this.request = request
  }

  get text(): Effect.Effect<string, HttpClientError.HttpClientError> {
    const { request } = this
    return Effect.tryPromise({
      try: async () => {
        let text = ""
        for await (const chunk of this.source.body) text += chunk
        return text
      },
      catch: (cause) =>
        new HttpClientError.HttpClientError({ reason: new HttpClientError.TransportError({ request, cause }) })
    })
  }

  get stream(): never {
    throw new Error("The stream is slower than the text")
  }
}

/** A client that is answered by such responses; `push` fills their bodies. */
const undiciHttp = (push: (body: Readable) => void) => ({
  layer: Layer.succeed(
    HttpClient.HttpClient,
    HttpClient.make((request) =>
      Effect.sync(() => {
        const response = new UndiciResponse(request)
        setImmediate(() => push(response.source.body))
        return response as unknown as HttpClientResponse.HttpClientResponse
      })
    )
  )
})

describe("a body of Node's undici client", () => {
  it.live("is read in the client's own way, although Effect has wrapped the response", () =>
    Effect.gen(function* () {
      const http = undiciHttp((stream) => {
        stream.push(body.slice(0, 1000))
        stream.push(body.slice(1000))
        stream.push(null)
      })
      assert.deepInclude(yield* Effect.provide(probes.get({}), openAiOver(http)), { ok: true })
    })
  )

  it.live("is not longer than the limit", () =>
    Effect.gen(function* () {
      const http = undiciHttp((stream) => {
        for (let pushed = 0; pushed < 20; pushed++) stream.push("x".repeat(1000))
        stream.push(null)
      })
      const error = yield* failureOf(probes.get({})).pipe(Effect.provide(openAiOver(http, { maxBodyLength: 10_000 })))
      assert.include(reasonOf(error, "UnexpectedResponseError").message, "longer than 10000 bytes")
    })
  )
})
