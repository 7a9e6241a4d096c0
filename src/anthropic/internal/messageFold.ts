/** Puts a message together from its stream of events; works on decoded events and on the JSON they came from. */

import type { Fold, Step } from "../../Accumulator.ts"
import { variantOf } from "../../internal/decode/unknownVariant.ts"
import { arrayOf, isObject, type JsonObject, textOf } from "../../internal/json/json.ts"
import { jsonText } from "../../internal/json/jsonText.ts"
import { indexOf } from "../../internal/stream/fold.ts"

/** Reads the JSON of an input in pieces. */
export interface InputParser {
  readonly text: string
  /** Why the text is not JSON. */
  readonly failure: unknown
  readonly push: (piece: string) => void
  readonly end: () => void
  /** The value so far; `undefined` if nothing of it is known. */
  readonly value: () => unknown
}

export class MessageFold implements Fold<unknown, JsonObject, Step> {
  #message: JsonObject | undefined
  /** What the events say about the message that are not merged into it: one by one, each would copy all before it. */
  #deltas: Array<JsonObject> = []
  /** Events that end a message but arrived before its start. */
  readonly #early: Array<JsonObject> = []
  readonly #blocks: Array<Block> = []
  /** The last block at each index. */
  readonly #blockAt = new Map<number, Block>()
  /** The block of the last event. */
  #current: Block | undefined
  #generation = 0
  /** After the last block. */
  #next = 0
  readonly #makeParser: () => InputParser

  /** `makeParser`: a parser that knows the value of half an input, or one that is smaller. */
  constructor(makeParser: () => InputParser) {
    this.#makeParser = makeParser
  }

  push(event: unknown): ReadonlyArray<Step> {
    if (!isObject(event)) return [refused(event, "The event is not an object")]
    const steps: Array<Step> = []
    switch (event["type"]) {
      case "message_start":
        return this.#start(event)
      case "content_block_start":
        this.#startBlock(event, steps)
        return steps
      case "content_block_delta":
        this.#pushDelta(event, steps)
        return steps
      case "content_block_stop":
        this.#blockOf(event)?.stop(steps)
        return steps
      case "message_delta":
        if (this.#message === undefined) this.#early.push(event)
        else this.#deltas.push(event)
        return []
      case "message_stop":
        for (const block of this.#blocks) block.cut()
        return []
      default:
        return []
    }
  }

  #start(event: JsonObject): ReadonlyArray<Step> {
    const message = event["message"]
    if (!isObject(message)) return [refused(event, "The event has no message")]
    // A proxy that joins several turns starts each of them.
    if (this.#message === undefined) this.#message = merged(message, this.#early)
    const steps: Array<Step> = []
    for (const [index, block] of arrayOf(message["content"]).entries()) {
      if (isObject(block)) this.#add(index, block, steps)
    }
    return steps
  }

  #startBlock(event: JsonObject, steps: Array<Step>): void {
    const start = event["content_block"]
    if (!isObject(start)) {
      steps.push(refused(event, "The event has no block"))
      return
    }
    const before = this.#blockOf(event)
    if (before?.isJust(start) === true) return
    before?.stop(steps)
    if (start["type"] === "fallback" && this.#message !== undefined) this.#deltas.push(servedBy(start["to"]))
    this.#add(placeIn(event), start, steps)
  }

  #pushDelta(event: JsonObject, steps: Array<Step>): void {
    const { delta } = event
    if (!isObject(delta)) return
    let block = this.#blockOf(event) ?? (placeIn(event) === undefined ? this.#current : undefined)
    if (block === undefined || !block.takes(delta)) {
      const start = unannounced.get(delta["type"])
      if (start === undefined) {
        if (pieces.has(delta["type"])) steps.push(refused(event, "The event belongs to no block"))
        return
      }
      block?.stop(steps)
      block = this.#add(placeIn(event), start, steps)
    }
    this.#current = block
    block.push(delta, steps)
  }

  #blockOf(event: JsonObject): Block | undefined {
    const index = placeIn(event)
    return index === undefined ? this.#current : this.#blockAt.get(index)
  }

