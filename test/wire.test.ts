import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as fc from "fast-check"
import { FileSource, RequestOptions, RetryPolicy } from "llmfx"
import * as BetaMessages from "../src/anthropic/api/BetaMessages.ts"
import { Coze } from "../src/coze/Coze.ts"
import * as Endpoint from "../src/Endpoint.ts"
import { OpenAi, type Options } from "../src/openai/OpenAi.ts"
import { failureOf, reasonOf } from "./support/errors.ts"
import { fakeHttp } from "./support/FakeHttp.ts"
import { json, loopback } from "./support/LoopbackServer.ts"
import { anthropicOver, cozeOver, fetchHttp, key, openAiOver, probes, probesOf } from "./support/probes.ts"

const ok = { body: { ok: true } }

type Fields = { readonly [name: string]: unknown }

/** Sends one request and gives it back as it was sent. */
const sentBy = <A, E>(
  program: Effect.Effect<A, E, OpenAi>,
  options: Options = {}
): Effect.Effect<ReturnType<typeof fakeHttp>["sent"][number], E> =>
  Effect.gen(function* () {
    const http = fakeHttp(ok)
    yield* Effect.provide(program, openAiOver(http, options))
    const [sent] = http.sent
    if (sent === undefined) throw new Error("nothing was sent")
    return sent
  })

/** The message of a call that must be refused before anything is sent. */
const refusalOf = <A, E>(program: Effect.Effect<A, E, OpenAi>) =>
  Effect.gen(function* () {
    const http = fakeHttp(ok)
    const error = yield* failureOf(Effect.provide(program, openAiOver(http)))
    assert.strictEqual(http.sent.length, 0)
    return error
  })

const queryOf = ({ url }: { readonly url: string }): string => new URL(url).search.slice(1)

/** Any name but that of a property which JavaScript does not assign like others. */
const fieldName = fc.string({ unit: "grapheme", minLength: 1 }).filter((name) => name !== "__proto__")

const nested = Endpoint.json<Fields, { readonly ok: boolean }, OpenAi>(OpenAi, {
  id: "nested",
  method: "POST",
  path: "/stores/{store_id}/files/{file_id}?beta=true",
  query: ["limit", "include", "filter"],
  headerParams: { features: "x-features", workspace_id: "x-workspace" },
  headers: { "x-features": "fixed-1", "x-fixed": "yes" },
  fixed: { stream: true },
  body: "json",
  success: Schema.Unknown as Schema.Codec<{ readonly ok: boolean }, unknown>
})

describe("path parameters", () => {
  const at = (file_id: unknown) => nested({ store_id: "s", file_id })

  it.effect("are put into the path and into nothing else", () =>
    Effect.gen(function* () {
      const sent = yield* sentBy(nested({ store_id: "s 1/2", file_id: "ü?#%", limit: 3, name: "n" }))
      assert.strictEqual(sent.url, "http://api.test/stores/s%201%2F2/files/%C3%BC%3F%23%25?beta=true&limit=3")
      assert.deepStrictEqual(sent.body, { name: "n", stream: true })
    })
  )

  for (const [name, value] of [
    ["an empty one", ""],
    ["a dot", "."],
    ["two dots", ".."],
    ["an absent one", undefined],
    ["null", null],
    ["an object", {}],
    ["half a character", "\uD800"]
  ] as const) {
    it.effect(`refuses ${name} and names it`, () =>
      Effect.gen(function* () {
        const error = yield* refusalOf(at(value))
        assert.include(reasonOf(error, "RequestError").message, "file_id")
        assert.isUndefined(error.request)
        assert.strictEqual(error.toCurl(), "")
      })
    )
  }

  it.effect("a number is one", () =>
    Effect.gen(function* () {
      assert.include((yield* sentBy(at(7))).url, "/files/7?")
    })
  )

  it.effect("any other text stays within its segment and comes back whole", () =>
    Effect.promise(() =>
      fc.assert(
        fc.asyncProperty(
          fc.oneof(
            fc.string({ unit: "grapheme" }),
            fc.constantFrom("../..", "%2e%2e", "a/../b", "..;", "\\..", "?a=b")
          ),
          (text) => {
            fc.pre(text !== "" && text !== "." && text !== ".." && text.length === [...text].join("").length)
            return Effect.runPromise(
              Effect.map(sentBy(at(text)), ({ url }) => {
                const segments = new URL(url).pathname.split("/")
                assert.strictEqual(segments.length, 5)
                assert.strictEqual(decodeURIComponent(segments[4] ?? ""), text)
              })
            )
          }
        ),
        { numRuns: 200 }
      )
    )
  )
})

