/** The parts of a chat and of its events, for `effect/ai`. */
import type * as Response from "effect/ai/Response"
import * as AiErrors from "../../../AiErrors.ts"
import { Carrier } from "../../../internal/ai/carry.ts"
import type { Reading } from "../../../internal/ai/languageModel.ts"
import { metadata } from "../../../internal/ai/metadata.ts"
import { type Emit, type PartReader, truncated, wholeParts } from "../../../internal/ai/parts.ts"
import { CallIds } from "../../../internal/ai/tools.ts"
import { usageOf } from "../../../internal/ai/usage.ts"
import { arrayOf, isObject, type JsonObject, objectsOf, textOf } from "../../../internal/json/json.ts"
import type * as Chat from "../../api/Chat.ts"
import type { Snapshot } from "../../ChatStream.ts"
import { chatFailure } from "../chatFailure.ts"
import { streamChat } from "./endpoints.ts"

/** The key of a part's metadata and options. */
export const key = "coze"

/** A chat that has ended, as the events that tell of it. */
export const eventsOf = ({ chat, messages }: Snapshot): ReadonlyArray<unknown> => [
  { event: "conversation.chat.created", data: chat },
  ...messages.map((data) => ({ event: "conversation.message.completed", data })),
  { event: `conversation.chat.${chat.status ?? "completed"}`, data: chat }
]

/** Reads the events of a whole chat. Throws an `AiError` if the chat failed, or never ended. */
export const eventsToParts = (events: unknown, reading: Reading): ReadonlyArray<Response.PartEncoded> => {
  const parts: Array<Response.PartEncoded> = []
  const emit = wholeParts(key, (part) => parts.push(part))
  const reader = new ChatReader(reading)
  for (const event of arrayOf(events)) reader.push(event, emit)
  reader.end()
  return parts
}

/** Reads the events of a chat, decoded or not. */
export class ChatReader implements PartReader<unknown> {
  readonly #reading: Reading
  readonly #carrier = new Carrier()
  readonly #ids: CallIds
  /** Messages that have begun, and what they have said. */
  readonly #open = new Map<string, { text: string; reasoning: string }>()
  readonly #done = new Set<string>()
  readonly #followUps: Array<string> = []
  #chat: JsonObject = {}
  #text = ""
  #events = 0
  #isOver = false

  constructor(reading: Reading) {
    this.#reading = reading
    this.#ids = new CallIds(reading.idPrefix)
  }

