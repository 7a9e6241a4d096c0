/** Puts a chat and its messages together from the stream of events. */
import type { Fold, Step } from "../../Accumulator.ts"
import { arrayOf, isObject, type JsonObject, textOf } from "../../internal/json/json.ts"
import { isAnswer } from "./answer.ts"

export class ChatFold implements Fold<unknown, JsonObject, Step> {
  #chat: Map<string, unknown> | undefined
  readonly #messages: Array<Message> = []
  readonly #byId = new Map<string, ReadonlyArray<Message>>()
  readonly #calls = new Set<string>()

  push(event: unknown): ReadonlyArray<Step> {
    const name = isObject(event) ? textOf(event["event"]) : ""
    const data = isObject(event) ? event["data"] : undefined
    if (name.startsWith("conversation.chat.")) return this.#pushChat(event, data)
    if (name !== "conversation.message.delta" && name !== "conversation.message.completed") return []
    if (!isObject(data)) return [refused(event, "The event has no message")]
    const isEnd = name === "conversation.message.completed"
    const message = this.#messageOf(data, isEnd)
    if (message === undefined) return [refused(event, "The message has ended")]
    return isEnd ? message.finish(data) : message.push(data)
  }

  /**
   * The message of an event: of its kind and with its id, if it is open or says the same. Servers use an id again, or
   * leave it out. `undefined` for a late piece that says more than its message.
   */
  #messageOf(data: JsonObject, isEnd: boolean): Message | undefined {
    const id = textOf(data["id"])
    const known = this.#byId.get(id) ?? []
    const before = known.findLast((message) => message.takes(data))
    if (before !== undefined) return before
    // Some servers end a message under another id than that of its pieces.
    const told = isEnd ? this.#messages.slice(-maxOfOneId).find((message) => message.isSaidBy(data)) : undefined
    if (told !== undefined) return told
    if (!isEnd && id !== "" && known.some((message) => message.isOfKind(data))) return undefined
    const message = new Message(this.#messages.length)
    this.#messages.push(message)
    this.#byId.set(id, [...known.slice(1 - maxOfOneId), message])
    return message
  }

  #pushChat(event: unknown, data: unknown): ReadonlyArray<Step> {
    if (!isObject(data)) return [refused(event, "The event has no chat")]
    this.#chat ??= new Map()
    addPresent(this.#chat, data)
    const action = within(within(data["required_action"])["submit_tool_outputs"])
    return arrayOf(action["tool_calls"]).flatMap((call, part) => {
      const id = textOf(within(call)["id"])
      const key = `${id}/${part}`
      if (id === "" || this.#calls.has(key)) return []
      this.#calls.add(key)
      const { arguments: json, name } = within(within(call)["function"])
      const place = { index: this.#messages.length, part, id, name: textOf(name) }
      return [
        { _tag: "ToolCallStarted" as const, ...place },
        { _tag: "ToolCallDone" as const, ...place, arguments: textOf(json) }
      ]
    })
  }

  snapshot(): JsonObject | undefined {
    if (this.#chat === undefined) return undefined
    return { chat: Object.fromEntries(this.#chat), messages: this.#messages.map((message) => message.snapshot()) }
  }
}

const refused = (event: unknown, message: string): Step => ({ _tag: "EventRefused", event, message })

const within = (value: unknown): JsonObject => (isObject(value) ? value : {})

/** How many messages with the same id an event is looked for in. */
const maxOfOneId = 32

/** Later events leave out what earlier ones have said. */
const addPresent = (fields: Map<string, unknown>, more: JsonObject): void => {
  for (const [name, value] of Object.entries(more)) {
    if (value !== undefined && value !== null && value !== "") fields.set(name, value)
  }
}

class Message {
  readonly #index: number
  readonly #fields = new Map<string, unknown>()
  #content = ""
  #reasoning = ""
  #isDone = false
  #snapshot: JsonObject | undefined

  constructor(index: number) {
    this.#index = index
  }

  /** Whether an event is of the same kind of message, as far as both say. */
  isOfKind(data: JsonObject): boolean {
    const [own, other] = [textOf(this.#fields.get("type")), textOf(data["type"])]
    return own === "" || other === "" || own === other
  }

  /** Whether an event can be one of this message: it is open, or has told all that the event says. */
  takes(data: JsonObject): boolean {
    if (!this.isOfKind(data) || !this.#isDone) return this.isOfKind(data)
    return (
      this.#content.includes(textOf(data["content"])) && this.#reasoning.includes(textOf(data["reasoning_content"]))
    )
  }

  /** Whether a whole message says what the pieces of this one have said. */
  isSaidBy(data: JsonObject): boolean {
    return !this.#isDone && this.isOfKind(data) && this.#content !== "" && this.#content === data["content"]
  }

  push(piece: JsonObject): ReadonlyArray<Step> {
    // A piece that comes after the end has been told by then.
    if (this.#isDone) return []
    const content = textOf(piece["content"])
    const reasoning = textOf(piece["reasoning_content"])
    this.#snapshot = undefined
    addPresent(this.#fields, piece)
    this.#content += content
    this.#reasoning += reasoning
    return [...this.#said("ReasoningDelta", reasoning), ...(isAnswer(piece) ? this.#said("TextDelta", content) : [])]
  }

  #said(tag: "ReasoningDelta" | "TextDelta", delta: string): ReadonlyArray<Step> {
    return delta === "" ? [] : [{ _tag: tag, index: this.#index, part: 0, delta }]
  }

  /** The message as a whole is what counts, whatever its pieces were. What it leaves out, they have said. */
  finish(message: JsonObject): ReadonlyArray<Step> {
    if (this.#isDone) return []
    const content = textOf(message["content"]) || this.#content
    const reasoning = textOf(message["reasoning_content"]) || this.#reasoning
    const rest = (whole: string, said: string) => (whole.startsWith(said) ? whole.slice(said.length) : "")
    const [moreContent, moreReasoning] = [rest(content, this.#content), rest(reasoning, this.#reasoning)]
    this.#isDone = true
    addPresent(this.#fields, message)
    this.#content = content
    this.#reasoning = reasoning
    this.#snapshot =
      content === textOf(message["content"]) && reasoning === textOf(message["reasoning_content"])
        ? message
        : { ...message, content, ...(reasoning === "" ? {} : { reasoning_content: reasoning }) }
    const place = { index: this.#index, part: 0 }
    return [
      ...this.#said("ReasoningDelta", moreReasoning),
      ...(reasoning === "" ? [] : [{ _tag: "ReasoningDone" as const, ...place, text: reasoning }]),
      ...(isAnswer(message)
        ? [...this.#said("TextDelta", moreContent), { _tag: "TextDone" as const, ...place, text: content }]
        : [])
    ]
  }

  snapshot(): JsonObject {
    this.#snapshot ??= {
      ...Object.fromEntries(this.#fields),
      content: this.#content,
      ...(this.#reasoning === "" ? {} : { reasoning_content: this.#reasoning })
    }
    return this.#snapshot
  }
}
