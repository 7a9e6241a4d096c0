import { assert, describe, it } from "@effect/vitest"
import type { Accumulator, Step } from "llmfx/Accumulator"
import { BetaMessageStream, MessageStream, SessionStream } from "llmfx/anthropic"
import { ChatStream } from "llmfx/coze"
import { ChatCompletionStream, ResponseStream, RunStream } from "llmfx/openai"
import * as StructuredOutput from "llmfx/tools/StructuredOutput"
import { emptyOf } from "../src/internal/decode/emptyValue.ts"
import { isObject } from "../src/internal/json/json.ts"
import { jsonText } from "../src/internal/json/jsonText.ts"
import { StreamProgress } from "../src/internal/stream/progress.ts"
import * as Open from "../src/OpenSchema.ts"

/** Takes events of any form, as a server may send them. */
const taking = (self: Accumulator<never, unknown, Step>) => self as unknown as Accumulator<unknown, unknown, Step>

const accumulators = {
  chat: taking(ChatCompletionStream.accumulator),
  response: taking(ResponseStream.accumulator),
  run: taking(RunStream.accumulator),
  message: taking(MessageStream.accumulator),
  "beta message": taking(BetaMessageStream.accumulator),
  session: taking(SessionStream.accumulator),
  bot: taking(ChatStream.accumulator)
}

const deep = (depth: number): unknown => {
  let value: unknown = 1
  for (let level = 0; level < depth; level++) value = level % 2 === 0 ? { a: value } : [value]
  return value
}

/** Visits each list of a value. */
const visitLists = (value: unknown, visit: (list: ReadonlyArray<unknown>) => void): void => {
  if (Array.isArray(value)) visit(value)
  if (typeof value === "object" && value !== null) for (const part of Object.values(value)) visitLists(part, visit)
}

const item = (more: object) => ({ type: "function_call", id: "i", call_id: "c", name: "f", arguments: "", ...more })
const block = (more: object) => ({ type: "tool_use", id: "t", name: "f", input: {}, ...more })

/** Events of each API with a field, and a value in places that servers choose. */
const eventsWith = (key: string, value: unknown): ReadonlyArray<unknown> => {
  const field = { [key]: value }
  const choice = (delta: object, more: object = {}) => ({ index: 0, delta, finish_reason: null, ...more })
  return [
    { id: "c", ...field, choices: [choice({ ...field, extra: field }, field)] },
    {
      id: "c",
      choices: [
        choice({ tool_calls: [{ index: 0, id: "t", ...field, function: { name: "f", arguments: value, ...field } }] })
      ]
    },
    { id: "c", choices: [choice({}, { logprobs: { content: [field] } })] },
    { type: "response.created", response: { id: "r", output: [], ...field } },
    { type: "response.output_item.added", output_index: 0, item: item(field) },
    { type: "response.function_call_arguments.delta", output_index: 0, item_id: "i", delta: "1", ...field },
    { type: "response.output_item.done", output_index: 0, item: item({ ...field, arguments: "1" }) },
    { type: "message_start", message: { id: "m", content: [], usage: {}, ...field } },
    { type: "content_block_start", index: 0, content_block: block({ input: field, ...field }) },
    { type: "content_block_delta", index: 0, delta: { type: "citations_delta", citation: field } },
    { type: "content_block_stop", index: 0 },
    { type: "message_delta", delta: field, usage: field },
    { type: "agent.tool_use", id: "t", name: "f", input: field },
    {
      event: "thread.message.delta",
      data: { id: "m", delta: { content: [{ index: 0, type: "text", ...field }], ...field } }
    },
    {
      event: "thread.run.step.delta",
      data: { id: "s", delta: { step_details: { ...field, tool_calls: [{ index: 0, ...field }] } } }
    },
    { event: "conversation.message.delta", data: { id: "m", type: "answer", content: "a", ...field } },
    { event: "conversation.chat.completed", data: { id: "1", usage: field, ...field } }
  ]
}

