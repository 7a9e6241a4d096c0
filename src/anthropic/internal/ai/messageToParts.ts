/** The parts of a message and of its stream, for `effect/ai`: one pass, no Effect for each event. */

import type * as Response from "effect/ai/Response"
import { Carrier } from "../../../internal/ai/carry.ts"
import { aiFinishReason } from "../../../internal/ai/finishReason.ts"
import type { Reading } from "../../../internal/ai/languageModel.ts"
import { metadata } from "../../../internal/ai/metadata.ts"
import { type Emit, type PartReader, truncated } from "../../../internal/ai/parts.ts"
import { plainJson } from "../../../internal/ai/plainJson.ts"
import { argumentsOf, CallIds } from "../../../internal/ai/tools.ts"
import { Turns } from "../../../internal/ai/turns.ts"
import { usageOf } from "../../../internal/ai/usage.ts"
import type { FinishKind } from "../../../internal/decode/finishReason.ts"
import { arrayOf, isObject, type JsonObject, textOf } from "../../../internal/json/json.ts"
import { jsonText } from "../../../internal/json/jsonText.ts"
import { WholeParser } from "../../../internal/json/wholeParser.ts"
import { indexOf } from "../../../internal/stream/fold.ts"
import { MessageFold } from "../messageFold.ts"
import { DeclaredTools } from "./declaredTools.ts"
import { streamMessage } from "./endpoints.ts"
import { key, present } from "./partFields.ts"

/** Reads a whole message. Throws an `AiError` if it calls a tool that the toolkit lacks. */
export const messageToParts = (message: unknown, { tools }: Reading): ReadonlyArray<Response.PartEncoded> => {
  const parts: Array<Response.PartEncoded> = []
  const emit: Emit<Response.PartEncoded> = (part) => parts.push(part)
  const json = jsonOf(message)
  const answer = new Answer(new DeclaredTools(tools))
  emit(responseMetadata(json))
  for (const block of arrayOf(json["content"])) {
    if (isObject(block)) for (const part of answer.read(block, answer.callId(block))) emit(part)
  }
  for (const part of answer.end(json)) emit(part)
  return parts
}

/** Reads the events of a message, decoded or not. */
export class MessageReader implements PartReader<unknown> {
  readonly #reading: Reading
  readonly #answer: Answer
  readonly #fold = new MessageFold(() => new WholeParser())
  readonly #open = new Map<number, OpenBlock>()
  /** Parts are in the order of their blocks. */
  readonly #turns = new Turns<JsonObject>()
  #isOver = false

  #events = 0
  #text = ""

  constructor(reading: Reading) {
    this.#reading = reading
    this.#answer = new Answer(new DeclaredTools(reading.tools))
  }

  push(event: unknown, emit: EmitStreamed): void {
    this.#events++
    if (!isObject(event) || this.#isOver) return
    this.#fold.push(event)
    this.#readInTurn(event, emit)
  }

  #readInTurn(event: JsonObject, emit: EmitStreamed): void {
    if (!isOfBlock(event)) return this.#read(event, emit)
    this.#turns.push(indexOf(event["index"]) ?? 0, event, (event) => this.#read(event, emit))
  }

