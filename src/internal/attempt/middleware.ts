import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import type * as Stream from "effect/Stream"
import type { ApiClient } from "../../ApiClient.ts"
import type { ApiError } from "../../ApiError.ts"
import type * as Endpoint from "../../Endpoint.ts"
import * as Middleware from "../../Middleware.ts"
import { transportOf } from "../stream/streamTransport.ts"

type Active = ReadonlyArray<Middleware.Middleware>

/** The middleware that is running. It does not apply to the calls that it makes itself. */
const Active: Context.Reference<Active> = /*#__PURE__*/ Context.Reference<Active>("llmfx/Middleware/Active", {
  defaultValue: () => none
})

const none: Active = []

/** Runs a client's calls through the middleware of its layer and of the running program. */
export const withMiddleware = (client: ApiClient, own: ReadonlyArray<Middleware.Middleware> = []): ApiClient => {
  const wrapped = through(client, own, none)
  const clientOf = (fiber: Fiber.Fiber<unknown, unknown>): ApiClient => {
    const scoped = fiber.getRef(Middleware.Current)
    const active = fiber.getRef(Active)
    return scoped.length === 0 && active.length === 0 ? wrapped : through(client, [...own, ...scoped], active)
  }
  return {
    ...client,
    call: (endpoint, input, options) => Effect.withFiber((fiber) => clientOf(fiber).call(endpoint, input, options)),
    open: (endpoint, input, options) => Effect.withFiber((fiber) => clientOf(fiber).open(endpoint, input, options)),
    raw: (endpoint, input, options) => Effect.withFiber((fiber) => clientOf(fiber).raw(endpoint, input, options)),
    stream: (endpoint, input, options) =>
      transportOf(endpoint).unwrap(
        Effect.withFiber((fiber) => Effect.succeed(clientOf(fiber).stream(endpoint, input, options)))
      )
  }
}

/** The first middleware is outermost. */
const through = (client: ApiClient, middleware: ReadonlyArray<Middleware.Middleware>, active: Active): ApiClient =>
  middleware
    .filter((one) => !active.includes(one))
    .reduceRight<ApiClient>((inner, outer) => within(outer(within(inner, active)), [...active, outer]), client)

/** A client whose calls run while this middleware is active. */
const within = (client: ApiClient, active: Active): ApiClient => ({
  ...client,
  call: (endpoint, input, options) => Effect.provideService(client.call(endpoint, input, options), Active, active),
  open: (endpoint, input, options) =>
    Effect.map(
      Effect.provideService(client.open(endpoint, input, options), Active, active),
      (response: Endpoint.Response<Stream.Stream<unknown, ApiError>>) => ({
        ...response,
        value: transportOf(endpoint).provideService(response.value, Active, active)
      })
    ),
  raw: (endpoint, input, options) => Effect.provideService(client.raw(endpoint, input, options), Active, active),
  stream: (endpoint, input, options) =>
    transportOf(endpoint).provideService(client.stream(endpoint, input, options), Active, active)
})
