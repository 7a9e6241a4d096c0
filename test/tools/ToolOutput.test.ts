import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { ToolOutput, Tools } from "llmfx"
import type { Message } from "../../src/anthropic/api/Messages.ts"
import * as MessageToolLoop from "../../src/anthropic/MessageToolLoop.ts"
import type { ChatCompletion } from "../../src/openai/api/ChatCompletions.ts"
import type { Response } from "../../src/openai/api/Responses.ts"
import * as ChatToolLoop from "../../src/openai/ChatToolLoop.ts"
import { conversion } from "../../src/openai/Parse.ts"
import * as ResponseToolLoop from "../../src/openai/ResponseToolLoop.ts"

const bytes = new TextEncoder().encode("hi")

const parts = ToolOutput.parts(
  ToolOutput.text("Here:"),
  ToolOutput.file(bytes, { mediaType: "image/png" }),
  ToolOutput.file({ url: "https://a.test/b.png" }, { mediaType: "image/png" }),
  ToolOutput.file({ id: "file_1" }, { mediaType: "image/jpeg" }),
  ToolOutput.file(bytes, { mediaType: "application/pdf", name: "a.pdf" }),
  ToolOutput.file({ url: "https://a.test/b.pdf" }, { mediaType: "application/pdf" }),
  ToolOutput.file({ id: "file_2" }, { mediaType: "application/pdf" }),
  ToolOutput.file(bytes, { mediaType: "text/csv", name: "a.csv" }),
  ToolOutput.file(bytes, { mediaType: "audio/wav", name: "a.wav" }),
  ToolOutput.searchResult({ title: "A", source: "https://a.test", texts: ["one", "two"] }),
  ToolOutput.native({ type: "own" })
).parts

const result = (output: ToolOutput.Output, isError = false): Tools.CallResult => ({
  id: "call_1",
  name: "t",
  output,
  isError
})

const message = {
  content: [{ type: "tool_use", id: "call_1", name: "t", input: {} }],
  stop_reason: "tool_use"
} as unknown as Message
const response = {
  output: [{ type: "function_call", call_id: "call_1", name: "t", arguments: "{}" }]
} as unknown as Response
const completion = {
  choices: [
    {
      finish_reason: "tool_calls",
      message: {
        role: "assistant",
        tool_calls: [{ id: "call_1", type: "function", function: { name: "t", arguments: "{}" } }]
      }
    }
  ]
} as unknown as ChatCompletion

const inMessage = (...results: ReadonlyArray<Tools.CallResult>): unknown =>
  MessageToolLoop.next({ model: "m", max_tokens: 1, messages: [] }, message, results).messages[1]?.content
const inResponse = (...results: ReadonlyArray<Tools.CallResult>): unknown =>
  ResponseToolLoop.next({ model: "m" }, response, results).input?.slice(1)
const inChat = (...results: ReadonlyArray<Tools.CallResult>): unknown =>
  ChatToolLoop.next({ model: "m", messages: [] }, completion, results).messages.slice(1)

