/** Puts a response together from its stream of events. */
import type { Fold, Place, Step } from "../../Accumulator.ts"
import { unknownVariant } from "../../internal/decode/unknownVariant.ts"
import { arrayOf, isObject, type JsonObject, textOf } from "../../internal/json/json.ts"
import { indexOf } from "../../internal/stream/fold.ts"

const terminal = new Set([
  "response.completed",
  "response.failed",
  "response.incomplete",
  "response.done",
  "response.cancelled",
  "response.canceled"
])
const lifecycle = new Set([...terminal, "response.created", "response.queued", "response.in_progress"])
const toolCalls = new Set<unknown>(["function_call", "custom_tool_call"])

/** A text that grows inside a part of an item: its place, and the part that servers may not announce. */
interface PartText {
  readonly list: "content" | "summary"
  readonly index: string
  readonly field: string
  readonly tags: readonly [
    delta: "TextDelta" | "RefusalDelta" | "ReasoningDelta",
    done: "TextDone" | "RefusalDone" | "ReasoningDone"
  ]
  readonly part: JsonObject
}

const partTexts: { readonly [prefix: string]: PartText } = {
  "response.output_text": {
    list: "content",
    index: "content_index",
    field: "text",
    tags: ["TextDelta", "TextDone"],
    part: { type: "output_text", text: "", annotations: [] }
  },
  "response.refusal": {
    list: "content",
    index: "content_index",
    field: "refusal",
    tags: ["RefusalDelta", "RefusalDone"],
    part: { type: "refusal", refusal: "" }
  },
  "response.reasoning_text": {
    list: "content",
    index: "content_index",
    field: "text",
    tags: ["ReasoningDelta", "ReasoningDone"],
    part: { type: "reasoning_text", text: "" }
  },
  "response.reasoning_summary_text": {
    list: "summary",
    index: "summary_index",
    field: "text",
    tags: ["ReasoningDelta", "ReasoningDone"],
    part: { type: "summary_text", text: "" }
  }
}

const textOfPart: ReadonlyMap<unknown, PartText> = new Map(
  Object.values(partTexts).map((partText) => [partText.part["type"], partText])
)

/** Texts that are a field of the item itself; the event that ends one has it under the same name. */
const itemTexts: { readonly [prefix: string]: string } = {
  "response.function_call_arguments": "arguments",
  "response.mcp_call_arguments": "arguments",
  "response.custom_tool_call_input": "input",
  "response.code_interpreter_call_code": "code"
}

const parts: { readonly [prefix: string]: { readonly list: "content" | "summary"; readonly index: string } } = {
  "response.content_part": { list: "content", index: "content_index" },
  "response.reasoning_summary_part": { list: "summary", index: "summary_index" }
}

const statusEvent = /^response\.\w+_call\.(in_progress|searching|generating|interpreting|completed|failed)$/

export class ResponseFold implements Fold<unknown, JsonObject, Step> {
  #response: JsonObject | undefined
  #isOver = false
  readonly #items: Array<Item> = []
  /** The last item at each index. */
  readonly #itemAt = new Map<number, Item>()
  readonly #itemOf = new Map<string, Item>()
  /** Whether the response lists an item more than once. */
  #hasRepeats = false

