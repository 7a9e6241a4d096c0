import { afterEach, assert, beforeEach, describe, it, vi } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import { RetryPolicy, type Timeouts } from "llmfx"
import { openAiOver, probes } from "../../support/probes.ts"

/** A `fetch` whose response sends these parts, and waits as many milliseconds as the numbers say. */
const slowFetch = (parts: ReadonlyArray<string | number>) => {
  const cancelled: Array<unknown> = []
  const fetch = (): Promise<Response> => {
    const left = [...parts]
    const body = new ReadableStream<Uint8Array>({
      pull: async (controller) => {
        for (let part = left.shift(); ; part = left.shift()) {
          if (typeof part === "number") await new Promise((resolve) => setTimeout(resolve, part))
          else if (part === undefined) return controller.close()
          else return controller.enqueue(new TextEncoder().encode(part))
        }
      },
      cancel: (reason) => void cancelled.push(reason)
    })
    return Promise.resolve(new Response(body, { headers: { "content-type": "text/event-stream" } }))
  }
  const layer = FetchHttpClient.layer.pipe(Layer.provide(Layer.succeed(FetchHttpClient.Fetch, fetch)))
  return { cancelled, http: { layer } }
}

const tick = 'data: {"type":"tick"}\n\n'
const end = 'data: {"type":"end"}\n\n'

const read = (parts: ReadonlyArray<string | number>, timeouts: Timeouts.Timeouts, consumerTime = 0) => {
  const { cancelled, http } = slowFetch(parts)
  const seen: Array<unknown> = []
  const start = Date.now()
  const done = probes.stream({}).pipe(
    Stream.runForEach((value) => Effect.sleep(consumerTime).pipe(Effect.andThen(Effect.sync(() => seen.push(value))))),
    Effect.provide(openAiOver(http, { retry: RetryPolicy.none, timeouts, baseUrl: "http://127.0.0.1/v1" })),
    Effect.runPromiseExit
  )
  return { cancelled, seen, done: done.then((exit) => ({ exit, after: Date.now() - start })) }
}

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

describe("the limit of a stream's waits, on the system's clock", () => {
  it("ends a stream that goes silent, and its connection", async () => {
    const { cancelled, done, seen } = read([tick, 2900, tick, 3100, end], { idle: 3000 })
    await vi.advanceTimersByTimeAsync(10_000)
    const { after, exit } = await done
    assert.isTrue(Exit.isFailure(exit))
    assert.include(String(Exit.isFailure(exit) ? exit.cause : ""), "idle timeout, 3s")
    assert.isAtLeast(after, 5900)
    assert.isBelow(after, 5950)
    assert.strictEqual(seen.length, 2)
    assert.strictEqual(cancelled.length, 1)
  })

  it("lets a stream go on whose values come in time", async () => {
    const { done, seen } = read([tick, 2900, tick, 2900, tick, 2900, end], { idle: 3000 })
    await vi.advanceTimersByTimeAsync(10_000)
    assert.isTrue(Exit.isSuccess((await done).exit))
    assert.strictEqual(seen.length, 4)
  })

  it("does not count the time that the consumer takes", async () => {
    const { done, seen } = read([tick, 100, tick, 100, end], { idle: 3000 }, 60_000)
    await vi.advanceTimersByTimeAsync(200_000)
    assert.isTrue(Exit.isSuccess((await done).exit))
    assert.strictEqual(seen.length, 3)
  })

  it("ends a stream at the limit of the whole call", async () => {
    const { done, seen } = read([tick, 2000, tick, 2000, tick, 2000, end], { total: 5000 })
    await vi.advanceTimersByTimeAsync(10_000)
    const { after, exit } = await done
    assert.isTrue(Exit.isFailure(exit))
    assert.strictEqual(after, 5000)
    assert.strictEqual(seen.length, 3)
  })

  it("leaves no timer behind", async () => {
    const { done } = read([tick, end], { idle: "1 hour" })
    await vi.advanceTimersByTimeAsync(10)
    assert.isTrue(Exit.isSuccess((await done).exit))
    assert.strictEqual(vi.getTimerCount(), 0)
  })
})
