import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Ref from "effect/Ref"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/testing/TestClock"
import { type ApiError, Poll, RetryPolicy } from "llmfx"
import * as AnthropicJobs from "../../src/anthropic/Jobs.ts"
import * as Jobs from "../../src/openai/Jobs.ts"
import type { OpenAi } from "../../src/openai/OpenAi.ts"
import { type FakeHttp, fakeHttp, type Reply } from "../support/FakeHttp.ts"
import { anthropicOver, openAiOver } from "../support/probes.ts"

/** Something whose states are given one after the other, and when it was looked at. */
const scripted = (
  states: ReadonlyArray<string>,
  headers: { readonly [name: string]: string } = {}
): Poll.Target<string, never, never> & { readonly looks: Array<number>; cancelled: number } => {
  const looks: Array<number> = []
  const target = {
    looks,
    cancelled: 0,
    look: Effect.map(Clock.currentTimeMillis, (now) => {
      looks.push(now)
      return { value: states[Math.min(looks.length, states.length) - 1] ?? "", headers }
    }),
    isFinal: (state: string) => state === "done",
    cancel: Effect.sync(() => {
      target.cancelled++
    })
  }
  return target
}

/** Runs a program to its end while a day and a half passes. */
const settle = <A, E, R>(program: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.gen(function* () {
    const fiber = yield* Effect.forkChild(program)
    yield* TestClock.adjust("36 hours")
    return yield* Fiber.join(fiber)
  })

describe("polling", () => {
  it.effect("looks at once and then every five seconds, until the state is final", () =>
    Effect.gen(function* () {
      const target = scripted(["new", "busy", "done"])
      assert.strictEqual(yield* settle(Poll.wait(target)), "done")
      assert.deepStrictEqual(target.looks, [0, 5000, 10_000])
    })
  )

  it.effect("shows each state that is seen", () =>
    Effect.gen(function* () {
      const states = yield* settle(Stream.runCollect(Poll.states(scripted(["new", "new", "busy", "done"]))))
      assert.deepStrictEqual(states, ["new", "new", "busy", "done"])
    })
  )

  it.effect("emits a state that is known already before it looks at once", () =>
    Effect.gen(function* () {
      const target = scripted(["busy", "done"], { "openai-poll-after-ms": "700" })
      const states = yield* settle(Stream.runCollect(Poll.states(target, {}, "new")))
      assert.deepStrictEqual(states, ["new", "busy", "done"])
      assert.deepStrictEqual(target.looks, [0, 700])
    })
  )

  it.effect("waits after a state that is known already, if it has a schedule", () =>
    Effect.gen(function* () {
      const target = scripted(["busy", "done"])
      const schedule = Schedule.spaced("5 seconds")
      yield* settle(Stream.runCollect(Poll.states(target, { schedule }, "new")))
      assert.deepStrictEqual(target.looks, [5000, 10_000])
    })
  )

  it.effect("does not look again if the state that is known is final", () =>
    Effect.gen(function* () {
      const target = scripted(["busy"])
      assert.strictEqual(yield* settle(Poll.wait(target, {}, "done")), "done")
      assert.deepStrictEqual(target.looks, [])
    })
  )

  for (const [header, wait] of [
    ["250", 250],
    ["0", 100],
    ["99999999", 60_000],
    ["-1", 5000],
    ["soon", 5000],
    ["NaN", 5000],
    ["", 5000]
  ] as const) {
    it.effect(`waits ${wait} ms if the server asks for ${JSON.stringify(header)}`, () =>
      Effect.gen(function* () {
        const target = scripted(["busy", "done"], { "openai-poll-after-ms": header })
        yield* settle(Poll.wait(target))
        assert.deepStrictEqual(target.looks, [0, wait])
      })
    )
  }

  it.effect("follows a schedule before the server's wish", () =>
    Effect.gen(function* () {
      const target = scripted(["busy", "busy", "busy", "done"], { "openai-poll-after-ms": "9" })
      yield* settle(Poll.wait(target, { schedule: Schedule.exponential("1 second") }))
      assert.deepStrictEqual(target.looks, [0, 1000, 3000, 7000])
    })
  )

  it.effect("may be without any wait", () =>
    Effect.gen(function* () {
      const target = scripted(["busy", "busy", "done"])
      yield* settle(Poll.wait(target, { schedule: Schedule.spaced(0) }))
      assert.deepStrictEqual(target.looks, [0, 0, 0])
    })
  )

  it.effect("ends with its schedule", () =>
    Effect.gen(function* () {
      const target = scripted(["busy"])
      const error = yield* settle(Effect.flip(Poll.wait(target, { schedule: Schedule.recurs(2) })))
      assert.strictEqual(error._tag, "PollTimeoutError")
      assert.strictEqual(error.last, "busy")
      assert.strictEqual(target.looks.length, 3)
    })
  )

  it.effect("looks a last time at its deadline", () =>
    Effect.gen(function* () {
      const target = scripted(["busy"])
      const error = yield* settle(Effect.flip(Poll.wait(target, { deadline: "12 seconds" })))
      assert.strictEqual(error.message, "The state is not final in time")
      assert.deepStrictEqual(target.looks, [0, 5000, 10_000, 12_000])
    })
  )

  it.effect("does not wait for a look that hangs long past its deadline", () =>
    Effect.gen(function* () {
      const fiber = yield* Effect.forkChild(
        Effect.flip(Poll.wait({ ...scripted([]), look: Effect.never }, { deadline: "1 second" }))
      )
      yield* TestClock.adjust("10 seconds")
      assert.strictEqual((yield* Fiber.join(fiber))._tag, "PollTimeoutError")
    })
  )

  it.effect("does not go on for more than a day unless told to", () =>
    Effect.gen(function* () {
      const target = scripted(["busy"])
      const exit = yield* settle(Effect.exit(Poll.wait(target, { schedule: Schedule.spaced("1 hour") })))
      assert.isTrue(Exit.isFailure(exit))
      assert.strictEqual(target.looks.at(-1), 24 * 3600 * 1000)
    })
  )
})

describe("the work on the server", () => {
  const interrupted = (options: Poll.Options) =>
    Effect.gen(function* () {
      const target = scripted(["busy"])
      const fiber = yield* Effect.forkChild(Poll.wait(target, options))
      yield* TestClock.adjust("7 seconds")
      yield* Fiber.interrupt(fiber)
      return target.cancelled
    })

  it.effect("is cancelled with the polling if that was asked for", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* interrupted({ cancel: true }), 1)
    })
  )

  it.effect("goes on otherwise", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* interrupted({}), 0)
    })
  )

  it.effect("is cancelled if it takes too long", () =>
    Effect.gen(function* () {
      const target = scripted(["busy"])
      yield* settle(Effect.flip(Poll.wait(target, { deadline: "6 seconds", cancel: true })))
      assert.strictEqual(target.cancelled, 1)
    })
  )

  it.effect("is not cancelled if it has ended, or if the reader of its states has seen enough", () =>
    Effect.gen(function* () {
      const ended = scripted(["done"])
      yield* settle(Poll.wait(ended, { cancel: true }))
      const enough = scripted(["busy"])
      yield* settle(Stream.runDrain(Stream.take(Poll.states(enough, { cancel: true }), 2)))
      assert.deepStrictEqual([ended.cancelled, enough.cancelled], [0, 0])
    })
  )

  it.effect("does not hold up an interruption if it cannot be cancelled", () =>
    Effect.gen(function* () {
      const target = { ...scripted(["busy"]), cancel: Effect.never }
      const isOver = yield* Ref.make(false)
      const fiber = yield* Effect.forkChild(Poll.wait(target, { cancel: true }))
      yield* TestClock.adjust("1 second")
      yield* Effect.forkChild(Effect.andThen(Fiber.interrupt(fiber), Ref.set(isOver, true)))
      yield* TestClock.adjust("10 seconds")
      assert.isTrue(yield* Ref.get(isOver))
    })
  )
})

