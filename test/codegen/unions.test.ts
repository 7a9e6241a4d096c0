import { describe, expect, it } from "@effect/vitest"
import { dedupe } from "../../scripts/codegen/dedupe.ts"
import { liftObjects, liftUnions } from "../../scripts/codegen/lift.ts"
import {
  array,
  type Declaration,
  literal,
  number,
  object,
  ref,
  string,
  type Type,
  union
} from "../../scripts/codegen/Type.ts"
import { exactFields, tag } from "../../scripts/codegen/unions.ts"

const declare = (types: { readonly [name: string]: Type }): Map<string, Declaration> =>
  new Map(Object.entries(types).map(([name, type]) => [`f#${name}`, { id: `f#${name}`, type }]))
const field = (name: string, type: Type, optional = false) => ({ name, type, optional })
const tagged = (...tags: ReadonlyArray<string>) => object([field("type", union(tags.map(literal)))])
const refs = (...names: ReadonlyArray<string>) => names.map((name) => ref(`f#${name}`))

describe("tag", () => {
  const shape = (types: { readonly [name: string]: Type }, ...names: ReadonlyArray<string>) => {
    const found = tag(declare(types), refs(...names))
    return (
      found && {
        by: found.discriminator,
        tags: found.members.map(({ inner, tag, types }) => [tag, types.length, inner?.discriminator])
      }
    )
  }

  it("finds the property whose literals differ", () => {
    expect(shape({ A: tagged("a"), B: tagged("b", "c") }, "A", "B")).toEqual({
      by: "type",
      tags: [
        ["a", 1, undefined],
        ["b", 1, undefined],
        ["c", 1, undefined]
      ]
    })
  })

  it("looks through unions of unions", () => {
    expect(
      shape({ A: tagged("a"), B: tagged("b"), U: union(refs("A", "B")), C: tagged("c") }, "U", "C")?.tags
    ).toHaveLength(3)
  })

  it("tells apart by a second property if the first does not", () => {
    const message = (role: string) => object([field("type", literal("message")), field("role", literal(role))])
    expect(
      shape(
        {
          A: message("user"),
          B: message("assistant"),
          C: object([field("type", literal("call")), field("role", literal("tool")), field("id", string)])
        },
        "A",
        "B",
        "C"
      )?.by
    ).toBe("role")
    expect(shape({ A: message("user"), B: message("assistant"), C: tagged("call") }, "A", "B", "C")).toEqual({
      by: "type",
      tags: [
        ["message", 2, "role"],
        ["call", 1, undefined]
      ]
    })
  })

  it("finds nothing if no property tells them apart", () => {
    expect(shape({ A: object([field("a", string)]), B: object([field("b", string)]) }, "A", "B")).toBeUndefined()
    expect(shape({ A: tagged("x"), B: tagged("x") }, "A", "B")).toBeUndefined()
  })

  it("says which members may come without the tag", () => {
    const declarations = declare({ A: tagged("a"), B: object([field("type", literal("b"), true)]) })
    expect(tag(declarations, refs("A", "B"))?.untagged).toEqual(refs("B"))
  })

  it("makes the tag of a member exact", () => {
    const declarations = declare({ A: tagged("a"), B: tagged("b") })
    expect([...exactFields(declarations, [union(refs("A", "B"))])]).toEqual(["f#A.type", "f#B.type"])
  })
})

describe("lift", () => {
  it("names objects and unions from their place", () => {
    const declarations = declare({
      Thing: object([field("part", object([field("n", number)])), field("list", array(union(refs("A", "B"))))]),
      A: tagged("a"),
      B: tagged("b")
    })
    const objects = liftObjects(declarations)
    const unions = liftUnions(objects, new Set(objects.keys()))
    expect([...unions.keys()].sort()).toEqual(["f#A", "f#B", "f#Thing", "f#Thing.List", "f#Thing.Part"])
    expect(unions.get("f#Thing")?.type).toMatchObject({
      fields: [{ type: ref("f#Thing.Part") }, { type: array(ref("f#Thing.List")) }]
    })
  })
})

describe("dedupe", () => {
  it("makes one of nested types with the same name and shape", () => {
    const declarations = declare({
      A: object([field("u", ref("f#A.TokenUsage"))]),
      "A.TokenUsage": object([field("n", number)]),
      B: object([field("u", ref("f#B.TokenUsage"))]),
      "B.TokenUsage": object([field("n", number)]),
      C: object([field("u", ref("f#C.TokenUsage"))]),
      "C.TokenUsage": object([field("n", string)])
    })
    const result = dedupe(declarations, () => true)
    expect([...result.keys()].sort()).toEqual(["f#A", "f#B", "f#C", "f#C.TokenUsage", "f#TokenUsage"])
    expect(result.get("f#B")?.type).toEqual(object([field("u", ref("f#TokenUsage"))]))
  })
})
