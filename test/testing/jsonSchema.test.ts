import { assert, describe, it } from "@effect/vitest"
import { sampleOfJsonSchema } from "../../src/testing/internal/emulator/jsonSchema.ts"

describe("the value that the emulator makes for a JSON schema", () => {
  const cases: ReadonlyArray<readonly [name: string, schema: unknown, expected: unknown]> = [
    ["has every property", { properties: { a: { type: "string" }, b: { type: "boolean" } } }, { a: "a", b: true }],
    [
      "is the constant or the first of an enumeration",
      { properties: { a: { const: 7 }, b: { enum: ["x", "y"] } } },
      { a: 7, b: "x" }
    ],
    [
      "keeps to the limits of numbers",
      { properties: { a: { type: "integer", exclusiveMinimum: 4 }, b: { type: "number", multipleOf: 3, minimum: 7 } } },
      { a: 5, b: 9 }
    ],
    [
      "keeps to the lengths of texts and lists",
      {
        properties: { a: { type: "string", minLength: 3 }, b: { type: "array", minItems: 2, items: { type: "null" } } }
      },
      { a: "axx", b: [null, null] }
    ],
    [
      "has the format of texts",
      { properties: { a: { type: "string", format: "email" }, b: { type: "string", format: "uuid" } } },
      { a: "user@example.com", b: "00000000-0000-4000-8000-000000000000" }
    ],
    [
      "joins the parts of allOf",
      { allOf: [{ properties: { a: { const: 1 } } }, { properties: { b: { const: 2 } } }] },
      { a: 1, b: 2 }
    ],
    ["takes the first of several shapes", { oneOf: [{ type: "integer" }, { type: "string" }] }, 1],
    ["takes the type that is not null", { type: ["null", "string"] }, "text"],
    ["follows references", { $defs: { n: { type: "number" } }, properties: { a: { $ref: "#/$defs/n" } } }, { a: 0 }]
  ]
  for (const [name, schema, expected] of cases) {
    it(name, () => {
      assert.deepStrictEqual(sampleOfJsonSchema(schema), expected)
    })
  }

  it("ends if a schema refers to itself", () => {
    const list = { properties: { next: { $ref: "#" } }, required: ["next"] }
    assert.isBelow(JSON.stringify(sampleOfJsonSchema(list)).length, 1000)
    const tree = { type: "object", properties: { children: { type: "array", items: { $ref: "#" } } } }
    assert.isBelow(JSON.stringify(sampleOfJsonSchema(tree)).length, 1000)
  })
})
