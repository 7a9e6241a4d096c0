/** The items of a response, each put together from its pieces. */

import type { Place, Step } from "../../Accumulator.ts"
import { variantOf } from "../../internal/decode/unknownVariant.ts"
import { arrayOf, isObject, type JsonObject, textOf } from "../../internal/json/json.ts"
import { jsonText } from "../../internal/json/jsonText.ts"
import { indexOf } from "../../internal/stream/fold.ts"

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

const outputText: PartText = {
  list: "content",
  index: "content_index",
  field: "text",
  tags: ["TextDelta", "TextDone"],
  part: { type: "output_text", text: "", annotations: [] }
}
const refusal: PartText = {
  list: "content",
  index: "content_index",
  field: "refusal",
  tags: ["RefusalDelta", "RefusalDone"],
  part: { type: "refusal", refusal: "" }
}
const reasoningText: PartText = {
  list: "content",
  index: "content_index",
  field: "text",
  tags: ["ReasoningDelta", "ReasoningDone"],
  part: { type: "reasoning_text", text: "" }
}
const summaryText: PartText = {
  list: "summary",
  index: "summary_index",
  field: "text",
  tags: ["ReasoningDelta", "ReasoningDone"],
  part: { type: "summary_text", text: "" }
}

const textOfPart: ReadonlyMap<unknown, PartText> = new Map(
  [outputText, refusal, reasoningText, summaryText].map((partText) => [partText.part["type"], partText])
)

/** Items as they begin, before anything is known of them. */
const message: JsonObject = { type: "message", id: "", role: "assistant", status: "in_progress", content: [] }
const reasoning: JsonObject = { type: "reasoning", id: "", summary: [] }
const functionCall: JsonObject = { type: "function_call", id: "", call_id: "", name: "", arguments: "" }

/** Where a piece of an item belongs. */
export interface Route {
  /** The type of the items that have such pieces. */
  readonly owner: string
  /** The item that the piece begins if no event has announced it. */
  readonly unannounced?: JsonObject
  readonly verb: string
  /** A citation, a text within a part, a text of the item itself, or a whole part. */
  readonly to:
    | "citation"
    | PartText
    | { readonly field: string }
    | { readonly list: "content" | "summary"; readonly index: string }
}

const routesOf = (
  prefix: string,
  verbs: ReadonlyArray<string>,
  route: Omit<Route, "verb">
): ReadonlyArray<readonly [string, Route]> => verbs.map((verb) => [`${prefix}.${verb}`, { ...route, verb }])

const pieces = ["delta", "done"]
const ofMessage = { owner: "message", unannounced: message }
const ofReasoning = { owner: "reasoning", unannounced: reasoning }
const contentPart = { list: "content", index: "content_index" } as const

const routes: ReadonlyMap<string, Route> = new Map([
  ...routesOf("response.output_text", pieces, { ...ofMessage, to: outputText }),
  ...routesOf("response.output_text.annotation", ["added"], { ...ofMessage, to: "citation" }),
  ...routesOf("response.refusal", pieces, { ...ofMessage, to: refusal }),
  ...routesOf("response.content_part", ["added", "done"], { ...ofMessage, to: contentPart }),
  ...routesOf("response.reasoning_text", pieces, { ...ofReasoning, to: reasoningText }),
  ...routesOf("response.reasoning_summary_text", pieces, { ...ofReasoning, to: summaryText }),
  ...routesOf("response.reasoning_summary_part", ["added", "done"], {
    ...ofReasoning,
    to: { list: "summary", index: "summary_index" }
  }),
  // Names that the API had before.
  ...routesOf("response.reasoning", pieces, { ...ofReasoning, to: reasoningText }),
  ...routesOf("response.reasoning_summary", pieces, { ...ofReasoning, to: summaryText }),
  ...routesOf("response.function_call_arguments", pieces, {
    owner: "function_call",
    unannounced: functionCall,
    to: { field: "arguments" }
  }),
  ...routesOf("response.mcp_call_arguments", pieces, { owner: "mcp_call", to: { field: "arguments" } }),
  ...routesOf("response.custom_tool_call_input", pieces, { owner: "custom_tool_call", to: { field: "input" } }),
  ...routesOf("response.code_interpreter_call_code", pieces, {
    owner: "code_interpreter_call",
    to: { field: "code" }
  })
])

/** The types of items that have pieces of their own. Others, that nobody knows yet, may have any. */
const owners: ReadonlySet<string> = new Set(Array.from(routes.values(), ({ owner }) => owner))

/** Where an event belongs, if it is a piece of an item. */
export const routeOf = (type: string, event: JsonObject): Route | undefined => {
  const route = routes.get(type)
  if (route?.to !== contentPart) return route
  // Reasoning has parts of its own.
  const { part } = event
  return isObject(part) && part["type"] === "reasoning_text" ? { ...route, ...ofReasoning } : route
}

/** The type of an event or item, known to the library or not. */
export const typeOf = (value: JsonObject): string =>
  value["type"] === "~unknown" ? textOf(value["tag"]) : textOf(value["type"])

export const idOf = (item: JsonObject): string => textOf(fieldsOf(item)["id"])

