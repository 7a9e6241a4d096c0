/** Schemas in the form that a provider takes, and the way back from what the model writes. */
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as SchemaAST from "effect/SchemaAST"
import * as SchemaTransformation from "effect/SchemaTransformation"
import * as StructuredOutput from "../../tools/StructuredOutput.ts"
import { isObject } from "../json/json.ts"
import { plainConversion } from "../schema/plainConversion.ts"
import { makeRestore } from "../schema/restoreJson.ts"

type JsonSchema = { readonly [key: string]: unknown }

/** A schema as a provider is told of it. */
export interface SchemaForm {
  readonly jsonSchema: JsonSchema
  /** Whether the provider guarantees that what the model writes fits. */
  readonly strict: boolean
  /** Turns what the model writes into the schema's encoded form. What fits nothing stays as it is. */
  readonly toEncoded: (json: unknown) => unknown
}

type Wanted = boolean | undefined

/**
 * The form of a tool's parameters. Without a wish, a schema is strict if the provider's subset of JSON Schema has the
 * schema's own JSON, except that optional properties may be `null`. Records and tuples are sent as they are instead.
 */
export const parametersForm = (
  schema: Schema.Top,
  conversion: StructuredOutput.Conversion,
  wanted: Wanted
): Result.Result<SchemaForm, StructuredOutput.UnsupportedSchemaError> => {
  const codec = schema as Schema.Codec<unknown, unknown>
  const restore = makeRestore(codec.ast)
  const encode = encoderOf(codec)
  const form = (jsonSchema: JsonSchema, strict: boolean): SchemaForm => ({
    jsonSchema: objectSchema(jsonSchema),
    strict,
    toEncoded: (json) => encode(restore(json))
  })
  if (wanted === true || (wanted === undefined && isNatural(codec.ast))) {
    const strict = StructuredOutput.jsonSchemaOf(codec, conversion)
    if (Result.isSuccess(strict)) return Result.succeed(form(strict.success, true))
    if (wanted === true) return Result.fail(strict.failure)
  }
  return Result.map(StructuredOutput.jsonSchemaOf(codec, plainConversion), (plain) => form(plain, false))
}

/** The form of parameters that are known as JSON Schema only. Nothing is converted. */
export const jsonSchemaForm = (
  jsonSchema: JsonSchema,
  wanted: Wanted
): Result.Result<SchemaForm, StructuredOutput.UnsupportedSchemaError> => {
  const path = wanted === false ? [] : looseAt(jsonSchema)
  if (wanted === true && path !== undefined) {
    return Result.fail(
      new StructuredOutput.UnsupportedSchemaError({
        message: `The JSON Schema is not strict at ${path.length === 0 ? "the top" : path.join(".")}: objects need additionalProperties: false, and every property has to be required`,
        path
      })
    )
  }
  return Result.succeed({
    jsonSchema: objectSchema(jsonSchema),
    strict: path === undefined,
    toEncoded: (json) => json
  })
}

/** Providers want `type: "object"` with properties, even for a tool without parameters. */
const objectSchema = (schema: JsonSchema): JsonSchema =>
  schema["type"] === "object" && schema["properties"] === undefined && schema["$ref"] === undefined
    ? { ...schema, properties: {} }
    : schema["type"] === undefined && Object.keys(schema).length === 0
      ? { type: "object", properties: {} }
      : schema

/** From JSON to the encoded form, which is another for schemas such as `Schema.Date`. */
const encoderOf = (schema: Schema.Codec<unknown, unknown>): ((json: unknown) => unknown) => {
  const encoded = Schema.toEncoded(schema)
  const codec = Schema.toCodecJson(encoded)
  if (codec.ast === encoded.ast) return (json) => json
  const decode = Schema.decodeUnknownOption(codec)
  return (json) => Option.getOrElse(decode(json), () => json)
}

/** Returns whether a schema has no records and no tuples, which the providers' strict subsets lack. */
const isNatural = (root: SchemaAST.AST): boolean => {
  const seen = new Set<SchemaAST.AST>()
  const visit = (ast: SchemaAST.AST): boolean => {
    if (seen.has(ast)) return true
    seen.add(ast)
    switch (ast._tag) {
      case "Suspend":
        return visit(ast.thunk())
      case "Union":
        return ast.types.every(visit)
      case "Arrays":
        return ast.elements.length === 0 && ast.rest.length <= 1 && ast.rest.every(visit)
      case "Objects":
        return (
          ast.indexSignatures.every(({ type }) => SchemaAST.isNever(type)) &&
          ast.propertySignatures.every(({ type }) => visit(type))
        )
      default:
        return true
    }
  }
  return visit(SchemaAST.toEncoded(Schema.toCodecJson(Schema.make(root)).ast))
}

