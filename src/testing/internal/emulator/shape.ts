/** Reads what an answer may hold from its schema. */

import type * as Schema from "effect/Schema"
import * as Schemas from "effect/Schema"
import type * as SchemaAST from "effect/SchemaAST"
import { resolved } from "../../../internal/decode/ast.ts"
import { decoderOf } from "../../../internal/decode/compileDecoder.ts"
import { taggedUnionOf } from "../../../internal/decode/taggedUnion.ts"
import type { JsonObject } from "../../../internal/json/json.ts"
import { fill } from "../fill.ts"

type AnySchema = Schema.Constraint

/** The schemas of the properties of an object; none for anything else. */
export const propertiesOf = (schema: AnySchema | undefined): ReadonlyMap<string, SchemaAST.AST> => {
  const ast = schema === undefined ? undefined : resolved(schema.ast)
  if (ast?._tag === "Objects") return new Map(ast.propertySignatures.map(({ name, type }) => [String(name), type]))
  if (ast?._tag === "Union" && taggedUnionOf(ast) === undefined) {
    const first = ast.types.map(resolved).find(({ _tag }) => _tag === "Objects")
    if (first !== undefined) return propertiesOf(Schemas.make<Schema.Codec<unknown>>(first))
  }
  return new Map()
}

const fits = (ast: SchemaAST.AST, value: unknown): boolean => {
  try {
    decoderOf(Schemas.make<Schema.Codec<unknown>>(ast), "exact")(structuredClone(value))
    return true
  } catch {
    return false
  }
}

/** Those of the fields that the schema has and whose values fit it, when what an answer has to say more is there too. */
export const adopted = (schema: AnySchema | undefined, fields: JsonObject): JsonObject => {
  const properties = propertiesOf(schema)
  return Object.fromEntries(
    Object.entries(fields).flatMap(([name, value]) => {
      const property = properties.get(name)
      if (property === undefined || value === undefined) return []
      const whole = fill(property, value, { items: 0, optionals: false })
      return fits(property, whole) ? [[name, whole] as const] : []
    })
  )
}

/**
 * Returns the first of several values that a property's schema accepts. If the schema lists values, it must be a listed
 * one.
 */
export const firstFit = (schema: AnySchema | undefined, name: string, candidates: ReadonlyArray<unknown>): unknown => {
  const property = propertiesOf(schema).get(name)
  if (property === undefined) return undefined
  const known = literalsOf(property)
  return candidates.find((value) => (known.length === 0 || known.includes(String(value))) && fits(property, value))
}

/** Returns the documented values of a property, or nothing if it may be anything. */
export const knownValues = (schema: AnySchema | undefined, name: string): ReadonlyArray<string> => {
  const property = propertiesOf(schema).get(name)
  return property === undefined ? [] : literalsOf(property)
}

const literalsOf = (ast: SchemaAST.AST): ReadonlyArray<string> => {
  const at = resolved(ast)
  const own = at.annotations?.["~llmfx/literals"] as ReadonlyArray<string> | undefined
  return own ?? (at._tag === "Union" ? at.types.flatMap(literalsOf) : [])
}

/** A value of the schema with one item in every array. */
export const sampleOf = (schema: AnySchema | undefined, given: JsonObject = {}): unknown =>
  schema === undefined ? given : fill(schema.ast, given, { items: 1, optionals: false })

/** Returns events of a tagged union: the first ones and, if an event ends the stream, that event. */
export const sampleEvents = (
  schema: AnySchema | undefined,
  terminal: ReadonlyArray<string> | "finishReason" | undefined
): ReadonlyArray<unknown> => {
  if (schema === undefined) return []
  const ast = resolved(schema.ast)
  const tagged = taggedUnionOf(ast)
  if (tagged === undefined) return [sampleOf(schema)]
  const { discriminator, members } = tagged
  const tags = Object.keys(members).filter((tag) => !/error/i.test(tag))
  const [end] = Array.isArray(terminal) ? terminal.filter((tag) => tags.includes(tag)) : []
  const chosen = tags.filter((tag) => !Array.isArray(terminal) || !terminal.includes(tag)).slice(0, 2)
  return [...chosen, ...(end === undefined ? [] : [end])].map((tag) => sampleOf(schema, { [discriminator]: tag }))
}
