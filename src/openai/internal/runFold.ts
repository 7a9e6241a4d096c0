/** Puts an Assistants run, its steps and its messages together from the stream of events. */
import type { Fold, Step } from "../../Accumulator.ts"
import { arrayOf, isObject, type JsonObject, textOf } from "../../internal/json/json.ts"
import { indexOf } from "../../internal/stream/fold.ts"
import { DeltaObject } from "./deltaTree.ts"

const texts: ReadonlySet<string> = new Set(["arguments", "input", "logs", "refusal", "value"])

export class RunFold implements Fold<unknown, JsonObject, Step> {
  #thread: unknown
  #run: unknown
  readonly #steps = new Entities()
  readonly #messages = new Entities()
  readonly #started = new Set<string>()
  readonly #done = new Set<string>()

  push(event: unknown): ReadonlyArray<Step> {
    if (!isObject(event)) return [refused(event, "The event is not an object")]
    const name = textOf(event["event"])
    const data = event["data"]
    if (!name.startsWith("thread.")) return []
    if (!isObject(data)) return [refused(event, "The event has no object")]
    if (name === "thread.created") this.#thread = data
    else if (name.startsWith("thread.run.step."))
      return this.#pushStep(name.slice("thread.run.step.".length), event, data)
    else if (name.startsWith("thread.run.")) return this.#pushRun(data)
    else if (name.startsWith("thread.message."))
      return this.#pushMessage(name.slice("thread.message.".length), event, data)
    return []
  }

