/** Parts of `effect/ai` from responses, whole ones and streams. */
import * as AiError from "effect/ai/AiError"
import type * as Response from "effect/ai/Response"
import * as AiErrors from "../../../AiErrors.ts"
import * as ApiError from "../../../ApiError.ts"
import { Carrier } from "../../../internal/ai/carry.ts"
import { isBase64 } from "../../../internal/ai/files.ts"
import type { Reading } from "../../../internal/ai/languageModel.ts"
import { metadata, timestampOf } from "../../../internal/ai/metadata.ts"
import { type HeldCall, mayHoldCalls } from "../../../internal/ai/parallel.ts"
import { type Emit, type PartReader, truncated, wholeParts } from "../../../internal/ai/parts.ts"
import { plainJson } from "../../../internal/ai/plainJson.ts"
import { argumentsOf, CallIds } from "../../../internal/ai/tools.ts"
import { Turns } from "../../../internal/ai/turns.ts"
import { usageOf } from "../../../internal/ai/usage.ts"
import { finishKind } from "../../../internal/decode/finishReason.ts"
import { reasonOf } from "../../../internal/errors/reasons.ts"
import { arrayOf, isObject, type JsonObject as Json, textOf } from "../../../internal/json/json.ts"
import { jsonText } from "../../../internal/json/jsonText.ts"
import { isClientRun, isUnclear, toolOf } from "./hostedKinds.ts"

/** The key of metadata and options. */
export const key = "openaiResponses"

type StreamPart = Response.StreamPartEncoded

/** The lists of an item that hold texts, in the order in which they are parts. */
const lists = ["summary", "content"] as const
type List = (typeof lists)[number]

/** The fields of a text of an item, for its part's metadata. */
const partFields = (list: List, part: Json): Json => {
  const { text: _, type, ...rest } = part
  const usual = list === "summary" ? "summary_text" : type === "reasoning_text" ? "reasoning_text" : "output_text"
  return {
    ...(list === "summary" ? { list } : {}),
    ...(type === usual ? {} : { type }),
    ...Object.fromEntries(Object.entries(rest).filter(([, value]) => !isNothing(value)))
  }
}

const isNothing = (value: unknown): boolean =>
  value === undefined || value === null || (Array.isArray(value) && value.length === 0)

/** A text of an item that has become a part, or is becoming one. */
class Text {
  readonly id: string
  readonly kind: "text" | "reasoning"
  readonly list: List
  /** The text of its deltas so far. */
  said = ""
  refusal = ""
  isEnded = false
  readonly annotations: Array<unknown> = []

  constructor(id: string, kind: "text" | "reasoning", list: List) {
    this.id = id
    this.kind = kind
    this.list = list
  }
}

/** An item whose texts are being read. */
class Item {
  readonly index: number
  readonly texts = new Map<string, Text>()
  fields: Json
  isDone = false
  /** The id of its call, once that has begun. */
  callId: string | undefined
  /** The arguments that have been streamed. */
  args = ""
  /** Deltas to the same text come in a row, so the last one is kept at hand. */
  last: Text | undefined
  lastAt = ""

  constructor(index: number, fields: Json) {
    this.index = index
    this.fields = fields
  }

  get id(): string {
    return textOf(this.fields["id"]) || `item-${this.index}`
  }
}

/** Whether an item's parts begin before it is done. */
const saysText = ({ type }: Json): boolean => type === "message" || type === "reasoning"

/** Reads the items of one response, in any order of events; `emit` takes stream parts. */
class Items {
  readonly #reading: Reading
  readonly #items = new Map<number, Item>()
  readonly #ids: CallIds
  readonly #carrier = new Carrier()
  readonly #sources = new Set<string>()
  /** Calls that run side by side keep their order. */
  readonly turns = new Turns<Json>()
  #prefix: string
  /** The call of a shell that the API may have run: the next item tells. */
  #undecided: Item | undefined
  hasCalls = false
  hasApproval = false
  hasRefusal = false
  text = ""

