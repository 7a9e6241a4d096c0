/** Puts a response together from its stream of events. */
import type { Fold, Place, Step } from "../../Accumulator.ts"
import { unknownVariant } from "../../internal/decode/unknownVariant.ts"
import { arrayOf, isObject, type JsonObject, textOf } from "../../internal/json/json.ts"
import { indexOf } from "../../internal/stream/fold.ts"

const terminal = new Set(["response.completed", "response.failed", "response.incomplete"])
const lifecycle = new Set([...terminal, "response.created", "response.queued", "response.in_progress"])
const toolCalls = new Set<unknown>(["function_call", "custom_tool_call"])

/** A text that grows within a part of an item: where it is, and the part that servers may leave unannounced. */
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
  readonly #items = new Map<number, Item>()

  push(event: unknown): ReadonlyArray<Step> {
    if (!isObject(event)) return [refused(event, "The event is not an object")]
    const type = textOf(event["type"])
    if (lifecycle.has(type)) return this.#pushResponse(type, event)
    if (!("output_index" in event)) return []
    const index = indexOf(event["output_index"])
    if (index === undefined) return [refused(event, "The event has no valid output index")]
    const item = this.#items.get(index)
    if (type === "response.output_item.added" || type === "response.output_item.done") {
      return this.#pushItem(type, index, item, event)
    }
    if (item === undefined) return [refused(event, `Item ${index} has not begun`)]
    if (item.isDone) return [refused(event, `Item ${index} has ended`)]
    const steps: Array<Step> = []
    item.push(type, event, steps)
    return steps
  }

  #pushResponse(type: string, event: JsonObject): ReadonlyArray<Step> {
    const response = event["response"]
    if (!isObject(response)) return [refused(event, "The event has no response")]
    if (this.#isOver) return [refused(event, "The response has ended")]
    this.#response = response
    this.#isOver = terminal.has(type)
    const steps: Array<Step> = []
    for (const [index, item] of arrayOf(response["output"]).entries()) {
      if (!isObject(item)) continue
      const before = this.#items.get(index)
      if (type === "response.completed")
        steps.push(...this.#pushItem("response.output_item.done", index, before, { item }))
      else if (this.#isOver && before?.isDone !== true) (before ?? new Item(index, item)).sayRest(item, false, steps)
      if (!this.#items.has(index)) this.#items.set(index, new Item(index, item))
    }
    return steps
  }

  #pushItem(type: string, index: number, before: Item | undefined, event: JsonObject): ReadonlyArray<Step> {
    const given = event["item"]
    if (!isObject(given)) return [refused(event, "The event has no item")]
    const steps: Array<Step> = []
    if (type === "response.output_item.added") {
      if (before !== undefined) return [refused(event, `Item ${index} has already begun`)]
      const item = new Item(index, given)
      this.#items.set(index, item)
      item.announce(steps)
      return steps
    }
    const item = before ?? new Item(index, given)
    this.#items.set(index, item)
    if (before === undefined) item.announce(steps)
    item.finish(given, steps)
    return steps
  }

  snapshot(): JsonObject | undefined {
    if (this.#response === undefined) return undefined
    // Some servers leave the output out of the last event.
    if (this.#isOver && arrayOf(this.#response["output"]).length >= this.#items.size) return this.#response
    return { ...this.#response, output: byIndex(this.#items).map((item) => item.snapshot()) }
  }
}

const refused = (event: unknown, message: string): Step => ({ _tag: "EventRefused", event, message })

class Item {
  readonly index: number
  isDone = false
  #fields: JsonObject
  #isUnknown: boolean
  readonly #texts = new Map<string, string>()
  readonly #lists = { content: new Map<number, Part>(), summary: new Map<number, Part>() }
  readonly #commands = new Map<number, string>()
  /** What each command has written so far. */
  readonly #outputs = new Map<number, ReadonlyArray<JsonObject>>()
  #status: unknown
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

  announce(steps: Array<Step>): void {
    if (toolCalls.has(this.#fields["type"])) steps.push({ _tag: "ToolCallStarted", ...this.#call })
  }

  /** The item as a whole is what counts, whatever its pieces were. */
  finish(item: JsonObject, steps: Array<Step>): void {
    const wasDone = this.isDone
    this.isDone = true
    this.#isUnknown = item["type"] === "~unknown"
    this.#fields = this.#isUnknown && isObject(item["raw"]) ? item["raw"] : item
    this.#snapshot = item
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
  /** What its deltas have said. */
  #said = ""
  isDone = false
  readonly #fields: JsonObject
  readonly #isUnknown: boolean
  readonly #texts = new Map<string, string>()
  #annotations: Array<unknown> | undefined
  #logprobs: Array<unknown> | undefined
  #snapshot: unknown

  /** `before` is the same part, where more is known of it now. */
  constructor(part: JsonObject, before?: Part) {
    if (before !== undefined) {
      this.#said = before.#said
      this.isDone = before.isDone
    }
    this.#isUnknown = part["type"] === "~unknown"
    this.#fields = this.#isUnknown && isObject(part["raw"]) ? part["raw"] : part
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
