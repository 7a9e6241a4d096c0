import { assert, describe, it } from "@effect/vitest"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as HttpClient from "effect/http/HttpClient"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as Logger from "effect/Logger"
import * as References from "effect/References"
import * as Stream from "effect/Stream"
import * as fc from "fast-check"
import { RequestOptions, RetryPolicy } from "llmfx"
import type { OpenAi, Options } from "../src/openai/OpenAi.ts"
import { failureOf, reasonOf } from "./support/errors.ts"
import { fakeHttp, type Sent, sse } from "./support/FakeHttp.ts"
import { openAiOver, probes } from "./support/probes.ts"

/** Returns the requests of a program; each is answered. */
const sentBy = <A, E>(
  program: Effect.Effect<A, E, OpenAi>,
  options: Options = {}
): Effect.Effect<ReadonlyArray<Sent>, E> =>
  Effect.gen(function* () {
    const http = fakeHttp(({ body }) =>
      typeof body === "object" && body !== null && "stream" in body
        ? { parts: [sse({ type: "end" })] }
        : { body: { ok: true, data: [] } }
    )
    yield* Effect.provide(program, openAiOver(http, options))
    return http.sent
  })

/** Returns the value at a path of a JSON value. */
const at = (value: unknown, path: ReadonlyArray<string>): unknown =>
  path.reduce<unknown>((inner, key) => (inner as { readonly [key: string]: unknown } | undefined)?.[key], value)

const headersOf = (sent: ReadonlyArray<Sent>, name: string) => sent.map(({ headers }) => headers[name])
const queriesOf = (sent: ReadonlyArray<Sent>) => sent.map(({ url }) => new URL(url).search)

describe("headers", () => {
  it.effect("the innermost value wins: layer, outer program, inner program, call", () =>
    Effect.gen(function* () {
      const call = probes.get({}, { headers: { d: "call" } })
      const inner = RequestOptions.withHeaders(call, { c: "inner", d: "inner" })
      const outer = RequestOptions.withHeaders(inner, { b: "outer", c: "outer", d: "outer" })
      const [sent] = yield* sentBy(outer, { headers: { a: "layer", b: "layer", c: "layer", d: "layer" } })
      const { a, b, c, d } = sent?.headers ?? {}
      assert.deepStrictEqual({ a, b, c, d }, { a: "layer", b: "outer", c: "inner", d: "call" })
    })
  )

  it.effect("the innermost wins in whatever case names are written", () =>
    Effect.gen(function* () {
      const sent = yield* sentBy(
        probes
          .get({})
          .pipe(RequestOptions.withHeaders({ "X-A": "inner" }), RequestOptions.withHeaders({ "x-a": "outer" }))
      )
      assert.deepStrictEqual(headersOf(sent, "x-a"), ["inner"])
    })
  )

  it.effect("null removes one that the client would send", () =>
    Effect.gen(function* () {
      const sent = yield* sentBy(
        probes.post({}).pipe(RequestOptions.withHeaders({ "User-Agent": null, accept: null })),
        {
          headers: { "x-layer": "1" }
        }
      )
      assert.notProperty(sent[0]?.headers, "user-agent")
      assert.notProperty(sent[0]?.headers, "accept")
      assert.deepStrictEqual(headersOf(sent, "x-layer"), ["1"])
    })
  )

  it.effect("null removes the credential", () =>
    Effect.gen(function* () {
      const none = yield* sentBy(probes.get({}).pipe(RequestOptions.withHeaders({ Authorization: null })))
      assert.notProperty(none[0]?.headers, "authorization")
    })
  )

  it.effect("another Authorization replaces the credential", () =>
    Effect.gen(function* () {
      const other = yield* sentBy(probes.get({}).pipe(RequestOptions.withHeaders({ authorization: "Bearer other" })))
      assert.deepStrictEqual(headersOf(other, "authorization"), ["Bearer other"])
    })
  )

  it.effect("an inner value comes back after an outer null", () =>
    Effect.gen(function* () {
      const sent = yield* sentBy(
        probes.get({}).pipe(RequestOptions.withHeaders({ "x-a": "1" }), RequestOptions.withHeaders({ "x-a": null }))
      )
      assert.deepStrictEqual(headersOf(sent, "x-a"), ["1"])
    })
  )

  it.effect("hold for the program they are applied to and for nothing else", () =>
    Effect.gen(function* () {
      const sent = yield* sentBy(
        Effect.andThen(RequestOptions.withHeaders(probes.get({}), { "x-a": "1" }), probes.get({}))
      )
      assert.deepStrictEqual(headersOf(sent, "x-a"), ["1", undefined])
    })
  )

  it.effect("reach calls in forked fibers", () =>
    Effect.gen(function* () {
      const program = Effect.all([probes.get({}), probes.post({})], { concurrency: 2 })
      const sent = yield* sentBy(program.pipe(RequestOptions.withHeaders({ "x-a": "1" })))
      assert.deepStrictEqual(headersOf(sent, "x-a"), ["1", "1"])
    })
  )
})

