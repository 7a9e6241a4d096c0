/** Has paused answers go on, so that they look like one. */

import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type * as Endpoint from "../../../Endpoint.ts"
import { plainJson } from "../../../internal/ai/plainJson.ts"
import { arrayOf, isObject, type JsonObject, objectsOf, textOf } from "../../../internal/json/json.ts"
import { WholeParser } from "../../../internal/json/wholeParser.ts"
import { MessageFold } from "../messageFold.ts"
import { nextInput as withAnswer } from "../messageParam.ts"

type Input = JsonObject & { readonly messages: ReadonlyArray<JsonObject> }

const isPaused = ({ stop_reason: reason }: JsonObject): boolean => reason === "pause_turn" || reason === "compaction"

/** The request that has the server go on where it paused. */
const nextInput = (input: Input, message: JsonObject): Input => {
  const { container, stop_reason: reason } = message
  const id = isObject(container) ? textOf(container["id"]) : ""
  const answer = {
    container: id === "" ? null : { id, expires_at: "" },
    content: objectsOf(message["content"]).filter(isBlock),
    stop_reason: textOf(reason)
  }
  return withAnswer(input, answer, [])
}

const isBlock = (value: JsonObject): value is JsonObject & { readonly type: string } =>
  typeof value["type"] === "string"

/** The container of an answer, with the skills that the request asks for. */
export const withContainer = (asked: unknown, id: unknown): unknown =>
  isObject(asked) ? { ...asked, id: asked["id"] ?? id } : (asked ?? id)

/** `undefined` for what is nested too deeply: whoever reads the answer says so. */
const jsonOf = (value: unknown): JsonObject | undefined => {
  try {
    const json = plainJson(value)
    return isObject(json) ? json : {}
  } catch (thrown) {
    if (thrown instanceof RangeError) return undefined
    throw thrown
  }
}

/** Asks again while an answer is paused, up to `times` more. Gives one message with all blocks and the sum of the usage. */
export const continueMessage = <E, R>(
  create: (input: Input) => Effect.Effect<Endpoint.Response<unknown>, E, R>,
  input: Input,
  times: number
): Effect.Effect<Endpoint.Response<JsonObject>, E, R> =>
  Effect.flatMap(create(input), (response) => {
    const message = jsonOf(response.value)
    if (message === undefined)
      return Effect.succeed({ ...response, value: isObject(response.value) ? response.value : {} })
    if (times < 1 || !isPaused(message)) return Effect.succeed({ ...response, value: message })
    return Effect.map(continueMessage(create, nextInput(input, message), times - 1), ({ value: next }) => ({
      ...response,
      value: {
        ...message,
        ...next,
        id: message["id"],
        content: [...arrayOf(message["content"]), ...arrayOf(next["content"])],
        usage: sum(message["usage"], next["usage"])
      }
    }))
  })

/** As {@link continueMessage}, for the events of streams: they are those of one message. */
export const continueStream = <Event, E, R>(
  open: (input: Input) => Effect.Effect<Endpoint.Response<Stream.Stream<Event, E>>, E, R>,
  input: Input,
  times: number
): Effect.Effect<Endpoint.Response<Stream.Stream<unknown, E>>, E, R> =>
  times < 1
    ? open(input)
    : Effect.contextWith((context: Context.Context<R>) =>
        Effect.map(open(input), (response) => ({
          ...response,
          value: continueEvents((next) => Effect.provide(open(next), context), response.value, input, times, nothing)
        }))
      )

/** The blocks and the usage of the answers before. */
interface Before {
  readonly blocks: number
  readonly usage: unknown
}

const nothing: Before = { blocks: 0, usage: undefined }

const continueEvents = <Event, E>(
  open: (input: Input) => Effect.Effect<Endpoint.Response<Stream.Stream<Event, E>>, E>,
  events: Stream.Stream<Event, E>,
  input: Input,
  times: number,
  before: Before
): Stream.Stream<unknown, E> =>
  Stream.suspend(() => {
    const fold = new MessageFold(() => new WholeParser())
    let paused: JsonObject | undefined
    const shownOf = (event: unknown): ReadonlyArray<unknown> => {
      fold.push(event)
      if (!isObject(event)) return [event]
      if (event["type"] === "message_delta") {
        const message = jsonOf(fold.snapshot())
        if (message === undefined) return [event]
        if (times > 0 && isPaused(message)) paused = message
        return paused === undefined ? [{ ...event, usage: sum(before.usage, message["usage"]) }] : []
      }
      return paused === undefined ? moved(event, before.blocks) : []
    }
    const rest = Stream.unwrap(
      Effect.suspend(() => {
        if (paused === undefined) return Effect.succeed(Stream.empty)
        const next = nextInput(input, paused)
        const used = {
          blocks: before.blocks + arrayOf(paused["content"]).length,
          usage: sum(before.usage, paused["usage"])
        }
        return Effect.map(open(next), ({ value }) => continueEvents(open, value, next, times - 1, used))
      })
    )
    return Stream.concat(
      Stream.flatMap(Stream.chunks(events), (chunk) => Stream.fromIterable(chunk.flatMap(shownOf))),
      rest
    )
  })

/** The event with its block after those of the answers before; one message has one start. */
const moved = (event: JsonObject, blocks: number): ReadonlyArray<unknown> => {
  if (blocks === 0) return [event]
  if (event["type"] === "message_start") return []
  return typeof event["index"] === "number" ? [{ ...event, index: event["index"] + blocks }] : [event]
}

/** Adds up counts, field by field; of anything else the later one stands. */
const sum = (a: unknown, b: unknown): unknown => {
  if (a === undefined || a === null) return b
  if (b === undefined || b === null) return a
  if (typeof a === "number" && typeof b === "number") return a + b
  if (!isObject(a) || !isObject(b)) return b
  const fields = new Map(Object.entries(a))
  for (const [name, value] of Object.entries(b)) fields.set(name, sum(fields.get(name), value))
  return Object.fromEntries(fields)
}
