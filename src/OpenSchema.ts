/**
 * Builds schemas for servers that change faster than their documentation.
 *
 * Unknown properties are kept, unknown literals are accepted, an unknown member of a tagged union becomes an {@link
 * UnknownVariant}, and a property that may be absent may be `null`. A known field of the wrong type is still an error.
 *
 * Every value here is an ordinary Effect `Schema`, built on first use, and composes with all others.
 *
 * @example
 * ```ts
 * import * as Effect from "effect/Effect"
 * import * as Schema from "effect/Schema"
 * import { OpenSchema } from "llmfx"
 *
 * interface Job {
 *   readonly id: string
 *   readonly status?: "queued" | "done" | (string & {}) | null | undefined
 * }
 * const Job: OpenSchema.Codec<Job> = OpenSchema.struct(() => ({
 *   id: Schema.String,
 *   status: OpenSchema.optional(OpenSchema.literals("queued", "done"))
 * }))
 *
 * const program = Schema.decodeUnknownEffect(Job)({ id: "1", status: "paused", owner: "me" }).pipe(
 *   Effect.map((job) => job.status) // "paused"
 * )
 * ```
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as SchemaAST from "effect/SchemaAST"
import * as SchemaIssue from "effect/SchemaIssue"
import * as SchemaParser from "effect/SchemaParser"
import { byLikeness } from "./internal/decode/matchScore.ts"
import { unknownVariant } from "./internal/decode/unknownVariant.ts"

/**
 * A schema that decodes JSON to `A`.
 *
 * @category models
 */
export interface Codec<out A> extends Schema.Codec<A, unknown> {}

/**
 * A member of a tagged union that this version does not know.
 *
 * **Details**
 *
 * The discriminating property is `"~unknown"`, `tag` is its value on the server, and `raw` the whole object.
 * `JSON.stringify` writes `raw`, so the value can be sent back.
 *
 * @category models
 */
export type UnknownVariant<Discriminator extends string = "type"> = { readonly [K in Discriminator]: "~unknown" } & {
  readonly tag: string
  readonly raw: { readonly [key: string]: unknown }
  toJSON(): unknown
}

type Fields<A> = { readonly [K in keyof A]-?: Schema.Codec<A[K], unknown> }

type Literal<A extends string> = A | (string & {})

/**
 * An object with the given fields. Other properties are kept.
 *
 * **Details**
 *
 * At least one of the fields must be present. A string, number, boolean or unknown value may be missing or `null`,
 * because older and compatible servers leave some out. Effect's decoder requires objects and arrays. The client's
 * decoder reads missing ones as empty, and `JSON.stringify` omits them again or writes `null`.
 *
 * @category utilities
 */
export const struct = <A extends object>(fields: () => Fields<A>): Codec<A> =>
  lazy(() => {
    const given: { readonly [name: string]: Schema.Codec<unknown, unknown> } = fields()
    const struct = Schema.Struct(
      Object.fromEntries(
        Object.entries(given).map(([name, field]) => [name, isScalar(field.ast) ? scalar(field) : field])
      )
    )
    const names = Object.keys(given)
    const open = withOthers(struct.ast.propertySignatures, Schema.Unknown).annotate({ "~llmfx/struct": true })
    return (names.every((name) => isOptional(given[name])) ? open : open.check(hasAny(names))) as unknown as Codec<A>
  })

/** An object with the given properties, and with any others of one type. Takes less code than `StructWithRest`. */
const withOthers = (
  properties: ReadonlyArray<SchemaAST.PropertySignature>,
  others: Schema.Constraint
): Schema.Codec<object, unknown> =>
  Schema.make(new SchemaAST.Objects(properties, [new SchemaAST.IndexSignature(Schema.String.ast, others.ast)]))

const isScalar = (ast: SchemaAST.AST): boolean =>
  ast._tag === "String" || ast._tag === "Number" || ast._tag === "Boolean" || isAnything(ast)

const isAnything = (ast: SchemaAST.AST): boolean =>
  ast._tag === "Unknown" || (ast._tag === "Union" && ast.types.some(isAnything))

const scalar = (field: Schema.Codec<unknown, unknown>): Schema.Codec<unknown, unknown> =>
  Schema.optional(Schema.NullOr(field).annotate({ "~llmfx/required": true }))

const isOptional = (field: Schema.Constraint | undefined): boolean => field?.ast.context?.isOptional === true

const hasAny = (names: ReadonlyArray<string>) =>
  Schema.makeFilter((input: object) => names.some((name) => name in input), {
    expected: `an object with ${names.slice(0, 5).join(", ")}`
  })

/**
 * Defers a schema to its first use, for recursive types and aliases.
 *
 * @category utilities
 */
export const lazy = <A>(schema: () => Schema.Codec<A, unknown>): Codec<A> => Schema.suspend(schema)

/**
 * A property that may be absent or `null`.
 *
 * @category utilities
 */
