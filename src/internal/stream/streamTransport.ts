import type * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type * as Stream from "effect/Stream"
import type { ApiError } from "../../ApiError.ts"
import type * as Endpoint from "../../Endpoint.ts"
import type { RequestOptions } from "../../RequestOptions.ts"
import type { ClientConfig } from "../attempt/call.ts"

/**
 * How endpoints that stream are called. The endpoint brings it along, and not the client, so that a program without
 * streams is bundled without them.
 */
export interface Transport extends StreamOperations {
  readonly stream: (
    config: ClientConfig,
    endpoint: Endpoint.Metadata,
    input: unknown,
    options: RequestOptions | undefined
  ) => Stream.Stream<unknown, ApiError>
  /** Like `stream`, once the headers have arrived. */
  readonly open: (
    config: ClientConfig,
    endpoint: Endpoint.Metadata,
    input: unknown,
    options: RequestOptions | undefined
  ) => Effect.Effect<Endpoint.Response<Stream.Stream<unknown, ApiError>>, ApiError, Scope.Scope>
}

/** The operations on streams that middleware needs. */
export interface StreamOperations extends Pick<typeof Stream, "provideService"> {
  /** Returns the stream that an effect looks up. */
  readonly unwrap: <A, E, R, R2>(
    stream: Effect.Effect<Stream.Stream<A, E, R>, never, R2>
  ) => Stream.Stream<A, E, R | R2>
}

export const TransportOf: unique symbol = Symbol("transport")

/** The transport of an endpoint that streams. */
export const transportOf = (endpoint: Endpoint.Metadata): Transport => {
  const { [TransportOf]: transport } = endpoint as { readonly [TransportOf]?: Transport }
  if (transport === undefined) throw new Error(`${endpoint.provider} ${endpoint.id} does not stream`)
  return transport
}
