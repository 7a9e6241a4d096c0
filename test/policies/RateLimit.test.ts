import { assert, describe, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/testing/TestClock"
import * as fc from "fast-check"
import { RateLimit, RetryPolicy } from "llmfx"
import { failureOf, reasonOf } from "../support/errors.ts"
import { fakeHttp } from "../support/FakeHttp.ts"
import { openAiOver, probes } from "../support/probes.ts"

const resetMillis = (limit: RateLimit.Limit | undefined): number | undefined =>
  limit?.reset === undefined ? undefined : Duration.toMillis(limit.reset)

describe("fromHeaders", () => {
  it("reads OpenAI's headers", () => {
    const info = RateLimit.fromHeaders(
      {
        "x-ratelimit-limit-requests": "60",
        "x-ratelimit-remaining-requests": "59",
        "x-ratelimit-reset-requests": "1s",
        "x-ratelimit-limit-tokens": "150000",
        "x-ratelimit-remaining-tokens": "149984",
        "x-ratelimit-reset-tokens": "6m0s"
      },
      0
    )
    assert.deepStrictEqual(info, {
      requests: { limit: 60, remaining: 59, reset: Duration.seconds(1) },
      tokens: { limit: 150_000, remaining: 149_984, reset: Duration.minutes(6) }
    })
  })

  it("reads Anthropic's headers, whose resets are times", () => {
    const now = Date.parse("2026-01-01T00:00:00Z")
    const info = RateLimit.fromHeaders(
      {
        "anthropic-ratelimit-input-tokens-limit": "40000",
        "anthropic-ratelimit-input-tokens-remaining": "0",
        "anthropic-ratelimit-input-tokens-reset": "2026-01-01T00:00:30Z",
        "anthropic-ratelimit-requests-limit": "50"
      },
      now
    )
    assert.deepStrictEqual(info, {
      "input-tokens": { limit: 40_000, remaining: 0, reset: Duration.seconds(30) },
      requests: { limit: 50, remaining: undefined, reset: undefined }
    })
  })

  for (const [text, millis] of [
    ["20ms", 20],
    ["1.5s", 1500],
    ["2h3m4s", 7_384_000],
    ["1d", 86_400_000],
    ["7", 7000],
    ["0s", 0],
    ["-3", 0],
    ["1970-01-01T00:00:05Z", 5000],
    ["1969-12-31T23:59:00Z", 0],
    ["soon", undefined],
    ["", undefined],
    ["5 parsecs", undefined]
  ] as const) {
    it(`a reset of ${JSON.stringify(text)} is ${millis === undefined ? "unknown" : `in ${millis} ms`}`, () => {
      const info = RateLimit.fromHeaders({ "x-ratelimit-reset-tokens": text }, 0)
      assert.strictEqual(resetMillis(info?.["tokens"]), millis)
    })
  }

  it("reads back any duration that is written in units", () => {
    fc.assert(
      fc.property(fc.nat(50), fc.nat(59), fc.nat(59), fc.nat(999), (hours, minutes, seconds, millis) => {
        const info = RateLimit.fromHeaders(
          { "x-ratelimit-reset-requests": `${hours}h${minutes}m${seconds}s${millis}ms` },
          0
        )
        assert.strictEqual(resetMillis(info?.["requests"]), ((hours * 60 + minutes) * 60 + seconds) * 1000 + millis)
      })
    )
  })

  it("what is not a number is unknown", () => {
    const info = RateLimit.fromHeaders(
      { "x-ratelimit-limit-requests": "many", "x-ratelimit-remaining-requests": "" },
      0
    )
    assert.deepStrictEqual(info, { requests: { limit: undefined, remaining: undefined, reset: undefined } })
  })

  it("is undefined if no header speaks of limits", () => {
    assert.isUndefined(RateLimit.fromHeaders({ "retry-after": "5", "x-ratelimit": "1", date: "now" }, 0))
  })
})

describe("a response", () => {
  const headers = { "x-ratelimit-limit-requests": "60", "x-ratelimit-reset-requests": "1s" }

  it.effect("tells its limits", () =>
    Effect.gen(function* () {
      const http = fakeHttp({ body: { ok: true }, headers })
      const { rateLimit } = yield* probes.get.withResponse({}).pipe(Effect.provide(openAiOver(http)))
      assert.deepStrictEqual(rateLimit, { requests: { limit: 60, remaining: undefined, reset: Duration.seconds(1) } })
    })
  )

  it.effect("that refuses a call for its rate tells the limits and how long to wait, by the clock", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(Date.parse("2026-01-01T00:00:00Z"))
      const http = fakeHttp({
        status: 429,
        headers: { ...headers, "retry-after": "Thu, 01 Jan 2026 00:00:09 GMT" },
        body: { error: { message: "slow down" } }
      })
      const error = yield* failureOf(probes.get({})).pipe(Effect.provide(openAiOver(http, { retry: RetryPolicy.none })))
      const { limits, retryAfter } = reasonOf(error, "RateLimitError")
      assert.strictEqual(limits?.["requests"]?.limit, 60)
      assert.deepStrictEqual(retryAfter, Duration.seconds(9))
    })
  )
})
