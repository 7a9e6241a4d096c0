/** Puts a message together from its stream of events; works on decoded events and on the JSON they came from. */
import type { Fold, Step } from "../../Accumulator.ts"
import { unknownVariant } from "../../internal/decode/unknownVariant.ts"
import { JsonParser } from "../../internal/json/incrementalParser.ts"
import { arrayOf, isObject, type JsonObject, textOf } from "../../internal/json/json.ts"
import { indexOf } from "../../internal/stream/fold.ts"

export class MessageFold implements Fold<unknown, JsonObject, Step> {
  #message: JsonObject | undefined
  readonly #blocks = new Map<number, Block>()

  push(event: unknown): ReadonlyArray<Step> {
    if (!isObject(event)) return [refused(event, "The event is not an object")]
    switch (event["type"]) {
      case "message_start":
        return this.#start(event)
      case "content_block_start":
      case "content_block_delta":
      case "content_block_stop":
        return this.#pushBlock(event)
      case "message_delta":
        if (this.#message === undefined) return [refused(event, "The message has not begun")]
        this.#message = mergeDelta(this.#message, event)
        return []
      case "message_stop":
        for (const block of this.#blocks.values()) block.cut()
        return []
      default:
        return []
    }
  }

  #start(event: JsonObject): ReadonlyArray<Step> {
    const message = event["message"]
    if (!isObject(message)) return [refused(event, "The event has no message")]
    if (this.#message !== undefined) return [refused(event, "The message has already begun")]
    this.#message = message
    const steps: Array<Step> = []
    for (const [index, block] of arrayOf(message["content"]).entries()) {
      if (isObject(block)) this.#blocks.set(index, new Block(index, block, steps))
    }
    return steps
  }

  #pushBlock(event: JsonObject): ReadonlyArray<Step> {
    const index = indexOf(event["index"])
    if (this.#message === undefined) return [refused(event, "The message has not begun")]
    if (index === undefined) return [refused(event, "The event has no valid index")]
    const steps: Array<Step> = []
    const block = this.#blocks.get(index)
    if (event["type"] === "content_block_start") {
      const start = event["content_block"]
      if (block !== undefined) return [refused(event, `Block ${index} has already begun`)]
      if (!isObject(start)) return [refused(event, "The event has no block")]
      if (start["type"] === "fallback") this.#message = servedBy(this.#message, start["to"])
      this.#blocks.set(index, new Block(index, start, steps))
      return steps
    }
    if (block === undefined) return [refused(event, `Block ${index} has not begun`)]
    if (event["type"] === "content_block_stop") block.stop(steps)
    else if (isObject(event["delta"])) block.push(event["delta"], steps)
    return steps
  }

  /** A block as far as it has come. */
  block(index: number): unknown {
    return this.#blocks.get(index)?.snapshot()
  }

  snapshot(): JsonObject | undefined {
    if (this.#message === undefined) return undefined
    const blocks = [...this.#blocks.values()].sort((a, b) => a.index - b.index)
    return { ...this.#message, content: blocks.map((block) => block.snapshot()) }
  }
}

const refused = (event: unknown, message: string): Step => ({ _tag: "EventRefused", event, message })

/** The message is of the model that wrote its end. */
const servedBy = (message: JsonObject, to: unknown): JsonObject =>
  isObject(to) && typeof to["model"] === "string" ? { ...message, model: to["model"] } : message

/** The delta's counts are totals; what it leaves out or sends as `null` stands. */
const mergeDelta = (message: JsonObject, { delta, usage, type: _, ...rest }: JsonObject): JsonObject => ({
  ...message,
  ...presentOver(message, rest),
  ...(isObject(delta) ? presentOver(message, delta) : {}),
  usage: isObject(usage) ? { ...objectOf(message["usage"]), ...presentOver({}, usage) } : message["usage"]
})

const objectOf = (value: unknown): JsonObject => (isObject(value) ? value : {})

const presentOver = (before: JsonObject, fields: JsonObject): JsonObject =>
  Object.fromEntries(
    Object.entries(fields).filter(
      ([name, value]) => value !== undefined && (value !== null || (before[name] === undefined && name in before))
    )
  )

class Block {
  readonly index: number
  readonly #start: JsonObject
  readonly #isUnknown: boolean
  readonly #texts = new Map<string, string>()
  /** What deltas have said as a whole. */
  readonly #fields = new Map<string, unknown>()
  #citations: Array<unknown> | undefined
  #json: JsonParser | undefined
  #isStopped = false
  #isCut = false
  #snapshot: unknown

  constructor(index: number, start: JsonObject, steps: Array<Step>) {
    this.index = index
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

  push(delta: JsonObject, steps: Array<Step>): void {
    this.#snapshot = undefined
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
        this.#json ??= new JsonParser()
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
          arguments: json === "" ? JSON.stringify(this.#start["input"] ?? {}) : json
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

  /** An input that is no JSON stays text: its tool call can still be answered with an error. */
  #input(json: JsonParser): unknown {
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
    return this.#isUnknown ? unknownVariant("type", {}, block) : block
  }
}
