/**
 * Messages to an agent, with the content types that belong to them, and what an agent answered.
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
import type { EnterMessage, FileItem, Message, MetaData, ObjectStringItem } from "./api/ChatMessages.ts"

/** A message whose content is text, as every endpoint takes it. */
export interface TextMessage extends EnterMessage {
  readonly content: string
  readonly content_type: "text" | "object_string"
}

/** What else a message can have. */
export interface Options {
  readonly meta_data?: MetaData | undefined
}

type Content = string | ReadonlyArray<ObjectStringItem>

/** What the user says: text, or several parts. */
export const user = (content: Content, options?: Options): TextMessage => ({
  role: "user",
  type: "question",
  ...contentOf(content),
  ...options
})

/** What the agent said before. */
export const assistant = (content: Content, options?: Options): TextMessage => ({
  role: "assistant",
  type: "answer",
  ...contentOf(content),
  ...options
})

const contentOf = (content: Content): Pick<TextMessage, "content" | "content_type"> =>
  typeof content === "string"
    ? { content, content_type: "text" }
    : { content: JSON.stringify(content), content_type: "object_string" }

/** A part of a message: text. */
export const text = (text: string): ObjectStringItem => ({ type: "text", text })

/** Where a file is: uploaded with `Files.upload`, or at a URL that everybody can read. */
export type FileRef = { readonly file_id: string } | { readonly file_url: string }

/** A part of a message: an image. */
export const image = (ref: FileRef): FileItem<"image"> => ({ type: "image", ...ref })

/** A part of a message: a document. */
export const file = (ref: FileRef): FileItem<"file"> => ({ type: "file", ...ref })

/** A part of a message: a recording. */
export const audio = (ref: FileRef): FileItem<"audio"> => ({ type: "audio", ...ref })

/** The text that an agent answered, without tool calls and suggestions. */
export const answerOf = (messages: ReadonlyArray<Message>): string => contentsOf(messages, "answer").join("\n\n")

/** What the user could ask next, as the agent suggests. */
export const followUpsOf = (messages: ReadonlyArray<Message>): ReadonlyArray<string> =>
  contentsOf(messages, "follow_up")

const contentsOf = (messages: ReadonlyArray<Message>, type: string): ReadonlyArray<string> =>
  messages.flatMap((message) =>
    message.type === type && typeof message.content === "string" && message.content !== "" ? [message.content] : []
  )
