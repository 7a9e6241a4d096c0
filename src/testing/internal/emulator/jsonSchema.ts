/** Makes a value that a JSON schema accepts. The same schema always gets the same value. */
import { arrayOf, entryOf, isObject, type JsonObject } from "../../../internal/json/json.ts"
import * as Failure from "../../Failure.ts"
import { Refusal } from "./exchange.ts"

/** How much a schema can make the emulator build. */
const maxValues = 20_000
const maxCharacters = 200_000
const maxDepth = 16

/**
 * Gives every property; texts are the property's name, numbers the allowed ones nearest to 0 or 1. Throws a
 * {@link Refusal} for a schema that asks for more than {@link maxValues} values.
 */
export const sampleOfJsonSchema = (schema: unknown): unknown =>
  isObject(schema)
    ? sample(schema, { root: schema, name: "text", depth: 0, budget: { values: maxValues, characters: maxCharacters } })
    : {}

interface Place {
  readonly root: JsonObject
  readonly name: string
  readonly depth: number
  /** The remaining budget of the whole value. */
  readonly budget: { values: number; characters: number }
}

const spend = ({ budget }: Place, values: number, characters = 0): void => {
  budget.values -= values
  budget.characters -= characters
  if (budget.values >= 0 && budget.characters >= 0) return
  throw new Refusal(
    Failure.invalidRequest({
      message: `The schema asks for more than the emulator builds: ${maxValues} values, ${maxCharacters} characters`
    })
  )
}

const sample = (schema: JsonObject, place: Place): unknown => {
  spend(place, 1)
  const inner: Place = { ...place, depth: place.depth + 1 }
  if (typeof schema["$ref"] === "string") {
    const target = resolve(place.root, schema["$ref"])
    return target === undefined || place.depth > maxDepth ? null : sample(target, inner)
  }
  if ("const" in schema) return schema["const"]
  if (Array.isArray(schema["enum"])) return schema["enum"][0]
  if ("default" in schema) return schema["default"]
  const parts = arrayOf(schema["allOf"]).filter(isObject)
  if (parts.length > 0) {
    const own = "type" in schema || "properties" in schema ? [{ ...schema, allOf: undefined }] : []
    return sampleAll([...own, ...parts], inner)
  }
  const choices = [...arrayOf(schema["anyOf"]), ...arrayOf(schema["oneOf"])].filter(isObject)
  if (choices.length > 0) {
    const plain = choices.find(({ type }) => type !== undefined && type !== "object" && type !== "array")
    return sample((place.depth > maxDepth ? plain : undefined) ?? choices[0] ?? {}, inner)
  }
  const make = entryOf(makers, String(typeOf(schema)))
  return make === undefined ? null : make(schema, inner)
}

const makers: { readonly [type: string]: (schema: JsonObject, place: Place) => unknown } = {
  object: (schema, place) => sampleObject(schema, place),
  array: (schema, place) => sampleArray(schema, place),
  string: (schema, place) => sampleString(schema, place),
  integer: (schema) => sampleNumber(schema, true),
  number: (schema) => sampleNumber(schema, false),
  boolean: () => true
}

const typeOf = (schema: JsonObject): unknown => {
  const type: unknown = Array.isArray(schema["type"])
    ? (schema["type"].find((type: unknown) => type !== "null") ?? "null")
    : schema["type"]
  if (type !== undefined) return type
  return "properties" in schema ? "object" : "items" in schema ? "array" : "string"
}

/** JSON pointers within the schema, such as `#/$defs/Node`. */
const resolve = (root: JsonObject, ref: string): JsonObject | undefined => {
  let at: unknown = root
  for (const part of ref.replace(/^#\/?/, "").split("/")) {
    if (part === "") continue
    at = isObject(at) ? at[decoded(part).replaceAll("~1", "/").replaceAll("~0", "~")] : undefined
  }
  return isObject(at) ? at : undefined
}

const decoded = (part: string): string => {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}

const sampleAll = (parts: ReadonlyArray<JsonObject>, place: Place): unknown => {
  const samples = parts.map((part) => sample(part, place))
  return samples.every(isObject)
    ? Object.assign({}, ...samples)
    : samples.find((part) => part !== null && !isObject(part))
}

const sampleObject = (schema: JsonObject, place: Place): unknown => {
  const properties = isObject(schema["properties"]) ? schema["properties"] : {}
  const required = new Set(arrayOf(schema["required"]))
  const entries = Object.entries(properties).flatMap(([name, property]) => {
    if (!isObject(property) || (place.depth > maxDepth && !required.has(name))) return []
    return [[name, sample(property, { ...place, name })] as const]
  })
  return Object.fromEntries(entries)
}

const sampleArray = (schema: JsonObject, place: Place): unknown => {
  const prefix = arrayOf(schema["prefixItems"]).filter(isObject)
  if (prefix.length > 0) return prefix.map((item) => sample(item, place))
  const { items, minItems } = schema
  const length = atLeast(minItems) ?? (place.depth > maxDepth ? 0 : 1)
  if (!isObject(items)) return []
  spend(place, length)
  return Array.from({ length }, () => sample(items, place))
}

const atLeast = (u: unknown): number | undefined =>
  typeof u === "number" && u >= 0 ? Math.ceil(Math.min(u, Number.MAX_SAFE_INTEGER)) : undefined

const formats: { readonly [format: string]: string } = {
  "date-time": "2026-01-01T00:00:00Z",
  date: "2026-01-01",
  time: "00:00:00Z",
  duration: "PT1H",
  email: "user@example.com",
  hostname: "example.com",
  ipv4: "192.0.2.1",
  ipv6: "2001:db8::1",
  uri: "https://example.com/",
  url: "https://example.com/",
  uuid: "00000000-0000-4000-8000-000000000000"
}

const sampleString = ({ format, maxLength, minLength }: JsonObject, place: Place): string => {
  const text = (typeof format === "string" ? entryOf(formats, format) : undefined) ?? place.name
  const least = atLeast(minLength) ?? 0
  spend(place, 0, Math.max(least, text.length))
  const most = atLeast(maxLength)
  const long = text.padEnd(least, "x")
  return most === undefined ? long : long.slice(0, most)
}

/** The allowed number nearest to 1 for an integer, to 0 for any number. */
const sampleNumber = (schema: JsonObject, isInteger: boolean): number => {
  const { exclusiveMaximum, exclusiveMinimum, maximum, minimum, multipleOf } = schema
  const numeric = (u: unknown): u is number => typeof u === "number" && Number.isFinite(u)
  const gap = isInteger ? 1 : 0.5
  const lower = Math.max(
    numeric(minimum) ? minimum : Number.NEGATIVE_INFINITY,
    numeric(exclusiveMinimum) ? exclusiveMinimum + gap : Number.NEGATIVE_INFINITY
  )
  const upper = Math.min(
    numeric(maximum) ? maximum : Number.POSITIVE_INFINITY,
    numeric(exclusiveMaximum) ? exclusiveMaximum - gap : Number.POSITIVE_INFINITY
  )
  const near = Math.min(Math.max(isInteger ? 1 : 0, isInteger ? Math.ceil(lower) : lower), upper)
  const step = numeric(multipleOf) && multipleOf > 0 ? multipleOf : undefined
  if (step === undefined) return isInteger ? Math.floor(near) : near
  const up = Math.ceil(near / step) * step
  return up <= upper ? up : Math.floor(near / step) * step
}
