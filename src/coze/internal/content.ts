type Fields = { readonly [field: string]: unknown }

const isObject = (u: unknown): u is Fields => typeof u === "object" && u !== null

const messageAsText = (message: unknown): unknown =>
  isObject(message) && isObject(message["content"])
    ? { ...message, content: JSON.stringify(message["content"]) }
    : message

const commandAsText = (command: unknown): unknown => {
  if (!isObject(command) || !isObject(command["parameters"])) return command
  const parameters = Object.entries(command["parameters"]).map(([name, value]) => [
    name,
    isObject(value) ? JSON.stringify(value) : value
  ])
  return { ...command, parameters: Object.fromEntries(parameters) }
}

/** The API accepts message parts and objects in shortcut commands only as JSON text. */
export const contentAsText = (input: Fields): Fields => {
  const { additional_messages: messages, shortcut_command: command } = input
  return {
    ...input,
    ...(Array.isArray(messages) ? { additional_messages: messages.map(messageAsText) } : undefined),
    ...(isObject(command) ? { shortcut_command: commandAsText(command) } : undefined)
  }
}