const raw = (http: FakeHttp) => openAiOver(http, { decoding: "raw", retry: RetryPolicy.none })

type Waiting = (
  options: Poll.Options
) => Effect.Effect<{ readonly status?: string | null | undefined }, ApiError.ApiError | Poll.PollTimeoutError, OpenAi>

const finalStates: ReadonlyArray<readonly [string, Waiting, ReadonlyArray<string>]> = [
  [
    "vectorStoreFile",
    (options) => Jobs.vectorStoreFile.wait({ vector_store_id: "vs_1", file_id: "f_1" }, options),
    ["completed", "failed", "cancelled"]
  ],
  [
    "vectorStoreFileBatch",
    (options) => Jobs.vectorStoreFileBatch.wait({ vector_store_id: "vs_1", batch_id: "b_1" }, options),
    ["completed", "failed", "cancelled"]
  ],
  ["vectorStore", (options) => Jobs.vectorStore.wait({ vector_store_id: "vs_1" }, options), ["completed", "expired"]],
  ["file", (options) => Jobs.file.wait({ file_id: "f_1" }, options), ["processed", "error", "deleted"]],
  ["video", (options) => Jobs.video.wait({ video_id: "v_1" }, options), ["completed", "failed"]],
  [
    "run",
    (options) => Jobs.run.wait({ thread_id: "t_1", run_id: "r_1" }, options),
    ["requires_action", "cancelled", "failed", "completed", "incomplete", "expired"]
  ],
  [
    "evalRun",
    (options) => Jobs.evalRun.wait({ eval_id: "e_1", run_id: "r_1" }, options),
    ["completed", "failed", "canceled"]
  ],
  [
    "batch",
    (options) => Jobs.batch.wait({ batch_id: "b_1" }, options),
    ["failed", "completed", "expired", "cancelled"]
  ],
  [
    "fineTuning",
    (options) => Jobs.fineTuning.wait({ fine_tuning_job_id: "ft_1" }, options),
    ["succeeded", "failed", "cancelled"]
  ],
  [
    "response",
    (options) => Jobs.response.wait({ response_id: "r_1" }, options),
    ["completed", "failed", "cancelled", "incomplete"]
  ]
]