  constructor(reading: Reading) {
    this.#reading = reading
    this.#prefix = reading.idPrefix
    this.#ids = new CallIds(`call_${reading.idPrefix}`)
  }

  get list(): ReadonlyArray<Item> {
    return [...this.#items.values()].sort((a, b) => a.index - b.index)
  }

  get(index: number): Item | undefined {
    return this.#items.get(index)
  }

  begin(index: number, fields: Json, emit: Emit<StreamPart>): Item {
    const known = this.#items.get(index)
    if (known !== undefined) return known
    const item = new Item(index, fields)
    this.#items.set(index, item)
    if (!saysText(fields)) this.turns.begin(index)
    const { call_id, name, type } = fields
    if (type === "shell_call_output") this.outputs.add(call_id)
    this.#decide(emit)
    if (type === "function_call" || type === "custom_tool_call") {
      const tool =
        type === "function_call" ? this.#reading.tools.get(textOf(name)) : toolOf(this.#reading.tools, fields)
      const isDeferred = this.#reading.tools.undeclared === "keep" && !mayHoldCalls(textOf(name))
      if ((tool !== undefined || isDeferred) && textOf(name) !== "") {
        item.callId = this.#ids.next(call_id)
        emit({ type: "tool-params-start", id: item.callId, name: tool?.name ?? textOf(name) })
      }
    }
    return item
  }

  /** Metadata of a part's beginning. Carried items stand before an item, never between its texts. */
  #takeAlong(item: Item) {
    return metadata(key, { itemId: item.fields["id"], ...(item.texts.size > 1 ? {} : this.#carrier.take()) })
  }

  textOf(item: Item, list: List, at: unknown, emit: Emit<StreamPart>, isRefusal = false): Text {
    const place = `${list}${typeof at === "number" ? at : 0}`
    if (item.lastAt === place && item.last !== undefined) return item.last
    let text = item.texts.get(place)
    if (text === undefined) {
      // It ends with the item, as servers may come back to it.
      const kind = item.fields["type"] === "reasoning" || list === "summary" ? "reasoning" : "text"
      text = new Text(item.texts.size === 0 ? item.id : `${item.id}/${item.texts.size}`, kind, list)
      item.texts.set(place, text)
      emit({ type: `${kind}-start`, id: text.id, ...this.#takeAlong(item) })
    }
    if (isRefusal) this.hasRefusal = true
    item.last = text
    item.lastAt = place
    return text
  }

  say(text: Text, delta: string, emit: Emit<StreamPart>): void {
    if (delta === "" || text.isEnded) return
    text.said += delta
    if (text.kind === "text") {
      this.text += delta
      emit({ type: "text-delta", id: text.id, delta })
    } else emit({ type: "reasoning-delta", id: text.id, delta })
  }

  /** Says what the deltas have not said. */
  sayRest(text: Text, whole: string, emit: Emit<StreamPart>): void {
    if (whole.length > text.said.length && whole.startsWith(text.said))
      this.say(text, whole.slice(text.said.length), emit)
  }

  #end(item: Item, text: Text, part: Json | undefined, skeleton: Json | undefined, emit: Emit<StreamPart>): void {
    if (text.isEnded) return
    text.isEnded = true
    const known = {
      ...part,
      ...(text.annotations.length > 0 && isNothing(part?.["annotations"]) ? { annotations: text.annotations } : {})
    }
    const { refusal: said, ...fields } = partFields(text.list, known)
    const refusal = text.refusal || said
    emit({
      type: `${text.kind}-end`,
      id: text.id,
      ...metadata(key, {
        itemId: item.fields["id"],
        ...(part === undefined && text.annotations.length === 0 ? {} : { part: fields }),
        ...(refusal === undefined ? {} : { refusal, part: { ...fields, type: "refusal" } }),
        item: skeleton
      })
    })
    for (const annotation of arrayOf(known["annotations"])) this.#cite(annotation, emit)
  }

  #cite(annotation: unknown, emit: Emit<StreamPart>): void {
    if (!isObject(annotation)) return
    const { file_id, filename, title, type, url } = annotation
    const source = type === "url_citation" ? url : file_id
    if (typeof source !== "string" || this.#sources.has(source)) return
    const id = `source_${this.#prefix}_${this.#sources.size}`
    const more = metadata(key, annotation)
    if (type === "url_citation") {
      if (!URL.canParse(source)) return
      this.#sources.add(source)
      emit({ type: "source", sourceType: "url", id, url: source, title: textOf(title) || source, ...more })
    } else {
      this.#sources.add(source)
      const fileName = textOf(filename)
      const name = fileName === "" ? {} : { fileName }
      emit({
        type: "source",
        sourceType: "document",
        id,
        mediaType: "text/plain",
        title: fileName || source,
        ...name,
        ...more
      })
    }
  }

  /** The item as a whole is what counts, whatever its events were. */
  finish(index: number, given: Json, emit: Emit<StreamPart>): void {
    // An item of a type that the library does not know.
    const fields = given["type"] === "~unknown" && isObject(given["raw"]) ? given["raw"] : given
    const item = this.begin(index, fields, emit)
    if (item.isDone) return
    item.isDone = true
    item.fields = fields
    if (isClientRun(fields) && isUnclear(fields) && !this.#isAnswered(fields)) {
      this.#undecided = item
      return
    }
    switch (fields["type"]) {
      case "message":
        return this.#finishTexts(item, emit)
      case "reasoning":
        return this.#finishTexts(item, emit)
      case "function_call":
        return this.#finishCall(item, emit)
      default:
        return this.#finishOther(item, emit)
    }
  }

  #decide(emit: Emit<StreamPart>): void {
    const item = this.#undecided
    if (item === undefined) return
    this.#undecided = undefined
    this.#finishOther(item, emit)
  }

  #finishTexts(item: Item, emit: Emit<StreamPart>): void {
    const { content, summary, ...skeleton } = item.fields
    const parts = lists.flatMap((list) =>
      arrayOf(
        list === "summary" ? summary : typeof content === "string" ? [{ type: "output_text", text: content }] : content
      )
        .filter(isObject)
        .map((given, at) => ({
          at,
          list,
          part: given["type"] === "~unknown" && isObject(given["raw"]) ? given["raw"] : given
        }))
    )
    if (parts.length === 0 && item.texts.size === 0) {
      const kind = item.fields["type"] === "reasoning" ? "reasoning" : "text"
      emit({ type: `${kind}-start`, id: item.id, ...this.#takeAlong(item) })
      emit({ type: `${kind}-end`, id: item.id, ...metadata(key, { itemId: item.fields["id"], item: skeleton }) })
      return
    }
    const open = new Set(item.texts.values())
    parts.forEach(({ at, list, part }, n) => {
      const isRefusal = part["type"] === "refusal"
      const text = this.textOf(item, list, at, emit, isRefusal)
      open.delete(text)
      if (isRefusal) text.refusal = textOf(part["refusal"])
      else this.sayRest(text, textOf(part["text"]), emit)
      if (n < parts.length - 1) this.#end(item, text, part, undefined, emit)
      else {
        for (const other of open) this.#end(item, other, undefined, undefined, emit)
        this.#end(item, text, part, skeleton, emit)
      }
    })
    // A server that leaves the texts out of the item at its end.
    if (parts.length === 0) for (const text of open) this.#end(item, text, undefined, skeleton, emit)
  }

  #finishCall(item: Item, emit: Emit<StreamPart>): void {
    const { arguments: args, call_id, name, ...skeleton } = item.fields
    const { tools } = this.#reading
    const given = isNothing(args) || args === "" ? item.args : args
    const held = tools.held({ name: textOf(name), arguments: given })
    if (held !== undefined) return this.#heldCalls(held, item, emit)
    const params = tools.params({ name: textOf(name), arguments: given })
    this.#call(
      item,
      textOf(name),
      params,
      given,
      { ...skeleton, ...(item.callId === undefined || call_id === item.callId ? {} : { call_id }) },
      emit
    )
  }

  #heldCalls(calls: ReadonlyArray<HeldCall>, { fields }: Item, emit: Emit<StreamPart>): void {
    const id = textOf(fields["call_id"])
    this.hasCalls = true
    calls.forEach((call, at) => {
      emit({
        type: "tool-call",
        id: this.#ids.next(`${id}_${at}`),
        name: call.name,
        params: plainJson(this.#reading.tools.params(call)),
        ...metadata(key, {
          itemId: fields["id"],
          ...this.#carrier.take(),
          holder: { id, at, count: calls.length, call: fields }
        })
      })
    })
  }

  #call(item: Item, name: string, params: unknown, raw: unknown, skeleton: Json, emit: Emit<StreamPart>): void {
    const id = item.callId ?? this.#ids.next(item.fields["call_id"] ?? item.fields["id"])
    this.hasCalls = true
    const text = typeof raw === "string" ? raw : undefined
    if (item.callId !== undefined) {
      if (text !== undefined && text.length > item.args.length && text.startsWith(item.args)) {
        emit({ type: "tool-params-delta", id, delta: text.slice(item.args.length) })
      }
      emit({ type: "tool-params-end", id })
    }
    const isExact = text === undefined || text === params || text === jsonText(params)
    emit({
      type: "tool-call",
      id,
      name,
      params: plainJson(params),
      ...metadata(key, {
        itemId: item.fields["id"],
        ...this.#carrier.take(),
        ...(isExact ? {} : { arguments: text }),
        item: skeleton
      })
    })
  }

  #finishOther(item: Item, emit: Emit<StreamPart>): void {
    const { fields } = item
    const { tools } = this.#reading
    const tool = toolOf(tools, fields)
    if (isClientRun(fields) && !this.#isAnswered(fields) && tool?.requiresHandler !== false)
      return this.#finishClientCall(item, tool?.name, emit)
    if (tool === undefined) return this.#carry(item, emit)
    const id = item.id
    emit({
      type: "tool-call",
      id,
      name: tool.name,
      params: plainJson(hostedParams(fields)),
      providerExecuted: true,
      ...metadata(key, {
        itemId: fields["id"],
        ...this.#carrier.take(),
        // A request for approval has no result that could bring the item back.
        ...(fields["type"] === "mcp_approval_request" ? { item: fields } : {})
      })
    })
    if (fields["type"] === "mcp_approval_request") {
      this.hasApproval = true
      return
    }
    emit({
      type: "tool-result",
      id,
      name: tool.name,
      isFailure: false,
      result: plainJson(fields),
      providerExecuted: true,
      ...metadata(key, { itemId: fields["id"], isItem: true })
    })
  }

  /** Whether the API has run the call: then its output is among the items. */
  #isAnswered({ call_id, type }: Json): boolean {
    return type === "shell_call" && this.outputs.has(call_id)
  }