describe("an output of parts", () => {
  it("is sent to Anthropic as blocks, with what it does not take as text", () => {
    assert.deepStrictEqual(inMessage(result(parts)), [
      {
        type: "tool_result",
        tool_use_id: "call_1",
        content: [
          { type: "text", text: "Here:" },
          { type: "image", source: { type: "base64", media_type: "image/png", data: "aGk=" } },
          { type: "image", source: { type: "url", url: "https://a.test/b.png" } },
          { type: "image", source: { type: "file", file_id: "file_1" } },
          {
            type: "document",
            source: { type: "base64", media_type: "application/pdf", data: "aGk=" },
            title: "a.pdf"
          },
          { type: "document", source: { type: "url", url: "https://a.test/b.pdf" } },
          { type: "document", source: { type: "file", file_id: "file_2" } },
          { type: "document", source: { type: "text", media_type: "text/plain", data: "hi" }, title: "a.csv" },
          { type: "text", text: "[audio/wav: a.wav, not shown here]" },
          {
            type: "search_result",
            title: "A",
            source: "https://a.test",
            content: [
              { type: "text", text: "one" },
              { type: "text", text: "two" }
            ]
          },
          { type: "own" }
        ]
      }
    ])
  })

  it("is sent to Anthropic as text if it is an error", () => {
    const error = [ToolOutput.text("Broken:"), ToolOutput.file(bytes, { mediaType: "image/png" })]
    assert.deepStrictEqual(inMessage(result(error, true)), [
      {
        type: "tool_result",
        tool_use_id: "call_1",
        content: "Broken:\n[image/png, not shown here]",
        is_error: true
      }
    ])
  })

  it("is sent to Responses as texts, images and files", () => {
    assert.deepStrictEqual(inResponse(result(parts)), [
      {
        type: "function_call_output",
        call_id: "call_1",
        output: [
          { type: "input_text", text: "Here:" },
          { type: "input_image", detail: "auto", image_url: "data:image/png;base64,aGk=" },
          { type: "input_image", detail: "auto", image_url: "https://a.test/b.png" },
          { type: "input_image", detail: "auto", file_id: "file_1" },
          { type: "input_file", filename: "a.pdf", file_data: "data:application/pdf;base64,aGk=" },
          { type: "input_file", file_url: "https://a.test/b.pdf" },
          { type: "input_file", file_id: "file_2" },
          { type: "input_file", filename: "a.csv", file_data: "data:text/csv;base64,aGk=" },
          { type: "input_file", filename: "a.wav", file_data: "data:audio/wav;base64,aGk=" },
          { type: "input_text", text: "A\nhttps://a.test\none\ntwo" },
          { type: "own" }
        ]
      }
    ])
  })

  it("is sent to a chat as texts", () => {
    assert.deepStrictEqual(inChat(result(parts.slice(0, 3))), [
      {
        role: "tool",
        tool_call_id: "call_1",
        content: [
          { type: "text", text: "Here:" },
          { type: "text", text: "[image/png, not shown here]" },
          { type: "text", text: "[image/png: https://a.test/b.png, not shown here]" }
        ]
      }
    ])
  })

  it("is the same after a ledger has kept it as JSON", () => {
    assert.deepStrictEqual(
      inMessage(result(JSON.parse(JSON.stringify(parts)) as typeof parts)),
      inMessage(result(parts))
    )
  })
})

describe("a tool", () => {
  const outputOf = (run: () => Effect.Effect<unknown, unknown>) => {
    const tool = Tools.make({ name: "t", parameters: Schema.Struct({}), run })
    return Effect.flatMap(Tools.toolbox([tool], conversion), (box) =>
      box.execute({ id: "call_1", name: "t", arguments: "{}" })
    )
  }

  it.effect("may return parts", () =>
    Effect.gen(function* () {
      const output = ToolOutput.parts(ToolOutput.text("a"))
      assert.deepStrictEqual(yield* outputOf(() => Effect.succeed(output)), result([{ _tag: "Text", text: "a" }]))
    })
  )

  it.effect("may fail with parts", () =>
    Effect.gen(function* () {
      const output = ToolOutput.parts(ToolOutput.text("a"))
      assert.deepStrictEqual(yield* outputOf(() => Effect.fail(output)), result([{ _tag: "Text", text: "a" }], true))
    })
  )

  it.effect("that returns no parts is done", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* outputOf(() => Effect.succeed(ToolOutput.parts())), result("done"))
    })
  )

  it.effect("whose output is not JSON tells the model so", () =>
    Effect.gen(function* () {
      const { isError, output } = yield* outputOf(() => Effect.succeed({ n: 1n }))
      assert.isTrue(isError)
      assert.include(output, "The output cannot be told")
    })
  )
})
