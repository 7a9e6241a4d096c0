/**
 * Answers as values of a schema: converts the schema for a provider, reads the value, and explains failures.
 *
 * To ask for a value, use `Parse` of a provider. This module is what those share.
 *
 * @example
 * ```ts
 * import * as Effect from "effect/Effect"
 * import * as Schema from "effect/Schema"
 * import * as Parse from "llmfx/openai/Parse"
 *
 * const City = Schema.Struct({ name: Schema.String, country: Schema.String })
 *
 * const program = Parse.response({ model: "gpt-5.4-mini", input: "Where is the Colosseum?" }, City).pipe(
 *   Effect.map(({ value }) => value.name),
 *   Effect.catchReason("OutputError", "Refused", ({ message }) => Effect.succeed(message))
 * )
 * ```
 */
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as JsonSchema from "effect/JsonSchema"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as SchemaIssue from "effect/SchemaIssue"
import * as SchemaRepresentation from "effect/SchemaRepresentation"
import type { StandardJSONSchemaV1, StandardSchemaV1 } from "effect/StandardSchema"
import * as Stream from "effect/Stream"
import * as Accumulator from "../Accumulator.ts"
import { type CallScrubs, makeCallScrubs } from "../internal/errors/callScrubs.ts"
import { limitTexts, scrubDeep, scrubError } from "../internal/errors/redact.ts"
import { abridge } from "../internal/json/abridge.ts"
import type { JsonObject } from "../internal/json/json.ts"
import { closedSchema } from "../internal/schema/closedSchema.ts"
import { withDescriptions, withLoneReferences } from "../internal/schema/descriptions.ts"
import { makeRestore } from "../internal/schema/restoreJson.ts"
import { recursion, symbolKey, tidy, untyped } from "../internal/schema/strictSchema.ts"
import * as PartialJson from "./PartialJson.ts"

/**
 * A schema of another library that can be written as JSON Schema.
 *
 * @category models
 */
export interface StandardSource<out A, out E = unknown> {
  readonly "~standard": StandardSchemaV1.Props<E, A> & StandardJSONSchemaV1.Props<E, A>
}

/**
 * Combines a Standard Schema of a library that does not write JSON Schema with its JSON Schema (draft 2020-12).
 *
 * @category combinators
 */
export const withJsonSchema = <A, E>(
  schema: StandardSchemaV1<E, A>,
  jsonSchema: { readonly [key: string]: unknown }
): StandardSource<A, E> => ({
  "~standard": { ...schema["~standard"], jsonSchema: { input: () => jsonSchema, output: () => jsonSchema } }
})

/**
 * The accepted schemas: an Effect schema, or a Standard Schema.
 *
 * @category models
 */
export type Source<A, E = unknown> = Schema.Codec<A, E> | StandardSource<A, E>

/**
 * The provider does not accept this schema.
 *
 * @category errors
 */
export class UnsupportedSchemaError extends Data.TaggedError("UnsupportedSchemaError")<{
  readonly message: string
  /** The properties that lead to the unsupported part. `[]` for an item of an array. */
  readonly path: ReadonlyArray<string>
}> {}

/**
 * The model declined to answer.
 *
 * @category errors
 */
export class Refused extends Data.TaggedError("Refused")<{ readonly message: string }> {}

/**
 * The answer was cut off by a token limit.
 *
 * @category errors
 */
export class Truncated extends Data.TaggedError("Truncated")<{ readonly message: string }> {}

/**
 * The provider's content filter cut the answer.
 *
 * @category errors
 */
export class Filtered extends Data.TaggedError("Filtered")<{ readonly message: string }> {}

/**
 * The answer does not have a text, for instance because the model called a tool.
 *
 * @category errors
 */
export class NoOutput extends Data.TaggedError("NoOutput")<{ readonly message: string }> {}

/**
 * The text is not JSON.
 *
 * @category errors
 */
export class Malformed extends Data.TaggedError("Malformed")<{
  readonly message: string
  /** The index of the offending character in the text. */
  readonly position: number
}> {}

/**
 * The value does not fit the schema.
 *
 * @category errors
 */
