/** Maps event names of self-hosted servers to those of the cloud. */

const workflow: ReadonlyMap<string, string> = new Map([
  ["message", "Message"],
  ["done", "Done"],
  ["interrupt", "Interrupt"],
  ["ping", "PING"],
  ["error", "error"],
  ["exception", "error"]
])

const chat: ReadonlyMap<string, string> = new Map([
  // The usual name, as the one string that all code compares names with.
  ["conversation.message.delta", "conversation.message.delta"],
  ["conversation.stream.done", "done"],
  ["conversation.done", "done"],
  ["conversation.error", "error"],
  ["exception", "error"],
  ["conversation.chat.cancelled", "conversation.chat.canceled"],
  ["conversation.chat.required_action", "conversation.chat.requires_action"]
])

/**
 * Makes what names the events of one stream. `terminal` are the events that end it: a workflow's have capitals. Most
 * events have the name of the one before.
 */
export const eventNames = (terminal: ReadonlyArray<string>): ((name: string) => string) => {
  let last = ""
  let named = ""
  return (name) => {
    if (name !== last) {
      last = name
      named = eventName(name, terminal)
    }
    return named
  }
}

const eventName = (name: string, terminal: ReadonlyArray<string>): string => {
  if (name === "" || terminal.includes(name)) return name
  const lower = name.toLowerCase()
  if (terminal.includes("Done")) {
    return name === "PING" || lower !== "ping"
      ? (workflow.get(lower) ?? workflow.get(lower.replace(/^workflow\./, "")) ?? name)
      : lower
  }
  return chat.get(lower) ?? (lower.startsWith("conversation.") || lower === "done" || lower === "error" ? lower : name)
}
