/** Puts the messages of a managed agent together from the previews in the stream of its session. */

import type { Fold, Step } from "../../Accumulator.ts"
import { arrayOf, isObject, type JsonObject, textOf } from "../../internal/json/json.ts"
import { jsonText } from "../../internal/json/jsonText.ts"
import { indexOf } from "../../internal/stream/fold.ts"

/** The states that the events name, in the words of the session itself. */
const statuses: { readonly [type: string]: string } = {
  "session.status_running": "running",
  "session.status_idle": "idle",
  "session.status_rescheduled": "rescheduling",
  "session.status_terminated": "terminated"
}

export class SessionFold implements Fold<unknown, JsonObject, Step> {
  readonly #events = new Map<string, JsonObject>()
  readonly #messages = new Map<string, Message>()
  #hasBegun = false
  #status: string | undefined
  #stopReason: unknown
  #usage: unknown

  push(event: unknown): ReadonlyArray<Step> {
    if (!isObject(event)) return [refused(event, "The event is not an object")]
    this.#hasBegun = true
    const type = textOf(event["type"])
    if (type === "event_start") return this.#start(event)
    if (type === "event_delta") return this.#delta(event)
    const raw = type === "~unknown" && isObject(event["raw"]) ? event["raw"] : event
    const id = textOf(raw["id"])
    if (id === "") return [refused(event, "The event has no id")]
    const isNew = !this.#events.has(id)
    this.#events.set(id, event)
    this.#note(type, event)
    return isNew ? this.#say(type, id, event) : []
  }

  #note(type: string, event: JsonObject): void {
    if (Object.hasOwn(statuses, type)) {
      this.#status = statuses[type]
      this.#stopReason = event["stop_reason"]
    }
    if (type === "session.usage") this.#usage = event["usage"]
  }

  #say(type: string, id: string, event: JsonObject): ReadonlyArray<Step> {
    if (type === "agent.message") return this.#message(id).finish(arrayOf(event["content"]))
    if (type !== "agent.custom_tool_use") return []
    const call = { index: this.#events.size - 1, part: 0, id, name: textOf(event["name"]) }
    return [
      { _tag: "ToolCallStarted", ...call },
      { _tag: "ToolCallDone", ...call, arguments: jsonText(event["input"] ?? {}) }
    ]
  }

  #start(event: JsonObject): ReadonlyArray<Step> {
    const preview = isObject(event["event"]) ? event["event"] : {}
    if (preview["type"] !== "agent.message") return []
    const id = textOf(preview["id"])
    if (id === "") return [refused(event, "The message has no id")]
    this.#message(id)
    return []
  }

  #delta(event: JsonObject): ReadonlyArray<Step> {
    const message = this.#messages.get(textOf(event["event_id"]))
    if (message === undefined) return [refused(event, "The message has not begun")]
    return message.push(event)
  }

  #message(id: string): Message {
    const message = this.#messages.get(id) ?? new Message(id, this.#messages.size)
    this.#messages.set(id, message)
    return message
  }

  snapshot(): JsonObject | undefined {
    if (!this.#hasBegun) return undefined
    return {
      events: [...this.#events.values()],
      previews: [...this.#messages.values()].flatMap((message) => (message.isDone ? [] : [message.snapshot()])),
      status: this.#status,
      stopReason: this.#stopReason,
      usage: this.#usage
    }
  }
}

const refused = (event: unknown, message: string): Step => ({ _tag: "EventRefused", event, message })

class Message {
  readonly #id: string
  readonly #index: number
  readonly #content: Array<JsonObject> = []
  isDone = false
  #snapshot: JsonObject | undefined

  constructor(id: string, index: number) {
    this.#id = id
    this.#index = index
  }

  push(event: JsonObject): ReadonlyArray<Step> {
    const delta = isObject(event["delta"]) ? event["delta"] : {}
    const part = indexOf(delta["index"])
    const piece = delta["content"]
    if (this.isDone) return [refused(event, "The message has ended")]
    if (part === undefined || part > this.#content.length) return [refused(event, "The event has no valid index")]
    if (!isObject(piece)) return [refused(event, "The event has no content")]
    this.#snapshot = undefined
    const before = this.#content[part]
    if (before === undefined) this.#content.push(piece)
    else if (typeof before["text"] === "string") {
      this.#content[part] = { ...before, text: before["text"] + textOf(piece["text"]) }
    }
    return piece["type"] === "text"
      ? [{ _tag: "TextDelta", index: this.#index, part, delta: textOf(piece["text"]) }]
      : []
  }

  /** The message as a whole is what counts, whatever its pieces were; what they did not say is said now. */
  finish(content: ReadonlyArray<unknown>): ReadonlyArray<Step> {
    this.isDone = true
    return content.flatMap((block, part): ReadonlyArray<Step> => {
      if (!isObject(block) || block["type"] !== "text") return []
      const place = { index: this.#index, part }
      const text = textOf(block["text"])
      const said = textOf(this.#content[part]?.["text"])
      const rest = text.startsWith(said) ? text.slice(said.length) : ""
      return [
        ...(rest === "" ? [] : [{ _tag: "TextDelta" as const, ...place, delta: rest }]),
        { _tag: "TextDone", ...place, text }
      ]
    })
  }

  snapshot(): JsonObject {
    this.#snapshot ??= { id: this.#id, type: "agent.message", content: [...this.#content] }
    return this.#snapshot
  }
}