describe("jobs", () => {
  const batch = (status: string): Reply => ({
    body: {
      id: "batch_1",
      object: "batch",
      completion_window: "24h",
      created_at: 1,
      endpoint: "/v1/responses",
      input_file_id: "file-1",
      status
    },
    headers: { "openai-poll-after-ms": "100" }
  })
  const input = { completion_window: "24h", endpoint: "/v1/responses", input_file_id: "file-1" } as const

  it.effect("are created, found again and waited for", () => {
    const http = fakeHttp(batch("validating"), batch("in_progress"), batch("finalizing"), batch("brand_new"))
    return Effect.gen(function* () {
      const states = yield* settle(Stream.runCollect(Jobs.batch.createAndFollow(input)))
      assert.deepStrictEqual(
        states.map(({ status }) => status),
        ["validating", "in_progress", "finalizing", "brand_new"]
      )
      assert.deepStrictEqual(
        http.sent.map(({ at, method, url }) => [at, method, new URL(url).pathname]),
        [
          [0, "POST", "/batches"],
          [0, "GET", "/batches/batch_1"],
          [100, "GET", "/batches/batch_1"],
          [200, "GET", "/batches/batch_1"]
        ]
      )
    }).pipe(Effect.provide(openAiOver(http)))
  })

  for (const [name, job, finals] of finalStates) {
    it.effect(`of the kind ${name} end in each final state and in one that nobody knows, and go on before`, () =>
      Effect.gen(function* () {
        for (const status of ["queued", "in_progress", "processing", "running", "cancelling"]) {
          const http = fakeHttp({ body: { status } })
          const options = { deadline: "3 seconds", schedule: Schedule.spaced("1 second") } as const
          const error = yield* settle(Effect.flip(job(options))).pipe(Effect.provide(raw(http)))
          assert.strictEqual(error._tag, "PollTimeoutError", status)
        }
        for (const status of [...finals, "a new one"]) {
          const http = fakeHttp({ body: { status: "queued" } }, { body: { status } })
          const last = yield* settle(job({})).pipe(Effect.provide(raw(http)))
          assert.strictEqual(last.status, status)
        }
      })
    )
  }

  it.effect("are cancelled on the server with their fiber", () => {
    const http = fakeHttp(batch("in_progress"))
    return Effect.gen(function* () {
      const fiber = yield* Effect.forkChild(Jobs.batch.wait({ batch_id: "batch_1" }, { cancel: true }))
      yield* TestClock.adjust(50)
      yield* Fiber.interrupt(fiber)
      assert.deepStrictEqual(
        http.sent.map(({ method, url }) => [method, new URL(url).pathname]),
        [
          ["GET", "/batches/batch_1"],
          ["POST", "/batches/batch_1/cancel"]
        ]
      )
    }).pipe(Effect.provide(openAiOver(http)))
  })

  it.effect("keep the ids of what they belong to", () => {
    const file = (status: string): Reply => ({
      body: {
        id: "file-7",
        object: "vector_store.file",
        created_at: 1,
        status,
        usage_bytes: 1,
        vector_store_id: "vs_1",
        last_error: null
      }
    })
    const http = fakeHttp(file("in_progress"), file("cancelled"))
    return Effect.gen(function* () {
      const final = yield* settle(Jobs.vectorStoreFile.createAndWait({ vector_store_id: "vs_1", file_id: "file-7" }))
      assert.strictEqual(final.status, "cancelled")
      assert.strictEqual(http.sent[1]?.url, "http://api.test/vector_stores/vs_1/files/file-7")
    }).pipe(Effect.provide(openAiOver(http)))
  })

  it.effect("of Anthropic end when each message has", () => {
    const batch = (processing_status: string): Reply => ({
      body: {
        id: "msgbatch_1",
        type: "message_batch",
        processing_status,
        request_counts: { processing: 1, succeeded: 0, errored: 0, canceled: 0, expired: 0 },
        created_at: "2026-01-01T00:00:00Z",
        expires_at: "2026-01-02T00:00:00Z",
        archived_at: null,
        cancel_initiated_at: null,
        ended_at: null,
        results_url: null
      }
    })
    const http = fakeHttp(batch("in_progress"), batch("canceling"), batch("ended"))
    return Effect.gen(function* () {
      const states = yield* settle(
        Stream.runCollect(AnthropicJobs.messageBatch.states({ message_batch_id: "msgbatch_1" }))
      )
      assert.deepStrictEqual(
        states.map(({ processing_status }) => processing_status),
        ["in_progress", "canceling", "ended"]
      )
    }).pipe(Effect.provide(anthropicOver(http)))
  })
})