describe("a Stream", () => {
  it.effect("takes options like an Effect", () =>
    Effect.gen(function* () {
      const stream = probes
        .stream({})
        .pipe(RequestOptions.withHeaders({ "x-a": "1" }), RequestOptions.withQuery({ q: "2" }))
      const sent = yield* sentBy(Stream.runDrain(stream))
      assert.deepStrictEqual(headersOf(sent, "x-a"), ["1"])
      assert.deepStrictEqual(queriesOf(sent), ["?q=2"])
    })
  )

  it.effect("passes them to every page of a list", () =>
    Effect.gen(function* () {
      const http = fakeHttp(
        { body: { data: [{ id: "a" }], has_more: true } },
        { body: { data: [{ id: "b" }], has_more: false } }
      )
      yield* Stream.runDrain(RequestOptions.withHeaders(probes.list({}), { "x-a": "1" })).pipe(
        Effect.provide(openAiOver(http))
      )
      assert.deepStrictEqual(headersOf(http.sent, "x-a"), ["1", "1"])
    })
  )

  it.effect("keeps them from what consumes it", () =>
    Effect.gen(function* () {
      const stream = RequestOptions.withHeaders(probes.stream({}), { "x-a": "1" })
      const sent = yield* sentBy(Stream.runForEach(stream, () => probes.get({})))
      assert.deepStrictEqual(headersOf(sent, "x-a"), ["1", undefined])
    })
  )

  it.effect("may be within an Effect that has options", () =>
    Effect.gen(function* () {
      const sent = yield* sentBy(Stream.runDrain(probes.stream({})).pipe(RequestOptions.withHeaders({ "x-a": "1" })))
      assert.deepStrictEqual(headersOf(sent, "x-a"), ["1"])
    })
  )
})

describe("the query", () => {
  it.effect("is added to that of the base URL, of the layer and of the input", () =>
    Effect.gen(function* () {
      const sent = yield* sentBy(probes.get({ a: 1 }).pipe(RequestOptions.withQuery({ d: 4 })), {
        baseUrl: "http://api.test?b=2",
        query: { c: 3 }
      })
      assert.deepStrictEqual(queriesOf(sent), ["?b=2&a=1&c=3&d=4"])
    })
  )

  it.effect("replaces a parameter of the input, or removes it with undefined", () =>
    Effect.gen(function* () {
      const sent = yield* sentBy(probes.get({ a: 1, b: 2 }).pipe(RequestOptions.withQuery({ a: 9, b: undefined })))
      assert.deepStrictEqual(queriesOf(sent), ["?a=9"])
    })
  )
})

