/** A prompt as the system text and the messages of a request. */

import * as AiError from "effect/ai/AiError"
import type * as Prompt from "effect/ai/Prompt"
import { carriedBy } from "../../../internal/ai/carry.ts"
import { fileOf, textOfBase64 } from "../../../internal/ai/files.ts"
import { toolOutput, unanswered } from "../../../internal/ai/history.ts"
import { arrayOf, isObject, type JsonObject, textOf } from "../../../internal/json/json.ts"
import { jsonText } from "../../../internal/json/jsonText.ts"
import type * as ToolOutput from "../../../tools/ToolOutput.ts"
import { toolResult } from "../toolResult.ts"
import type { DeclaredTools } from "./declaredTools.ts"
import { fieldsIn } from "./partFields.ts"

/** The parts of a request that a prompt turns into. */
export interface PromptInput {
  readonly system: ReadonlyArray<JsonObject>
  readonly messages: ReadonlyArray<{
    readonly role: "user" | "assistant" | "system"
    readonly content: ReadonlyArray<JsonObject>
  }>
  /** The container of the last answer that had one. */
  readonly container: JsonObject | undefined
  /** Parts that are left out because the API does not take them. */
  readonly omitted: ReadonlyArray<string>
}

/** How a prompt is read. */
export interface PromptOptions {
  /** Whether a system message within the history stays one, or becomes a marked text of the user. */
  readonly systemInHistory: "system" | "user"
  readonly isFileId: (data: string) => boolean
}

/** Converts a prompt. Throws an `AiError` if the API cannot take a part of it. */
export const promptToMessages = (prompt: Prompt.Prompt, tools: DeclaredTools, options: PromptOptions): PromptInput => {
  const firstOther = prompt.content.findIndex(({ role }) => role !== "system")
  const leading = firstOther === -1 ? prompt.content.length : firstOther
  const history = new History(tools, options)
  for (const message of prompt.content.slice(leading)) history.add(message)
  return {
    system: prompt.content
      .slice(0, leading)
      .flatMap((message) =>
        message.role === "system" && !isBlank(message.content) ? [withCache(textBlock(message.content), message)] : []
      ),
    messages: history.messages(),
    container: history.container,
    omitted: history.omitted
  }
}

interface Turn {
  readonly role: "user" | "assistant"
  readonly blocks: Array<JsonObject>
  /** System messages that follow the turn. */
  readonly system: Array<JsonObject>
}

/** Joins messages to turns: the API wants users and assistants in turn, and the results of calls at once after them. */
class History {
  readonly #tools: DeclaredTools
  readonly #options: PromptOptions
  readonly #turns: Array<Turn> = []
  readonly #ids = new WireIds()
  /** The toolsets of calls, by their id: their results name them too. */
  readonly #toolsets = new Map<string, unknown>()
  /** The calls of the server's own tools that ended without a result. */
  readonly #cut = new Set<unknown>()
  container: JsonObject | undefined
  readonly omitted: Array<string> = []

  constructor(tools: DeclaredTools, options: PromptOptions) {
    this.#tools = tools
    this.#options = options
  }

  add(message: Prompt.Message): void {
    switch (message.role) {
      case "system":
        return this.#addSystem(message)
      case "user":
        return this.#extend(
          "user",
          message,
          message.content.flatMap((part) => this.#userBlocks(part))
        )
      case "tool":
        return this.#extend(
          "user",
          message,
          message.content.flatMap((part) => (part.type === "tool-result" ? this.#resultBlocks(part) : []))
        )
      case "assistant":
        return this.#extend(
          "assistant",
          message,
          message.content.flatMap((part) => this.#assistantBlocks(part))
        )
    }
  }

  /** Only a turn of the user can be followed by a system message, so one that comes first waits for it. */
  #addSystem(message: Prompt.SystemMessage): void {
    if (isBlank(message.content)) return
    const turn = this.#turn("user")
    if (this.#options.systemInHistory === "system") turn.system.push(withCache(textBlock(message.content), message))
    else turn.blocks.push(withCache(textBlock(`<system>\n${message.content}\n</system>`), message))
  }

  #extend(role: Turn["role"], message: Prompt.Message, blocks: ReadonlyArray<JsonObject>): void {
    if (blocks.length === 0) return
    this.#turn(role).blocks.push(...withCacheOnLast(blocks, message))
  }

