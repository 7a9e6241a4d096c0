import type { JsonObject } from "./json/json.ts"

/**
 * What a declaration cannot say about an endpoint: how its input and its answers differ from what goes over the wire. No
 * function may change its arguments.
 */
export interface Behaviour {
  /** Returns the input to send. */
  readonly send?: (input: JsonObject) => JsonObject
  /** Brings what other servers answer, or an event of it, into the form of the schema, if the layer decodes openly. */
  readonly normalize?: (body: JsonObject, input: unknown) => unknown
  /** Returns the body to decode. */
  readonly receive?: (body: unknown, input: unknown) => unknown
}
