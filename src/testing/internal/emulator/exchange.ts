/** The types that the handlers of the emulator work with. */

import type * as ApiError from "../../../ApiError.ts"
import type * as Endpoint from "../../../Endpoint.ts"
import type { JsonObject } from "../../../internal/json/json.ts"
import type { ServerReason } from "../wireFailure.ts"
import type { ChatReply, ChatRequest } from "./chat.ts"
import type { Incoming } from "./incoming.ts"
import type { Store } from "./store.ts"

/** One request and the endpoint that it is for. */
export interface Exchange {
  readonly endpoint: Endpoint.Metadata
  /** The values of the path's parameters. */
  readonly params: { readonly [name: string]: string }
  readonly query: JsonObject
  /** The fields of the body. */
  readonly body: JsonObject
  readonly incoming: Incoming
  /** Milliseconds since 1970. */
  readonly now: number
  readonly server: Server
}

/** The state and services that all requests share. */
export interface Server {
  readonly store: Store
  /** Another id with the prefix. */
  readonly id: (prefix: string) => string
  /** How long jobs take, in milliseconds. */
  readonly jobDuration: number
  /** Whether what was never created is answered with a sample. */
  readonly samplesForMissing: boolean
  /** Whether requests are refused that the API refuses. */
  readonly isStrict: boolean
  /** Throws {@link Refusal} for a model that is not there. */
  readonly checkModel: (model: string) => void
  /** Counts tokens that the model reads without an answer. Throws {@link Refusal} if there are too many. */
  readonly spend: (tokens: number) => void
  /** Asks the model. Throws {@link Refusal}. */
  readonly chat: (request: ChatRequest) => ChatReply
  /** Answers a request of a batch file as if it had come on its own. */
  readonly answer: (
    method: string,
    path: string,
    body: JsonObject,
    now: number
  ) => { readonly status: number; readonly body: unknown }
}

/** An answer of a handler. */
export type Answer =
  | { readonly _tag: "Value"; readonly value: unknown }
  /** All items of a list. The request selects a page. */
  | { readonly _tag: "Items"; readonly items: ReadonlyArray<unknown>; readonly body?: JsonObject }
  | { readonly _tag: "Events"; readonly events: ReadonlyArray<unknown> }
  | { readonly _tag: "Lines"; readonly lines: ReadonlyArray<unknown> }
  | { readonly _tag: "Bytes"; readonly bytes: Uint8Array; readonly contentType: string }
  | { readonly _tag: "Text"; readonly text: string }
  | { readonly _tag: "Nothing" }

export const value = (value: unknown): Answer => ({ _tag: "Value", value })
export const items = (items: ReadonlyArray<unknown>, body?: JsonObject): Answer =>
  body === undefined ? { _tag: "Items", items } : { _tag: "Items", items, body }
export const events = (events: ReadonlyArray<unknown>): Answer => ({ _tag: "Events", events })
export const lines = (lines: ReadonlyArray<unknown>): Answer => ({ _tag: "Lines", lines })
export const bytes = (bytes: Uint8Array, contentType = "application/octet-stream"): Answer => ({
  _tag: "Bytes",
  bytes,
  contentType
})
export const text = (text: string): Answer => ({ _tag: "Text", text })
export const nothing: Answer = { _tag: "Nothing" }

/** Answers one endpoint. Throws {@link Refusal}. */
export type Handler = (exchange: Exchange) => Answer

/** Handlers by the id of their endpoint. */
export type Handlers = { readonly [id: string]: Handler }

/** Thrown to answer with an error. A status of its own replaces that of the reason. */
export class Refusal {
  readonly reason: ApiError.Reason & ServerReason
  readonly status: number | undefined
  constructor(reason: ServerReason, status?: number) {
    this.reason = reason
    this.status = status
  }
}

export const seconds = (millis: number): number => Math.floor(millis / 1000)
