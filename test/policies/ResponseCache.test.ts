import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Persistence from "effect/persistence/Persistence"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/testing/TestClock"
import { type Middleware, RequestOptions, ResponseCache, RetryPolicy } from "llmfx"
import { ChatCompletions, Responses } from "llmfx/openai"
import { failureOf, reasonOf } from "../support/errors.ts"
import { type FakeHttp, fakeHttp, sse } from "../support/FakeHttp.ts"
import { openAiOver, probes } from "../support/probes.ts"
import { passSlowly, settleSlowly } from "../support/settle.ts"

const memory = Layer.provide(Persistence.layer, Persistence.layerBackingMemory)
const silent = Layer.succeed(
  Persistence.Persistence,
  Persistence.Persistence.of({
    make: () =>
      Effect.succeed({
        get: () => Effect.never,
        getMany: () => Effect.never,
        set: () => Effect.never,
        setMany: () => Effect.never,
        remove: () => Effect.never,
        clear: Effect.never
      })
  })
)
const over = (http: FakeHttp, cache: Middleware.Middleware) => Layer.fresh(openAiOver(http, { middleware: [cache] }))

const response = (text: string) => ({
  id: "resp_1",
  object: "response",
  created_at: 1,
  status: "completed",
  model: "m",
  tool_choice: "auto",
  parallel_tool_calls: true,
  tools: [],
  temperature: 1,
  top_p: 1,
  error: null,
  incomplete_details: null,
  instructions: null,
  metadata: {},
  output: [{ type: "brand_new_item", id: "i", text }]
})

const chunk = (content: string, finish_reason: string | null = null) => ({
  id: "c",
  object: "chat.completion.chunk",
  created: 1,
  model: "m",
  choices: [{ index: 0, delta: { content }, finish_reason }]
})
const events = sse(chunk("a"), chunk("b", "stop"), "[DONE]")
const stream = ChatCompletions.stream({ model: "m", messages: [{ role: "user", content: "hi" }] })

