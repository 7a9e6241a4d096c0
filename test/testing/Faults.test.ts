import { assert, describe, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import type * as HttpClient from "effect/http/HttpClient"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/testing/TestClock"
import type { ApiError, Timeouts } from "llmfx"
import { RetryPolicy } from "llmfx"
import { Anthropic, Messages } from "llmfx/anthropic"
import { Chat, Coze } from "llmfx/coze"
import { ChatCompletions, Models, OpenAi } from "llmfx/openai"
import { Events, Faults, Mock } from "llmfx/testing"
import { reasonOf, streamFailure } from "../support/errors.ts"
import { settleSlowly } from "../support/settle.ts"

const apiKey = Redacted.make("test-key")
const question = { model: "gpt-5.4-mini", messages: [{ role: "user", content: "hi" }] } as const

type Transform = (client: HttpClient.HttpClient) => HttpClient.HttpClient

const openAi = (transformClient: Transform, retry = RetryPolicy.none, timeouts: Timeouts.Timeouts = {}) =>
  Mock.layerHttp(OpenAi, { apiKey, retry, timeouts, transformClient }, [
    Mock.on(Models.retrieve, ({ model }) => Effect.succeed({ id: model })),
    Mock.on(ChatCompletions.stream, () => Events.chatCompletion("one two three four"))
  ])

/** Returns the value or error of a call under a fault, and the report. */
const under = (fault: Faults.Fault, timeouts: Timeouts.Timeouts = {}) =>
  Effect.gen(function* () {
    const faults = yield* Faults.make(Faults.always(fault))
    const layer = openAi(faults.transform, RetryPolicy.none, timeouts)
    const call = yield* Effect.forkChild(Effect.provide(Effect.result(Models.retrieve({ model: "m" })), layer))
    yield* TestClock.adjust("1 hour")
    const result = yield* Fiber.join(call)
    return { result, report: yield* faults.report }
  })

const failing = (fault: Faults.Fault, timeouts: Timeouts.Timeouts = {}) =>
  Effect.map(under(fault, timeouts), ({ report, result }) => {
    assert.strictEqual(result._tag, "Failure")
    assert.strictEqual(report.length, 1)
    return (result as { readonly failure: ApiError.ApiError }).failure
  })

const streaming = (fault: Faults.Fault) =>
  Effect.gen(function* () {
    const faults = yield* Faults.make(Faults.always(fault))
    return yield* Effect.provide(streamFailure(ChatCompletions.stream(question)), openAi(faults.transform))
  })

describe("a fault", () => {
  it.effect("refuses the connection", () =>
    Effect.gen(function* () {
      const { code, phase } = reasonOf(yield* failing(Faults.refuse), "NetworkError")
      assert.deepStrictEqual([code, phase], ["ECONNREFUSED", "connect"])
    })
  )

  it.effect("resets the connection before the response", () =>
    Effect.gen(function* () {
      const { code, phase } = reasonOf(yield* failing(Faults.reset), "NetworkError")
      assert.deepStrictEqual([code, phase], ["ECONNRESET", "headers"])
    })
  )

  it.effect("loses the response of a call that the server has seen", () =>
    Effect.gen(function* () {
      const faults = yield* Faults.make(Faults.always(Faults.loseResponse))
      yield* Effect.gen(function* () {
        reasonOf(yield* Effect.flip(Models.retrieve({ model: "m" })), "NetworkError")
        assert.strictEqual((yield* Mock.calls(Models.retrieve)).length, 1)
      }).pipe(Effect.provide(openAi(faults.transform)))
    })
  )

  it.effect("stalls until a timeout passes", () =>
    Effect.gen(function* () {
      const error = yield* failing(Faults.stall, { headers: "5 seconds" })
      assert.strictEqual(reasonOf(error, "TimeoutError").which, "headers")
    })
  )

  it.effect("lets the body drip so slowly that a timeout passes, and whole if none does", () =>
    Effect.gen(function* () {
      const error = yield* failing(Faults.slowDrip("10 seconds"), { body: "15 seconds" })
      assert.strictEqual(reasonOf(error, "TimeoutError").which, "body")
      const { report, result } = yield* under(Faults.slowDrip("10 seconds"))
      assert.strictEqual(result._tag === "Success" && result.success.id, "m")
      assert.strictEqual(report[0]?.fault, "slow drip")
    })
  )

  it.effect("goes silent in the middle of the body", () =>
    Effect.gen(function* () {
      const error = yield* failing(Faults.stallAfter(5), { body: "15 seconds" })
      assert.strictEqual(reasonOf(error, "TimeoutError").which, "body")
    })
  )

  it.effect("truncates the body", () =>
    Effect.gen(function* () {
      const { raw } = reasonOf(yield* failing(Faults.truncate(7)), "DecodeError")
      assert.strictEqual(String(raw).length, 7)
    })
  )

  it.effect("breaks the connection in the body", () =>
    Effect.gen(function* () {
      const { code, phase } = reasonOf(yield* failing(Faults.dropAfter(7)), "NetworkError")
      assert.deepStrictEqual([code, phase], ["ECONNRESET", "body"])
    })
  )

  it.effect("answers 429 with the headers of the provider", () =>
    Effect.gen(function* () {
      const error = yield* failing(Faults.rateLimit({ retryAfter: "3 seconds" }))
      const { limits, retryAfter } = reasonOf(error, "RateLimitError")
      assert.strictEqual(retryAfter === undefined ? 0 : Duration.toSeconds(retryAfter), 3)
      assert.strictEqual(limits?.["requests"]?.limit, 60)
    })
  )

  it.effect("answers with a server's error or a page", () =>
    Effect.gen(function* () {
      const unavailable = yield* failing(Faults.serverError(503))
      assert.deepStrictEqual([unavailable.reason._tag, unavailable.response?.status], ["ServerError", 503])
      reasonOf(yield* failing(Faults.overloaded), "OverloadedError")
      assert.include(reasonOf(yield* failing(Faults.html()), "UnexpectedResponseError").message, "Bad gateway")
    })
  )

  it.effect("changes the content type and nothing else", () =>
    Effect.gen(function* () {
      const faults = yield* Faults.make(Faults.always(Faults.wrongContentType("text/html")))
      const response = yield* Effect.provide(Models.retrieve.raw({ model: "m" }), openAi(faults.transform))
      assert.strictEqual(response.headers["content-type"], "text/html")
      assert.deepInclude(JSON.parse(yield* response.text), { id: "m" })
    })
  )

  it.effect("sends an event of a stream twice", () =>
    Effect.gen(function* () {
      const faults = yield* Faults.make(Faults.always(Faults.duplicateEvent(1)))
      const chunks = yield* Effect.provide(
        Stream.runCollect(ChatCompletions.stream(question)),
        openAi(faults.transform)
      )
      assert.strictEqual(chunks.map(({ choices }) => choices[0]?.delta.content ?? "").join(""), "oneone two three four")
    })
  )

  it.effect("overloads a stream after some events", () =>
    Effect.gen(function* () {
      const { error, values } = yield* streaming(Faults.midStreamOverload(2))
      reasonOf(error, "OverloadedError")
      assert.strictEqual(values.length, 2)
    })
  )

  it.effect("truncates a stream", () =>
    Effect.gen(function* () {
      const { error } = yield* streaming(Faults.truncate(400))
      assert.include(reasonOf(error, "StreamTruncatedError").message, "before its last one")
    })
  )

  it.effect("for streams only leaves other answers alone, and is not reported", () =>
    Effect.gen(function* () {
      const { report, result } = yield* under(Faults.midStreamOverload())
      assert.strictEqual(result._tag, "Success")
      assert.deepStrictEqual(report, [])
    })
  )

  it.effect("speaks the language of the API that is called", () =>
    Effect.gen(function* () {
      const options = {
        retry: RetryPolicy.none,
        transformClient: (yield* Faults.make(Faults.always(Faults.midStreamOverload()))).transform
      }
      const message = yield* streamFailure(
        Messages.stream({ model: "claude-sonnet-5", max_tokens: 8, messages: [{ role: "user", content: "hi" }] })
      ).pipe(
        Effect.provide(
          Mock.layerHttp(Anthropic, { apiKey, ...options }, [Mock.on(Messages.stream, () => Events.message("one two"))])
        )
      )
      reasonOf(message.error, "OverloadedError")
      const limited = yield* Faults.make(Faults.always(Faults.rateLimit()))
      const chat = yield* Effect.flip(Chat.create({ bot_id: "b" })).pipe(
        Effect.provide(Mock.layerHttp(Coze, { token: apiKey, platform: "com", transformClient: limited.transform }, []))
      )
      assert.strictEqual(reasonOf(chat, "RateLimitError").code, "4013")
    })
  )
})

describe("a plan", () => {
  it.effect("in order is reported with the attempts that it hit, and retries survive it", () =>
    Effect.gen(function* () {
      const faults = yield* Faults.make(Faults.inOrder(Faults.reset, undefined, Faults.serverError(503)))
      const layer = openAi(faults.transform, RetryPolicy.official)
      const fiber = yield* Effect.forkChild(
        Effect.provide(
          Effect.all([Models.retrieve.withResponse({ model: "a" }), Models.retrieve.withResponse({ model: "b" })]),
          layer
        )
      )
      yield* TestClock.adjust("1 minute")
      const [a, b] = yield* Fiber.join(fiber)
      assert.deepStrictEqual([a.attempts, b.attempts], [2, 2])
      assert.deepStrictEqual(
        (yield* faults.report).map(({ attempt, fault, sequence, url }) => [fault, url.at(-1), attempt, sequence]),
        [
          ["reset", "a", 1, 1],
          ["503", "b", 1, 3]
        ]
      )
    })
  )

  const hits = (seed: number, concurrency: number) =>
    Effect.gen(function* () {
      const faults = yield* Faults.make(Faults.seeded({ seed, rate: 0.5 }))
      const models = Array.from({ length: 60 }, (_, index) => `model-${index}`)
      const calls = Effect.forEach(models, (model) => Effect.exit(Models.retrieve({ model })), { concurrency })
      const layer = openAi(faults.transform, RetryPolicy.official, { total: "5 minutes" })
      yield* settleSlowly(Effect.provide(calls, layer), "1 minute")
      const report = yield* faults.report
      return report.map(({ attempt, fault, url }) => `${url} ${attempt} ${fault}`).sort()
    })

  it.effect("drawn from a seed hits the same requests in every run and at every concurrency", () =>
    Effect.gen(function* () {
      const first = yield* hits(7, 1)
      assert.isAbove(first.length, 20)
      assert.deepStrictEqual(yield* hits(7, 1), first)
      assert.deepStrictEqual(yield* hits(7, 16), first)
      assert.notDeepEqual(yield* hits(8, 1), first)
    })
  )
})
