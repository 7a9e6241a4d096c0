import { accumulateManagedAgentsEvent } from "@anthropic-ai/sdk/lib/sessions/accumulate"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { BetaManagedAgentsStreamSessionEvents } from "../../src/anthropic/api/BetaSessionsEvents.ts"
import * as SessionStream from "../../src/anthropic/SessionStream.ts"
import { schemaDecoder } from "../../src/internal/decode/schemaDecoder.ts"
import { accumulatorLaws } from "../support/accumulatorLaws.ts"
import { reasonOf } from "../support/errors.ts"
import { fakeHttp, sse } from "../support/FakeHttp.ts"
import { damaged, follow, joined } from "../support/folds.ts"
import { anthropicOver } from "../support/probes.ts"

const { accumulator } = SessionStream

const processed_at = "2026-01-01T00:00:00Z"
const user = { type: "user.message", id: "ev_1", content: [{ type: "text", text: "hi" }], processed_at }
const running = { type: "session.status_running", id: "ev_2", processed_at }
const message = {
  type: "agent.message",
  id: "ev_3",
  content: [
    { type: "text", text: "Hello, you." },
    { type: "text", text: "Well?" }
  ],
  processed_at
}
const toolUse = { type: "agent.custom_tool_use", id: "ev_4", name: "add", input: { a: 1 }, processed_at }
const usage = { type: "session.usage", id: "ev_5", processed_at, usage: { input_tokens: 3, output_tokens: 4 } }
const idle = {
  type: "session.status_idle",
  id: "ev_6",
  stop_reason: { type: "requires_action", event_ids: ["ev_4"] },
  processed_at
}

const begins = { type: "event_start", event: { type: "agent.message", id: "ev_3" } }
const piece = (text: string, index?: unknown) => ({
  type: "event_delta",
  event_id: "ev_3",
  delta: { type: "content_delta", content: { type: "text", text }, ...(index === undefined ? {} : { index }) }
})

const events = [
  user,
  running,
  begins,
  piece("Hel"),
  piece("lo, you.", 0),
  piece("Well?", 1),
  message,
  toolUse,
  usage,
  idle
]
const lasting = [user, running, message, toolUse, usage, idle]

describe("the session", () => {
  it("has the events that listing them gives", () => {
    assert.deepStrictEqual(follow(accumulator, events).snapshot as unknown, {
      events: lasting,
      previews: [],
      status: "idle",
      stopReason: idle.stop_reason,
      usage: usage.usage
    })
  })

  it("shows a message before it is whole, as the official client does", () => {
    const given = events.slice(2, 6)
    const { snapshot } = follow(accumulator, given)
    const official = (given as ReadonlyArray<Parameters<typeof accumulateManagedAgentsEvent>[1]>).reduce(
      (message, event) => accumulateManagedAgentsEvent(message, event),
      undefined as ReturnType<typeof accumulateManagedAgentsEvent> | undefined
    )
    assert.deepStrictEqual(snapshot?.previews[0]?.content as unknown, official?.content)
    assert.deepStrictEqual(snapshot?.previews as unknown, [
      { id: "ev_3", type: "agent.message", content: message.content }
    ])
  })

  it("has an event once that comes again, as it was last", () => {
    const { snapshot, steps } = follow(accumulator, [{ ...user, processed_at: null }, ...lasting, ...lasting])
    assert.deepStrictEqual(snapshot?.events as unknown, lasting)
    assert.strictEqual(steps.filter(({ _tag }) => _tag === "ToolCallDone").length, 1)
  })

  it("comes of decoded events as of raw ones, those of an unknown type among them", () => {
    const decode = schemaDecoder(BetaManagedAgentsStreamSessionEvents, "open")
    const raw = [...events, { type: "agent.dream", id: "ev_7", depth: 3 }]
    const { snapshot } = follow(
      accumulator,
      raw.map((event) => decode(structuredClone(event)))
    )
    assert.strictEqual(snapshot?.events[6]?.type, "~unknown")
    assert.deepStrictEqual(JSON.parse(JSON.stringify(snapshot?.events)), [...lasting, raw.at(-1)])
  })
})

describe("the laws of folds", () => accumulatorLaws(accumulator, events))

