/**
 * Compiles the AST of a schema into a function that checks freshly parsed JSON in place.
 *
 * It copies nothing, keeps every property, and replaces only what decoding changes: unknown variants and transformed
 * values. That makes it a dozen times faster than a copying decoder, without code generation.
 */
import * as Exit from "effect/Exit"
import * as Schema from "effect/Schema"
import type * as SchemaAST from "effect/SchemaAST"
import * as SchemaParser from "effect/SchemaParser"
import { isBeyondJson, resolved } from "./ast.ts"
import { type Comparison, comparisonOf } from "./comparison.ts"
import { emptyOf, setHidden } from "./emptyValue.ts"
import type { GenerateObject, Slot } from "./generateParser.ts"
import { type TaggedUnion, taggedUnionOf } from "./taggedUnion.ts"
import { unknownVariant } from "./unknownVariant.ts"

/** The place in a value that does not fit, and why. */
export interface Mismatch {
  readonly path: ReadonlyArray<string | number>
  readonly expected: string
  readonly actual: unknown
}

/**
 * How tolerant a decoder is.
 *
 * **Details**
 *
 * `"exact"` accepts what Effect's decoder of the same schema accepts. `"open"` also reads missing or `null` lists and
 * objects as empty ones. `"strict"` refuses unknown literals, variants and properties.
 */
export type Openness = "open" | "exact" | "strict"

/** Thrown by a decoder. */
export class MismatchFound {
  readonly mismatch: Mismatch
  constructor(mismatch: Mismatch) {
    this.mismatch = mismatch
  }
}

interface Failure {
  /** From the innermost key outwards. */
  path: Array<string | number>
  expected: string
  actual: unknown
}

const mismatch = Symbol("mismatch")
type Parser = (input: unknown, failure: Failure) => unknown

/** The parsers of one openness. */
interface Cache {
  readonly strict: boolean
  /** If missing lists and objects are read as empty: the parsers that do not do so. */
  readonly whole?: Cache
  /** Whether property names decide which members of a union to try. */
  readonly compares: boolean
  readonly generate: GenerateObject | undefined
  readonly parsers: WeakMap<SchemaAST.AST, Parser>
}

const makeCaches = (generate: GenerateObject | undefined) => {
  const cache = (rules: Pick<Cache, "compares" | "strict" | "whole">): Cache => ({
    ...rules,
    generate,
    parsers: new WeakMap()
  })
  const whole = cache({ strict: false, compares: true })
  return {
    open: { ...whole, whole, parsers: new WeakMap() },
    exact: cache({ strict: false, compares: false }),
    strict: cache({ strict: true, compares: false })
  } satisfies Record<Openness, Cache>
}

/** Makes a function that decodes parsed JSON and may change it in place. It throws {@link MismatchFound}. */
export type DecoderOf = (schema: Schema.Constraint, openness: Openness) => (json: unknown) => unknown

/** Makes decoders that run `generate` for objects that are decoded often, if it is given. */
export const makeDecoderOf = (generate?: GenerateObject): DecoderOf => {
  const caches = makeCaches(generate)
  return ({ ast }, openness) =>
    throwing(openness === "open" ? withEvidence(ast, caches.open) : parserOf(ast, caches[openness]))
}

export const decoderOf: DecoderOf = /*#__PURE__*/ makeDecoderOf()

const throwing = (parse: Parser) => {
  const failure: Failure = { path: [], expected: "", actual: undefined }
  return (json: unknown): unknown => {
    const value = parse(json, failure)
    if (value !== mismatch) return value
    throw new MismatchFound({
      path: failure.path.reverse(),
      expected: failure.expected,
      actual: failure.actual
    })
  }
}

/**
 * An object without any of its lists and objects, and with at most half of its required properties, is something else:
 * an error body, for instance. The parser that fills nothing in then says what is missing.
 */