describe("the base URL", () => {
  for (const [baseUrl, url] of [
    ["http://api.test", "http://api.test/probe"],
    ["http://api.test/", "http://api.test/probe"],
    ["http://api.test/v1", "http://api.test/v1/probe"],
    ["http://api.test/v1//", "http://api.test/v1/probe"],
    ["http://api.test/v1?api-version=2&x=%20", "http://api.test/v1/probe?api-version=2&x=%20"],
    ["http://api.test/v1/?a=1#fragment", "http://api.test/v1/probe?a=1"],
    ["http://api.test:8080/a%2Fb", "http://api.test:8080/a%2Fb/probe"]
  ] as const) {
    it.effect(`${baseUrl} keeps its path and query`, () =>
      Effect.gen(function* () {
        assert.strictEqual((yield* sentBy(probes.get({}), { baseUrl })).url, url)
      })
    )
  }

  it.effect("of one call has the layer's credential", () =>
    Effect.gen(function* () {
      const sent = yield* sentBy(probes.get({}).pipe(RequestOptions.withBaseUrl("http://other.test/x")))
      assert.strictEqual(sent.url, "http://other.test/x/probe")
      assert.strictEqual(sent.headers["authorization"], `Bearer ${key}`)
    })
  )

  it.effect("of one call that is none is refused", () =>
    Effect.gen(function* () {
      const error = yield* refusalOf(probes.get({}).pipe(RequestOptions.withBaseUrl("api.test")))
      assert.include(reasonOf(error, "RequestError").message, "base URL")
    })
  )
})

describe("the query", () => {
  const openAiQuery = (fields: Fields) => Effect.map(sentBy(probes.get(fields)), queryOf)
  const cozeQuery = (fields: Fields) =>
    Effect.gen(function* () {
      const http = fakeHttp({ body: { code: 0, data: { ok: true } } })
      yield* Effect.provide(probesOf(Coze).get(fields), cozeOver(http))
      return queryOf(http.sent[0] ?? { url: "http://nothing" })
    })

  it.effect("leaves undefined out and sends null", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* openAiQuery({ a: undefined, b: null, c: false, d: 0, e: "" }), "b=&c=false&d=0&e=")
      assert.strictEqual(yield* cozeQuery({ a: undefined, b: null, c: false }), "c=false")
    })
  )

  it.effect("writes arrays with brackets, or with commas for Coze", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* openAiQuery({ a: ["x", "y z"] }), "a%5B%5D=x&a%5B%5D=y%20z")
      assert.strictEqual(yield* cozeQuery({ a: ["x", "y z"] }), "a=x%2Cy%20z")
    })
  )

  it.effect("writes objects with their keys, at any depth", () =>
    Effect.gen(function* () {
      assert.strictEqual(
        decodeURIComponent(yield* openAiQuery({ f: { gte: 1, in: ["a", "b"], deep: { x: null, y: undefined } } })),
        "f[gte]=1&f[in][]=a&f[in][]=b&f[deep][x]="
      )
    })
  )

  it.effect("writes dates as ISO 8601 and big integers in full", () =>
    Effect.gen(function* () {
      assert.strictEqual(
        decodeURIComponent(yield* openAiQuery({ at: new Date(0), n: 2n ** 70n })),
        `at=1970-01-01T00:00:00.000Z&n=${2n ** 70n}`
      )
    })
  )

  it.effect("any texts come back as they were", () =>
    Effect.promise(() =>
      fc.assert(
        fc.asyncProperty(
          fc.dictionary(fieldName, fc.string({ unit: "grapheme" }), {
            noNullPrototype: true
          }),
          (fields) => {
            return Effect.runPromise(
              Effect.map(sentBy(probes.get(fields)), ({ url }) => {
                assert.deepStrictEqual(Object.fromEntries(new URL(url).searchParams), fields)
              })
            )
          }
        ),
        { numRuns: 200 }
      )
    )
  )

  for (const [name, value] of [
    ["half a character", "\uD800"],
    ["a date that is none", new Date(Number.NaN)]
  ] as const) {
    it.effect(`refuses ${name}`, () =>
      Effect.gen(function* () {
        reasonOf(yield* refusalOf(probes.get({ a: value })), "RequestError")
      })
    )
  }

  it.effect("refuses an object that contains itself", () =>
    Effect.gen(function* () {
      const loop: Record<string, unknown> = {}
      loop["self"] = loop
      reasonOf(yield* refusalOf(probes.get({ loop })), "RequestError")
    })
  )
})

