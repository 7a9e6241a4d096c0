import * as Context from "effect/Context"
import type * as Tracer from "effect/Tracer"

/** The span that a call is recorded on, if it has one already: `effect/ai` makes one for each call of a model. */
export const CallSpan: Context.Reference<Tracer.Span | undefined> = /*#__PURE__*/ Context.Reference<
  Tracer.Span | undefined
>("llmfx/internal/CallSpan", { defaultValue: () => undefined })
