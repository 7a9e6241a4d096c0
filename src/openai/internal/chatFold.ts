/** Puts a chat completion together from its chunks. */

import type { Fold, Step } from "../../Accumulator.ts"
import { JsonParser } from "../../internal/json/incrementalParser.ts"
import { arrayOf, isObject, type JsonObject, textOf } from "../../internal/json/json.ts"
import { jsonText } from "../../internal/json/jsonText.ts"
import { appendItems, indexOf, mergeField, plainFields } from "../../internal/stream/fold.ts"
import { plainMessage } from "./compatible.ts"

/** Fields of a chunk that a completion does not have. */
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
    for (const [at, piece] of arrayOf(chunk["choices"]).entries()) {
      if (!isObject(piece)) {
        steps.push({ _tag: "EventRefused", event: chunk, message: "A choice is not an object" })
        continue
      }
      const index = placeIn(piece) ?? at
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

/** A place as the server numbers it; `undefined` if it is left out or no server can mean it. */
const placeIn = ({ index }: JsonObject): number | undefined =>
  index === undefined || index === null ? undefined : indexOf(index)

type Part = "text" | "refusal" | "reasoning"

const tags = {
  text: ["TextDelta", "TextDone"],
  refusal: ["RefusalDelta", "RefusalDone"],
  reasoning: ["ReasoningDelta", "ReasoningDone"]
} as const

/** Fields in which servers send reasoning. */
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
  /** The last call with each id. */
  readonly #callById = new Map<string, ToolCall>()
  readonly #logprobs = new Map<string, unknown>()
  #hasLogprobs = false
  #hasDeltas = false
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
      if (name === "delta" || name === "message" || name === "index" || name === "logprobs" || name === "finish_reason")
        continue
      if ((value !== null && value !== undefined) || !this.#fields.has(name)) this.#fields.set(name, value)
    }
    const { delta, message } = piece
    if (isObject(delta)) {
      this.#hasDeltas ||= Object.keys(delta).length > 0
      this.#pushDelta(delta, steps)
    }
    // Some servers send a whole message in place of its pieces, or again after them.
    if (isObject(message) && !this.#hasDeltas) this.#pushDelta(this.#restOf(message), steps)
    this.#pushLogprobs(piece["logprobs"])
    const reason = piece["finish_reason"]
    if (typeof reason !== "string" || reason === "") return
    this.#finishReason = reason
    this.#closePart(steps)
    this.#call = undefined
    for (const call of this.#calls) call.finish(this.index, steps)
  }

  /** What a message adds to those before: it is a piece, or has grown. */
  #restOf(message: JsonObject): JsonObject {
    if (this.#message.size === 0) return message
    const rest = new Map(Object.entries(plainMessage(message)))
    for (const field of Object.keys(partOf)) {
      const [said, text] = [textOf(this.#message.get(field)), textOf(rest.get(field))]
      if (text.startsWith(said)) rest.set(field, text.slice(said.length))
    }
    return Object.fromEntries(rest)
  }

  #pushDelta(delta: JsonObject, steps: Array<Step>): void {
    for (const [name, value] of Object.entries(plainMessage(delta))) {
      if (name === "tool_calls") {
        for (const call of Array.isArray(value) ? value : isObject(value) ? [value] : []) {
          this.#pushCall(call, delta, steps)
        }
        continue
      }
      const before = this.#message.get(name)
      const part = Object.hasOwn(partOf, name) ? partOf[name] : undefined
      if (Array.isArray(value)) this.#message.set(name, appendItems(before, value))
      else this.#message.set(name, mergeField(name, before, value))
      if (part !== undefined && typeof value === "string" && value !== "") {
        if (!this.#repeatsReasoning(name, textOf(before), value))
          this.#say(part, name, textOf(before).length, value, steps)
      } else if (name === "annotations") {
        for (const citation of arrayOf(value)) {
          steps.push({ _tag: "CitationAdded", index: this.index, part: 0, citation })
        }
      }
    }
  }

  #say(part: Part, field: string, start: number, delta: string, steps: Array<Step>): void {
    this.#openPart(part, field, start, steps)
    steps.push({ _tag: tags[part][0], index: this.index, part: 0, delta })
  }

  /** Some servers send the same words as `reasoning` and as `reasoning_content`: they are told once. */
  #repeatsReasoning(name: string, before: string, piece: string): boolean {
    const other = name === "reasoning" ? "reasoning_content" : name === "reasoning_content" ? "reasoning" : undefined
    const said = other === undefined ? "" : textOf(this.#message.get(other))
    return said !== "" && said.slice(before.length, before.length + piece.length) === piece
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
    if (!isObject(piece)) {
      steps.push({ _tag: "EventRefused", event, message: "A tool call is not an object" })
      return
    }
    const index = placeIn(piece)
    let call = this.#callOf(piece, index)
    if (call?.repeats(piece) === true) return
    if (call === undefined || call.isBefore(piece)) {
      call = new ToolCall(this.#calls.length)
      this.#calls.push(call)
    }
    if (index !== undefined) this.#callAt.set(index, call)
    if (call !== this.#call) {
      this.#closePart(steps)
      if (this.#call?.isWhole === true) this.#call.finish(this.index, steps)
      this.#call = call
    }
    call.push(piece, this.index, steps)
    if (call.id !== "" && this.#callById.get(call.id)?.isAfter(call) !== true) this.#callById.set(call.id, call)
  }

  /** The call of a piece: by its id, then by its place, then the one under way. */
  #callOf(piece: JsonObject, index: number | undefined): ToolCall | undefined {
    const id = textOf(piece["id"])
    const atIndex = index === undefined ? undefined : this.#callAt.get(index)
    const own = id === "" || atIndex?.id === id ? undefined : this.#callById.get(id)
    const isAnother = atIndex === undefined && index !== undefined && own?.breaksAt(piece) === true
    if (own?.isOf(piece) === true && !own.isBefore(piece) && !isAnother) return own
    if (index !== undefined) return atIndex
    return this.#call ?? this.#calls.at(-1)
  }

  #pushLogprobs(logprobs: unknown): void {
    if (!isObject(logprobs)) return
    this.#hasLogprobs = true
    for (const [name, value] of Object.entries(logprobs)) {
      if (Array.isArray(value)) this.#logprobs.set(name, appendItems(this.#logprobs.get(name), value))
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
        ...plainFields(this.#message),
        ...(this.#calls.length === 0 ? {} : { tool_calls: this.#calls.map((call) => call.snapshot()) })
      },
      logprobs: this.#hasLogprobs
        ? {
            content: null,
            refusal: null,
            ...plainFields(this.#logprobs)
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
  #lastDelta = ""
  #isStarted = false
  #isDone = false

  constructor(ordinal: number) {
    this.#ordinal = ordinal
  }

  isAfter(other: ToolCall): boolean {
    return this.#ordinal > other.#ordinal
  }

  /** Whether nothing can follow. Free text never is whole before its answer. */
  get isWhole(): boolean {
    return this.#kind === "function" && this.#json.isComplete
  }

  /**
   * Whether a piece begins another call at the place of this one. Only a piece with a name does: if its id is another,
   * or if nothing is missing of this call. A piece of a name, or a name that is repeated with each piece, does not.
   */
  isBefore(piece: JsonObject): boolean {
    const { name } = detailsOf(piece)
    const id = textOf(piece["id"])
    if (textOf(name) === "") return false
    if (id !== "" && this.id !== "" && id !== this.id) return true
    return this.isWhole
  }

  /** Whether a piece with a name cannot go on with the arguments so far: it is of another call with the same id. */
  breaksAt(piece: JsonObject): boolean {
    const { name, ...rest } = detailsOf(piece)
    const json = argumentsIn(rest)
    if (textOf(name) === "" || json === "" || this.#kind !== "function") return false
    const parser = new JsonParser()
    parser.push(this.#json.text + json)
    return parser.failure !== undefined
  }

  /** Whether a piece has no other name than this call. */
  isOf(piece: JsonObject): boolean {
    const name = textOf(detailsOf(piece)["name"])
    return name === "" || name === this.#name
  }

  /** Whether a piece says nothing new: some servers repeat a whole call, or its name, when they end it. */
  repeats(piece: JsonObject): boolean {
    const { name, ...rest } = detailsOf(piece)
    const id = textOf(piece["id"])
    // A server that names its calls names a second one too.
    const isOwn = this.id !== "" && (id === "" || id === this.id)
    if (!this.isWhole || !isOwn || name !== this.#name) return false
    const json = argumentsIn(rest)
    return json === "" || json === this.#json.text
  }

  push(piece: JsonObject, index: number, steps: Array<Step>): void {
    const { function: fn, custom, id, type, index: _, ...rest } = piece
    for (const [name, value] of Object.entries(rest)) {
      if (value !== null && value !== undefined) this.#fields.set(name, value)
    }
    if (textOf(id) !== "" && this.id === "") this.id = textOf(id)
    if (textOf(type) !== "") this.#type = textOf(type)
    if (type === "custom" || isObject(custom)) this.#kind = "custom"
    const details = detailsOf(piece)
    const { arguments: json, input, name, ...others } = details
    for (const [key, value] of Object.entries(others)) this.#details.set(key, value)
    this.#addName(textOf(name))
    const at = { index, part: this.#ordinal }
    const hasArguments = textOfArguments(this.#kind === "custom" ? input : json) !== ""
    if (!this.#isStarted && this.#name !== "" && (hasArguments || textOf(name) !== "")) {
      this.#isStarted = true
      steps.push({ _tag: "ToolCallStarted", ...at, id: this.id, name: this.#name })
    }
    const delta = textOfArguments(this.#kind === "custom" ? input : json)
    if (delta === "" || (this.isWhole && (delta === this.#json.text || delta === this.#lastDelta))) return
    this.#lastDelta = delta
    this.#json.push(delta)
    steps.push({ _tag: "ToolCallDelta", ...at, id: this.id, delta })
  }

  /** A name grows until the arguments begin, unless the server sends it whole with each piece. */
  #addName(name: string): void {
    if (name === "" || this.#json.text !== "" || this.#name === name) return
    this.#name = name.startsWith(this.#name) ? name : this.#name + name
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

const detailsOf = ({ custom, function: fn }: JsonObject): JsonObject =>
  isObject(custom) ? custom : isObject(fn) ? fn : {}

const argumentsIn = ({ arguments: json, input }: JsonObject): string => textOfArguments(json ?? input)

/** Some servers send the arguments as the object that the text should hold. */
const textOfArguments = (json: unknown): string =>
  typeof json === "object" && json !== null ? jsonText(json) : textOf(json)
