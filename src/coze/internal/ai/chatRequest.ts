/** A call of `effect/ai` as the input of a chat. */
import * as AiError from "effect/ai/AiError"
import type * as Prompt from "effect/ai/Prompt"
import { fileOf } from "../../../internal/ai/files.ts"
import { toolOutput } from "../../../internal/ai/history.ts"
import type { ModelRequest } from "../../../internal/ai/languageModel.ts"
import { fieldsOf } from "../../../internal/ai/metadata.ts"
import { textOf } from "../../../internal/json/json.ts"
import * as ToolOutput from "../../../tools/ToolOutput.ts"
import type * as Chat from "../../api/Chat.ts"
import type { EnterMessage, ObjectStringItem } from "../../api/ChatMessages.ts"
import type { Config } from "../../ChatLanguageModel.ts"
import * as ChatMessage from "../../ChatMessage.ts"
import { key } from "./chatParts.ts"

/** A new chat, or what lets one go on that waits for its tools. */
export type ChatRequest =
  | { readonly _tag: "Start"; readonly params: Chat.ChatCreateParams }
  | { readonly _tag: "Submit"; readonly params: Chat.ChatSubmitToolOutputsParams }

/** The most messages that a chat can begin with. */
const mostMessages = 100

/** Throws an `AiError` if an agent cannot be asked this. */
export const chatRequest = ({ config, model, object, options, tools }: ModelRequest<Config>): ChatRequest => {
  const { isFileId, onUnsupported = "fail", request: _, strict: __, ...params } = config
  const { conversation_id = options.previousResponseId, ...others } = params
  const messages = promptOf(options, params.conversation_id)
  const outputs = outputsOf(messages)
  if (outputs !== undefined) {
    const { auto_save_history, connector_id } = params
    return {
      _tag: "Submit",
      params: {
        ...outputs,
        ...(auto_save_history === undefined ? {} : { auto_save_history }),
        ...(connector_id === undefined ? {} : { connector_id })
      }
    }
  }
  if (tools.tools.length > 0 && options.toolChoice !== "auto" && onUnsupported === "fail") {
    throw refused('The agent itself decides which tools it calls: leave toolChoice out, or set onUnsupported: "omit"')
  }
  const schema = object === undefined ? "" : JSON.stringify(object.jsonSchema)
  const instruction = `Answer with one JSON value that fits this JSON Schema, and with nothing else:\n${schema}`
  const said = messagesOf(messages, config)
  return {
    _tag: "Start",
    params: {
      ...others,
      ...(conversation_id === undefined ? {} : { conversation_id }),
      bot_id: model,
      additional_messages: [...(object === undefined ? [] : [ChatMessage.user(instruction)]), ...said].slice(
        -mostMessages
      )
    }
  }
}

/** The conversation remembers what was said in it: only what is new is sent to one that goes on. */
const promptOf = (
  options: ModelRequest<Config>["options"],
  conversation: string | undefined
): ReadonlyArray<Prompt.Message> => {
  if (options.previousResponseId !== undefined && options.incrementalPrompt !== undefined) {
    return options.incrementalPrompt.content
  }
  const { content } = options.prompt
  if (conversation === undefined || isAnswered(content)) return content
  return content.slice(content.findLastIndex(({ role }) => role === "assistant") + 1)
}

const isAnswered = (messages: ReadonlyArray<Prompt.Message>): boolean => outputsOf(messages) !== undefined

/** The outputs for the chat that waits for them, if the prompt ends with those. */
const outputsOf = (messages: ReadonlyArray<Prompt.Message>): Chat.ChatSubmitToolOutputsParams | undefined => {
  const last = messages.at(-1)
  if (last?.role !== "tool") return undefined
  const calls = messages
    .flatMap((message) => (message.role === "assistant" ? message.content : []))
    .filter((part) => part.type === "tool-call")
  const results = last.content.filter((part) => part.type === "tool-result")
  const call = calls.findLast(({ id }) => results.some((result) => result.id === id))
  const { chat_id, conversation_id } = fieldsOf(call?.options, key)
  if (typeof chat_id !== "string" || typeof conversation_id !== "string") return undefined
  return {
    chat_id,
    conversation_id,
    tool_outputs: results.map((part) => ({
      tool_call_id: part.id,
      output: part.isFailure ? JSON.stringify({ error: part.result }) : ToolOutput.toText(toolOutput(part, () => false))
    }))
  }
}

/** The messages of a prompt. Throws an `AiError` if a chat cannot take one. */
export const messagesOf = (messages: ReadonlyArray<Prompt.Message>, config: Config): ReadonlyArray<EnterMessage> => {
  const system: Array<string> = []
  const said: Array<EnterMessage> = []
  for (const message of messages) {
    switch (message.role) {
      case "system":
        system.push(message.content)
        break
      case "user": {
        const items = message.content.map((part) => itemOf(part, config))
        const [only] = items
        if (items.length === 1 && only?.type === "text") said.push(ChatMessage.user(textOf(only.text)))
        else if (items.length > 0) said.push(ChatMessage.user(items))
        break
      }
      case "assistant": {
        const text = message.content.map((part) => (part.type === "text" ? part.text : "")).join("")
        if (text !== "") said.push(ChatMessage.assistant(text))
        break
      }
      case "tool":
        break
    }
  }
  if (system.length === 0) return said
  switch (config.onUnsupported) {
    case "asUser":
      return [ChatMessage.user(system.join("\n\n")), ...said]
    case "omit":
      return said
    default:
      throw refused(
        "An agent has its own system prompt, so a chat takes none: put it into the agent, or set onUnsupported to " +
          '"asUser", which sends it as a text of the user, or to "omit"'
      )
  }
}

const itemOf = (part: Prompt.UserMessagePart, { isFileId = isNumber }: Config): ObjectStringItem => {
  if (part.type === "text") return ChatMessage.text(part.text)
  const { mediaType, source } = fileOf(part, isFileId)
  if (source._tag === "Base64") {
    throw refused(`A chat takes files by URL or id: upload the ${mediaType} with Files.upload and pass its id`)
  }
  const ref = source._tag === "Url" ? { file_url: source.url } : { file_id: source.id }
  if (mediaType.startsWith("image/")) return ChatMessage.image(ref)
  return mediaType.startsWith("audio/") ? ChatMessage.audio(ref) : ChatMessage.file(ref)
}

const isNumber = (data: string): boolean => /^\d+$/.test(data)

const refused = (description: string): AiError.AiError =>
  AiError.make({
    module: "llmfx/coze/ChatLanguageModel",
    method: "toInput",
    reason: new AiError.InvalidUserInputError({ description })
  })
