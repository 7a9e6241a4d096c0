import * as OpenAiStructuredOutput from "effect/ai/OpenAiStructuredOutput"
import type * as StructuredOutput from "../../tools/StructuredOutput.ts"

/** OpenAI requires an object at the top and allows recursion. */
export const conversion: StructuredOutput.Conversion = {
  convert: OpenAiStructuredOutput.toCodecOpenAI,
  objectOnly: true,
  recursive: true,
  anyValue: false,
  loneReferences: true
}
