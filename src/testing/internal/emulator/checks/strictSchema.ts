/** The subsets of JSON Schema that the APIs take if an answer has to follow a schema. */
import { arrayOf, entryOf, isObject, type JsonObject } from "../../../../internal/json/json.ts"

/** A fault of a schema and its place. */
export interface SchemaFault {
  readonly context: ReadonlyArray<string | number>
  readonly message: string
}

interface Place {
  readonly context: ReadonlyArray<string | number>
  readonly schema: JsonObject
}

const maxPlaces = 10_000

const lists = ["anyOf", "oneOf", "allOf", "prefixItems"] as const
const maps = ["properties", "$defs", "definitions"] as const

const innerOf = ({ context, schema }: Place): ReadonlyArray<Place> => [
  ...maps.flatMap((key) =>
    Object.entries(isObject(schema[key]) ? schema[key] : {}).flatMap(([name, inner]) =>
      isObject(inner) ? [{ context: [...context, key, name], schema: inner }] : []
    )
  ),
  ...lists.flatMap((key) =>
    arrayOf(schema[key]).flatMap((inner, index) =>
      isObject(inner) ? [{ context: [...context, key, String(index)], schema: inner }] : []
    )
  ),
  ...(isObject(schema["items"]) ? [{ context: [...context, "items"], schema: schema["items"] }] : [])
]

/** A schema and all within it, outer ones first; a long way into a huge one, and no further. */
const placesOf = (root: JsonObject): ReadonlyArray<Place> => {
  const places: Array<Place> = [{ context: [], schema: root }]
  for (let at = 0; at < places.length && places.length < maxPlaces; at++) {
    const place = places[at]
    if (place !== undefined) places.push(...innerOf(place))
  }
  return places
}

const typesOf = ({ type }: JsonObject): ReadonlyArray<unknown> => (Array.isArray(type) ? type : [type])

const firstFault = (
  root: JsonObject,
  rules: ReadonlyArray<(place: Place) => string | undefined>
): SchemaFault | undefined => {
  for (const place of placesOf(root)) {
    for (const rule of rules) {
      const message = rule(place)
      if (message !== undefined) return { context: place.context, message }
    }
  }
  return undefined
}

// ---- OpenAI

const openAiForbidden = [
  "allOf",
  "oneOf",
  "not",
  "if",
  "then",
  "else",
  "dependentRequired",
  "dependentSchemas",
  "patternProperties",
  "propertyNames",
  "minProperties",
  "maxProperties",
  "unevaluatedProperties",
  "unevaluatedItems",
  "contains",
  "minContains",
  "maxContains",
  "uniqueItems",
  "default"
]

const openAiFormats = new Set(["date-time", "time", "date", "duration", "email", "hostname", "ipv4", "ipv6", "uuid"])

const openAiRules: ReadonlyArray<(place: Place) => string | undefined> = [
  ({ schema }) => {
    const found = openAiForbidden.find((key) => key in schema)
    return found === undefined ? undefined : `'${found}' is not permitted.`
  },
  ({ schema }) =>
    ["type", "anyOf", "$ref", "enum", "const"].some((key) => key in schema)
      ? undefined
      : "schema must have a 'type' key.",
  ({ schema }) =>
    typesOf(schema).includes("object") && schema["additionalProperties"] !== false
      ? "'additionalProperties' is required to be supplied and to be false."
      : undefined,
  ({ schema }) => {
    if (!isObject(schema["properties"])) return undefined
    const required = arrayOf(schema["required"])
    const missing = Object.keys(schema["properties"]).find((name) => !required.includes(name))
    return missing === undefined
      ? undefined
      : `'required' is required to be supplied and to be an array including every key in properties. Missing '${missing}'.`
  },
  ({ schema }) => {
    const properties = isObject(schema["properties"]) ? schema["properties"] : {}
    const extra = typesOf(schema).includes("object")
      ? arrayOf(schema["required"]).find((name) => !Object.hasOwn(properties, String(name)))
      : undefined
    return extra === undefined ? undefined : `Extra required key '${extra}' supplied.`
  },
  ({ schema }) =>
    typesOf(schema).includes("array") && !isObject(schema["items"]) ? "array schema missing items." : undefined,
  ({ schema: { format } }) =>
    typeof format === "string" && !openAiFormats.has(format) ? `'${format}' is not a valid format.` : undefined,
  ({ context, schema }) => {
    const depth = context.filter((step) => step === "properties" || step === "items").length
    return depth > 10 && "type" in schema ? "the schema exceeds the maximum nesting depth of 10." : undefined
  }
]