  push(event: unknown, emit: EmitStreamed): void {
    this.#events++
    if (!isObject(event) || !isObject(event["data"]) || this.#isOver) return
    const { data, event: name } = event
    switch (name) {
      case "conversation.message.delta":
        if (data["type"] === "answer") this.#delta(data, emit)
        return
      case "conversation.message.completed":
        return this.#completed(data, emit)
      case "conversation.chat.failed":
        // The chat is as far checked as its error needs.
        throw AiErrors.fromApiError(chatFailure(streamChat.id, data as unknown as Chat.ChatObject), this.#reading.place)
      case "conversation.chat.created":
      case "conversation.chat.in_progress":
        return this.#begin(data, emit)
      case "conversation.chat.completed":
      case "conversation.chat.canceled":
      case "conversation.chat.requires_action":
        this.#begin(data, emit)
        return this.#finish(String(name).slice("conversation.chat.".length), data, emit)
    }
  }

  end(): void {
    if (this.#isOver) return
    const partial = { text: this.#text, usage: this.#chat["usage"], events: this.#events }
    throw truncated(this.#reading, "coze", streamChat.id, "the end of the chat", partial)
  }

  #begin(chat: JsonObject, emit: EmitStreamed): void {
    const isFirst = this.#chat["id"] === undefined
    Object.assign(this.#chat, chat)
    if (!isFirst) return
    emit({
      type: "response-metadata",
      // The next call continues the conversation.
      id: textOf(chat["conversation_id"]),
      modelId: textOf(chat["bot_id"]),
      ...metadata(key, { chat_id: chat["id"], section_id: chat["section_id"] })
    })
  }

  #delta(message: JsonObject, emit: EmitStreamed): void {
    const id = textOf(message["id"])
    const open = this.#open.get(id) ?? { text: "", reasoning: "" }
    this.#open.set(id, open)
    const reasoning = textOf(message["reasoning_content"])
    if (reasoning !== "") {
      if (open.reasoning === "") emit({ type: "reasoning-start", id: `${id}-reasoning` })
      open.reasoning += reasoning
      emit({ type: "reasoning-delta", id: `${id}-reasoning`, delta: reasoning })
    }
    const content = textOf(message["content"])
    if (content === "") return
    if (open.text === "") emit({ type: "text-start", id })
    open.text += content
    this.#text += content
    emit({ type: "text-delta", id, delta: content })
  }

  /** Says what the deltas of a message have not said. */
  #rest(message: JsonObject, emit: EmitStreamed): void {
    const said = this.#open.get(textOf(message["id"]))
    this.#delta(
      {
        id: message["id"],
        content: restOf(said?.text ?? "", textOf(message["content"])),
        reasoning_content: restOf(said?.reasoning ?? "", textOf(message["reasoning_content"]))
      },
      emit
    )
  }

  #end(id: string, emit: EmitStreamed): void {
    const open = this.#open.get(id)
    this.#open.delete(id)
    if (open === undefined) return
    if (open.reasoning !== "") emit({ type: "reasoning-end", id: `${id}-reasoning` })
    if (open.text !== "") emit({ type: "text-end", id, ...this.#metadata({ message_id: id }) })
  }

  #completed(message: JsonObject, emit: EmitStreamed): void {
    const id = textOf(message["id"])
    if (this.#done.has(id) && id !== "") return
    this.#done.add(id)
    switch (message["type"]) {
      case "answer":
        this.#rest(message, emit)
        return this.#end(id, emit)
      case "follow_up":
        this.#followUps.push(textOf(message["content"]))
        return
      case "question":
        return
      default:
        // Calls of the agent's own plugins, what they gave, what was found in its knowledge.
        this.#carrier.hold(message)
    }
  }

  #finish(status: string, chat: JsonObject, emit: EmitStreamed): void {
    this.#isOver = true
    for (const id of [...this.#open.keys()]) this.#end(id, emit)
    const action = chat["required_action"]
    const submit = isObject(action) && isObject(action["submit_tool_outputs"]) ? action["submit_tool_outputs"] : {}
    const calls = objectsOf(submit["tool_calls"])
    for (const call of calls) this.#call(call, emit)
    if (!this.#carrier.isEmpty) {
      emit({ type: "text-start", id: "end" })
      emit({ type: "text-end", id: "end", ...this.#metadata({}) })
    }
    const { usage } = this.#chat
    emit({
      type: "finish",
      reason:
        status === "requires_action" || calls.length > 0 ? "tool-calls" : status === "completed" ? "stop" : "other",
      usage: usageOf(usage),
      ...metadata(key, { status, usage, followUps: this.#followUps.length === 0 ? undefined : this.#followUps })
    })
  }

  #call(call: JsonObject, emit: EmitStreamed): void {
    const called = isObject(call["function"]) ? call["function"] : {}
    const name = textOf(called["name"])
    emit({
      type: "tool-call",
      id: this.#ids.next(call["id"]),
      name,
      params: this.#reading.tools.params({ name, arguments: called["arguments"] }),
      ...this.#metadata({})
    })
  }

  #metadata(fields: JsonObject) {
    const { conversation_id, id: chat_id } = this.#chat
    return metadata(key, { ...this.#carrier.take(), ...fields, conversation_id, chat_id })
  }
}

type EmitStreamed = Emit<Response.StreamPartEncoded>

const restOf = (said: string, whole: string): string => (whole.startsWith(said) ? whole.slice(said.length) : "")