describe("headers", () => {
  it.effect("of the endpoint, its input and its fixed ones are sent", () =>
    Effect.gen(function* () {
      const { body, headers } = yield* sentBy(
        nested({ store_id: "s", file_id: "f", features: ["b-1", "b-2"], workspace_id: "w" })
      )
      assert.strictEqual(headers["x-features"], "b-1,b-2")
      assert.strictEqual(headers["x-workspace"], "w")
      assert.strictEqual(headers["x-fixed"], "yes")
      assert.strictEqual(headers["content-type"], "application/json")
      assert.deepStrictEqual(body, { stream: true })
    })
  )

  it.effect("a GET has no body and no content type", () =>
    Effect.gen(function* () {
      const { headers, request } = yield* sentBy(probes.get({ a: 1 }))
      assert.notProperty(headers, "content-type")
      assert.strictEqual(request.body._tag, "Empty")
    })
  )

  for (const [name, value] of [
    ["a carriage return", "a\rb"],
    ["a line feed", "a\nb"],
    ["a null character", "a\0b"],
    ["what is not Latin-1", "a€b"]
  ] as const) {
    it.effect(`refuses ${name} in a header of the call`, () =>
      Effect.gen(function* () {
        const error = yield* refusalOf(probes.get({}).pipe(RequestOptions.withHeaders({ "X-Trace": value })))
        assert.include(reasonOf(error, "RequestError").message, "x-trace")
      })
    )

    it.effect(`refuses ${name} in a header of the input`, () =>
      Effect.gen(function* () {
        const error = yield* refusalOf(nested({ store_id: "s", file_id: "f", workspace_id: value }))
        assert.include(reasonOf(error, "RequestError").message, "x-workspace")
      })
    )
  }

  for (const name of ["", "a b", "a:b", "a\r\nb", "ä"]) {
    it.effect(`refuses ${JSON.stringify(name)} as a name`, () =>
      Effect.gen(function* () {
        reasonOf(yield* refusalOf(probes.get({}).pipe(RequestOptions.withHeaders({ [name]: "x" }))), "RequestError")
      })
    )
  }
})

describe("a JSON body", () => {
  it.effect("leaves undefined out and sends null", () =>
    Effect.gen(function* () {
      const { body } = yield* sentBy(probes.post({ a: undefined, b: null, c: { d: undefined } }))
      assert.deepStrictEqual(body, { b: null, c: {} })
    })
  )

  it.effect("gives back any JSON that is put in", () =>
    Effect.promise(() =>
      fc.assert(
        fc.asyncProperty(fc.dictionary(fieldName, fc.jsonValue(), { noNullPrototype: true }), (fields) => {
          return Effect.runPromise(
            Effect.map(sentBy(probes.post(fields)), ({ body }) => {
              assert.deepStrictEqual(body, JSON.parse(JSON.stringify(fields)))
            })
          )
        }),
        { numRuns: 200 }
      )
    )
  )

  it.effect("that is not an object is the field that the endpoint names", () =>
    Effect.gen(function* () {
      const whole = Endpoint.json<{ readonly body: unknown }, unknown, OpenAi>(OpenAi, {
        id: "whole",
        method: "POST",
        path: "/whole",
        body: "json",
        bodyField: "body",
        success: Schema.Unknown
      })
      assert.deepStrictEqual((yield* sentBy(whole({ body: [1, "two"] }))).body, [1, "two"])
    })
  )

  it.effect("refuses a big integer", () =>
    Effect.gen(function* () {
      const error = yield* refusalOf(probes.post({ n: 1n }))
      assert.include(reasonOf(error, "RequestError").message, "BigInt")
    })
  )

  it.effect("refuses a value that contains itself", () =>
    Effect.gen(function* () {
      const loop: Record<string, unknown> = { name: "loop" }
      loop["self"] = [loop, loop]
      reasonOf(yield* refusalOf(probes.post({ loop })), "RequestError")
    })
  )

  it.effect("refuses a file", () =>
    Effect.gen(function* () {
      const file = FileSource.fromText("a", { name: "a.txt" })
      assert.include(reasonOf(yield* refusalOf(probes.post({ a: [{ file }] })), "RequestError").message, "file")
    })
  )
})

