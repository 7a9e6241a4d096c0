import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { schemaDecoder } from "../../src/internal/decode/schemaDecoder.ts"
import * as BetaResponses from "../../src/openai/api/BetaResponses.ts"
import * as BetaResponseStream from "../../src/openai/BetaResponseStream.ts"
import { accumulatorLaws } from "../support/accumulatorLaws.ts"
import { fakeHttp, sse } from "../support/FakeHttp.ts"
import { damaged, follow } from "../support/folds.ts"
import { openAiOver } from "../support/probes.ts"

const { accumulator } = BetaResponseStream

const response = (status: string, output: ReadonlyArray<unknown>) => ({
  id: "resp_1",
  object: "response",
  created_at: 1,
  status,
  model: "gpt-6-sol",
  output,
  parallel_tool_calls: true,
  tool_choice: "auto",
  tools: []
})

const root = { agent_name: "root" }
const helper = { agent_name: "helper" }
const spawn = {
  id: "mac_1",
  type: "multi_agent_call",
  action: "spawn_agent",
  arguments: "{}",
  call_id: "call_1",
  agent: root
}
const spawned = {
  id: "maco_1",
  type: "multi_agent_call_output",
  action: "spawn_agent",
  call_id: "call_1",
  output: [{ type: "output_text", text: "helper", annotations: [] }],
  agent: root
}
const told = {
  id: "am_1",
  type: "agent_message",
  author: "helper",
  recipient: "root",
  content: [{ type: "input_text", text: "Found it" }],
  agent: helper
}
const message = {
  id: "msg_1",
  type: "message",
  role: "assistant",
  status: "completed",
  content: [{ type: "output_text", text: "Hello", annotations: [] }],
  agent: root
}
const final = response("completed", [spawn, spawned, told, message])

const item = (output_index: number, item: object, agent: object) => [
  { type: "response.output_item.added", output_index, item, agent },
  { type: "response.output_item.done", output_index, item, agent }
]
const inText = { output_index: 3, content_index: 0, item_id: "msg_1", agent: root, logprobs: [] }

const events = [
  { type: "response.created", response: response("in_progress", []), agent: root },
  ...item(0, spawn, root),
  ...item(1, spawned, root),
  ...item(2, told, helper),
  { type: "response.output_item.added", output_index: 3, item: { ...message, content: [] }, agent: root },
  { type: "response.output_text.delta", ...inText, delta: "Hel" },
  { type: "response.output_text.delta", ...inText, delta: "lo" },
  { type: "response.output_text.done", ...inText, text: "Hello" },
  { type: "response.output_item.done", output_index: 3, item: message, agent: root },
  { type: "response.completed", response: final, agent: root }
].map((event, sequence_number) => ({ ...event, sequence_number }))

describe("the response", () => {
  it("is the one that the last event has", () => {
    assert.deepStrictEqual(follow(accumulator, events).snapshot as unknown, final)
  })

  it("has the items of all agents one event earlier", () => {
    const { snapshot } = follow(accumulator, events.slice(0, -1))
    assert.deepStrictEqual(snapshot?.output as unknown, final.output)
  })

  it("comes of decoded events as of raw ones", () => {
    const decode = schemaDecoder(BetaResponses.BetaResponseStreamEvent, "open")
    const { snapshot } = follow(
      accumulator,
      events.slice(0, -1).map((event) => decode(structuredClone(event)))
    )
    assert.deepStrictEqual(JSON.parse(JSON.stringify(snapshot?.output)), final.output)
  })
})

it("a stream that something is wrong with ends with the same response, as long as its last event comes", () => {
  for (const [fault, damagedEvents] of damaged(events)) {
    const { snapshot } = follow(accumulator, damagedEvents)
    if (damagedEvents.includes(events.at(-1))) assert.deepStrictEqual(snapshot as unknown, final, fault)
  }
})

it.effect("a stream gives the text as it comes and then the whole response", () => {
  const http = fakeHttp({ parts: events.map((event) => sse(event)) })
  return Effect.gen(function* () {
    const answer = yield* BetaResponseStream.streamed({
      model: "gpt-6-sol",
      input: "hi",
      betas: ["responses_multi_agent=v1"]
    })
    assert.deepStrictEqual(yield* Stream.runCollect(answer.text), ["Hel", "lo"])
    assert.strictEqual(BetaResponseStream.outputText(yield* answer.final), "Hello")
    assert.strictEqual(http.sent[0]?.headers["openai-beta"], "responses_multi_agent=v1")
  }).pipe(Effect.scoped, Effect.provide(openAiOver(http)))
})

describe("the laws of folds", () => accumulatorLaws(accumulator, events))
