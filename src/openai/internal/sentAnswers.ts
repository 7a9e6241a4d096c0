import type { Behaviour } from "../../internal/behaviour.ts"
import { isObject, type JsonObject } from "../../internal/json/json.ts"

/**
 * Sends answers that a program put among the messages as they came, without what only answers have: APIs refuse a list
 * of calls that is `null`, and take the id of an audio instead of its bytes.
 */
export const sentAnswers: Behaviour = {
  send: (input) => {
    const { messages } = input
    if (!Array.isArray(messages) || !messages.some(isAnswer)) return input
    return {
      ...input,
      messages: messages.map((message: unknown) => (isAnswer(message) ? sentAnswer(message) : message))
    }
  }
}

const isAnswer = (message: unknown): message is JsonObject =>
  isObject(message) &&
  message["role"] === "assistant" &&
  ("annotations" in message || isNone(message, "tool_calls") || isNone(message, "function_call") || hasBytes(message))

const isNone = (message: JsonObject, name: string): boolean => name in message && message[name] === null

const hasBytes = ({ audio }: JsonObject): boolean => audio === null || (isObject(audio) && "data" in audio)

const sentAnswer = ({ annotations: _, audio, function_call, tool_calls, ...rest }: JsonObject): JsonObject => ({
  ...rest,
  ...(isObject(audio) ? { audio: "data" in audio ? { id: audio["id"] } : audio } : {}),
  ...(function_call === null || function_call === undefined ? {} : { function_call }),
  ...(tool_calls === null || tool_calls === undefined ? {} : { tool_calls })
})
