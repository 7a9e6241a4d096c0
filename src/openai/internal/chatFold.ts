/** Puts a chat completion together from its chunks. */
import type { Fold, Step } from "../../Accumulator.ts"
import { JsonParser } from "../../internal/json/incrementalParser.ts"
import { arrayOf, isObject, type JsonObject, textOf } from "../../internal/json/json.ts"
import { indexOf, mergeField } from "../../internal/stream/fold.ts"

/** What a chunk has that a completion has not. */
const chunkOnly = new Set(["choices", "obfuscation", "object"])
/** Fields of a completion that every chunk repeats; some servers leave them empty in the first one. */
const constant = new Set(["id", "created", "model"])

export class ChatFold implements Fold<unknown, JsonObject, Step> {
  readonly #head = new Map<string, unknown>()
  readonly #choices = new Map<number, Choice>()
  #hasBegun = false

  push(chunk: unknown): ReadonlyArray<Step> {
    if (!isObject(chunk)) return [{ _tag: "EventRefused", event: chunk, message: "The chunk is not an object" }]
    this.#hasBegun = true
    for (const [name, value] of Object.entries(chunk)) {
      if (chunkOnly.has(name)) continue
      const before = this.#head.get(name)
      const isKept = constant.has(name) ? before : value === null || value === undefined
      if (before === undefined || !isKept) this.#head.set(name, value)
    }
    const steps: Array<Step> = []
    for (const piece of arrayOf(chunk["choices"])) {
      const index = isObject(piece) ? indexOf(piece["index"]) : undefined
      if (!isObject(piece) || index === undefined) {
        steps.push({ _tag: "EventRefused", event: chunk, message: "A choice has no valid index" })
        continue
      }
      let choice = this.#choices.get(index)
      if (choice === undefined) {
        choice = new Choice(index)
        this.#choices.set(index, choice)
      }
      choice.push(piece, steps)
    }
    return steps
  }

