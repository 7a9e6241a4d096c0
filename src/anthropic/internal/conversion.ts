import * as AnthropicStructuredOutput from "effect/ai/AnthropicStructuredOutput"
import type * as StructuredOutput from "../../tools/StructuredOutput.ts"

/** Anthropic accepts schemas of any type at the top, but no recursion. */
export const conversion: StructuredOutput.Conversion = {
  convert: AnthropicStructuredOutput.toCodecAnthropic,
  objectOnly: false,
  recursive: false,
  anyValue: false,
  strictLimits: { tools: 20, optionals: 24, unions: 16 }
}