  #pushRun(run: JsonObject): ReadonlyArray<Step> {
    this.#run = run
    const action = within(within(run["required_action"])["submit_tool_outputs"])
    return arrayOf(action["tool_calls"]).flatMap((call, part) =>
      this.#callDone(this.#steps.size - 1, part, within(call))
    )
  }

  #pushMessage(verb: string, event: JsonObject, data: JsonObject): ReadonlyArray<Step> {
    const message = this.#messages.push(verb, data)
    if (typeof message === "string") return [refused(event, `The message ${message}`)]
    const { index, refusals } = message
    if (verb !== "delta") return message.hasEnded ? messageDone(index, data) : []
    return [
      ...contentOf(within(data["delta"])).flatMap((piece) => messageDelta(index, piece)),
      ...refusals.map((piece) => refused(piece, "The piece has no valid index"))
    ]
  }

  #pushStep(verb: string, event: JsonObject, data: JsonObject): ReadonlyArray<Step> {
    const step = this.#steps.push(verb, data)
    if (typeof step === "string") return [refused(event, `The step ${step}`)]
    const { index, refusals } = step
    if (verb !== "delta") {
      return step.hasEnded ? callsOf(data).flatMap((call, part) => this.#callDone(index, part, within(call))) : []
    }
    return [
      ...callsOf(within(data["delta"])).flatMap((call) => this.#callDelta(step, within(call))),
      ...refusals.map((piece) => refused(piece, "The piece has no valid index"))
    ]
  }

  #callDelta({ callIds, index }: Pushed, call: JsonObject): ReadonlyArray<Step> {
    const part = indexOf(call["index"])
    if (call["type"] !== "function" || part === undefined) return []
    const { arguments: delta, name } = within(call["function"])
    const id = textOf(call["id"]) || (callIds.get(part) ?? "")
    callIds.set(part, id)
    const steps: Array<Step> = []
    if (id !== "" && !this.#started.has(id)) {
      this.#started.add(id)
      steps.push({ _tag: "ToolCallStarted", index, part, id, name: textOf(name) })
    }
    if (textOf(delta) !== "") steps.push({ _tag: "ToolCallDelta", index, part, id, delta: textOf(delta) })
    return steps
  }

  #callDone(index: number, part: number, call: JsonObject): ReadonlyArray<Step> {
    const id = textOf(call["id"])
    if (call["type"] !== "function" || id === "" || this.#done.has(id)) return []
    this.#done.add(id)
    const { arguments: json, name } = within(call["function"])
    const place = { index: Math.max(0, index), part, id, name: textOf(name) }
    const isNew = !this.#started.has(id)
    this.#started.add(id)
    return [
      ...(isNew ? [{ _tag: "ToolCallStarted" as const, ...place }] : []),
      { _tag: "ToolCallDone", ...place, arguments: textOf(json) }
    ]
  }

  snapshot(): JsonObject | undefined {
    if (this.#run === undefined) return undefined
    return { thread: this.#thread, run: this.#run, steps: this.#steps.snapshot(), messages: this.#messages.snapshot() }
  }
}

const refused = (event: unknown, message: string): Step => ({ _tag: "EventRefused", event, message })

const within = (value: unknown): JsonObject => (isObject(value) ? value : {})

const contentOf = (message: JsonObject): ReadonlyArray<JsonObject> => arrayOf(message["content"]).map(within)

const callsOf = (step: JsonObject): ReadonlyArray<unknown> => arrayOf(within(step["step_details"])["tool_calls"])

const messageDelta = (index: number, piece: JsonObject): ReadonlyArray<Step> => {
  const part = indexOf(piece["index"])
  if (part === undefined) return []
  const place = { index, part }
  if (piece["type"] === "refusal") {
    return [{ _tag: "RefusalDelta", ...place, delta: textOf(piece["refusal"]) }]
  }
  if (piece["type"] !== "text") return []
  const { annotations, value } = within(piece["text"])
  return [
    ...(textOf(value) === "" ? [] : [{ _tag: "TextDelta" as const, ...place, delta: textOf(value) }]),
    ...arrayOf(annotations).map((piece): Step => ({ _tag: "CitationAdded", ...place, citation: withoutIndex(piece) }))
  ]
}

/** An item of a delta as the whole message has it. */
const withoutIndex = (piece: unknown): unknown => {
  if (!isObject(piece)) return piece
  const { index: _, ...item } = piece
  return item
}

const messageDone = (index: number, message: JsonObject): ReadonlyArray<Step> =>
  contentOf(message).flatMap((content, part): ReadonlyArray<Step> => {
    if (content["type"] === "refusal") {
      return [{ _tag: "RefusalDone", index, part, text: textOf(content["refusal"]) }]
    }
    return content["type"] === "text"
      ? [{ _tag: "TextDone", index, part, text: textOf(within(content["text"])["value"]) }]
      : []
  })

interface Pushed {
  readonly index: number
  readonly callIds: Map<number, string>
  /** Whether this event, and none before it, is the end. */
  readonly hasEnded: boolean
  /** Items of the delta that have no valid index. */
  readonly refusals: ReadonlyArray<unknown>
}

class Entity {
  readonly index: number
  readonly callIds = new Map<number, string>()
  readonly pieces = new DeltaObject(texts)
  hasDeltas = false
  /** The whole object from the server, which replaces its deltas. */
  whole: JsonObject | undefined
  isDone = false

  constructor(index: number) {
    this.index = index
  }
}

/** Messages or steps, in the order of their first events. */
class Entities {
  readonly #byId = new Map<string, Entity>()

  get size(): number {
    return this.#byId.size
  }

  /** Adds an event. Returns why it cannot be right, if it cannot. */
  push(verb: string, data: JsonObject): Pushed | string {
    const id = textOf(data["id"])
    if (id === "") return "has no id"
    const known = this.#byId.get(id)
    if (verb === "delta") {
      if (known === undefined) return "has not begun"
      if (known.isDone) return "has ended"
      known.hasDeltas = true
      known.whole = undefined
      const refusals = known.pieces.push(within(data["delta"]))
      return { index: known.index, callIds: known.callIds, hasEnded: false, refusals }
    }
    const entity = known ?? new Entity(this.#byId.size)
    this.#byId.set(id, entity)
    const isEnd = verb !== "created" && verb !== "in_progress"
    const hasEnded = isEnd && !entity.isDone
    if (isEnd || (!entity.isDone && !entity.hasDeltas)) {
      entity.whole = data
      entity.isDone ||= isEnd
      if (!isEnd) entity.pieces.push(data)
    }
    return { index: entity.index, callIds: entity.callIds, hasEnded, refusals: [] }
  }

  snapshot(): ReadonlyArray<unknown> {
    return [...this.#byId.values()].map(({ pieces, whole }) => whole ?? pieces.snapshot())
  }
}
