import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { StructuredOutput } from "llmfx"
import { conversion as anthropic } from "../../src/anthropic/Parse.ts"
import { conversion as openai } from "../../src/openai/Parse.ts"

const formatOf = <A, E>(source: StructuredOutput.Source<A, E>, conversion = openai) =>
  Result.getOrThrow(StructuredOutput.format(source, conversion))

const refusalOf = (source: StructuredOutput.Source<unknown>, conversion = openai) =>
  Result.match(StructuredOutput.format(source, conversion), {
    onSuccess: ({ jsonSchema }) => `accepted as ${JSON.stringify(jsonSchema)}`,
    onFailure: ({ path }) => path
  })

interface Tree {
  readonly name: string
  readonly children: ReadonlyArray<Tree>
}
const Tree: Schema.Codec<Tree> = Schema.Struct({
  name: Schema.String,
  children: Schema.Array(Schema.suspend((): Schema.Codec<Tree> => Tree))
})

const Person = Schema.Struct({
  name: Schema.String,
  age: Schema.optionalKey(Schema.Int),
  nick: Schema.NullOr(Schema.String),
  born: Schema.optional(Schema.Date)
})

describe("an optional property", () => {
  it("is asked for as a required one that may be null", () => {
    const { jsonSchema } = formatOf(Schema.Struct({ a: Schema.String, b: Schema.optionalKey(Schema.Boolean) }))
    assert.deepStrictEqual(jsonSchema, {
      type: "object",
      properties: { a: { type: "string" }, b: { anyOf: [{ type: "boolean" }, { type: "null" }] } },
      required: ["a", "b"],
      additionalProperties: false
    })
  })

  for (const [provider, conversion] of [
    ["OpenAI", openai],
    ["Anthropic", anthropic]
  ] as const) {
    it.effect(`that is null in an answer of ${provider} is absent, and a nullable one stays null`, () =>
      Effect.gen(function* () {
        const { decode } = formatOf(Person, conversion)
        const person = yield* decode({ name: "Ada", age: null, nick: null, born: null })
        assert.deepStrictEqual(person, { name: "Ada", nick: null })
      })
    )
  }

  it.effect("that is there is decoded", () =>
    Effect.gen(function* () {
      const { decode } = formatOf(Person)
      const person = yield* decode({ name: "Ada", age: 36, nick: "A", born: "1815-12-10T00:00:00.000Z" })
      assert.deepStrictEqual(person, { name: "Ada", age: 36, nick: "A", born: new Date("1815-12-10") })
    })
  )
})

describe("a schema", () => {
  it("may contain itself for OpenAI", () => {
    assert.include(JSON.stringify(formatOf(Tree).jsonSchema), "$ref")
  })

  it("may not contain itself for Anthropic, and the error says where", () => {
    assert.deepStrictEqual(refusalOf(Schema.Struct({ root: Tree }), anthropic), ["root", "children", "[]"])
  })

  it("may not hold a part of any value, and the error says where", () => {
    const schema = Schema.Struct({ a: Schema.Struct({ list: Schema.Array(Schema.Unknown) }) })
    assert.deepStrictEqual(refusalOf(schema), ["a", "list", "[]"])
    assert.deepStrictEqual(refusalOf(schema, anthropic), ["a", "list", "[]"])
  })

  it("may not have a property whose name is a symbol, and the error says where", () => {
    const schema = Schema.Struct({ a: Schema.Array(Schema.Struct({ [Symbol.for("s")]: Schema.String })) })
    assert.deepStrictEqual(refusalOf(schema), ["a", "[]", "Symbol(s)"])
  })

  it("asks for numbers as numbers alone, not as words for them", () => {
    const { jsonSchema } = formatOf(Schema.Struct({ n: Schema.Number, m: Schema.optionalKey(Schema.Number) }))
    assert.deepStrictEqual(jsonSchema["properties"], {
      n: { type: "number" },
      m: { anyOf: [{ type: "number" }, { type: "null" }] }
    })
  })

  for (const [name, schema, json, value] of [
    ["an array", Schema.Array(Schema.String), { value: ["a"] }, ["a"]],
    ["a string", Schema.String, { value: "a" }, "a"],
    [
      "a union",
      Schema.Union([Schema.Struct({ a: Schema.String }), Schema.Struct({ b: Schema.Boolean })]),
      { value: { b: true } },
      { b: true }
    ],
    ["a record", Schema.Record(Schema.String, Schema.Int), { value: [{ "0": "x", "1": 2 }] }, { x: 2 }]
  ] as const) {
    it.effect(`that is ${name} at the top is put into an object for OpenAI`, () =>
      Effect.gen(function* () {
        const format = formatOf<unknown, unknown>(schema)
        assert.strictEqual(format.jsonSchema["type"], "object")
        assert.deepStrictEqual(yield* format.decode(json), value)
      })
    )
  }

  it("that is an array at the top stays one for Anthropic", () => {
    assert.deepStrictEqual(formatOf(Schema.Array(Schema.String), anthropic).jsonSchema, {
      type: "array",
      items: { type: "string" }
    })
  })
})

