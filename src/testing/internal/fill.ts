/** JSON that fits a schema: what is given of it, and the least that is missing. */
import type * as SchemaAST from "effect/SchemaAST"
import { resolved } from "../../internal/decode/ast.ts"
import { type TaggedUnion, taggedUnionOf } from "../../internal/decode/taggedUnion.ts"
import { entryOf, isObject, type JsonObject } from "../../internal/json/json.ts"

/** How much is made up. */
export interface FillOptions {
  /** How many items an array gets that is not given. */
  readonly items: number
  /** Whether properties that may be absent are made up too. */
  readonly optionals: boolean
}

const maxDepth = 12

/** Fills what `given` leaves out. Values that do not fit are kept: the decoder says what is wrong with them. */
export const fill = (ast: SchemaAST.AST, given: unknown, options: FillOptions): unknown =>
  fillAt(ast, plain(given), { options, name: undefined, position: 0, depth: 0 })

interface Place {
  readonly options: FillOptions
  /** The property whose value this is. */
  readonly name: string | undefined
  /** In the nearest array. */
  readonly position: number
  readonly depth: number
}

const inside = (place: Place, name: string | undefined, position: number = place.position): Place => ({
  options: place.options,
  name,
  position,
  depth: place.depth + 1
})

const fillAt = (ast: SchemaAST.AST, given: unknown, place: Place): unknown => {
  if (given === null) return null
  switch (ast._tag) {
    case "Suspend":
      return fillAt(ast.thunk(), given, place)
    case "Objects":
      return fillObject(ast, given, place)
    case "Arrays":
      return fillArray(ast, given, place)
    case "Union":
      return fillUnion(ast, given, place)
    case "Literal":
      return given ?? (typeof ast.literal === "bigint" ? String(ast.literal) : ast.literal)
    case "String":
      return given ?? sampleString(ast, place.name)
    case "Number":
      return given ?? (isTime(place.name) ? sampleTime : place.name === "index" ? place.position : 0)
    case "Boolean":
      return given ?? false
    case "Null":
      return given ?? null
    case "Undefined":
      return given
    default:
      return given ?? {}
  }
}

const sampleTime = 1_767_225_600

const isTime = (name: string | undefined): boolean => name !== undefined && /(^created|_at|time)$/.test(name)

const sampleString = (ast: SchemaAST.String, name: string | undefined): string => {
  const [known] = (ast.annotations?.["~llmfx/literals"] ?? []) as ReadonlyArray<string>
  if (known !== undefined) return known
  if (isTime(name)) return new Date(sampleTime * 1000).toISOString().replace(".000", "")
  if (name !== undefined && /(^|_)ur[il]$/.test(name)) return "https://example.com/"
  return name ?? "text"
}

const fillObject = (ast: SchemaAST.Objects, given: unknown, place: Place): unknown => {
  if (given !== undefined && !isObject(given)) return given
  const out: Record<string, unknown> = {}
  for (const { name, type } of ast.propertySignatures) {
    const key = String(name)
    const value = given?.[key]
    if (value === undefined && isNullish(type) && !place.options.optionals) {
      out[key] = emptyOf(type)
      continue
    }
    if (value === undefined && isDispensable(type) && !place.options.optionals) continue
    if (value === undefined && place.depth > maxDepth && isDispensable(type)) continue
    const filled = fillAt(type, value, inside(place, key))
    if (filled !== undefined) out[key] = filled
  }
  const [rest] = ast.indexSignatures
  for (const [key, value] of Object.entries(given ?? {})) {
    if (key in out || value === undefined) continue
    out[key] = rest === undefined ? value : fillAt(rest.type, value, inside(place, key))
  }
  return out
}

const fillArray = (ast: SchemaAST.Arrays, given: unknown, place: Place): unknown => {
  const [item] = ast.rest
  if (item === undefined || (given !== undefined && !Array.isArray(given))) return given ?? []
  const name = singular(place.name)
  if (given !== undefined) {
    return given.map((value: unknown, index) => fillAt(item, value, inside(place, name, index)))
  }
  const length = place.depth > maxDepth ? 0 : place.options.items
  return Array.from({ length }, (_, index) => fillAt(item, undefined, inside(place, name, index)))
}

const singular = (name: string | undefined): string | undefined => name?.replace(/s$/, "")

/** Returns `{}` for a property of any keys, such as `metadata`, otherwise `null`. */
const emptyOf = (type: SchemaAST.AST): unknown =>
  type._tag === "Union" && type.types.map(resolved).some(isRecord) ? {} : null

const isRecord = (ast: SchemaAST.AST): boolean =>
  ast._tag === "Objects" && ast.propertySignatures.length === 0 && ast.indexSignatures.length > 0

