/** Functions on the answers of `ChatCompletions`. */
import type * as ChatCompletions from "../api/ChatCompletions.ts"
import { ownIds, paramOf } from "./chatParam.ts"
import { textOfContent } from "./content.ts"

/** The text of a completion's first choice, without its reasoning. */
export const text = ({ choices }: Pick<ChatCompletions.ChatCompletion, "choices">): string =>
  textOfContent(choices[0]?.message.content)

/**
 * The message of a completion's first choice as a message of the next request: with what only its server knows, such as
 * its reasoning, and without calls that were cut. A message without content and calls must not be sent.
 */
export const toParam = (
  completion: Pick<ChatCompletions.ChatCompletion, "choices">
): ChatCompletions.ChatCompletionAssistantMessageParam => {
  const message = completion.choices[0]?.message
  return message === undefined ? { role: "assistant", content: null } : paramOf(message, ownIds(completion))
}