  #turn(role: Turn["role"]): Turn {
    const last = this.#turns.at(-1)
    if (last?.role === role) return last
    const turn: Turn = { role, blocks: [], system: [] }
    this.#turns.push(turn)
    return turn
  }

  #userBlocks(part: Prompt.UserMessagePart): ReadonlyArray<JsonObject> {
    const native = nativeBlock(part)
    if (native !== undefined) return [native]
    if (part.type === "file") return [this.#fileBlock(part)]
    return isBlank(part.text) ? [] : [withCache(textBlock(part.text), part)]
  }

  #assistantBlocks(part: Prompt.AssistantMessagePart): ReadonlyArray<JsonObject> {
    const fields = fieldsIn(part.options)
    if (isObject(fields["container"])) this.container = fields["container"]
    for (const id of arrayOf(fields["cut"])) this.#cut.add(id)
    return [...carriedBy(fields), ...this.#assistantBlock(part, fields)]
  }

  #assistantBlock(part: Prompt.AssistantMessagePart, fields: JsonObject): ReadonlyArray<JsonObject> {
    switch (part.type) {
      case "text": {
        const citations = arrayOf(fields["citations"])
        const block = { ...textBlock(part.text), ...(citations.length === 0 ? {} : { citations }) }
        return isBlank(part.text) ? [] : [withCache(block, part)]
      }
      case "reasoning":
        return reasoningBlocks(part, fields)
      case "tool-call":
        if (part.providerExecuted) return hostedBlocks(part, fields)
        return [this.#callBlock(part, fields)]
      case "tool-result":
        return part.providerExecuted ? hostedBlocks(part, fields) : []
      case "file":
        this.omitted.push(`a file (${part.mediaType}) of the assistant`)
        return []
      case "tool-approval-request":
        return []
    }
  }

  #callBlock(part: Prompt.ToolCallPart, fields: JsonObject): JsonObject {
    const { input, name: wireName, ...own } = ownFields(fields)
    const id = this.#ids.of(part.id)
    if (own["toolset_name"] !== undefined) this.#toolsets.set(id, own["toolset_name"])
    return withCache(
      {
        type: "tool_use",
        id,
        name: typeof wireName === "string" ? wireName : this.#tools.wireName(part.name),
        input: own["toolset_name"] === undefined ? this.#inputOf(part, input) : memberInput(part.params),
        ...own
      },
      part
    )
  }

  /** The API refuses inputs that are not objects. */
  #inputOf(part: Prompt.ToolCallPart, raw: unknown): unknown {
    const text = this.#tools.table.argumentsText(part, raw === undefined ? undefined : jsonText(raw))
    const input: unknown = JSON.parse(text)
    return isObject(input) ? input : {}
  }

  #resultBlocks(part: Prompt.ToolResultPart): ReadonlyArray<JsonObject> {
    const id = this.#ids.of(part.id)
    const toolset = this.#toolsets.get(id)
    const output = toolOutput(part, this.#options.isFileId)
    const block = toolResult({ id, name: part.name, isError: part.isFailure, output })
    return [withCache({ ...block, ...(toolset === undefined ? {} : { toolset_name: toolset }) }, part)]
  }

  #fileBlock(part: Prompt.FilePart): JsonObject {
    const { mediaType, name, source } = fileOf(part, this.#options.isFileId)
    const { citations, container_upload: isUpload, context, title = name, transformations } = fieldsIn(part.options)
    if (isUpload === true || (source._tag === "Id" && !isReadable(mediaType))) {
      if (source._tag !== "Id") throw refused(`A container takes uploaded files only: use the id of an uploaded file`)
      return withCache({ type: "container_upload", file_id: source.id }, part)
    }
    const isImage = mediaType.startsWith("image/")
    const details = isImage
      ? present({ transformations })
      : present({ citations: citations === true ? { enabled: true } : citations, context, title })
    const block = isImage
      ? { type: "image", source: imageSource(mediaType, source) }
      : { type: "document", source: documentSource(mediaType, source) }
    return withCache({ ...block, ...details }, part)
  }

  /** Without what the API refuses in a turn that has ended: thoughts that lead to nothing, calls that the server has cut. */
  #sentTurns(): ReadonlyArray<Turn> {
    const turns = this.#turns.filter(({ blocks, system }) => blocks.length + system.length > 0)
    return turns.flatMap((turn, index) => {
      // The last turn is one that the server paused, or that the model goes on with.
      if (turn.role === "user" || index === turns.length - 1) return [turn]
      const kept = turn.blocks.filter(({ id }) => !this.#cut.has(id))
      const blocks = kept.slice(0, kept.findLastIndex((block) => !isThought(block)) + 1)
      return blocks.length === 0 ? [] : [{ ...turn, blocks }]
    })
  }

  messages(): PromptInput["messages"] {
    const turns = this.#sentTurns()
    return turns.flatMap(({ blocks, role, system }, index) => {
      const calls = index === 0 || role !== "user" ? [] : callIds(turns[index - 1])
      const isLast = index === turns.length - 1
      const given = isLast ? withoutTrailingSpace(blocks) : blocks
      const content = role === "user" ? withResultsFirst(blocks, calls) : given
      const own = content.length === 0 ? [] : [{ role, content }]
      // A system message has to follow one of the user.
      const after =
        system.length === 0
          ? []
          : content.length > 0
            ? [{ role: "system" as const, content: system }]
            : [{ role: "user" as const, content: system.map(marked) }]
      const open = role === "assistant" && isLast ? callIds({ blocks }) : []
      const missing = open.length === 0 ? [] : [{ role: "user" as const, content: open.map(missingResult) }]
      return [...own, ...after, ...missing]
    })
  }
}

