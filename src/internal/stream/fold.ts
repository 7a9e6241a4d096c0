/** Shared by the folds of all APIs, which read events as unchecked JSON because a layer may turn decoding off. */
import * as Effect from "effect/Effect"
import type { Accumulator, EventRefused, Fold, Step } from "../../Accumulator.ts"
import * as ApiError from "../../ApiError.ts"
import type * as Endpoint from "../../Endpoint.ts"
import { isObject } from "../json/json.ts"

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
        const steps = folding.push(event)
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

/**
 * A field after one more piece: texts grow, objects are merged, anything else is replaced. `null` and
 * `undefined` change nothing.
 */
export const mergeField = (name: string, before: unknown, piece: unknown, depth = 0): unknown => {
  if (piece === undefined || piece === null) return before === undefined ? piece : before
  if (typeof before === "string" && typeof piece === "string") {
    return texts.has(name) ? before + piece : piece || before
  }
  // What is nested more deeply than any answer needs is replaced: the stack would not hold it.
  if (depth < maxDepth && isObject(before) && isObject(piece)) {
    const merged = new Map(Object.entries(before))
    for (const [key, value] of Object.entries(piece))
      merged.set(key, mergeField(key, merged.get(key), value, depth + 1))
    return Object.fromEntries(merged)
  }
  return piece
}

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
