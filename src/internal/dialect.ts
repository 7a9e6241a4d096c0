import type { Reason, ServerDetail } from "../ApiError.ts"
import type * as Endpoint from "../Endpoint.ts"
import type { JsonObject } from "./json/json.ts"
import type { JsonParser } from "./json/patternParser.ts"
import type { QueryStyle } from "./request/query.ts"
import type { Ending, Endings } from "./stream/ending.ts"
import type { Frames } from "./stream/frames.ts"

/** Marks a frame that is not an event of the stream: a ping or a comment. */
export const skip: unique symbol = Symbol("skip")

/** Marks the end of the stream, sent as an event. */
export const done: unique symbol = Symbol("done")

/** Thrown if a successful response contains an error. */
export class ErrorInBody {
  readonly raw: unknown
  constructor(raw: unknown) {
    this.raw = raw
  }
}

/** The text and usage that a stream has delivered so far. */
export interface Progress {
  readonly addText: (text: unknown) => void
  /** Later counts replace earlier ones of the same name. `isStart`: the output is not counted yet. */
  readonly setUsage: (usage: unknown, isStart?: boolean) => void
}

/** Returns the value of one server-sent event, {@link skip} or {@link done}. Throws {@link ErrorInBody}. */
export type EventReader = (event: string, data: string, id: string | undefined) => unknown

/**
 * How one provider's API speaks: everything the client does differently for each provider.
 *
 * What only streams need of the core is passed in ({@link Frames}, {@link Endings}), so a program that never streams does
 * not bundle it.
 */
export interface Dialect {
  readonly provider: string
  readonly requestIdHeaders: ReadonlyArray<string>
  readonly queryStyle: QueryStyle
  /** Headers that hold a list, in lower case. The values of the call, the endpoint and the options are joined. */
  readonly listHeaders?: ReadonlySet<string>
  /** Makes what reads the events of one stream. */
  readonly events: (endpoint: Endpoint.Metadata, frames: Frames) => EventReader
  /** When a stream of the endpoint is whole. Default: after one of its terminal events. */
  readonly ending?: (endpoint: Endpoint.Metadata, input: JsonObject, endings: Endings) => Ending
  /** Brings what other servers answer into the form that the endpoint's schema has. Only if the layer decodes openly. */
  readonly normalize?: (endpoint: Endpoint.Metadata, input: unknown) => ((body: unknown) => unknown) | undefined
  /** `true` if what `normalize` does depends on names and types only: events of one shape are then tried once. Default: `false`. */
  readonly normalizesByShape?: boolean
  /** Whether the back end takes tools that are `strict`. Default: `true`. */
  readonly strictTools?: boolean
  /** Parses the JSON of an answer. Default: `JSON.parse`. */
  readonly parse?: JsonParser
  /** Returns the endpoint's value in a JSON body. Throws {@link ErrorInBody}. */
  readonly unwrap: (endpoint: Endpoint.Metadata, body: unknown) => unknown
  /** Whether a JSON response to a request for bytes may be an error (as {@link unwrap} decides) rather than a file. */
  readonly hasErrorsInPlaceOfBytes?: boolean
  /** Reads an error body. Returns `undefined` if it is not one. */
  readonly errorDetail: (body: unknown, headers?: { readonly [name: string]: string }) => ServerDetail | undefined
  /** Returns the request id if the body has one. */
  readonly requestIdIn?: (body: unknown) => string | undefined
  /** Returns the reason for the provider's own codes, which take precedence over the status. */
  readonly reasonOf?: (
    detail: ServerDetail,
    raw: unknown,
    response?: { readonly headers: { readonly [name: string]: string }; readonly now: number }
  ) => Reason | undefined
  /** Records the text that an event adds and the usage that it reports. */
  readonly note: (event: unknown, progress: Progress) => void
  /** Refuses an input that cannot succeed, with a message. */
  readonly guard?: (
    endpoint: Endpoint.Metadata,
    input: object,
    timeouts: { readonly explicit: boolean }
  ) => string | undefined
}
