import { join } from "node:path"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as HttpClient from "effect/http/HttpClient"
import * as HttpClientError from "effect/http/HttpClientError"
import * as HttpClientResponse from "effect/http/HttpClientResponse"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import { Anthropic, BatchRun as AnthropicBatchRun, Messages } from "llmfx/anthropic"
import * as Bulk from "llmfx/jobs/Bulk"
import { BatchRun, OpenAi, Responses } from "llmfx/openai"
import { folder, resultsIn, worker } from "./support.ts"

interface Fields {
  readonly [field: string]: unknown
}

interface Reply {
  readonly status?: number
  readonly body: unknown
}

/** A server of batches in this process; it may lose the answer to a submission that it has accepted. */
const fakeClient = (answer: (method: string, path: string, body: string) => Reply | "lost") =>
  Layer.succeed(
    HttpClient.HttpClient,
    HttpClient.make((request, url) =>
      Effect.gen(function* () {
        const { body } = request
        const text =
          body._tag === "Raw" && typeof body.body === "string"
            ? body.body
            : body._tag === "FormData"
              ? yield* Effect.promise(async () => {
                  const file = body.formData.get("file")
                  return file instanceof Blob ? await file.text() : ""
                })
              : body._tag === "Stream"
                ? yield* Effect.orDie(Stream.mkString(Stream.decodeText(body.stream)))
                : ""
        const reply = answer(request.method, url.pathname, text)
        if (reply === "lost") {
          return yield* new HttpClientError.HttpClientError({
            reason: new HttpClientError.TransportError({ request, cause: new Error("the connection broke") })
          })
        }
        const isText = typeof reply.body === "string"
        return HttpClientResponse.fromWeb(
          request,
          new Response(isText ? String(reply.body) : JSON.stringify(reply.body), {
            status: reply.status ?? 200,
            headers: { "content-type": isText ? "application/x-ndjson" : "application/json" }
          })
        )
      })
    )
  )

const responseOf = (input: unknown) => ({
  id: `resp_${String(input)}`,
  object: "response",
  created_at: 0,
  model: "m",
  status: "completed",
  output: [],
  usage: { input_tokens: 3, output_tokens: 2, total_tokens: 5 }
})

/** OpenAI's files and batches. */
const makeOpenAi = (options: { readonly loses?: number; readonly refuses?: boolean; readonly extra?: string } = {}) => {
  const files: Array<string> = []
  const batches: Array<Fields & { readonly id: string }> = []
  let left = options.loses ?? 0
  const layer = fakeClient((method, path, body) => {
    if (method === "POST" && path.endsWith("/files")) {
      files.push(/\{.*\}/s.exec(body)?.[0] ?? "")
      return { body: { id: `file-${files.length - 1}`, object: "file", bytes: 1, created_at: 0, filename: "x" } }
    }
    if (method === "POST" && path.endsWith("/batches")) {
      if (options.refuses === true) return { status: 400, body: { error: { message: "no such model" } } }
      const { input_file_id, metadata } = JSON.parse(body) as { input_file_id: string; metadata: Fields }
      const lines = (files[Number(input_file_id.slice(5))] ?? "").split("\n").filter((line) => line.startsWith("{"))
      const batch = {
        id: `batch_${batches.length}`,
        object: "batch",
        endpoint: "/v1/responses",
        status: "completed",
        input_file_id,
        completion_window: "24h",
        created_at: Date.now() / 1000,
        metadata,
        output_file_id: `output-${input_file_id.slice(5)}`,
        request_counts: { total: lines.length, completed: lines.length, failed: 0 }
      }
      batches.unshift(batch)
      return left-- > 0 ? "lost" : { body: batch }
    }
    if (path.endsWith("/content")) {
      const index = Number(/output-(\d+)/.exec(path)?.[1])
      const lines = (files[index] ?? "").split("\n").filter((line) => line.startsWith("{"))
      return {
        body: lines
          .map((line) => JSON.parse(line) as { custom_id: string; body: { input: unknown } })
          .map(({ body, custom_id }) =>
            JSON.stringify({ custom_id, response: { status_code: 200, body: responseOf(body.input) }, error: null })
          )
          .map((line) => line.replace('"output":[]', `"output":[],"extra":${options.extra ?? null}`))
          .join("\n")
      }
    }
    const id = /batches\/([^/]+)$/.exec(path)?.[1]
    if (id !== undefined) return { body: batches.find((batch) => batch.id === id) }
    return { body: { object: "list", data: batches, has_more: false } }
  })
  const client = OpenAi.layer({ apiKey: Redacted.make("test"), retry: undefined }).pipe(Layer.provide(layer))
  return { batches, client }
}

const poll = { schedule: undefined, deadline: "1 minute" } as const
const inputs = (count: number) =>
  Stream.map(Stream.range(1, count), (n) => ({ customId: `n${n}`, input: { model: "m", input: `n${n}` } }))

