import { describe, expect, it } from "@effect/vitest"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { withLoneReferences } from "../../../src/internal/schema/descriptions.ts"
import { conversion } from "../../../src/openai/Parse.ts"
import * as StructuredOutput from "../../../src/tools/StructuredOutput.ts"

/** The schema that OpenAI gets. */
const sent = <A, E>(schema: Schema.Codec<A, E>) =>
  Result.getOrThrow(StructuredOutput.format(schema, conversion, { name: "value" })).jsonSchema

/** Every object in a JSON value. */
const nodesOf = (value: unknown): ReadonlyArray<object> =>
  typeof value === "object" && value !== null ? [value, ...Object.values(value).flatMap(nodesOf)] : []

const Place = Schema.Struct({ name: Schema.String }).annotate({ identifier: "Place", description: "A place on earth" })
const described = (text: string) => ({ description: text })

describe("withLoneReferences", () => {
  it("moves a reference away from its siblings, at any depth", () => {
    expect(
      withLoneReferences({ properties: { a: { $ref: "#/$defs/A", description: "the a" }, b: [{ $ref: "#/$defs/B" }] } })
    ).toStrictEqual({
      properties: { a: { description: "the a", anyOf: [{ $ref: "#/$defs/A" }] }, b: [{ $ref: "#/$defs/B" }] }
    })
  })

  it("leaves a property alone that is called $ref", () => {
    const schema = { properties: { $ref: { type: "string" } } }
    expect(withLoneReferences(schema)).toStrictEqual(schema)
  })
})

describe("the schema of OpenAI", () => {
  it("has no reference with siblings, and keeps what is said of it", () => {
    const schema = sent(
      Schema.Struct({
        from: Place.annotateKey(described("Where it begins")),
        to: Place.annotateKey(described("Where it ends"))
      })
    )
    const references = nodesOf(schema).filter((node) => "$ref" in node && typeof node.$ref === "string")
    expect(references.length).toBeGreaterThan(0)
    for (const reference of references) expect(Object.keys(reference)).toStrictEqual(["$ref"])
    for (const text of ["Where it begins", "Where it ends", "A place on earth"]) {
      expect(JSON.stringify(schema)).toContain(text)
    }
  })
})

class City extends Schema.Class<City>("City")({
  name: Schema.String.annotateKey(described("the a"))
}) {}

describe("a description", () => {
  const cases = [
    {
      of: "an optional field",
      schema: sent(Schema.Struct({ a: Schema.optionalKey(Schema.String).annotateKey(described("the a")) }))
    },
    {
      of: "an optional field's type",
      schema: sent(Schema.Struct({ a: Schema.optionalKey(Schema.String.annotate(described("the a"))) }))
    },
    { of: "a field of a class", schema: sent(Schema.Struct({ city: City })) },
    {
      of: "a transformed field",
      schema: sent(Schema.Struct({ a: Schema.FiniteFromString.annotateKey(described("the a")) }))
    },
    {
      of: "the items of a list",
      schema: sent(Schema.Struct({ a: Schema.Array(Schema.String.annotate(described("the a"))) }))
    }
  ]

  for (const { of, schema } of cases) {
    it(`of ${of} reaches the model, once`, () => {
      expect(JSON.stringify(schema).split("the a")).toHaveLength(2)
    })
  }
})
