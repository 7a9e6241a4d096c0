/** Parts of `effect/ai` from chat completions, whole ones and streams, also of servers that differ from OpenAI's. */

import * as AiError from "effect/ai/AiError"
import type * as Response from "effect/ai/Response"
import { isBase64 } from "../../../internal/ai/files.ts"
import { aiFinishReason } from "../../../internal/ai/finishReason.ts"
import type { Reading } from "../../../internal/ai/languageModel.ts"
import { metadata, timestampOf } from "../../../internal/ai/metadata.ts"
import { type HeldCall, mayHoldCalls } from "../../../internal/ai/parallel.ts"
import { type Emit, type PartReader, truncated, wholeParts } from "../../../internal/ai/parts.ts"
import { plainJson } from "../../../internal/ai/plainJson.ts"
import { CallIds } from "../../../internal/ai/tools.ts"
import { usageOf } from "../../../internal/ai/usage.ts"
import type { FinishKind } from "../../../internal/decode/finishReason.ts"
import { arrayOf, isObject, type JsonObject, objectsOf, textOf } from "../../../internal/json/json.ts"
import { jsonText } from "../../../internal/json/jsonText.ts"
import { appendItems, mergeField, plainField, plainFields } from "../../../internal/stream/fold.ts"
import { ChatFold } from "../chatFold.ts"
import { toolId } from "./hostedKinds.ts"

/** The key of metadata and options. */
export const key = "openaiChat"

type StreamPart = Response.StreamPartEncoded

/** Fields of a chunk that its parts say otherwise. */
const headless = new Set(["choices", "created", "id", "model", "obfuscation", "object"])
/** Fields of a message that its parts say otherwise. */
const spoken = new Set(["content", "function_call", "reasoning", "reasoning_content", "refusal", "role", "tool_calls"])
/** Fields of a choice that its parts say otherwise. */
const chosen = new Set(["delta", "finish_reason", "index", "message", "usage"])

/** The fields in which servers send their reasoning, the most common first. Some send it in both. */
const reasoningFields = ["reasoning_content", "reasoning"] as const

type ReasoningField = (typeof reasoningFields)[number] | "reasoning_details" | "content"

/** A text or reasoning that is being said. */
interface Open {
  readonly kind: "text" | "reasoning"
  readonly id: string
  readonly field: ReasoningField | undefined
}

class Reader {
  readonly #reading: Reading
  readonly #ids: CallIds
  readonly #calls = new ChatFold()
  /** The ids of calls that have begun, by their position. */
  readonly #begun = new Map<number, string>()
  readonly #head = new Map<string, unknown>()
  readonly #choice = new Map<string, unknown>()
  readonly #logprobs = new Map<string, unknown>()
  readonly #message = new Map<string, unknown>()
  /** The reasoning's details, which are this reader's own objects, so they grow in place. */
  readonly #details: Array<unknown> = []
  readonly #sources = new Set<string>()
  readonly #legacy = new Map<string, unknown>()
  #open: Open | undefined
  #reasoningField: ReasoningField | undefined
  #refusal = ""
  #texts = 0
  #finishReason: string | undefined
  #hasCalls = false
  #isDescribed = false
  #events = 0
  #text = ""

  constructor(reading: Reading) {
    this.#reading = reading
    this.#ids = new CallIds(`call_${reading.idPrefix}`)
  }

  push(chunk: unknown, emit: Emit<StreamPart>): void {
    this.#events++
    if (!isObject(chunk)) return
    if (!this.#isDescribed) this.#describe(chunk, emit)
    for (const name in chunk) {
      if (headless.has(name)) continue
      const value = chunk[name]
      if (value !== null && value !== undefined) this.#head.set(name, value)
    }
    for (const choice of arrayOf(chunk["choices"])) {
      // The model is asked for one answer.
      if (isObject(choice) && (choice["index"] === undefined || choice["index"] === null || choice["index"] === 0)) {
        this.#pushChoice(choice, emit)
      }
    }
  }

  #describe(chunk: JsonObject, emit: Emit<StreamPart>): void {
    const { created, id, model } = chunk
    const isNamed = textOf(id) !== "" || textOf(model) !== ""
    if (!isNamed) return
    this.#isDescribed = true
    emit({
      type: "response-metadata",
      ...(textOf(id) === "" ? {} : { id: textOf(id) }),
      ...(textOf(model) === "" ? {} : { modelId: textOf(model) }),
      ...timestampOf(created)
    })
  }

