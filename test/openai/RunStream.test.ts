import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { AssistantStream as Official } from "openai/lib/AssistantStream"
import { schemaDecoder } from "../../src/internal/decode/schemaDecoder.ts"
import { AssistantStreamEvent } from "../../src/openai/api/BetaAssistants.ts"
import * as BetaThreadsMessages from "../../src/openai/api/BetaThreadsMessages.ts"
import * as BetaThreadsRuns from "../../src/openai/api/BetaThreadsRuns.ts"
import * as BetaThreadsRunsSteps from "../../src/openai/api/BetaThreadsRunsSteps.ts"
import * as RunStream from "../../src/openai/RunStream.ts"
import { accumulatorLaws } from "../support/accumulatorLaws.ts"
import { reasonOf } from "../support/errors.ts"
import { fakeHttp } from "../support/FakeHttp.ts"
import { asLines, damaged, follow, joined } from "../support/folds.ts"
import { openAiOver } from "../support/probes.ts"

const { accumulator } = RunStream

const run = (status: string, rest: object = {}) => ({
  id: "run_1",
  object: "thread.run",
  created_at: 1,
  thread_id: "thread_1",
  assistant_id: "asst_1",
  status,
  model: "gpt-5.4-mini",
  instructions: "",
  tools: [],
  metadata: {},
  parallel_tool_calls: true,
  required_action: null,
  usage: null,
  ...rest
})
const usage = { prompt_tokens: 5, completion_tokens: 3, total_tokens: 8 }

const message = (status: string, content: ReadonlyArray<object>) => ({
  id: "msg_1",
  object: "thread.message",
  created_at: 2,
  thread_id: "thread_1",
  run_id: "run_1",
  assistant_id: "asst_1",
  role: "assistant",
  status,
  content,
  attachments: [],
  metadata: {}
})
const citation = {
  type: "file_citation",
  text: "[1]",
  start_index: 3,
  end_index: 6,
  file_citation: { file_id: "file_1" }
}
const content = [
  { type: "text", text: { value: "See [1].", annotations: [citation] } },
  { type: "refusal", refusal: "No more." }
]

const step = (id: string, type: string, status: string, step_details: object) => ({
  id,
  object: "thread.run.step",
  created_at: 2,
  run_id: "run_1",
  thread_id: "thread_1",
  assistant_id: "asst_1",
  type,
  status,
  step_details,
  usage: null
})
const toolCalls = (tool_calls: ReadonlyArray<object>) => ({ type: "tool_calls", tool_calls })
const calls = [
  { id: "call_1", type: "function", function: { name: "add", arguments: '{"a":1}', output: null } },
  {
    id: "call_2",
    type: "code_interpreter",
    code_interpreter: { input: "print(1)", outputs: [{ type: "logs", logs: "1\n2" }] }
  }
]

const stepDelta = (tool_call: object) => ({
  event: "thread.run.step.delta",
  data: { id: "step_1", object: "thread.run.step.delta", delta: { step_details: toolCalls([tool_call]) } }
})
const messageDelta = (piece: object) => ({
  event: "thread.message.delta",
  data: { id: "msg_1", object: "thread.message.delta", delta: { content: [piece] } }
})
const whole = (event: string, data: object) => ({ event, data })

const thread = { id: "thread_1", object: "thread", created_at: 1, metadata: {}, tool_resources: {} }
const doneStep = step("step_1", "tool_calls", "completed", toolCalls(calls))
const doneMessage = message("completed", content)
const creation = { type: "message_creation", message_creation: { message_id: "msg_1" } }
const creationStep = step("step_2", "message_creation", "completed", creation)
const doneRun = run("completed", { usage })