  push(event: unknown): ReadonlyArray<Step> {
    if (!isObject(event)) return [refused(event, "The event is not an object")]
    const type = typeOf(event)
    if (lifecycle.has(type)) return this.#pushResponse(type, event)
    if (!("output_index" in event || "item_id" in event)) return []
    const steps: Array<Step> = []
    if (type === "response.output_item.added" || type === "response.output_item.done") {
      this.#pushItem(type, placeIn(event["output_index"]), event, steps)
      return steps
    }
    const id = textOf(event["item_id"])
    const index = placeIn(event["output_index"])
    const atIndex = index === undefined ? undefined : this.#itemAt.get(index)
    const known = this.#find(id, index) ?? (atIndex?.has(event) === true ? atIndex : undefined)
    const initial = known === undefined ? unannounced(type, id) : undefined
    const item = known ?? (initial === undefined ? this.#items.at(-1) : this.#guess(index, initial))
    if (item === undefined || (known === undefined && initial === undefined && index !== undefined)) {
      return isPiece(type) ? [refused(event, "The event belongs to no item")] : []
    }
    // A whole item from the server replaces its deltas, which have all arrived by then.
    if (item.isDone) return item.has(event) ? [] : [refused(event, `Item ${item.index} has ended`)]
    item.push(type, event, steps)
    return steps
  }

  #pushResponse(type: string, event: JsonObject): ReadonlyArray<Step> {
    const response = event["response"]
    if (!isObject(response)) return [refused(event, "The event has no response")]
    if (this.#isOver) return terminal.has(type) ? [] : [refused(event, "The response has ended")]
    this.#isOver = terminal.has(type)
    this.#response = this.#isOver ? withStatus(type, response) : response
    const steps: Array<Step> = []
    const seen = new Set<Item>()
    for (const [index, given] of arrayOf(response["output"]).entries()) {
      if (!isObject(given)) continue
      const before = this.#listed(given, index, seen)
      if (before !== undefined && seen.has(before)) {
        this.#hasRepeats = true
        continue
      }
      const item = before ?? this.#add(index, given)
      seen.add(item)
      if (type === "response.completed" || type === "response.done") {
        if (before === undefined) item.announce(steps)
        item.finish(given, steps)
      } else if (this.#isOver && !item.isDone) item.sayRest(given, false, steps)
    }
    return steps
  }

  /** The item that a response lists: by its id, else the one at its place that is none of the others. */
  #listed(given: JsonObject, index: number, seen: ReadonlySet<Item>): Item | undefined {
    const id = idOf(given)
    if (id !== "") {
      const own = this.#itemOf.get(id)
      if (own !== undefined) return own
    }
    const atIndex = this.#itemAt.get(index)
    const isFree = (item: Item) =>
      !seen.has(item) && (id === "" || item.id === "" || item.isGuessed) && item.type === typeOf(given)
    return atIndex !== undefined && isFree(atIndex) ? atIndex : this.#items.find(isFree)
  }

  #pushItem(type: string, index: number | undefined, event: JsonObject, steps: Array<Step>): void {
    const given = event["item"]
    if (!isObject(given)) {
      steps.push(refused(event, "The event has no item"))
      return
    }
    const id = idOf(given)
    let item = this.#find(id, index)
    // Another item at the place of one that has an id of its own, or that has ended.
    const isOther =
      item !== undefined && item.id !== id && !item.isGuessed && (item.isDone || (item.id !== "" && id !== ""))
    if (isOther) item = undefined
    if (item === undefined) {
      item = this.#add(index, given)
      item.announce(steps)
    } else if (type === "response.output_item.added") {
      item.name(given, steps)
    }
    if (id !== "") this.#itemOf.set(id, item)
    if (type === "response.output_item.done") item.finish(given, steps)
  }

