import { getEventListeners } from "node:events"
import { assert, describe, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as Layer from "effect/Layer"
import * as Metric from "effect/Metric"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import { RetryPolicy } from "llmfx"
import { events, loopback, partial, stallBeforeHeaders } from "./support/LoopbackServer.ts"
import { openAiOver, probes } from "./support/probes.ts"

/** The runtime's `fetch`, with the abort signals that it was given. */
const watchedFetch = () => {
  const signals: Array<AbortSignal> = []
  const fetch: typeof globalThis.fetch = (input, init) => {
    if (init?.signal != null) signals.push(init.signal)
    return globalThis.fetch(input, init)
  }
  const layer = FetchHttpClient.layer.pipe(Layer.provide(Layer.succeed(FetchHttpClient.Fetch, fetch)))
  return { layer, signals }
}

const listeners = (signals: ReadonlyArray<AbortSignal>): number =>
  signals.reduce((sum, signal) => sum + getEventListeners(signal, "abort").length, 0)

const resources = (kind: string): number => process.getActiveResourcesInfo().filter((info) => info === kind).length

/** Tries for up to three seconds, and dies with the last failure. */
const eventually = (check: () => void): Effect.Effect<void> =>
  Effect.try({ try: check, catch: (error) => error }).pipe(
    Effect.retry({ schedule: Schedule.spaced(20), times: 150 }),
    Effect.orDie
  )

const milliseconds = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.suspend(() => {
    const start = performance.now()
    return Effect.map(effect, () => performance.now() - start)
  })

/** Counts the fibers of a program. */
const countingFibers = () => {
  const counts = { started: 0, active: 0 }
  const service: Metric.FiberRuntimeMetricsService = {
    recordFiberStart: () => {
      counts.started++
      counts.active++
    },
    recordFiberEnd: () => {
      counts.active--
    }
  }
  return {
    counts,
    count: <A, E, R>(program: Effect.Effect<A, E, R>) =>
      Effect.provideService(program, Metric.FiberRuntimeMetrics, service)
  }
}

const tick = { type: "tick" }
const once = { retry: RetryPolicy.none }

describe("5,000 interrupted streams", () => {
  const concurrency = 50

  it.live(
    "leave no request, socket, listener, timer or fiber behind",
    () =>
      Effect.gen(function* () {
        const server = yield* loopback(events([tick, tick], "stall"))
        const http = watchedFetch()
        const { count, counts } = countingFibers()
        const timers = resources("Timeout")
        // With all timeouts on, so that their fibers and timers are there to be left behind.
        const timeouts = { headers: "1 minute", firstEvent: "1 minute", idle: "1 minute", total: "1 minute" } as const
        const layer = openAiOver(http, { ...once, timeouts, baseUrl: server.url })

        /** Interrupts a stream while it waits: for its headers, its first event, or its third. */
        const interrupted = (index: number) =>
          Effect.gen(function* () {
            const second = yield* Deferred.make<void>()
            let seen = 0
            const fiber = yield* Effect.forkChild(
              Stream.runForEach(probes.stream({ index }), () =>
                ++seen === 2 ? Deferred.succeed(second, undefined) : Effect.void
              )
            )
            if (index % 5 === 0) yield* Effect.yieldNow
            else yield* Deferred.await(second)
            yield* Fiber.interrupt(fiber)
          })

        yield* Effect.forEach(
          Array.from({ length: 5000 }, (_, index) => index),
          interrupted,
          {
            concurrency,
            discard: true
          }
        ).pipe(Effect.provide(layer), count)

        assert.strictEqual(http.signals.length, 5000)
        assert.isAbove(counts.started, 5000)
        yield* eventually(() => {
          assert.strictEqual(counts.active, 0, "fibers")
          assert.strictEqual(server.pending(), 0, "requests")
          assert.isAtMost(server.connections(), 2 * concurrency, "sockets")
          assert.strictEqual(listeners(http.signals), 0, "listeners")
          assert.isAtMost(resources("Timeout"), timers + 5, "timers")
        })
        assert.isTrue(http.signals.every(({ aborted }) => aborted))
      }),
    60_000
  )
})

describe("interruption", () => {
  const cases = [
    ["a call that waits for its headers", stallBeforeHeaders, probes.get({})],
    ["a call that reads its body", partial('{"ok":', "stall"), probes.get({})],
    ["a call that reads the body of an error", partial("{", "stall", { status: 500 }), probes.get({})],
    ["a stream that waits for its headers", stallBeforeHeaders, Stream.runDrain(probes.stream({}))],
    ["a stream that waits for its first event", events([], "stall"), Stream.runDrain(probes.stream({}))],
    ["a stream that waits for its next event", events([tick], "stall"), Stream.runDrain(probes.stream({}))],
    ["a stream after its last event", events([{ type: "end" }], "stall"), Stream.runDrain(probes.stream({}))],
    ["a stream of bytes", partial("0123", "stall"), Stream.runDrain(probes.bytes({ id: "f" }))],
    ["a list that waits for its page", partial("{", "stall"), Stream.runDrain(probes.list({}))]
  ] as const

  for (const [name, reply, program] of cases) {
    it.live(`aborts ${name} at once`, () =>
      Effect.gen(function* () {
        const server = yield* loopback(reply)
        const layer = openAiOver(watchedFetch(), { ...once, baseUrl: server.url })
        const fiber = yield* Effect.forkChild(Effect.exit(Effect.provide(program, layer)))
        yield* eventually(() => {
          assert.strictEqual(server.pending(), 1)
        })
        yield* Effect.sleep(20)
        const took = yield* milliseconds(Fiber.interrupt(fiber))
        assert.isBelow(took, 300)
        const settled = yield* milliseconds(
          eventually(() => {
            assert.strictEqual(server.pending(), 0)
          })
        )
        assert.isBelow(settled, 500)
      })
    )
  }

  it.live("taking the first events aborts the rest", () =>
    Effect.gen(function* () {
      const server = yield* loopback(events([tick, tick, tick], "stall"))
      const http = watchedFetch()
      const layer = openAiOver(http, { ...once, baseUrl: server.url })
      const values = yield* probes.stream({}).pipe(Stream.take(2), Stream.runCollect, Effect.provide(layer))
      assert.strictEqual(values.length, 2)
      yield* eventually(() => {
        assert.strictEqual(server.pending(), 0)
        assert.strictEqual(listeners(http.signals), 0)
      })
    })
  )

  it.live("the end of the scope aborts a stream that was opened and never read", () =>
    Effect.gen(function* () {
      const server = yield* loopback(events([tick], "stall"))
      const layer = openAiOver(watchedFetch(), { ...once, baseUrl: server.url })
      yield* Effect.scoped(
        Effect.gen(function* () {
          const response = yield* probes.stream.withResponse({})
          assert.strictEqual(response.status, 200)
          assert.strictEqual(server.pending(), 1)
        })
      ).pipe(Effect.provide(layer))
      yield* eventually(() => {
        assert.strictEqual(server.pending(), 0)
      })
    })
  )

  it.live("a failing consumer aborts the stream", () =>
    Effect.gen(function* () {
      const server = yield* loopback(events([tick], "stall"))
      const layer = openAiOver(watchedFetch(), { ...once, baseUrl: server.url })
      const error = yield* Stream.runForEach(probes.stream({}), () => Effect.fail("enough" as const)).pipe(
        Effect.provide(layer),
        Effect.flip
      )
      assert.strictEqual(error, "enough")
      yield* eventually(() => {
        assert.strictEqual(server.pending(), 0)
      })
    })
  )

  it.live("streams that end by themselves leave no listener or fiber behind", () =>
    Effect.gen(function* () {
      const server = yield* loopback(events([tick, { type: "end" }]))
      const http = watchedFetch()
      const { count, counts } = countingFibers()
      const layer = openAiOver(http, { ...once, timeouts: { idle: "1 minute" }, baseUrl: server.url })
      yield* Effect.forEach(Array.from({ length: 200 }), () => Stream.runDrain(probes.stream({})), {
        concurrency: 20,
        discard: true
      }).pipe(Effect.provide(layer), count)
      yield* eventually(() => {
        assert.strictEqual(counts.active, 0)
        assert.strictEqual(server.pending(), 0)
        assert.strictEqual(listeners(http.signals), 0)
      })
      assert.isAtMost(server.connections(), 40)
    })
  )
})