const withEvidence = (ast: SchemaAST.AST, cache: Cache): Parser => {
  const parse = parserOf(ast, cache)
  const object = resolved(ast)
  if (object._tag !== "Objects") return parse
  let evidence: Evidence | undefined
  return (input, failure) => {
    if (!isJsonObject(input)) return parse(input, failure)
    evidence ??= evidenceOf(object)
    if (isConvincing(input, evidence)) return parse(input, failure)
    return isOther(input, evidence)
      ? fail(failure, `an object with ${evidence.names.slice(0, 5).join(", ")}`, input)
      : parserOf(ast, cache.whole ?? cache)(input, failure)
  }
}

interface Evidence {
  readonly names: ReadonlyArray<string>
  readonly containers: ReadonlyArray<string>
  readonly required: ReadonlyArray<string>
}

const evidences = new WeakMap<SchemaAST.Objects, Evidence>()

const evidenceOf = (ast: SchemaAST.Objects): Evidence => {
  const known = evidences.get(ast)
  if (known !== undefined) return known
  const namesOf = (isMeant: (type: SchemaAST.AST) => boolean): ReadonlyArray<string> =>
    ast.propertySignatures.flatMap(({ name, type }) => (isMeant(type) ? [String(name)] : []))
  const evidence = {
    names: namesOf(() => true),
    containers: namesOf(isContainer),
    required: namesOf((type) => type.context?.isOptional !== true || isRequired(type))
  }
  evidences.set(ast, evidence)
  return evidence
}

const isConvincing = (input: JsonObject, { containers, required }: Evidence): boolean =>
  containers.some((key) => key in input) || 2 * required.filter((key) => key in input).length > required.length

/** Whether an object has properties, but none that the schema declares. */
const isOther = (input: JsonObject, { names }: Evidence): boolean =>
  names.length > 0 && !isEmpty(input) && !names.some((name) => name in input)

const isContainer = (ast: SchemaAST.AST): boolean =>
  flattened(ast, false).members.some((member) => shapeOf(member) === "array" || shapeOf(member) === "object")

const parserOf = (ast: SchemaAST.AST, cache: Cache): Parser => {
  const cached = cache.parsers.get(ast)
  if (cached !== undefined) return cached
  // A recursive schema finds this entry while it is being compiled.
  let parser: Parser | undefined
  cache.parsers.set(ast, (input, failure) => (parser === undefined ? mismatch : parser(input, failure)))
  try {
    parser = compile(ast, cache)
  } catch (thrown) {
    cache.parsers.delete(ast)
    throw thrown
  }
  cache.parsers.set(ast, parser)
  return parser
}

const fail = (failure: Failure, expected: string, actual: unknown): typeof mismatch => {
  failure.path = []
  failure.expected = expected
  failure.actual = actual
  return mismatch
}

const compile = (ast: SchemaAST.AST, cache: Cache): Parser => {
  if (isBeyondJson(ast)) return foreign(ast)
  switch (ast._tag) {
    case "Unknown":
    case "Any":
      return (input) => input
    case "Null":
      return (input, failure) => (input === null ? input : fail(failure, "null", input))
    case "Undefined":
      return (input, failure) => (input === undefined ? input : fail(failure, "nothing", input))
    case "String":
      return compileString(ast, cache)
    case "Number":
      return (input, failure) => (typeof input === "number" ? input : fail(failure, "a number", input))
    case "Boolean":
      return (input, failure) => (typeof input === "boolean" ? input : fail(failure, "a boolean", input))
    case "Literal": {
      const { literal } = ast
      return (input, failure) => (input === literal ? input : fail(failure, JSON.stringify(literal), input))
    }
    case "Suspend":
      return parserOf(ast.thunk(), cache)
    case "Arrays":
      return ast.elements.length === 0 && ast.rest.length === 1 ? compileArray(ast.rest[0], cache) : foreign(ast)
    case "Objects":
      return compileObject(ast, cache)
    case "Union":
      return compileUnion(ast, cache)
    default:
      return foreign(ast)
  }
}

