import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/testing/TestClock"
import type { Batch } from "llmfx"
import * as Embeddings from "../../src/openai/api/Embeddings.ts"
import * as BatchRun from "../../src/openai/BatchRun.ts"
import { type FakeHttp, fakeHttp, type Reply, type Sent } from "../support/FakeHttp.ts"
import { openAiOver } from "../support/probes.ts"
import { sentBody } from "../support/sent.ts"

const settle = <A, E, R>(program: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.gen(function* () {
    const fiber = yield* Effect.forkChild(program)
    yield* TestClock.adjust("26 hours")
    return yield* Fiber.join(fiber)
  })

const request = (customId: string) => ({ customId, input: { model: "embed", input: customId } })
const requests = (...customIds: ReadonlyArray<string>) => Stream.map(Stream.fromIterable(customIds), request)

const success = (customId: string) => ({
  custom_id: customId,
  response: {
    status_code: 200,
    body: {
      object: "list",
      model: "embed",
      data: [{ object: "embedding", index: 0, embedding: [customId.length] }],
      usage: { prompt_tokens: 1, total_tokens: 1 }
    }
  },
  error: null
})
const failure = (customId: string, status: number, message = "no") => ({
  custom_id: customId,
  response: { status_code: status, body: { error: { message, type: "t", code: "c" } } },
  error: null
})

interface Script {
  /** The states of each batch after it was created; the last one is its end. */
  readonly statuses?: ReadonlyArray<string>
  /** The lines of a batch's files. */
  readonly output?: (batch: number) => ReadonlyArray<unknown>
  readonly errors?: (batch: number) => ReadonlyArray<unknown>
  readonly rest?: object
}

/** The files and batches of an account: batch n has input file-in-n, output file-out-n and errors file-err-n. */
const account = (script: Script): FakeHttp => fakeHttp(answersOf(script))

const answersOf = ({ errors, output, rest, statuses = ["in_progress", "completed"] }: Script) => {
  let batches = 0
  const looks = new Map<string, number>()
  const batch = (id: string, status: string) => {
    const isOver = status !== "validating" && status !== "in_progress"
    return {
      id,
      object: "batch",
      endpoint: "/v1/embeddings",
      completion_window: "24h",
      created_at: 1,
      input_file_id: `file-in-${id}`,
      status,
      output_file_id: isOver && output !== undefined ? `file-out-${id}` : null,
      error_file_id: isOver && errors !== undefined ? `file-err-${id}` : null,
      request_counts: { total: 3, completed: isOver ? 2 : 0, failed: isOver ? 1 : 0 },
      ...(isOver ? rest : {})
    }
  }
  const lines = (values: ReadonlyArray<unknown> = []): Reply => ({
    headers: { "content-type": "application/octet-stream" },
    body: values.map((value) => `${typeof value === "string" ? value : JSON.stringify(value)}\n`).join("")
  })
  return ({ method, url }: Sent): Reply => {
    const path = new URL(url).pathname
    if (path === "/files") {
      return { body: { id: "file-in", object: "file", bytes: 1, created_at: 1, filename: "f", purpose: "batch" } }
    }
    if (method === "POST" && path === "/batches") return { body: batch(String(++batches), "validating") }
    const id = path.split("/").at(2) ?? ""
    if (path.startsWith("/batches/")) {
      const look = looks.get(id) ?? 0
      looks.set(id, look + 1)
      return { body: batch(id, statuses[Math.min(look, statuses.length - 1)] ?? "") }
    }
    const number = Number(id.split("-").at(-1))
    return lines(id.startsWith("file-out-") ? output?.(number) : errors?.(number))
  }
}

const short = (event: Batch.Event<Embeddings.CreateEmbeddingResponse>): string => {
  switch (event._tag) {
    case "Submitted":
      return `submitted ${event.batchId} (${event.requests})`
    case "Progress":
      return `progress ${event.batchId} ${event.completed + event.failed}/${event.total}`
    case "Succeeded":
      return `${event.customId} = ${String(event.value.data[0]?.embedding)}`
    case "Failed":
      return `${event.customId}: ${event.error.kind} ${event.error.status ?? ""}`
  }
}

const events = (http: FakeHttp, customIds: ReadonlyArray<string>, options: BatchRun.Options = {}) =>
  settle(Stream.runCollect(BatchRun.run(Embeddings.create, requests(...customIds), options))).pipe(
    Effect.map((events) => events.map(short)),
    Effect.provide(openAiOver(http))
  )

const filesOf = (http: FakeHttp): Effect.Effect<ReadonlyArray<string>> =>
  Effect.promise(() =>
    Promise.all(
      http.sent.flatMap(({ request: { body } }) => {
        const file = body._tag === "FormData" ? body.formData.get("file") : undefined
        return file instanceof Blob ? [file.text()] : []
      })
    )
  )

describe("a run", () => {
  it.effect("sends its requests as a file, follows the batch, and decodes each result", () =>
    Effect.gen(function* () {
      const http = account({ output: () => [success("bb"), success("a")], errors: () => [failure("ccc", 400)] })
      const seen = yield* events(http, ["a", "bb", "ccc"], { metadata: { job: "7" } })
      assert.deepStrictEqual(seen, [
        "submitted 1 (3)",
        "progress 1 0/3",
        "progress 1 3/3",
        "bb = 2",
        "a = 1",
        "ccc: errored 400"
      ])
      const [file] = yield* filesOf(http)
      assert.deepStrictEqual(
        file
          ?.trim()
          .split("\n")
          .map((line) => JSON.parse(line) as unknown),
        ["a", "bb", "ccc"].map((id) => ({
          custom_id: id,
          method: "POST",
          url: "/v1/embeddings",
          body: { model: "embed", input: id }
        }))
      )
      assert.deepInclude(sentBody(http, 1), {
        input_file_id: "file-in",
        endpoint: "/v1/embeddings",
        completion_window: "24h",
        metadata: { job: "7" }
      })
    })
  )

  it.effect("is split at the limits", () =>
    Effect.gen(function* () {
      const http = account({ output: (batch) => [success(["a", "b", "c", "d", "e"][batch - 1] ?? "")] })
      yield* events(http, ["a", "b", "c", "d", "e"], { maxRequests: 2 })
      const files = yield* filesOf(http)
      assert.deepStrictEqual(
        files.map((file) => file.trim().split("\n").length),
        [2, 2, 1]
      )
      const lineBytes = (files[2] ?? "").length
      const narrow = account({ output: () => [] })
      yield* events(narrow, ["a", "b", "c"], { maxBytes: 2 * lineBytes })
      assert.deepStrictEqual(
        (yield* filesOf(narrow)).map((file) => file.trim().split("\n").length),
        [2, 1]
      )
    })
  )

  it.effect("fails only the request that is too large for any batch", () =>
    Effect.gen(function* () {
      const http = account({ output: () => [success("a"), success("b")] })
      const seen = yield* events(http, ["a", "x".repeat(1000), "b"], { maxBytes: 1000 })
      assert.deepStrictEqual(
        seen.filter((line) => !line.startsWith("progress")),
        [`${"x".repeat(1000)}: tooLarge `, "submitted 1 (2)", "a = 1", "b = 1"]
      )
    })
  )

  it.effect("counts each input of embeddings", () =>
    Effect.gen(function* () {
      const http = account({ output: () => [] })
      const inputs = [["1", "2"], ["3", "4"], "5", [6, 7, 8]]
      const many = Stream.fromIterable(
        inputs.map((input, index) => ({ customId: String(index), input: { model: "m", input } }))
      )
      yield* settle(Stream.runDrain(BatchRun.run(Embeddings.create, many, { maxRequests: 3 }))).pipe(
        Effect.provide(openAiOver(http))
      )
      assert.deepStrictEqual(
        (yield* filesOf(http)).map((file) => file.trim().split("\n").length),
        [1, 2, 1]
      )
    })
  )

  it.effect("reads its results on if the connection breaks, and gives each once", () =>
    Effect.gen(function* () {
      let reads = 0
      const lines = ["a", "b", "c"].map((id) => `${JSON.stringify(success(id))}\n`)
      const answer = answersOf({ output: () => [], errors: () => [failure("d", 500)] })
      const broken = fakeHttp((sent: Sent): Reply => {
        if (!sent.url.includes("file-out-")) return answer(sent)
        const headers = { "content-type": "application/octet-stream" }
        return ++reads === 1 ? { headers, parts: [lines[0] ?? "", "<broken>"] } : { headers, parts: lines }
      })
      const seen = yield* events(broken, ["a", "b", "c", "d"])
      assert.deepStrictEqual(seen.slice(-4), ["a = 1", "b = 1", "c = 1", "d: errored 500"])
    })
  )

  it.effect("sends only those again that failed and may succeed, and keeps the rest of their failures", () =>
    Effect.gen(function* () {
      const http = account({
        output: (batch) => (batch === 1 ? [success("a")] : [success("busy")]),
        errors: (batch) =>
          batch === 1
            ? [failure("busy", 429), failure("bad", 400), failure("late", 0), failure("down", 500)].map((line) =>
                line.custom_id === "late"
                  ? { custom_id: "late", response: null, error: { code: "batch_expired", message: "expired" } }
                  : line
              )
            : [failure("late", 503), failure("down", 500)]
      })
      const seen = yield* events(http, ["a", "busy", "bad", "late", "down"], { retries: 1 })
      assert.deepStrictEqual(
        seen.filter((line) => !line.startsWith("progress")),
        [
          "submitted 1 (5)",
          "a = 1",
          "bad: errored 400",
          "submitted 2 (3)",
          "busy = 4",
          "late: errored 503",
          "down: errored 500"
        ]
      )
      const [, second] = yield* filesOf(http)
      assert.deepStrictEqual(
        second
          ?.trim()
          .split("\n")
          .map((line) => (JSON.parse(line) as { readonly custom_id: string }).custom_id),
        ["busy", "late", "down"]
      )
    })
  )

  it.effect("names the requests that the batch says nothing of", () =>
    Effect.gen(function* () {
      const http = account({ output: () => [success("a"), "not json", { no: "id" }] })
      const seen = yield* events(http, ["a", "b"])
      assert.deepStrictEqual(seen.slice(-2), ["a = 1", "b: missing "])
    })
  )

  it.effect("does not send a batch again that was refused, and says why", () =>
    Effect.gen(function* () {
      const http = account({
        statuses: ["failed"],
        rest: { errors: { object: "list", data: [{ code: "x", line: 2, message: "bad line" }] } }
      })
      const found = yield* settle(
        Stream.runCollect(BatchRun.run(Embeddings.create, requests("a"), { retries: 3 }))
      ).pipe(Effect.provide(openAiOver(http)))
      const last = found.at(-1)
      assert.strictEqual(last?._tag === "Failed" && last.error.message, "bad line (line 2)")
      assert.strictEqual(found.filter(({ _tag }) => _tag === "Submitted").length, 1)
    })
  )

  it.effect("has an answer that does not fit as a failure with what was sent", () =>
    Effect.gen(function* () {
      const http = account({ output: () => [{ custom_id: "a", response: { status_code: 200, body: { odd: 1 } } }] })
      const found = yield* settle(Stream.runCollect(BatchRun.run(Embeddings.create, requests("a")))).pipe(
        Effect.provide(openAiOver(http))
      )
      const last = found.at(-1)
      assert.strictEqual(last?._tag === "Failed" && last.error.kind, "undecodable")
      assert.include(JSON.stringify(last), '"odd":1')
    })
  )

  it.effect("fails before anything is sent if a custom id repeats", () =>
    Effect.gen(function* () {
      const http = account({})
      const error = yield* Stream.runCollect(BatchRun.run(Embeddings.create, requests("a", "a"))).pipe(
        Effect.flip,
        Effect.provide(openAiOver(http))
      )
      assert.strictEqual(error._tag, "BatchInputError")
      assert.strictEqual(http.sent.length, 0)
    })
  )

  it.effect("sends nothing if there are no requests", () =>
    Effect.gen(function* () {
      const http = account({})
      assert.deepStrictEqual(yield* events(http, []), [])
      assert.strictEqual(http.sent.length, 0)
    })
  )

  it.effect("may be resumed by the id of a batch", () =>
    Effect.gen(function* () {
      const http = account({ output: () => [success("a")], errors: () => [failure("b", 500)] })
      const found = yield* settle(Stream.runCollect(BatchRun.resume(Embeddings.create, "9"))).pipe(
        Effect.provide(openAiOver(http))
      )
      assert.deepStrictEqual(found.map(short), ["progress 9 0/3", "progress 9 3/3", "a = 1", "b: errored 500"])
      assert.isTrue(http.sent.every(({ method }) => method === "GET"))
    })
  )

  it.effect("looks every half minute unless told otherwise", () =>
    Effect.gen(function* () {
      const http = account({ statuses: ["in_progress", "in_progress", "completed"], output: () => [] })
      yield* events(http, ["a"])
      const looks = http.sent.filter(({ url }) => url.includes("/batches/")).map(({ at }) => at)
      assert.deepStrictEqual(looks, [0, 30_000, 60_000])
    })
  )
})

describe("a resumed batch", () => {
  const resumed = <E>(http: FakeHttp, options: BatchRun.ResumeOptions<Embeddings.EmbeddingCreateParams, E>) =>
    settle(Stream.runCollect(BatchRun.resume(Embeddings.create, "9", options))).pipe(
      Effect.map((events) => events.map(short).filter((line) => !line.startsWith("progress"))),
      Effect.provide(openAiOver(http))
    )

  it.effect("sends those of its requests again that failed and may succeed, out of all that it is given", () =>
    Effect.gen(function* () {
      const http = account({
        output: (batch) => (batch === 9 ? [success("a")] : batch === 2 ? [success("down")] : []),
        errors: (batch) => (batch === 9 ? [failure("bad", 400), failure("down", 500)] : [failure("down", 503)])
      })
      const options = { requests: requests("other", "a", "bad", "down"), retries: 2, metadata: { job: "7" } }
      assert.deepStrictEqual(yield* resumed(http, options), [
        "a = 1",
        "bad: errored 400",
        "submitted 1 (1)",
        "submitted 2 (1)",
        "down = 4"
      ])
      assert.deepStrictEqual(
        (yield* filesOf(http)).map((file) => (JSON.parse(file) as { readonly custom_id: string }).custom_id),
        ["down", "down"]
      )
      const created = http.sent.findIndex(({ method, url }) => method === "POST" && url.endsWith("/batches"))
      assert.deepInclude(sentBody(http, created), { metadata: { job: "7" } })
    })
  )

  it.effect("keeps the failures of requests that it is not given", () =>
    Effect.gen(function* () {
      const http = account({
        output: (batch) => (batch === 9 ? [] : [success("busy")]),
        errors: (batch) => (batch === 9 ? [failure("late", 503), failure("busy", 429), failure("bad", 400)] : [])
      })
      assert.deepStrictEqual(yield* resumed(http, { requests: requests("busy"), retries: 1 }), [
        "bad: errored 400",
        "submitted 1 (1)",
        "busy = 4",
        "late: errored 503"
      ])
    })
  )

  it.effect("misses results only if it is given just its own requests", () =>
    Effect.gen(function* () {
      const script: Script = { output: (batch) => (batch === 9 ? [success("a"), success("bb")] : [success("ccc")]) }
      const resume = (...customIds: ReadonlyArray<string>) =>
        resumed(account(script), { requests: requests(...customIds), retries: 1 })
      assert.deepStrictEqual(yield* resume("a", "bb", "ccc"), ["a = 1", "bb = 2", "submitted 1 (1)", "ccc = 3"])
      assert.deepStrictEqual(yield* resume("a", "bb", "ccc", "d"), ["a = 1", "bb = 2"])
      assert.deepStrictEqual(yield* resume("a", "ccc", "d"), ["a = 1", "bb = 2"])
    })
  )

  it.effect("does not read the requests if nothing is left to do", () =>
    Effect.gen(function* () {
      const http = account({ output: () => [success("a"), success("bb"), success("ccc")] })
      const seen = yield* resumed(http, { requests: Stream.fail("unread"), retries: 1 })
      assert.deepStrictEqual(seen, ["a = 1", "bb = 2", "ccc = 3"])
    })
  )

  it.effect("fails as the requests do", () =>
    Effect.gen(function* () {
      const http = account({ errors: () => [failure("a", 500)] })
      const error = yield* Effect.flip(resumed(http, { requests: Stream.fail("no file"), retries: 1 }))
      assert.strictEqual(error, "no file")
    })
  )
})
