/** From what a handler gives to JSON that fits the endpoint. */
import * as Effect from "effect/Effect"
import type * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as ApiError from "../../../ApiError.ts"
import type * as Endpoint from "../../../Endpoint.ts"
import { schemaDecoder } from "../../../internal/decode/schemaDecoder.ts"
import type { JsonObject } from "../../../internal/json/json.ts"
import type * as Page from "../../../Page.ts"
import { fill } from "../fill.ts"

const least = { items: 0, optionals: false }

/** The JSON of an answer, an item or an event, with what the handler left out. */
const filled = (schema: Schema.Constraint | undefined, given: unknown): unknown =>
  schema === undefined ? given : fill(schema.ast, given, least)

/** The JSON that a handler of kind `json`, `none`, `text` or `list` gave; a list's is a page. */
export const filledAnswer = (endpoint: Endpoint.Metadata, given: unknown): unknown => {
  switch (endpoint.kind) {
    case "json":
      return filled(endpoint.success, given)
    case "list": {
      const { body, items, next } = (Array.isArray(given) ? { items: given } : given) as {
        readonly items: ReadonlyArray<unknown>
        readonly next?: Page.Cursor
        readonly body?: JsonObject
      }
      const page: Page.Page<unknown> = {
        items: items.map((item) => filled(endpoint.success, item)),
        next,
        body: body ?? {}
      }
      return page
    }
    default:
      return given
  }
}

/** The values that a handler of kind `stream`, `jsonl` or `binary` gave, as JSON. */
export const filledStream = (endpoint: Endpoint.Metadata, given: unknown): Stream.Stream<unknown, ApiError.Reason> => {
  const values = Stream.isStream(given)
    ? (given as Stream.Stream<unknown, ApiError.Reason>)
    : Stream.fromIterable(given as Iterable<unknown>)
  return endpoint.kind === "binary" ? values : Stream.map(values, (value) => filled(endpoint.success, value))
}

/** Decodes filled JSON; what does not fit is a mistake of the test, and a defect. */
export const decoderFor = (endpoint: Endpoint.Metadata): ((json: unknown) => unknown) => {
  const decode = schemaDecoder(endpoint.success, "open")
  return (json) => {
    try {
      return decode(json)
    } catch (thrown) {
      if (!(thrown instanceof ApiError.DecodeError)) throw thrown
      throw new Error(`The mocked answer of ${endpoint.id} does not fit its schema. ${thrown.message}`)
    }
  }
}

/** The effect that a handler gave. */
export const effectOf = (given: unknown): Effect.Effect<unknown, ApiError.Reason> =>
  Effect.isEffect(given) ? (given as Effect.Effect<unknown, ApiError.Reason>) : Effect.succeed(given)

/** The input's fields. */
export const fieldsOf = (input: unknown): JsonObject =>
  typeof input === "object" && input !== null ? { ...input } : {}