const present = (fields: JsonObject): JsonObject =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined && value !== null))

/** The API refuses a beginning of the answer that ends with white space. */
const withoutTrailingSpace = (blocks: ReadonlyArray<JsonObject>): ReadonlyArray<JsonObject> => {
  const last = blocks.at(-1)
  return last?.["type"] === "text"
    ? [...blocks.slice(0, -1), { ...last, text: textOf(last["text"]).trimEnd() }]
    : blocks
}

/** The API refuses texts that are blank. */
const isBlank = (text: string): boolean => text.trim() === ""

const textBlock = (text: string): JsonObject => ({ type: "text", text })

const marked = (block: JsonObject): JsonObject => ({ ...block, text: `<system>\n${textOf(block["text"])}\n</system>` })

interface WithOptions {
  readonly options: JsonObject
}

/** The block with the part's cache breakpoint. */
const withCache = (block: JsonObject, { options }: WithOptions): JsonObject => {
  const { cacheControl, cache_control: control = cacheControl } = fieldsIn(options)
  return isObject(control) ? { ...block, cache_control: control } : block
}

const isThought = ({ type }: JsonObject): boolean => type === "thinking" || type === "redacted_thinking"

const withCacheOnLast = (blocks: ReadonlyArray<JsonObject>, message: WithOptions): ReadonlyArray<JsonObject> => {
  // Thoughts cannot end a cached prefix.
  const last = blocks.findLastIndex((block) => !isThought(block))
  return blocks.map((block, index) => (index === last ? withCache(block, message) : block))
}

/** A block that the program has written itself. */
const nativeBlock = (part: WithOptions): JsonObject | undefined => {
  const { block } = fieldsIn(part.options)
  return isObject(block) ? withCache(block, part) : undefined
}

/** Only what this API has signed: it refuses any other. */
const reasoningBlocks = (part: Prompt.ReasoningPart, fields: JsonObject): ReadonlyArray<JsonObject> => {
  const own = ownFields(fields)
  switch (own["type"]) {
    case "thinking":
      return [{ ...own, thinking: part.text }]
    case "redacted_thinking":
      return [own]
    default:
      return []
  }
}

const hostedBlocks = (part: WithOptions, { block }: JsonObject): ReadonlyArray<JsonObject> =>
  isObject(block) ? [withCache(block, part)] : []

const memberInput = (params: unknown): unknown => (isObject(params) && isObject(params["input"]) ? params["input"] : {})

/** The fields that are the block's own. */
const ownFields = ({
  before: _,
  cacheControl: __,
  cache_control: ___,
  container: ____,
  ...own
}: JsonObject): JsonObject => own

