import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import type * as SchemaAST from "effect/SchemaAST"
import * as fc from "fast-check"
import { OpenSchema as Open } from "llmfx"
import { endpoints as anthropic } from "llmfx/anthropic/endpoints"
import { endpoints as coze } from "llmfx/coze/endpoints"
import { endpoints as openai } from "llmfx/openai/endpoints"
import { decoderOf, type Mismatch, MismatchFound } from "../src/internal/decode/compileDecoder.ts"
import { taggedUnionOf } from "../src/internal/decode/taggedUnion.ts"
import { fill } from "../src/testing/internal/fill.ts"

type Json = { readonly [key: string]: unknown }

const unsuspended = (ast: SchemaAST.AST): SchemaAST.AST => (ast._tag === "Suspend" ? unsuspended(ast.thunk()) : ast)

const childrenOf = (ast: SchemaAST.AST): ReadonlyArray<SchemaAST.AST> => {
  const tagged = taggedUnionOf(ast)
  if (tagged !== undefined) return Object.values(tagged.members).map((member) => member.ast)
  switch (ast._tag) {
    case "Union":
      return ast.types
    case "Arrays":
      return ast.rest
    case "Objects":
      return [...ast.propertySignatures, ...ast.indexSignatures].map(({ type }) => type)
    default:
      return []
  }
}

/** The objects that a value of a type may be. */
const objectsOf = (type: SchemaAST.AST): ReadonlyArray<SchemaAST.Objects> => {
  const ast = unsuspended(type)
  if (ast._tag === "Objects") return ast.propertySignatures.length === 0 ? [] : [ast]
  return ast._tag === "Union" ? childrenOf(ast).flatMap(objectsOf) : []
}

const isAnything = (type: SchemaAST.AST): boolean => {
  const ast = unsuspended(type)
  return ast._tag === "Unknown" || (ast._tag === "Union" && ast.types.some(isAnything))
}

interface Found {
  readonly where: string
  readonly union: SchemaAST.Union
}

/** The unions in answers that have several objects which no property tells apart for certain. */
const unions: ReadonlyArray<Found> = (() => {
  const seen = new Set<SchemaAST.AST>()
  const found: Array<Found> = []
  const visit = (type: SchemaAST.AST, where: string): void => {
    const ast = unsuspended(type)
    if (seen.has(ast)) return
    seen.add(ast)
    if (ast._tag === "Union" && taggedUnionOf(ast) === undefined && !isAnything(ast) && objectsOf(ast).length > 1) {
      if (ast.types.filter((member) => objectsOf(member).length > 0).length > 1) found.push({ where, union: ast })
    }
    for (const child of childrenOf(ast)) visit(child, where)
  }
  for (const { id, provider, success } of [...openai, ...anthropic, ...coze]) {
    if (success !== undefined) visit(success.ast, `${provider} ${id}`)
  }
  return found
})()

/** Within a list, as what is left out of an answer itself counts against it. */
const mismatchOf = (ast: SchemaAST.AST, value: Json): Mismatch | undefined => {
  try {
    decoderOf(Open.array(Schema.make<Schema.Codec<unknown>>(ast)), "open")(structuredClone([value]))
    return undefined
  } catch (thrown) {
    if (thrown instanceof MismatchFound) return thrown.mismatch
    throw thrown
  }
}

const knownTo = (ast: SchemaAST.Objects, value: Json): number =>
  ast.propertySignatures.filter(({ name }) => value[String(name)] !== undefined).length

/** The value with one place within a field changed to another type, for all places that there are. */
const broken = (value: unknown): ReadonlyArray<unknown> => {
  if (Array.isArray(value))
    return [7, ...value.flatMap((item, index) => broken(item).map((other) => value.with(index, other)))]
  if (typeof value === "object" && value !== null) {
    return [
      ["wrong"],
      ...Object.entries(value).flatMap(([key, field]) => broken(field).map((other) => ({ ...value, [key]: other })))
    ]
  }
  return [{ wrong: 1 }]
}

/** That a union takes its members, and nothing of the wrong type but what another member takes just as well. */
const assertTold = (union: SchemaAST.AST): void => {
  const members = objectsOf(union)
  for (const member of members) {
    const valid = fill(member, undefined, { items: 1, optionals: true }) as Json
    const least = fill(member, undefined, { items: 0, optionals: false }) as Json
    for (const value of [valid, least]) assert.isUndefined(mismatchOf(union, value), JSON.stringify(value))
    for (const [name, field] of Object.entries(valid)) {
      for (const wrong of broken(field)) {
        const value = { ...valid, [name]: wrong }
        const mismatch = mismatchOf(member, value)
        if (mismatch === undefined) continue
        const known = knownTo(member, value)
        const others = members.filter((other) => other !== member && knownTo(other, value) >= known)
        if (others.some((other) => mismatchOf(other, value) === undefined)) continue
        const told = mismatchOf(union, value)
        assert.isDefined(told, JSON.stringify(value))
        if (others.length === 0) assert.deepStrictEqual(told?.path, mismatch.path, JSON.stringify(value))
      }
    }
  }
}

describe("unions in answers whose objects no property tells apart", () => {
  it("are there", () => {
    assert.isAbove(unions.length, 8)
  })

  for (const { union, where } of unions) {
    it(`${where}: takes every member, and no wrong type of a field that no other knows`, () => {
      assertTold(union)
    })
  }
})

describe("unions of any objects", () => {
  const field = fc.constantFrom<Open.Codec<unknown>>(
    Schema.String,
    Schema.Number,
    Open.tag("x"),
    Open.array(Schema.String),
    Open.struct<Json>(() => ({ a: Schema.String, b: Open.array(Schema.Number) }))
  )
  const member = fc.dictionary(
    fc.constantFrom("a", "b", "c", "d", "e"),
    fc.record({ of: field, isOptional: fc.boolean() }),
    { minKeys: 1, noNullPrototype: true }
  )
  const anyUnion = fc
    .array(member, { minLength: 2, maxLength: 4 })
    .map((members) =>
      Open.union<Json>(() =>
        members.map((fields) =>
          Open.struct<Json>(() =>
            Object.fromEntries(
              Object.entries(fields).map(([name, { isOptional, of }]) => [name, isOptional ? Open.optional(of) : of])
            )
          )
        )
      )
    )

  it("take every member, and no wrong type of a field that no other knows", () => {
    fc.assert(
      fc.property(anyUnion, ({ ast }) => {
        assertTold(ast)
      }),
      { numRuns: 300 }
    )
  })
})