export class Mismatched extends Data.TaggedError("Mismatched")<{
  readonly message: string
  readonly issues: ReadonlyArray<Issue>
}> {}

/**
 * One problem of a value that does not fit.
 *
 * @category models
 */
export interface Issue {
  readonly message: string
  readonly path: ReadonlyArray<PropertyKey>
}

/**
 * Why an answer does not have a value.
 *
 * @category models
 */
export type Reason = Refused | Truncated | Filtered | NoOutput | Malformed | Mismatched

/**
 * An answer without a value of the schema. The answer is included, because it was paid for.
 *
 * @category errors
 */
export class OutputError extends Data.TaggedError("OutputError")<{
  readonly reason: Reason
  /** The text that the model wrote. */
  readonly text: string
  /** The whole answer. */
  readonly answer: unknown
}> {
  override get message(): string {
    return `${this.reason._tag}: ${this.reason.message}`
  }

  /** Long texts and deep answers are shortened. */
  override toJSON(): unknown {
    return { _tag: this._tag, reason: abridge(this.reason), text: abridge(this.text), answer: abridge(this.answer) }
  }
}

/**
 * A schema in the provider's form, with its decoder.
 *
 * @category models
 */
export interface Format<out A, out E = unknown> {
  readonly name: string
  readonly description: string | undefined
  readonly jsonSchema: { readonly [key: string]: unknown }
  /** Decodes the JSON that the model wrote. */
  readonly decode: (json: unknown) => Effect.Effect<A, Mismatched>
  /** Returns the JSON written so far, in the shape of the schema's own JSON. */
  readonly partial: (json: unknown) => PartialJson.Partial<E> | undefined
}

/**
 * How a provider accepts schemas.
 *
 * @category models
 */
export interface Conversion {
  /** Converts a schema to the provider's JSON Schema. Throws if it cannot be expressed. */
  readonly convert: (schema: Schema.Codec<unknown, unknown>) => {
    readonly codec: Schema.ConstraintCodec<unknown, unknown>
    readonly jsonSchema: { readonly [key: string]: unknown }
  }
  /** Whether the top level must be an object. Other types are wrapped in one. */
  readonly objectOnly: boolean
  readonly recursive: boolean
  /** Whether a part may be any value. */
  readonly anyValue: boolean
  /** Whether the provider refuses keywords next to `$ref`. */
  readonly loneReferences?: boolean | undefined
  /** How many tools of a request the provider takes as strict. Default: any number. */
  readonly strictLimits?: StrictLimits | undefined
  /** Whether tools that do not say `strict` themselves are strict. Default: `true`. */
  readonly strictByDefault?: boolean | undefined
}

/**
 * The most that the strict tools of one request may have, all together.
 *
 * @category models
 */
export interface StrictLimits {
  readonly tools: number
  /** Properties that may be left out. */
  readonly optionals: number
  /** Parts that may have several types. */
  readonly unions: number
}

/**
 * The name and description that the model sees.
 *
 * @category models
 */
export interface FormatOptions {
  /** Letters, digits, `_` and `-`. Default: `output`. */
  readonly name?: string | undefined
  readonly description?: string | undefined
}

/**
 * Converts a schema for a provider.
 *
 * @category converting
 */
export const format = <A, E>(
  source: Source<A, E>,
  conversion: Conversion,
  options: FormatOptions = {}
): Result.Result<Format<A, E>, UnsupportedSchemaError> =>
  Schema.isSchema(source)
    ? formatSchema(source, conversion, options)
    : attempt(() => {
        const { decode, ...rest } = unsafeFormat<A, E>(importStandard(source), conversion, options)
        return { ...rest, decode: (json) => Effect.flatMap(decode(json), (value) => validate(source, value)) }
      })

/**
 * Converts an Effect schema for a provider. Unlike {@link format}, it does not add the reader of JSON Schema to a bundle,
 * which only the schemas of other libraries need.
 *
 * @category converting
 */
export const formatSchema = <A, E>(
  schema: Schema.Codec<A, E>,
  conversion: Conversion,
  options: FormatOptions = {}
): Result.Result<Format<A, E>, UnsupportedSchemaError> => attempt(() => unsafeFormat<A, E>(schema, conversion, options))

