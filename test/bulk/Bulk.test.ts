import { join } from "node:path"
import { describe, expect, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as HttpClient from "effect/http/HttpClient"
import * as HttpClientResponse from "effect/http/HttpClientResponse"
import * as Layer from "effect/Layer"
import * as Metric from "effect/Metric"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as SqlClient from "effect/sql/SqlClient"
import { ApiError } from "llmfx"
import * as Bulk from "llmfx/jobs/Bulk"
import * as NodeBulk from "llmfx/jobs/NodeBulk"
import { OpenAi, Responses } from "llmfx/openai"
import { folder, numbers, resultsIn, worker } from "./support.ts"

class Refused extends Schema.TaggedError<Refused>()("Refused", {
  message: Schema.String,
  isRetryable: Schema.Boolean
}) {}

const double = (input: number) => Effect.succeed({ double: input * 2 })
const success = Schema.Struct({ double: Schema.Number })

describe("Bulk", () => {
  it.live("gives each input its result, in the order of the inputs", () =>
    Effect.gen(function* () {
      const filename = join(yield* folder, "jobs.db")
      const bulk = Bulk.define("double", (input: number) => Effect.delay(double(input), input % 7), {
        success,
        chunk: 10
      })
      const results = yield* resultsIn(bulk.run("a", numbers(95))).pipe(Effect.provide(worker(bulk, filename)))
      expect(results).toEqual(
        Array.from({ length: 95 }, (_, seq) => ({
          _tag: "Succeeded",
          customId: `n${seq + 1}`,
          seq,
          attempts: 1,
          value: { double: (seq + 1) * 2 }
        }))
      )
    })
  )

  it.live("shows at the end how many succeeded and failed, and why", () =>
    Effect.gen(function* () {
      const filename = join(yield* folder, "jobs.db")
      const bulk = Bulk.define(
        "some",
        (input: number) =>
          input % 5 === 0
            ? Effect.fail(new Refused({ message: "no fives", isRetryable: false }))
            : input % 7 === 0
              ? Effect.die(new Error("broken"))
              : double(input),
        { success, chunk: 10, tags: { team: "blue" } }
      )
      const program = Effect.gen(function* () {
        const results = yield* resultsIn(bulk.run("a", numbers(35)))
        return { results, progress: yield* Bulk.progress("a"), list: yield* Bulk.list }
      })
      const { list, progress, results } = yield* Effect.provide(program, worker(bulk, filename))
      expect(progress).toMatchObject({
        state: "completed",
        total: 35,
        done: 35,
        succeeded: 24,
        failed: 11,
        failures: { Refused: 7, Defect: 4 },
        sent: 35,
        resent: 0,
        inFlight: 0,
        tags: { team: "blue" }
      })
      expect(list).toEqual([progress])
      const failed = results.filter((result) => result._tag === "Failed")
      expect(failed[0]).toMatchObject({ customId: "n5", error: { reason: "Refused", message: "no fives" } })
    })
  )

  it.live("counts results, calls and tokens as metrics", () =>
    Effect.gen(function* () {
      const filename = join(yield* folder, "jobs.db")
      const bulk = Bulk.define(
        "measured",
        (input: number) =>
          input === 3
            ? Effect.fail(new Refused({ message: "no", isRetryable: false }))
            : Effect.succeed({ model: "m", usage: { input_tokens: 10, output_tokens: 4 } }),
        { success: Schema.Any }
      )
      yield* Effect.provide(resultsIn(bulk.run("measured", numbers(5))), worker(bulk, filename))
      const counts = (yield* Metric.snapshot).flatMap(({ attributes, id, state }) =>
        attributes?.["job"] === "measured" && "count" in state
          ? [[id, attributes["state"] ?? attributes["kind"], state.count]]
          : []
      )
      expect(counts).toEqual(
        expect.arrayContaining([
          ["llmfx_bulk_results", "succeeded", 4],
          ["llmfx_bulk_results", "failed", 1],
          ["llmfx_bulk_sent", undefined, 5],
          ["llmfx_bulk_tokens", "input", 40],
          ["llmfx_bulk_tokens", "output", 16]
        ])
      )
    })
  )

  it.live.each<readonly [string, number, number | undefined]>([
    ["its concurrency", 6, undefined],
    ["the concurrency of the process", 100, 6]
  ])("never has more calls in flight than %s", ([, concurrency, ofProcess]) =>
    Effect.gen(function* () {
      const filename = join(yield* folder, "jobs.db")
      let [inFlight, most] = [0, 0]
      const call = (input: number) =>
        Effect.suspend(() => {
          most = Math.max(most, ++inFlight)
          return Effect.ensuring(
            Effect.delay(double(input), 5),
            Effect.sync(() => inFlight--)
          )
        })
      const bulk = Bulk.define("counted", call, { success, chunk: 10, concurrency })
      const layer = worker(bulk, filename, ofProcess === undefined ? {} : { concurrency: ofProcess })
      yield* Effect.provide(resultsIn(bulk.run("a", numbers(60))), layer)
      expect(most).toBe(6)
    })
  )

  it.live("sends the inputs of a job with a higher priority first", () =>
    Effect.gen(function* () {
      const filename = join(yield* folder, "jobs.db")
      const order: Array<number> = []
      const gate = yield* Deferred.make<void>()
      const bulk = Bulk.define(
        "ranked",
        (input: number) =>
          input === 1
            ? Effect.andThen(Deferred.await(gate), double(input))
            : Effect.andThen(
                Effect.sync(() => order.push(input)),
                double(input)
              ),
        { success }
      )
      const program = Effect.gen(function* () {
        yield* bulk.submit("low", numbers(20))
        const others = Stream.map(Stream.range(101, 120), (input) => ({ input }))
        yield* bulk.submit("high", others, { priority: 1 })
        yield* Effect.sleep("1500 millis")
        yield* Deferred.succeed(gate, undefined)
        yield* Stream.runDrain(Bulk.watch("low", { every: "50 millis" }))
        yield* Stream.runDrain(Bulk.watch("high", { every: "50 millis" }))
      })
      yield* Effect.provide(program, worker(bulk, filename, { concurrency: 1 }))
      expect(order.slice(0, 20).every((input) => input > 100)).toBe(true)
      expect(order).toHaveLength(39)
    })
  )

  it.live("tries failures that may succeed again, after all others", () =>
    Effect.gen(function* () {
      const filename = join(yield* folder, "jobs.db")
      const seen = new Map<number, number>()
      const order: Array<number> = []
      const bulk = Bulk.define(
        "rounds",
        (input: number) =>
          Effect.suspend(() => {
            order.push(input)
            seen.set(input, (seen.get(input) ?? 0) + 1)
            if (input === 3) return Effect.fail(new Refused({ message: "never", isRetryable: true }))
            return input === 2 && seen.get(input) === 1
              ? Effect.fail(new Refused({ message: "later", isRetryable: true }))
              : double(input)
          }),
        { success, rounds: 2, roundDelay: 0 }
      )
      const program = Effect.gen(function* () {
        const results = yield* resultsIn(bulk.run("a", numbers(5)))
        return { results, progress: yield* Bulk.progress("a") }
      })
      const { progress, results } = yield* Effect.provide(program, worker(bulk, filename))
      expect(results.map(({ _tag, attempts }) => [_tag, attempts])).toEqual([
        ["Succeeded", 1],
        ["Succeeded", 2],
        ["Failed", 3],
        ["Succeeded", 1],
        ["Succeeded", 1]
      ])
      expect(order.slice(0, 5)).toEqual([1, 2, 3, 4, 5])
      expect(progress).toMatchObject({ succeeded: 4, failed: 1, again: 0, sent: 8, failures: { Refused: 1 } })
    })
  )

  it.live("sends equal inputs once if it dedupes, and gives all of them the result", () =>
    Effect.gen(function* () {
      const filename = join(yield* folder, "jobs.db")
      let calls = 0
      const bulk = Bulk.define(
        "same",
        (input: number) =>
          Effect.suspend(() => {
            calls++
            return double(input)
          }),
        { success, chunk: 4, dedupe: true }
      )
      const inputs = Stream.map(Stream.range(0, 29), (seq) => ({ input: seq % 3 }))
      const program = Effect.gen(function* () {
        const results = yield* resultsIn(bulk.run("a", inputs))
        return { results, progress: yield* Bulk.progress("a"), again: yield* bulk.submit("a", inputs) }
      })
      const { again, progress, results } = yield* Effect.provide(program, worker(bulk, filename))
      expect(calls).toBe(3)
      expect(results).toHaveLength(30)
      expect(
        results.every((result) => result._tag === "Succeeded" && result.value.double === (result.seq % 3) * 2)
      ).toBe(true)
      expect(progress).toMatchObject({ total: 30, done: 30, succeeded: 30, duplicates: 27, sent: 3 })
      expect(again.isNew).toBe(false)
    })
  )

  it.live("refuses a job that is submitted again with other inputs or another definition", () =>
    Effect.gen(function* () {
      const filename = join(yield* folder, "jobs.db")
      const bulk = Bulk.define("double", double, { success })
      const changed = Bulk.define("double", double, { success, version: "2" })
      const program = Effect.gen(function* () {
        yield* Stream.runDrain(bulk.run("a", numbers(5)))
        const same = yield* bulk.submit("a", numbers(5))
        const inputs = yield* Effect.flip(bulk.submit("a", numbers(6)))
        const definition = yield* Effect.flip(changed.submit("a", numbers(5)))
        const repeated = yield* Effect.flip(
          bulk.submit(
            "b",
            Stream.map(numbers(5), (request) => ({ ...request, customId: "x" }))
          )
        )
        return { same, inputs, definition, repeated, left: yield* Effect.flip(Bulk.progress("c")) }
      })
      const { definition, inputs, left, repeated, same } = yield* Effect.provide(program, worker(bulk, filename))
      expect(same).toMatchObject({ requests: 5, isNew: false })
      expect(inputs).toMatchObject({ _tag: "BulkConflictError", what: "inputs" })
      expect(definition).toMatchObject({ _tag: "BulkConflictError", what: "definition" })
      expect(repeated).toMatchObject({ _tag: "BulkInputError", kind: "repeatedId", seq: 1 })
      expect(left).toMatchObject({ _tag: "BulkNotFoundError" })
    })
  )

  it.live("gives results while it runs, those that are there", () =>
    Effect.gen(function* () {
      const filename = join(yield* folder, "jobs.db")
      const gate = yield* Deferred.make<void>()
      const bulk = Bulk.define(
        "half",
        (input: number) => (input % 2 === 0 ? Effect.andThen(Deferred.await(gate), double(input)) : double(input)),
        { success }
      )
      const program = Effect.gen(function* () {
        yield* bulk.submit("a", numbers(20))
        while ((yield* Bulk.progress("a")).done < 10) yield* Effect.sleep("20 millis")
        const during = yield* Stream.runCollect(bulk.results("a"))
        const progress = yield* Bulk.progress("a")
        yield* Deferred.succeed(gate, undefined)
        yield* Stream.runDrain(Bulk.watch("a", { every: "50 millis" }))
        return { during, progress, after: yield* Stream.runCollect(bulk.results("a")) }
      })
      const { after, during, progress } = yield* Effect.provide(program, worker(bulk, filename))
      expect(during.map(({ seq }) => seq)).toEqual([0, 2, 4, 6, 8, 10, 12, 14, 16, 18])
      expect(progress).toMatchObject({ state: "running", done: 10, inFlight: 10, sent: 20 })
      expect(after.map(({ seq }) => seq)).toEqual(Array.from({ length: 20 }, (_, seq) => seq))
    })
  )

  it.live("stores as many inputs a chunk as it is told, and works on as many chunks at a time", () =>
    Effect.gen(function* () {
      const filename = join(yield* folder, "jobs.db")
      let [inFlight, most] = [0, 0]
      const bulk = Bulk.define(
        "chunked",
        (input: number) =>
          Effect.suspend(() => {
            most = Math.max(most, ++inFlight)
            return Effect.ensuring(
              Effect.delay(double(input), 5),
              Effect.sync(() => inFlight--)
            )
          }),
        { success, chunk: 3, chunks: 2, concurrency: 50 }
      )
      const program = Effect.gen(function* () {
        yield* Stream.runDrain(bulk.run("a", numbers(20)))
        const sql = yield* SqlClient.SqlClient
        return yield* sql<{ readonly size: number }>`SELECT size FROM llmfx_bulk_chunks ORDER BY chunk`
      })
      const chunks = yield* Effect.provide(program, worker(bulk, filename))
      expect(chunks.map(({ size }) => size)).toEqual([3, 3, 3, 3, 3, 3, 2])
      expect(most).toBe(6)
    })
  )

  it.live("learns its limit from the headers of responses, and keeps to it", () =>
    Effect.gen(function* () {
      const filename = join(yield* folder, "jobs.db")
      const sent: Array<number> = []
      const http = Layer.succeed(
        HttpClient.HttpClient,
        HttpClient.make((request) =>
          Effect.sync(() => {
            sent.push(Date.now())
            const body = {
              id: "resp_1",
              object: "response",
              created_at: 0,
              model: "m",
              status: "completed",
              output: []
            }
            return HttpClientResponse.fromWeb(
              request,
              new Response(JSON.stringify(body), {
                headers: {
                  "content-type": "application/json",
                  "x-ratelimit-limit-requests": "20",
                  "x-ratelimit-remaining-requests": "19"
                }
              })
            )
          })
        )
      )
      const bulk = Bulk.endpoint("paced", Responses.create, { concurrency: 1, limits: { window: "1 second" } })
      const inputs = Stream.map(Stream.range(1, 41), (n) => ({ input: { model: "m", input: `${n}` } }))
      const client = OpenAi.layer({ apiKey: Redacted.make("test") }).pipe(Layer.provide(http))
      yield* Stream.runDrain(bulk.run("a", inputs)).pipe(
        Effect.provide(worker(bulk, filename).pipe(Layer.provide(client)))
      )
      expect(sent).toHaveLength(41)
      expect((sent.at(-1) ?? 0) - (sent[0] ?? 0)).toBeGreaterThan(1800)
    })
  )

  it.live("pauses when asked, and goes on where it was", () =>
    Effect.gen(function* () {
      const filename = join(yield* folder, "jobs.db")
      const seen: Array<number> = []
      const bulk = Bulk.define(
        "slow",
        (input: number) =>
          Effect.suspend(() => {
            seen.push(input)
            return Effect.delay(double(input), 40)
          }),
        { success, chunk: 20, concurrency: 4 }
      )
      const program = Effect.gen(function* () {
        const running = yield* Effect.forkChild(Effect.exit(Stream.runDrain(bulk.run("a", numbers(200)))))
        while (seen.length < 50) yield* Effect.sleep("10 millis")
        yield* Bulk.pause("a")
        const stopped = yield* Fiber.join(running)
        yield* Effect.sleep("500 millis")
        const paused = yield* Bulk.progress("a")
        const removed = yield* Effect.flip(Bulk.retryFailed("b"))
        yield* Bulk.resume("a")
        yield* Stream.runDrain(Bulk.watch("a", { every: "50 millis" }))
        return { stopped, paused, removed, completed: yield* Bulk.progress("a") }
      })
      const { completed, paused, stopped } = yield* Effect.provide(program, worker(bulk, filename))
      expect(Exit.isFailure(stopped)).toBe(true)
      expect(paused.state).toBe("paused")
      expect(paused.done).toBeLessThan(200)
      expect(completed).toMatchObject({ state: "completed", succeeded: 200, resent: 0, sent: 200 })
      expect(new Set(seen).size).toBe(200)
      expect(seen).toHaveLength(200)
    })
  )

  it.live("pauses when its budget is used up, and goes on with another", () =>
    Effect.gen(function* () {
      const filename = join(yield* folder, "jobs.db")
      const bulk = Bulk.define(
        "dear",
        (input: number) =>
          Effect.delay(Effect.succeed({ model: "m", usage: { input_tokens: 10, output_tokens: input * 0 + 10 } }), 20),
        { success: Schema.Any, concurrency: 2, prices: { m: { input: 1, output: 3 } } }
      )
      const program = Effect.gen(function* () {
        const stopped = yield* Effect.flip(Stream.runDrain(bulk.run("a", numbers(400), { budget: { tokens: 1000 } })))
        const paused = yield* Bulk.progress("a")
        yield* Bulk.resume("a", { budget: { usd: 1 } })
        yield* Stream.runDrain(Bulk.watch("a", { every: "50 millis" }))
        return { stopped, paused, completed: yield* Bulk.progress("a") }
      })
      const { completed, paused, stopped } = yield* Effect.provide(program, worker(bulk, filename))
      expect(stopped).toMatchObject({ _tag: "BulkStoppedError", state: "paused", reason: { kind: "budget" } })
      expect(paused.tokens.input + paused.tokens.output).toBeGreaterThanOrEqual(1000)
      expect(paused.done).toBeLessThan(400)
      expect(completed.tokens).toEqual({ input: 4000, cached: 0, output: 4000 })
      expect(completed.cost).toBeCloseTo(400 * (10 * 1 + 10 * 3) * 1e-6, 9)
    })
  )

  it.live("pauses when stopWhen says so", () =>
    Effect.gen(function* () {
      const filename = join(yield* folder, "jobs.db")
      const bulk = Bulk.define(
        "stopping",
        (_: number) => Effect.delay(Effect.fail(new Refused({ message: "no", isRetryable: false })), 5),
        { success, concurrency: 2, stopWhen: ({ failed }) => failed >= 10 }
      )
      const stopped = yield* Effect.flip(Stream.runDrain(bulk.run("a", numbers(500)))).pipe(
        Effect.provide(worker(bulk, filename))
      )
      expect(stopped).toMatchObject({ _tag: "BulkStoppedError", reason: { kind: "stopWhen" } })
    })
  )

  it.live("pauses when the deadline has expired", () =>
    Effect.gen(function* () {
      const filename = join(yield* folder, "jobs.db")
      const late = Bulk.define("late", (input: number) => Effect.delay(double(input), 20), { success, concurrency: 1 })
      const expired = yield* Effect.flip(Stream.runDrain(late.run("b", numbers(500), { deadline: "500 millis" }))).pipe(
        Effect.provide(worker(late, filename))
      )
      expect(expired).toMatchObject({ _tag: "BulkStoppedError", reason: { kind: "deadline" } })
    })
  )

  it.live("cancels, retries failures and removes", () =>
    Effect.gen(function* () {
      const filename = join(yield* folder, "jobs.db")
      let isDown = true
      const bulk = Bulk.define(
        "flaky",
        (input: number) =>
          Effect.suspend(() =>
            isDown && input % 2 === 0
              ? Effect.fail(new Refused({ message: "down", isRetryable: false }))
              : Effect.delay(double(input), 1)
          ),
        { success, concurrency: 4 }
      )
      const program = Effect.gen(function* () {
        yield* Stream.runDrain(bulk.run("a", numbers(20)))
        const first = yield* Bulk.progress("a")
        isDown = false
        yield* Bulk.retryFailed("a")
        yield* Stream.runDrain(Bulk.watch("a", { every: "50 millis" }))
        const second = yield* Bulk.progress("a")
        const failedOnly = yield* Stream.runCollect(bulk.results("a", { only: "failed" }))
        const tail = yield* Stream.runCollect(bulk.results("a", { after: 17 }))
        yield* bulk.submit("b", numbers(2000))
        yield* Effect.sleep("500 millis")
        const running = yield* Effect.flip(Bulk.remove("b"))
        yield* Bulk.cancel("b")
        yield* Effect.sleep("500 millis")
        const resumed = yield* Effect.flip(Bulk.resume("b"))
        yield* Bulk.remove("b")
        return { first, second, failedOnly, tail, running, resumed, jobs: yield* Bulk.list }
      })
      const seen = yield* Effect.provide(program, worker(bulk, filename))
      expect(seen.first).toMatchObject({ succeeded: 10, failed: 10 })
      expect(seen.second).toMatchObject({ state: "completed", succeeded: 20, failed: 0, sent: 30 })
      expect(seen.failedOnly).toEqual([])
      expect(seen.tail.map(({ seq }) => seq)).toEqual([18, 19])
      expect(seen.running).toMatchObject({ _tag: "BulkStateError", state: "running" })
      expect(seen.resumed).toMatchObject({ _tag: "BulkStateError", state: "canceled" })
      expect(seen.jobs.map(({ job }) => job)).toEqual(["a"])
    })
  )

  it.live("goes on in the next process, and sends nothing twice if the last one was asked to stop", () =>
    Effect.gen(function* () {
      const filename = join(yield* folder, "jobs.db")
      const seen: Array<number> = []
      const bulk = Bulk.define(
        "stop",
        (input: number) =>
          Effect.suspend(() => {
            seen.push(input)
            return Effect.delay(double(input), 10)
          }),
        { success, chunk: 20, concurrency: 5 }
      )
      const run = Effect.provide(resultsIn(bulk.run("a", numbers(200))), worker(bulk, filename))
      const first = yield* Effect.forkChild(run)
      while (seen.length < 60) yield* Effect.sleep("10 millis")
      yield* Fiber.interrupt(first)
      expect(seen.length).toBeLessThan(200)
      const results = yield* run
      expect(results).toHaveLength(200)
      expect(seen).toHaveLength(200)
      expect(new Set(seen).size).toBe(200)
    })
  )

  it.live("refuses a second worker on its file, while another process may look and control", () =>
    Effect.gen(function* () {
      const filename = join(yield* folder, "jobs.db")
      const bulk = Bulk.define("double", double, { success })
      const program = Effect.gen(function* () {
        yield* bulk.submit("a", numbers(5))
        yield* Stream.runDrain(Bulk.watch("a", { every: "50 millis" }))
        const second = yield* Effect.flip(Effect.scoped(Layer.build(Layer.fresh(NodeBulk.layerLocal({ filename })))))
        const seen = yield* Bulk.progress("a").pipe(Effect.provide(Layer.fresh(NodeBulk.layerControl({ filename }))))
        return { second, seen }
      })
      const { second, seen } = yield* Effect.provide(program, worker(bulk, filename))
      expect(second).toMatchObject({ _tag: "SqliteError", kind: "locked" })
      expect(second.message).toContain("Another process is using")
      expect(seen).toMatchObject({ state: "completed", done: 5 })
    })
  )

  it.live("loses nothing on a full disk: it sends no more, says so, and goes on when there is space", () =>
    Effect.gen(function* () {
      const filename = join(yield* folder, "jobs.db")
      const seen: Array<number> = []
      const bulk = Bulk.define(
        "big",
        (input: number) =>
          Effect.sync(() => {
            seen.push(input)
            return { double: input * 2, text: "x".repeat(5000) }
          }),
        { success: Schema.Struct({ double: Schema.Number, text: Schema.String }), chunk: 50, concurrency: 10 }
      )
      const program = Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        const [pages] = yield* sql<{ readonly page_count: number }>`PRAGMA page_count`
        yield* sql.unsafe(`PRAGMA max_page_count = ${(pages?.page_count ?? 0) + 200}`)
        const failure = yield* Effect.flip(Stream.runDrain(bulk.run("a", numbers(500))))
        const sent = seen.length
        yield* Effect.sleep("500 millis")
        expect(seen).toHaveLength(sent)
        yield* sql.unsafe("PRAGMA max_page_count = 1000000")
        yield* Stream.runDrain(Bulk.watch("a", { every: "50 millis" }))
        const paused = yield* Bulk.progress("a")
        yield* Bulk.resume("a")
        yield* Stream.runDrain(Bulk.watch("a", { every: "50 millis" }))
        return { failure, paused, completed: yield* Bulk.progress("a") }
      })
      const { completed, failure, paused } = yield* Effect.provide(
        program,
        worker(bulk, filename, { patience: "1 second" })
      )
      expect(["BulkStorageError", "BulkStoppedError"]).toContain(failure._tag)
      expect(paused).toMatchObject({ state: "paused", reason: { kind: "storage" } })
      expect(completed).toMatchObject({ state: "completed", succeeded: 500, resent: 0 })
      expect(new Set(seen).size).toBe(500)
      expect(seen).toHaveLength(500)
    })
  )

  it.live("pauses when the store of the limiter does not answer, and sends nothing meanwhile", () =>
    Effect.gen(function* () {
      const filename = join(yield* folder, "jobs.db")
      let isLost = true
      let sent = 0
      const lost = new ApiError.ApiError({
        provider: "openai",
        endpoint: "responses.create",
        reason: new ApiError.RateLimitError({
          message: "The limiter's store failed",
          code: "client_rate_limit_unknown",
          type: undefined,
          param: undefined,
          helpUrl: undefined,
          retryAfter: undefined,
          limits: undefined
        }),
        request: undefined,
        response: undefined,
        attempts: []
      })
      const bulk = Bulk.define(
        "held",
        (input: number) =>
          Effect.suspend(() => {
            if (isLost) return Effect.fail(lost)
            sent++
            return double(input)
          }),
        { success, concurrency: 5 }
      )
      const program = Effect.gen(function* () {
        const stopped = yield* Effect.flip(Stream.runDrain(bulk.run("a", numbers(50))))
        const paused = yield* Bulk.progress("a")
        isLost = false
        yield* Bulk.resume("a")
        yield* Stream.runDrain(Bulk.watch("a", { every: "50 millis" }))
        return { stopped, paused, completed: yield* Bulk.progress("a") }
      })
      const { completed, paused, stopped } = yield* Effect.provide(
        program,
        worker(bulk, filename, { patience: "1 second" })
      )
      expect(stopped).toMatchObject({ _tag: "BulkStoppedError", reason: { kind: "limiter" } })
      expect(paused).toMatchObject({ sent: 0, done: 0, failed: 0 })
      expect(completed).toMatchObject({ succeeded: 50, sent: 50 })
      expect(sent).toBe(50)
    })
  )
})
