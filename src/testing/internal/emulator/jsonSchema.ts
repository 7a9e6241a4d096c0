/** A value that a JSON schema accepts: the same one every time. */
import { arrayOf, isObject, type JsonObject } from "../../../internal/json/json.ts"

/** Every property is given; text is the property's name, numbers are the smallest that are allowed. */
export const sampleOfJsonSchema = (schema: unknown): unknown =>
  isObject(schema) ? sample(schema, { root: schema, name: "text", depth: 0 }) : {}

interface Place {
  readonly root: JsonObject
  readonly name: string
  readonly depth: number
}

const maxDepth = 16

const sample = (schema: JsonObject, place: Place): unknown => {
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
  switch (typeOf(schema)) {
    case "object":
      return sampleObject(schema, inner)
    case "array":
      return sampleArray(schema, inner)
    case "string":
      return sampleString(schema, place.name)
    case "integer":
      return sampleNumber(schema, 1)
    case "number":
      return sampleNumber(schema, 0)
    case "boolean":
      return true
    default:
      return null
  }
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
    at = isObject(at) ? at[decodeURIComponent(part).replaceAll("~1", "/").replaceAll("~0", "~")] : undefined
  }
  return isObject(at) ? at : undefined
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
  const length = typeof minItems === "number" ? minItems : place.depth > maxDepth ? 0 : 1
  return isObject(items) ? Array.from({ length }, () => sample(items, place)) : []
}

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

const sampleString = ({ format, maxLength, minLength }: JsonObject, name: string): string => {
  const text = (typeof format === "string" ? formats[format] : undefined) ?? name
  const long = typeof minLength === "number" ? text.padEnd(minLength, "x") : text
  return typeof maxLength === "number" ? long.slice(0, maxLength) : long
}

const sampleNumber = (schema: JsonObject, least: number): number => {
  const { exclusiveMinimum, maximum, minimum, multipleOf } = schema
  const from =
    typeof minimum === "number" ? minimum : typeof exclusiveMinimum === "number" ? exclusiveMinimum + 1 : least
  const step = typeof multipleOf === "number" && multipleOf > 0 ? Math.ceil(from / multipleOf) * multipleOf : from
  return typeof maximum === "number" ? Math.min(step, maximum) : step
}