/** The fields of an event or item, known to the library or not. */
export const fieldsOf = (item: JsonObject): JsonObject =>
  item["type"] === "~unknown" && isObject(item["raw"]) ? item["raw"] : item

const statusEvent = /^response\.\w+_call\.(in_progress|searching|generating|interpreting|completed|failed)$/

export class Item {
  readonly index: number
  isDone = false
  /** Whether only pieces of it have come so far. */
  isGuessed = false
  #fields: JsonObject
  /** The fields as text, once it is asked for. */
  #json: string | undefined
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

  get isCall(): boolean {
    return toolCalls.has(this.#fields["type"])
  }

  /** Whether a piece can be one of this item. */
  takes(route: Route | undefined): boolean {
    const type = textOf(this.#fields["type"])
    return route === undefined || type === route.owner || !owners.has(type)
  }

  /** Whether an item of a list or an announcement can be this one: it is of the same type, and calls the same tool. */
  mayBe(given: JsonObject): boolean {
    const { name, type } = fieldsOf(given)
    const own = textOf(this.#fields["name"])
    return textOf(type) === textOf(this.#fields["type"]) && (own === "" || textOf(name) === "" || name === own)
  }

  /** Whether a whole item says what this one says so far, and no more if this one has ended. */
  isStartOf(given: JsonObject): boolean {
    if (!owners.has(textOf(this.#fields["type"]))) return withoutId(this.snapshot()) === withoutId(given)
    const [own, whole] = [this.#words(), new Item(0, given).#words()]
    return this.isDone ? own === whole : whole.startsWith(own)
  }

  /** Whether an announcement says nothing that is not in this item. */
  includes(given: JsonObject): boolean {
    return this.#words().startsWith(new Item(0, given).#words())
  }

  /** All that the model wrote into the item. */
  #words(): string {
    const item = fieldsOf(objectOf(this.snapshot()))
    const { arguments: json, code, input } = item
    const said = [...arrayOf(item["summary"]), ...arrayOf(item["content"])].filter(isObject)
    return [...said.map(({ refusal, text }) => textOf(text ?? refusal)), ...[json, input, code].map(textOf)].join("")
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
    this.#json = undefined
    this.#snapshot = undefined
    this.announce(steps)
  }

  /** Whether the item as a whole has what a piece of it says. */
  has(event: JsonObject): boolean {
    const piece = textOf(event["delta"] ?? event["text"] ?? event["refusal"] ?? event["arguments"])
    if (piece === "") return true
    this.#json ??= jsonText(this.#fields)
    return this.#json.includes(JSON.stringify(piece).slice(1, -1))
  }

  /** The item as a whole is what counts, whatever its pieces were. */
  finish(item: JsonObject, steps: Array<Step>): void {
    const wasDone = this.isDone
    this.isDone = true
    this.isGuessed = false
    this.#isUnknown = item["type"] === "~unknown"
    this.#fields = this.#isUnknown && isObject(item["raw"]) ? item["raw"] : item
    this.#json = undefined
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

  push(type: string, route: Route | undefined, event: JsonObject, steps: Array<Step>): void {
    this.#snapshot = undefined
    if (route !== undefined) {
      const { to, verb } = route
      if (to === "citation") this.#pushCitation(event, steps)
      else if ("field" in to && "part" in to) this.#pushPartText(to, verb, event, steps)
      else if ("field" in to) this.#pushItemText(to.field, verb, event, steps)
      else this.#pushPart(to.list, event[to.index], event, steps)
      return
    }
    const status = statusEvent.exec(type)
    if (status !== null) {
      if ("status" in this.#fields) this.#status = status[1]
      return
    }
    const verb = type.slice(type.lastIndexOf(".") + 1)
    if (type.startsWith("response.shell_call_command.")) this.#pushCommand(verb, event, steps)
    else if (type.startsWith("response.shell_call_output_content.")) this.#pushOutput(verb, event, steps)
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
    const at = partIndexIn(event[index])
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
    const given = event["part"]
    if (!isObject(given)) return
    const at = partIndexIn(index)
    const part = new Part(given, this.#lists[list].get(at))
    this.#lists[list].set(at, part)
    const partText = textOfPart.get(given["type"])
    if (partText === undefined) return
    part.sayRest(textOf(given[partText.field]), partText.tags[0], { index: this.index, part: at }, steps)
  }

  #pushCitation(event: JsonObject, steps: Array<Step>): void {
    const at = partIndexIn(event["content_index"])
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
    return this.#isUnknown ? variantOf("type", item) : item
  }
}

/** The place of a part. If the server leaves it out, or cannot mean it, there is only one. */
const partIndexIn = (index: unknown): number => indexOf(index) ?? 0

const refused = (event: unknown, message: string): Step => ({ _tag: "EventRefused", event, message })

const withoutId = (item: unknown): string => {
  const { id: _, status: __, ...rest } = fieldsOf(objectOf(item))
  return jsonText(rest)
}

const objectOf = (value: unknown): JsonObject => (isObject(value) ? value : {})

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
    if (text.length <= this.#said.length || !text.startsWith(this.#said)) return
    steps.push({ _tag: tag, ...place, delta: text.slice(this.#said.length) })
    this.#said = text
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
    return this.#isUnknown ? variantOf("type", part) : part
  }
}