describe("a stream of a hostile server", () => {
  for (const [name, accumulator] of Object.entries(accumulators)) {
    it(`takes a ${name} time in proportion to it, whatever new fields each event has`, () => {
      const start = performance.now()
      const folding = accumulator.start()
      for (let at = 0; at < 4000; at++) for (const event of eventsWith(`k${at}`, "v")) folding.push(event)
      folding.snapshot()
      assert.isBelow(performance.now() - start, 10_000)
    })

    it(`does not make the fold of a ${name} throw with what is nested deeply or of a wrong type`, () => {
      for (const value of [deep(50_000), null, 1, "", [], {}, [[]], -1, 1e300, true]) {
        const folding = accumulator.start()
        for (const event of [...eventsWith("k", value), ...eventsWith("index", value), ...eventsWith("type", value)]) {
          folding.push(event)
        }
        folding.push(value)
        folding.snapshot()
      }
    })

    it(`leaves no hole in a ${name} where an item without a type was announced`, () => {
      const missing = emptyOf(Open.taggedUnion("type", () => ({ known: Open.struct(() => ({})) })).ast)
      assert.isFunction(missing)
      const value = typeof missing === "function" ? missing(undefined) : undefined
      const folding = accumulator.start()
      for (const event of eventsWith("k", "v")) {
        folding.push(event)
        if (isObject(event)) {
          folding.push({ ...event, index: 7, output_index: 7, content_block: value, item: value, part: value })
        }
      }
      folding.push({
        event: "thread.message.delta",
        data: { id: "m", delta: { content: [value] } }
      })
      const holes: Array<unknown> = []
      visitLists(folding.snapshot(), (list) => holes.push(...list.filter((one) => one === undefined || one === null)))
      assert.deepStrictEqual(holes, [])
    })

    it(`does not make the fold of a ${name} allocate what an index names`, () => {
      for (const index of [1e9, 4_294_967_295, Number.MAX_SAFE_INTEGER]) {
        const folding = accumulator.start()
        const places = {
          index,
          output_index: index,
          content_index: index,
          summary_index: index,
          annotation_index: index
        }
        for (const event of eventsWith("k", "v")) folding.push({ ...(event as object), ...places })
        folding.push({
          choices: [{ index, delta: { content: "a", tool_calls: [{ index, function: { name: "f" } }] } }]
        })
        folding.push({
          event: "thread.message.delta",
          data: { id: "m", delta: { content: [{ index, type: "text" }] } }
        })
        assert.isBelow(jsonText(folding.snapshot()).length, 10_000)
      }
    })
  }

  it("takes many tool calls and blocks time in proportion to them", () => {
    const start = performance.now()
    const [chat, message] = [accumulators.chat.start(), accumulators.message.start()]
    message.push({ type: "message_start", message: { id: "m", content: [], usage: {} } })
    for (let at = 0; at < 30_000; at++) {
      const call = { index: at, id: `t${at}`, type: "function", function: { name: "f", arguments: "{}" } }
      chat.push({ id: "c", choices: [{ index: 0, delta: { tool_calls: [call] }, finish_reason: null }] })
      message.push({ type: "content_block_start", index: at, content_block: { type: "text", text: "a" } })
    }
    assert.isAbove(jsonText([chat.snapshot(), message.snapshot()]).length, 30_000)
    assert.isBelow(performance.now() - start, 10_000)
  })

  it("has its usage merged in time in proportion to the reports", () => {
    const start = performance.now()
    const progress = new StreamProgress()
    for (let at = 0; at < 20_000; at++)
      progress.setUsage({ [`k${at}`]: at, total: at, ...(at > 0 ? { none: null } : {}) })
    assert.deepInclude(progress.usage as object, { k0: 0, total: 19_999 })
    assert.notProperty(progress.usage, "none")
    assert.isBelow(performance.now() - start, 5000)
  })
})

describe("jsonText", () => {
  it("writes what JSON.stringify writes", () => {
    for (const value of [undefined, null, 1, "a", [], {}, [undefined, 1], { a: undefined, b: [{}] }, new Date(0)]) {
      assert.strictEqual(jsonText(value), JSON.stringify(value) ?? "null")
    }
  })

  it("writes what is nested more deeply than the stack", () => {
    const text = `${'{"a":['.repeat(50_000)}1${"]}".repeat(50_000)}`
    assert.strictEqual(jsonText(JSON.parse(text)), text)
  })
})

describe("the error of a structured answer", () => {
  it("is short as JSON, however long and deep the answer is", () => {
    const reason = new StructuredOutput.Malformed({ message: "The text is not JSON", position: 0 })
    const long = "x".repeat(10_000_000)
    const error = new StructuredOutput.OutputError({ reason, text: long, answer: { text: long, deep: deep(50_000) } })
    assert.isBelow(JSON.stringify(error).length, 200_000)
    const short = new StructuredOutput.OutputError({ reason, text: "a", answer: { id: 1 } })
    assert.deepInclude(JSON.parse(JSON.stringify(short)), { _tag: "OutputError", text: "a", answer: { id: 1 } })
  })
})
