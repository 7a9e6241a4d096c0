import { assert, describe, it } from "@effect/vitest"
import { ApiError } from "llmfx"
import { Messages } from "llmfx/anthropic"
import * as Anthropic from "llmfx/anthropic/endpoints"
import * as Coze from "llmfx/coze/endpoints"
import { ChatCompletions, Responses } from "llmfx/openai"
import * as OpenAi from "llmfx/openai/endpoints"
import { Sample } from "llmfx/testing"
import { schemaDecoder } from "../../src/internal/decode/schemaDecoder.ts"

describe("Sample", () => {
  for (const { endpoints } of [OpenAi, Anthropic, Coze]) {
    it(`makes values that fit the schema of every endpoint of ${endpoints[0]?.provider}, strictly`, () => {
      const unfit = endpoints.flatMap(({ id, success }) => {
        if (success === undefined) return []
        const samples = [
          Sample.json(success),
          Sample.json(success, undefined, { items: 1 }),
          Sample.json(success, undefined, { items: 2, optionals: "fill" })
        ]
        return samples.flatMap((sample) => {
          try {
            schemaDecoder(success, "strict")(structuredClone(sample))
            return []
          } catch (thrown) {
            return [`${id}: ${thrown instanceof Error ? thrown.message : JSON.stringify(thrown)}`]
          }
        })
      })
      assert.deepStrictEqual(unfit, [])
    })
  }

  it("fills the rest around what is given, however deep", () => {
    const completion = Sample.make(ChatCompletions.ChatCompletion, {
      choices: [
        { message: { content: "a" } },
        { message: { tool_calls: [{ type: "function", function: { name: "f" } }] }, finish_reason: "tool_calls" }
      ]
    })
    assert.deepStrictEqual(
      completion.choices.map(({ index, finish_reason }) => [index, finish_reason]),
      [
        [0, "stop"],
        [1, "tool_calls"]
      ]
    )
    assert.strictEqual(completion.choices[0]?.message.role, "assistant")
    assert.deepStrictEqual(completion.choices[1]?.message.tool_calls?.[0], {
      id: "id",
      type: "function",
      function: { name: "f", arguments: "arguments" }
    })
  })

  it("picks the variant of a tagged union by its tag, or by the fields that are given", () => {
    const message = Sample.make(Messages.Message, {
      content: [{ type: "tool_use", name: "f" }, { thinking: "hm" }, {}]
    })
    assert.deepStrictEqual(
      message.content.map(({ type }) => type),
      ["tool_use", "thinking", "text"]
    )
  })

  it("gives unknown variants back as the server sends them", () => {
    const message = Sample.make(Messages.Message, { content: [{ type: "hologram", depth: 3 } as never] })
    assert.strictEqual(message.content[0]?.type, "~unknown")
    assert.deepStrictEqual(Sample.json(Messages.Message, { content: message.content }), {
      ...(Sample.json(Messages.Message) as object),
      content: [{ type: "hologram", depth: 3 }]
    })
  })

  it("leaves null if null is given", () => {
    assert.isNull(Sample.make(ChatCompletions.ChatCompletion, { usage: null }).usage)
  })

  it("keeps properties that the schema does not know", () => {
    assert.deepInclude(Sample.json(Responses.Response, { shade: "blue" } as never), { shade: "blue" })
  })

  it("makes up optional properties and items of arrays when told to", () => {
    const plain = Sample.make(ChatCompletions.ChatCompletion)
    assert.deepStrictEqual(plain.choices, [])
    assert.notProperty(plain, "usage")
    const full = Sample.make(ChatCompletions.ChatCompletion, undefined, { items: 2, optionals: "fill" })
    assert.strictEqual(full.choices.length, 2)
    assert.isNumber(full.usage?.total_tokens)
  })

  it("throws a DecodeError with the path of what does not fit", () => {
    assert.throws(
      () => Sample.make(ChatCompletions.ChatCompletion, { created: "now" } as never),
      ApiError.DecodeError,
      "At created: expected a number"
    )
  })

  it("does not share what it was given", () => {
    const given = { choices: [{ message: { content: "a" } }] }
    const value = Sample.make(ChatCompletions.ChatCompletion, given)
    assert.notStrictEqual(value.choices, given.choices as never)
    assert.deepStrictEqual(given, { choices: [{ message: { content: "a" } }] })
  })
})