/** Keywords that strict subsets know. */
const strictKeywords = new Set([
  "$defs",
  "$ref",
  "$schema",
  "additionalProperties",
  "anyOf",
  "const",
  "description",
  "enum",
  "items",
  "properties",
  "required",
  "title",
  "type"
])

/** Returns the path to the first part of a JSON Schema that no strict subset allows; `undefined` if it has none. */
const looseAt = (node: unknown): ReadonlyArray<string> | undefined => {
  if (!isObject(node)) return []
  if (Object.keys(node).some((key) => !strictKeywords.has(key))) return []
  const { $defs, $ref, additionalProperties, anyOf, enum: values, items, properties, required, type } = node
  const isTyped = [type, anyOf, values, $ref, node["const"]].some((value) => value !== undefined)
  if (!isTyped) return []
  const isObjectType = type === "object" || (Array.isArray(type) && type.includes("object"))
  if (isObjectType) {
    const names = isObject(properties) ? Object.keys(properties) : []
    const needed: ReadonlyArray<unknown> = Array.isArray(required) ? required : []
    if (additionalProperties !== false || !isObject(properties) || names.some((name) => !needed.includes(name)))
      return []
  }
  const parts: ReadonlyArray<readonly [string, unknown]> = [
    ...(isObject(properties) ? Object.entries(properties) : []),
    ...(isObject($defs) ? Object.entries($defs) : []),
    ...(items === undefined ? [] : ([["[]", items]] as const)),
    ...(Array.isArray(anyOf) ? anyOf.map((part: unknown) => ["", part] as const) : [])
  ]
  for (const [name, part] of parts) {
    const path = looseAt(part)
    if (path !== undefined) return name === "" ? path : [name, ...path]
  }
  return undefined
}

/** The format of `generateObject`: what is asked for, and the codec that reads what the model writes. */
export interface ObjectForm<T, RD, RE> {
  readonly jsonSchema: JsonSchema
  readonly strict: boolean
  readonly codec: Schema.ConstraintCodec<T, unknown, RD, RE>
}

/**
 * The form of an object that the model is asked for. A schema that the provider's subset lacks is sent as it is, not
 * strict. What comes back is read in both forms, so a server that ignores the one that was asked for does no harm.
 */
export const objectForm = <T, E, RD, RE>(
  schema: Schema.ConstraintCodec<T, E, RD, RE>,
  conversion: StructuredOutput.Conversion,
  wanted: Wanted
): ObjectForm<T, RD, RE> => {
  const source = schema as unknown as Schema.Codec<unknown, unknown>
  const strict = wanted === false ? undefined : Result.getOrUndefined(StructuredOutput.jsonSchemaOf(source, conversion))
  const jsonSchema =
    strict ??
    Result.getOrThrow(StructuredOutput.jsonSchemaOf(source, { ...plainConversion, objectOnly: conversion.objectOnly }))
  const restore = makeRestore(Schema.Struct({ value: source }).ast)
  // `jsonSchemaOf` puts into `value` what is not an object.
  const isWrapped = conversion.objectOnly && isWrapper(jsonSchema) && !hasValue(source)
  const read = (json: unknown): unknown => {
    const value = isWrapped && isObject(json) && "value" in json ? json["value"] : json
    const restored = restore({ value })
    return isObject(restored) ? restored["value"] : value
  }
  const codec = Schema.Unknown.pipe(
    Schema.decodeTo(
      Schema.toCodecJson(schema),
      // The restored value is JSON, which the codec checks.
      SchemaTransformation.transform({
        decode: (json: unknown) => read(json) as Schema.Json,
        encode: (json: Schema.Json): unknown => json
      })
    )
  ) as unknown as Schema.ConstraintCodec<T, unknown, RD, RE>
  return { jsonSchema, strict: strict !== undefined, codec }
}

const isWrapper = ({ properties }: JsonSchema): boolean =>
  isObject(properties) && Object.keys(properties).length === 1 && "value" in properties

/** Whether the schema itself is an object whose only property is `value`. */
const hasValue = ({ ast }: Schema.Codec<unknown, unknown>): boolean => {
  const encoded = SchemaAST.toEncoded(ast)
  return encoded._tag === "Objects" && encoded.propertySignatures.some(({ name }) => name === "value")
}
