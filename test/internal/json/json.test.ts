import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import { wellFormedJson, writeJson } from "../../../src/internal/json/json.ts"

const halves = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g

/** Texts with backslashes, whole emojis, and halves of them. */
const text = fc
  .array(fc.oneof(fc.constantFrom("\ud83d", "\ude42", "🙂", "\\", "\\ud83d", '"', "u", "a", "\n"), fc.string()))
  .map((parts) => parts.join(""))

describe("JSON that is sent", () => {
  it("changes nothing but halves of surrogate pairs", () => {
    fc.assert(
      fc.property(text, (text) => {
        const json = writeJson({ text }) ?? ""
        assert.deepStrictEqual(JSON.parse(json), { text: text.replace(halves, "\ufffd") })
        assert.strictEqual(wellFormedJson(json), json)
      })
    )
  })
})
