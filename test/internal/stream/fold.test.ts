import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import { appendItems, mergeField, plainField } from "../../../src/internal/stream/fold.ts"

describe("a field that arrives in pieces", () => {
  it("grows by each piece and leaves the pieces as they were", () => {
    const pieces = [{ text: "a", deep: { text: "b" } }, { deep: { text: "c", more: 1 } }, { text: "d" }]
    const given = structuredClone(pieces)
    const field = pieces.reduce<unknown>((before, piece) => mergeField("extra", before, piece), undefined)
    assert.deepStrictEqual(plainField(field), { text: "ad", deep: { text: "bc", more: 1 } })
    assert.deepStrictEqual(pieces, given)
  })

  it("gives values that later pieces do not change", () => {
    const first = mergeField("extra", { a: { n: 1 } }, { a: { m: 2 } })
    const before = plainField(first)
    mergeField("extra", first, { a: { n: 3 }, b: 4 })
    assert.deepStrictEqual(before, { a: { n: 1, m: 2 } })
    const list = appendItems(undefined, [1])
    const items = plainField(list)
    appendItems(list, [2])
    assert.deepStrictEqual(items, [1])
    assert.deepStrictEqual(plainField(list), [1, 2])
  })

  it("keeps a property named as one of an object's own", () => {
    const piece: unknown = JSON.parse('{"__proto__":{"x":1}}')
    const merged = plainField(mergeField("extra", mergeField("extra", { a: 1 }, piece), piece))
    assert.deepStrictEqual(Object.keys(merged as object), ["a", "__proto__"])
    assert.isUndefined(Reflect.get({}, "x"))
  })

  it("is replaced once it is nested more deeply than any answer", () => {
    const nested: unknown = JSON.parse(`${'{"a":'.repeat(5000)}1${"}".repeat(5000)}`)
    assert.isObject(plainField(mergeField("extra", mergeField("extra", nested, nested), nested)))
  })

  it("keeps the last value of every name, whatever the pieces are", () => {
    const piece = fc.dictionary(fc.string({ maxLength: 2 }), fc.oneof(fc.nat(), fc.boolean(), fc.constant(null)))
    fc.assert(
      fc.property(fc.array(piece, { minLength: 1, maxLength: 8 }), (pieces) => {
        const merged = plainField(pieces.reduce<unknown>((before, one) => mergeField("extra", before, one), undefined))
        for (const name of new Set(pieces.flatMap((one) => Object.keys(one)))) {
          const values = pieces.flatMap((one) => (Object.hasOwn(one, name) ? [one[name]] : []))
          const expected = values.findLast((value) => value !== null) ?? null
          assert.strictEqual(Object.getOwnPropertyDescriptor(merged, name)?.value, expected)
        }
      })
    )
  })

  it("takes time in proportion to its pieces", () => {
    const timeOf = (count: number): number => {
      const start = performance.now()
      let field: unknown = {}
      for (let n = 0; n < count; n++) field = mergeField("extra", field, { [`k${n}`]: { [`k${n}`]: "v" } })
      assert.strictEqual(Object.keys(plainField(field) as object).length, count)
      return performance.now() - start
    }
    const fastest = (count: number) => Math.min(timeOf(count), timeOf(count), timeOf(count))
    timeOf(1000)
    // Squared, it would take 64 times as long.
    assert.isBelow(fastest(32_000) / fastest(4000), 32)
  })
})