  #pushChoice(choice: JsonObject, emit: Emit<StreamPart>): void {
    const { delta, finish_reason, usage } = choice
    if (isObject(usage)) this.#head.set("usage", usage)
    if (textOf(finish_reason) !== "") this.#finishReason = textOf(finish_reason)
    for (const name in choice) {
      if (chosen.has(name)) continue
      const value = choice[name]
      if (value === null || value === undefined) continue
      if (name === "logprobs" && isObject(value)) this.#pushLogprobs(value)
      else this.#choice.set(name, value)
    }
    if (isObject(delta)) this.#pushDelta(delta, emit)
  }

  #pushLogprobs(logprobs: JsonObject): void {
    for (const [name, list] of Object.entries(logprobs)) {
      if (Array.isArray(list)) this.#logprobs.set(name, appendItems(this.#logprobs.get(name), list))
    }
  }

  #pushDelta(delta: JsonObject, emit: Emit<StreamPart>): void {
    const { content, function_call, refusal, tool_calls } = delta
    this.#pushReasoning(delta, emit)
    if (typeof content === "string") this.#say("text", undefined, content, emit)
    else
      for (const part of Array.isArray(content) ? content : isObject(content) ? [content] : [])
        this.#pushContent(part, emit)
    if (typeof refusal === "string" && refusal !== "") this.#refusal += refusal
    if (isObject(function_call)) {
      for (const [name, value] of Object.entries(function_call))
        this.#legacy.set(name, mergeField(name, this.#legacy.get(name), value))
    }
    if (Array.isArray(tool_calls) && tool_calls.length > 0) this.#pushCalls(tool_calls, emit)
    for (const name in delta) {
      if (spoken.has(name)) continue
      const value = delta[name]
      if (value === null || value === undefined) continue
      const before = this.#message.get(name)
      if (name === "reasoning_details") this.#pushDetails(arrayOf(value))
      else if (Array.isArray(value)) this.#message.set(name, appendItems(before, value))
      else this.#message.set(name, mergeField(name, before, value))
    }
  }

  /** Pieces of one detail, which come one after the other, become one. */
  #pushDetails(pieces: ReadonlyArray<unknown>): void {
    for (const piece of pieces) {
      const last = this.#details.at(-1)
      if (isObject(last) && isObject(piece) && continuesDetail(last, piece)) addToDetail(last, piece)
      else this.#details.push(isObject(piece) ? { ...piece } : piece)
    }
    this.#message.set("reasoning_details", this.#details)
  }

  #pushReasoning(delta: JsonObject, emit: Emit<StreamPart>): void {
    const given = reasoningFields.filter((name) => typeof delta[name] === "string" && delta[name] !== "")
    const known = given.find((name) => name === this.#reasoningField)
    const field = known ?? given[0]
    if (field !== undefined) {
      this.#reasoningField = field
      this.#say("reasoning", field, textOf(delta[field]), emit)
      return
    }
    const details = objectsOf(delta["reasoning_details"])
    if (details.length === 0 || (this.#reasoningField !== undefined && this.#reasoningField !== "reasoning_details"))
      return
    this.#reasoningField = "reasoning_details"
    const text = details.map(({ summary, text }) => textOf(text) || textOf(summary)).join("")
    this.#say("reasoning", "reasoning_details", text, emit)
  }

  /** A part of a content that is a list. */
  #pushContent(part: unknown, emit: Emit<StreamPart>): void {
    if (typeof part === "string") return this.#say("text", undefined, part, emit)
    if (!isObject(part)) return
    const { refusal, text, thinking, type } = part
    if (type === "thinking" || thinking !== undefined) {
      const pieces =
        typeof thinking === "string"
          ? thinking
          : objectsOf(thinking)
              .map((piece) => textOf(piece["text"]))
              .join("")
      this.#reasoningField ??= "content"
      if (this.#reasoningField === "content") this.#say("reasoning", "content", pieces, emit)
    } else if (type === "refusal") this.#refusal += textOf(refusal)
    else if (type === "text" || type === "output_text" || typeof text === "string")
      this.#say("text", undefined, textOf(text), emit)
    else this.#message.set("content_parts", appendItems(this.#message.get("content_parts"), [part]))
  }

  #say(kind: Open["kind"], field: ReasoningField | undefined, delta: string, emit: Emit<StreamPart>): void {
    if (delta === "") return
    let open = this.#open
    if (open === undefined || open.kind !== kind) {
      this.#close({}, emit)
      open = { kind, field, id: `${kind}-${this.#texts++}` }
      this.#open = open
      emit({ type: `${kind}-start`, id: open.id })
    }
    if (kind === "text") {
      this.#text += delta
      emit({ type: "text-delta", id: open.id, delta })
    } else emit({ type: "reasoning-delta", id: open.id, delta })
  }

  #close(more: JsonObject, emit: Emit<StreamPart>): void {
    const open = this.#open
    if (open === undefined) return
    this.#open = undefined
    emit({ type: `${open.kind}-end`, id: open.id, ...metadata(key, { field: open.field, ...more }) })
  }

  #pushCalls(calls: ReadonlyArray<unknown>, emit: Emit<StreamPart>): void {
    const steps = this.#calls.push({ choices: [{ index: 0, delta: { tool_calls: calls.map(withTextArguments) } }] })
    for (const step of steps) {
      if (step._tag === "ToolCallStarted") {
        const { name } = step
        const isDeferred = this.#reading.tools.undeclared === "keep" && !mayHoldCalls(name)
        if (step.id === "" || !(this.#isKnown(name) || isDeferred)) continue
        const id = this.#ids.next(step.id)
        this.#begun.set(step.part, id)
        emit({ type: "tool-params-start", id, name })
      } else if (step._tag === "ToolCallDelta") {
        const id = this.#begun.get(step.part)
        if (id !== undefined) emit({ type: "tool-params-delta", id, delta: step.delta })
      }
    }
  }

  #isKnown(name: string): boolean {
    return this.#reading.tools.get(name) !== undefined
  }

  /** `isWhole`: the completion came in one piece, so a missing finish reason does not mean that it was cut. */
  end(emit: Emit<StreamPart>, isWhole: boolean): void {
    if (this.#finishReason === undefined && !isWhole) {
      throw truncated(this.#reading, "openai", "chat.completions.create:stream", "the finish reason", {
        text: this.#text,
        usage: this.#head.get("usage"),
        events: this.#events
      })
    }
    if (!this.#isDescribed) emit({ type: "response-metadata" })
    const calls = this.#toolCalls()
    const rest: JsonObject = {
      ...(this.#refusal === "" ? {} : { refusal: this.#refusal }),
      ...(this.#message.size === 0 ? {} : { message: this.#messageFields() })
    }
    if (this.#refusal !== "" || (this.#message.size > 0 && this.#open === undefined && calls.length === 0)) {
      if (this.#open?.kind !== "text") {
        this.#close({}, emit)
        this.#open = { kind: "text", field: undefined, id: `text-${this.#texts++}` }
        emit({ type: "text-start", id: this.#open.id })
      }
    }
    const isTaken = this.#open !== undefined
    this.#close(rest, emit)
    this.#cite(emit)
    this.#sayAudio(emit)
    for (const [position, call] of calls.entries())
      this.#call(call, position, isTaken || position > 0 ? {} : rest, emit)
    emit({
      type: "finish",
      reason: this.#reason(),
      usage: usageOf(this.#usage()),
      ...metadata(key, {
        ...Object.fromEntries(this.#head),
        usage: this.#usage(),
        finish_reason: this.#finishReason,
        ...(this.#choice.size + this.#logprobs.size === 0 ? {} : { choice: this.#choiceFields() })
      })
    })
  }

  #usage(): unknown {
    const usage = this.#head.get("usage")
    if (isObject(usage)) return usage
    const { usage: hidden } = isObject(this.#head.get("x_groq")) ? (this.#head.get("x_groq") as JsonObject) : {}
    return hidden
  }

  #messageFields(): JsonObject {
    const fields = plainFields(this.#message)
    const { audio } = fields
    // The file part has the data.
    return isObject(audio) && isBase64(textOf(audio["data"]))
      ? { ...fields, audio: { ...audio, data: undefined } }
      : fields
  }

  #choiceFields(): JsonObject {
    const fields = Object.fromEntries(this.#choice)
    return this.#logprobs.size === 0 ? fields : { ...fields, logprobs: plainFields(this.#logprobs) }
  }

  #toolCalls(): ReadonlyArray<JsonObject> {
    const [choice] = arrayOf(this.#calls.snapshot()?.["choices"])
    const message = isObject(choice) ? choice["message"] : undefined
    const calls = isObject(message) ? objectsOf(message["tool_calls"]) : []
    return textOf(this.#legacy.get("name")) === ""
      ? calls
      : [...calls, { type: "function", function: plainFields(this.#legacy) }]
  }

  #call(call: JsonObject, position: number, more: JsonObject, emit: Emit<StreamPart>): void {
    const { custom, function: fn, id: given, index: _, ...fields } = call
    const isCustom = isObject(custom)
    const { arguments: args, input, name, ...details } = isCustom ? custom : isObject(fn) ? fn : {}
    const { tools } = this.#reading
    const raw = isCustom ? textOf(input) : args
    const called = isCustom ? this.#customName(textOf(name)) : textOf(name)
    const held = isCustom ? undefined : tools.held({ name: called, arguments: raw })
    if (held !== undefined) return this.#heldCalls(held, call, more, emit)
    const read = tools.params({ name: called, arguments: raw })
    // The input of a custom tool is a text, whatever it looks like.
    const params = isCustom ? raw : read
    const begun = this.#begun.get(position)
    const id = begun ?? this.#ids.next(given)
    if (begun !== undefined) emit({ type: "tool-params-end", id })
    this.#hasCalls = true
    const isExact = typeof raw !== "string" || raw === params || raw === jsonText(params)
    emit({
      type: "tool-call",
      id,
      name: called,
      params: plainJson(params),
      ...metadata(key, {
        ...more,
        ...(isExact ? {} : { arguments: raw }),
        item: {
          ...fields,
          ...(Object.keys(details).length === 0 ? {} : { details }),
          ...(isCustom ? { custom: { name } } : {})
        }
      })
    })
  }

  #heldCalls(calls: ReadonlyArray<HeldCall>, call: JsonObject, more: JsonObject, emit: Emit<StreamPart>): void {
    const id = textOf(call["id"])
    this.#hasCalls = true
    calls.forEach((held, at) => {
      emit({
        type: "tool-call",
        id: this.#ids.next(`${id}_${at}`),
        name: held.name,
        params: plainJson(this.#reading.tools.params(held)),
        ...metadata(key, { ...(at === 0 ? more : {}), holder: { id, at, count: calls.length, call } })
      })
    })
  }

  #customName(name: string): string {
    const tool = this.#reading.tools
      .hosted(toolId("custom"))
      .find(({ args, name: own }) => (isObject(args) && args["name"] === name) || own === name)
    return tool?.name ?? name
  }

  #cite(emit: Emit<StreamPart>): void {
    for (const annotation of objectsOf(plainField(this.#message.get("annotations")))) {
      const { url_citation } = annotation
      if (isObject(url_citation)) this.#source(url_citation["url"], url_citation["title"], annotation, emit)
    }
    for (const url of arrayOf(this.#head.get("citations"))) this.#source(url, undefined, {}, emit)
  }

  #source(url: unknown, title: unknown, annotation: JsonObject, emit: Emit<StreamPart>): void {
    if (typeof url !== "string" || this.#sources.has(url) || !URL.canParse(url)) return
    const id = `source_${this.#reading.idPrefix}_${this.#sources.size}`
    this.#sources.add(url)
    emit({ type: "source", sourceType: "url", id, url, title: textOf(title) || url, ...metadata(key, annotation) })
  }

  #sayAudio(emit: Emit<StreamPart>): void {
    const audio = plainField(this.#message.get("audio"))
    const data = isObject(audio) ? textOf(audio["data"]) : ""
    if (data === "" || !isBase64(data)) return
    const { data: _, ...fields } = isObject(audio) ? audio : {}
    emit({ type: "file", mediaType: "audio/wav", data, ...metadata(key, { audio: fields }) })
  }

  #reason(): Response.FinishReason {
    return this.#refusal === "" ? aiFinishReason(this.#finishReason, this.#hasCalls, mayCall) : "content-filter"
  }
}

/** Servers say `stop`, or nothing, even if the answer ended in order to make calls. */
const mayCall: ReadonlySet<FinishKind> = new Set<FinishKind>(["missing", "end", "calls"])

/** Some servers send arguments as a value. */
const withTextArguments = (call: unknown): unknown => {
  if (!isObject(call) || !isObject(call["function"])) return call
  const { arguments: args } = call["function"]
  if (args === undefined || args === null || typeof args === "string") return call
  return { ...call, function: { ...call["function"], arguments: jsonText(args) } }
}

/** Whether a piece of a detail continues the one before. */
const continuesDetail = (last: JsonObject, piece: JsonObject): boolean =>
  last["type"] === piece["type"] &&
  last["index"] === piece["index"] &&
  (piece["id"] === undefined || piece["id"] === null || last["id"] === piece["id"]) &&
  piece["type"] !== "reasoning.encrypted"

/** Adds a piece to a detail: its text and summary grow. */
const addToDetail = (detail: Record<string, unknown>, piece: JsonObject): void => {
  for (const [name, value] of Object.entries(piece)) {
    const known = detail[name]
    const grows = (name === "text" || name === "summary") && typeof known === "string" && typeof value === "string"
    if (grows) detail[name] = known + value
    else if (value !== null && value !== undefined) detail[name] = value
  }
}

const invalid = ({ place }: Reading, description: string): AiError.AiError =>
  AiError.make({ ...place, reason: new AiError.InvalidResponseError({ description }) })

/** The parts of a whole completion. Throws an `AiError` if it has no choice. */
export const toParts = (completion: unknown, reading: Reading): ReadonlyArray<Response.PartEncoded> => {
  if (!isObject(completion)) throw invalid(reading, "The server answered with something other than a chat completion")
  const choices = objectsOf(completion["choices"])
  if (!Array.isArray(completion["choices"])) throw invalid(reading, "The server's answer has no choices")
  const chosen = choices.find(({ index }) => index === 0) ?? choices[0]
  const message = chosen?.["message"]
  const parts: Array<Response.PartEncoded> = []
  const emit = wholeParts(key, (part) => parts.push(part))
  const reader = new Reader(reading)
  reader.push(
    { ...completion, choices: [{ ...chosen, index: 0, delta: isObject(message) ? numbered(message) : {} }] },
    emit
  )
  reader.end(emit, true)
  return parts
}

/** Calls that come in one piece are one each, whatever their ids are. */
const numbered = (message: JsonObject): JsonObject => {
  const { tool_calls } = message
  return Array.isArray(tool_calls)
    ? { ...message, tool_calls: tool_calls.map((call: unknown, index) => (isObject(call) ? { ...call, index } : call)) }
    : message
}

/** Reads the chunks of a completion. */
export const makeReader = (reading: Reading): PartReader<unknown> => {
  const reader = new Reader(reading)
  return { push: (chunk, emit) => reader.push(chunk, emit), end: (emit) => reader.end(emit, false) }
}
