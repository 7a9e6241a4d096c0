import * as Context from "effect/Context"
import type * as Messages from "../../api/Messages.ts"

/** Fields of a tool's definition that `effect/ai` does not know. */
export type ToolSettings = Pick<
  Messages.Tool,
  "allowed_callers" | "cache_control" | "defer_loading" | "eager_input_streaming" | "input_examples"
>

/**
 * Fields of a tool's definition that `effect/ai` does not know, as an annotation of the tool.
 *
 * @example
 * ```ts
 * import * as Tool from "effect/ai/Tool"
 * import * as MessageLanguageModel from "llmfx/anthropic/MessageLanguageModel"
 *
 * const Today = Tool.make("today").annotate(MessageLanguageModel.ToolSettings, { cache_control: { type: "ephemeral" } })
 * ```
 */
export const ToolSettings: Context.Reference<ToolSettings> = /*#__PURE__*/ Context.Reference<ToolSettings>(
  "llmfx/anthropic/MessageLanguageModel/ToolSettings",
  { defaultValue: () => ({}) }
)
