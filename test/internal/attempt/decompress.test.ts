import { brotliCompressSync, deflateSync, gzipSync } from "node:zlib"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as HttpClientResponse from "effect/http/HttpClientResponse"
import * as Stream from "effect/Stream"
import { decompressed } from "../../../src/internal/attempt/decompress.ts"

const body = JSON.stringify({ id: "m", words: "x".repeat(5000) })

/** A response of a client that returns the bytes as they came, in pieces of this size. */
const unread = (bytes: Uint8Array, encoding: string, size: number): HttpClientResponse.HttpClientResponse => {
  const response = HttpClientResponse.fromWeb(
    HttpClientRequest.get("http://a.test"),
    new Response(null, { headers: { "content-encoding": encoding } })
  )
  const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) =>
    bytes.subarray(at * size, (at + 1) * size)
  )
  return Object.create(response, {
    source: { value: undefined },
    headers: { value: response.headers },
    request: { value: response.request },
    stream: { value: Stream.fromIterable(pieces) }
  }) as HttpClientResponse.HttpClientResponse
}

describe("a compressed body", () => {
  for (const [encoding, bytes] of [
    ["gzip", gzipSync(body)],
    ["GZIP", gzipSync(body)],
    ["deflate", deflateSync(body)],
    ["deflate, gzip", gzipSync(deflateSync(body))],
    ["gzip", Buffer.from(body)]
  ] as const) {
    for (const size of [1, 7, 10_000]) {
      it.effect(`is read: ${encoding} in pieces of ${size}${bytes[0] === 0x7b ? ", already undone" : ""}`, () =>
        Effect.gen(function* () {
          assert.strictEqual(yield* decompressed(unread(bytes, encoding, size)).text, body)
        })
      )
    }
  }

  it.effect("of an unknown kind is an error that names it", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(decompressed(unread(brotliCompressSync(body), "odd", 99)).text)
      assert.include(String(error.cause), "content-encoding: odd")
    })
  )
})