/** Ids of other providers may have characters that this API refuses. */
class WireIds {
  readonly #known = new Map<string, string>()
  readonly #taken = new Set<string>()

  of(id: string): string {
    const known = this.#known.get(id)
    if (known !== undefined) return known
    let wire = id.replace(/[^a-zA-Z0-9_-]/g, "_") || "call"
    while (this.#taken.has(wire)) wire += "_"
    this.#known.set(id, wire)
    this.#taken.add(wire)
    return wire
  }
}

const callIds = (turn: Pick<Turn, "blocks"> | undefined): ReadonlyArray<string> =>
  (turn?.blocks ?? []).flatMap(({ id, type }) => (type === "tool_use" && typeof id === "string" ? [id] : []))

/** The results of the calls before, one for each, ahead of everything else. A result that answers no call is left out. */
const withResultsFirst = (
  blocks: ReadonlyArray<JsonObject>,
  calls: ReadonlyArray<string>
): ReadonlyArray<JsonObject> => {
  const results = new Map<unknown, JsonObject>()
  for (const block of blocks) if (block["type"] === "tool_result") results.set(block["tool_use_id"], block)
  return [
    ...calls.map((id) => results.get(id) ?? missingResult(id)),
    ...blocks.filter(({ type }) => type !== "tool_result")
  ]
}

const missingResult = (id: string): JsonObject => ({
  type: "tool_result",
  tool_use_id: id,
  content: JSON.stringify(unanswered),
  is_error: true
})

const refused = (description: string): AiError.AiError =>
  AiError.make({
    module: "MessageLanguageModel",
    method: "toInput",
    reason: new AiError.InvalidUserInputError({ description })
  })

const imageTypes = new Set(["image/jpeg", "image/png", "image/gif", "image/webp"])

const imageSource = (mediaType: string, source: ToolOutput.Source): JsonObject => {
  switch (source._tag) {
    case "Url":
      return { type: "url", url: source.url }
    case "Id":
      return { type: "file", file_id: source.id }
    case "Base64": {
      const media_type = imageTypes.has(mediaType) ? mediaType : imageTypeOf(source.data)
      if (media_type === undefined) {
        throw refused(`The API takes images as JPEG, PNG, GIF or WebP, not as ${mediaType}: convert the image`)
      }
      return { type: "base64", media_type, data: source.data }
    }
  }
}

/** The type of an image by how it begins, for media types such as `image/*` and `image/jpg`. */
const imageTypeOf = (base64: string): string | undefined => {
  if (base64.startsWith("/9j/")) return "image/jpeg"
  if (base64.startsWith("iVBORw0KGgo")) return "image/png"
  if (base64.startsWith("R0lGOD")) return "image/gif"
  return base64.startsWith("UklGR") ? "image/webp" : undefined
}

const documentSource = (mediaType: string, source: ToolOutput.Source): JsonObject => {
  switch (source._tag) {
    case "Id":
      return { type: "file", file_id: source.id }
    case "Url":
      if (mediaType === "application/pdf") return { type: "url", url: source.url }
      throw refused(`The API loads images and PDFs from URLs, not ${mediaType}: download the file and pass its bytes`)
    case "Base64": {
      if (mediaType === "application/pdf") return { type: "base64", media_type: mediaType, data: source.data }
      const data = isText(mediaType) ? (textOfBase64(source.data) ?? source.data) : undefined
      if (data === undefined) {
        throw refused(
          `The API takes images, PDFs and text in a message, not ${mediaType}: upload the file and pass its id, so that code execution can read it`
        )
      }
      return { type: "text", media_type: "text/plain", data }
    }
  }
}

/** Whether the API shows an uploaded file of this type to the model; others can only go to a container. */
const isReadable = (mediaType: string): boolean =>
  mediaType.startsWith("image/") || mediaType === "application/pdf" || mediaType === "text/plain"

const isText = (mediaType: string): boolean =>
  mediaType.startsWith("text/") ||
  /^application\/(?:[\w.+-]*\+)?(?:json|xml|yaml|x-yaml|javascript|x-ndjson|sql|toml|csv)$/.test(mediaType)
