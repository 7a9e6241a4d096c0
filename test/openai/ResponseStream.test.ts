import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { schemaDecoder } from "../../src/internal/decode/schemaDecoder.ts"
import * as Responses from "../../src/openai/api/Responses.ts"
import * as ResponseStream from "../../src/openai/ResponseStream.ts"
import { accumulatorLaws } from "../support/accumulatorLaws.ts"
import { eventsOf, hasCorpus, streams } from "../support/corpus.ts"
import { fakeHttp, sse } from "../support/FakeHttp.ts"
import { damaged, follow, joined, withIndex } from "../support/folds.ts"
import { openAiOver } from "../support/probes.ts"

const { accumulator } = ResponseStream

const response = (status: string, output: ReadonlyArray<unknown>, rest: object = {}) => ({
  id: "resp_1",
  object: "response",
  created_at: 1,
  status,
  model: "gpt-5.4-mini",
  output,
  parallel_tool_calls: true,
  tool_choice: "auto",
  tools: [],
  usage: null,
  ...rest
})

const reasoning = { id: "rs_1", type: "reasoning", summary: [{ type: "summary_text", text: "Think hard" }] }
const citation = { type: "url_citation", url: "https://a.test", title: "A", start_index: 0, end_index: 2 }
const message = {
  id: "msg_1",
  type: "message",
  role: "assistant",
  status: "completed",
  content: [{ type: "output_text", text: "Hello", annotations: [citation], logprobs: [] }]
}
const call = {
  id: "fc_1",
  type: "function_call",
  call_id: "call_1",
  name: "add",
  status: "completed",
  arguments: '{"a":1}'
}
const final = response("completed", [reasoning, message, call], {
  usage: {
    input_tokens: 3,
    input_tokens_details: { cached_tokens: 0 },
    output_tokens: 4,
    output_tokens_details: { reasoning_tokens: 2 },
    total_tokens: 7
  }
})

const at = (output_index: number, part: object = { content_index: 0 }) => ({ item_id: "x", output_index, ...part })

const events = [
  { type: "response.created", response: response("in_progress", []) },
  { type: "response.in_progress", response: response("in_progress", []) },
  { type: "response.output_item.added", ...at(0, {}), item: { ...reasoning, summary: [] } },
  {
    type: "response.reasoning_summary_part.added",
    ...at(0, { summary_index: 0 }),
    part: { type: "summary_text", text: "" }
  },
  { type: "response.reasoning_summary_text.delta", ...at(0, { summary_index: 0 }), delta: "Think " },
  { type: "response.reasoning_summary_text.delta", ...at(0, { summary_index: 0 }), delta: "hard" },
  { type: "response.reasoning_summary_text.done", ...at(0, { summary_index: 0 }), text: "Think hard" },
  { type: "response.output_item.done", ...at(0, {}), item: reasoning },
  { type: "response.output_item.added", ...at(1, {}), item: { ...message, status: "in_progress", content: [] } },
  {
    type: "response.content_part.added",
    ...at(1),
    part: { type: "output_text", text: "", annotations: [], logprobs: [] }
  },
  { type: "response.output_text.delta", ...at(1), delta: "Hel", logprobs: [] },
  { type: "response.output_text.delta", ...at(1), delta: "lo", logprobs: [] },
  {
    type: "response.output_text.annotation.added",
    ...at(1, { content_index: 0, annotation_index: 0 }),
    annotation: citation
  },
  { type: "response.output_text.done", ...at(1), text: "Hello", logprobs: [] },
  { type: "response.content_part.done", ...at(1), part: message.content[0] },
  { type: "response.output_item.done", ...at(1, {}), item: message },
  { type: "response.output_item.added", ...at(2, {}), item: { ...call, status: "in_progress", arguments: "" } },
  { type: "response.function_call_arguments.delta", ...at(2, {}), delta: '{"a"' },
  { type: "response.function_call_arguments.delta", ...at(2, {}), delta: ":1}" },
  { type: "response.function_call_arguments.done", ...at(2, {}), arguments: '{"a":1}' },
  { type: "response.output_item.done", ...at(2, {}), item: call },
  { type: "response.completed", response: final }
].map((event, sequence_number) => ({ ...event, sequence_number }))

const last = events.length - 1

/** Keeps the deltas and drops the events that repeat them as a whole. */
const pieces = (events: ReadonlyArray<unknown>): ReadonlyArray<unknown> =>
  events.filter((event) => !/\.(done|completed|failed|incomplete)$/.test((event as { type: string }).type))

