import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import { inCloudForm } from "../../../src/coze/internal/cloudForm.ts"
import { parseWide } from "../../../src/coze/internal/wideNumbers.ts"
import { makeJsonSeriesParser } from "../../../src/internal/json/patternParser.ts"

const outcome = (parse: (text: string) => unknown, text: string): unknown => {
  try {
    return parse(text)
  } catch (thrown) {
    return thrown instanceof SyntaxError ? "no JSON" : thrown
  }
}

const repeated = (text: string, count: number): ReadonlyArray<string> => Array.from({ length: count }, () => text)

/** Longer than a series has to be before patterns are looked for. */
const untilPatterns = 300

/** A parser that has found the pattern of two texts. */
const trained = (one: string, other: string) => {
  const parse = makeJsonSeriesParser()
  for (const text of [...repeated(one, untilPatterns), ...repeated(other, 10)]) parse(text)
  return parse
}

/** Whether `JSON.parse` has work with a text. */
const isParsedBy = (parse: (text: string) => unknown, text: string): boolean => {
  const original = JSON.parse
  let calls = 0
  JSON.parse = (...args) => {
    calls++
    return original(...args)
  }
  try {
    parse(text)
  } finally {
    JSON.parse = original
  }
  return calls > 0
}

const delta = (text: string, index: number): string =>
  `{"type":"delta","index":${index},"delta":{"parts":[{"text":${JSON.stringify(text)},"more":[{"x":null}]}]},"last":false}`

describe("a series of JSON texts", () => {
  it("gives what JSON.parse gives, for any texts that differ in strings and numbers", () => {
    const leaf = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.string(),
      fc.double({ noNaN: true, noDefaultInfinity: true })
    )
    fc.assert(
      fc.property(
        fc.jsonValue({ maxDepth: 3 }),
        fc.jsonValue({ maxDepth: 3 }),
        fc.array(fc.tuple(leaf, leaf, fc.boolean()), { minLength: 80, maxLength: 120 }),
        (before, after, leaves) => {
          const parse = makeJsonSeriesParser()
          for (const text of repeated("null", untilPatterns)) parse(text)
          for (const [one, two, isSpaced] of leaves) {
            const text = JSON.stringify({ before, one, list: [[two], { two }], after }, null, isSpaced ? 1 : 0)
            assert.deepStrictEqual(parse(text), JSON.parse(text))
          }
        }
      ),
      { numRuns: 60 }
    )
  })

  it("does what JSON.parse does with a text that is broken anywhere", () => {
    const insertion = fc.constantFrom(
      '"',
      "\\",
      "\\u12",
      "\\n",
      "\n",
      "\u0001",
      "\u2028",
      ",",
      "}",
      "0",
      "-",
      "1e",
      "é",
      " "
    )
    const parse = trained(delta("one", 1), delta("two", 22))
    const whole = delta("three", 333)
    fc.assert(
      fc.property(fc.nat({ max: whole.length }), fc.nat({ max: 2 }), insertion, (at, removed, inserted) => {
        const text = whole.slice(0, at) + inserted + whole.slice(at + removed)
        assert.deepStrictEqual(outcome(parse, text), outcome(JSON.parse, text))
      }),
      { numRuns: 2000 }
    )
  })

  it("does not parse what fits the pattern of two before it", () => {
    const parse = trained(delta("one", 1), delta("two", 2))
    assert.isFalse(isParsedBy(parse, delta("three", 33)))
    assert.isTrue(isParsedBy(parse, delta("three", 33).replace("false", "true")))
  })

  it("leaves a short series to JSON.parse, for which patterns would not pay", () => {
    const parse = makeJsonSeriesParser()
    for (let index = 0; index < 200; index++) assert.isTrue(isParsedBy(parse, delta("word", index)))
  })

  it("widens a pattern if more begins to differ", () => {
    const parse = trained(delta("one", 1), delta("two", 1))
    assert.isTrue(isParsedBy(parse, delta("three", 2)))
    for (let index = 2; index < 200; index++) parse(delta("more", index))
    assert.isFalse(isParsedBy(parse, delta("four", 444)))
    assert.isFalse(isParsedBy(parse, delta("five", 1)))
  })

  it("gives each text a value of its own", () => {
    const parse = trained(delta("one", 1), delta("two", 2))
    const change = (value: unknown): unknown => {
      if (typeof value !== "object" || value === null) return value
      for (const part of Object.values(value)) change(part)
      return Object.assign(value, { changed: true })
    }
    change(parse(delta("three", 3)))
    assert.deepStrictEqual(parse(delta("four", 4)), JSON.parse(delta("four", 4)))
  })

  it.each<readonly [string, (value: string) => string]>([
    ["a property named __proto__ a property", (value) => `{"__proto__":{"a":"${value}"}}`],
    ["the last of two properties of one name", (value) => `{"a":"${value}","a":"last ${value}"}`]
  ])("keeps %s", (_, textOf) => {
    const parse = makeJsonSeriesParser()
    for (let count = 0; count < 600; count++) {
      const text = textOf(`v${count}`)
      assert.deepStrictEqual(parse(text), JSON.parse(text))
    }
  })

  it("finds patterns among several kinds that take turns", () => {
    const kinds = (index: number) => [delta(`t${index}`, index), `{"kind":"b","n":${index}}`, `["c","${index}"]`]
    const parse = makeJsonSeriesParser()
    for (let index = 0; index < 2000; index++) for (const text of kinds(index)) parse(text)
    for (const text of kinds(5000)) assert.isFalse(isParsedBy(parse, text))
  })

  it("brings each text into another form, whether what the form changes differs or not", () => {
    const number = fc.constantFrom(
      "1",
      "42",
      "7380000000000000001",
      "7380000000000000002",
      '"5"',
      '"7380000000000000003"'
    )
    const event = fc.tuple(number, number, number, fc.string())
    fc.assert(
      fc.property(event, fc.array(event, { minLength: 80, maxLength: 120 }), fc.boolean(), (first, others, isFixed) => {
        const parse = makeJsonSeriesParser(parseWide, inCloudForm)
        for (const text of repeated("null", untilPatterns)) parse(text)
        for (const [id, seq, chat, content] of others) {
          const chatId = isFixed ? first[2] : chat
          const text = `{"id":${id},"seq":${seq},"chat_id":${chatId},"content":${JSON.stringify(content)},"ids":[1,"b"],"function":{"arguments":{"n":${seq}}}}`
          assert.deepStrictEqual(parse(text), inCloudForm(parseWide(text)))
        }
      })
    )
  })

  it("does not parse, nor bring into another form, what fits a pattern", () => {
    let formed = 0
    const parse = makeJsonSeriesParser(undefined, (json) => {
      formed++
      return inCloudForm(json)
    })
    const event = (content: string) => `{"chat_id":5,"content":"${content}"}`
    for (let index = 0; index < untilPatterns; index++) parse(event(`t${index}`))
    formed = 0
    assert.deepStrictEqual(parse(event("last")), { chat_id: "5", content: "last" })
    assert.strictEqual(formed, 0)
  })
})