/** Finds why OpenAI refuses a schema of `strict: true`. */
export const openAiSchemaFault = (schema: unknown): SchemaFault | undefined => {
  const type = isObject(schema) ? schema["type"] : undefined
  if (!isObject(schema) || type !== "object") {
    const name = type === undefined ? "None" : String(type)
    return { context: [], message: `schema must be a JSON Schema of 'type: "object"', got 'type: "${name}"'.` }
  }
  return firstFault(schema, openAiRules)
}

/** A place in a schema as OpenAI writes it: `('properties', 'city')`. */
export const contextText = (context: SchemaFault["context"]): string =>
  `(${context.map((step) => `'${step}'`).join(", ")}${context.length === 1 ? "," : ""})`

// ---- Anthropic

const unsupported: { readonly [type: string]: ReadonlyArray<string> } = {
  integer: ["exclusiveMaximum", "exclusiveMinimum", "maximum", "minimum", "multipleOf"],
  number: ["exclusiveMaximum", "exclusiveMinimum", "maximum", "minimum", "multipleOf"],
  string: ["maxLength", "minLength"],
  array: ["contains", "maxItems", "uniqueItems"],
  object: ["maxProperties", "minProperties", "patternProperties", "propertyNames"]
}

const anthropicFormats = new Set([
  "date-time",
  "time",
  "date",
  "duration",
  "email",
  "hostname",
  "uri",
  "ipv4",
  "ipv6",
  "uuid"
])

const anthropicRules: ReadonlyArray<(place: Place) => string | undefined> = [
  ({ schema }) => {
    const found = ["oneOf", "not", "if", "then", "else"].find((key) => key in schema)
    return found === undefined ? undefined : `Schema type '${found}' is not supported`
  },
  ({ schema }) =>
    typesOf(schema).includes("object") && schema["additionalProperties"] !== false
      ? "For 'object' type, 'additionalProperties' must be explicitly set to false"
      : undefined,
  ({ schema }) => {
    for (const type of typesOf(schema)) {
      const found = (entryOf(unsupported, String(type)) ?? []).filter((key) => key in schema)
      const [only] = found
      if (only === undefined) continue
      return found.length === 1
        ? `For '${type}' type, property '${only}' is not supported`
        : `For '${type}' type, properties ${found.join(", ")} are not supported`
    }
    return undefined
  },
  ({ schema: { minItems } }) =>
    typeof minItems === "number" && minItems > 1
      ? "For 'array' type, 'minItems' values other than 0 or 1 are not supported"
      : undefined,
  ({ schema: { format, type } }) =>
    type === "string" && typeof format === "string" && !anthropicFormats.has(format)
      ? `For 'string' type, format '${format}' is not supported`
      : undefined,
  ({ schema: { $ref: ref } }) =>
    typeof ref === "string" && !ref.startsWith("#") ? `External schema reference '${ref}' is not supported` : undefined
]

/** Finds why Anthropic refuses the schema of an answer or of a strict tool. */
export const anthropicSchemaFault = (schema: unknown): SchemaFault | undefined => {
  if (!isObject(schema)) return { context: [], message: "Input should be a valid dictionary" }
  return isCircular(schema)
    ? { context: [], message: "Circular schema references are not supported" }
    : firstFault(schema, anthropicRules)
}

/** Whether a definition comes back to itself by references. */
const isCircular = (root: JsonObject): boolean => {
  const edges = new Map<string, ReadonlyArray<string>>()
  const refsIn = (schema: JsonObject): ReadonlyArray<string> =>
    placesOf({ ...schema, $defs: undefined, definitions: undefined }).flatMap(({ schema: { $ref: ref } }) =>
      typeof ref === "string" ? [ref] : []
    )
  edges.set("#", refsIn(root))
  for (const key of ["$defs", "definitions"]) {
    for (const [name, schema] of Object.entries(isObject(root[key]) ? root[key] : {})) {
      if (isObject(schema)) edges.set(`#/${key}/${name}`, refsIn(schema))
    }
  }
  const done = new Set<string>()
  const reaches = (from: string, path: ReadonlySet<string>): boolean => {
    if (path.has(from)) return true
    if (done.has(from) || path.size > 200) return false
    const found = (edges.get(from) ?? []).some((to) => reaches(to, new Set([...path, from])))
    done.add(from)
    return found
  }
  return [...edges.keys()].some((from) => reaches(from, new Set()))
}
