/** Attributes of the span of a call, by the semantic conventions for generative AI. */
import type * as Response from "effect/ai/Response"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Tracer from "effect/Tracer"
import { makeCallScrubs } from "../errors/callScrubs.ts"
import { plainText, type Scrub } from "../errors/redact.ts"
import { CallSpan } from "../usage/callSpan.ts"
import { requestAttributes } from "../usage/genAi.ts"

/** Describes the request on the span that the core of `effect/ai` has made. */
export const annotateRequest = (span: Tracer.Span, provider: string, operation: string, input: unknown): void => {
  span.attribute("gen_ai.operation.name", operation)
  span.attribute("gen_ai.provider.name", provider)
  for (const [name, value] of Object.entries(requestAttributes(input))) span.attribute(name, value)
}

/** The tokens that a call has used, and the model that has answered. */
export interface Used {
  readonly inputTokens: number
  readonly outputTokens?: number
  readonly modelId?: string
}

/**
 * Describes a call on the span that the core of `effect/ai` has made for it, such as `EmbeddingModel.embedMany`, and has
 * telemetry record the requests there as well instead of on spans of their own.
 */
export const onSpanOf = <A, E, R>(
  core: "DecisionModel" | "EmbeddingModel",
  call: Effect.Effect<A, E, R>,
  {
    input,
    operation,
    usedBy
  }: {
    readonly input: unknown
    readonly operation: string
    readonly usedBy: (value: A) => Used
  }
): Effect.Effect<A, E, R> =>
  Effect.flatMap(Effect.option(Effect.currentSpan), (current) => {
    const span = Option.getOrUndefined(current)
    // Any other span is the program's own.
    if (span?.name.startsWith(`${core}.`) !== true) return call
    annotateRequest(span, "openai", operation, input)
    const secrets = makeCallScrubs()
    return secrets.watch(call).pipe(
      Effect.provideService(CallSpan, span),
      Effect.tap((value) => Effect.sync(() => annotateUsage(span, usedBy(value), secrets.scrub)))
    )
  })

const annotateUsage = (span: Tracer.Span, { inputTokens, modelId, outputTokens }: Used, scrub: Scrub): void => {
  span.attribute("gen_ai.usage.input_tokens", inputTokens)
  if (outputTokens !== undefined) span.attribute("gen_ai.usage.output_tokens", outputTokens)
  if (modelId !== undefined) span.attribute("gen_ai.response.model", plainText(modelId, maxName, scrub))
}

type Part = Response.PartEncoded | Response.StreamPartEncoded

/** How long a name that a server chooses may be, in characters. */
const maxName = 200

/** Describes the answer on the span, as far as one part tells of it. */
export const annotatePart = (span: Tracer.Span, part: Part, scrub: Scrub): void => {
  if (part.type === "response-metadata") {
    const { id, modelId } = part
    if (id !== undefined) span.attribute("gen_ai.response.id", plainText(id, maxName, scrub))
    if (modelId !== undefined) span.attribute("gen_ai.response.model", plainText(modelId, maxName, scrub))
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