/** Effect decodes schemas that are not plain JSON: transformations, checks, declarations. */
const foreign = (ast: SchemaAST.AST): Parser => {
  const decodeExit = SchemaParser.decodeUnknownExit(Schema.make<Schema.Codec<unknown>>(ast))
  return (input, failure) => {
    const exit = decodeExit(input)
    return Exit.isSuccess(exit) ? exit.value : fail(failure, "a valid value", input)
  }
}

const compileString = (ast: SchemaAST.String, cache: Cache): Parser => {
  const known = ast.annotations?.["~llmfx/literals"] as ReadonlyArray<string> | undefined
  if (!cache.strict || known === undefined) {
    return (input, failure) => (typeof input === "string" ? input : fail(failure, "a string", input))
  }
  const values = new Set<unknown>(known)
  const expected = known.map((value) => JSON.stringify(value)).join(" | ")
  return (input, failure) => (values.has(input) ? input : fail(failure, expected, input))
}

const compileArray = (item: SchemaAST.AST, cache: Cache): Parser => {
  const parse = itemParser(item, cache)
  return (input, failure) => {
    if (!Array.isArray(input)) return fail(failure, "an array", input)
    for (let index = 0; index < input.length; index++) {
      const value = input[index]
      const parsed = parse(value, failure)
      if (parsed === value) continue
      if (parsed === mismatch) {
        failure.path.push(index)
        return mismatch
      }
      input[index] = parsed
    }
    return input
  }
}

/** Like {@link parserOf}, but a `null` item becomes an empty value, as a `null` field does. */
const itemParser = (item: SchemaAST.AST, cache: Cache): Parser => {
  const parse = parserOf(item, cache)
  if (cache.whole === undefined) return parse
  let empty: ReturnType<typeof emptyOf> | false = false
  return (input, failure) => {
    if (input !== null) return parse(input, failure)
    const parsed = parse(input, failure)
    if (parsed !== mismatch) return parsed
    if (empty === false) empty = emptyOf(item)
    return empty === undefined ? mismatch : empty === "nothing" ? input : empty(input)
  }
}

type JsonObject = { [key: string]: unknown }

const isEmpty = (input: object): boolean => Object.keys(input).length === 0

const isJsonObject = (input: unknown): input is JsonObject =>
  typeof input === "object" && input !== null && !Array.isArray(input)

const slotOf = (property: SchemaAST.PropertySignature, cache: Cache): Slot<Parser> => {
  const { type } = property
  const { allowsNull, allowsUndefined, members } = flattened(type, cache.strict)
  const isOptional = allowsUndefined || (type.context?.isOptional === true && !(cache.strict && isRequired(type)))
  const empty = cache.whole !== undefined && !isOptional ? emptyOf(type) : undefined
  return {
    key: String(property.name),
    empty: typeof empty === "function" ? empty : undefined,
    scalar: scalarAmong(members, cache.strict),
    literal: type._tag === "Literal" && typeof type.literal === "string" ? type.literal : undefined,
    allowsNull: allowsNull || empty === "nothing",
    allowsUndefined: isOptional || empty === "nothing",
    parse: parserOf(type, cache)
  }
}

/** The `typeof` of values that one member accepts unchanged and no other member accepts. */
const scalarAmong = (members: ReadonlyArray<SchemaAST.AST>, strict: boolean): string | undefined => {
  const all = members.flatMap((member) => flattened(resolved(member), strict).members)
  const isPlain = ({ checks, encoding }: SchemaAST.AST) => checks === undefined && encoding === undefined
  if (
    all.length > 1 &&
    !all.every((member) => shapeOf(member) === "object" || (isPlain(member) && shapeOf(member) !== "any"))
  )
    return undefined
  return all.map((member) => scalarTypeOf(member, strict)).find((type) => type !== undefined)
}

