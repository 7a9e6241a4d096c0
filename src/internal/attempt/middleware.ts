import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import type { ApiClient } from "../../ApiClient.ts"
import * as Middleware from "../../Middleware.ts"

/** Runs a client's calls through the middleware of its layer and of the running program. */
export const withMiddleware = (client: ApiClient, own: ReadonlyArray<Middleware.Middleware> = []): ApiClient => {
  const wrapped = through(client, own)
  const clientOf = (fiber: Fiber.Fiber<unknown, unknown>): ApiClient => {
    const scoped = fiber.getRef(Middleware.Current)
    return scoped.length === 0 ? wrapped : through(client, [...own, ...scoped])
  }
  return {
    ...client,
    call: (endpoint, input, options) => Effect.withFiber((fiber) => clientOf(fiber).call(endpoint, input, options)),
    open: (endpoint, input, options) => Effect.withFiber((fiber) => clientOf(fiber).open(endpoint, input, options)),
    raw: (endpoint, input, options) => Effect.withFiber((fiber) => clientOf(fiber).raw(endpoint, input, options)),
    stream: (endpoint, input, options) =>
      Stream.unwrap(Effect.withFiber((fiber) => Effect.succeed(clientOf(fiber).stream(endpoint, input, options))))
  }
}

const through = (client: ApiClient, middleware: ReadonlyArray<Middleware.Middleware>): ApiClient =>
  middleware.reduceRight<ApiClient>((inner, outer) => outer(inner), client)
