import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { ToolLoop, Tools } from "llmfx"
import { schemaDecoder } from "../../src/internal/decode/schemaDecoder.ts"
import * as Responses from "../../src/openai/api/Responses.ts"
import * as ResponseToolLoop from "../../src/openai/ResponseToolLoop.ts"
import { fakeHttp, sse } from "../support/FakeHttp.ts"
import { openAiOver } from "../support/probes.ts"
import { sentBody } from "../support/sent.ts"
import { settleSlowly } from "../support/settle.ts"

const response = (output: ReadonlyArray<object>) => ({
  id: "resp_1",
  object: "response",
  created_at: 1,
  status: "completed",
  model: "m",
  output,
  parallel_tool_calls: true,
  tool_choice: "auto",
  tools: []
})

const answers = (output: ReadonlyArray<object>) => ({
  parts: [sse({ type: "response.completed", response: response(output) })]
})

const reasoning = { id: "rs_1", type: "reasoning", summary: [], encrypted_content: "xyz" }
const call = {
  id: "fc_1",
  type: "function_call",
  call_id: "call_1",
  name: "add",
  arguments: '{"a":1,"b":2}',
  status: "completed"
}
const message = {
  id: "msg_1",
  type: "message",
  role: "assistant",
  status: "completed",
  content: [{ type: "output_text", text: "3", annotations: [] }]
}

const add = Tools.make({
  name: "add",
  parameters: Schema.Struct({ a: Schema.Finite, b: Schema.Finite }),
  run: ({ a, b }) => Effect.succeed(a + b)
})

describe("a loop", () => {
  it.effect("describes its tools, and sends answers and results back", () => {
    const http = fakeHttp(answers([reasoning, call]), answers([message]))
    return Effect.gen(function* () {
      const end = yield* settleSlowly(
        ToolLoop.finished(ResponseToolLoop.run({ model: "m", input: "1 + 2?", tools: [{ type: "web_search" }] }, [add]))
      )
      assert.deepStrictEqual(sentBody(http, 1)["input"], [
        { role: "user", content: "1 + 2?" },
        reasoning,
        call,
        { type: "function_call_output", call_id: "call_1", output: "3" }
      ])
      const { tools } = sentBody<{ readonly tools: ReadonlyArray<object> }>(http)
      assert.deepStrictEqual(tools[0], { type: "web_search" })
      assert.deepInclude(tools[1], { type: "function", name: "add", strict: true })
      assert.strictEqual(Array.isArray(end.input.input) && end.input.input.length, 5)
    }).pipe(Effect.provide(openAiOver(http)))
  })

  it.effect("sends only the results if a conversation keeps the rest", () => {
    const http = fakeHttp(answers([call]), answers([message]))
    return Effect.gen(function* () {
      yield* settleSlowly(
        ToolLoop.finished(ResponseToolLoop.run({ model: "m", input: "1 + 2?", conversation: "conv_1" }, [add]))
      )
      assert.deepStrictEqual(sentBody(http, 1)["input"], [
        { type: "function_call_output", call_id: "call_1", output: "3" }
      ])
    }).pipe(Effect.provide(openAiOver(http)))
  })
})

describe("the output as input", () => {
  it("is without what the API does not take back", () => {
    const items = [
      { ...call, created_by: "user_1" },
      { id: "c", type: "computer_call_output", call_id: "c", status: "failed", output: {} },
      { id: "t", type: "additional_tools", role: "system", tools: [] }
    ] as ReadonlyArray<unknown> as ReadonlyArray<Responses.ResponseOutputItem>
    assert.deepStrictEqual(Responses.toInput({ output: items }) as unknown, [call])
  })

  it("is without what the API only says of the outputs of calls", () => {
    const shell = { id: "s", type: "shell_call_output", call_id: "s", status: "completed" }
    const chunk = { stdout: "a", stderr: "", outcome: { type: "exit", exit_code: 0 } }
    const custom = { id: "ct", type: "custom_tool_call_output", call_id: "ct", output: "1" }
    const items = [
      { ...shell, output: [{ ...chunk, created_by: "user_1" }], created_by: "user_1" },
      { ...custom, status: "completed", created_by: "user_1" },
      { ...custom, status: "incomplete" }
    ] as ReadonlyArray<unknown> as ReadonlyArray<Responses.ResponseOutputItem>
    assert.deepStrictEqual(Responses.toInput({ output: items }) as unknown, [{ ...shell, output: [chunk] }, custom])
  })

  it("has reasoning and items of an unknown type as they came", () => {
    const decode = schemaDecoder(Responses.Response, "open")
    const output = [
      { ...reasoning, content: [{ type: "reasoning_text", text: "Hm" }] },
      { type: "dream", depth: 3 }
    ]
    const answer = decode(structuredClone(response(output))) as Responses.Response
    const { input } = ResponseToolLoop.next({ model: "m" }, answer, [])
    assert.deepStrictEqual(JSON.parse(JSON.stringify(input)), output)
  })

  it("answers a call with free text in its own way", () => {
    const custom = { id: "ct", type: "custom_tool_call", call_id: "call_2", name: "sql", input: "select 1" }
    const answer = response([custom]) as unknown as Responses.Response
    assert.deepStrictEqual(ResponseToolLoop.calls(answer), [{ id: "call_2", name: "sql", arguments: "select 1" }])
    const { input } = ResponseToolLoop.next({ model: "m" }, answer, [
      { id: "call_2", name: "sql", output: "1", isError: false }
    ])
    assert.deepStrictEqual(input as unknown, [
      custom,
      { type: "custom_tool_call_output", call_id: "call_2", output: "1" }
    ])
  })
})
