import { MessageStream as Official } from "@anthropic-ai/sdk/lib/MessageStream"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import * as Messages from "../../src/anthropic/api/Messages.ts"
import * as MessageStream from "../../src/anthropic/MessageStream.ts"
import { schemaDecoder } from "../../src/internal/decode/schemaDecoder.ts"
import { accumulatorLaws } from "../support/accumulatorLaws.ts"
import { eventsOf, hasCorpus, streams } from "../support/corpus.ts"
import { reasonOf } from "../support/errors.ts"
import { fakeHttp, sse } from "../support/FakeHttp.ts"
import { asLines, damaged, follow, joined, withIndex } from "../support/folds.ts"
import { begunMessage } from "../support/message.ts"
import { anthropicOver } from "../support/probes.ts"
import { passSlowly } from "../support/settle.ts"

const { accumulator } = MessageStream

const message = {
  ...begunMessage,
  usage: { input_tokens: 10, cache_read_input_tokens: 4, output_tokens: 1 }
}
const start = { type: "message_start", message }
const stop = { type: "message_stop" }
const blockStart = (index: number, content_block: object) => ({ type: "content_block_start", index, content_block })
const delta = (index: number, delta: object) => ({ type: "content_block_delta", index, delta })
const blockStop = (index: number) => ({ type: "content_block_stop", index })
const json = (index: number, partial_json: string) => delta(index, { type: "input_json_delta", partial_json })
const text = (index: number, text: string) => delta(index, { type: "text_delta", text })
const end = (stop_reason: string) => ({
  type: "message_delta",
  delta: { stop_reason, stop_sequence: null },
  usage: { output_tokens: 7, input_tokens: null }
})

const events = [
  start,
  blockStart(0, { type: "thinking", thinking: "", signature: "" }),
  delta(0, { type: "thinking_delta", thinking: "Hm" }),
  delta(0, { type: "signature_delta", signature: "sig" }),
  blockStop(0),
  blockStart(1, { type: "text", text: "", citations: null }),
  text(1, "Let me "),
  text(1, "see."),
  delta(1, { type: "citations_delta", citation: { type: "page_location", cited_text: "see" } }),
  blockStop(1),
  blockStart(2, { type: "tool_use", id: "toolu_1", name: "add", input: {} }),
  json(2, ""),
  json(2, '{"a": [1'),
  json(2, "2]}"),
  blockStop(2),
  end("tool_use"),
  stop
]

describe("the message", () => {
  it("is what the call without a stream returns", () => {
    assert.deepStrictEqual(follow(accumulator, events).snapshot as unknown, {
      ...message,
      content: [
        { type: "thinking", thinking: "Hm", signature: "sig" },
        { type: "text", text: "Let me see.", citations: [{ type: "page_location", cited_text: "see" }] },
        { type: "tool_use", id: "toolu_1", name: "add", input: { a: [12] } }
      ],
      stop_reason: "tool_use",
      stop_sequence: null,
      usage: { input_tokens: 10, cache_read_input_tokens: 4, output_tokens: 7 }
    })
  })

  it("has what is known of a tool's input before it is whole", () => {
    const { snapshot } = follow(accumulator, events.slice(0, 13))
    assert.deepStrictEqual(snapshot?.content[2] as unknown, {
      type: "tool_use",
      id: "toolu_1",
      name: "add",
      input: { a: [] }
    })
  })

  it("keeps an input that is not JSON as text", () => {
    const { snapshot, steps } = follow(accumulator, [
      start,
      blockStart(0, { type: "tool_use", id: "t", name: "add", input: {} }),
      json(0, "{oops"),
      blockStop(0)
    ])
    const block = snapshot?.content[0]
    assert.strictEqual(block?.type === "tool_use" ? block.input : undefined, "{oops")
    assert.deepStrictEqual(steps.at(-1), {
      _tag: "ToolCallDone",
      index: 0,
      part: 0,
      id: "t",
      name: "add",
      arguments: "{oops"
    })
  })

  it("takes an input that came with the beginning of its block", () => {
    const { snapshot, steps } = follow(accumulator, [
      start,
      blockStart(0, { type: "tool_use", id: "t", name: "add", input: { a: 1 } }),
      blockStop(0)
    ])
    assert.deepStrictEqual(snapshot?.content[0]?.type === "tool_use" && snapshot.content[0].input, { a: 1 })
    assert.deepInclude(steps.at(-1), { arguments: '{"a":1}' })
  })

  it("has a block of an unknown type as it came, with what its deltas added", () => {
    const decode = schemaDecoder(Messages.RawMessageStreamEvent, "open")
    const raw = [start, blockStart(0, { type: "hologram", text: "a", depth: 3 }), text(0, "b"), blockStop(0), stop]
    const { snapshot } = follow(
      accumulator,
      raw.map((event) => decode(structuredClone(event)))
    )
    assert.strictEqual(snapshot?.content[0]?.type, "~unknown")
    assert.strictEqual(JSON.stringify(snapshot?.content), '[{"type":"hologram","text":"ab","depth":3}]')
  })

  it("keeps the counts that the last event leaves out", () => {
    const { snapshot } = follow(accumulator, [start, end("end_turn"), stop])
    assert.deepStrictEqual(snapshot?.usage as unknown, {
      input_tokens: 10,
      cache_read_input_tokens: 4,
      output_tokens: 7
    })
  })
})

