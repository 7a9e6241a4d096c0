import { BetaMessageStream as Official } from "@anthropic-ai/sdk/lib/BetaMessageStream"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as BetaMessages from "../../src/anthropic/api/BetaMessages.ts"
import * as BetaMessageStream from "../../src/anthropic/BetaMessageStream.ts"
import { schemaDecoder } from "../../src/internal/decode/schemaDecoder.ts"
import { accumulatorLaws } from "../support/accumulatorLaws.ts"
import { eventsOf, hasCorpus, streams } from "../support/corpus.ts"
import { fakeHttp, sse } from "../support/FakeHttp.ts"
import { asLines, damaged, follow } from "../support/folds.ts"
import { begunMessage } from "../support/message.ts"
import { anthropicOver } from "../support/probes.ts"

const { accumulator } = BetaMessageStream

const message = { ...begunMessage, stop_details: null, container: null, context_management: null }
const block = (index: number, content_block: object, ...deltas: ReadonlyArray<object>) => [
  { type: "content_block_start", index, content_block },
  ...deltas.map((delta) => ({ type: "content_block_delta", index, delta })),
  { type: "content_block_stop", index }
]
const json = (partial_json: string) => ({ type: "input_json_delta", partial_json })
const text = (text: string) => ({ type: "text_delta", text })

const container = { id: "container_1", expires_at: "2026-01-01T00:00:00Z", skills: null }
const management = {
  applied_edits: [{ type: "clear_tool_uses_20250919", cleared_tool_uses: 2, cleared_input_tokens: 9 }]
}
const listing = { type: "mcp_tool_listing", server_name: "files", tools: [] }
const mcpResult = {
  type: "mcp_tool_result",
  tool_use_id: "mcptoolu_1",
  is_error: false,
  content: [{ type: "text", text: "a.txt" }]
}
const upload = { type: "container_upload", file_id: "file_1" }
const fallback = {
  type: "fallback",
  from: { model: "claude-sonnet-5" },
  to: { model: "claude-haiku-5" },
  trigger: { type: "refusal" }
}

const events = [
  { type: "message_start", message },
  ...block(
    0,
    { type: "compaction", content: null },
    {
      type: "compaction_delta",
      content: "So far: nothing.",
      encrypted_content: "xyz"
    }
  ),
  ...block(1, listing),
  ...block(
    2,
    { type: "mcp_tool_use", id: "mcptoolu_1", name: "list", server_name: "files", input: {} },
    json('{"folder"'),
    json(': "/"}')
  ),
  ...block(3, mcpResult),
  ...block(4, { type: "server_tool_use", id: "srvtoolu_1", name: "code_execution", input: {} }, json('{"code": "1"}')),
  ...block(5, upload),
  ...block(6, fallback),
  ...block(7, { type: "text", text: "" }, text("There is "), text("a.txt.")),
  {
    type: "message_delta",
    delta: { stop_reason: "end_turn", stop_sequence: null, stop_details: null, container },
    context_management: management,
    usage: { output_tokens: 7, server_tool_use: { web_search_requests: 0 }, iterations: [{ type: "message" }] }
  },
  { type: "message_stop" }
]

const officially = async (events: ReadonlyArray<unknown>): Promise<unknown> => {
  const final = await Official.fromReadableStream(asLines(events)).finalMessage()
  const { parsed_output: _, ...message } = JSON.parse(JSON.stringify(final)) as { readonly parsed_output?: unknown }
  return message
}

describe("the message", () => {
  it("has what only the beta API sends", () => {
    assert.deepStrictEqual(follow(accumulator, events).snapshot as unknown, {
      ...message,
      model: "claude-haiku-5",
      content: [
        { type: "compaction", content: "So far: nothing.", encrypted_content: "xyz" },
        listing,
        { type: "mcp_tool_use", id: "mcptoolu_1", name: "list", server_name: "files", input: { folder: "/" } },
        mcpResult,
        { type: "server_tool_use", id: "srvtoolu_1", name: "code_execution", input: { code: "1" } },
        upload,
        fallback,
        { type: "text", text: "There is a.txt." }
      ],
      container,
      context_management: management,
      stop_reason: "end_turn",
      usage: {
        input_tokens: 10,
        output_tokens: 7,
        server_tool_use: { web_search_requests: 0 },
        iterations: [{ type: "message" }]
      }
    })
  })

  it("is what the official client makes of the events", async () => {
    assert.deepStrictEqual(follow(accumulator, events).snapshot as unknown, await officially(events))
  })

  it("comes of decoded events as of raw ones", () => {
    const decode = schemaDecoder(BetaMessages.BetaRawMessageStreamEvent, "open")
    const { snapshot } = follow(
      accumulator,
      events.map((event) => decode(structuredClone(event)))
    )
    assert.strictEqual(JSON.stringify(snapshot), JSON.stringify(follow(accumulator, events).snapshot))
  })

  it("has no summary if the compaction has failed", () => {
    const { snapshot } = follow(accumulator, [
      events[0],
      ...block(0, { type: "compaction", content: "So far" }, { type: "compaction_delta", content: null })
    ])
    assert.deepStrictEqual(snapshot?.content as unknown, [{ type: "compaction", content: null }])
  })

  it("has no calls for the program in what the server does on its own", () => {
    const { steps } = follow(accumulator, events)
    assert.deepStrictEqual([...new Set(steps.map(({ _tag }) => _tag))], ["TextDelta", "TextDone"])
  })
})

it("a stream that something is wrong with is folded without an exception, wherever the fault is", () => {
  for (const [fault, damagedEvents] of damaged(events)) {
    assert.doesNotThrow(() => follow(accumulator, damagedEvents), fault)
  }
})

describe("the laws of folds", () => accumulatorLaws(accumulator, events))

describe.skipIf(!hasCorpus)("recorded streams", () => {
  it("add up to what the official client makes of them", { timeout: 60_000 }, async () => {
    const recorded = streams(/\/messages$/)
    assert.isAtLeast(recorded.length, 20)
    for (const recording of recorded) {
      const events = eventsOf(recording)
      const own: unknown = JSON.parse(JSON.stringify(follow(accumulator, events).snapshot))
      assert.deepStrictEqual(own, await officially(events), recording.id)
    }
  })
})

it.effect("a stream gives the text as it comes and then the whole message", () => {
  const http = fakeHttp({ parts: events.map((event) => sse(event)) })
  return Effect.gen(function* () {
    const answer = yield* BetaMessageStream.streamed({
      model: "claude-sonnet-5",
      max_tokens: 16,
      messages: [{ role: "user", content: "hi" }],
      betas: ["compact-2026-01-12"]
    })
    assert.deepStrictEqual(yield* Stream.runCollect(answer.text), ["There is ", "a.txt."])
    const { container } = yield* answer.final
    assert.strictEqual(container?.id, "container_1")
    assert.strictEqual(http.sent[0]?.headers["anthropic-beta"], "compact-2026-01-12")
  }).pipe(Effect.scoped, Effect.provide(anthropicOver(http)))
})