describe("ResponseCache", () => {
  it.effect("answers the same input once, whatever the order of its fields", () =>
    Effect.gen(function* () {
      const http = fakeHttp({ body: response("first") }, { body: response("second") })
      const layer = over(http, yield* ResponseCache.make({ timeToLive: "1 day" }))
      const [a, b, c] = yield* Effect.all([
        Responses.create({ model: "m", input: "hi" }),
        Responses.create.withResponse({ input: "hi", model: "m" }),
        Responses.create({ model: "m", input: "other" })
      ]).pipe(Effect.provide(layer))
      assert.deepStrictEqual(b.value, a)
      assert.strictEqual(b.attempts, 0)
      assert.strictEqual(b.value.output[0]?.type, "~unknown")
      assert.notDeepEqual(c.output, a.output)
      assert.strictEqual(http.sent.length, 2)
    }).pipe(Effect.scoped, Effect.provide(memory))
  )

  it.effect("decodes each answer as the program around the call says", () =>
    Effect.gen(function* () {
      const http = fakeHttp({ body: { ...response("x"), created_at: "soon" } })
      const layer = over(http, yield* ResponseCache.make({ timeToLive: "1 day" }))
      const call = Responses.create({ model: "m", input: "hi" })
      yield* call.pipe(RequestOptions.withDecoding("raw"), Effect.provide(layer))
      const again = yield* call.pipe(RequestOptions.withDecoding("raw"), Effect.provide(layer))
      assert.strictEqual<unknown>(again.created_at, "soon")
      assert.strictEqual(http.sent.length, 1)
      yield* Effect.flip(Effect.provide(call, layer))
      assert.strictEqual(http.sent.length, 2)
    }).pipe(Effect.scoped, Effect.provide(memory))
  )

  it.effect("keeps the answers to other headers apart", () =>
    Effect.gen(function* () {
      const http = fakeHttp({ body: response("x") })
      const layer = over(http, yield* ResponseCache.make({ timeToLive: "1 day" }))
      const call = Responses.create({ model: "m", input: "hi" })
      yield* Effect.provide(call, layer)
      yield* call.pipe(RequestOptions.withHeaders({ authorization: "Bearer another" }), Effect.provide(layer))
      assert.strictEqual(http.sent.length, 2)
    }).pipe(Effect.scoped, Effect.provide(memory))
  )

  it.effect("asks again after its time", () =>
    Effect.gen(function* () {
      const http = fakeHttp({ body: response("x") })
      const layer = over(http, yield* ResponseCache.make({ timeToLive: "1 hour" }))
      const call = Effect.provide(Responses.create({ model: "m", input: "hi" }), layer)
      yield* call
      yield* TestClock.adjust("1 hour")
      yield* call
      assert.strictEqual(http.sent.length, 2)
    }).pipe(Effect.scoped, Effect.provide(memory))
  )

  it.effect("tells calls apart whose options change what is sent", () =>
    Effect.gen(function* () {
      const http = fakeHttp({ body: response("x") })
      const layer = over(http, yield* ResponseCache.make({ timeToLive: "1 hour" }))
      const call = Responses.create({ model: "m", input: "hi" })
      yield* Effect.andThen(call, call.pipe(RequestOptions.withBody({ seed: 2 }))).pipe(Effect.provide(layer))
      assert.strictEqual(http.sent.length, 2)
    }).pipe(Effect.scoped, Effect.provide(memory))
  )

  it.effect("keeps a whole stream", () =>
    Effect.gen(function* () {
      const http = fakeHttp({ parts: [events] })
      const layer = over(http, yield* ResponseCache.make({ timeToLive: "1 hour" }))
      const [first, second] = yield* Effect.all([Stream.runCollect(stream), Stream.runCollect(stream)]).pipe(
        Effect.provide(layer)
      )
      assert.deepStrictEqual(second, first)
      assert.lengthOf(second, 2)
      assert.strictEqual(http.sent.length, 1)
    }).pipe(Effect.scoped, Effect.provide(memory))
  )

  it.effect("keeps only what has come whole", () =>
    Effect.gen(function* () {
      const http = fakeHttp(
        { parts: [sse(chunk("a")), events] },
        { parts: [sse(chunk("a")), "<broken>"] },
        { status: 400 },
        { parts: [events] }
      )
      const layer = over(http, yield* ResponseCache.make({ timeToLive: "1 hour" }))
      const program = Effect.gen(function* () {
        yield* Stream.runHead(stream)
        yield* Effect.exit(Stream.runDrain(stream))
        yield* Effect.exit(Stream.runDrain(stream))
        yield* Stream.runDrain(stream)
      })
      yield* Effect.provide(program, layer)
      assert.strictEqual(http.sent.length, 4)
    }).pipe(Effect.scoped, Effect.provide(memory))
  )

  it.effect("leaves calls alone that are not inference, unless told otherwise", () =>
    Effect.gen(function* () {
      const http = fakeHttp({ body: { ok: true } })
      const twice = (cache: Middleware.Middleware) =>
        Effect.andThen(probes.post({}), probes.post({})).pipe(Effect.provide(over(http, cache)))
      yield* twice(yield* ResponseCache.make({ timeToLive: "1 hour" }))
      assert.strictEqual(http.sent.length, 2)
      yield* twice(yield* ResponseCache.make({ timeToLive: "1 hour", when: () => true }))
      assert.strictEqual(http.sent.length, 3)
    }).pipe(Effect.scoped, Effect.provide(memory))
  )

  it.effect("makes calls while its store fails", () =>
    Effect.gen(function* () {
      const http = fakeHttp({ body: response("x") })
      const layer = over(http, yield* ResponseCache.make({ timeToLive: "1 hour" }))
      const call = Effect.provide(Responses.create({ model: "m", input: "hi" }), layer)
      yield* Effect.andThen(call, call)
      assert.strictEqual(http.sent.length, 2)
    }).pipe(
      Effect.scoped,
      Effect.provide(
        Layer.provide(
          Persistence.layer,
          Layer.succeed(Persistence.BackingPersistence, {
            make: () => {
              const fail = () => Effect.fail(new Persistence.PersistenceError({ message: "down" }))
              return Effect.succeed({
                get: fail,
                getMany: fail,
                set: fail,
                setMany: fail,
                remove: fail,
                clear: fail()
              })
            }
          })
        )
      )
    )
  )

  it.effect("does not keep a response that is nested too deeply to be written", () =>
    Effect.gen(function* () {
      const deep = `${"[".repeat(100_000)}${"]".repeat(100_000)}`
      const text = JSON.stringify({ ...response("a"), metadata: {}, extra: "<deep>" }).replace('"<deep>"', deep)
      const http = fakeHttp({ parts: [text] })
      const layer = over(http, yield* ResponseCache.make({ timeToLive: "1 day" }))
      const create = Effect.provide(Responses.create({ model: "m", input: "hi" }), layer)
      assert.strictEqual((yield* create).id, "resp_1")
      assert.strictEqual((yield* create).id, "resp_1")
      assert.strictEqual(http.sent.length, 2)
    }).pipe(Effect.scoped, Effect.provide(memory))
  )

  it.effect("does not wait for a store that does not answer", () =>
    Effect.gen(function* () {
      const http = fakeHttp({ body: response("a") }, { body: response("b") })
      const layer = over(http, yield* ResponseCache.make({ timeToLive: "1 day" }))
      const create = Effect.provide(Responses.create({ model: "m", input: "hi" }), layer)
      assert.strictEqual((yield* settleSlowly(create, "1 second")).id, "resp_1")
      const late = yield* settleSlowly(
        failureOf(create.pipe(RequestOptions.withTimeouts({ total: "1 second" }))),
        "1 second"
      )
      assert.strictEqual(reasonOf(late, "TimeoutError").which, "total")
      assert.strictEqual(http.sent.length, 1)
    }).pipe(Effect.scoped, Effect.provide(silent))
  )

  const ask = Responses.create({ model: "m", input: "hi" })

  for (const [name, first] of [
    ["deadline", RequestOptions.withTimeouts(ask, { total: "1 second" })],
    ["retries", RequestOptions.withRetry(ask, RetryPolicy.none)],
    ["debug", RequestOptions.withOptions(ask, { debug: { bodies: 10 } })],
    ["decoding", RequestOptions.withDecoding(ask, "raw")]
  ] as const) {
    it.effect(`gives a later caller what it would have got itself, whatever the ${name} of the first`, () =>
      Effect.gen(function* () {
        const http = fakeHttp({ body: response("x") })
        const layer = over(http, yield* ResponseCache.make({ timeToLive: "1 day" }))
        yield* Effect.provide(first, layer)
        yield* TestClock.adjust("1 minute")
        const again = yield* Effect.provide(ask, layer)
        const own = yield* Effect.provide(ask, Layer.fresh(openAiOver(http)))
        assert.deepStrictEqual(again, own)
        assert.strictEqual(http.sent.length, 2)
      }).pipe(Effect.scoped, Effect.provide(memory))
    )
  }

  it.effect("does not give the answer of one base URL to a call of another", () =>
    Effect.gen(function* () {
      const http = fakeHttp({ body: response("x") })
      const layer = over(http, yield* ResponseCache.make({ timeToLive: "1 day" }))
      yield* ask.pipe(RequestOptions.withBaseUrl("http://own.test"), Effect.provide(layer))
      yield* Effect.provide(ask, layer)
      assert.strictEqual(http.sent.length, 2)
    }).pipe(Effect.scoped, Effect.provide(memory))
  )

  it.effect("answers a caller although the one before it was interrupted", () =>
    Effect.gen(function* () {
      const http = fakeHttp({ body: response("x"), delay: 1000 })
      const layer = over(http, yield* ResponseCache.make({ timeToLive: "1 day" }))
      const hasty = yield* Effect.forkChild(Effect.provide(ask, layer))
      const patient = yield* Effect.forkChild(Effect.provide(ask, layer))
      yield* passSlowly(500)
      yield* Fiber.interrupt(hasty)
      assert.strictEqual((yield* settleSlowly(Fiber.join(patient))).id, "resp_1")
    }).pipe(Effect.scoped, Effect.provide(memory))
  )

  it.effect("does not hold an answer back beyond the call's time for a store that does not keep it", () =>
    Effect.gen(function* () {
      const http = fakeHttp({ body: response("x") })
      const layer = over(http, yield* ResponseCache.make({ timeToLive: "1 day" }))
      yield* settleSlowly(
        ask.pipe(RequestOptions.withTimeouts({ total: "1 second" }), Effect.provide(layer)),
        "100 millis"
      )
      // The key is hashed before, which takes a time that the test's clock does not know.
      assert.isAtMost((yield* Clock.currentTimeMillis) - (http.sent[0]?.at ?? Number.NaN), 1200)
    }).pipe(Effect.scoped, Effect.provide(deaf))
  )
})

/** A store that has nothing, and never ends to keep something. */
const deaf = Layer.succeed(
  Persistence.Persistence,
  Persistence.Persistence.of({
    make: () =>
      Effect.succeed({
        get: () => Effect.succeed(undefined),
        getMany: () => Effect.never,
        set: () => Effect.never,
        setMany: () => Effect.never,
        remove: () => Effect.never,
        clear: Effect.never
      })
  })
)
