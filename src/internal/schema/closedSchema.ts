/** The JSON Schemas of other libraries in a form that can be asked for. */
import { isObject, type JsonObject } from "../json/json.ts"

/**
 * Closes the objects of a schema, as providers require. It then accepts fewer values, and only ones that the library accepts.
 * A reference to the whole becomes a definition.
 */
export const closedSchema = (schema: JsonObject): JsonObject => {
  const definitions = isObject(schema["$defs"]) ? schema["$defs"] : {}
  const closed = close(schema, definitions)
  if (!refersToWhole(schema)) return closed
  const name = freeName(definitions)
  const { $defs, $schema: _, ...whole } = redirect(closed, `#/$defs/${name}`)
  return { $ref: `#/$defs/${name}`, $defs: { ...(isObject($defs) ? $defs : {}), [name]: whole } }
}

const freeName = (taken: JsonObject): string => {
  let name = "Whole"
  while (Object.hasOwn(taken, name)) name += "_"
  return name
}

/** Keys whose values are data, not schemas. */
const data = new Set(["const", "default", "enum", "examples", "required"])

/** Keys whose value has schemas by name. */
const maps = new Set(["$defs", "properties"])

/** Maps the schemas directly within one. */
const mapParts = (node: JsonObject, map: (part: JsonObject) => JsonObject): JsonObject => {
  const mapOne = (value: unknown): unknown => (isObject(value) ? map(value) : value)
  return Object.fromEntries(
    Object.entries(node).map(([key, value]) => {
      if (data.has(key)) return [key, value]
      if (Array.isArray(value)) return [key, value.map(mapOne)]
      if (!maps.has(key)) return [key, mapOne(value)]
      return [
        key,
        isObject(value) ? Object.fromEntries(Object.entries(value).map(([name, part]) => [name, mapOne(part)])) : value
      ]
    })
  )
}

const close = (node: JsonObject, definitions: JsonObject): JsonObject => {
  const merged = mergeAll(node, definitions)
  const closed = mapParts(merged, (part) => close(part, definitions))
  return isOpen(merged) ? { ...closed, additionalProperties: false } : closed
}

const isOpen = ({ additionalProperties: rest, properties }: JsonObject): boolean =>
  isObject(properties) && (rest === undefined || rest === true || (isObject(rest) && Object.keys(rest).length === 0))

/** Objects that must all fit are one object; closed one by one, they would let nothing through. */
const mergeAll = (node: JsonObject, definitions: JsonObject): JsonObject => {
  const { allOf, ...rest } = node
  if (!Array.isArray(allOf)) return node
  const parts = allOf.map((part: unknown) => resolve(part, definitions))
  if (!parts.every((part): part is JsonObject => part !== undefined && isObject(part["properties"]))) return node
  const objects = parts.map((part) => mergeAll(part, definitions))
  return {
    type: "object",
    ...rest,
    ...Object.assign({}, ...objects),
    properties: Object.assign({}, ...objects.map(({ properties }) => properties)),
    required: [...new Set(objects.flatMap(({ required }) => (Array.isArray(required) ? required : [])))],
    additionalProperties: false
  }
}

const resolve = (part: unknown, definitions: JsonObject): JsonObject | undefined => {
  if (!isObject(part)) return undefined
  const { $ref } = part
  if (typeof $ref !== "string") return part
  const target = definitions[$ref.slice("#/$defs/".length)]
  return isObject(target) ? target : undefined
}

const refersToWhole = (node: JsonObject): boolean => {
  let refers = node["$ref"] === "#"
  mapParts(node, (part) => {
    refers ||= refersToWhole(part)
    return part
  })
  return refers
}

const redirect = (node: JsonObject, whole: string): JsonObject => {
  const redirected = mapParts(node, (part) => redirect(part, whole))
  return redirected["$ref"] === "#" ? { ...redirected, $ref: whole } : redirected
}
