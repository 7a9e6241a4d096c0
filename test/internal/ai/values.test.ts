import { assert, describe, it } from "@effect/vitest"
import * as Prompt from "effect/ai/Prompt"
import * as Schema from "effect/Schema"
import * as fc from "fast-check"
import { fileOf } from "../../../src/internal/ai/files.ts"
import { plainJson } from "../../../src/internal/ai/plainJson.ts"
import { CallIds } from "../../../src/internal/ai/tools.ts"
import { usageOf } from "../../../src/internal/ai/usage.ts"

describe("metadata", () => {
  it("is what JSON makes of any value, which effect/ai accepts", () => {
    const isJson = Schema.is(Schema.MutableJson)
    fc.assert(
      fc.property(fc.anything({ withBigInt: false, withDate: true, withNullPrototype: false }), (value) => {
        const plain = plainJson(value)
        assert.isTrue(isJson(plain))
        assert.deepStrictEqual(plain, JSON.parse(JSON.stringify(value) ?? "null"))
      })
    )
  })
})

describe("usage", () => {
  it("is whole and never negative, whatever a server reports", () => {
    const count = fc.oneof(fc.double(), fc.integer(), fc.constant(null), fc.string())
    const details = fc.record({ cached_tokens: count, reasoning_tokens: count })
    const raw = fc.record({
      prompt_tokens: count,
      completion_tokens: count,
      prompt_tokens_details: details,
      completion_tokens_details: details
    })
    fc.assert(
      fc.property(raw, (usage) => {
        const { inputTokens, outputTokens } = usageOf(usage)
        for (const value of Object.values({ ...inputTokens, ...outputTokens })) {
          assert.isTrue(value === undefined || (Number.isInteger(value) && value >= 0))
        }
      })
    )
  })
})

describe("the data of a file", () => {
  const sourceOf = (data: string | Uint8Array | URL) =>
    fileOf(Prompt.filePart({ mediaType: "text/plain", data }), (text) => text.startsWith("file-")).source

  for (const [what, data, source] of [
    ["bytes", new Uint8Array([1, 2]), { _tag: "Base64", data: "AQI=" }],
    ["base64", "AQI=", { _tag: "Base64", data: "AQI=" }],
    ["a data URL", "data:text/plain;base64,AQI=", { _tag: "Base64", data: "AQI=" }],
    ["a data URL in percent encoding", new URL("data:text/plain,a%20b"), { _tag: "Base64", data: "YSBi" }],
    ["a URL", new URL("https://a.test/b"), { _tag: "Url", url: "https://a.test/b" }],
    ["a URL in a string", "https://a.test/b", { _tag: "Url", url: "https://a.test/b" }],
    ["an id", "file-1", { _tag: "Id", id: "file-1" }]
  ] as const) {
    it(`may be ${what}`, () => {
      assert.deepStrictEqual(sourceOf(data), source)
    })
  }
})

describe("the ids of calls", () => {
  it("are unique and not empty, and a server's own ids are kept", () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom("", "a", "b", "p_0")), (given) => {
        const ids = new CallIds("p")
        const made = given.map((id) => ids.next(id))
        assert.strictEqual(new Set(made).size, made.length)
        assert.notInclude(made, "")
        if (given[0] !== undefined && given[0] !== "") assert.strictEqual(made[0], given[0])
      })
    )
  })
})