describe("a multipart body", () => {
  /** The parts of a form as a server reads them. */
  const received = (input: Parameters<typeof probes.upload>[0]) =>
    Effect.gen(function* () {
      const server = yield* loopback(json({ ok: true }))
      yield* Effect.provide(
        probes.upload(input),
        openAiOver(fetchHttp, { baseUrl: server.url, retry: RetryPolicy.none })
      )
      const [request] = server.requests
      const contentType = request?.headers["content-type"] ?? ""
      const bytes = Uint8Array.from(request?.body ?? "", (char) => char.charCodeAt(0))
      const form = yield* Effect.promise(() =>
        new Response(bytes, { headers: { "content-type": contentType } }).formData()
      )
      return { request, entries: [...form.entries()] }
    })

  const names = (entries: ReadonlyArray<readonly [string, unknown]>) => entries.map(([name]) => name)

  it.live("writes arrays and objects with brackets, in order", () =>
    Effect.gen(function* () {
      const { entries } = yield* received({
        file: FileSource.fromText("hi", { name: "dir/a.txt" }),
        purpose: "batch",
        list: ["x", "y"],
        expires: { anchor: "created", seconds: 5 },
        flag: true,
        none: undefined
      })
      assert.deepStrictEqual(names(entries), [
        "file",
        "purpose",
        "list[]",
        "list[]",
        "expires[anchor]",
        "expires[seconds]",
        "flag"
      ])
      const file = entries[0]?.[1]
      assert.instanceOf(file, File)
      assert.strictEqual(file.name, "a.txt")
      assert.strictEqual(file.type, "text/plain")
      assert.strictEqual(yield* Effect.promise(() => file.text()), "hi")
      assert.strictEqual(entries[2]?.[1], "x")
    })
  )

  const sources: ReadonlyArray<readonly [name: string, source: FileSource.FileSource]> = [
    ["bytes", FileSource.fromBytes(new TextEncoder().encode("contents"), { name: "a.bin" })],
    ["a web File", new File(["contents"], "a.bin")],
    ["a stream", FileSource.fromStream(() => Stream.make(new TextEncoder().encode("contents")), { name: "a.bin" })]
  ]
  for (const [name, file] of sources) {
    it.live(`sends ${name}`, () =>
      Effect.gen(function* () {
        const { entries } = yield* received({ file, purpose: "batch" })
        assert.deepStrictEqual(names(entries), ["file", "purpose"])
        const sent = entries[0]?.[1]
        assert.instanceOf(sent, File)
        assert.strictEqual(sent.name, "a.bin")
        assert.strictEqual(yield* Effect.promise(() => sent.text()), "contents")
      })
    )
  }

  it.live("is the same for bytes in memory and bytes from a stream, whatever is in names and values", () =>
    Effect.promise(() =>
      fc.assert(
        fc.asyncProperty(
          fc.record({
            name: fc.oneof(
              fc.constantFrom('a"b.txt', "a\r\nb.txt", "é.txt", "a\\b.txt", "../c.txt"),
              fc.string({ unit: "grapheme", minLength: 1 })
            ),
            value: fc.oneof(fc.constantFrom("a\nb", "a\rb", "a\r\nb", "\n"), fc.string({ unit: "grapheme" })),
            bytes: fc.uint8Array()
          }),
          ({ bytes, name, value }) =>
            Effect.runPromise(
              Effect.scoped(
                Effect.gen(function* () {
                  const memory = yield* received({ file: FileSource.fromBytes(bytes, { name }), value })
                  const stream = yield* received({
                    file: FileSource.fromStream(() => Stream.make(bytes), { name }),
                    value
                  })
                  const plain = (entries: ReadonlyArray<readonly [string, unknown]>) =>
                    Effect.promise(() =>
                      Promise.all(
                        entries.map(async ([name, value]) =>
                          value instanceof File
                            ? [name, value.name, [...new Uint8Array(await value.arrayBuffer())]]
                            : [name, value]
                        )
                      )
                    )
                  assert.deepStrictEqual(yield* plain(stream.entries), yield* plain(memory.entries))
                  assert.deepStrictEqual(stream.entries.length, 2)
                })
              )
            )
        ),
        { numRuns: 60 }
      )
    )
  )

  it.live("has the type that a file's name suggests if the file has none", () =>
    Effect.gen(function* () {
      const contents = new TextEncoder().encode("{}")
      for (const [name, type] of [
        ["a.JSONL", "application/jsonl"],
        ["report.docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"],
        ["a.constructor", "application/octet-stream"],
        ["README", "application/octet-stream"]
      ] as const) {
        for (const file of [
          FileSource.fromBytes(contents, { name }),
          new File([contents], name),
          FileSource.fromStream(() => Stream.make(contents), { name })
        ]) {
          const sent = (yield* received({ file })).entries[0]?.[1]
          assert.strictEqual(sent instanceof File && sent.type, type)
        }
      }
      const own = new File([contents], "a.jsonl", { type: "text/x-own" })
      const sent = (yield* received({ file: own })).entries[0]?.[1]
      assert.strictEqual(sent instanceof File && sent.type, "text/x-own")
    })
  )

  it.live("a file type cannot add a header", () =>
    Effect.gen(function* () {
      const type = "text/plain\r\nX-Evil: 1"
      for (const file of [
        FileSource.fromText("a", { name: "a.txt", type }),
        FileSource.fromStream(() => Stream.make(new Uint8Array([1])), { name: "a.txt", type })
      ]) {
        assert.notInclude((yield* received({ file })).request?.body, "X-Evil")
      }
    })
  )

  it.live("a file name cannot add a header or a part", () =>
    Effect.gen(function* () {
      const name = 'x"\r\nContent-Type: text/html\r\n\r\n<script>'
      const { request } = yield* received({
        file: FileSource.fromStream(() => Stream.make(new Uint8Array([1])), { name })
      })
      assert.notInclude(request?.body, "\r\nContent-Type: text/html")
    })
  )

  it.effect("refuses null in an array", () =>
    Effect.gen(function* () {
      const file = FileSource.fromText("a", { name: "a.txt" })
      assert.include(
        reasonOf(yield* refusalOf(probes.upload({ file, purpose: [null] })), "RequestError").message,
        "purpose"
      )
    })
  )

  it.effect("refuses an object that contains itself", () =>
    Effect.gen(function* () {
      const loop: Record<string, unknown> = {}
      loop["self"] = loop
      const file = FileSource.fromText("a", { name: "a.txt" })
      reasonOf(yield* refusalOf(probes.upload({ file, loop })), "RequestError")
    })
  )

  it.live("a stream that fails while it is sent fails the call", () =>
    Effect.gen(function* () {
      const server = yield* loopback(json({ ok: true }))
      const file = FileSource.fromStream(
        () => Stream.concat(Stream.make(new Uint8Array([1])), Stream.fail(new Error("disk gone"))),
        { name: "a.bin" }
      )
      const error = yield* failureOf(
        Effect.provide(probes.upload({ file }), openAiOver(fetchHttp, { baseUrl: server.url, retry: RetryPolicy.none }))
      )
      assert.oneOf(error.reason._tag, ["NetworkError", "RequestError"])
      assert.include(error.message, "disk gone")
    })
  )
})

describe("what a request says twice", () => {
  it.effect("names the betas of the layer, the call and the options together, each once", () =>
    Effect.gen(function* () {
      const http = fakeHttp({ body: { id: "m", type: "message", role: "assistant", content: [] } })
      const input = { model: "m", max_tokens: 1, messages: [], betas: ["call-1", "both-1"] }
      const call = BetaMessages.create(input, { headers: { "anthropic-beta": "option-1" }, decoding: "raw" })
      yield* Effect.provide(call, anthropicOver(http, { headers: { "anthropic-beta": "layer-1,both-1" } }))
      assert.deepStrictEqual(http.sent[0]?.headers["anthropic-beta"]?.split(",").sort(), [
        "both-1",
        "call-1",
        "layer-1",
        "option-1"
      ])
    })
  )

  it.effect("names the endpoint that streams if one value is read", () =>
    Effect.gen(function* () {
      const http = fakeHttp({ body: { ok: true } })
      const call = Effect.provide(probes.post({ stream: true }), openAiOver(http))
      const { message } = reasonOf(yield* Effect.flip(call), "RequestError")
      assert.include(message, "probe.post:stream")
      assert.strictEqual(http.sent.length, 0)
    })
  )
})
