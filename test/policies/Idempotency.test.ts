import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import { Idempotency, Middleware, RequestOptions, RetryPolicy } from "llmfx"
import { type FakeHttp, fakeHttp } from "../support/FakeHttp.ts"
import { openAiOver, probes } from "../support/probes.ts"

const keys = ({ sent }: FakeHttp): ReadonlyArray<string | undefined> =>
  sent.map(({ headers }) => headers["idempotency-key"])
const retry = RetryPolicy.set(RetryPolicy.official, { schedule: Schedule.forever })
const ok = { body: { ok: true } }

describe("Idempotency.keys", () => {
  it.effect("sends one key a call, on all its tries", () =>
    Effect.gen(function* () {
      const http = fakeHttp({ status: 500 }, ok, ok)
      yield* Effect.andThen(probes.post({}), probes.post({})).pipe(
        Middleware.use(Idempotency.keys),
        Effect.provide(openAiOver(http, { retry }))
      )
      const [first, second, third] = keys(http)
      assert.match(first ?? "", /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/)
      assert.strictEqual(second, first)
      assert.notStrictEqual(third, first)
    })
  )

  it.effect("sends none with calls that may be repeated anyway", () =>
    Effect.gen(function* () {
      const http = fakeHttp(ok)
      yield* Effect.andThen(probes.get({}), probes.put({})).pipe(
        Middleware.use(Idempotency.keys),
        Effect.provide(openAiOver(http))
      )
      assert.deepStrictEqual(keys(http), [undefined, undefined])
    })
  )

  it.effect("leaves the program's own key alone", () =>
    Effect.gen(function* () {
      const http = fakeHttp(ok)
      yield* probes
        .post({})
        .pipe(
          RequestOptions.withOptions({ idempotencyKey: "mine" }),
          Middleware.use(Idempotency.keys),
          Effect.provide(openAiOver(http))
        )
      assert.deepStrictEqual(keys(http), ["mine"])
    })
  )
})
