import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as fc from "fast-check"
import * as Bulk from "llmfx/jobs/Bulk"

const encoder = new TextEncoder()

/** Reads a text that arrives in pieces, with what was rejected. */
const read = <I = unknown>(
  text: string | Uint8Array,
  options: Bulk.ReadOptions<I> = {},
  size = Number.POSITIVE_INFINITY
) =>
  Effect.gen(function* () {
    const bytes = typeof text === "string" ? encoder.encode(text) : text
    const pieces: Array<Uint8Array> = []
    for (let start = 0; start < bytes.length; start += size) {
      pieces.push(bytes.subarray(start, Math.min(bytes.length, start + size)))
    }
    const rejects: Array<Bulk.Reject> = []
    const requests = yield* Bulk.fromJsonl<I>(Stream.fromIterable(pieces), {
      ...options,
      onReject: (reject) =>
        Effect.sync(() => {
          rejects.push(reject)
        })
    }).pipe(Stream.runCollect)
    return { requests: [...requests], rejects: rejects.map(({ line, message }) => [line, message]) }
  })

describe("fromJsonl", () => {
  it.effect("reads batch files of OpenAI and Anthropic as well as plain objects", () =>
    Effect.gen(function* () {
      const { requests } = yield* read(
        [
          '{"custom_id":"a","method":"POST","url":"/v1/responses","body":{"model":"m"}}',
          '{"custom_id":"b","params":{"model":"n"}}',
          '{"custom_id":"c","model":"o"}',
          '{"model":"p"}'
        ].join("\r\n")
      )
      expect(requests).toEqual([
        { customId: "a", input: { model: "m" } },
        { customId: "b", input: { model: "n" } },
        { customId: "c", input: { model: "o" } },
        { input: { model: "p" } }
      ])
    })
  )

  it.effect("hands over broken lines with their numbers and reads the others", () =>
    Effect.gen(function* () {
      const bytes = new Uint8Array([
        ...encoder.encode('\n{"custom_id":"a"}\n{"custom_id":\n[1]\n{"custom_id":"a"}\n'),
        0xff,
        ...encoder.encode(`\n{"long":"${"x".repeat(100)}"}\n{"custom_id":"b"}`)
      ])
      const { rejects, requests } = yield* read(bytes, { maxLength: 50 }, 7)
      expect(requests.map(({ customId }) => customId)).toEqual(["a", "b"])
      expect(rejects).toEqual([
        [3, "is not JSON"],
        [4, "is not an object"],
        [5, 'has the custom id "a", as line 2 has'],
        [6, "is not UTF-8"],
        [7, "has more than 50 bytes"]
      ])
    })
  )

  it.effect("fills a template from fields, whole values with their type", () =>
    Effect.gen(function* () {
      const { rejects, requests } = yield* read('{"n":3,"who":{"name":"Ada"},"tags":["x"]}\n{"n":4}', {
        template: { max: "{{n}}", text: "Ask {{ who.name }} {{n}} times", tags: "{{tags}}", fixed: [true, "{ {n} }"] }
      })
      expect(requests).toEqual([{ input: { max: 3, text: "Ask Ada 3 times", tags: ["x"], fixed: [true, "{ {n} }"] } }])
      expect(rejects).toEqual([[2, 'has no field "who.name", which the template names']])
    })
  )

  it.effect("rejects inputs that do not fit the schema", () =>
    Effect.gen(function* () {
      const { rejects, requests } = yield* read('{"n":1}\n{"n":"x"}', { input: Schema.Struct({ n: Schema.Number }) })
      expect(requests).toEqual([{ input: { n: 1 } }])
      expect(rejects.map(([line]) => line)).toEqual([2])
    })
  )

  it.effect("reads CSV with quotes and line breaks; a quote that is never closed costs its line alone", () =>
    Effect.gen(function* () {
      const { rejects, requests } = yield* read(
        'id,text\n1,"a ""b"", c\nd"\n2,plain\n3,"open\n4,fine\n5,too,many\n6,a"b"\n7,\n',
        { format: "csv", idFrom: "id", template: { text: "{{text}}" } },
        5
      )
      expect(requests).toEqual([
        { customId: "1", input: { text: 'a "b", c\nd' } },
        { customId: "2", input: { text: "plain" } },
        { customId: "4", input: { text: "fine" } },
        { customId: "7", input: { text: "" } }
      ])
      expect(rejects).toEqual([
        [5, "has a quote that is not closed"],
        [7, "has 3 fields, where the first line names 2"],
        [8, "has a quote in the middle of a field"]
      ])
    })
  )

  it.effect("reads any CSV that is written by the rules, wherever it is cut", () =>
    Effect.promise(() =>
      fc.assert(
        fc.asyncProperty(
          fc.array(fc.tuple(fc.string(), fc.string({ unit: fc.constantFrom('"', ",", "\n", "a", "ü") })), {
            minLength: 1,
            maxLength: 8
          }),
          fc.integer({ min: 1, max: 9 }),
          async (rows, size) => {
            const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`
            const text = `a,b\n${rows.map(([a, b]) => `${quoted(a)},${quoted(b)}`).join("\n")}\n`
            const { rejects, requests } = await Effect.runPromise(read(text, { format: "csv" }, size))
            expect(rejects).toEqual([])
            expect(requests).toEqual(rows.map(([a, b]) => ({ input: { a, b } })))
          }
        )
      )
    )
  )
})

describe("toJsonl", () => {
  it.effect("writes results as a batch does, or plainly", () =>
    Effect.gen(function* () {
      const results: ReadonlyArray<Bulk.Result<unknown>> = [
        { _tag: "Succeeded", customId: "a", seq: 0, attempts: 1, value: { id: 1 } },
        {
          _tag: "Failed",
          customId: "b",
          seq: 1,
          attempts: 2,
          error: new Bulk.BulkCallError({
            customId: "b",
            message: "no",
            reason: "ServerError",
            isRetryable: true,
            apiError: undefined
          })
        }
      ]
      const written = (format: "batch" | "plain") =>
        Bulk.toJsonl(Stream.fromIterable(results), { format }).pipe(Stream.mkString)
      expect(yield* written("batch")).toBe(
        '{"custom_id":"a","response":{"status_code":200,"body":{"id":1}},"error":null}\n' +
          '{"custom_id":"b","response":null,"error":{"code":"ServerError","message":"no"}}\n'
      )
      expect(yield* written("plain")).toBe(
        '{"custom_id":"a","value":{"id":1}}\n' +
          '{"custom_id":"b","error":{"reason":"ServerError","message":"no","retryable":true}}\n'
      )
    })
  )
})

describe("formatProgress", () => {
  it("fits into the columns and shows what counts", () => {
    const progress: Bulk.Progress = {
      _tag: "Progress",
      job: "a",
      name: "n",
      state: "running",
      reason: undefined,
      total: 10_000,
      done: 2500,
      succeeded: 2490,
      failed: 10,
      failures: { ServerError: 10 },
      again: 0,
      duplicates: 0,
      inFlight: 64,
      sent: 2564,
      resent: 3,
      limited: 7,
      tokens: { input: 100_000, cached: 0, output: 20_000 },
      cost: 1.5,
      costAtEnd: 6,
      unpriced: 0,
      rate: 25,
      timeLeft: 300_000,
      priority: 0,
      tags: {},
      submittedAt: 0,
      finishedAt: undefined
    }
    expect(Bulk.formatProgress(progress, 140)).toContain(
      "25.0%  2,500/10,000  25/s  5m00s left  10 failed  100,000+20,000 tokens  $1.50 of $6.00  limit reached 7×  3 resent"
    )
    for (const columns of [20, 60, 100])
      expect(Bulk.formatProgress(progress, columns).length).toBeLessThanOrEqual(columns)
  })
})