it("says each thing once, in order", () => {
  assert.deepStrictEqual(
    follow(accumulator, events).steps.map((step) => step._tag),
    [
      "ReasoningDelta",
      "ReasoningDone",
      "TextDelta",
      "TextDelta",
      "CitationAdded",
      "TextDone",
      "ToolCallStarted",
      "ToolCallDelta",
      "ToolCallDelta",
      "ToolCallDelta",
      "ToolCallDone"
    ]
  )
})

describe("the laws of folds", () => accumulatorLaws(accumulator, events))

describe("a stream that something is wrong with", () => {
  it("is folded without an exception, wherever the fault is", () => {
    for (const [fault, damagedEvents] of damaged(events)) {
      assert.doesNotThrow(() => follow(accumulator, damagedEvents), fault)
    }
  })

  it("may send its first event twice without losing what came between", () => {
    const { snapshot, steps } = follow(accumulator, [start, blockStart(0, { type: "text", text: "a" }), start])
    assert.strictEqual(snapshot?.content.length, 1)
    assert.strictEqual(steps.at(-1)?._tag, "TextDelta")
  })

  for (const index of [-1, 0.5, "0", 2 ** 60, null]) {
    it(`adds a piece of block ${JSON.stringify(index)} to the block under way`, () => {
      const { snapshot } = follow(accumulator, [
        start,
        blockStart(0, { type: "text", text: "a" }),
        withIndex(text(0, "x"), index)
      ])
      assert.strictEqual(JSON.stringify(snapshot?.content), '[{"type":"text","text":"ax"}]')
    })
  }

  const begun = [start, blockStart(0, { type: "text", text: "a" })]

  it("begins a block that was not announced", () => {
    const { snapshot } = follow(accumulator, [...begun, text(7, "x")])
    assert.deepStrictEqual(
      snapshot?.content.map((block) => (block.type === "text" ? block.text : block.type)),
      ["a", "x"]
    )
  })

  it("refuses the input of a call that was not announced", () => {
    const { steps } = follow(accumulator, [...begun, delta(7, { type: "input_json_delta", partial_json: "{" })])
    assert.strictEqual(steps.at(-1)?._tag, "EventRefused")
  })

  it("begins another block at an index whose block has ended", () => {
    const end = { type: "content_block_stop", index: 0 }
    const first = [start, blockStart(0, { type: "text", text: "a" }), end]
    for (const second of [[blockStart(0, { type: "text", text: "" }), text(0, "b"), end], [text(0, "b")]]) {
      const { snapshot } = follow(accumulator, [...first, ...second])
      assert.deepStrictEqual(
        snapshot?.content.map((block) => (block.type === "text" ? block.text : block.type)),
        ["a", "b"]
      )
    }
  })

  it("keeps blocks that come before the message", () => {
    const { snapshot } = follow(accumulator, [blockStart(0, { type: "text", text: "a" }), start])
    assert.strictEqual(snapshot?.id, "msg_1")
    assert.strictEqual(snapshot?.content.length, 1)
  })

  it("cannot reach a prototype through its keys", () => {
    const hostile = JSON.parse('{"__proto__": {"polluted": 1}}') as object
    follow(accumulator, [
      { ...start, message: { ...message, ...hostile } },
      blockStart(0, hostile),
      delta(0, hostile),
      { type: "message_delta", delta: hostile, usage: hostile, ...hostile }
    ])
    assert.isUndefined(({} as { polluted?: unknown }).polluted)
  })
})