export const optional = <A>(schema: Schema.Codec<A, unknown>): Codec<A | null | undefined> =>
  Schema.optional(Schema.NullOr(schema))

/**
 * A property that the API documents as always there, if only as `null`. Decodes like {@link optional}, since compatible
 * servers leave it out; a made-up answer has it as `null`.
 *
 * @category utilities
 */
export const nullish = <A>(schema: Schema.Codec<A, unknown>): Codec<A | null | undefined> =>
  Schema.optional(Schema.NullOr(schema).annotate({ "~llmfx/nullish": true }))

/**
 * A value that may be `null`.
 *
 * @category utilities
 */
export const nullable = <A>(schema: Schema.Codec<A, unknown>): Codec<A | null> => Schema.NullOr(schema)

/**
 * One of the given strings, or a string added to the API later.
 *
 * @category utilities
 */
export const literals = <const A extends string>(...known: readonly [A, ...ReadonlyArray<A>]): Codec<Literal<A>> =>
  Schema.String.annotate({ "~llmfx/literals": known }) as Codec<Literal<A>>

/**
 * Exactly this string: the discriminating property of a member of a tagged union.
 *
 * @category utilities
 */
export const tag = <const A extends string>(...literal: readonly [A, ...ReadonlyArray<A>]): Codec<A> =>
  (literal.length === 1
    ? Schema.Literal(literal[0])
    : Schema.Union(literal.map((one) => Schema.Literal(one)))) as Codec<A>

/**
 * An array.
 *
 * @category utilities
 */
export const array = <A>(item: Schema.Codec<A, unknown>): Codec<ReadonlyArray<A>> => Schema.Array(item)

/**
 * A member of a union for what only some servers send. Strict decoding refuses it.
 *
 * @category utilities
 */
export const lenient = <A>(member: Schema.Codec<A, unknown>): Codec<A> =>
  member.annotate({ "~llmfx/lenient": true }) as Codec<A>

/**
 * An object with any string keys.
 *
 * @category utilities
 */
export const record = <A>(value: Schema.Codec<A, unknown>): Codec<{ readonly [key: string]: A }> =>
  withOthers([], value) as Codec<{ readonly [key: string]: A }>

/**
 * One of several shapes without a discriminating property: picked by JSON type, then tried in order.
 *
 * **Details**
 *
 * If several members are objects, the client's decoder tries only those that have fields for most of the value's
 * properties, so a wrong-typed field is reported as an error instead of being treated as an unknown property.
 *
 * @category utilities
 */
export const union = <A>(members: () => ReadonlyArray<Schema.Codec<NoInfer<A>, unknown>>): Codec<A> =>
  lazy(() => Schema.Union(members()).annotate({ "~llmfx/comparison": byLikeness }) as Codec<A>)

/**
 * One of several objects told apart by a string property.
 *
 * **Details**
 *
 * Only the member with the right tag is decoded. An object with another tag becomes an {@link UnknownVariant}. If
 * `absent` is given, an object without the property, or with `null`, is read as that member. A missing property is then
 * added as non-enumerable, so `JSON.stringify` writes what the server sent.
 *
 * @category utilities
 */
export const taggedUnion = <A>(
  discriminator: string,
  members: () => { readonly [tag: string]: Schema.Codec<NoInfer<A>, unknown> },
  options: { readonly absent?: string } = {}
): Codec<A> =>
  lazy(() => {
    const byTag = members()
    const unknown = declaration(`an object with another ${JSON.stringify(discriminator)}`, (input) => {
      const variant = unknownVariant(discriminator, byTag, input)
      return variant === undefined ? undefined : Effect.succeed(variant)
    })
    const member = options.absent === undefined ? undefined : byTag[options.absent]
    const untagged = declaration(`an object without ${JSON.stringify(discriminator)}`, (input, parseOptions) =>
      member === undefined || typeof input !== "object" || input === null || Object.hasOwn(input, discriminator)
        ? undefined
        : Effect.map(
            SchemaParser.decodeUnknownEffect(member)({ ...input, [discriminator]: options.absent }, parseOptions),
            (value) => Object.defineProperty(value as object, discriminator, { enumerable: false })
          )
    )
    const all = [...new Set(Object.values(byTag)), ...(member === undefined ? [] : [untagged]), unknown]
    return Schema.Union(all).annotate({
      "~llmfx/taggedUnion": { discriminator, members: byTag, absent: options.absent }
    }) as unknown as Codec<A>
  })

/** A schema from a function that returns `undefined` for input that does not fit. */
const declaration = (
  expected: string,
  decode: (input: unknown, options: SchemaAST.ParseOptions) => Effect.Effect<object, SchemaIssue.Issue> | undefined
): Schema.Codec<object, unknown> =>
  Schema.declareConstructor<object, unknown>()(
    [],
    () => (input, ast, options) =>
      decode(input, options) ?? Effect.fail(new SchemaIssue.InvalidType(ast, input, options)),
    { expected }
  )
