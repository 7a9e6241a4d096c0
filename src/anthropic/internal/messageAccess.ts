/** Functions on the answers of `Messages` and `BetaMessages`. */
import type * as BetaMessages from "../api/BetaMessages.ts"
import type * as Messages from "../api/Messages.ts"
import { sentContent, textOf } from "./messageParam.ts"

/** Returns the text of a message. If a model declined and another took over, only the text of the latter. */
export const text = (answer: Pick<Messages.Message, "content">): string => textOf(answer)

/**
 * A message of the model as a message of the next request. Left out is what the API refuses: blank texts, calls that were
 * cut or that a model left when it declined, and thoughts that lead to nothing. A message without any content must not be
 * sent.
 */
export const toParam = (
  answer: Pick<Messages.Message, "content" | "stop_reason">
): Messages.AssistantMessageParam & { readonly content: ReadonlyArray<Messages.ContentBlockParam> } => ({
  role: "assistant",
  // A request takes every block of an answer.
  content: sentContent(answer) as ReadonlyArray<Messages.ContentBlockParam>
})

/** Returns the text of a message. If a model declined and another took over, only the text of the latter. */
export const betaText = (answer: Pick<BetaMessages.BetaMessage, "content">): string => textOf(answer)

/** A message of the model as a message of the next request; like `Messages.toParam`. */
export const betaToParam = (
  answer: Pick<BetaMessages.BetaMessage, "content" | "stop_reason">
): BetaMessages.BetaMessageParam & { readonly content: ReadonlyArray<BetaMessages.BetaContentBlockParam> } => ({
  role: "assistant",
  // A request takes every block of an answer.
  content: sentContent(answer) as ReadonlyArray<BetaMessages.BetaContentBlockParam>
})