const events = [
  whole("thread.created", thread),
  whole("thread.run.created", run("queued")),
  whole("thread.run.in_progress", run("in_progress")),
  whole("thread.run.step.created", step("step_1", "tool_calls", "in_progress", toolCalls([]))),
  stepDelta({ index: 0, id: "call_1", type: "function", function: { name: "add", arguments: "", output: null } }),
  stepDelta({ index: 0, type: "function", function: { arguments: '{"a"' } }),
  stepDelta({ index: 0, type: "function", function: { arguments: ":1}" } }),
  stepDelta({ index: 1, id: "call_2", type: "code_interpreter", code_interpreter: { input: "print", outputs: [] } }),
  stepDelta({ index: 1, type: "code_interpreter", code_interpreter: { input: "(1)" } }),
  stepDelta({
    index: 1,
    type: "code_interpreter",
    code_interpreter: { outputs: [{ index: 0, type: "logs", logs: "1\n" }] }
  }),
  stepDelta({
    index: 1,
    type: "code_interpreter",
    code_interpreter: { outputs: [{ index: 0, type: "logs", logs: "2" }] }
  }),
  whole("thread.run.step.completed", doneStep),
  whole("thread.run.step.created", step("step_2", "message_creation", "in_progress", creation)),
  whole("thread.message.created", message("in_progress", [])),
  whole("thread.message.in_progress", message("in_progress", [])),
  messageDelta({ index: 0, type: "text", text: { value: "See ", annotations: [] } }),
  messageDelta({ index: 0, type: "text", text: { value: "[1].", annotations: [{ index: 0, ...citation }] } }),
  messageDelta({ index: 1, type: "refusal", refusal: "No " }),
  messageDelta({ index: 1, type: "refusal", refusal: "more." }),
  whole("thread.message.completed", doneMessage),
  whole("thread.run.step.completed", creationStep),
  whole("thread.run.completed", doneRun)
]

/** Keeps the deltas and drops the events that repeat them as a whole. */
const pieces = events.filter(({ event }) => !/(step|message)\.completed$/.test(event))

describe("the run", () => {
  it("is what retrieving it, its steps and its messages would give", () => {
    assert.deepStrictEqual(follow(accumulator, events).snapshot as unknown, {
      thread,
      run: doneRun,
      steps: [doneStep, creationStep],
      messages: [doneMessage]
    })
  })

  it("is put together from pieces", () => {
    assert.deepStrictEqual(follow(accumulator, pieces).snapshot as unknown, {
      thread,
      run: doneRun,
      steps: [
        { ...doneStep, status: "in_progress" },
        { ...creationStep, status: "in_progress" }
      ],
      messages: [{ ...doneMessage, status: "in_progress" }]
    })
  })

  it("decodes as the answers of the calls without a stream", () => {
    for (const given of [events, pieces]) {
      const { snapshot } = follow(accumulator, given)
      schemaDecoder(BetaThreadsRuns.Run, "strict")(structuredClone(snapshot?.run))
      for (const item of snapshot?.steps ?? []) {
        schemaDecoder(BetaThreadsRunsSteps.RunStep, "strict")(structuredClone(item))
      }
      for (const item of snapshot?.messages ?? []) {
        schemaDecoder(BetaThreadsMessages.Message, "strict")(structuredClone(item))
      }
    }
  })

  it("has the texts and the run that the official client makes of the events", async () => {
    const official = Official.fromReadableStream(asLines(events))
    const { messages, run } = follow(accumulator, events).snapshot ?? {}
    assert.deepStrictEqual(run as unknown, await official.finalRun())
    assert.deepStrictEqual(messages as unknown, await official.finalMessages())
  })

  it("comes of decoded events as of raw ones, with pieces of an unknown type", () => {
    const decode = schemaDecoder(AssistantStreamEvent, "open")
    const odd = [
      ...pieces.slice(0, 16),
      messageDelta({ index: 2, type: "hologram", depth: 3 }),
      messageDelta({ index: 2, type: "hologram", width: 4 })
    ]
    const { snapshot } = follow(
      accumulator,
      odd.map((event) => decode(structuredClone(event)))
    )
    assert.strictEqual(snapshot?.messages[0]?.content[1]?.type, "~unknown")
    assert.strictEqual(
      JSON.stringify(snapshot?.messages[0]?.content[1]),
      JSON.stringify({ type: "hologram", depth: 3, width: 4 })
    )
  })

  it("takes up the steps of a run that goes on after the outputs of its tools", () => {
    const { snapshot, steps } = follow(accumulator, [
      whole("thread.run.in_progress", run("in_progress")),
      whole("thread.run.step.completed", doneStep)
    ])
    assert.deepStrictEqual(snapshot?.steps as unknown, [doneStep])
    assert.deepStrictEqual(
      steps.map(({ _tag }) => _tag),
      ["ToolCallStarted", "ToolCallDone"]
    )
  })
})

describe("the laws of folds", () => accumulatorLaws(accumulator, events))