  snapshot(): JsonObject | undefined {
    if (!this.#hasBegun) return undefined
    const choices = [...this.#choices.values()].sort((a, b) => a.index - b.index)
    return {
      ...Object.fromEntries(this.#head),
      object: "chat.completion",
      choices: choices.map((choice) => choice.snapshot())
    }
  }
}

type Part = "text" | "refusal" | "reasoning"

const tags = {
  text: ["TextDelta", "TextDone"],
  refusal: ["RefusalDelta", "RefusalDone"],
  reasoning: ["ReasoningDelta", "ReasoningDone"]
} as const

/** Where servers put their reasoning. */
const partOf: { readonly [field: string]: Part } = {
  content: "text",
  refusal: "refusal",
  reasoning: "reasoning",
  reasoning_content: "reasoning"
}

class Choice {
  readonly index: number
  readonly #fields = new Map<string, unknown>()
  readonly #message = new Map<string, unknown>()
  readonly #calls: Array<ToolCall> = []
  readonly #callAt = new Map<number, ToolCall>()
  readonly #logprobs = new Map<string, Array<unknown>>()
  #hasLogprobs = false
  #finishReason: unknown = null
  /** The part that is growing. */
  #open: { readonly part: Part; readonly field: string; readonly start: number } | undefined
  #call: ToolCall | undefined
  #snapshot: JsonObject | undefined

  constructor(index: number) {
    this.index = index
  }

  push(piece: JsonObject, steps: Array<Step>): void {
    this.#snapshot = undefined
    for (const [name, value] of Object.entries(piece)) {
      if (name === "delta" || name === "index" || name === "logprobs" || name === "finish_reason") continue
      if ((value !== null && value !== undefined) || !this.#fields.has(name)) this.#fields.set(name, value)
    }
    if (isObject(piece["delta"])) this.#pushDelta(piece["delta"], steps)
    this.#pushLogprobs(piece["logprobs"])
    const reason = piece["finish_reason"]
    if (typeof reason !== "string") return
    this.#finishReason = reason
    this.#closePart(steps)
    this.#call = undefined
    for (const call of this.#calls) call.finish(this.index, steps)
  }

  #pushDelta(delta: JsonObject, steps: Array<Step>): void {
    for (const [name, value] of Object.entries(delta)) {
      if (name === "tool_calls") {
        for (const call of arrayOf(value)) this.#pushCall(call, delta, steps)
        continue
      }
      const before = this.#message.get(name)
      if (Array.isArray(value)) this.#pushList(name, before, value)
      else this.#message.set(name, mergeField(name, before, value))
      const part = Object.hasOwn(partOf, name) ? partOf[name] : undefined
      if (part !== undefined && typeof value === "string" && value !== "") {
        this.#openPart(part, name, textOf(before).length, steps)
        steps.push({ _tag: tags[part][0], index: this.index, part: 0, delta: value })
      } else if (name === "annotations") {
        for (const citation of arrayOf(value)) {
          steps.push({ _tag: "CitationAdded", index: this.index, part: 0, citation })
        }
      }
    }
  }

  /** The list is this choice's own, so that it can grow in place. */
  #pushList(name: string, before: unknown, items: ReadonlyArray<unknown>): void {
    if (!Array.isArray(before)) this.#message.set(name, [...items])
    else for (const item of items) before.push(item)
  }

  #openPart(part: Part, field: string, start: number, steps: Array<Step>): void {
    if (this.#open?.field === field) return
    this.#closePart(steps)
    this.#open = { part, field, start }
  }

  #closePart(steps: Array<Step>): void {
    if (this.#open === undefined) return
    const { field, part, start } = this.#open
    this.#open = undefined
    const text = textOf(this.#message.get(field)).slice(start)
    steps.push({ _tag: tags[part][1], index: this.index, part: 0, text })
  }

  #pushCall(piece: unknown, event: unknown, steps: Array<Step>): void {
    const index = isObject(piece) ? indexOf(piece["index"]) : undefined
    if (!isObject(piece) || index === undefined) {
      steps.push({ _tag: "EventRefused", event, message: "A tool call has no valid index" })
      return
    }
    const id = textOf(piece["id"])
    let call = typeof piece["index"] === "number" ? this.#callAt.get(index) : (this.#call ?? this.#callAt.get(index))
    // Some servers give every call the index 0, or none: then it is the id that tells them apart.
    if (call === undefined || (id !== "" && call.id !== "" && call.id !== id)) {
      call = new ToolCall(this.#calls.length)
      this.#calls.push(call)
      this.#callAt.set(index, call)
    }
    if (call !== this.#call) {
      this.#closePart(steps)
      if (this.#call?.isWhole === true) this.#call.finish(this.index, steps)
      this.#call = call
    }
    call.push(piece, this.index, steps)
  }

  #pushLogprobs(logprobs: unknown): void {
    if (!isObject(logprobs)) return
    this.#hasLogprobs = true
    for (const [name, value] of Object.entries(logprobs)) {
      const list = this.#logprobs.get(name)
      if (!Array.isArray(value)) continue
      if (list === undefined) this.#logprobs.set(name, [...value])
      else for (const item of value) list.push(item)
    }
  }

  snapshot(): JsonObject {
    this.#snapshot ??= {
      index: this.index,
      ...Object.fromEntries(this.#fields),
      message: {
        role: "assistant",
        content: null,
        refusal: null,
        ...Object.fromEntries(
          Array.from(this.#message, ([name, value]) => [name, Array.isArray(value) ? [...value] : value])
        ),
        ...(this.#calls.length === 0 ? {} : { tool_calls: this.#calls.map((call) => call.snapshot()) })
      },
      logprobs: this.#hasLogprobs
        ? {
            content: null,
            refusal: null,
            ...Object.fromEntries(Array.from(this.#logprobs, ([name, list]) => [name, [...list]]))
          }
        : null,
      finish_reason: this.#finishReason
    }
    return this.#snapshot
  }
}

class ToolCall {
  id = ""
  readonly #ordinal: number
  readonly #fields = new Map<string, unknown>()
  readonly #details = new Map<string, unknown>()
  readonly #json = new JsonParser()
  #kind: "function" | "custom" = "function"
  #type: string | undefined
  #name = ""
  #isStarted = false
  #isDone = false

  constructor(ordinal: number) {
    this.#ordinal = ordinal
  }

  /** Whether nothing can follow. Free text never is whole before its answer. */
  get isWhole(): boolean {
    return this.#kind === "function" && this.#json.isComplete
  }

  push(piece: JsonObject, index: number, steps: Array<Step>): void {
    const { function: fn, custom, id, type, index: _, ...rest } = piece
    for (const [name, value] of Object.entries(rest)) {
      if (value !== null && value !== undefined) this.#fields.set(name, value)
    }
    if (textOf(id) !== "") this.id = textOf(id)
    if (textOf(type) !== "") this.#type = textOf(type)
    if (type === "custom" || isObject(custom)) this.#kind = "custom"
    const details = isObject(custom) ? custom : isObject(fn) ? fn : {}
    const { arguments: json, input, name, ...others } = details
    for (const [key, value] of Object.entries(others)) this.#details.set(key, value)
    if (textOf(name) !== "") this.#name = textOf(name)
    const at = { index, part: this.#ordinal }
    if (!this.#isStarted && this.#name !== "") {
      this.#isStarted = true
      steps.push({ _tag: "ToolCallStarted", ...at, id: this.id, name: this.#name })
    }
    const delta = textOf(this.#kind === "custom" ? input : json)
    if (delta === "") return
    this.#json.push(delta)
    steps.push({ _tag: "ToolCallDelta", ...at, id: this.id, delta })
  }

  finish(index: number, steps: Array<Step>): void {
    if (this.#isDone) return
    this.#isDone = true
    steps.push({
      _tag: "ToolCallDone",
      index,
      part: this.#ordinal,
      id: this.id,
      name: this.#name,
      arguments: this.#json.text
    })
  }

  snapshot(): JsonObject {
    const details = Object.fromEntries(this.#details)
    return {
      ...Object.fromEntries(this.#fields),
      id: this.id,
      type: this.#type ?? this.#kind,
      [this.#kind]:
        this.#kind === "custom"
          ? { ...details, name: this.#name, input: this.#json.text }
          : { ...details, name: this.#name, arguments: this.#json.text }
    }
  }
}
