import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as Stream from "effect/Stream"
import { FileSource, RemoteFile } from "llmfx"
import { loopback, type Reply, text } from "./support/LoopbackServer.ts"

const file: Reply = text("hello", { headers: { "content-type": "text/csv", "content-length": "5" } })
const readText = (source: FileSource.FileSource) => FileSource.read(source).pipe(Stream.decodeText, Stream.mkString)

describe("a file of another server", () => {
  it.live("has the name of its URL, and the type and size that the server says", () =>
    Effect.gen(function* () {
      const server = yield* loopback(file)
      const source = yield* RemoteFile.source(`${server.url}/a/my%20prices.csv?x=/y`)
      assert.deepInclude(source, { name: "my prices.csv", type: "text/csv", size: 5 })
      assert.strictEqual(yield* readText(source), "hello")
      assert.strictEqual(yield* readText(source), "hello")
      assert.deepStrictEqual(
        server.requests.map(({ method }) => method),
        ["HEAD", "GET", "GET"]
      )
    }).pipe(Effect.scoped, Effect.provide(FetchHttpClient.layer))
  )

  it.live("may be on a server that does not know HEAD", () =>
    Effect.gen(function* () {
      const server = yield* loopback(text("no", { status: 405 }), text("hello"))
      const source = yield* RemoteFile.source(`${server.url}/f.bin`)
      assert.isUndefined(FileSource.sizeOf(source))
      assert.strictEqual(yield* readText(source), "hello")
    }).pipe(Effect.scoped, Effect.provide(FetchHttpClient.layer))
  )

  it.live("that is not there fails when it is read", () =>
    Effect.gen(function* () {
      const server = yield* loopback(text("no", { status: 404 }))
      const source = yield* RemoteFile.source(`${server.url}/f.bin`)
      const error = yield* Effect.flip(readText(source))
      assert.deepInclude(error, { _tag: "RemoteFileError", status: 404 })
    }).pipe(Effect.scoped, Effect.provide(FetchHttpClient.layer))
  )

  for (const url of ["file:///etc/passwd", "not a URL", "ftp://a.test/x"]) {
    it.live(`cannot be at ${url}`, () =>
      Effect.gen(function* () {
        const error = yield* Effect.flip(RemoteFile.source(url))
        assert.strictEqual(error._tag, "RemoteFileError")
      }).pipe(Effect.provide(FetchHttpClient.layer))
    )
  }
})
