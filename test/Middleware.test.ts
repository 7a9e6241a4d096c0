import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import { ApiError, Middleware, RequestOptions, RetryPolicy } from "llmfx"
import { OpenAi } from "llmfx/openai"
import { Mock } from "llmfx/testing"
import { failureOf, reasonOf } from "./support/errors.ts"
import { fakeHttp, sse } from "./support/FakeHttp.ts"
import { openAiOver, probes } from "./support/probes.ts"

/** Writes down when a call starts and when its scope ends. */
const noting = (notes: Array<string>, name: string): Middleware.Middleware =>
  Middleware.make((call, next) =>
    Effect.acquireRelease(
      Effect.sync(() => void notes.push(`${name} ${call.endpoint.id}`)),
      () => Effect.sync(() => void notes.push(`${name} ends`))
    ).pipe(Effect.andThen(next(call)))
  )

const atOnce = RetryPolicy.set(RetryPolicy.official, { schedule: Schedule.forever })

const events = sse({ type: "tick", delta: "a" }, { type: "tick", delta: "b" }, { type: "end" })

describe("middleware", () => {
  it.effect("runs around each call: that of the layer outside, that of the innermost program inside", () =>
    Effect.gen(function* () {
      const notes: Array<string> = []
      const http = fakeHttp({ body: { ok: true } })
      yield* probes
        .get({})
        .pipe(
          Middleware.use(noting(notes, "inner")),
          Middleware.use(noting(notes, "outer")),
          Effect.provide(openAiOver(http, { middleware: [noting(notes, "layer 1"), noting(notes, "layer 2")] }))
        )
      assert.deepStrictEqual(notes, [
        "layer 1 probe.get",
        "layer 2 probe.get",
        "outer probe.get",
        "inner probe.get",
        "inner ends",
        "outer ends",
        "layer 2 ends",
        "layer 1 ends"
      ])
    })
  )

  for (const [where, run] of [
    ["a program", (m: Middleware.Middleware) => ({ scoped: m, layer: [] })],
    ["a layer", (m: Middleware.Middleware) => ({ scoped: undefined, layer: [m] })]
  ] as const) {
    it.effect(`of ${where} does not apply to the calls that it makes itself`, () =>
      Effect.gen(function* () {
        const http = fakeHttp({ body: { ok: true } })
        const notes: Array<string> = []
        const layer = openAiOver(http, { middleware: [] })
        const asking = Middleware.make((call, next) =>
          Effect.gen(function* () {
            notes.push(call.endpoint.id)
            yield* Effect.orDie(Effect.provide(probes.post({}), used))
            return yield* next(call)
          })
        )
        const { layer: own, scoped } = run(asking)
        const used = own.length === 0 ? layer : openAiOver(http, { middleware: own })
        const call = probes.get({})
        yield* Effect.provide(scoped === undefined ? call : Middleware.use(call, scoped), used)
        assert.deepStrictEqual(notes, ["probe.get"])
        assert.deepStrictEqual(
          http.sent.map(({ method }) => method),
          ["POST", "GET"]
        )
      })
    )
  }

  it.effect("ends with the stream, not with its first event", () =>
    Effect.gen(function* () {
      const notes: Array<string> = []
      const stream = probes.stream({}).pipe(
        Stream.tap(({ type }) => Effect.sync(() => void notes.push(type))),
        Middleware.use(noting(notes, "m"))
      )
      yield* Stream.runDrain(stream).pipe(Effect.provide(openAiOver(fakeHttp({ parts: [events] }))))
      assert.deepStrictEqual(notes, ["m probe.post:stream", "tick", "tick", "end", "m ends"])
    })
  )

  it.effect("changes the input, the values and the answer", () =>
    Effect.gen(function* () {
      const http = fakeHttp({ parts: [events] })
      const halved = Middleware.make((call, next) =>
        Effect.map(next({ ...call, input: { n: 2 } }), Middleware.mapValues(Stream.take(1)))
      )
      const values = yield* probes
        .stream({ n: 1 })
        .pipe(Stream.runCollect, Middleware.use(halved), Effect.provide(openAiOver(http)))
      assert.lengthOf(values, 1)
      assert.deepStrictEqual(http.sent[0]?.body, { n: 2, stream: true })
    })
  )

  it.effect("may answer without a request, or refuse", () =>
    Effect.gen(function* () {
      const http = fakeHttp({ body: { ok: true } })
      const refusing = Middleware.make(({ endpoint: { id, provider } }) =>
        Effect.fail(
          new ApiError.ApiError({
            provider,
            endpoint: id,
            reason: new ApiError.RequestError({ message: "not today" }),
            request: undefined,
            response: undefined,
            attempts: []
          })
        )
      )
      const error = yield* failureOf(probes.get({})).pipe(Middleware.use(refusing), Effect.provide(openAiOver(http)))
      assert.strictEqual(reasonOf(error, "RequestError").message, "not today")
      assert.isEmpty(http.sent)
    })
  )

  it.effect("sees each page of a list", () =>
    Effect.gen(function* () {
      const notes: Array<string> = []
      const http = fakeHttp(
        { body: { data: [{ id: "1" }], has_more: true } },
        { body: { data: [{ id: "2" }], has_more: false } }
      )
      const count = yield* probes
        .list({})
        .pipe(Stream.runCount, Middleware.use(noting(notes, "page")), Effect.provide(openAiOver(http)))
      assert.strictEqual(count, 2)
      assert.lengthOf(notes, 4)
    })
  )

  it.effect("sees what withResponse and raw give", () =>
    Effect.gen(function* () {
      const seen: Array<readonly [number, number]> = []
      const seeing = Middleware.make((call, next) =>
        Effect.tap(next(call), ({ attempts, status }) => Effect.sync(() => void seen.push([status, attempts])))
      )
      const http = fakeHttp({ status: 500 }, { body: { ok: true } })
      const program = Effect.andThen(probes.get.raw({}), probes.get.withResponse({}))
      yield* program.pipe(Middleware.use(seeing), Effect.provide(openAiOver(http, { retry: atOnce })))
      assert.deepStrictEqual(seen, [
        [200, 2],
        [200, 1]
      ])
    })
  )

  it.effect("runs around mocks too", () =>
    Effect.gen(function* () {
      const notes: Array<string> = []
      yield* probes
        .get({})
        .pipe(
          Middleware.use(noting(notes, "m")),
          Effect.provide(Mock.layer(OpenAi, [Mock.on(probes.get, () => Effect.succeed({ ok: true }))]))
        )
      assert.deepStrictEqual(notes, ["m probe.get", "m ends"])
    })
  )
})

describe("transformAttempt", () => {
  it.effect("makes an attempt final by an error of its own", () =>
    Effect.gen(function* () {
      const http = fakeHttp({ status: 500 })
      let tries = 0
      const error = yield* failureOf(
        probes.get({}).pipe(
          RequestOptions.withOptions({
            transformAttempt: (attempt) =>
              Effect.suspend(() => {
                tries++
                return tries === 1
                  ? attempt
                  : Effect.mapError(
                      attempt,
                      (error) =>
                        new ApiError.ApiError({ ...error, reason: new ApiError.RequestError({ message: "enough" }) })
                    )
              })
          }),
          Effect.provide(openAiOver(http, { retry: atOnce }))
        )
      )
      assert.strictEqual(reasonOf(error, "RequestError").message, "enough")
      assert.strictEqual(http.sent.length, 2)
    })
  )
})
