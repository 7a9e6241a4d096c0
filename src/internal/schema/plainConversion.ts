import * as Schema from "effect/Schema"
import type { Conversion } from "../../tools/StructuredOutput.ts"
import { isObject, type JsonObject } from "../json/json.ts"

/** A schema that is only a reference as what it refers to: APIs want to see an object at the top. */
const topOf = (schema: JsonObject, definitions: JsonObject): JsonObject => {
  const { $ref } = schema
  const named = typeof $ref === "string" ? definitions[$ref.replace(/^#\/\$defs\//, "")] : undefined
  return isObject(named) && Object.keys(schema).length === 1 ? named : schema
}

/** Converts a schema unchanged, for uses in which nobody guarantees that values fit. */
export const plainConversion: Conversion = {
  convert: (schema) => {
    const codec = Schema.toCodecJson(schema)
    const { definitions, schema: jsonSchema } = Schema.toJsonSchemaDocument(codec)
    const top = topOf(jsonSchema, definitions)
    return {
      codec,
      jsonSchema: Object.keys(definitions).length === 0 ? top : { ...top, $defs: definitions }
    }
  },
  objectOnly: false,
  recursive: true,
  anyValue: true
}