  #read(event: JsonObject, emit: EmitStreamed): void {
    switch (event["type"]) {
      case "content_block_delta":
        return this.#delta(event, emit)
      case "message_start":
        return this.#begin(event["message"], emit)
      case "content_block_start":
        return this.#start(indexOf(event["index"]), event["content_block"], emit)
      case "content_block_stop":
        return this.#stop(indexOf(event["index"]), emit)
      case "message_stop":
        return this.#finish(emit)
    }
  }

  /** A message that says why it stopped is whole, even if its last event is missing. */
  end(emit: EmitStreamed): void {
    if (this.#isOver) return
    const { stop_reason: reason, usage } = this.message ?? {}
    if (textOf(reason) !== "") return this.#finish(emit)
    throw truncated(this.#reading, "anthropic", streamMessage.id, "the end of the message", {
      text: this.#text,
      usage,
      events: this.#events
    })
  }

  /** The message as far as it has come. */
  get message(): JsonObject | undefined {
    const message = this.#fold.snapshot()
    return message === undefined ? undefined : jsonOf(message)
  }

  #begin(message: unknown, emit: EmitStreamed): void {
    if (!isObject(message)) return
    emit(responseMetadata(message))
    // Some servers send whole blocks with the start.
    for (const [index, block] of arrayOf(message["content"]).entries()) {
      this.#readInTurn({ type: "content_block_start", index, content_block: block }, emit)
    }
  }

  #start(index: number | undefined, given: unknown, emit: EmitStreamed): void {
    if (index === undefined || !isObject(given) || this.#open.has(index)) return
    const block = rawOf(given)
    const id = `${index}`
    const kind = this.#answer.kindOf(block)
    const carried = kind === "carried" ? none : this.#answer.takeAlong()
    const open: OpenBlock = { id, callId: this.#answer.callId(block), kind, carried }
    this.#open.set(index, open)
    if (open.kind === "call" || open.kind === "carried") this.#turns.begin(index)
    switch (open.kind) {
      case "text":
        emit({ type: "text-start", id })
        if (textOf(block["text"]) !== "") this.#say(id, textOf(block["text"]), emit)
        return
      case "reasoning":
        emit({ type: "reasoning-start", id })
        if (textOf(block["thinking"]) !== "") emit({ type: "reasoning-delta", id, delta: textOf(block["thinking"]) })
        return
      case "call":
        emit({
          type: "tool-params-start",
          id: open.callId,
          name: this.#answer.nameOf(block),
          providerExecuted: block["type"] !== "tool_use"
        })
        return
      case "carried":
        return
    }
  }

  #say(id: string, delta: string, emit: EmitStreamed): void {
    this.#text += delta
    emit({ type: "text-delta", id, delta })
  }

  #delta(event: JsonObject, emit: EmitStreamed): void {
    const { delta, index } = event
    const open = this.#open.get(typeof index === "number" ? index : 0)
    if (open === undefined || !isObject(delta)) return
    switch (delta["type"]) {
      case "text_delta":
        if (open.kind === "text") this.#say(open.id, textOf(delta["text"]), emit)
        return
      case "thinking_delta":
        if (open.kind === "reasoning") emit({ type: "reasoning-delta", id: open.id, delta: textOf(delta["thinking"]) })
        return
      case "input_json_delta":
        if (open.kind === "call") {
          emit({ type: "tool-params-delta", id: open.callId, delta: textOf(delta["partial_json"]) })
        }
        return
    }
  }

  #stop(index: number | undefined, emit: EmitStreamed): void {
    const open = index === undefined ? undefined : this.#open.get(index)
    if (index === undefined || open === undefined) return
    this.#open.delete(index)
    for (const part of this.#answer.read(jsonOf(this.#fold.block(index)), open.callId, open.carried)) {
      if (part.type === "text") emit({ ...withoutText(part), type: "text-end", id: open.id })
      else if (part.type === "reasoning") emit({ ...withoutText(part), type: "reasoning-end", id: open.id })
      else {
        if (part.type === "tool-call" && open.kind === "call") emit({ type: "tool-params-end", id: open.callId })
        emit(part)
      }
    }
    this.#turns.end(index, (event) => this.#read(event, emit))
  }

  #finish(emit: EmitStreamed): void {
    this.#isOver = true
    while (this.#open.size > 0) {
      // Each end may begin blocks that have waited for it.
      for (const index of [...this.#open.keys()]) this.#stop(index, emit)
    }
    for (const part of this.#answer.end(this.message ?? {})) {
      if (part.type === "text") {
        const id = "end"
        emit({ type: "text-start", id })
        emit({ ...withoutText(part), type: "text-end", id })
      } else {
        emit(part)
      }
    }
  }
}

const isOfBlock = ({ type }: JsonObject): boolean =>
  type === "content_block_start" || type === "content_block_delta" || type === "content_block_stop"

type EmitStreamed = Emit<Response.StreamPartEncoded>

/** A block whose parts have begun. */
interface OpenBlock {
  readonly id: string
  readonly callId: string
  readonly kind: BlockKind
  /** The carried blocks that came before it. */
  readonly carried: JsonObject
}

const none: JsonObject = {}

type BlockKind = "text" | "reasoning" | "call" | "carried"