  /** The ids of calls whose output the response has. */
  readonly outputs = new Set<unknown>()

  #finishClientCall(item: Item, toolName: string | undefined, emit: Emit<StreamPart>): void {
    const { fields } = item
    const type = textOf(fields["type"])
    const name = toolName ?? (textOf(fields["name"]) || type.replace(/_call$/, ""))
    if (toolName === undefined && this.#reading.tools.undeclared === "fail") throw this.#reading.tools.notFound(name)
    if (type === "custom_tool_call") {
      const { input, ...skeleton } = fields
      const text = textOf(input) || item.args
      return this.#call(item, name, text, text, skeleton, emit)
    }
    this.#call(item, name, clientParams(fields), undefined, fields, emit)
  }

  #carry(item: Item, emit: Emit<StreamPart>): void {
    const { fields } = item
    const { output_format, result, type, ...rest } = fields
    if (type === "image_generation_call" && typeof result === "string" && isBase64(result)) {
      emit({
        type: "file",
        mediaType: `image/${typeof output_format === "string" ? output_format : "png"}`,
        data: result,
        ...metadata(key, {
          itemId: fields["id"],
          ...this.#carrier.take(),
          item: { type, ...rest, ...(output_format === undefined ? {} : { output_format }) }
        })
      })
    } else this.#carrier.hold(fields)
  }

  /** Finishes what is left, and lets an empty text bring along what no part has taken. */
  finishAll(output: ReadonlyArray<unknown>, emit: Emit<StreamPart>): void {
    output.forEach((item, index) => {
      if (isObject(item)) this.finish(index, item, emit)
    })
    for (const item of this.list) if (!item.isDone) this.finish(item.index, unfinished(item), emit)
    this.#decide(emit)
    if (this.#carrier.isEmpty) return
    const id = `carried_${this.#prefix}`
    emit({ type: "text-start", id, ...metadata(key, this.#carrier.take()) })
    emit({ type: "text-end", id })
  }

  partialImage(item: Item, event: Json, emit: Emit<StreamPart>): void {
    const tool = toolOf(this.#reading.tools, item.fields)
    if (tool === undefined) return
    emit({
      type: "tool-result",
      id: item.id,
      name: tool.name,
      isFailure: false,
      result: plainJson({ type: "image_generation_call", id: item.fields["id"], result: event["partial_image_b64"] }),
      providerExecuted: true,
      preliminary: true
    })
  }
}

/** An item as far as its events have told. */
const unfinished = (item: Item): Json => {
  const { fields } = item
  if (fields["type"] === "function_call") return { ...fields, arguments: item.args || fields["arguments"] }
  return fields["type"] === "custom_tool_call" ? { ...fields, input: item.args || fields["input"] } : fields
}

/** The parameters of a call that the program runs. */
const clientParams = ({ action, actions, operation, pending_safety_checks, type }: Json): unknown =>
  type === "computer_call" ? { action, actions, pending_safety_checks } : (action ?? operation ?? {})

/** The parameters of a call that the API has run. */
const hostedParams = (item: Json): unknown => {
  const { action, arguments: args, code, container_id, queries, type } = item
  switch (type) {
    case "code_interpreter_call":
      return { code, container_id }
    case "file_search_call":
      return { queries }
    case "mcp_call":
    case "mcp_approval_request":
      return { name: item["name"], arguments: argumentsOf(args) }
    default:
      return action ?? {}
  }
}

/** The description of the response. */
const describe = ({ created_at, id, model }: Json): StreamPart & Response.PartEncoded => ({
  type: "response-metadata",
  ...(typeof id === "string" && id !== "" ? { id } : {}),
  ...(typeof model === "string" && model !== "" ? { modelId: model } : {}),
  ...timestampOf(created_at)
})

/** Fields of a response that say how it ended, for the finish part. */
const finishFields = [
  "conversation",
  "incomplete_details",
  "moderation",
  "previous_response_id",
  "prompt_cache_key",
  "service_tier",
  "status",
  "usage"
]

const finishOf = (response: Json, items: Items): StreamPart & Response.PartEncoded => ({
  type: "finish",
  reason: finishReason(response, items),
  usage: usageOf(response["usage"]),
  ...metadata(
    key,
    Object.fromEntries(finishFields.map((field) => [field, isNothing(response[field]) ? undefined : response[field]]))
  )
})

const finishReason = ({ incomplete_details, status }: Json, items: Items): Response.FinishReason => {
  const reason = isObject(incomplete_details) ? incomplete_details["reason"] : undefined
  if (reason === "max_output_tokens" || reason === "max_tokens") return "length"
  if (reason === "content_filter" || items.hasRefusal) return "content-filter"
  if (status !== undefined && status !== null && finishKind(status) !== "end") return "other"
  if (items.hasCalls) return "tool-calls"
  return items.hasApproval ? "pause" : "stop"
}

/** The error of a response that failed. What it had said, and used, is in its `partial`. */
const failureOf = (response: Json, { place }: Reading, text: string, events: number): AiError.AiError => {
  const error = isObject(response["error"]) ? response["error"] : {}
  const optional = (name: string) => textOf(error[name]) || undefined
  const detail: ApiError.ServerDetail = {
    message: optional("message") ?? "The response failed",
    code: optional("code"),
    type: optional("type"),
    param: optional("param"),
    helpUrl: undefined
  }
  const isPolicy = /policy|safety|moderation/.test(detail.code ?? "")
  return AiErrors.fromApiError(
    ApiError.local(
      { provider: "openai", id: "responses.create" },
      isPolicy ? new ApiError.ContentPolicyError(detail) : reasonOf(0, detail, {}, 0),
      { text, usage: response["usage"] ?? undefined, events }
    ),
    place
  )
}

const invalid = ({ place }: Reading, description: string): AiError.AiError =>
  AiError.make({ ...place, reason: new AiError.InvalidResponseError({ description }) })

/** The parts of a whole response. Throws an `AiError` if it failed. */
export const toParts = (response: unknown, reading: Reading): ReadonlyArray<Response.PartEncoded> => {
  if (!isObject(response)) throw invalid(reading, "The server answered with something other than a response")
  const items = new Items(reading)
  const { output, status } = response
  if (status !== "failed" && !Array.isArray(output) && typeof response["id"] !== "string") {
    throw invalid(reading, "The server's answer has no output")
  }
  const parts: Array<Response.PartEncoded> = [describe(response)]
  const whole = wholeParts(key, (part) => parts.push(part))
  collectOutputs(items, arrayOf(output))
  items.finishAll(arrayOf(output), whole)
  if (status === "failed") throw failureOf(response, reading, items.text, 0)
  parts.push(finishOf(response, items))
  return parts
}

const collectOutputs = (items: Items, output: ReadonlyArray<unknown>): void => {
  for (const item of output)
    if (isObject(item) && item["type"] === "shell_call_output") items.outputs.add(item["call_id"])
}

const terminal = new Set(["response.completed", "response.incomplete", "response.failed"])

/** Reads the events of a response. */
export const makeReader = (reading: Reading): PartReader<unknown> => {
  const items = new Items(reading)
  let isDescribed = false
  let isOver = false
  let events = 0
  const isOfAnswer = ({ item, output_index: index, type }: Json): boolean => {
    if (type === "response.output_text.delta") return true
    const known = isObject(item) ? item : typeof index === "number" ? items.get(index)?.fields : undefined
    return known?.["type"] === "message"
  }

  const readInTurn = (event: Json, emit: Emit<StreamPart>): void => {
    const { output_index: index } = event
    const readNow = (event: Json): void => {
      read(event, emit)
      const { output_index: index, type } = event
      if (type === "response.output_item.done" && typeof index === "number") items.turns.end(index, readNow)
    }
    // An answer waits for nothing, so a server that does not end its calls delays no text.
    if (typeof index === "number" && !isOfAnswer(event)) return items.turns.push(index, event, readNow)
    items.turns.flush(readNow)
    readNow(event)
  }

  const describeOnce = (response: Json, emit: Emit<StreamPart>): void => {
    if (isDescribed) return
    isDescribed = true
    emit(describe(response))
  }

  /** The item of an event; `type` is its type if no event has told of it before. */
  const itemOf = (event: Json, emit: Emit<StreamPart>, type = "message"): Item => {
    const index = typeof event["output_index"] === "number" ? event["output_index"] : 0
    return items.get(index) ?? items.begin(index, { type, id: event["item_id"] }, emit)
  }

  const push = (event: unknown, emit: Emit<StreamPart>): void => {
    events++
    if (!isObject(event) || isOver) return
    readInTurn(event, emit)
  }

  const read = (event: Json, emit: Emit<StreamPart>): void => {
    const { type } = event
    switch (type) {
      case "response.output_text.delta": {
        const item = itemOf(event, emit)
        return items.say(items.textOf(item, "content", event["content_index"], emit), textOf(event["delta"]), emit)
      }
      case "response.reasoning_text.delta":
        return items.say(
          items.textOf(itemOf(event, emit, "reasoning"), "content", event["content_index"], emit),
          textOf(event["delta"]),
          emit
        )
      case "response.reasoning_summary_text.delta":
        return items.say(
          items.textOf(itemOf(event, emit, "reasoning"), "summary", event["summary_index"], emit),
          textOf(event["delta"]),
          emit
        )
      case "response.output_text.done":
      case "response.reasoning_text.done":
        return items.sayRest(
          items.textOf(
            itemOf(event, emit, type === "response.output_text.done" ? "message" : "reasoning"),
            "content",
            event["content_index"],
            emit
          ),
          textOf(event["text"]),
          emit
        )
      case "response.reasoning_summary_text.done":
        return items.sayRest(
          items.textOf(itemOf(event, emit, "reasoning"), "summary", event["summary_index"], emit),
          textOf(event["text"]),
          emit
        )
      case "response.refusal.delta": {
        items.textOf(itemOf(event, emit), "content", event["content_index"], emit, true).refusal += textOf(
          event["delta"]
        )
        return
      }
      case "response.output_text.annotation.added": {
        items.textOf(itemOf(event, emit), "content", event["content_index"], emit).annotations.push(event["annotation"])
        return
      }
      case "response.function_call_arguments.delta":
      case "response.custom_tool_call_input.delta": {
        const kind = type === "response.function_call_arguments.delta" ? "function_call" : "custom_tool_call"
        const item = itemOf(event, emit, kind)
        const delta = textOf(event["delta"])
        item.args += delta
        if (item.callId !== undefined && delta !== "") emit({ type: "tool-params-delta", id: item.callId, delta })
        return
      }
      case "response.content_part.added": {
        // The parts of an item are in the order in which they begin, also those that have no deltas.
        const { content_index: at, part } = event
        const kind = isObject(part) ? part["type"] : undefined
        items.textOf(
          itemOf(event, emit, kind === "reasoning_text" ? "reasoning" : "message"),
          "content",
          at,
          emit,
          kind === "refusal"
        )
        return
      }
      case "response.reasoning_summary_part.added":
        items.textOf(itemOf(event, emit, "reasoning"), "summary", event["summary_index"], emit)
        return
      case "response.image_generation_call.partial_image":
        return items.partialImage(itemOf(event, emit, "image_generation_call"), event, emit)
      case "response.output_item.added":
      case "response.output_item.done": {
        const { item, output_index } = event
        if (!isObject(item)) return
        const index = typeof output_index === "number" ? output_index : 0
        if (type === "response.output_item.added") items.begin(index, item, emit)
        else items.finish(index, item, emit)
        return
      }
      default:
        if (!isObject(event["response"])) return
        describeOnce(event["response"], emit)
        if (typeof type === "string" && terminal.has(type)) finish(event["response"], emit)
    }
  }

  const finish = (response: Json, emit: Emit<StreamPart>): void => {
    isOver = true
    if (response["status"] === "failed") throw failureOf(response, reading, items.text, events)
    collectOutputs(items, arrayOf(response["output"]))
    items.finishAll(arrayOf(response["output"]), emit)
    emit(finishOf(response, items))
  }

  return {
    push,
    end: () => {
      if (isOver) return
      throw truncated(reading, "openai", "responses.create:stream", "the end of the response", {
        text: items.text,
        usage: undefined,
        events
      })
    }
  }
}