/**
 * Converts an Effect schema to the provider's JSON Schema only. Unlike {@link formatSchema}, it does not add what reads
 * answers to a bundle.
 *
 * @category converting
 */
export const jsonSchemaOf = (
  schema: Schema.Codec<unknown, unknown>,
  conversion: Conversion
): Result.Result<{ readonly [key: string]: unknown }, UnsupportedSchemaError> =>
  attempt(() => converted(schema, conversion).jsonSchema)

const attempt = <A>(make: () => A): Result.Result<A, UnsupportedSchemaError> => {
  try {
    return Result.succeed(make())
  } catch (thrown) {
    return Result.fail(
      thrown instanceof UnsupportedSchemaError
        ? thrown
        : new UnsupportedSchemaError({
            message: thrown instanceof Error ? thrown.message : String(thrown),
            path: []
          })
    )
  }
}

interface Converted {
  readonly codec: Schema.ConstraintCodec<unknown, unknown>
  readonly jsonSchema: JsonObject
  /** The schema that was converted: the given one, or an object that holds its value. */
  readonly top: Schema.Codec<unknown, unknown>
  readonly isWrapped: boolean
}

/** Throws an {@link UnsupportedSchemaError}, or what the conversion throws. */
const converted = (given: Schema.Codec<unknown, unknown>, conversion: Conversion): Converted => {
  const schema = hasNoFields(given) ? noFields : given
  const symbol = symbolKey(schema.ast)
  if (symbol !== undefined) throw unsupported("A property whose name is a symbol", symbol)
  if (!conversion.recursive) {
    const path = recursion(Schema.toJsonSchemaDocument(schema))
    if (path !== undefined) throw unsupported("A schema that contains itself", path)
  }
  const isWrapped = conversion.objectOnly && !isObjectSchema(schema)
  const top: Schema.Codec<unknown, unknown> = isWrapped ? Schema.Struct({ value: schema }) : schema
  const { codec, jsonSchema } = conversion.convert(top)
  const described = withDescriptions(top.ast, tidy(jsonSchema))
  const tidied = conversion.loneReferences === true ? (withLoneReferences(described) as JsonObject) : described
  const path = conversion.anyValue ? undefined : untyped(tidied)
  if (path !== undefined) throw unsupported("A part that may be any value", isWrapped ? path.slice(1) : path)
  return { codec, jsonSchema: tidied, top, isWrapped }
}

const unsafeFormat = <A, E>(
  given: Schema.Codec<unknown, unknown>,
  conversion: Conversion,
  options: FormatOptions
): Format<A, E> => {
  const { codec, isWrapped, jsonSchema, top } = converted(given, conversion)
  const decode = Schema.decodeUnknownEffect(codec)
  const restore = makeRestore(top.ast)
  const unwrap = (value: unknown): unknown =>
    isWrapped && typeof value === "object" && value !== null && "value" in value ? value.value : value
  return {
    name: options.name ?? "output",
    description: options.description,
    jsonSchema,
    decode: (json) =>
      decode(json, { errors: "all" }).pipe(
        Effect.mapError(({ issue }) => mismatched(formatIssue(issue).issues)),
        // The codec was made from the schema. What the schema of another library says is checked after that.
        Effect.map((value) => unwrap(value) as A)
      ),
    partial: (json) => unwrap(restore(json)) as PartialJson.Partial<E> | undefined
  }
}

/** Effect lets any value through a struct without fields; an object without fields is meant. */
const hasNoFields = ({ ast }: Schema.Codec<unknown, unknown>): boolean =>
  ast._tag === "Objects" && ast.propertySignatures.length === 0 && ast.indexSignatures.length === 0

const noFields: Schema.Codec<unknown, unknown> = /*#__PURE__*/ Schema.Record(Schema.String, Schema.Never)

const isObjectSchema = (schema: Schema.Codec<unknown, unknown>): boolean => {
  const { definitions, schema: top } = Schema.toJsonSchemaDocument(schema)
  const name = typeof top["$ref"] === "string" ? top["$ref"].slice("#/$defs/".length) : undefined
  const target = name === undefined ? top : definitions[name]
  const isRecord = target?.["properties"] === undefined && target?.["additionalProperties"] !== false
  return target?.["type"] === "object" && !isRecord && target["anyOf"] === undefined
}

