/** Shared by the folds of all APIs, which read events as unchecked JSON because a layer may turn decoding off. */

import * as Effect from "effect/Effect"
import type { Accumulator, EventRefused, Fold, Step } from "../../Accumulator.ts"
import * as ApiError from "../../ApiError.ts"
import type * as Endpoint from "../../Endpoint.ts"
import { messageOf } from "../errors/messageOf.ts"
import { isObject, type JsonObject } from "../json/json.ts"

/** Events refused on the way to a snapshot: an answer that lacks one is not complete. */
const refusals = new WeakMap<object, EventRefused>()

/** An accumulator whose fold builds the snapshot from JSON, by the API's documentation of its events. */
export const accumulatorOf = <Event, Snapshot>(
  make: () => Fold<unknown, object, Step>
): Accumulator<Event, Snapshot, Step> => ({
  start: () => {
    const folding = make() as Fold<unknown, object & Snapshot, Step>
    let first: EventRefused | undefined
    return {
      push: (event) => {
        const steps = pushed(folding, event)
        if (first === undefined) first = steps.find((step) => step._tag === "EventRefused")
        return steps
      },
      snapshot: () => {
        const snapshot = folding.snapshot()
        if (first !== undefined && snapshot !== undefined) refusals.set(snapshot, first)
        return snapshot
      }
    }
  }
})

/** What an event says. One that cannot be read, such as one nested more deeply than the stack, is refused. */
const pushed = (folding: Fold<unknown, object, Step>, event: unknown): ReadonlyArray<Step> => {
  try {
    return folding.push(event)
  } catch (thrown) {
    return [{ _tag: "EventRefused", event, message: `The event cannot be read: ${messageOf(thrown)}` }]
  }
}

/** A valid index; a missing one is 0. `undefined` for what no server can mean. */
export const indexOf = (value: unknown): number | undefined =>
  value === undefined || value === null
    ? 0
    : typeof value === "number" && Number.isSafeInteger(value) && value >= 0
      ? value
      : undefined

/** Strings that are sent in pieces; all others are sent whole, often again and again. */
const texts = new Set([
  "arguments",
  "content",
  "data",
  "reasoning",
  "reasoning_content",
  "refusal",
  "text",
  "thinking",
  "transcript"
])

const maxDepth = 64

/** An object that arrives in pieces. Adding a piece takes time proportional to the piece, not to the object. */
class GrowingObject {
  readonly #fields = new Map<string, unknown>()
  #plain: JsonObject | undefined

  push(piece: JsonObject, depth: number): this {
    this.#plain = undefined
    for (const [name, value] of Object.entries(piece)) {
      this.#fields.set(name, mergeField(name, this.#fields.get(name), value, depth))
    }
    return this
  }

  plain(): JsonObject {
    this.#plain ??= plainFields(this.#fields)
    return this.#plain
  }
}

/** A list that arrives in pieces. */
class GrowingList {
  readonly #items: Array<unknown> = []
  #plain: ReadonlyArray<unknown> | undefined

  push(items: ReadonlyArray<unknown>): this {
    this.#plain = undefined
    for (const item of items) this.#items.push(item)
    return this
  }

  plain(): ReadonlyArray<unknown> {
    this.#plain ??= [...this.#items]
    return this.#plain
  }
}

/**
 * A field after one more piece: texts grow, objects are merged, anything else is replaced. `null` and
 * `undefined` change nothing. The field itself may change, so read it with {@link plainField}.
 */
export const mergeField = (name: string, before: unknown, piece: unknown, depth = 0): unknown => {
  if (piece === undefined || piece === null) return before === undefined ? piece : before
  if (typeof before === "string" && typeof piece === "string") {
    return texts.has(name) ? before + piece : piece || before
  }
  // An object nested more deeply than any answer needs is replaced: the stack would not hold it.
  if (depth < maxDepth && isObject(piece)) {
    if (before instanceof GrowingObject) return before.push(piece, depth + 1)
    // The event keeps its object, so the pieces go into another one.
    if (isObject(before) && !(before instanceof GrowingList)) {
      return new GrowingObject().push(before, depth + 1).push(piece, depth + 1)
    }
  }
  return piece
}

/** A list after more of its items. Read it with {@link plainField}. */
export const appendItems = (before: unknown, items: ReadonlyArray<unknown>): unknown =>
  before instanceof GrowingList
    ? before.push(items)
    : new GrowingList().push(Array.isArray(before) ? before : []).push(items)

/** The value so far of a field that grows. Later pieces do not change it. */
export const plainField = (field: unknown): unknown =>
  field instanceof GrowingObject || field instanceof GrowingList ? field.plain() : field

/** The values so far of fields that grow. */
export const plainFields = (fields: ReadonlyMap<string, unknown>): JsonObject =>
  Object.fromEntries(Array.from(fields, ([name, field]) => [name, plainField(field)]))

/** The error of a stream that ended well although its answer is not whole. */
export const notWhole = (
  endpoint: Endpoint.Metadata,
  what: string,
  text: string,
  usage: unknown
): ApiError.ApiError => {
  const partial = { text, usage, events: 0 }
  return ApiError.local(
    endpoint,
    new ApiError.StreamTruncatedError({ message: `The stream ended without ${what}`, partial }),
    partial
  )
}

/** The error of an answer that lacks what one of its events said; `undefined` if nothing is missing. */
export const refusedIn = (endpoint: Endpoint.Metadata, snapshot: unknown): ApiError.ApiError | undefined => {
  const refused = isObject(snapshot) ? refusals.get(snapshot) : undefined
  if (refused === undefined) return undefined
  return new ApiError.ApiError({
    provider: endpoint.provider,
    endpoint: endpoint.id,
    reason: new ApiError.DecodeError({
      message: `An event does not fit into the answer: ${refused.message}`,
      path: [],
      expected: "an event of the answer",
      raw: refused.event
    }),
    request: undefined,
    response: undefined,
    attempts: []
  })
}

/** The snapshot of a stream that has ended, if it lacks nothing. */
export const finishWith =
  (endpoint: Endpoint.Metadata, what: string) =>
  <A>(snapshot: A | undefined): Effect.Effect<A, ApiError.ApiError> => {
    if (snapshot === undefined) return Effect.fail(notWhole(endpoint, what, "", undefined))
    const error = refusedIn(endpoint, snapshot)
    return error === undefined ? Effect.succeed(snapshot) : Effect.fail(error)
  }
