/**
 * Makes messages to an agent, and reads an agent's answer.
 *
 * @example
 * ```ts
 * import { Chat, ChatMessage } from "llmfx/coze"
 *
 * const answer = Chat.createAndPoll({
 *   bot_id: "73428668*****",
 *   user_id: "user-1",
 *   additional_messages: [
 *     ChatMessage.user([ChatMessage.text("What is this?"), ChatMessage.image({ file_id: "7379462189365198898" })])
 *   ]
 * })
 * ```
 */
import { writeJson } from "../internal/json/json.ts"
import type { EnterMessage, FileItem, Message, MetaData, ObjectStringItem } from "./api/ChatMessages.ts"
import { isAnswer } from "./internal/answer.ts"

/**
 * A message with text content, which every endpoint accepts.
 *
 * @category models
 */
export interface TextMessage extends EnterMessage {
  readonly content: string
  readonly content_type: "text" | "object_string"
}

/**
 * Further fields of a message.
 *
 * @category models
 */
export interface Options {
  readonly meta_data?: MetaData | undefined
}

type Content = string | ReadonlyArray<ObjectStringItem>

/**
 * Makes a user message from text or several parts.
 *
 * @category constructors
 */
export const user = (content: Content, options?: Options): TextMessage => ({
  role: "user",
  type: "question",
  ...contentOf(content),
  ...options
})

/**
 * Makes a message that the agent said before.
 *
 * @category constructors
 */
export const assistant = (content: Content, options?: Options): TextMessage => ({
  role: "assistant",
  type: "answer",
  ...contentOf(content),
  ...options
})

const contentOf = (content: Content): Pick<TextMessage, "content" | "content_type"> =>
  typeof content === "string"
    ? { content, content_type: "text" }
    : { content: writeJson(content) ?? "", content_type: "object_string" }

/**
 * Makes a text part.
 *
 * @category constructors
 */
export const text = (text: string): ObjectStringItem => ({ type: "text", text })

/**
 * A file uploaded with `Files.upload`, or a publicly readable URL.
 *
 * @category models
 */
export type FileRef = { readonly file_id: string } | { readonly file_url: string }

/**
 * Makes an image part.
 *
 * @category constructors
 */
export const image = (ref: FileRef): FileItem<"image"> => ({ type: "image", ...ref })

/**
 * Makes a document part.
 *
 * @category constructors
 */
export const file = (ref: FileRef): FileItem<"file"> => ({ type: "file", ...ref })

/**
 * Makes an audio part.
 *
 * @category constructors
 */
export const audio = (ref: FileRef): FileItem<"audio"> => ({ type: "audio", ...ref })

/**
 * Returns the text of an agent's answer, without tool calls and suggestions.
 *
 * @category getters
 */
export const answerOf = (messages: ReadonlyArray<Message>): string => contentsOf(messages, isAnswer).join("\n\n")

/**
 * Returns the follow-up questions that the agent suggests.
 *
 * @category getters
 */
export const followUpsOf = (messages: ReadonlyArray<Message>): ReadonlyArray<string> =>
  contentsOf(messages, ({ type }) => type === "follow_up")

const contentsOf = (messages: ReadonlyArray<Message>, isWanted: (message: Message) => boolean): ReadonlyArray<string> =>
  messages.flatMap((message) =>
    isWanted(message) && typeof message.content === "string" && message.content !== "" ? [message.content] : []
  )