const scalarTypeOf = (ast: SchemaAST.AST, strict: boolean): string | undefined => {
  if (ast.checks !== undefined || ast.encoding !== undefined) return undefined
  switch (ast._tag) {
    case "String":
      return strict && ast.annotations?.["~llmfx/literals"] !== undefined ? undefined : "string"
    case "Number":
      return "number"
    case "Boolean":
      return "boolean"
    default:
      return undefined
  }
}

/** How often an object is decoded before generating code for its parser pays off. */
const hot = 200

const compileObject = (ast: SchemaAST.Objects, cache: Cache): Parser => {
  const keys = ast.propertySignatures.map((property) => String(property.name))
  const needsOne = ast.checks !== undefined
  const expected = needsOne ? `an object with ${keys.slice(0, 5).join(", ")}` : "an object"
  const refuse: Parser = (input, failure) => fail(failure, expected, input)
  // If missing values are read as empty, so is an object without properties.
  const isRefused = needsOne
    ? (input: object) => !keys.some((key) => key in input) && !(cache.whole !== undefined && isEmpty(input))
    : undefined
  let slots: ReadonlyArray<Slot<Parser>> | undefined
  let runs = 0
  let parse: Parser = (input, failure) => {
    slots ??= ast.propertySignatures.map((property) => slotOf(property, cache))
    if (++runs === hot) parse = cache.generate?.(slots, { mismatch, refuse, isRefused, setHidden }) ?? parse
    return parseSlots(input, slots, isRefused, refuse, failure)
  }
  const parseRest = compileRest(ast, keys, cache)
  if (parseRest === undefined) {
    // Servers write an object that is no more than its type as a text.
    const isType = cache.compares && keys.length === 1 && keys[0] === "type"
    return isType
      ? (input, failure) => parse(typeof input === "string" ? { type: input } : input, failure)
      : (input, failure) => parse(input, failure)
  }
  return (input, failure) => {
    const parsed = parse(input, failure)
    return parsed === mismatch ? parsed : parseRest(parsed, failure)
  }
}

const parseSlots = (
  input: unknown,
  slots: ReadonlyArray<Slot<Parser>>,
  isRefused: ((input: object) => boolean) | undefined,
  refuse: Parser,
  failure: Failure
): unknown => {
  if (!isJsonObject(input) || isRefused?.(input) === true) return refuse(input, failure)
  for (const slot of slots) {
    const value = input[slot.key]
    if (value === undefined) {
      if (slot.allowsUndefined) continue
      if (slot.empty !== undefined) {
        setHidden(input, slot.key, slot.empty(value))
        continue
      }
    } else {
      if (value === null ? slot.allowsNull : typeof value === slot.scalar || value === slot.literal) continue
      if (value === null && slot.empty !== undefined) {
        input[slot.key] = slot.empty(value)
        continue
      }
    }
    const parsed = slot.parse(value, failure)
    if (parsed === value) continue
    if (parsed === mismatch) {
      failure.path.push(slot.key)
      return mismatch
    }
    input[slot.key] = parsed
  }
  return input
}

/** Checks properties that are not declared as fields. `undefined` if all are allowed. */
const compileRest = (ast: SchemaAST.Objects, keys: ReadonlyArray<string>, cache: Cache): Parser | undefined => {
  const fixed = new Set(keys)
  const [rest] = ast.indexSignatures
  const isOpen = rest === undefined || rest.type._tag === "Unknown"
  if (isOpen && !(cache.strict && keys.length > 0)) return undefined
  const parse: Parser =
    isOpen || rest === undefined
      ? (input, failure) => fail(failure, "no such property", input)
      : itemParser(rest.type, cache)
  return (input, failure) => {
    const object = input as JsonObject
    for (const key of Object.keys(object)) {
      if (fixed.has(key)) continue
      const value = object[key]
      const parsed = parse(value, failure)
      if (parsed === value) continue
      if (parsed === mismatch) {
        failure.path.push(key)
        return mismatch
      }
      object[key] = parsed
    }
    return input
  }
}

