import { isObject, type JsonObject, writeJson } from "../../internal/json/json.ts"

/** The API takes parts of messages, and objects in shortcut commands, only as JSON text. */
const asText = (value: unknown): unknown => (typeof value === "object" && value !== null ? writeJson(value) : value)

const messageAsText = (message: unknown): unknown =>
  isObject(message) ? { ...message, content: asText(message["content"]) } : message

const commandAsText = (command: JsonObject): JsonObject => {
  const { parameters } = command
  if (!isObject(parameters)) return command
  const texts = Object.entries(parameters).map(([name, value]) => [name, asText(value)])
  return { ...command, parameters: Object.fromEntries(texts) }
}

export const contentAsText = (input: JsonObject): JsonObject => {
  const { additional_messages: messages, shortcut_command: command } = input
  return {
    ...input,
    ...(Array.isArray(messages) ? { additional_messages: messages.map(messageAsText) } : undefined),
    ...(isObject(command) ? { shortcut_command: commandAsText(command) } : undefined)
  }
}
