import * as Schema from "effect/Schema"
import type { Conversion } from "../../tools/StructuredOutput.ts"

/** Schemas as they are, for where nobody makes sure that what comes fits. */
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
