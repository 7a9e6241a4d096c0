/**
 * From "this final answer" to the events in which its API streams it: the same order, the same first and last events,
 * text cut into words. Parts that are not given are filled from the schema.
 *
 * @example
 * ```ts
 * import { Events, Mock } from "llmfx/testing"
 * import { Messages } from "llmfx/anthropic"
 *
 * const answers = Mock.on(Messages.stream, () => Events.message("Hello, world"))
 * ```
 */
import * as Messages from "../anthropic/api/Messages.ts"
import * as Chat from "../coze/api/Chat.ts"
import * as ChatMessages from "../coze/api/ChatMessages.ts"
import { schemaDecoder } from "../internal/decode/schemaDecoder.ts"
import type { JsonObject } from "../internal/json/json.ts"
import * as ChatCompletions from "../openai/api/ChatCompletions.ts"
import * as Responses from "../openai/api/Responses.ts"
import { chatCompletionChunks } from "./internal/events/chatCompletion.ts"
import { cozeChatEvents } from "./internal/events/cozeChat.ts"
import { messageEvents } from "./internal/events/message.ts"
import { responseEvents } from "./internal/events/response.ts"
import * as Sample from "./Sample.ts"

const decodeAll = <A>(
  schema: { readonly Type: A; readonly ast: unknown },
  events: ReadonlyArray<JsonObject>
): ReadonlyArray<A> => {
  const decode = schemaDecoder(schema as Parameters<typeof schemaDecoder>[0], "open") as (json: unknown) => A
  return events.map((event) => decode(structuredClone(event)))
}

/**
 * The chunks of a chat completion; a string is the assistant's text.
 *
 * @category constructors
 */
export const chatCompletion = (
  answer: string | Sample.Partial<ChatCompletions.ChatCompletion>,
  options?: {
    /** Whether a last chunk has the token usage, as with `stream_options: { include_usage: true }`. */
    readonly includeUsage?: boolean | undefined
  }
): ReadonlyArray<ChatCompletions.ChatCompletionChunk> => {
  const given = typeof answer === "string" ? { choices: [{ message: { content: answer } }] } : answer
  const completion = Sample.json(ChatCompletions.ChatCompletion, given) as JsonObject
  return decodeAll(
    ChatCompletions.ChatCompletionChunk,
    chatCompletionChunks(completion, options?.includeUsage === true)
  )
}

/**
 * The events of a response; a string is the text of its one message.
 *
 * @category constructors
 */
export const response = (
  answer: string | Sample.Partial<Responses.Response>
): ReadonlyArray<Responses.ResponseStreamEvent> => {
  const given: Sample.Partial<Responses.Response> =
    typeof answer === "string"
      ? {
          status: "completed",
          output: [
            {
              type: "message",
              id: "msg",
              role: "assistant",
              status: "completed",
              content: [{ type: "output_text", text: answer, annotations: [] }]
            }
          ]
        }
      : answer
  return decodeAll(Responses.ResponseStreamEvent, responseEvents(Sample.json(Responses.Response, given) as JsonObject))
}

/**
 * The events of a message; a string is its text.
 *
 * @category constructors
 */
export const message = (
  answer: string | Sample.Partial<Messages.Message>
): ReadonlyArray<Messages.RawMessageStreamEvent> => {
  const given: Sample.Partial<Messages.Message> =
    typeof answer === "string" ? { content: [{ type: "text", text: answer }], stop_reason: "end_turn" } : answer
  return decodeAll(Messages.RawMessageStreamEvent, messageEvents(Sample.json(Messages.Message, given) as JsonObject))
}

/**
 * The events of a chat with a Coze agent; a string is the text of its one answer.
 *
 * @category constructors
 */
export const cozeChat = (
  answer:
    | string
    | {
        readonly chat?: Sample.Partial<Chat.ChatObject> | undefined
        /** In their order: tool calls, answers, follow-up questions. */
        readonly messages: ReadonlyArray<Sample.Partial<ChatMessages.Message>>
      }
): ReadonlyArray<Chat.ChatEvent> => {
  const { chat, messages } = typeof answer === "string" ? { chat: undefined, messages: [{ content: answer }] } : answer
  const head = Sample.json(Chat.ChatObject, { status: "completed", ...chat }) as JsonObject
  const all = messages.map(
    (given) =>
      Sample.json(ChatMessages.Message, {
        id: "message",
        conversation_id: String(head["conversation_id"]),
        chat_id: String(head["id"]),
        role: "assistant",
        type: "answer",
        content_type: "text",
        content: "",
        ...given
      }) as JsonObject
  )
  return decodeAll(Chat.ChatEvent, cozeChatEvents(head, all))
}