describe.skipIf(!hasCorpus)("recorded streams", () => {
  const recorded = streams(/\/messages$/)

  it("add up to what the official client makes of them", { timeout: 60_000 }, async () => {
    assert.isAtLeast(recorded.length, 20)
    for (const recording of recorded) {
      const events = eventsOf(recording)
      const official = await Official.fromReadableStream(asLines(events)).finalMessage()
      const own = follow(accumulator, events).snapshot
      assert.deepStrictEqual(essence(own), essence(official), recording.id)
    }
  })

  it("decode as the message of the call without a stream", () => {
    const decode = schemaDecoder(Messages.Message, "open")
    for (const recording of recorded) {
      const { snapshot } = follow(accumulator, eventsOf(recording))
      assert.doesNotThrow(() => decode(structuredClone(snapshot)), recording.id)
    }
  })

  it("say as much text in steps as there is in the message", () => {
    for (const recording of recorded) {
      const { snapshot, steps } = follow(accumulator, eventsOf(recording))
      const content = snapshot?.content.map((block) => (block.type === "text" ? block.text : "")).join("")
      assert.strictEqual(joined(steps, "TextDelta"), content, recording.id)
    }
  })

  it("cost their input and output tokens", () => {
    for (const recording of recorded) {
      const { snapshot } = follow(accumulator, eventsOf(recording))
      assert.isAbove(snapshot?.usage.output_tokens ?? 0, 0, recording.id)
    }
  })
})

/** The GA client knows no MCP and compaction deltas, and loses usage by iteration. */
const essence = (value: unknown): unknown => {
  const { content, usage, ...message } = JSON.parse(JSON.stringify(value)) as {
    readonly content: ReadonlyArray<{ readonly type: string }>
    readonly usage: { readonly iterations?: unknown }
    readonly context_management?: unknown
    readonly parsed_output?: unknown
  }
  const { iterations: _, ...counts } = usage
  const { context_management: _management, parsed_output: _parsed, ...rest } = message
  return { ...rest, content: content.filter(({ type }) => type !== "mcp_tool_use" && type !== "compaction"), counts }
}

describe("streamed", () => {
  const input = { model: "claude-sonnet-5", max_tokens: 16, messages: [{ role: "user" as const, content: "hi" }] }

  it.effect("gives the text as it comes and then the whole message", () => {
    const http = fakeHttp({ parts: events.map((event) => sse(event)) })
    return Effect.gen(function* () {
      const answer = yield* MessageStream.streamed(input)
      assert.deepStrictEqual(yield* Stream.runCollect(answer.text), ["Let me ", "see."])
      const message = yield* answer.final
      assert.strictEqual(message.stop_reason, "tool_use")
      assert.strictEqual(http.sent.length, 1)
    }).pipe(Effect.scoped, Effect.provide(anthropicOver(http)))
  })

  it.effect("fails if no message has begun", () => {
    const http = fakeHttp({ parts: [sse(stop)] })
    return Effect.gen(function* () {
      const answer = yield* MessageStream.streamed(input)
      const error = yield* Effect.flip(answer.final)
      reasonOf(error, "StreamTruncatedError")
    }).pipe(Effect.scoped, Effect.provide(anthropicOver(http)))
  })

  it.effect("keeps the usage of a stream that ends too early", () => {
    const http = fakeHttp({ parts: events.slice(0, 7).map((event) => sse(event)) })
    return Effect.gen(function* () {
      const answer = yield* MessageStream.streamed(input)
      const error = yield* Effect.flip(answer.final)
      assert.strictEqual(reasonOf(error, "StreamTruncatedError").partial.text, "Let me ")
      const snapshot = yield* answer.snapshot
      assert.strictEqual(snapshot?.usage.input_tokens, 10)
    }).pipe(Effect.scoped, Effect.provide(anthropicOver(http)))
  })

  it.effect("keeps the text and the usage of a stream whose reader is interrupted", () => {
    const http = fakeHttp({ parts: [...events.slice(0, 7).map((event) => sse(event)), 60_000] })
    return Effect.gen(function* () {
      const answer = yield* MessageStream.streamed(input)
      const reader = yield* Effect.forkChild(answer.final)
      yield* passSlowly(100)
      yield* Fiber.interrupt(reader)
      const snapshot = yield* answer.snapshot
      assert.deepStrictEqual(snapshot?.usage as unknown, message.usage)
      assert.deepInclude(snapshot?.content[1], { type: "text", text: "Let me " })
    }).pipe(Effect.scoped, Effect.provide(anthropicOver(http)))
  })
})
