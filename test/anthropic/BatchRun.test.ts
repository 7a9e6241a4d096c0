import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/testing/TestClock"
import * as BetaMessages from "../../src/anthropic/api/BetaMessages.ts"
import * as Messages from "../../src/anthropic/api/Messages.ts"
import * as BatchRun from "../../src/anthropic/BatchRun.ts"
import { type FakeHttp, fakeHttp, type Reply, type Sent } from "../support/FakeHttp.ts"
import { anthropicOver } from "../support/probes.ts"
import { sentBody } from "../support/sent.ts"
import { textsOfError } from "../support/shown.ts"

const key = 'zq7/KEY+"0123456789=abcdef'

const settle = <A, E, R>(program: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.gen(function* () {
    const fiber = yield* Effect.forkChild(program)
    yield* TestClock.adjust("26 hours")
    return yield* Fiber.join(fiber)
  })

const input = { model: "claude-sonnet-5", max_tokens: 9, messages: [] }
const requests = (...customIds: ReadonlyArray<string>) =>
  Stream.map(Stream.fromIterable(customIds), (customId) => ({ customId, input }))

const message = (text: string) => ({
  id: "msg_1",
  type: "message",
  role: "assistant",
  model: "claude-sonnet-5",
  content: [{ type: "text", text }],
  stop_reason: "end_turn",
  stop_sequence: null,
  usage: { input_tokens: 1, output_tokens: 1 }
})

const errored = (type: string) => ({
  type: "errored",
  error: { type: "error", error: { type, message: "no" }, request_id: "r" }
})

const account = (results: (batch: number) => { readonly [customId: string]: unknown }): FakeHttp => {
  let batches = 0
  const looks = new Map<string, number>()
  const batch = (id: string, status: string) => ({
    id,
    type: "message_batch",
    processing_status: status,
    request_counts: { processing: 1, succeeded: 2, errored: 3, canceled: 0, expired: 0 },
    created_at: "2026-01-01T00:00:00Z",
    expires_at: "2026-01-02T00:00:00Z",
    archived_at: null,
    cancel_initiated_at: null,
    ended_at: null,
    results_url: null
  })
  return fakeHttp(({ method, url }: Sent): Reply => {
    const [, , , , id = "", part] = new URL(url).pathname.split("/")
    if (method === "POST") return { body: batch(String(++batches), "in_progress") }
    if (part !== "results") {
      const look = looks.get(id) ?? 0
      looks.set(id, look + 1)
      return { body: batch(id, look === 0 ? "in_progress" : "ended") }
    }
    return {
      headers: { "content-type": "application/x-jsonl" },
      body: Object.entries(results(Number(id)))
        .map(([custom_id, result]) => `${JSON.stringify({ custom_id, result })}\n`)
        .join("")
    }
  })
}

describe("a run", () => {
  it.effect("sends its requests inline, and gives a message or a failure for each", () => {
    const http = account(() => ({
      a: { type: "succeeded", message: message("hi") },
      b: errored("invalid_request_error"),
      c: { type: "canceled" },
      d: { type: "succeeded", message: { odd: 1 } }
    }))
    return Effect.gen(function* () {
      const events = yield* settle(Stream.runCollect(BatchRun.run(Messages.create, requests("a", "b", "c", "d", "e"))))
      assert.deepStrictEqual(
        events.map((event) =>
          event._tag === "Failed"
            ? [event.customId, event.error.kind, event.error.code]
            : event._tag === "Succeeded"
              ? [event.customId, event.value.stop_reason]
              : [event._tag]
        ),
        [
          ["Submitted"],
          ["Progress"],
          ["Progress"],
          ["a", "end_turn"],
          ["b", "errored", "invalid_request_error"],
          ["c", "canceled", undefined],
          ["d", "undecodable", undefined],
          ["e", "missing", undefined]
        ]
      )
      const { requests: sent } = sentBody<{ readonly requests: ReadonlyArray<unknown> }>(http)
      assert.deepStrictEqual(sent[0], { custom_id: "a", params: input })
    }).pipe(Effect.provide(anthropicOver(http)))
  })

  it.effect("sends only those again that failed and may succeed", () => {
    const http = account((batch) =>
      batch === 1
        ? { a: errored("overloaded_error"), b: { type: "expired" }, c: errored("invalid_request_error") }
        : { a: { type: "succeeded", message: message("now") }, b: errored("api_error") }
    )
    return Effect.gen(function* () {
      const events = yield* settle(
        Stream.runCollect(BatchRun.run(Messages.create, requests("a", "b", "c"), { retries: 1 }))
      )
      assert.deepStrictEqual(
        events.flatMap((event) => ("customId" in event ? [`${event._tag} ${event.customId}`] : [])),
        ["Failed c", "Succeeded a", "Failed b"]
      )
    }).pipe(Effect.provide(anthropicOver(http)))
  })

  it.effect("shows no key that the server writes into a result", () => {
    const said = `you sent ${key} or ${encodeURIComponent(key)} or ${btoa(`user:${key}`)}`
    const refused = { type: said, message: said }
    const http = account(() => ({
      a: { type: "errored", error: { type: "error", error: refused, said: [{ [said]: said }] } },
      b: { type: "succeeded", message: { odd: said, content: said } },
      c: { type: said }
    }))
    return Effect.gen(function* () {
      const events = yield* settle(Stream.runCollect(BatchRun.run(Messages.create, requests("a", "b", "c"))))
      const errors = events.flatMap((event) => (event._tag === "Failed" ? [event.error] : []))
      assert.strictEqual(errors.length, 3)
      for (const text of errors.flatMap(textsOfError)) {
        for (const form of [key, JSON.stringify(key).slice(1, -1), encodeURIComponent(key), btoa(key).slice(4, 20)]) {
          assert.notInclude(text, form)
        }
      }
    }).pipe(Effect.provide(anthropicOver(http, { apiKey: Redacted.make(key) })))
  })

  it.effect("may be resumed by the id of a batch", () => {
    const http = account(() => ({ a: { type: "succeeded", message: message("hi") } }))
    return Effect.gen(function* () {
      const events = yield* settle(Stream.runCollect(BatchRun.resume(Messages.create, "5")))
      assert.deepInclude(events.at(-2), { _tag: "Progress", batchId: "5", total: 6, completed: 2, failed: 3 })
      assert.strictEqual(events.at(-1)?._tag, "Succeeded")
    }).pipe(Effect.provide(anthropicOver(http)))
  })

  it.effect("may be resumed with its requests, so that failures that may succeed are sent again", () => {
    const http = account((batch) =>
      batch === 5
        ? {
            a: { type: "succeeded", message: message("hi") },
            b: { type: "expired" },
            c: errored("invalid_request_error")
          }
        : { b: { type: "succeeded", message: message("now") } }
    )
    return Effect.gen(function* () {
      const events = yield* settle(
        Stream.runCollect(
          BatchRun.resume(BetaMessages.create, "5", {
            requests: requests("a", "b", "c", "other"),
            retries: 1,
            workspace_id: "wrkspc_1"
          })
        )
      )
      assert.deepStrictEqual(
        events.flatMap((event) => ("customId" in event ? [`${event._tag} ${event.customId}`] : [])),
        ["Succeeded a", "Failed c", "Succeeded b"]
      )
      const created = http.sent.findIndex(({ method }) => method === "POST")
      assert.deepStrictEqual(sentBody<{ readonly requests: ReadonlyArray<unknown> }>(http, created).requests, [
        { custom_id: "b", params: input }
      ])
      assert.strictEqual(http.sent[created]?.headers["anthropic-workspace-id"], "wrkspc_1")
    }).pipe(Effect.provide(anthropicOver(http)))
  })

  it.effect("of the beta API has its betas and its workspace in headers, and decodes what only that API has", () => {
    const compaction = { type: "compaction", content: "So far: nothing." }
    const http = account(() => ({ a: { type: "succeeded", message: { ...message("hi"), content: [compaction] } } }))
    return Effect.gen(function* () {
      const events = yield* settle(
        Stream.runCollect(
          BatchRun.run(BetaMessages.create, requests("a"), {
            betas: ["compact-2026-01-12"],
            user_profile_id: "profile",
            workspace_id: "wrkspc_1"
          })
        )
      )
      const last = events.at(-1)
      assert.deepStrictEqual(last?._tag === "Succeeded" ? last.value.content[0]?.type : last?._tag, "compaction")
      assert.deepStrictEqual(sentBody<{ readonly requests: ReadonlyArray<unknown> }>(http).requests, [
        { custom_id: "a", params: input }
      ])
      assert.strictEqual(http.sent[0]?.headers["anthropic-user-profile-id"], "profile")
      for (const { headers, url } of http.sent) {
        assert.strictEqual(headers["anthropic-beta"], "compact-2026-01-12", url)
        assert.strictEqual(headers["anthropic-workspace-id"], "wrkspc_1", url)
      }
    }).pipe(Effect.provide(anthropicOver(http)))
  })
})
