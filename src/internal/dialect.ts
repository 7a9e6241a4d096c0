import type { Reason, ServerDetail } from "../ApiError.ts"
import type * as Endpoint from "../Endpoint.ts"
import type { JsonParser } from "./json/patternParser.ts"
import type { QueryStyle } from "./request/query.ts"

/** What is not an event of the stream: a ping, a comment. */
export const skip: unique symbol = Symbol("skip")

/** The end of the stream, sent as an event. */
export const done: unique symbol = Symbol("done")

/** Thrown where the server reports an error within a successful response. */
export class ErrorInBody {
  readonly raw: unknown
  constructor(raw: unknown) {
    this.raw = raw
  }
}

/** What has come of a stream so far; what is no text and no usage is passed over. */
export interface Progress {
  readonly addText: (text: unknown) => void
  readonly setUsage: (usage: unknown) => void
}

type Fields = { readonly [name: string]: unknown }

/** Another form of an endpoint's input and answer on the wire than in the program. */
export interface Behaviour {
  readonly send: (input: Fields) => Fields
  /** Leaves the body as it is and gives another. */
  readonly receive: (body: unknown, input: unknown) => unknown
}

/** How one provider's API speaks: all that the client does not do the same way for every one. */
export interface Dialect {
  readonly provider: string
  readonly requestIdHeaders: ReadonlyArray<string>
  readonly queryStyle: QueryStyle
  /** The value of one server-sent event, {@link skip} or {@link done}; throws {@link ErrorInBody}. */
  readonly event: (event: string, data: string, id: string | undefined, parse: JsonParser) => unknown
  /** The endpoint's value in a JSON body; throws {@link ErrorInBody}. */
  readonly unwrap: (endpoint: Endpoint.Metadata, body: unknown) => unknown
  /** What single endpoints do beyond their declaration, by id. */
  readonly behaviours?: { readonly [endpoint: string]: Behaviour | undefined }
  /** Whether JSON in answer to a request for bytes is an error where {@link unwrap} says so, and not a file. */
  readonly hasErrorsInPlaceOfBytes?: boolean
  /** What an error body says; `undefined` where it is none. */
  readonly errorDetail: (body: unknown, headers?: { readonly [name: string]: string }) => ServerDetail | undefined
  /** The request id, where the body has it. */
  readonly requestIdIn?: (body: unknown) => string | undefined
  /** A reason that follows from the provider's own codes, before that of the status. */
  readonly reasonOf?: (
    detail: ServerDetail,
    raw: unknown,
    response?: { readonly headers: { readonly [name: string]: string }; readonly now: number }
  ) => Reason | undefined
  /** Takes note of the text that an event adds and the usage that it reports. */
  readonly note: (event: unknown, progress: Progress) => void
  /** Refuses an input that cannot succeed, with a message. */
  readonly guard?: (
    endpoint: Endpoint.Metadata,
    input: object,
    timeouts: { readonly explicit: boolean }
  ) => string | undefined
}

export const isObject = (value: unknown): value is { readonly [key: string]: unknown } =>
  typeof value === "object" && value !== null && !Array.isArray(value)

export const stringOf = (value: unknown): string | undefined =>
  typeof value === "string" && value !== "" ? value : typeof value === "number" ? String(value) : undefined