/** A property that the API sends as `null` if it has no value. */
const isNullish = (type: SchemaAST.AST): boolean =>
  type.annotations?.["~llmfx/nullish"] === true ||
  (type._tag === "Union" && type.types.some((member) => member.annotations?.["~llmfx/nullish"] === true))

/** A property that the API itself may leave out; scalars that only a tolerant decoder does without are not. */
const isDispensable = (type: SchemaAST.AST): boolean => {
  if (type.context?.isOptional !== true) return false
  const required = (ast: SchemaAST.AST): boolean => ast.annotations?.["~llmfx/required"] === true
  return !(required(type) || (type._tag === "Union" && type.types.some(required)))
}

const fillUnion = (ast: SchemaAST.Union, given: unknown, place: Place): unknown => {
  const tagged = taggedUnionOf(ast)
  if (tagged !== undefined) return fillTagged(tagged, given, place)
  const members = ast.types.map(resolved).filter(({ _tag }) => _tag !== "Null" && _tag !== "Undefined")
  if (members.length === 0) return given ?? null
  if (given === undefined && place.depth > maxDepth && ast.types.some(({ _tag }) => _tag === "Null")) return null
  const member = given === undefined ? simplest(members, place) : bestFor(members, given)
  return member === undefined ? given : fillAt(member, given, place)
}

const simplest = (members: ReadonlyArray<SchemaAST.AST>, place: Place): SchemaAST.AST | undefined =>
  (place.depth > maxDepth ? members.find(({ _tag }) => _tag !== "Objects") : undefined) ?? members[0]

const fillTagged = ({ discriminator, members }: TaggedUnion, given: unknown, place: Place): unknown => {
  if (given !== undefined && !isObject(given)) return given
  const tag = given?.[discriminator]
  if (typeof tag === "string") {
    const member = entryOf(members, tag)
    return member === undefined ? given : fillAt(withTag(member.ast, discriminator, tag), given, place)
  }
  const candidates = Object.entries(members).map(([tag, { ast }]) => ({ tag, ast: resolved(ast) }))
  const best = given === undefined ? candidates[0] : maximumBy(candidates, ({ ast }) => likeness(ast, given))
  return best === undefined ? given : fillAt(best.ast, { [discriminator]: best.tag, ...given }, place)
}

/** Of several members under one tag, the ones that may have it. */
const withTag = (ast: SchemaAST.AST, discriminator: string, tag: string): SchemaAST.AST => {
  const member = resolved(ast)
  if (member._tag !== "Union" || taggedUnionOf(member) !== undefined) return member
  return member.types.map(resolved).find((type) => likeness(type, { [discriminator]: tag }) > 0) ?? member
}

const bestFor = (members: ReadonlyArray<SchemaAST.AST>, given: unknown): SchemaAST.AST | undefined =>
  maximumBy(members, (member) => likeness(member, given))

/** How well a value goes with a schema: below zero not at all, above by the number of properties they share. */
const likeness = (ast: SchemaAST.AST, given: unknown): number => {
  switch (ast._tag) {
    case "Objects":
      return isObject(given) ? likenessOfObject(ast, given) : -1
    case "Arrays":
      return Array.isArray(given) ? 1 : -1
    case "String":
      return typeof given === "string" ? 1 : -1
    case "Number":
      return typeof given === "number" ? 1 : -1
    case "Boolean":
      return typeof given === "boolean" ? 1 : -1
    case "Literal":
      return given === ast.literal ? 2 : -1
    case "Union":
      return Math.max(...ast.types.map((type) => likeness(resolved(type), given)))
    case "Null":
    case "Undefined":
      return -1
    default:
      return 0
  }
}

const likenessOfObject = (ast: SchemaAST.Objects, given: JsonObject): number => {
  let shared = 0
  for (const { name, type } of ast.propertySignatures) {
    const value = given[String(name)]
    if (value === undefined || value === null) continue
    if (likeness(resolved(type), value) < 0) return -1
    shared++
  }
  return shared
}

const maximumBy = <A>(values: ReadonlyArray<A>, score: (value: A) => number): A | undefined => {
  let best: A | undefined
  let bestScore = -1
  for (const value of values) {
    const own = score(value)
    if (own <= bestScore) continue
    best = value
    bestScore = own
  }
  return best
}

/** The value as JSON writes it, so that unknown variants are what the server sent; a copy, for the decoder to own. */
const plain = (value: unknown): unknown => {
  if (typeof value !== "object" || value === null) return value
  if (Array.isArray(value)) return value.map(plain)
  if ("toJSON" in value && typeof value.toJSON === "function") return plain(value.toJSON())
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item)]))
}
