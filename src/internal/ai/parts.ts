/** Reads answers part by part. */

import type * as Arr from "effect/Array"
import * as AiError from "effect/ai/AiError"
import type * as Response from "effect/ai/Response"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Pull from "effect/Pull"
import * as Stream from "effect/Stream"
import * as AiErrors from "../../AiErrors.ts"
import * as ApiError from "../../ApiError.ts"
import { isObject } from "../json/json.ts"
import { metadata } from "./metadata.ts"

/** Takes the next part. */
export type Emit<Part> = (part: Part) => void

/** Turns the events of one answer into parts. Both methods may throw an `AiError`, which fails the stream. */
export interface PartReader<in Event> {
  readonly push: (event: Event, emit: Emit<Response.StreamPartEncoded>) => void
  /** Called when the events have ended, which may be too early. */
  readonly end: (emit: Emit<Response.StreamPartEncoded>) => void
}

/** Runs code that reads an answer, and may throw an `AiError`. */
export const readAnswer = <A>(place: AiErrors.Place, run: () => A): Effect.Effect<A, AiError.AiError> =>
  attempt(run, (thrown) => unreadable(place, thrown))

/** Runs code that writes a prompt, and may throw an `AiError`. */
export const writePrompt = <A>(module: string, run: () => A): Effect.Effect<A, AiError.AiError> =>
  attempt(run, ({ message }) =>
    AiError.make({
      module,
      method: "toInput",
      reason: new AiError.InvalidUserInputError({ description: `The prompt cannot be written: ${message}` })
    })
  )

/** What is nested more deeply than the stack, or longer than a text can be, throws a `RangeError`. */
const attempt = <A>(run: () => A, refuse: (thrown: RangeError) => AiError.AiError): Effect.Effect<A, AiError.AiError> =>
  Effect.suspend(() => {
    try {
      return Effect.succeed(run())
    } catch (thrown) {
      if (AiError.isAiError(thrown)) return Effect.fail(thrown)
      if (thrown instanceof RangeError) return Effect.fail(refuse(thrown))
      throw thrown
    }
  })

const unreadable = (place: AiErrors.Place, { message }: RangeError): AiError.AiError =>
  AiError.make({
    ...place,
    reason: new AiError.InvalidOutputError({ description: `The answer cannot be read: ${message}` })
  })

/**
 * The parts of a stream of events. A chunk of events becomes one chunk of parts: the core of `effect/ai` costs four times
 * as much for each part that comes alone.
 */
export const readParts =
  <Event>(place: AiErrors.Place, make: () => PartReader<Event>) =>
  <E, R>(events: Stream.Stream<Event, E, R>): Stream.Stream<Response.StreamPartEncoded, E | AiError.AiError, R> =>
    Stream.transformPull(events, (pull) =>
      Effect.sync(() => {
        const reader = make()
        let failure: AiError.AiError | undefined
        let isOver = false
        const collect = (run: (emit: Emit<Response.StreamPartEncoded>) => void) => {
          const parts: Array<Response.StreamPartEncoded> = []
          try {
            run((part) => parts.push(part))
          } catch (thrown) {
            if (!AiError.isAiError(thrown) && !(thrown instanceof RangeError)) throw thrown
            failure = AiError.isAiError(thrown) ? thrown : unreadable(place, thrown)
          }
          return parts
        }
        type Parts = Arr.NonEmptyReadonlyArray<Response.StreamPartEncoded>
        const next: Pull.Pull<Parts, E | AiError.AiError, void> = Effect.suspend(
          (): Pull.Pull<Parts, E | AiError.AiError, void> => {
            if (failure !== undefined) return Effect.fail(failure)
            return isOver ? Cause.done() : Pull.catchDone(received, () => ended)
          }
        )
        const deliver = (
          parts: ReadonlyArray<Response.StreamPartEncoded>
        ): Pull.Pull<Parts, E | AiError.AiError, void> => (isNonEmpty(parts) ? Effect.succeed(parts) : next)
        const received: Pull.Pull<Parts, E | AiError.AiError, void> = Effect.flatMap(pull, (chunk) =>
          deliver(
            collect((emit) => {
              for (const event of chunk) reader.push(event, emit)
            })
          )
        )
        const ended: Pull.Pull<Parts, E | AiError.AiError, void> = Effect.suspend(() => {
          isOver = true
          return deliver(collect((emit) => reader.end(emit)))
        })
        return next
      })
    )

const isNonEmpty = <A>(list: ReadonlyArray<A>): list is Arr.NonEmptyReadonlyArray<A> => list.length > 0

type StreamPart = Response.StreamPartEncoded

/** Puts the parts of a stream together to whole ones. */
export const wholeParts = (key: string, emit: Emit<Response.PartEncoded>): Emit<StreamPart> => {
  const open = new Map<string, { readonly texts: Array<string>; readonly metadata: StreamPart["metadata"] }>()
  return (part) => {
    switch (part.type) {
      case "text-start":
      case "reasoning-start":
        open.set(part.id, { texts: [], metadata: part.metadata })
        return
      case "text-delta":
      case "reasoning-delta":
        open.get(part.id)?.texts.push(part.delta)
        return
      case "text-end":
      case "reasoning-end": {
        const begun = open.get(part.id)
        emit({
          type: part.type === "text-end" ? "text" : "reasoning",
          text: begun?.texts.join("") ?? "",
          ...mergeMetadata(key, begun?.metadata, part.metadata)
        })
        return
      }
      case "tool-params-start":
      case "tool-params-delta":
      case "tool-params-end":
      case "error":
        return
      default:
        emit(part)
    }
  }
}

const mergeMetadata = (key: string, a: StreamPart["metadata"], b: StreamPart["metadata"]) => {
  const before = a?.[key]
  const after = b?.[key]
  if (!isObject(before) || !isObject(after))
    return { ...(a === undefined && b === undefined ? {} : { metadata: { ...a, ...b } }) }
  return metadata(key, { ...before, ...after })
}

/** The error of events that ended before the answer did. */
export const truncated = (
  { place }: { readonly place: AiErrors.Place },
  provider: string,
  endpoint: string,
  missing: string,
  partial: ApiError.PartialOutput
): AiError.AiError => {
  const message = `The stream ended without ${missing}`
  return AiErrors.fromApiError(
    ApiError.local({ provider, id: endpoint }, new ApiError.StreamTruncatedError({ message, partial }), partial),
    place
  )
}