interface Flattened {
  readonly allowsNull: boolean
  readonly allowsUndefined: boolean
  readonly members: ReadonlyArray<SchemaAST.AST>
}

/** The members of a union and of its nested unions, except `null` and `undefined`. */
const flattened = (ast: SchemaAST.AST, strict: boolean): Flattened => {
  if (strict && ast.annotations?.["~llmfx/lenient"] === true) {
    return { allowsNull: false, allowsUndefined: false, members: [] }
  }
  if (
    ast._tag !== "Union" ||
    taggedUnionOf(ast) !== undefined ||
    ast.checks !== undefined ||
    ast.encoding !== undefined
  ) {
    return {
      allowsNull: ast._tag === "Null",
      allowsUndefined: ast._tag === "Undefined",
      members: isNothing(ast) ? [] : [ast]
    }
  }
  const parts = ast.types.map((type) => flattened(type, strict))
  const required = strict && isRequired(ast)
  return {
    allowsNull: !required && parts.some(({ allowsNull }) => allowsNull),
    allowsUndefined: !required && parts.some(({ allowsUndefined }) => allowsUndefined),
    members: parts.flatMap(({ members }) => members)
  }
}

const isNothing = ({ _tag }: SchemaAST.AST): boolean => _tag === "Null" || _tag === "Undefined"

/** A property the API may omit. Scalars that only open decoding tolerates as missing do not count. */
const isRequired = (ast: SchemaAST.AST): boolean =>
  ast._tag === "Union" && [ast, ...ast.types].some((type) => type.annotations?.["~llmfx/required"] === true)

const compileUnion = (ast: SchemaAST.Union, cache: Cache): Parser => {
  const tagged = taggedUnionOf(ast)
  if (tagged !== undefined) return compileTaggedUnion(tagged, cache)
  const { allowsNull, allowsUndefined, members } = flattened(ast, cache.strict)
  const [only] = members
  const parse =
    members.length === 1 && only !== undefined
      ? parserOf(only, cache)
      : compileTrial(members, cache, cache.compares ? comparisonOf(ast) : undefined)
  if (!allowsNull && !allowsUndefined) return parse
  return (input, failure) => {
    if ((input === null && allowsNull) || (input === undefined && allowsUndefined)) return input
    return parse(input, failure)
  }
}

const compileTaggedUnion = ({ absent, discriminator, members }: TaggedUnion, cache: Cache): Parser => {
  const parsers = new Map<unknown, Parser>(
    Object.entries(members).map(([tag, schema]) => [tag, parserOf(schema.ast, cache)])
  )
  // Most events of a stream have the tag of the event before, and a comparison is cheaper than a lookup.
  let lastTag: unknown
  let lastParse: Parser | undefined
  return (input, failure) => {
    if (!isJsonObject(input)) return fail(failure, "an object", input)
    if (absent !== undefined && input[discriminator] === undefined) setHidden(input, discriminator, absent)
    const tag = input[discriminator] ?? absent
    if (lastParse === undefined || tag !== lastTag) {
      lastTag = tag
      lastParse = parsers.get(tag)
    }
    if (lastParse !== undefined) return lastParse(input, failure)
    const variant = cache.strict ? undefined : unknownVariant(discriminator, members, input)
    if (variant !== undefined) return variant
    fail(failure, cache.strict ? [...parsers.keys()].map((tag) => JSON.stringify(tag)).join(" | ") : "a string", tag)
    failure.path.push(discriminator)
    return mismatch
  }
}

interface Candidate {
  readonly ast: SchemaAST.AST
  readonly shape: Shape
  readonly parse: Parser
}

