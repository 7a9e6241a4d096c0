/** The reason of `effect/ai` for the end of an answer. */
import type * as Response from "effect/ai/Response"
import { type FinishKind, finishKind } from "../decode/finishReason.ts"

/**
 * Reads the finish reason of an answer. `mayCall` are the ends after which an API wants its calls made. The core of
 * `effect/ai` makes them after `stop`, `tool-calls` and `pause`, so other ends of an answer with calls are `other`.
 */
export const aiFinishReason = (
  reason: unknown,
  hasCalls: boolean,
  mayCall: ReadonlySet<FinishKind>
): Response.FinishReason => {
  const kind = finishKind(reason)
  if (hasCalls && mayCall.has(kind)) return "tool-calls"
  switch (kind) {
    case "end":
    case "calls":
      return hasCalls ? "other" : "stop"
    case "maxTokens":
    case "contextWindow":
      return "length"
    case "contentFilter":
    case "refusal":
      return "content-filter"
    case "paused":
      return hasCalls ? "other" : "pause"
    case "error":
      return "error"
    case "missing":
      return "unknown"
    case "incomplete":
    case "unknown":
      return "other"
  }
}