describe("the response", () => {
  it("is the one that the last event has", () => {
    assert.deepStrictEqual(follow(accumulator, events).snapshot as unknown, final)
  })

  it("is the same one event earlier, except for its status and usage", () => {
    const { snapshot } = follow(accumulator, events.slice(0, last))
    assert.deepStrictEqual(snapshot?.output as unknown, final.output)
  })

  it("is put together from pieces", () => {
    const { snapshot } = follow(accumulator, pieces(events))
    assert.deepStrictEqual(snapshot?.output as unknown, [
      reasoning,
      { ...message, status: "in_progress" },
      { ...call, status: "in_progress" }
    ])
  })

  it("keeps its output if the last event leaves it out", () => {
    const { snapshot } = follow(accumulator, [
      ...events.slice(0, last),
      { type: "response.completed", response: { ...final, output: [] } }
    ])
    assert.deepStrictEqual(snapshot?.output as unknown, final.output)
    assert.strictEqual(snapshot?.status, "completed")
  })

  it("is there for one that failed, with what it had by then", () => {
    const { snapshot } = follow(accumulator, [
      ...events.slice(0, 12),
      { type: "response.failed", response: response("failed", [], { error: { code: "server_error", message: "no" } }) }
    ])
    assert.strictEqual(snapshot?.status, "failed")
    assert.strictEqual(snapshot === undefined ? "" : ResponseStream.outputText(snapshot), "Hello")
  })

  it("shows the state of a tool that runs on the server", () => {
    const item = { id: "ws_1", type: "web_search_call", status: "in_progress" }
    const { snapshot } = follow(accumulator, [
      events[0],
      { type: "response.output_item.added", output_index: 0, item },
      { type: "response.web_search_call.searching", output_index: 0, item_id: "ws_1" }
    ])
    assert.deepInclude(snapshot?.output[0], { status: "searching" })
  })

  it("shows what the commands of a shell have written, before and after they have ended", () => {
    const item = { id: "sh_1", type: "shell_call_output", call_id: "c", status: "in_progress", output: [] }
    const ended = { stdout: "two", stderr: "", outcome: { type: "exit", exit_code: 0 } }
    const output = { type: "response.shell_call_output_content.delta", output_index: 0, item_id: "sh_1" }
    const { snapshot } = follow(accumulator, [
      events[0],
      { type: "response.output_item.added", output_index: 0, item },
      { ...output, command_index: 1, delta: { stdout: "on" } },
      { ...output, command_index: 1, delta: { stdout: "e", stderr: "!" } },
      { ...output, type: "response.shell_call_output_content.done", command_index: 0, output: [ended] }
    ])
    assert.deepStrictEqual(snapshot?.output as unknown, [{ ...item, output: [ended, { stdout: "one", stderr: "!" }] }])
  })

  it("has an item of an unknown type as it came", () => {
    const decode = schemaDecoder(Responses.ResponseStreamEvent, "open")
    const raw = [
      events[0],
      { type: "response.output_item.added", output_index: 0, item: { type: "dream", id: "d", x: 1 } }
    ]
    const { snapshot } = follow(
      accumulator,
      raw.map((event) => decode(structuredClone(event)))
    )
    assert.strictEqual(snapshot?.output[0]?.type, "~unknown")
    assert.strictEqual(JSON.stringify(snapshot?.output), '[{"type":"dream","id":"d","x":1}]')
  })
})

it("says each thing once, in order", () => {
  assert.deepStrictEqual(
    follow(accumulator, events).steps.map((step) => step._tag),
    [
      "ReasoningDelta",
      "ReasoningDelta",
      "ReasoningDone",
      "TextDelta",
      "TextDelta",
      "CitationAdded",
      "TextDone",
      "ToolCallStarted",
      "ToolCallDelta",
      "ToolCallDelta",
      "ToolCallDone"
    ]
  )
})

describe("what the pieces leave out", () => {
  it("is said if only the last event has it", () => {
    const { steps } = follow(accumulator, [events[0], events[last]])
    assert.deepStrictEqual(
      steps.map(({ _tag }) => _tag),
      ["ReasoningDelta", "ReasoningDone", "TextDelta", "TextDone", "ToolCallStarted", "ToolCallDone"]
    )
    assert.strictEqual(joined(steps, "TextDelta"), "Hello")
    assert.deepInclude(steps.at(-1), { arguments: '{"a":1}' })
  })

  it("is said once, however late it comes", () => {
    for (const missing of [11, 13, 14, 15]) {
      const { steps } = follow(accumulator, [...events.slice(0, missing), ...events.slice(missing + 1)])
      assert.strictEqual(joined(steps, "TextDelta"), "Hello")
      assert.deepStrictEqual(
        steps.flatMap((step) => (step._tag === "TextDone" ? [step.text] : [])),
        ["Hello"]
      )
    }
  })

  it("is said of a response that is not whole, but not as if it were", () => {
    const cut = response("incomplete", [reasoning, { ...message, status: "incomplete" }])
    const { steps } = follow(accumulator, [...events.slice(0, 11), { type: "response.incomplete", response: cut }])
    assert.strictEqual(joined(steps, "TextDelta"), "Hello")
    assert.notInclude(
      steps.map(({ _tag }) => _tag),
      "TextDone"
    )
  })
})

