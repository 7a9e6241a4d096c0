import type { Cut } from "../../tools/ToolLoop.ts"

/** The meanings of finish reasons. */
export type FinishKind =
  | "missing"
  /** The model has said all it wanted. */
  | "end"
  /** The model wants its calls made. */
  | "calls"
  /** The answer is to be sent back, for the model to go on. */
  | "paused"
  | Cut
  | "error"
  | "unknown"

/** A word without what servers spell it with: capitals and separators. */
const plain = (word: string): string => word.toLowerCase().replace(/[\s_-]/g, "")

/** The words of the three APIs, and of the servers that speak like them. */
const kinds: ReadonlyMap<string, FinishKind> = /*#__PURE__*/ new Map<string, FinishKind>(
  /*#__PURE__*/ Object.entries({
    missing: [""],
    end: ["stop", "end_turn", "stop_sequence", "eos", "eos_token", "completed", "complete", "done"],
    calls: ["tool_calls", "tool_call", "tool_use", "function_call", "requires_action", "required_action"],
    paused: ["pause_turn", "compaction"],
    maxTokens: ["length", "max_tokens", "max_output_tokens", "max_completion_tokens", "max_length"],
    contextWindow: [
      "model_context_window_exceeded",
      "model_length",
      "context_length",
      "context_length_exceeded",
      "context_window_exceeded"
    ],
    contentFilter: [
      "content_filter",
      "content_filtered",
      "safety",
      "sensitive",
      "recitation",
      "blocklist",
      "prohibited_content",
      "spii",
      "guardrail_intervened"
    ],
    refusal: ["refusal", "refused"],
    incomplete: [
      "incomplete",
      "cancelled",
      "canceled",
      "abort",
      "aborted",
      "expired",
      "insufficient_system_resource",
      "malformed_function_call"
    ],
    error: ["error", "failed", "network_error"]
  } satisfies { readonly [K in Exclude<FinishKind, "unknown">]: ReadonlyArray<string> }).flatMap(([kind, words]) =>
    words.map((word): [string, FinishKind] => [plain(word), kind as FinishKind])
  )
)

/** Reads a finish reason, in any spelling. */
export const finishKind = (reason: unknown): FinishKind =>
  reason === undefined || reason === null
    ? "missing"
    : ((typeof reason === "string" ? kinds.get(plain(reason)) : undefined) ?? "unknown")