const unsupported = (what: string, path: ReadonlyArray<string>): UnsupportedSchemaError =>
  new UnsupportedSchemaError({
    message: `${what} cannot be asked for (at ${path.length === 0 ? "the top" : path.join(".")})`,
    path
  })

const importStandard = (source: StandardSource<unknown, unknown>): Schema.Codec<unknown, unknown> => {
  const standard: Partial<StandardSource<unknown>["~standard"]> = source["~standard"]
  if (standard.jsonSchema === undefined) {
    throw new UnsupportedSchemaError({
      message: `A schema of ${standard.vendor} does not write JSON Schema: give it one with StructuredOutput.withJsonSchema`,
      path: []
    })
  }
  return SchemaRepresentation.fromJsonSchemaDocument(
    JsonSchema.fromSchemaDraft2020_12(closedSchema(standard.jsonSchema.input({ target: "draft-2020-12" }))),
    { patterns: "ignore" }
  ) as Schema.Top as Schema.Codec<unknown, unknown>
}

const validate = <A, E>(source: StandardSource<A, E>, value: unknown): Effect.Effect<A, Mismatched> =>
  Effect.flatMap(
    Effect.promise(async () => source["~standard"].validate(value)),
    (result) => (result.issues === undefined ? Effect.succeed(result.value) : Effect.fail(mismatched(result.issues)))
  )

const formatIssue = /*#__PURE__*/ SchemaIssue.makeFormatterStandardSchemaV1()

const mismatched = (issues: ReadonlyArray<StandardSchemaV1.Issue>): Mismatched => {
  const list = issues.map(({ message, path = [] }) => ({
    message,
    path: path.map((segment) => (typeof segment === "object" ? segment.key : segment))
  }))
  return new Mismatched({
    message: list.map(({ message, path }) => `${message} (at ${path.map(String).join(".") || "the top"})`).join("; "),
    issues: list
  })
}

/**
 * Decodes a text that the model wrote.
 *
 * @category decoding
 */
export const decodeText = <A>(format: Format<A>, text: string): Effect.Effect<A, Malformed | Mismatched> => {
  const parser = PartialJson.make()
  parser.push(text)
  return Result.match(parser.end(), {
    onFailure: ({ message, position }) => Effect.fail(new Malformed({ message, position })),
    onSuccess: format.decode
  })
}

/**
 * A value and the answer it was read from.
 *
 * @category models
 */
export interface Parsed<out A, out Answer> {
  readonly value: A
  readonly answer: Answer
}

/**
 * Returns the text of an answer, or why there is none to read.
 *
 * @category models
 */
export type Read<in Answer> = (answer: Answer) => {
  readonly text: string
  readonly problem: Refused | Truncated | Filtered | NoOutput | undefined
}

/**
 * Reads the value of an answer.
 *
 * @category getters
 */
export const read = <A, Answer>(
  format: Format<A>,
  readText: Read<Answer>,
  answer: Answer
): Effect.Effect<Parsed<A, Answer>, OutputError> => {
  const { problem, text } = readText(answer)
  const value: Effect.Effect<A, Reason> = problem === undefined ? decodeText(format, text) : Effect.fail(problem)
  return Effect.mapBoth(value, {
    onFailure: (reason) => {
      limitTexts(reason)
      return new OutputError({ reason, text, answer })
    },
    onSuccess: (value) => ({ value, answer })
  })
}

/** The error without the secrets of the calls: a server may have written one into the answer. */
const withoutSecrets = ({ answer, reason, text }: OutputError, { scrub }: CallScrubs): OutputError => {
  scrubError(reason, scrub)
  return new OutputError({ reason, text: scrub(text), answer: scrubDeep(answer, scrub) })
}

/**
 * How to read the answers of an API, and reply to them.
 *
 * @category models
 */
export interface Dialogue<Input, in Answer> {
  readonly read: Read<Answer>
  /** Returns the input of a follow-up: the answer, then a user message. */
  readonly followUp: (input: Input, text: string, message: string) => Input
}

