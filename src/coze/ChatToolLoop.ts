/**
 * Runs the program's tools for an agent until its chat is over.
 *
 * The agent declares its tools, not the request, so they are matched by name only.
 *
 * @example
 * ```ts
 * import * as Effect from "effect/Effect"
 * import * as Schema from "effect/Schema"
 * import { ToolLoop, Tools } from "llmfx"
 * import { ChatMessage } from "llmfx/coze"
 * import * as ChatToolLoop from "llmfx/coze/ChatToolLoop"
 *
 * const weather = Tools.make({
 *   name: "weather",
 *   parameters: Schema.Struct({ city: Schema.String }),
 *   run: ({ city }) => Effect.succeed(`Sunny in ${city}`)
 * })
 *
 * const answer = ChatToolLoop.run(
 *   { bot_id: "73428668*****", user_id: "user-1", additional_messages: [ChatMessage.user("What is the weather?")] },
 *   [weather]
 * ).pipe(ToolLoop.finished)
 * ```
 */
import { finishKind } from "../internal/decode/finishReason.ts"
import { plainConversion } from "../internal/schema/plainConversion.ts"
import { finishWith } from "../internal/stream/fold.ts"
import * as ToolLoop from "../tools/ToolLoop.ts"
import * as ToolOutput from "../tools/ToolOutput.ts"
import type * as Tools from "../tools/Tools.ts"
import * as Chat from "./api/Chat.ts"
import * as ChatStream from "./ChatStream.ts"
import { Coze } from "./Coze.ts"
import { chatFailure } from "./internal/chatFailure.ts"

/**
 * The input of a step.
 *
 * @category models
 */
export interface Input {
  /** The chat that was started. At the end of the loop, the start of another chat: add its messages. */
  readonly chat: Chat.ChatCreateParams
  /** The outputs that continue the chat. */
  readonly outputs: Chat.ChatSubmitToolOutputsParams | undefined
}

type Answer = ChatStream.Snapshot

/**
 * Runs the loop. The chat must be saved, which is the default of `auto_save_history`.
 *
 * @category running
 */
export const run: ToolLoop.Run<Chat.ChatCreateParams, Input, Answer, Coze> = (input, tools, options) =>
  ToolLoop.run(api, { chat: input, outputs: undefined }, tools, options)

/** Returns how an answer ended. A chat that waits for its tools has not ended. */
const endingOf = ({ chat }: Answer): ToolLoop.Ending => {
  const kind = finishKind(chat.status)
  switch (kind) {
    case "missing":
    case "end":
    case "calls":
    case "unknown":
      return "uncut"
    case "paused":
      return "incomplete"
    case "error":
      return chatFailure(Chat.stream.id, chat)
    default:
      return kind
  }
}

/**
 * Returns the calls that a chat waits for.
 *
 * @category getters
 */
export const calls = ({ chat }: Answer): ReadonlyArray<Tools.Call> =>
  finishKind(chat.status) === "calls"
    ? (chat.required_action?.submit_tool_outputs?.tool_calls ?? []).map(({ function: called, id }) => ({
        id,
        name: called?.name ?? "",
        arguments: called?.arguments ?? ""
      }))
    : []

/**
 * Returns the input that follows an answer: the outputs of its tools, or another chat in the same conversation.
 *
 * @category getters
 */
export const next = (input: Input, { chat }: Answer, results: ReadonlyArray<Tools.CallResult>): Input => ({
  chat: { ...input.chat, conversation_id: chat.conversation_id, additional_messages: [] },
  outputs:
    results.length === 0
      ? undefined
      : {
          conversation_id: chat.conversation_id,
          chat_id: chat.id,
          tool_outputs: results.map(({ id, output }) => ({ tool_call_id: id, output: ToolOutput.toText(output) }))
        }
})

const api: ToolLoop.Api<Input, Chat.ChatEvent, Answer, Answer, Coze> = {
  service: Coze,
  conversion: plainConversion,
  withTools: (input) => input,
  events: ({ chat, outputs }) => (outputs === undefined ? Chat.stream(chat) : Chat.submitToolOutputsStream(outputs)),
  accumulator: ChatStream.accumulator,
  finish: finishWith(Chat.stream, "a chat"),
  ending: endingOf,
  calls,
  next
}