/** Tries the members in order. A member that fits as it is goes before members that need missing values filled in. */
const compileTrial = (
  members: ReadonlyArray<SchemaAST.AST>,
  cache: Cache,
  comparison: Comparison | undefined
): Parser => {
  const candidates = members.map((ast): Candidate => ({ ast, shape: shapeOf(ast), parse: parserOf(ast, cache) }))
  const literals = new Set<unknown>(members.every(isLiteral) ? members.map(({ literal }) => literal) : [])
  return (input, failure) => {
    if (literals.has(input)) return input
    const fitting = fittingAmong(candidates, input)
    const isScalar = shapeOfValue(input) === "scalar"
    const tried =
      comparison === undefined || isScalar || fitting.length === 1 ? fitting : comparison.likeliest(fitting, input)
    const [only] = tried
    if (tried.length === 1 && only !== undefined) return only.parse(input, failure)
    const { whole } = cache
    if (whole !== undefined && !isScalar) {
      const parsed = firstOf(
        tried.map(({ ast }) => parserOf(ast, whole)),
        input,
        []
      )
      if (parsed !== mismatch) return parsed
    }
    const failures: Array<Failure> = []
    const parsed = firstOf(
      tried.map(({ parse }) => parse),
      input,
      failures
    )
    if (parsed === mismatch) Object.assign(failure, tellingOf(tried, failures, input, comparison))
    return parsed
  }
}

const isLiteral = (ast: SchemaAST.AST): ast is SchemaAST.Literal =>
  ast._tag === "Literal" && ast.checks === undefined && ast.encoding === undefined

/**
 * Returns the result of the first parser that accepts the value. A parser that fails may already have changed its
 * input.
 */
const firstOf = (parsers: ReadonlyArray<Parser>, input: unknown, failures: Array<Failure>): unknown => {
  for (const parse of parsers) {
    const failure: Failure = { path: [], expected: "", actual: undefined }
    const parsed = parse(copyOf(input), failure)
    if (parsed !== mismatch) return parsed
    failures.push(failure)
  }
  return mismatch
}

const fittingAmong = (candidates: ReadonlyArray<Candidate>, input: unknown): ReadonlyArray<Candidate> => {
  const shape = shapeOfValue(input)
  const fitting = candidates.filter((candidate) => candidate.shape === shape || candidate.shape === "any")
  return fitting.length === 0 ? candidates : fitting
}

/** Returns the mismatch of the member that matches the value best; among equals, the deepest one. */
const tellingOf = (
  candidates: ReadonlyArray<Candidate>,
  failures: ReadonlyArray<Failure>,
  input: unknown,
  comparison: Comparison | undefined
): Failure | undefined => {
  let telling: Failure | undefined
  let most = -Infinity
  candidates.forEach(({ ast }, index) => {
    const failure = failures[index]
    const score = comparison?.score(ast, input) ?? 0
    const isDeeper = telling === undefined || (failure?.path.length ?? 0) > telling.path.length
    if (score < most || (score === most && !isDeeper)) return
    most = score
    telling = failure
  })
  return telling
}

type Shape = "scalar" | "array" | "object" | "any"

const shapeOf = (ast: SchemaAST.AST, depth = 0): Shape => {
  switch (ast._tag) {
    case "Suspend":
      return depth > 8 ? "any" : shapeOf(ast.thunk(), depth + 1)
    case "Arrays":
      return "array"
    case "Objects":
      return "object"
    case "Null":
    case "Undefined":
    case "String":
    case "Number":
    case "Boolean":
    case "Literal":
      return "scalar"
    default:
      return ast._tag === "Union" && taggedUnionOf(ast) !== undefined ? "object" : "any"
  }
}

const shapeOfValue = (value: unknown): Shape =>
  typeof value !== "object" || value === null ? "scalar" : Array.isArray(value) ? "array" : "object"

const copyOf = (json: unknown): unknown =>
  Array.isArray(json)
    ? json.map(copyOf)
    : isJsonObject(json)
      ? Object.fromEntries(Object.entries(json).map(([key, value]) => [key, copyOf(value)]))
      : json