/**
 * How to ask an API for a value.
 *
 * @category models
 */
export interface AskOptions<Input, Answer, E, R> extends Dialogue<Input, Answer> {
  readonly call: (input: Input) => Effect.Effect<Answer, E, R>
}

/**
 * Asks for a value. If an answer is not JSON or does not fit, the model is shown the problem and asked again, up to
 * `maxReasks` times.
 *
 * @category running
 */
export const ask = <A, Input, Answer, E, R>(
  format: Format<A>,
  asking: AskOptions<Input, Answer, E, R>,
  input: Input,
  maxReasks: number
): Effect.Effect<Parsed<A, Answer>, E | OutputError, R> =>
  Effect.suspend(() => {
    const secrets = makeCallScrubs()
    return Effect.flatMap(secrets.watch(asking.call(input)), (answer) =>
      Effect.catchTag(read(format, asking.read, answer), "OutputError", (error) => {
        const again = maxReasks > 0 ? inputAfter(asking, input, error) : undefined
        return again === undefined
          ? Effect.fail(withoutSecrets(error, secrets))
          : ask(format, asking, again, maxReasks - 1)
      })
    )
  })

/** Returns the input that asks again, or `undefined` if that would not help. */
const inputAfter = <Input>(
  { followUp }: Pick<Dialogue<Input, never>, "followUp">,
  input: Input,
  { reason, text }: OutputError
): Input | undefined =>
  reason._tag === "Malformed" || reason._tag === "Mismatched" ? followUp(input, text, complaint(reason)) : undefined

const complaint = ({ message }: Malformed | Mismatched): string =>
  `That answer cannot be used: ${message}. Answer again, with JSON that fits the schema and nothing else.`

/**
 * A value that is arriving: the part that is known, then the whole value.
 *
 * @category models
 */
export type Progress<A, E, Answer> =
  | { readonly _tag: "Partial"; readonly value: PartialJson.Partial<E> }
  | ({ readonly _tag: "Whole" } & Parsed<A, Answer>)

/**
 * How to follow the answers of an API.
 *
 * @category models
 */
export interface FollowOptions<Input, Event, Snapshot, Step, Answer, E, R>
  extends Dialogue<Input, Answer>,
    Accumulator.StreamedOptions<Snapshot, Step, Answer, E> {
  readonly accumulator: Accumulator.Accumulator<Event, Snapshot, Step>
  readonly events: (input: Input) => Stream.Stream<Event, E, R>
}

/**
 * Asks for a value like {@link ask}, and emits it while it arrives. Each time the model is asked again, the value
 * starts over.
 *
 * @category running
 */
export const follow = <A, E, Input, Event, Snapshot, Step, Answer, E2, R>(
  format: Format<A, E>,
  following: FollowOptions<Input, Event, Snapshot, Step, Answer, E2, R>,
  input: Input,
  maxReasks: number
): Stream.Stream<Progress<A, E, Answer>, E2 | OutputError, R> =>
  Stream.suspend(() => {
    const secrets = makeCallScrubs()
    const events = secrets.watchStream(following.events(input))
    const answers = Effect.map(Accumulator.streamed(following.accumulator, events, following), (answer) => {
      type Rest = Stream.Stream<Progress<A, E, Answer>, E2 | OutputError, R>
      const whole = Effect.flatMap(answer.final, (final) =>
        Effect.match(read(format, following.read, final), {
          onSuccess: (parsed): Rest => Stream.succeed({ _tag: "Whole", ...parsed }),
          onFailure: (error): Rest => {
            const again = maxReasks > 0 ? inputAfter(following, input, error) : undefined
            return again === undefined
              ? Stream.fail(withoutSecrets(error, secrets))
              : follow(format, following, again, maxReasks - 1)
          }
        })
      )
      return Stream.concat(
        Stream.mapAccumArray(answer.text, PartialJson.make, (parser, pieces) => {
          for (const piece of pieces) parser.push(piece)
          const value = format.partial(parser.value())
          return [parser, value === undefined ? [] : [{ _tag: "Partial" as const, value }]]
        }),
        Stream.unwrap(whole)
      )
    })
    return Stream.unwrap(answers)
  })
