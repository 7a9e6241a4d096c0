/** The parts of a chat and of its events, for `effect/ai`. */
import type * as Response from "effect/ai/Response"
import * as AiErrors from "../../../AiErrors.ts"
import { Carrier } from "../../../internal/ai/carry.ts"
import type { Reading } from "../../../internal/ai/languageModel.ts"
import { metadata } from "../../../internal/ai/metadata.ts"
import type { Emit, PartReader } from "../../../internal/ai/parts.ts"
import { CallIds } from "../../../internal/ai/tools.ts"
import { usageOf } from "../../../internal/ai/usage.ts"
import { wholeParts } from "../../../internal/ai/wholeParts.ts"
import { isObject, type JsonObject, objectsOf, textOf } from "../../../internal/json/json.ts"
import * as Chat from "../../api/Chat.ts"
import type { Snapshot } from "../../ChatStream.ts"
import { chatFailure } from "../chatFailure.ts"

/** The key of a part's metadata and options. */
export const key = "coze"

/** The parts of a chat that has ended. */
export const chatToParts = ({ chat, messages }: Snapshot, reading: Reading): ReadonlyArray<Response.PartEncoded> => {
  const parts: Array<Response.StreamPartEncoded> = []
  const reader = new ChatReader(reading)
  const push = (event: unknown) => reader.push(event, (part) => parts.push(part))
  push({ event: "conversation.chat.created", data: chat })
  for (const data of messages) push({ event: "conversation.message.completed", data })
  push({ event: `conversation.chat.${chat.status ?? "completed"}`, data: chat })
  return wholeParts(parts)
}

/** Reads the events of a chat, decoded or not. */
export class ChatReader implements PartReader<unknown> {
  readonly #reading: Reading
  readonly #carrier = new Carrier()
  readonly #ids: CallIds
  /** Messages whose parts have begun, and which kinds of parts. */
  readonly #open = new Map<string, { text: boolean; reasoning: boolean }>()
  readonly #done = new Set<string>()
  readonly #followUps: Array<string> = []
  #chat: JsonObject = {}
  #isOver = false

  constructor(reading: Reading) {
    this.#reading = reading
    this.#ids = new CallIds(reading.idPrefix)
  }

  push(event: unknown, emit: EmitStreamed): void {
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
        throw AiErrors.fromApiError(
          chatFailure(Chat.stream.id, data as unknown as Chat.ChatObject),
          this.#reading.place
        )
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
    // A stream that is cut fails where its events are read.
  }

  #begin(chat: JsonObject, emit: EmitStreamed): void {
    const isFirst = this.#chat["id"] === undefined
    this.#chat = { ...this.#chat, ...chat }
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
    const open = this.#open.get(id) ?? { text: false, reasoning: false }
    this.#open.set(id, open)
    const reasoning = textOf(message["reasoning_content"])
    if (reasoning !== "") {
      if (!open.reasoning) emit({ type: "reasoning-start", id: `${id}-reasoning` })
      open.reasoning = true
      emit({ type: "reasoning-delta", id: `${id}-reasoning`, delta: reasoning })
    }
    const content = textOf(message["content"])
    if (content === "") return
    if (!open.text) emit({ type: "text-start", id })
    open.text = true
    emit({ type: "text-delta", id, delta: content })
  }

  #completed(message: JsonObject, emit: EmitStreamed): void {
    const id = textOf(message["id"])
    if (this.#done.has(id) && id !== "") return
    this.#done.add(id)
    switch (message["type"]) {
      case "answer": {
        if (!this.#open.has(id)) this.#delta(message, emit)
        const open = this.#open.get(id)
        this.#open.delete(id)
        if (open?.reasoning === true) emit({ type: "reasoning-end", id: `${id}-reasoning` })
        if (open?.text === true) emit({ type: "text-end", id, ...this.#metadata({ message_id: id }) })
        return
      }
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
    for (const [id, open] of this.#open) {
      if (open.reasoning) emit({ type: "reasoning-end", id: `${id}-reasoning` })
      if (open.text) emit({ type: "text-end", id, ...this.#metadata({ message_id: id }) })
    }
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