  /** The item of an event: by its id, unless that was guessed from pieces and another item is at the place. */
  #find(id: string, index: number | undefined): Item | undefined {
    const own = id === "" ? undefined : this.#itemOf.get(id)
    const atIndex = index === undefined ? undefined : this.#itemAt.get(index)
    if (own !== undefined && !(own.isGuessed && atIndex !== undefined)) return own
    const isOther = atIndex !== undefined && id !== "" && atIndex.id !== "" && atIndex.id !== id && atIndex.isDone
    return isOther && !atIndex.isGuessed ? undefined : atIndex
  }

  #add(index: number | undefined, given: JsonObject): Item {
    const next = this.#items.reduce((most, item) => Math.max(most, item.index + 1), 0)
    const isTaken = index === undefined || this.#itemAt.has(index)
    const item = new Item(isTaken ? next : index, given)
    this.#items.push(item)
    this.#itemAt.set(index ?? next, item)
    if (item.id !== "") this.#itemOf.set(item.id, item)
    return item
  }

  #guess(index: number | undefined, initial: JsonObject): Item {
    const item = this.#add(index, initial)
    item.isGuessed = true
    return item
  }

  snapshot(): JsonObject | undefined {
    if (this.#response === undefined) {
      return this.#items.length === 0
        ? undefined
        : { id: "", object: "response", status: "in_progress", output: this.#output() }
    }
    // Some servers leave the output out of the last event.
    const isListed = arrayOf(this.#response["output"]).length >= this.#items.length
    return this.#isOver && isListed && !this.#hasRepeats
      ? this.#response
      : { ...this.#response, output: this.#output() }
  }

  #output(): ReadonlyArray<unknown> {
    return this.#items.toSorted((a, b) => a.index - b.index).map((item) => item.snapshot())
  }
}

/** A place as the server numbers it; `undefined` if it is left out or no server can mean it. */
const placeIn = (index: unknown): number | undefined =>
  index === undefined || index === null ? undefined : indexOf(index)

/** The type of an event or item, known to the library or not. */
const typeOf = (value: JsonObject): string =>
  value["type"] === "~unknown" ? textOf(value["tag"]) : textOf(value["type"])

const idOf = (item: JsonObject): string =>
  item["type"] === "~unknown" && isObject(item["raw"]) ? textOf(item["raw"]["id"]) : textOf(item["id"])

/** The status of a response that has ended, if the server says that it goes on. */
const withStatus = (type: string, response: JsonObject): JsonObject => {
  const { status } = response
  const isUnderWay = status === undefined || status === null || status === "in_progress" || status === "queued"
  if (!isUnderWay) return response
  const verb = type.slice(type.lastIndexOf(".") + 1)
  return { ...response, status: verb === "done" ? "completed" : verb }
}

const isPiece = (type: string): boolean => /\.(?:delta|done|added)$/.test(type)

/** The item of a piece that no event has announced. */
const unannounced = (type: string, id: string): JsonObject | undefined => {
  const prefix = type.slice(0, type.lastIndexOf("."))
  switch (prefix) {
    case "response.output_text":
    case "response.refusal":
    case "response.content_part":
      return { type: "message", id, role: "assistant", status: "in_progress", content: [] }
    case "response.reasoning_text":
    case "response.reasoning_summary_text":
    case "response.reasoning_summary_part":
      return { type: "reasoning", id, summary: [] }
    case "response.function_call_arguments":
      return { type: "function_call", id, call_id: "", name: "", arguments: "" }
    default:
      return undefined
  }
}

const refused = (event: unknown, message: string): Step => ({ _tag: "EventRefused", event, message })

class Item {
  readonly index: number
  isDone = false
  /** Whether only pieces of it have come so far. */
  isGuessed = false
  #fields: JsonObject
  #isUnknown: boolean
  readonly #texts = new Map<string, string>()
  readonly #lists = { content: new Map<number, Part>(), summary: new Map<number, Part>() }
  readonly #commands = new Map<number, string>()
  /** The output of each command so far. */
  readonly #outputs = new Map<number, ReadonlyArray<JsonObject>>()
  #status: unknown
  #isAnnounced = false
  #snapshot: unknown

  constructor(index: number, item: JsonObject) {
    this.index = index
    this.#isUnknown = item["type"] === "~unknown"
    this.#fields = this.#isUnknown && isObject(item["raw"]) ? item["raw"] : item
    for (const list of ["content", "summary"] as const) {
      for (const [at, part] of arrayOf(this.#fields[list]).entries()) {
        if (isObject(part)) this.#lists[list].set(at, new Part(part))
      }
    }
  }

  get #call() {
    const { call_id, id, name } = this.#fields
    return { index: this.index, part: 0, id: textOf(call_id) || textOf(id), name: textOf(name) }
  }

  get id(): string {
    return textOf(this.#fields["id"])
  }

  get type(): string {
    return textOf(this.#fields["type"])
  }

  announce(steps: Array<Step>): void {
    if (this.#isAnnounced || !toolCalls.has(this.#fields["type"]) || textOf(this.#fields["name"]) === "") return
    this.#isAnnounced = true
    steps.push({ _tag: "ToolCallStarted", ...this.#call })
  }

  /** Takes what an announcement says of an item that began before it, or is announced twice. */
  name(item: JsonObject, steps: Array<Step>): void {
    this.isGuessed = false
    if (this.isDone) return
    const said = Object.entries(item).filter(
      ([, value]) => value !== "" && !(Array.isArray(value) && value.length === 0)
    )
    this.#fields = { ...this.#fields, ...Object.fromEntries(said) }
    this.#snapshot = undefined
    this.announce(steps)
  }

  /** Whether the item as a whole has what a piece of it says. */
  has(event: JsonObject): boolean {
    const piece = textOf(event["delta"] ?? event["text"] ?? event["refusal"] ?? event["arguments"])
    return piece === "" || JSON.stringify(this.#fields).includes(JSON.stringify(piece).slice(1, -1))
  }

  /** The item as a whole is what counts, whatever its pieces were. */
  finish(item: JsonObject, steps: Array<Step>): void {
    const wasDone = this.isDone
    this.isDone = true
    this.isGuessed = false
    this.#isUnknown = item["type"] === "~unknown"
    this.#fields = this.#isUnknown && isObject(item["raw"]) ? item["raw"] : item
    this.#snapshot = item
    if (!wasDone) this.announce(steps)
    if (!wasDone) this.sayRest(item, true, steps)
    if (wasDone || !toolCalls.has(item["type"])) return
    const { arguments: json, input } = item
    steps.push({ _tag: "ToolCallDone", ...this.#call, arguments: textOf(json ?? input) })
  }

  /** Says what the pieces have not said of the texts of the item: servers may leave pieces out. */
  sayRest(item: JsonObject, isWhole: boolean, steps: Array<Step>): void {
    for (const list of ["summary", "content"] as const) {
      for (const [at, given] of arrayOf(item[list]).entries()) {
        const partText = isObject(given) ? textOfPart.get(given["type"]) : undefined
        if (!isObject(given) || partText === undefined) continue
        const part = this.#part(list, at, partText.part)
        if (part.isDone) continue
        const place = { index: this.index, part: at }
        const text = textOf(given[partText.field])
        part.sayRest(text, partText.tags[0], place, steps)
        if (isWhole) steps.push({ _tag: partText.tags[1], ...place, text })
      }
    }
  }

  push(type: string, event: JsonObject, steps: Array<Step>): void {
    this.#snapshot = undefined
    const status = statusEvent.exec(type)
    if (status !== null) {
      if ("status" in this.#fields) this.#status = status[1]
      return
    }
    const dot = type.lastIndexOf(".")
    const prefix = type.slice(0, dot)
    const verb = type.slice(dot + 1)
    const itemText = ownOf(itemTexts, prefix)
    const partText = ownOf(partTexts, prefix)
    const part = ownOf(parts, prefix)
    if (itemText !== undefined) this.#pushItemText(itemText, verb, event, steps)
    else if (partText !== undefined) this.#pushPartText(partText, verb, event, steps)
    else if (part !== undefined) this.#pushPart(part.list, event[part.index], event, steps)
    else if (type === "response.output_text.annotation.added") this.#pushCitation(event, steps)
    else if (prefix === "response.shell_call_command") this.#pushCommand(verb, event, steps)
    else if (prefix === "response.shell_call_output_content") this.#pushOutput(verb, event, steps)
  }

  #pushItemText(field: string, verb: string, event: JsonObject, steps: Array<Step>): void {
    if (verb === "done") {
      if (typeof event[field] === "string") this.#texts.set(field, event[field])
      return
    }
    const delta = textOf(event["delta"])
    this.#texts.set(field, (this.#texts.get(field) ?? textOf(this.#fields[field])) + delta)
    if (!toolCalls.has(this.#fields["type"])) return
    steps.push({ _tag: "ToolCallDelta", index: this.index, part: 0, id: this.#call.id, delta })
  }

  #pushPartText(
    { field, index, list, part: initial, tags }: PartText,
    verb: string,
    event: JsonObject,
    steps: Array<Step>
  ): void {
    const at = this.#indexIn(event[index], event, steps)
    if (at === undefined) return
    const part = this.#part(list, at, initial)
    const place = { index: this.index, part: at }
    if (verb === "done") {
      part.sayRest(textOf(event[field]), tags[0], place, steps)
      part.set(field, textOf(event[field]), event["logprobs"])
      steps.push({ _tag: tags[1], ...place, text: textOf(event[field]) })
    } else if (verb === "delta") {
      part.append(field, textOf(event["delta"]), event["logprobs"])
      steps.push({ _tag: tags[0], ...place, delta: textOf(event["delta"]) })
    }
  }

  #pushPart(list: "content" | "summary", index: unknown, event: JsonObject, steps: Array<Step>): void {
    const at = this.#indexIn(index, event, steps)
    if (at === undefined || !isObject(event["part"])) return
    this.#lists[list].set(at, new Part(event["part"], this.#lists[list].get(at)))
  }

  #pushCitation(event: JsonObject, steps: Array<Step>): void {
    const at = this.#indexIn(event["content_index"], event, steps)
    if (at === undefined) return
    const citation = event["annotation"]
    this.#part("content", at, { type: "output_text", text: "", annotations: [] }).cite(citation)
    steps.push({ _tag: "CitationAdded", index: this.index, part: at, citation })
  }

  #pushCommand(verb: string, event: JsonObject, steps: Array<Step>): void {
    const at = this.#indexIn(event["command_index"], event, steps)
    if (at === undefined) return
    if (verb === "delta") this.#commands.set(at, (this.#commands.get(at) ?? "") + textOf(event["delta"]))
    else this.#commands.set(at, textOf(event["command"]))
  }

  #pushOutput(verb: string, event: JsonObject, steps: Array<Step>): void {
    const at = this.#indexIn(event["command_index"], event, steps)
    if (at === undefined) return
    if (verb === "done") {
      this.#outputs.set(at, arrayOf(event["output"]).filter(isObject))
      return
    }
    const { stderr, stdout } = isObject(event["delta"]) ? event["delta"] : {}
    const [before = { stderr: "", stdout: "" }] = this.#outputs.get(at) ?? []
    this.#outputs.set(at, [
      {
        ...before,
        stderr: textOf(before["stderr"]) + textOf(stderr),
        stdout: textOf(before["stdout"]) + textOf(stdout)
      }
    ])
  }

  #indexIn(index: unknown, event: JsonObject, steps: Array<Step>): number | undefined {
    const valid = indexOf(index)
    if (valid === undefined) steps.push(refused(event, "The event has no valid index"))
    return valid
  }

  #part(list: "content" | "summary", at: number, initial: JsonObject): Part {
    let part = this.#lists[list].get(at)
    if (part === undefined) {
      part = new Part(initial)
      this.#lists[list].set(at, part)
    }
    return part
  }

  snapshot(): unknown {
    this.#snapshot ??= this.#build()
    return this.#snapshot
  }

  #build(): unknown {
    const { content, summary } = this.#lists
    const action = this.#fields["action"]
    const item: JsonObject = {
      ...this.#fields,
      ...Object.fromEntries(this.#texts),
      ...(this.#status === undefined ? {} : { status: this.#status }),
      ...(content.size === 0 ? {} : { content: byIndex(content).map((part) => part.snapshot()) }),
      ...(summary.size === 0 ? {} : { summary: byIndex(summary).map((part) => part.snapshot()) }),
      ...(this.#commands.size === 0 || !isObject(action)
        ? {}
        : { action: { ...action, commands: byIndex(this.#commands) } }),
      ...(this.#outputs.size === 0 ? {} : { output: byIndex(this.#outputs).flat() })
    }
    return this.#isUnknown ? unknownVariant("type", {}, item) : item
  }
}

const ownOf = <A>(record: { readonly [key: string]: A }, key: string): A | undefined =>
  Object.hasOwn(record, key) ? record[key] : undefined

const byIndex = <A>(values: ReadonlyMap<number, A>): ReadonlyArray<A> =>
  [...values].sort(([a], [b]) => a - b).map(([, value]) => value)

class Part {
  /** The text of its deltas. */
  #said = ""
  isDone = false
  readonly #fields: JsonObject
  readonly #isUnknown: boolean
  readonly #texts = new Map<string, string>()
  #annotations: Array<unknown> | undefined
  #logprobs: Array<unknown> | undefined
  #snapshot: unknown

  /** `before` is what was known of the part until now. Its pieces may come before its announcement. */
  constructor(part: JsonObject, before?: Part) {
    this.#isUnknown = part["type"] === "~unknown"
    this.#fields = this.#isUnknown && isObject(part["raw"]) ? part["raw"] : part
    if (before === undefined) return
    this.#said = before.#said
    this.isDone = before.isDone
    // An announcement may come after the part it announces, and says less.
    for (const [field, text] of [...Object.entries(before.#fields), ...before.#texts]) {
      if (typeof text === "string" && text !== "" && textOf(this.#fields[field]) === "") this.#texts.set(field, text)
    }
    if (arrayOf(this.#fields["annotations"]).length === 0) this.#annotations = before.#listOf("annotations")
    if (arrayOf(this.#fields["logprobs"]).length === 0) this.#logprobs = before.#listOf("logprobs")
  }

  /** The items of a list so far; `undefined` if there are none. */
  #listOf(name: "annotations" | "logprobs"): Array<unknown> | undefined {
    const own = name === "annotations" ? this.#annotations : this.#logprobs
    const given = arrayOf(this.#fields[name])
    return own ?? (given.length === 0 ? undefined : [...given])
  }

  append(field: string, delta: string, logprobs: unknown): void {
    this.#snapshot = undefined
    this.#said += delta
    this.#texts.set(field, (this.#texts.get(field) ?? textOf(this.#fields[field])) + delta)
    if (arrayOf(logprobs).length === 0) return
    this.#logprobs ??= [...arrayOf(this.#fields["logprobs"])]
    for (const item of arrayOf(logprobs)) this.#logprobs.push(item)
  }

  sayRest(text: string, tag: PartText["tags"][0], place: Place, steps: Array<Step>): void {
    if (text.length > this.#said.length && text.startsWith(this.#said)) {
      steps.push({ _tag: tag, ...place, delta: text.slice(this.#said.length) })
    }
  }

  set(field: string, text: string, logprobs: unknown): void {
    this.#snapshot = undefined
    this.isDone = true
    this.#texts.set(field, text)
    if (arrayOf(logprobs).length > 0) this.#logprobs = [...arrayOf(logprobs)]
  }

  cite(annotation: unknown): void {
    this.#snapshot = undefined
    this.#annotations ??= [...arrayOf(this.#fields["annotations"])]
    this.#annotations.push(annotation)
  }

  snapshot(): unknown {
    this.#snapshot ??= this.#build()
    return this.#snapshot
  }

  #build(): unknown {
    const part: JsonObject = {
      ...this.#fields,
      ...Object.fromEntries(this.#texts),
      ...(this.#annotations === undefined ? {} : { annotations: [...this.#annotations] }),
      ...(this.#logprobs === undefined ? {} : { logprobs: [...this.#logprobs] })
    }
    return this.#isUnknown ? unknownVariant("type", {}, part) : part
  }
}