/** Parts that a block turns into. */
type BlockPart =
  | Response.TextPartEncoded
  | Response.ReasoningPartEncoded
  | Response.ToolCallPartEncoded
  | Response.ToolResultPartEncoded
  | Response.UrlSourcePartEncoded
  | Response.DocumentSourcePartEncoded

const withoutText = ({ metadata }: Response.TextPartEncoded | Response.ReasoningPartEncoded) =>
  metadata === undefined ? {} : { metadata }

/** Reads the whole blocks of one answer, in order. */
class Answer {
  readonly #tools: DeclaredTools
  readonly #carrier = new Carrier()
  readonly #ids = new CallIds("toolu")
  readonly #hosted = new Map<unknown, string>()
  /** Calls of the server's own tools, until their results come. */
  readonly #unanswered = new Set<unknown>()
  readonly #sources = new Set<string>()
  #hasOwnCall = false

  constructor(tools: DeclaredTools) {
    this.#tools = tools
  }

  kindOf(block: JsonObject): BlockKind {
    switch (block["type"]) {
      case "text":
        return "text"
      case "thinking":
      case "redacted_thinking":
        return "reasoning"
      case "tool_use":
        return "call"
      case "server_tool_use":
      case "mcp_tool_use":
        return this.#tools.hosted(block) === undefined ? "carried" : "call"
      default:
        return "carried"
    }
  }

  /** The id of the call that a block makes: unlike all others of the answer. */
  callId(block: JsonObject): string {
    return block["type"] === "tool_use" ? this.#ids.next(block["id"]) : textOf(block["id"])
  }

