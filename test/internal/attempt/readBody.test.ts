import { brotliCompressSync, deflateSync, gzipSync } from "node:zlib"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
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