describe("via a vendor's batches", () => {
  it.live("sends a batch a chunk and gives each input its result", () =>
    Effect.gen(function* () {
      const filename = join(yield* folder, "jobs.db")
      const { batches, client } = makeOpenAi()
      const bulk = Bulk.endpoint("describe", Responses.create, { via: BatchRun.via(), poll, chunk: 4 })
      const program = Effect.gen(function* () {
        const results = yield* resultsIn(bulk.run("a", inputs(10)))
        return { results, progress: yield* Bulk.progress("a") }
      })
      const { progress, results } = yield* Effect.provide(program, worker(bulk, filename).pipe(Layer.provide(client)))
      expect(batches).toHaveLength(3)
      expect(results.map((result) => (result._tag === "Succeeded" ? result.value.id : result.error))).toEqual(
        Array.from({ length: 10 }, (_, index) => `resp_n${index + 1}`)
      )
      expect(progress).toMatchObject({ succeeded: 10, sent: 10, resent: 0, tokens: { input: 30, output: 20 } })
    })
  )

  it.live("finds a batch that was accepted, if the answer was lost or the process died, and submits it once", () =>
    Effect.gen(function* () {
      const filename = join(yield* folder, "jobs.db")
      const { batches, client } = makeOpenAi({ loses: 3 })
      const bulk = Bulk.endpoint("describe", Responses.create, { via: BatchRun.via(), poll, chunk: 5 })
      const run = Effect.provide(
        resultsIn(bulk.run("a", inputs(5))),
        worker(bulk, filename).pipe(Layer.provide(client))
      )
      const first = yield* Effect.forkChild(run)
      while (batches.length === 0) yield* Effect.sleep("10 millis")
      yield* Fiber.interrupt(first)
      const results = yield* run
      expect(results).toHaveLength(5)
      expect(batches).toHaveLength(1)
    })
  )

  it.live("fails the input whose result is nested too deeply to be stored", () =>
    Effect.gen(function* () {
      const filename = join(yield* folder, "jobs.db")
      const { client } = makeOpenAi({ extra: `${"[".repeat(100_000)}${"]".repeat(100_000)}` })
      const bulk = Bulk.endpoint("describe", Responses.create, { via: BatchRun.via(), poll })
      const results = yield* Effect.provide(
        resultsIn(bulk.run("a", inputs(2))),
        worker(bulk, filename).pipe(Layer.provide(client))
      )
      expect(results.map((result) => result._tag)).toEqual(["Failed", "Failed"])
    })
  )

  it.live("fails the inputs of a batch that is refused", () =>
    Effect.gen(function* () {
      const filename = join(yield* folder, "jobs.db")
      const { client } = makeOpenAi({ refuses: true })
      const bulk = Bulk.endpoint("describe", Responses.create, { via: BatchRun.via(), poll })
      const results = yield* Effect.provide(
        resultsIn(bulk.run("a", inputs(3))),
        worker(bulk, filename).pipe(Layer.provide(client))
      )
      expect(results.map((result) => result._tag === "Failed" && result.error.reason)).toEqual(
        Array.from({ length: 3 }, () => "InvalidRequestError")
      )
    })
  )

  it.live(
    "reports an Anthropic batch that cannot be told from others, and finds it by its results when it has ended",
    () =>
      Effect.gen(function* () {
        const filename = join(yield* folder, "jobs.db")
        const batches: Array<Fields & { readonly id: string; processing_status: string }> = []
        let sent: ReadonlyArray<{ readonly custom_id: string }> = []
        let left = 3
        const http = fakeClient((method, path, body) => {
          if (method === "POST") {
            sent = (JSON.parse(body) as { requests: typeof sent }).requests
            batches.push({
              id: `msgbatch_${batches.length}`,
              type: "message_batch",
              processing_status: "in_progress",
              created_at: new Date().toISOString(),
              expires_at: new Date().toISOString(),
              request_counts: { canceled: 0, errored: 0, expired: 0, processing: sent.length, succeeded: 0 }
            })
            return left-- > 0 ? "lost" : { body: batches[0] }
          }
          if (path.endsWith("/results")) {
            const message = {
              id: "msg_1",
              type: "message",
              role: "assistant",
              model: "m",
              content: [],
              stop_reason: "end_turn",
              stop_sequence: null,
              usage: { input_tokens: 1, output_tokens: 1 }
            }
            return {
              body: sent
                .map(({ custom_id }) => JSON.stringify({ custom_id, result: { type: "succeeded", message } }))
                .join("\n")
            }
          }
          const id = /batches\/([^/]+)$/.exec(path)?.[1]
          if (id !== undefined) return { body: batches.find((batch) => batch.id === id) }
          return { body: { data: batches, has_more: false, first_id: null, last_id: null } }
        })
        const client = Anthropic.layer({ apiKey: Redacted.make("test") }).pipe(Layer.provide(http))
        const bulk = Bulk.endpoint("describe", Messages.create, { via: AnthropicBatchRun.via(), poll })
        const messages = Stream.map(Stream.range(1, 3), (n) => ({
          input: { model: "m", max_tokens: 10, messages: [{ role: "user" as const, content: `${n}` }] }
        }))
        const program = Effect.gen(function* () {
          const stopped = yield* Effect.flip(Stream.runDrain(bulk.run("a", messages)))
          for (const batch of batches) batch.processing_status = "ended"
          const results = yield* resultsIn(bulk.run("a", messages))
          return { stopped, results }
        })
        const { results, stopped } = yield* Effect.provide(program, worker(bulk, filename).pipe(Layer.provide(client)))
        expect(stopped).toMatchObject({ _tag: "BulkStoppedError", reason: { kind: "batch" } })
        expect(stopped.message).toContain("msgbatch_0")
        expect(results.map(({ _tag }) => _tag)).toEqual(["Succeeded", "Succeeded", "Succeeded"])
        expect(batches).toHaveLength(1)
      })
  )
})
