import * as Data from "effect/Data"
import type * as Effect from "effect/Effect"
import type * as HttpClientRequest from "effect/http/HttpClientRequest"
import type * as ApiError from "../../../ApiError.ts"
import type * as Endpoint from "../../../Endpoint.ts"
import type * as Reply from "../../Reply.ts"
import type * as Script from "../../Script.ts"

/** One call as a handler sees it. */
export interface Call {
  /** Counts calls of the same endpoint from 1. Over HTTP, each attempt counts. */
  readonly number: number
  /** The request on the wire. `undefined` without HTTP. */
  readonly request: HttpClientRequest.HttpClientRequest | undefined
}

/** A handler for one endpoint. */
export interface Handler {
  readonly _tag: "Value"
  readonly endpoint: Endpoint.Metadata
  /** Makes the handler of one layer. */
  readonly make: () => (input: unknown, call: Call) => unknown
}

/** A handler that writes the response itself. */
export interface WireHandler {
  readonly _tag: "Wire"
  readonly endpoint: Endpoint.Metadata
  readonly make: () => (input: unknown, call: Call) => Effect.Effect<Reply.Reply | Script.Script, ApiError.Reason>
}

/** A call without a handler. */
export class UnhandledCall extends Data.TaggedError("UnhandledCall")<{
  readonly provider: string
  readonly endpoint: string
  readonly input: unknown
  /** The ids of the endpoints that have a handler. */
  readonly mocked: ReadonlyArray<string>
}> {
  override get message(): string {
    const call = `${this.provider} ${this.endpoint} was called with ${shortened(this.input)}, but it has no handler.`
    return this.mocked.length === 0
      ? `${call} Nothing is mocked.`
      : `${call} Mocked are:\n${this.mocked.map((id) => `  - ${id}`).join("\n")}`
  }
}

const shortened = (input: unknown): string => {
  const text = JSON.stringify(input) ?? "nothing"
  return text.length > 300 ? `${text.slice(0, 300)}…` : text
}

/** A call that reached a handler. */
export interface Recorded {
  /** The id of the endpoint. */
  readonly endpoint: string
  readonly input: unknown
  readonly request: HttpClientRequest.HttpClientRequest | undefined
}

/** The handlers of one layer and the calls that they have had. */
export interface Dispatch<H extends Handler | WireHandler> {
  readonly calls: ReadonlyArray<Recorded>
  /** Runs the endpoint's handler and returns its kind. Throws {@link UnhandledCall}. */
  readonly run: (
    endpoint: Endpoint.Metadata,
    input: unknown,
    request: HttpClientRequest.HttpClientRequest | undefined
  ) => { readonly _tag: H["_tag"]; readonly outcome: unknown }
}

export const makeDispatch = <H extends Handler | WireHandler>(
  provider: string,
  handlers: ReadonlyArray<H>
): Dispatch<H> => {
  const byId = new Map(handlers.map((handler) => [handler.endpoint.id, { tag: handler._tag, run: handler.make() }]))
  const foreign = handlers.find(({ endpoint }) => endpoint.provider !== provider)
  if (foreign !== undefined) {
    throw new Error(
      `${foreign.endpoint.id} is an endpoint of ${foreign.endpoint.provider}: mock it in a layer of that provider`
    )
  }
  const calls: Array<Recorded> = []
  return {
    calls,
    run: (endpoint, input, request) => {
      const handler = byId.get(endpoint.id)
      if (handler === undefined) {
        throw new UnhandledCall({ provider, endpoint: endpoint.id, input, mocked: [...byId.keys()] })
      }
      calls.push({ endpoint: endpoint.id, input, request })
      const number = calls.reduce((count, call) => (call.endpoint === endpoint.id ? count + 1 : count), 0)
      return { _tag: handler.tag, outcome: handler.run(input ?? {}, { number, request }) }
    }
  }
}
