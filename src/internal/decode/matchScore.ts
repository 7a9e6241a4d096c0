/** Scores how well a value matches a schema, by its property names alone. */
import type * as SchemaAST from "effect/SchemaAST"
import { isObject } from "../json/json.ts"
import { isBeyondJson } from "./ast.ts"
import type { Comparison } from "./comparison.ts"
import { type TaggedUnion, taggedUnionOf } from "./taggedUnion.ts"

/**
 * Returns how many of a value's properties the schema has fields for, including nested ones down to `depth`.
 *
 * **Details**
 *
 * Negative if the value cannot be meant for this schema; `undefined` if the schema has no names to compare. A `null`
 * property does not count.
 */
const likeness = (ast: SchemaAST.AST, value: unknown, depth: number): number | undefined => {
  if (isBeyondJson(ast)) return undefined
  switch (ast._tag) {
    case "Suspend":
      return likeness(ast.thunk(), value, depth)
    case "Null":
    case "Undefined":
    case "String":
    case "Number":
    case "Boolean":
    case "Literal":
      return typeof value === "object" && value !== null ? -1 : 0
    case "Arrays":
      return likenessOfArray(ast, value, depth)
    case "Objects":
      return likenessOfObject(ast, value, depth)
    case "Union":
      return likenessOfUnion(ast, value, depth)
    default:
      return undefined
  }
}

const likenessOfArray = ({ rest: [item] }: SchemaAST.Arrays, value: unknown, depth: number): number | undefined => {
  if (!Array.isArray(value)) return -1
  if (item === undefined) return undefined
  let sum = 0
  for (const each of value) sum += Math.max(0, likeness(item, each, depth) ?? 0)
  return sum
}

const likenessOfObject = (ast: SchemaAST.Objects, value: unknown, depth: number): number | undefined => {
  if (!isObject(value)) return -1
  const { literals, fields } = traitsOf(ast)
  if (fields.length === 0) return undefined
  for (const [name, values] of literals) if (isOther(value[name], values)) return -1
  let sum = 0
  for (const { name, type } of fields) {
    const property = value[name]
    if (property === undefined || property === null) continue
    sum += 1 + (depth === 0 ? 0 : Math.max(0, likeness(type, property, depth - 1) ?? 0))
  }
  return sum
}

/** Returns whether a value has the type of some literals but equals none of them, which rules the schema out. */
const isOther = (value: unknown, values: ReadonlySet<unknown>): boolean =>
  !values.has(value) &&
  (value === undefined ||
    value === null ||
    [...values].some((literal) => literal !== null && typeof literal === typeof value))

const likenessOfUnion = (ast: SchemaAST.Union, value: unknown, depth: number): number | undefined => {
  const tagged = taggedUnionOf(ast)
  if (tagged !== undefined) return likenessOfTagged(tagged, value, depth)
  let most = -1
  for (const type of ast.types) {
    const of = likeness(type, value, depth)
    if (of === undefined) return undefined
    most = Math.max(most, of)
  }
  return most
}

const likenessOfTagged = (
  { absent, discriminator, members }: TaggedUnion,
  value: unknown,
  depth: number
): number | undefined => {
  if (!isObject(value)) return -1
  const tag = value[discriminator] ?? absent
  if (typeof tag !== "string") return -1
  const member = Object.hasOwn(members, tag) ? members[tag] : undefined
  if (member === undefined) return undefined
  return likeness(member.ast, value[discriminator] === tag ? value : { ...value, [discriminator]: tag }, depth)
}

interface Traits {
  readonly fields: ReadonlyArray<{ readonly name: string; readonly type: SchemaAST.AST }>
  /** The accepted values of the fields that tell members apart. */
  readonly literals: ReadonlyArray<readonly [name: string, values: ReadonlySet<unknown>]>
}

const traits = new WeakMap<SchemaAST.Objects, Traits>()

const traitsOf = (ast: SchemaAST.Objects): Traits => {
  const known = traits.get(ast)
  if (known !== undefined) return known
  const fields = ast.propertySignatures.map(({ name, type }) => ({ name: String(name), type }))
  const made: Traits = {
    fields,
    literals: fields.flatMap(({ name, type }) => {
      const values = valuesOf(type)
      return values?.some((value) => value !== null && value !== undefined) ? [[name, new Set(values)] as const] : []
    })
  }
  traits.set(ast, made)
  return made
}

/** Returns all values of a type that has only a few. */
const valuesOf = (ast: SchemaAST.AST): ReadonlyArray<unknown> | undefined => {
  switch (ast._tag) {
    case "Literal":
      return [ast.literal]
    case "Null":
      return [null]
    case "Undefined":
      return [undefined]
    case "Union": {
      const all = ast.types.map(valuesOf)
      return all.every((values) => values !== undefined) ? all.flat() : undefined
    }
    default:
      return undefined
  }
}

/** How deep properties are compared with the fields of members that do not accept the value. */
const depthOfComparison = 4

/** Compares a value with the members of a union. */
export const byLikeness: Comparison = {
  likeliest: (candidates, input) => {
    const of = candidates.map(({ ast }) => likeness(ast, input, 0))
    const most = Math.max(...of.map((count) => count ?? -1))
    const likeliest = candidates.filter((_, index) => of[index] === undefined || (of[index] === most && most >= 0))
    return likeliest.length === 0 ? candidates : likeliest
  },
  score: (ast, input) => likeness(ast, input, depthOfComparison) ?? 0
}