describe("a value that does not fit", () => {
  it.effect("fails with every fault and its place", () =>
    Effect.gen(function* () {
      const { decode } = formatOf(Schema.Struct({ list: Schema.Array(Schema.Struct({ n: Schema.Int })) }))
      const error = yield* Effect.flip(decode({ list: [{ n: 1 }, { n: "2" }, { n: 1.5 }] }))
      assert.deepStrictEqual(
        error.issues.map(({ path }) => path),
        [
          ["list", 1, "n"],
          ["list", 2, "n"]
        ]
      )
      assert.include(error.message, "list.1.n")
    })
  )

  it.effect("fails for what the provider's schema could not say", () =>
    Effect.gen(function* () {
      const { decode, jsonSchema } = formatOf(Schema.Struct({ s: Schema.String.check(Schema.isMinLength(3)) }))
      assert.notInclude(JSON.stringify(jsonSchema), "minLength")
      const error = yield* Effect.flip(decode({ s: "ab" }))
      assert.deepStrictEqual(error.issues[0]?.path, ["s"])
    })
  )
})

describe("a partial value", () => {
  const Order = Schema.Struct({
    id: Schema.Int,
    note: Schema.optionalKey(Schema.String),
    prices: Schema.Record(Schema.String, Schema.Finite),
    point: Schema.Tuple([Schema.Finite, Schema.Finite]),
    nick: Schema.NullOr(Schema.String)
  })

  it("has the shape of the schema's own JSON", () => {
    const { partial } = formatOf(Order)
    assert.deepStrictEqual<unknown>(
      partial({ id: 1, note: null, prices: [{ "0": "a", "1": 2 }, { "0": "b" }], point: { "0": 3 }, nick: null }),
      { id: 1, prices: { a: 2 }, point: [3], nick: null }
    )
  })

  it("is unwrapped if the value is wrapped", () => {
    const { partial } = formatOf(Schema.Array(Schema.String))
    assert.deepStrictEqual(partial({ value: ["a"] }), ["a"])
  })

  it("shares what was whole before, so that a long value does not cost more with each piece", () => {
    const { partial } = formatOf(
      Schema.Array(Schema.Struct({ id: Schema.Int, note: Schema.optionalKey(Schema.String) }))
    )
    const first = { id: 1, note: null }
    const before = partial({ value: [first] })
    const after = partial({ value: [first, { id: 2 }] })
    assert.deepStrictEqual<unknown>(after, [{ id: 1 }, { id: 2 }])
    assert.strictEqual(after?.[0], before?.[0])
  })

  it("follows a schema that contains itself", () => {
    const Node = Schema.Struct({ tree: Tree, tags: Schema.optionalKey(Schema.Record(Schema.String, Schema.String)) })
    const { partial } = formatOf(Node)
    assert.deepStrictEqual<unknown>(partial({ tree: { name: "a", children: [{ name: "b" }] }, tags: [] }), {
      tree: { name: "a", children: [{ name: "b" }] },
      tags: {}
    })
  })
})