describe("the body", () => {
  it.effect("is merged into that of the input", () =>
    Effect.gen(function* () {
      const sent = yield* sentBy(
        probes
          .post({ a: 1, b: 2 })
          .pipe(RequestOptions.withBody({ b: 3, c: null }), RequestOptions.withBody({ c: 9, d: 4 }))
      )
      assert.deepStrictEqual(sent[0]?.body, { a: 1, b: 3, c: null, d: 4 })
    })
  )

  it.effect("is edited by path, in order, the outer edits first", () =>
    Effect.gen(function* () {
      const program = probes
        .post({ messages: [{ role: "user" }, { role: "assistant" }], gone: 1 })
        .pipe(
          RequestOptions.withEdit([["messages", 1], undefined]),
          RequestOptions.withEdit([["messages", 0, "name"], "Ada"]),
          RequestOptions.withEdit([["gone"], undefined]),
          RequestOptions.withEdit([["deep", "er", "est"], [1]])
        )
      assert.deepStrictEqual((yield* sentBy(program))[0]?.body, {
        messages: [{ role: "user", name: "Ada" }],
        deep: { er: { est: [1] } }
      })
    })
  )

  it.effect("is replaced by an edit at the empty path", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(
        (yield* sentBy(probes.post({ a: 1 }).pipe(RequestOptions.withEdit([[], { b: 2 }]))))[0]?.body,
        {
          b: 2
        }
      )
    })
  )

  it.effect("edits leave the input as it was", () =>
    Effect.gen(function* () {
      const input = { list: [{ a: 1 }], object: { b: 2 } }
      yield* sentBy(
        probes
          .post(input)
          .pipe(
            RequestOptions.withEdit([["list", 0, "a"], 9]),
            RequestOptions.withEdit([["object", "b"], undefined]),
            RequestOptions.withEdit([["list", 0], undefined])
          )
      )
      assert.deepStrictEqual(input, { list: [{ a: 1 }], object: { b: 2 } })
    })
  )

  it.effect("what an edit has set is what is sent there, and nothing else changes", () =>
    Effect.promise(() =>
      fc.assert(
        fc.asyncProperty(
          fc.array(fc.constantFrom("a", "b", "c"), { minLength: 1, maxLength: 4 }),
          fc.jsonValue(),
          fc.dictionary(
            fc.constantFrom("a", "b", "c"),
            fc.oneof(fc.integer(), fc.dictionary(fc.constantFrom("a", "b"), fc.string(), { noNullPrototype: true })),
            { noNullPrototype: true }
          ),
          (path, value, input) =>
            Effect.runPromise(
              Effect.gen(function* () {
                const edited = probes.post(input).pipe(RequestOptions.withEdit([path, value]))
                const body = (yield* sentBy(edited))[0]?.body
                assert.deepStrictEqual(at(body, path), JSON.parse(JSON.stringify(value)))
                const [first = ""] = path
                const { [first]: _, ...others } = input
                const { [first]: __, ...rest } = body as { readonly [key: string]: unknown }
                assert.deepStrictEqual(rest, others)
              })
            )
        ),
        { numRuns: 100 }
      )
    )
  )

  it.effect("an edit that names a property of an array is refused", () =>
    Effect.gen(function* () {
      const http = fakeHttp({ body: { ok: true } })
      const program = probes.post({ list: [1] }).pipe(RequestOptions.withEdit([["list", "first"], 2]))
      const error = yield* failureOf(Effect.provide(program, openAiOver(http)))
      assert.include(reasonOf(error, "RequestError").message, "first")
      assert.strictEqual(http.sent.length, 0)
    })
  )
})

describe("an idempotency key", () => {
  it.effect("is the same on every attempt", () =>
    Effect.gen(function* () {
      const http = fakeHttp({ status: 500, headers: { "retry-after-ms": "0" } }, { body: { ok: true } })
      yield* probes
        .post({})
        .pipe(RequestOptions.withOptions({ idempotencyKey: "k-1" }), Effect.provide(openAiOver(http)))
      assert.deepStrictEqual(headersOf(http.sent, "idempotency-key"), ["k-1", "k-1"])
    })
  )
})

describe("the retry policy", () => {
  it.effect("of the innermost program is used", () =>
    Effect.gen(function* () {
      const http = fakeHttp({ status: 500, headers: { "retry-after-ms": "0" } })
      const retries = (maxRetries: number) => RetryPolicy.set(RetryPolicy.official, { maxRetries })
      yield* failureOf(
        probes
          .get({})
          .pipe(RequestOptions.withRetry(retries(1)), RequestOptions.withRetry(retries(5)))
          .pipe(Effect.provide(openAiOver(http, { retry: retries(9) })))
      )
      assert.strictEqual(http.sent.length, 2)
    })
  )
})

describe("middleware", () => {
  const marking = (mark: string) => (client: HttpClient.HttpClient) =>
    HttpClient.mapRequest(client, (request) =>
      HttpClientRequest.setHeader(request, "x-marks", `${request.headers["x-marks"] ?? ""}${mark}`)
    )

  it.effect("of the layer and of programs wraps every attempt, the innermost next to the call", () =>
    Effect.gen(function* () {
      const http = fakeHttp({ status: 500, headers: { "retry-after-ms": "0" } }, { body: { ok: true } })
      yield* probes
        .get({})
        .pipe(
          RequestOptions.withClient(marking("i")),
          RequestOptions.withClient(marking("o")),
          Effect.provide(openAiOver(http, { transformClient: marking("l") }))
        )
      const [first, second] = headersOf(http.sent, "x-marks")
      assert.strictEqual([...(first ?? "")].sort().join(""), "ilo")
      assert.strictEqual(second, first)
    })
  )

  it.effect("that fails is a typed error", () =>
    Effect.gen(function* () {
      const http = fakeHttp({ breaks: "EPROTO" })
      const error = yield* failureOf(
        probes
          .get({})
          .pipe(
            RequestOptions.withClient(HttpClient.filterStatusOk),
            RequestOptions.withRetry(RetryPolicy.none),
            Effect.provide(openAiOver(http))
          )
      )
      reasonOf(error, "NetworkError")
    })
  )

  it.effect("that refuses a status still leads to the reason of that status", () =>
    Effect.gen(function* () {
      const http = fakeHttp({ status: 404, body: { error: { message: "no such thing" } } })
      const error = yield* failureOf(
        probes
          .get({})
          .pipe(
            RequestOptions.withClient(HttpClient.filterStatusOk),
            RequestOptions.withRetry(RetryPolicy.none),
            Effect.provide(openAiOver(http))
          )
      )
      assert.strictEqual(reasonOf(error, "NotFoundError").message, "no such thing")
    })
  )
})