  /** A block at an index that is taken comes after all blocks so far. */
  #add(index: number | undefined, start: JsonObject, steps: Array<Step>): Block {
    const isTaken = index === undefined || this.#blockAt.has(index)
    const next = this.#next
    if (isTaken) this.#generation = Math.max(this.#generation, next)
    const block = new Block(isTaken ? next : Math.max(index, this.#generation), start, steps, this.#makeParser)
    this.#blocks.push(block)
    this.#next = Math.max(next, block.index + 1)
    this.#blockAt.set(index ?? next, block)
    this.#current = block
    return block
  }

  /** A block as far as it has come. */
  block(index: number): unknown {
    return this.#blockAt.get(index)?.snapshot()
  }

  snapshot(): JsonObject | undefined {
    const started = this.#message ?? (this.#blocks.length === 0 ? undefined : merged(nameless, this.#early))
    if (started === undefined) return undefined
    const message = merged(started, this.#deltas)
    if (this.#message !== undefined) this.#message = message
    this.#deltas = []
    const blocks = this.#blocks.toSorted((a, b) => a.index - b.index)
    return { ...message, content: blocks.map((block) => block.snapshot()) }
  }
}

const refused = (event: unknown, message: string): Step => ({ _tag: "EventRefused", event, message })

/** Returns the index of an event's block, or `undefined` if it is not plausible. */
const placeIn = ({ index }: JsonObject): number | undefined =>
  index === undefined || index === null ? undefined : indexOf(index)

/** A message whose blocks arrived without its start. */
const nameless: JsonObject = {
  id: "",
  type: "message",
  role: "assistant",
  model: "",
  stop_reason: null,
  stop_sequence: null,
  usage: {}
}

/** The deltas that blocks consist of, and the blocks that servers begin without announcing them. */
const pieces: ReadonlySet<unknown> = new Set([
  "text_delta",
  "thinking_delta",
  "input_json_delta",
  "citations_delta",
  "compaction_delta"
])
const unannounced: ReadonlyMap<unknown, JsonObject> = new Map<unknown, JsonObject>([
  ["text_delta", { type: "text", text: "" }],
  ["thinking_delta", { type: "thinking", thinking: "", signature: "" }]
])

/** The message is of the model that wrote its end. */
const servedBy = (to: unknown): JsonObject =>
  isObject(to) && typeof to["model"] === "string" ? { model: to["model"] } : {}

/** The deltas' counts are totals; what they leave out or send as `null` stands. */
const merged = (message: JsonObject, deltas: ReadonlyArray<JsonObject>): JsonObject => {
  if (deltas.length === 0) return message
  const fields = new Map(Object.entries(message))
  const counts = new Map(Object.entries(objectOf(message["usage"])))
  for (const { delta, usage, type: _, ...rest } of deltas) {
    for (const part of [rest, objectOf(delta)]) for (const field of Object.entries(part)) setPresent(fields, field)
    for (const count of Object.entries(objectOf(usage))) setPresent(counts, count)
  }
  return {
    ...Object.fromEntries(fields),
    usage: isObject(message["usage"]) || counts.size > 0 ? Object.fromEntries(counts) : message["usage"]
  }
}

const setPresent = (fields: Map<string, unknown>, [name, value]: readonly [string, unknown]): void => {
  if (value === undefined || (value === null && !(fields.has(name) && fields.get(name) === undefined))) return
  fields.set(name, value)
}

const objectOf = (value: unknown): JsonObject => (isObject(value) ? value : {})

class Block {
  readonly index: number
  readonly #start: JsonObject
  readonly #isUnknown: boolean
  readonly #texts = new Map<string, string>()
  /** The values assembled from deltas. */
  readonly #fields = new Map<string, unknown>()
  #citations: Array<unknown> | undefined
  readonly #makeParser: () => InputParser
  #json: InputParser | undefined
  #isStopped = false
  #isCut = false
  #hasPieces = false
  #snapshot: unknown

  constructor(index: number, start: JsonObject, steps: Array<Step>, makeParser: () => InputParser) {
    this.index = index
    this.#makeParser = makeParser
    this.#isUnknown = start["type"] === "~unknown"
    this.#start = this.#isUnknown ? objectOf(start["raw"]) : start
    if (this.#start["type"] === "tool_use") {
      const { id, name } = this.#start
      steps.push({ _tag: "ToolCallStarted", ...this.#at, id: textOf(id), name: textOf(name) })
    }
    const text = textOf(this.#start["text"])
    if (text !== "") steps.push({ _tag: "TextDelta", ...this.#at, delta: text })
    for (const citation of arrayOf(this.#start["citations"])) {
      steps.push({ _tag: "CitationAdded", ...this.#at, citation })
    }
  }

  get #at() {
    return { index: this.index, part: 0 }
  }

  /** Whether nothing has come since a block was announced like this. */
  isJust(start: JsonObject): boolean {
    return !this.#isStopped && !this.#hasPieces && jsonText(start) === jsonText(this.#start)
  }

  /** Whether a piece can be one of this block. */
  takes({ type }: JsonObject): boolean {
    const own = this.#start["type"]
    switch (type) {
      case "text_delta":
        return !this.#isStopped && own !== "thinking" && own !== "tool_use" && !String(own).endsWith("_result")
      case "thinking_delta":
        return !this.#isStopped && own !== "text" && own !== "tool_use"
      case "input_json_delta":
        return !this.#isStopped && own !== "text" && own !== "thinking"
      default:
        return true
    }
  }

  push(delta: JsonObject, steps: Array<Step>): void {
    this.#snapshot = undefined
    this.#hasPieces = true
    switch (delta["type"]) {
      case "text_delta":
        this.#append("text", delta["text"])
        steps.push({ _tag: "TextDelta", ...this.#at, delta: textOf(delta["text"]) })
        return
      case "thinking_delta":
        this.#append("thinking", delta["thinking"])
        steps.push({ _tag: "ReasoningDelta", ...this.#at, delta: textOf(delta["thinking"]) })
        return
      case "signature_delta":
        this.#fields.set("signature", delta["signature"])
        return
      case "citations_delta":
        this.#citations ??= [...arrayOf(this.#start["citations"])]
        this.#citations.push(delta["citation"])
        steps.push({ _tag: "CitationAdded", ...this.#at, citation: delta["citation"] })
        return
      case "compaction_delta":
        // Each has the whole summary; without content, the compaction has failed.
        for (const name of ["content", "encrypted_content"]) {
          if (name in delta) this.#fields.set(name, delta[name])
        }
        return
      case "input_json_delta":
        this.#json ??= this.#makeParser()
        this.#json.push(textOf(delta["partial_json"]))
        if (this.#start["type"] !== "tool_use") return
        steps.push({
          _tag: "ToolCallDelta",
          ...this.#at,
          id: textOf(this.#start["id"]),
          delta: textOf(delta["partial_json"])
        })
        return
      default:
        return
    }
  }

  #append(name: string, piece: unknown): void {
    this.#texts.set(name, (this.#texts.get(name) ?? textOf(this.#start[name])) + textOf(piece))
  }

  stop(steps: Array<Step>): void {
    if (this.#isStopped) return
    this.#isStopped = true
    this.#snapshot = undefined
    this.#json?.end()
    const { id, name, type } = this.#start
    switch (type) {
      case "text":
        steps.push({ _tag: "TextDone", ...this.#at, text: this.#text("text") })
        return
      case "thinking":
        steps.push({ _tag: "ReasoningDone", ...this.#at, text: this.#text("thinking") })
        return
      case "tool_use": {
        const json = this.#json?.text ?? ""
        steps.push({
          _tag: "ToolCallDone",
          ...this.#at,
          id: textOf(id),
          name: textOf(name),
          arguments: json === "" ? jsonText(this.#start["input"] ?? {}) : json
        })
        return
      }
      default:
        return
    }
  }

  /** The message has ended within the block: the input of its call is what was written, not a guess of what is meant. */
  cut(): void {
    if (this.#isStopped) return
    this.#isStopped = true
    this.#isCut = true
    this.#snapshot = undefined
    this.#json?.end()
  }

  #text(name: string): string {
    return this.#texts.get(name) ?? textOf(this.#start[name])
  }

  get #hasNoInput(): boolean {
    const { input, type } = this.#start
    return type === "tool_use" && (this.#json?.text ?? "") === "" && Object.keys(objectOf(input)).length === 0
  }

  /** An input that is not JSON stays text, so its tool call can still be answered with an error. */
  #input(json: InputParser): unknown {
    if (json.text === "") return this.#start["input"]
    if (this.#isStopped && json.failure !== undefined) return json.text
    return json.value() ?? this.#start["input"]
  }

  snapshot(): unknown {
    this.#snapshot ??= this.#build()
    return this.#snapshot
  }

  #build(): unknown {
    const block: JsonObject = {
      ...this.#start,
      ...Object.fromEntries(this.#texts),
      ...Object.fromEntries(this.#fields),
      ...(this.#citations === undefined ? {} : { citations: [...this.#citations] }),
      ...(this.#json === undefined ? {} : { input: this.#input(this.#json) }),
      ...(this.#isCut && this.#hasNoInput ? { input: "" } : {})
    }
    return this.#isUnknown ? variantOf("type", block) : block
  }
}
