/** Puts a response together from its stream of events. */
import type { Fold, Step } from "../../Accumulator.ts"
import { arrayOf, isObject, type JsonObject, textOf } from "../../internal/json/json.ts"
import { indexOf } from "../../internal/stream/fold.ts"
import { fieldsOf, Item, idOf, type Route, routeOf, typeOf } from "./responseItem.ts"

const terminal = new Set([
  "response.completed",
  "response.failed",
  "response.incomplete",
  "response.done",
  "response.cancelled",
  "response.canceled"
])
const lifecycle = new Set([...terminal, "response.created", "response.queued", "response.in_progress"])

export class ResponseFold implements Fold<unknown, JsonObject, Step> {
  #response: JsonObject | undefined
  #isOver = false
  readonly #items: Array<Item> = []
  /** The last item at each index. */
  readonly #itemAt = new Map<number, Item>()
  /** The items under each id: servers give one id to several, or another id to each event of an item. */
  readonly #itemsOf = new Map<string, Array<Item>>()
  /** After the last item. */
  #next = 0
  /** Whether the response lists an item more than once. */
  #hasRepeats = false

  push(given: unknown): ReadonlyArray<Step> {
    if (!isObject(given)) return [refused(given, "The event is not an object")]
    const type = typeOf(given)
    const event = fieldsOf(given)
    if (lifecycle.has(type)) return this.#pushResponse(type, event)
    const steps: Array<Step> = []
    const index = placeIn(event["output_index"])
    if (type === "response.output_item.added" || type === "response.output_item.done") {
      this.#pushItem(type === "response.output_item.done", index, event, steps)
      return steps
    }
    const route = routeOf(type, event)
    if (route === undefined && !("output_index" in event || "item_id" in event)) return []
    const id = textOf(event["item_id"])
    const item = this.#find(id, index, route) ?? this.#guess(id, index, route)
    if (item === undefined) return isPiece(type) ? [refused(event, "The event belongs to no item")] : []
    // A whole item from the server replaces its deltas, which have all arrived by then.
    if (item.isDone) return item.has(event) ? [] : [refused(event, `Item ${item.index} has ended`)]
    item.push(type, route, event, steps)
    return steps
  }

  #pushResponse(type: string, event: JsonObject): ReadonlyArray<Step> {
    const response = event["response"]
    if (!isObject(response)) return [refused(event, "The event has no response")]
    if (this.#isOver) return terminal.has(type) ? [] : [refused(event, "The response has ended")]
    this.#isOver = terminal.has(type)
    this.#response = this.#isOver ? withStatus(type, response) : response
    const steps: Array<Step> = []
    for (const { before, given, index } of this.#listed(arrayOf(response["output"]).filter(isObject))) {
      const item = before ?? this.#add(index, given)
      if (type === "response.completed" || type === "response.done") {
        if (before === undefined) item.announce(steps)
        item.finish(given, steps)
      } else if (this.#isOver && !item.isDone) item.sayRest(given, false, steps)
    }
    return steps
  }

  /** The items of a list, each with the one that it is so far: by its id, or else by its place. */
  #listed(output: ReadonlyArray<JsonObject>) {
    const seen = new Set<Item>()
    const found = output.map((given, index) => {
      const known = (this.#itemsOf.get(idOf(given)) ?? []).filter((item) => item.mayBe(given))
      const free = known.filter((item) => !seen.has(item))
      const before = free.find((item) => item.index === index) ?? free[0]
      if (before !== undefined) seen.add(before)
      return { given, index, before }
    })
    const listed: Array<(typeof found)[number]> = []
    for (const { before, given, index } of found) {
      const isAgain = before === undefined && listed.some((one) => isRepeat(one.given, given))
      const own = before ?? (isAgain && idOf(given) !== "" ? undefined : this.#unnamed(given, index, seen))
      if (own === undefined && isAgain) {
        this.#hasRepeats = true
        continue
      }
      if (own !== undefined) seen.add(own)
      listed.push({ given, index, before: own })
    }
    return listed
  }

  /** The item at a place, or else any, that is one under another id: the server gives it a new one. */
  #unnamed(given: JsonObject, index: number, seen: ReadonlySet<Item>): Item | undefined {
    const id = idOf(given)
    const isFree = (item: Item) =>
      !seen.has(item) && item.mayBe(given) && (id === "" || item.id === "" || item.isGuessed || item.isStartOf(given))
    const atIndex = this.#itemAt.get(index)
    return atIndex !== undefined && isFree(atIndex) ? atIndex : this.#items.find(isFree)
  }

  #pushItem(isEnd: boolean, index: number | undefined, event: JsonObject, steps: Array<Step>): void {
    const given = event["item"]
    if (!isObject(given)) {
      steps.push(refused(event, "The event has no item"))
      return
    }
    const before = this.#announced(given, index, isEnd)
    const item = before ?? this.#add(index, given)
    if (before === undefined) item.announce(steps)
    else {
      this.#note(idOf(given), item)
      if (!isEnd) item.name(given, steps)
    }
    if (isEnd) item.finish(given, steps)
  }