describe("the steps of the accumulator", () => {
  it("say each thing once, in order", () => {
    assert.deepStrictEqual(
      follow(accumulator, events).steps.map(({ _tag }) => _tag),
      [
        "ToolCallStarted",
        "ToolCallDelta",
        "ToolCallDelta",
        "ToolCallDone",
        "TextDelta",
        "TextDelta",
        "CitationAdded",
        "RefusalDelta",
        "RefusalDelta",
        "TextDone",
        "RefusalDone"
      ]
    )
  })

  it("say that a call is done if the run waits for its output", () => {
    const action = {
      type: "submit_tool_outputs",
      submit_tool_outputs: {
        tool_calls: [{ id: "call_1", type: "function", function: { name: "add", arguments: '{"a":1}' } }]
      }
    }
    const { steps } = follow(accumulator, [
      ...events.slice(0, 7),
      whole("thread.run.requires_action", run("requires_action", { required_action: action }))
    ])
    assert.deepStrictEqual(steps.at(-1), {
      _tag: "ToolCallDone",
      index: 0,
      part: 0,
      id: "call_1",
      name: "add",
      arguments: '{"a":1}'
    })
    assert.strictEqual(joined(steps, "ToolCallDelta"), '{"a":1}')
  })
})

describe("a stream that something is wrong with", () => {
  it("ends with the same steps and messages, as long as their last events come", () => {
    const final = follow(accumulator, events).snapshot
    for (const [fault, damagedEvents] of damaged(events)) {
      const { snapshot } = follow(accumulator, damagedEvents)
      const hasEnds = events
        .filter(({ event }) => event.endsWith("completed"))
        .every((end) => damagedEvents.includes(end))
      if (!hasEnds) continue
      const byId = (items: ReadonlyArray<{ readonly id: string }> = []) =>
        [...items].sort((a, b) => a.id.localeCompare(b.id))
      assert.deepStrictEqual(byId(snapshot?.steps), byId(final?.steps), fault)
      assert.deepStrictEqual(snapshot?.messages, final?.messages, fault)
    }
  })

  for (const index of [-1, 0.5, "0", 2 ** 60]) {
    it(`has a piece refused that goes to ${JSON.stringify(index)}`, () => {
      const { snapshot, steps } = follow(accumulator, [
        ...events.slice(0, 16),
        messageDelta({ index, type: "text", text: { value: "astray" } })
      ])
      assert.strictEqual(JSON.stringify(snapshot?.messages[0]?.content).includes("astray"), false)
      assert.strictEqual(steps.at(-1)?._tag, "EventRefused")
    })
  }

  it("has pieces refused whose message has not begun, or has ended", () => {
    const lost = messageDelta({ index: 0, type: "text", text: { value: "x" } })
    for (const before of [events.slice(0, 3), events]) {
      assert.strictEqual(follow(accumulator, [...before, lost]).steps.at(-1)?._tag, "EventRefused")
    }
  })

  it("cannot reach a prototype through its keys", () => {
    const hostile = JSON.parse('{"index": 0, "type": "text", "__proto__": {"polluted": 1}}') as object
    const { snapshot } = follow(accumulator, [...events.slice(0, 14), messageDelta(hostile)])
    assert.isUndefined(({} as { polluted?: unknown }).polluted)
    assert.isUndefined((snapshot?.messages[0]?.content[0] as { polluted?: unknown } | undefined)?.polluted)
  })
})

describe("streamed", () => {
  const input = { thread_id: "thread_1", assistant_id: "asst_1" }
  const named = ({ data, event }: { readonly event: string; readonly data: unknown }) =>
    `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`

  it.effect("gives the text as it comes and then the whole run", () => {
    const http = fakeHttp({ parts: [...events.map(named), "event: done\ndata: [DONE]\n\n"] })
    return Effect.gen(function* () {
      const answer = yield* RunStream.streamed(input)
      assert.deepStrictEqual(yield* Stream.runCollect(answer.text), ["See ", "[1]."])
      const { messages, run } = yield* answer.final
      assert.deepStrictEqual([run.status, run.usage?.total_tokens, messages.length], ["completed", 8, 1])
    }).pipe(Effect.scoped, Effect.provide(openAiOver(http)))
  })

  it.effect("keeps what has come of a stream that breaks off", () => {
    const http = fakeHttp({ parts: events.slice(0, 16).map(named) })
    return Effect.gen(function* () {
      const answer = yield* RunStream.streamed(input)
      reasonOf(yield* Effect.flip(answer.final), "StreamTruncatedError")
      const snapshot = yield* answer.snapshot
      assert.strictEqual(JSON.stringify(snapshot?.messages[0]?.content).includes("See "), true)
    }).pipe(Effect.scoped, Effect.provide(openAiOver(http)))
  })
})