describe("debug", () => {
  const logged = (program: Effect.Effect<unknown, unknown, OpenAi>, options: Options = {}) =>
    Effect.gen(function* () {
      const entries: Array<{
        readonly message: unknown
        readonly level: string
        readonly fields: Record<string, unknown>
      }> = []
      const logger = Logger.map(Logger.formatStructured, ({ annotations, level, message }) => {
        entries.push({ message, level, fields: annotations })
      })
      const http = fakeHttp(
        { status: 500, headers: { "retry-after-ms": "0" }, body: { error: { message: "no" } } },
        { body: { ok: true, pad: "x".repeat(50) } }
      )
      yield* program.pipe(
        Effect.provide(openAiOver(http, options)),
        Effect.provide(Logger.layer([logger])),
        Effect.provideService(References.MinimumLogLevel, "Trace")
      )
      return entries
    })

  it.effect("is off unless asked for", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* logged(probes.post({})), [])
    })
  )

  it.effect("logs each request, response and retry at Debug, without bodies", () =>
    Effect.gen(function* () {
      const entries = yield* logged(probes.post({ prompt: "hi" }).pipe(RequestOptions.withDebug(true)))
      assert.deepStrictEqual(
        entries.map(({ message }) => message),
        ["POST http://api.test/probe", "HTTP 500", "retry after ServerError", "POST http://api.test/probe", "HTTP 200"]
      )
      assert.isTrue(entries.every(({ level }) => level === "DEBUG"))
      assert.deepStrictEqual(
        entries.map(({ fields }) => fields["attempt"]),
        [1, 1, 1, 2, 2]
      )
      assert.notInclude(JSON.stringify(entries), "prompt")
    })
  )

  it.effect("logs bodies up to the given length", () =>
    Effect.gen(function* () {
      const entries = yield* logged(probes.post({ prompt: "hi" }), { debug: { bodies: 20 } })
      const bodies = entries.flatMap(({ fields }) => ("body" in fields ? [fields["body"]] : []))
      assert.strictEqual(bodies[0], '{"prompt":"hi"}')
      assert.match(String(bodies.at(-1)), /^.{20}… \(\d+ characters\)$/)
    })
  )

  it.effect("prints as Effect's default logger does if the program has no loggers", () =>
    Effect.gen(function* () {
      const lines: Array<ReadonlyArray<unknown>> = []
      const print = (...line: ReadonlyArray<unknown>) => void lines.push(line)
      const http = fakeHttp({ body: { ok: true } })
      yield* Effect.gen(function* () {
        yield* probes.post({})
        yield* Effect.logDebug("HTTP 200").pipe(
          Effect.annotateLogs({ provider: "openai", endpoint: "probe", attempt: 1, headers: {} })
        )
      }).pipe(
        Effect.provide(openAiOver(http, { debug: true })),
        Effect.provideService(Console.Console, { ...globalThis.console, log: print }),
        Effect.provideService(References.MinimumLogLevel, "Trace"),
        (program) => Effect.promise(() => Effect.runPromise(program))
      )
      const [, ours = [], effects = []] = lines
      const [head, message, annotations] = ours
      const form = (text: unknown) => String(text).replaceAll(/\d/g, "0").replace(/#0+/, "#0")
      assert.strictEqual(lines.length, 3)
      assert.strictEqual(form(head), form(effects[0]))
      assert.strictEqual(message, effects[1])
      assert.hasAllKeys(annotations, Object.keys(effects[2] as object))
    })
  )

  it.effect("of the layer is switched off for a program", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* logged(probes.post({}).pipe(RequestOptions.withDebug(false)), { debug: true }), [])
    })
  )
})
