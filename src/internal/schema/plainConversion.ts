import * as Schema from "effect/Schema"
import type { Conversion } from "../../tools/StructuredOutput.ts"

/** Converts a schema unchanged, for uses in which nobody guarantees that values fit. */
export const plainConversion: Conversion = {
  convert: (schema) => {
    const codec = Schema.toCodecJson(schema)
    const { definitions, schema: jsonSchema } = Schema.toJsonSchemaDocument(codec)
    return {
      codec,
      jsonSchema: Object.keys(definitions).length === 0 ? jsonSchema : { ...jsonSchema, $defs: definitions }
    }
  },
  objectOnly: false,
  recursive: true,
  anyValue: true
}