  /**
   * The item that is announced again, or that ends. An id that comes again at another place is another call, unless it
   * says the same; an item that ends under another id is the one that is open at its place.
   */
  #announced(given: JsonObject, index: number | undefined, isEnd: boolean): Item | undefined {
    const id = idOf(given)
    const isSame = (item: Item) =>
      item.mayBe(given) && (!item.isDone || (isEnd || item.isCall ? item.isStartOf(given) : item.includes(given)))
    const known = id === "" ? [] : (this.#itemsOf.get(id) ?? []).filter(isSame)
    const atIndex = index === undefined ? undefined : this.#itemAt.get(index)
    if (atIndex !== undefined && known.includes(atIndex)) return atIndex
    const isElsewhere = (item: Item) => !isEnd && item.isCall && index !== undefined && !item.isGuessed
    const own = known.find((item) => !item.isDone && !isElsewhere(item)) ?? known.find((item) => item.isDone)
    if (own !== undefined) return own
    const candidate = index === undefined ? this.#items.findLast((item) => !item.isDone && isSame(item)) : atIndex
    if (candidate === undefined || !isSame(candidate)) return undefined
    const mayChange = candidate.isGuessed || candidate.id === "" || id === "" || (isEnd && !candidate.isDone)
    return mayChange ? candidate : undefined
  }

  /** The item of a piece: by its id, then by its place, then the one under way. It has to be one of the piece's kind. */
  #find(id: string, index: number | undefined, route: Route | undefined): Item | undefined {
    const atIndex = index === undefined ? undefined : this.#itemAt.get(index)
    const isAtIndex = atIndex?.takes(route) === true
    if (isAtIndex && atIndex.id === id && !atIndex.isDone) return atIndex
    const known = id === "" ? [] : (this.#itemsOf.get(id) ?? []).filter((item) => item.takes(route))
    if (isAtIndex && known.includes(atIndex)) return atIndex
    const own = known.findLast((item) => !item.isDone) ?? known.at(-1)
    if (own !== undefined && !(own.isGuessed && isAtIndex)) return own
    if (isAtIndex) return atIndex
    return index === undefined ? this.#items.findLast((item) => !item.isDone && item.takes(route)) : undefined
  }

  /** An item that no event has announced, if a piece of it says what it is. */
  #guess(id: string, index: number | undefined, route: Route | undefined): Item | undefined {
    const initial = route?.unannounced
    if (initial === undefined) return index === undefined ? this.#items.at(-1) : undefined
    const item = this.#add(index, { ...initial, id })
    item.isGuessed = true
    return item
  }

  #add(index: number | undefined, given: JsonObject): Item {
    const next = this.#next
    const isTaken = index === undefined || this.#itemAt.has(index)
    const item = new Item(isTaken ? next : index, given)
    this.#items.push(item)
    this.#next = Math.max(next, item.index + 1)
    this.#itemAt.set(index ?? next, item)
    this.#note(item.id, item)
    return item
  }

  #note(id: string, item: Item): void {
    if (id === "") return
    const known = this.#itemsOf.get(id)
    if (known === undefined) this.#itemsOf.set(id, [item])
    else if (!known.includes(item)) {
      known.push(item)
      if (known.length > maxOfOneId) known.shift()
    }
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

/** Among how many items with the same id the one of an event is looked for: each is compared with it. */
const maxOfOneId = 32

/** Whether a list has an item twice. */
const isRepeat = (one: JsonObject, other: JsonObject): boolean => {
  const item = new Item(0, one)
  const isSame = idOf(one) === idOf(other) && item.mayBe(other) && one["call_id"] === other["call_id"]
  return isSame && item.isStartOf(other) && new Item(0, other).isStartOf(one)
}

/** A place as the server numbers it; `undefined` if it is left out or no server can mean it. */
const placeIn = (index: unknown): number | undefined =>
  index === undefined || index === null ? undefined : indexOf(index)

/** The status of a response that has ended, if the server says that it goes on. */
const withStatus = (type: string, response: JsonObject): JsonObject => {
  const { status } = response
  const isUnderWay = status === undefined || status === null || status === "in_progress" || status === "queued"
  if (!isUnderWay) return response
  const verb = type.slice(type.lastIndexOf(".") + 1)
  return { ...response, status: verb === "done" ? "completed" : verb }
}

const isPiece = (type: string): boolean => /\.(?:delta|done|added)$/.test(type)

const refused = (event: unknown, message: string): Step => ({ _tag: "EventRefused", event, message })
