import * as AnthropicStructuredOutput from "effect/ai/AnthropicStructuredOutput"
import type * as StructuredOutput from "../../tools/StructuredOutput.ts"

/** How Anthropic takes schemas: any type at the top, no recursion. */
export const conversion: StructuredOutput.Conversion = {
  convert: AnthropicStructuredOutput.toCodecAnthropic,
  objectOnly: false,
  recursive: false,
  anyValue: false
}