describe("a Standard Schema", () => {
  /** An object with a name and perhaps a size, which is given back doubled. */
  const boxes: StructuredOutput.StandardSource<{ readonly name: string; readonly size: number | undefined }> = {
    "~standard": {
      version: 1,
      vendor: "test",
      validate: async (value) => {
        const { name, size } = value as { readonly name: string; readonly size?: number }
        return name === ""
          ? { issues: [{ message: "empty", path: [{ key: "name" }] }] }
          : { value: { name, size: size === undefined ? undefined : size * 2 } }
      },
      jsonSchema: {
        input: () => ({
          type: "object",
          properties: { name: { type: "string" }, size: { type: "number" } },
          required: ["name"],
          additionalProperties: false
        }),
        output: () => ({})
      }
    }
  }

  it.effect("is converted, and its own validation has the last word", () =>
    Effect.gen(function* () {
      const { decode, jsonSchema } = formatOf(boxes)
      assert.deepStrictEqual(jsonSchema["required"], ["name", "size"])
      assert.deepStrictEqual(yield* decode({ name: "a", size: null }), { name: "a", size: undefined })
      assert.deepStrictEqual(yield* decode({ name: "a", size: 2 }), { name: "a", size: 4 })
      const error = yield* Effect.flip(decode({ name: "", size: 2 }))
      assert.deepStrictEqual(error.issues, [{ message: "empty", path: ["name"] }])
    })
  )

  it.effect("of a library that writes no JSON Schema needs one next to it", () =>
    Effect.gen(function* () {
      const { jsonSchema, ...plain } = boxes["~standard"]
      const schema = { "~standard": plain }
      const alone = StructuredOutput.format(schema as StructuredOutput.StandardSource<unknown>, openai)
      assert.include(Result.isFailure(alone) ? alone.failure.message : "", "withJsonSchema")
      const { decode } = formatOf(
        StructuredOutput.withJsonSchema(schema, jsonSchema.input({ target: "draft-2020-12" }))
      )
      assert.deepStrictEqual(yield* decode({ name: "a", size: 2 }), { name: "a", size: 4 })
    })
  )

  const ofJsonSchema = (jsonSchema: { readonly [key: string]: unknown }) =>
    StructuredOutput.withJsonSchema(
      { "~standard": { version: 1, vendor: "test", validate: (value) => ({ value }) } },
      jsonSchema
    )

  it("whose objects are open is asked for with closed ones", () => {
    const open = { type: "object", properties: { a: { type: "string" } }, required: ["a"] }
    const { jsonSchema } = formatOf(
      ofJsonSchema({
        type: "object",
        properties: { one: open, list: { type: "array", items: { ...open, additionalProperties: {} } } },
        required: ["one", "list"]
      })
    )
    const closed = { ...open, additionalProperties: false }
    assert.deepStrictEqual(jsonSchema, {
      type: "object",
      properties: { one: closed, list: { type: "array", items: closed } },
      required: ["one", "list"],
      additionalProperties: false
    })
  })

  it("of objects that must all fit is asked for as one object", () => {
    const part = (name: string) => ({ type: "object", properties: { [name]: { type: "string" } }, required: [name] })
    const { jsonSchema } = formatOf(
      ofJsonSchema({ allOf: [part("a"), { $ref: "#/$defs/B" }], $defs: { B: part("b") } })
    )
    assert.deepStrictEqual(jsonSchema["properties"], { a: { type: "string" }, b: { type: "string" } })
    assert.deepStrictEqual(jsonSchema["required"], ["a", "b"])
    assert.strictEqual(jsonSchema["additionalProperties"], false)
  })

  it.effect("that refers to itself as a whole may do so for OpenAI", () =>
    Effect.gen(function* () {
      const tree = ofJsonSchema({
        type: "object",
        properties: { name: { type: "string" }, kids: { type: "array", items: { $ref: "#" } } },
        required: ["name", "kids"],
        default: { $ref: "#" }
      })
      const value = { name: "a", kids: [{ name: "b", kids: [] }] }
      assert.deepStrictEqual(yield* formatOf(tree).decode(value), value)
      assert.deepStrictEqual(refusalOf(tree, anthropic), ["kids", "[]"])
    })
  )
})