  /** The toolkit's name of the tool that a block calls. Throws `ToolNotFoundError` if the toolkit lacks it. */
  nameOf(block: JsonObject): string {
    if (block["type"] !== "tool_use") return this.#tools.hosted(block)?.name ?? textOf(block["name"])
    const { name, tool } = this.#tools.own(block)
    if (tool === undefined && this.#tools.table.undeclared === "fail") throw this.#tools.table.notFound(name)
    return name
  }

  /** Metadata fields that bring along the blocks that no part stands for. */
  takeAlong(): JsonObject {
    return this.#carrier.take()
  }

  /** `carried` are the fields of {@link takeAlong}, unless they are taken now. */
  read(block: JsonObject, callId: string, carried?: JsonObject): ReadonlyArray<BlockPart> {
    const { type, ...rest } = block
    switch (type) {
      case "text": {
        const { text, ...fields } = rest
        const part = { type: "text" as const, text: textOf(text), ...this.#metadata(present(fields), carried) }
        return [part, ...this.#sourcesOf(arrayOf(fields["citations"]))]
      }
      case "thinking": {
        const { thinking, ...fields } = rest
        return [{ type: "reasoning", text: textOf(thinking), ...this.#metadata({ ...present(fields), type }, carried) }]
      }
      case "redacted_thinking":
        return [{ type: "reasoning", text: "", ...this.#metadata({ ...rest, type }, carried) }]
      case "tool_use":
        return [this.#ownCall(block, callId, carried)]
      case "server_tool_use":
      case "mcp_tool_use":
        return this.#hostedCall(block, carried)
      default:
        return this.#hostedResult(block)
    }
  }

  #ownCall(block: JsonObject, id: string, carried: JsonObject | undefined): Response.ToolCallPartEncoded {
    this.#hasOwnCall = true
    const { id: _, input, name: wireName, type: __, ...fields } = block
    const { isMember, name, tool } = this.#tools.own(block)
    const given = isMember ? { name: wireName, input: argumentsOf(input) } : argumentsOf(input)
    const params = this.#tools.table.params({ name: tool?.name ?? name, arguments: given })
    return {
      type: "tool-call",
      id,
      name,
      params,
      ...this.#metadata(
        {
          ...present(fields),
          ...(wireName === name ? {} : { name: wireName }),
          // Sent again as it came, it is found in the prompt's cache.
          ...(jsonText(params) === jsonText(given) ? {} : { input: given })
        },
        carried
      )
    }
  }

  #hostedCall(block: JsonObject, carried: JsonObject | undefined): ReadonlyArray<BlockPart> {
    this.#unanswered.add(block["id"])
    const tool = this.#tools.hosted(block)
    if (tool === undefined) return this.#carry(block)
    this.#hosted.set(block["id"], tool.name)
    return [
      {
        type: "tool-call",
        id: textOf(block["id"]),
        name: tool.name,
        params: argumentsOf(block["input"]),
        providerExecuted: true,
        ...this.#metadata({ block }, carried)
      }
    ]
  }

  #hostedResult(block: JsonObject): ReadonlyArray<BlockPart> {
    const { content, is_error: isError, tool_use_id: id } = block
    this.#unanswered.delete(id)
    const name = this.#hosted.get(id)
    if (name === undefined) return this.#carry(block)
    return [
      {
        type: "tool-result",
        id: textOf(id),
        name,
        result: content ?? null,
        isFailure: isError === true || (isObject(content) && textOf(content["type"]).endsWith("_error")),
        providerExecuted: true,
        ...this.#metadata({ block })
      }
    ]
  }

  #carry(block: JsonObject): ReadonlyArray<BlockPart> {
    this.#carrier.hold(block)
    return []
  }

  #metadata(fields: JsonObject, carried: JsonObject = this.#carrier.take()) {
    return metadata(key, { ...carried, ...fields })
  }

  /**
   * The end of the message. What the history needs to know goes with an empty text, as finish parts are not in it: the
   * container, blocks that no part has taken along, and calls of the server's own tools that were cut.
   */
  end(message: JsonObject): ReadonlyArray<Response.TextPartEncoded | Response.FinishPartEncoded> {
    const { content: _, id: __, model, role: ___, type: ____, ...rest } = message
    const fields = present(rest)
    const { container } = fields
    const reason = aiFinishReason(message["stop_reason"], this.#hasOwnCall, mayCall)
    const isCut = reason !== "pause" && !this.#hasOwnCall && this.#unanswered.size > 0
    const last = this.#metadata({ container, ...(isCut ? { cut: [...this.#unanswered] } : {}) })
    return [
      ...(last.metadata === undefined ? [] : [{ type: "text" as const, text: "", ...last }]),
      {
        type: "finish",
        reason,
        usage: usageOf(message["usage"]),
        ...metadata(key, { ...fields, model })
      }
    ]
  }

  #sourcesOf(citations: ReadonlyArray<unknown>): ReadonlyArray<BlockPart> {
    return citations.flatMap((citation) => {
      const source = isObject(citation) ? sourceOf(citation) : undefined
      if (source === undefined || this.#sources.has(source.id)) return []
      this.#sources.add(source.id)
      return [source]
    })
  }
}

const responseMetadata = (message: JsonObject): Response.ResponseMetadataPartEncoded => {
  const { id, model } = message
  return {
    type: "response-metadata",
    ...(typeof id === "string" ? { id } : {}),
    ...(typeof model === "string" ? { modelId: model } : {})
  }
}

/** A message that ends in another way has given its calls up. */
const mayCall: ReadonlySet<FinishKind> = new Set<FinishKind>(["missing", "calls"])

/** The source that a citation names. The cited text stays in the metadata of the text with the citation. */
const sourceOf = (
  citation: JsonObject
): Response.UrlSourcePartEncoded | Response.DocumentSourcePartEncoded | undefined => {
  const { document_index: index, document_title: documentTitle, source, title, type, url } = citation
  const address = textOf(url) === "" ? textOf(source) : textOf(url)
  if (URL.canParse(address)) {
    const name = textOf(title)
    return { type: "source", sourceType: "url", id: address, url: address, title: name === "" ? address : name }
  }
  if (typeof index === "number") {
    const name = textOf(documentTitle)
    return {
      type: "source",
      sourceType: "document",
      id: `document-${index}`,
      mediaType: type === "page_location" ? "application/pdf" : "text/plain",
      title: name === "" ? `Document ${index + 1}` : name
    }
  }
  if (address === "") return undefined
  const name = textOf(title)
  return {
    type: "source",
    sourceType: "document",
    id: address,
    mediaType: "text/plain",
    title: name === "" ? address : name
  }
}

/** The JSON of a block, which decoding wraps if its type is unknown. */
const rawOf = (block: JsonObject): JsonObject => {
  const { raw, type } = block
  return type === "~unknown" && isObject(raw) ? raw : block
}

const jsonOf = (value: unknown): JsonObject => {
  const json = plainJson(value)
  return isObject(json) ? json : {}
}