describe("the steps", () => {
  it("say each thing once, in order", () => {
    assert.deepStrictEqual(
      follow(accumulator, events).steps.map(({ _tag }) => _tag),
      ["TextDelta", "TextDelta", "TextDelta", "TextDone", "TextDone", "ToolCallStarted", "ToolCallDone"]
    )
  })

  it("say as much text without previews, or with only the first of them", () => {
    for (const given of [lasting, events.slice(0, 4), events].map((some) => [...some, message])) {
      assert.strictEqual(joined(follow(accumulator, given).steps, "TextDelta"), "Hello, you.Well?")
    }
  })
})

describe("a stream that something is wrong with", () => {
  it("gives the same events wherever the fault is, as long as they come in order", () => {
    for (const [fault, damagedEvents] of damaged(events)) {
      if (!fault.startsWith("with ") || fault.includes("swapped")) continue
      assert.deepStrictEqual(follow(accumulator, damagedEvents).snapshot?.events as unknown, lasting, fault)
    }
  })

  it("is folded without an exception, wherever the fault is", () => {
    for (const [fault, damagedEvents] of damaged(events)) {
      assert.doesNotThrow(() => follow(accumulator, damagedEvents), fault)
    }
  })

  for (const index of [-1, 0.5, "0", 2 ** 60, 7]) {
    it(`has a piece refused that goes to ${JSON.stringify(index)}`, () => {
      const { snapshot, steps } = follow(accumulator, [begins, piece("a"), piece("b", index)])
      assert.strictEqual(JSON.stringify(snapshot?.previews[0]?.content), '[{"type":"text","text":"a"}]')
      assert.strictEqual(steps.at(-1)?._tag, "EventRefused")
    })
  }

  it("has pieces refused whose message has not begun, or has ended", () => {
    for (const before of [[], events]) {
      assert.strictEqual(follow(accumulator, [...before, piece("x")]).steps.at(-1)?._tag, "EventRefused")
    }
  })

  it("cannot reach a prototype through its keys", () => {
    const hostile = JSON.parse('{"__proto__": {"polluted": 1}}') as object
    follow(accumulator, [
      { type: "agent.message", id: "__proto__", ...hostile },
      { type: "event_start", event: { type: "agent.message", id: "__proto__", ...hostile } },
      { type: "event_delta", event_id: "__proto__", delta: { content: { type: "text", ...hostile } } },
      { type: "__proto__", id: "x" }
    ])
    assert.isUndefined(({} as { polluted?: unknown }).polluted)
  })
})

describe("a turn", () => {
  const input = {
    session_id: "sesn_1",
    events: [{ type: "user.message" as const, content: [{ type: "text" as const, text: "hi" }] }]
  }

  it.effect("is connected before anything is sent, and over when the session is idle", () => {
    const http = fakeHttp({ parts: [...events.map((event) => sse(event)), 3_600_000] }, { body: { data: [user] } })
    return Effect.gen(function* () {
      const turn = yield* SessionStream.streamedTurn(input)
      assert.deepStrictEqual(
        http.sent.map(({ method, url }) => `${method} ${new URL(url).pathname}`),
        ["GET /v1/sessions/sesn_1/events/stream", "POST /v1/sessions/sesn_1/events"]
      )
      assert.include(http.sent[0]?.url, "event_deltas")
      assert.deepStrictEqual(http.sent[1]?.body, { events: input.events })
      assert.deepStrictEqual(yield* Stream.runCollect(turn.text), ["Hel", "lo, you.", "Well?"])
      const { status, stopReason } = yield* turn.final
      assert.deepStrictEqual([status, stopReason?.type], ["idle", "requires_action"])
    }).pipe(Effect.scoped, Effect.provide(anthropicOver(http)))
  })

  it.effect("that breaks off fails, and keeps what has come", () => {
    const http = fakeHttp({ parts: events.slice(0, 5).map((event) => sse(event)) }, { body: { data: [user] } })
    return Effect.gen(function* () {
      const turn = yield* SessionStream.streamedTurn(input)
      const error = yield* Effect.flip(turn.final)
      assert.strictEqual(reasonOf(error, "StreamTruncatedError").partial.text, "Hello, you.")
      assert.strictEqual((yield* turn.snapshot)?.previews.length, 1)
    }).pipe(Effect.scoped, Effect.provide(anthropicOver(http)))
  })
})
