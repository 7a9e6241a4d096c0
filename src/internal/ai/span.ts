/** Attributes of the span of a call, by the semantic conventions for generative AI. */
import type * as Response from "effect/ai/Response"
import type * as Tracer from "effect/Tracer"
import { requestAttributes } from "../usage/genAi.ts"

/** Describes the request on the span that the core of `effect/ai` has made. */
export const annotateRequest = (span: Tracer.Span, provider: string, operation: string, input: unknown): void => {
  span.attribute("gen_ai.operation.name", operation)
  span.attribute("gen_ai.provider.name", provider)
  for (const [name, value] of Object.entries(requestAttributes(input))) span.attribute(name, value)
}

type Part = Response.PartEncoded | Response.StreamPartEncoded

/** Describes the answer on the span, as far as one part tells of it. */
export const annotatePart = (span: Tracer.Span, part: Part): void => {
  if (part.type === "response-metadata") {
    if (part.id !== undefined) span.attribute("gen_ai.response.id", part.id)
    if (part.modelId !== undefined) span.attribute("gen_ai.response.model", part.modelId)
  } else if (part.type === "finish") {
    span.attribute("gen_ai.response.finish_reasons", [part.reason])
    const { inputTokens, outputTokens } = part.usage
    const counts = {
      "gen_ai.usage.input_tokens": inputTokens.total,
      "gen_ai.usage.output_tokens": outputTokens.total,
      "gen_ai.usage.cache_read.input_tokens": inputTokens.cacheRead || undefined,
      "gen_ai.usage.cache_creation.input_tokens": inputTokens.cacheWrite || undefined
    }
    for (const [name, value] of Object.entries(counts)) if (value !== undefined) span.attribute(name, value)
  }
}
