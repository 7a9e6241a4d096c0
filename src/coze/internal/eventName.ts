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
  ["conversation.stream.done", "done"],
  ["conversation.done", "done"],
  ["conversation.error", "error"],
  ["exception", "error"],
  ["conversation.chat.cancelled", "conversation.chat.canceled"],
  ["conversation.chat.required_action", "conversation.chat.requires_action"]
])

/** `terminal` are the events that end the stream: a workflow's have capitals. */
export const eventName = (name: string, terminal: ReadonlyArray<string>): string => {
  if (name === "" || name.startsWith("conversation.message.")) return name
  if (name === "Error" || terminal.includes(name)) return name
  const lower = name.toLowerCase()
  if (terminal.includes("Done")) {
    return name === "PING" || lower !== "ping"
      ? (workflow.get(lower) ?? workflow.get(lower.replace(/^workflow\./, "")) ?? name)
      : lower
  }
  return chat.get(lower) ?? (lower.startsWith("conversation.") || lower === "done" || lower === "error" ? lower : name)
}
