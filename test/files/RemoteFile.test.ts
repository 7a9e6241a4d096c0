import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/testing/TestClock"
import { FileSource, RemoteFile, RetryPolicy } from "llmfx"
import { failureOf } from "../support/errors.ts"
import { loopback, partial, type Reply, redirect, text } from "../support/LoopbackServer.ts"
import { fetchHttp, openAiOver, probes } from "../support/probes.ts"
import { collectingShown } from "../support/shown.ts"

const file: Reply = text("hello", { headers: { "content-type": "text/csv", "content-length": "5" } })
/** Test servers listen on the loopback address. */
const anywhere = { allow: () => Effect.succeed(true) }

const readText = (source: FileSource.FileSource) => FileSource.read(source).pipe(Stream.decodeText, Stream.mkString)

describe("a file of another server", () => {
  it.live("has the name of its URL with the type and size that the server says", () =>
    Effect.gen(function* () {
      const server = yield* loopback(file)
      const source = yield* RemoteFile.source(`${server.url}/a/my%20prices.csv?x=/y`, anywhere)
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
      const source = yield* RemoteFile.source(`${server.url}/f.bin`, anywhere)
      assert.isUndefined(FileSource.sizeOf(source))
      assert.strictEqual(yield* readText(source), "hello")
    }).pipe(Effect.scoped, Effect.provide(FetchHttpClient.layer))
  )

  it.live("that is not there fails when it is read", () =>
    Effect.gen(function* () {
      const server = yield* loopback(text("no", { status: 404 }))
      const source = yield* RemoteFile.source(`${server.url}/f.bin`, anywhere)
      const error = yield* Effect.flip(readText(source))
      assert.deepInclude(error, { _tag: "RemoteFileError", status: 404 })
    }).pipe(Effect.scoped, Effect.provide(FetchHttpClient.layer))
  )

  for (const url of [
    "file:///etc/passwd",
    "not a URL",
    "ftp://a.test/x",
    "http://localhost/x",
    "http://api.localhost/x",
    "http://127.0.0.1:8080/x",
    "http://2130706433/x",
    "http://0x7f.1/x",
    "http://0/x",
    "http://10.0.0.1/x",
    "http://172.31.255.255/x",
    "http://192.168.1.1/x",
    "http://169.254.169.254/latest/meta-data",
    "http://100.64.0.1/x",
    "http://[::1]/x",
    "http://[::ffff:10.0.0.1]/x",
    "http://[64:ff9b::a9fe:a9fe]/x",
    "http://[2002:7f00:1::]/x",
    "http://[fd00::1]/x",
    "http://[fe80::1]/x",
    "http://metadata.google.internal/x",
    "http://printer.local./x",
    "http://intranet/x"
  ]) {
    it.live(`cannot be at ${url}`, () =>
      Effect.gen(function* () {
        const error = yield* Effect.flip(RemoteFile.source(url))
        assert.strictEqual(error._tag, "RemoteFileError")
      }).pipe(Effect.provide(FetchHttpClient.layer))
    )
  }

  it("may be at any other host", () => {
    for (const host of ["example.com", "8.8.8.8", "172.32.0.1", "[2606:4700::1111]", "[::ffff:8.8.8.8]"]) {
      assert.isTrue(RemoteFile.isPublic(new URL(`http://${host}/x`)), host)
    }
    for (const address of ["10.1.2.3", "::1", "", "1.2.3", "1.2.3.4.5", "::1::", "12345::", "name"]) {
      assert.isFalse(RemoteFile.isPublicAddress(address), address)
    }
  })

  it.live("is not fetched from a place that is not allowed, if a server redirects to it", () =>
    Effect.gen(function* () {
      const secret = yield* loopback(text("secret"))
      const server = yield* loopback(redirect(`${secret.url}/x`, 302))
      const source = yield* RemoteFile.source(`${server.url}/f.bin`, {
        allow: ({ origin }) => Effect.succeed(origin === server.url)
      })
      const error = yield* Effect.flip(readText(source))
      assert.strictEqual(error instanceof RemoteFile.RemoteFileError, true)
      assert.strictEqual(secret.requests.length, 0)
    }).pipe(Effect.scoped, Effect.provide(FetchHttpClient.layer))
  )

  it.live("is fetched from where its server redirects to, but not without end", () =>
    Effect.gen(function* () {
      const server = yield* loopback(redirect("/head", 302), file, redirect("/get", 302), file, redirect("/again", 302))
      const source = yield* RemoteFile.source(`${server.url}/f.bin`, anywhere)
      assert.strictEqual(FileSource.sizeOf(source), 5)
      assert.strictEqual(yield* readText(source), "hello")
      const error = yield* Effect.flip(readText(source))
      assert.include(String(error), "without end")
    }).pipe(Effect.scoped, Effect.provide(FetchHttpClient.layer))
  )

  for (const location of [
    "http://169.254.169.254/latest",
    "http://[::ffff:7f00:1]/",
    "http://db.internal/",
    "file:///etc/passwd",
    "data:,x"
  ]) {
    it.live(`is not fetched where its server redirects to ${location}`, () =>
      Effect.gen(function* () {
        const asked: Array<string> = []
        const fetch = (url: string | URL | Request) => {
          asked.push(String(url instanceof Request ? url.url : url))
          return Promise.resolve(new Response("", { status: 302, headers: { location } }))
        }
        const source = yield* RemoteFile.source("https://files.example.com/f.bin").pipe(
          Effect.provideService(FetchHttpClient.Fetch, fetch)
        )
        const error = yield* Effect.flip(readText(source).pipe(Effect.provideService(FetchHttpClient.Fetch, fetch)))
        assert.strictEqual(error instanceof RemoteFile.RemoteFileError, true)
        assert.deepStrictEqual([...new Set(asked)], ["https://files.example.com/f.bin"])
      }).pipe(Effect.provide(FetchHttpClient.layer))
    )
  }

  it.live("is given up once it is longer than allowed, whatever its server declares", () =>
    Effect.gen(function* () {
      const long = text("x".repeat(2000), { headers: { "content-length": "2000" } })
      const declared = yield* loopback(long)
      const early = yield* Effect.flip(RemoteFile.source(`${declared.url}/f`, { ...anywhere, maxSize: 1000 }))
      assert.include(early.message, "1000")
      const silent = yield* loopback(partial("", "end"), partial("x".repeat(2000), "end"))
      const source = yield* RemoteFile.source(`${silent.url}/f`, { ...anywhere, maxSize: 1000 })
      assert.include(String(yield* Effect.flip(readText(source))), "1000")
    }).pipe(Effect.scoped, Effect.provide(FetchHttpClient.layer))
  )

  it.live("is given up if its server does not end it in time", () =>
    Effect.gen(function* () {
      const server = yield* loopback(partial("", "end"), partial("x", "stall"))
      const source = yield* RemoteFile.source(`${server.url}/f`, { ...anywhere, timeout: "100 millis" })
      assert.include(String(yield* Effect.flip(readText(source))), "100ms")
    }).pipe(Effect.scoped, Effect.provide(FetchHttpClient.layer))
  )

  it.live("is asked for without the program's trace, and spans do not hold the query of its address", () =>
    Effect.gen(function* () {
      const server = yield* loopback(redirect("/g.bin?sig=s3cret"), redirect("/g.bin?sig=s3cret"), file)
      const texts: Array<string> = []
      const source = RemoteFile.source(`${server.url}/f.bin?sig=s3cret`, anywhere)
      yield* Effect.flatMap(source, readText).pipe(Effect.withSpan("program"), collectingShown(texts))
      assert.isAbove(server.requests.length, 2)
      for (const { headers } of server.requests) {
        for (const name of ["traceparent", "b3"]) assert.notProperty(headers, name)
      }
      assert.isTrue(texts.some((shown) => shown.includes("g.bin")))
      for (const shown of texts) assert.notInclude(shown, "s3cret")
    }).pipe(Effect.scoped, Effect.provide(FetchHttpClient.layer))
  )

  it.live("that is longer than allowed ends the upload it is for with an error that names the limit", () =>
    Effect.gen(function* () {
      const files = yield* loopback(partial("", "end"), partial("x".repeat(2000), "end"))
      const api = yield* loopback(({ response }) => void response.end("{}"))
      const file = yield* RemoteFile.source(`${files.url}/f`, { ...anywhere, maxSize: 1000 })
      const layer = openAiOver(fetchHttp, { baseUrl: api.url, retry: RetryPolicy.none })
      const error = yield* failureOf(probes.upload({ file })).pipe(Effect.provide(layer))
      assert.include(error.message, "longer than 1000 bytes")
    }).pipe(Effect.scoped, Effect.provide(FetchHttpClient.layer))
  )

  it.effect("is read although its server does not answer HEAD", () =>
    Effect.gen(function* () {
      const fetch = (_: unknown, init?: RequestInit) =>
        init?.method === "HEAD" ? new Promise<Response>(() => undefined) : Promise.resolve(new Response("hello"))
      const provided = Effect.provideService(FetchHttpClient.Fetch, fetch as typeof globalThis.fetch)
      const asked = yield* Effect.forkChild(provided(RemoteFile.source("https://files.example.com/f.bin")))
      yield* TestClock.adjust("5 seconds")
      const source = yield* Fiber.join(asked)
      assert.isUndefined(FileSource.sizeOf(source))
      assert.strictEqual(yield* provided(readText(source)), "hello")
    }).pipe(Effect.provide(FetchHttpClient.layer))
  )
})
