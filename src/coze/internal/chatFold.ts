/** Puts a chat and its messages together from the stream of events. */
import type { Fold, Step } from "../../Accumulator.ts"
import { arrayOf, isObject, type JsonObject, textOf } from "../../internal/json/json.ts"

export class ChatFold implements Fold<unknown, JsonObject, Step> {
  #chat: JsonObject | undefined
  readonly #messages = new Map<string, Message>()
  readonly #calls = new Set<string>()

  push(event: unknown): ReadonlyArray<Step> {
    const name = isObject(event) ? textOf(event["event"]) : ""
    const data = isObject(event) ? event["data"] : undefined
    if (name.startsWith("conversation.chat.")) return this.#pushChat(event, data)
    if (name !== "conversation.message.delta" && name !== "conversation.message.completed") return []
    const id = isObject(data) ? textOf(data["id"]) : ""
    if (!isObject(data) || id === "") return [refused(event, "The message has no id")]
    let message = this.#messages.get(id)
    if (message === undefined) {
      message = new Message(this.#messages.size)
      this.#messages.set(id, message)
    }
    return name === "conversation.message.delta" ? message.push(data) : message.finish(data)
  }

  #pushChat(event: unknown, data: unknown): ReadonlyArray<Step> {
    if (!isObject(data)) return [refused(event, "The event has no chat")]
    this.#chat = { ...this.#chat, ...present(data) }
    const action = within(within(data["required_action"])["submit_tool_outputs"])
    return arrayOf(action["tool_calls"]).flatMap((call, part) => {
      const id = textOf(within(call)["id"])
      if (id === "" || this.#calls.has(id)) return []
      this.#calls.add(id)
      const { arguments: json, name } = within(within(call)["function"])
      const place = { index: this.#messages.size, part, id, name: textOf(name) }
      return [
        { _tag: "ToolCallStarted" as const, ...place },
        { _tag: "ToolCallDone" as const, ...place, arguments: textOf(json) }
      ]
    })
  }

  snapshot(): JsonObject | undefined {
    if (this.#chat === undefined) return undefined
    return { chat: this.#chat, messages: [...this.#messages.values()].map((message) => message.snapshot()) }
  }
}

const refused = (event: unknown, message: string): Step => ({ _tag: "EventRefused", event, message })

const within = (value: unknown): JsonObject => (isObject(value) ? value : {})

/** Later events of a chat leave out what earlier ones have said. */
const present = (fields: JsonObject): JsonObject =>
  Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== undefined && value !== null && value !== "")
  )

class Message {
  readonly #index: number
  #fields: JsonObject = {}
  #content = ""
  #reasoning = ""
  #isDone = false
  #snapshot: JsonObject | undefined

  constructor(index: number) {
    this.#index = index
  }

  push(piece: JsonObject): ReadonlyArray<Step> {
    if (this.#isDone) return [refused(piece, "The message has ended")]
    this.#snapshot = undefined
    const content = textOf(piece["content"])
    const reasoning = textOf(piece["reasoning_content"])
    this.#fields = { ...this.#fields, ...present(piece) }
    this.#content += content
    this.#reasoning += reasoning
    const place = { index: this.#index, part: 0 }
    return [
      ...(reasoning === "" ? [] : [{ _tag: "ReasoningDelta" as const, ...place, delta: reasoning }]),
      ...(content === "" || piece["type"] !== "answer"
        ? []
        : [{ _tag: "TextDelta" as const, ...place, delta: content }])
    ]
  }

  /** The message as a whole is what counts, whatever its pieces were. */
  finish(message: JsonObject): ReadonlyArray<Step> {
    const wasDone = this.#isDone
    this.#isDone = true
    this.#snapshot = message
    if (wasDone) return []
    const place = { index: this.#index, part: 0 }
    const reasoning = textOf(message["reasoning_content"]) || this.#reasoning
    return [
      ...(reasoning === "" ? [] : [{ _tag: "ReasoningDone" as const, ...place, text: reasoning }]),
      ...(message["type"] === "answer"
        ? [{ _tag: "TextDone" as const, ...place, text: textOf(message["content"]) }]
        : [])
    ]
  }

  snapshot(): JsonObject {
    this.#snapshot ??= {
      ...this.#fields,
      content: this.#content,
      ...(this.#reasoning === "" ? {} : { reasoning_content: this.#reasoning })
    }
    return this.#snapshot
  }
}
