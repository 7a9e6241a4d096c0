/** Builds JSON from deltas whose list items name their position in `index`. */

import { variantOf } from "../../internal/decode/unknownVariant.ts"
import { isObject, type JsonObject } from "../../internal/json/json.ts"
import { indexOf } from "../../internal/stream/fold.ts"

type Node = { readonly _tag: "Value"; readonly value: unknown } | DeltaObject | DeltaList

/** An object that grows. Adding a delta takes time proportional to the delta, not to the object. */
export class DeltaObject {
  readonly _tag = "Object"
  readonly #texts: ReadonlySet<string>
  readonly #fields = new Map<string, Node>()
  #isUnknown = false
  #snapshot: unknown

  /** `texts` are the names of strings that grow. Other values are replaced. */
  constructor(texts: ReadonlySet<string>) {
    this.#texts = texts
  }

  /** Adds a delta. Returns the items whose index is not plausible, unused. */
  push(delta: JsonObject): ReadonlyArray<unknown> {
    this.#snapshot = undefined
    this.#isUnknown ||= isUnknown(delta)
    return Object.entries(rawOf(delta)).flatMap(([name, piece]) => this.#pushField(name, piece))
  }

  #pushField(name: string, piece: unknown): ReadonlyArray<unknown> {
    const before = this.#fields.get(name)
    if (piece === undefined || (piece === null && before !== undefined)) return []
    if (Array.isArray(piece) && piece.length > 0 && piece.every(isItem)) {
      const list = before?._tag === "List" ? before : new DeltaList(this.#texts, before)
      this.#fields.set(name, list)
      return list.push(piece)
    }
    if (isObject(piece)) {
      const object = before?._tag === "Object" ? before : new DeltaObject(this.#texts)
      this.#fields.set(name, object)
      return object.push(piece)
    }
    const grows = typeof piece === "string" && this.#texts.has(name) && before?._tag === "Value"
    this.#fields.set(name, {
      _tag: "Value",
      value: grows && typeof before.value === "string" ? before.value + piece : piece
    })
    return []
  }

  /** Returns the object so far. Later deltas do not change it. */
  snapshot(): unknown {
    this.#snapshot ??= this.#build()
    return this.#snapshot
  }

  #build(): unknown {
    const object = Object.fromEntries([...this.#fields].map(([name, node]) => [name, valueOf(node)]))
    return this.#isUnknown ? variantOf("type", object) : object
  }
}

class DeltaList {
  readonly _tag = "List"
  readonly #texts: ReadonlySet<string>
  readonly #items = new Map<number, DeltaObject>()

  constructor(texts: ReadonlySet<string>, before: Node | undefined) {
    this.#texts = texts
    const given = before?._tag === "Value" && Array.isArray(before.value) ? before.value : []
    for (const [index, item] of given.entries()) if (isObject(item)) this.#item(index).push(item)
  }

  #item(index: number): DeltaObject {
    const item = this.#items.get(index) ?? new DeltaObject(this.#texts)
    this.#items.set(index, item)
    return item
  }

  push(pieces: ReadonlyArray<JsonObject>): ReadonlyArray<unknown> {
    return pieces.flatMap((piece) => {
      const { index, ...delta } = rawOf(piece)
      const at = indexOf(index)
      if (at === undefined) return [piece]
      return this.#item(at).push(isUnknown(piece) ? { type: "~unknown", raw: delta } : delta)
    })
  }

  snapshot(): ReadonlyArray<unknown> {
    return [...this.#items].sort(([a], [b]) => a - b).map(([, item]) => item.snapshot())
  }
}

const isUnknown = (value: JsonObject): boolean => value["type"] === "~unknown"

const rawOf = (value: JsonObject): JsonObject => (isUnknown(value) && isObject(value["raw"]) ? value["raw"] : value)

const isItem = (value: unknown): value is JsonObject => isObject(value) && "index" in rawOf(value)

const valueOf = (node: Node): unknown => (node._tag === "Value" ? node.value : node.snapshot())