describe("the laws of folds", () => {
  const ids = [reasoning.id, message.id, call.id]
  const named = events.map((event) =>
    "output_index" in event && "item_id" in event ? { ...event, item_id: ids[event.output_index] } : event
  )
  describe("of a server that gives each item an id of its own", () => accumulatorLaws(accumulator, named))
  describe("of a server that gives the pieces of all items one id", () => accumulatorLaws(accumulator, events))
})

describe("a stream that something is wrong with", () => {
  it("ends with the same response, wherever the fault is, as long as its last event comes", () => {
    for (const [fault, damagedEvents] of damaged(events)) {
      const { snapshot } = follow(accumulator, damagedEvents)
      if (damagedEvents.includes(events[last])) assert.deepStrictEqual(snapshot as unknown, final, fault)
    }
  })

  for (const index of [-1, 0.5, "1", 2 ** 60]) {
    it(`is read as if it had no index where the index is ${JSON.stringify(index)}`, () => {
      const { snapshot, steps } = follow(accumulator, [...events.slice(0, 10), withIndex(events[10], index)])
      assert.strictEqual(snapshot === undefined ? undefined : ResponseStream.outputText(snapshot), "Hel")
      assert.strictEqual(steps.at(-1)?._tag, "TextDelta")
    })
  }

  it("cannot reach a prototype through its keys", () => {
    const hostile = JSON.parse('{"__proto__": {"polluted": 1}}') as object
    follow(accumulator, [
      { type: "response.created", response: hostile },
      { type: "response.output_item.added", output_index: 0, item: hostile },
      { type: "__proto__.delta", output_index: 0, ...hostile },
      { type: "response.content_part.added", output_index: 0, content_index: 0, part: hostile }
    ])
    assert.isUndefined(({} as { polluted?: unknown }).polluted)
  })
})

describe.skipIf(!hasCorpus)("recorded streams", () => {
  const recorded = streams(/\/responses$/)
  const finalOf = (events: ReadonlyArray<unknown>) => follow(accumulator, events).snapshot

  it("have the same output before and in their last event", () => {
    assert.isAtLeast(recorded.length, 25)
    for (const recording of recorded.filter(({ id }) => !shortened.has(id))) {
      const events = eventsOf(recording)
      assert.deepStrictEqual(lasting(finalOf(events.slice(0, -1))), lasting(finalOf(events)), recording.id)
    }
  })

  it("have the same texts in their pieces and in their last event", () => {
    for (const recording of recorded.filter(({ id }) => !shortened.has(id))) {
      const events = eventsOf(recording)
      assert.deepStrictEqual(textsOf(finalOf(pieces(events))), textsOf(finalOf(events)), recording.id)
    }
  })

  it("say as much text in steps as there is in the response", () => {
    for (const recording of recorded.filter(({ id }) => !shortened.has(id))) {
      const { snapshot, steps } = follow(accumulator, eventsOf(recording))
      if (snapshot === undefined) throw new Error(recording.id)
      assert.strictEqual(joined(steps, "TextDelta"), ResponseStream.outputText(snapshot), recording.id)
    }
  })
})

/** Recordings from which events in the middle were taken out. */
const shortened = new Set(["c2b0787a8b56", "8c1c285b3488"])

/** The output without the fields that the server generates each time it sends it. */
const lasting = (response: Responses.Response | undefined): unknown =>
  JSON.parse(
    JSON.stringify(response?.output, (key, value: unknown) =>
      key === "encrypted_content" || key === "fingerprint" ? undefined : value
    )
  )

const textsOf = (response: Responses.Response | undefined): unknown =>
  response?.output.flatMap((item) => {
    if (item.type === "message") return [item.content.map((part) => ("text" in part ? part.text : "")).join("|")]
    if (item.type === "reasoning") return [item.summary.map(({ text }) => text).join("|")]
    return item.type === "custom_tool_call" ? [item.input] : []
  })

describe("streamed", () => {
  it.effect("gives the text as it comes and then the whole response", () => {
    const http = fakeHttp({ parts: events.map((event) => sse(event)) })
    return Effect.gen(function* () {
      const answer = yield* ResponseStream.streamed({ model: "gpt-5.4-mini", input: "hi" })
      assert.deepStrictEqual(yield* Stream.runCollect(answer.text), ["Hel", "lo"])
      const response = yield* answer.final
      assert.strictEqual(response.status, "completed")
      assert.strictEqual(ResponseStream.outputText(response), "Hello")
    }).pipe(Effect.scoped, Effect.provide(openAiOver(http)))
  })
})
