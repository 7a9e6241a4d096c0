/**
 * Services whose calls are answered by handlers of the test.
 *
 * `layer` replaces the client: a handler's value is what the call gives. `layerHttp` keeps the client and replaces the
 * network: values go through encoding, decoding, retries and timeouts. Handlers state what the test cares about; the
 * endpoint's schema fills the rest. A call without a handler is a defect that lists what was mocked.
 *
 * @example
 * ```ts
 * import * as Effect from "effect/Effect"
 * import { Mock } from "llmfx/testing"
 * import { ChatCompletions, OpenAi } from "llmfx/openai"
 *
 * const TestOpenAi = Mock.layer(OpenAi, [
 *   Mock.on(ChatCompletions.create, ({ messages }) =>
 *     Effect.succeed({ choices: [{ message: { content: `You sent ${messages.length}` } }] })
 *   )
 * ])
 * ```
 */
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as HttpClient from "effect/http/HttpClient"
import * as Layer from "effect/Layer"
import type * as Stream from "effect/Stream"
import type { ApiClient } from "../ApiClient.ts"
import type * as ApiError from "../ApiError.ts"
import * as Endpoint from "../Endpoint.ts"
import { withMiddleware } from "../internal/attempt/middleware.ts"
import type * as Page from "../Page.ts"
import { mockClient } from "./internal/mock/client.ts"
import { type Call, type Handler, makeDispatch, type Recorded, type WireHandler } from "./internal/mock/handler.ts"
import { mockHttp, tellingCalls } from "./internal/mock/http.ts"
import type * as Reply from "./Reply.ts"
import type * as Sample from "./Sample.ts"
import type * as Script from "./Script.ts"

export { type Call, type Handler, type Recorded, UnhandledCall, type WireHandler } from "./internal/mock/handler.ts"

/**
 * A reason that a handler may fail with; the module `Failure` makes them. With `layerHttp`, the server responds with it.
 *
 * @category models
 */
export type Failure = ApiError.Reason

/**
 * A page. A test states its items and, unless it is the last page, the input that selects the next one.
 *
 * @category models
 */
export interface PartialPage<A> {
  readonly items: ReadonlyArray<Sample.Partial<A>>
  readonly next?: Page.Cursor | undefined
  /** Other properties of the body, such as totals. */
  readonly body?: { readonly [key: string]: unknown } | undefined
}

/**
 * The result of a handler for an endpoint.
 *
 * @category models
 */
export type Answer<E> =
  E extends Endpoint.List<infer _I, infer A, infer _R>
    ? Effect.Effect<ReadonlyArray<Sample.Partial<A>> | PartialPage<A>, Failure>
    : E extends Endpoint.Json<infer _I, infer A, infer _R>
      ? Effect.Effect<Sample.Partial<A>, Failure>
      : E extends Endpoint.RawJson<infer _I, infer _R>
        ? Effect.Effect<unknown, Failure>
        : E extends Endpoint.None<infer _I, infer _R>
          ? Effect.Effect<void, Failure>
          : E extends Endpoint.Text<infer _I, infer _R>
            ? Effect.Effect<string, Failure>
            : E extends Endpoint.Binary<infer _I, infer _R>
              ? Stream.Stream<Uint8Array, Failure> | ReadonlyArray<Uint8Array>
              : E extends
                    | Endpoint.EventStream<infer _I, infer A, infer _R>
                    | Endpoint.JsonLines<infer _I, infer A, infer _R>
                ? Stream.Stream<Sample.Partial<A>, Failure> | ReadonlyArray<Sample.Partial<A>>
                : E extends Endpoint.RawEventStream<infer _I, infer _R>
                  ? Stream.Stream<unknown, Failure> | ReadonlyArray<unknown>
                  : never

/**
 * Answers an endpoint.
 *
 * @category constructors
 */
export const on = <E extends Endpoint.Any>(
  endpoint: E,
  handler: (input: Endpoint.Input<E>, call: Call) => Answer<NoInfer<E>>
): Handler => ({ _tag: "Value", endpoint, make: () => handler as (input: unknown, call: Call) => unknown })

/**
 * Answers the first call of an endpoint with the first handler, the second with the second, and all later ones with the
 * last.
 *
 * @category constructors
 */
export const inOrder = <E extends Endpoint.Any>(
  endpoint: E,
  ...handlers: readonly [Respond<NoInfer<E>>, ...ReadonlyArray<Respond<NoInfer<E>>>]
): Handler => ({
  _tag: "Value",
  endpoint,
  make: () => {
    let count = 0
    return (input, call) => handlers[Math.min(count++, handlers.length - 1)]?.(input as Endpoint.Input<E>, call)
  }
})

type Respond<E> = (input: Endpoint.Input<E>, call: Call) => Answer<E>

/**
 * Answers an endpoint with a response that the test writes itself: other bytes, headers, a script. Only for {@link layerHttp}.
 *
 * @category constructors
 */
export const reply = <E extends Endpoint.Any>(
  endpoint: E,
  handler: (input: Endpoint.Input<E>, call: Call) => Effect.Effect<Reply.Reply | Script.Script, Failure>
): WireHandler => ({
  _tag: "Wire",
  endpoint,
  make: () => handler as ReturnType<WireHandler["make"]>
})

/**
 * A provider's service, as far as a mock needs to know it.
 *
 * @category models
 */
export interface Service<R> {
  readonly provider: string
  readonly client: Effect.Effect<ApiClient, never, R>
  readonly context: (client: ApiClient) => Context.Context<R>
}

/**
 * A service whose calls are answered by values. Nothing is encoded, retried or timed.
 *
 * @category layers
 */
export const layer = <R>(service: Service<R>, handlers: ReadonlyArray<Handler>): Layer.Layer<R> =>
  Layer.effectContext(
    Effect.sync(() => {
      const dispatch = makeDispatch(service.provider, handlers)
      return service.context(withCalls(withMiddleware(mockClient(service.provider, dispatch)), dispatch.calls))
    })
  )

/**
 * The real service with the options of its layer, on a network whose answers come from the handlers. Values are encoded
 * and decoded, errors have their status and headers, and retries and timeouts work.
 *
 * @example
 * ```ts
 * import { Mock } from "llmfx/testing"
 * import { Messages, Anthropic } from "llmfx/anthropic"
 * import * as Effect from "effect/Effect"
 * import * as Redacted from "effect/Redacted"
 *
 * const TestAnthropic = Mock.layerHttp(Anthropic, { apiKey: Redacted.make("test") }, [
 *   Mock.on(Messages.countTokens, () => Effect.succeed({ input_tokens: 12 }))
 * ])
 * ```
 * @category layers
 */
export const layerHttp = <R, Options, E>(
  service: Service<R> & {
    readonly layer: (options: Options) => Layer.Layer<R, E, HttpClient.HttpClient>
  },
  options: NoInfer<Options>,
  handlers: ReadonlyArray<Handler | WireHandler>
): Layer.Layer<R, E> =>
  Layer.unwrap(
    Effect.sync(() => {
      const dispatch = makeDispatch(service.provider, handlers)
      return Layer.effectContext(
        Effect.map(service.client, (client) => service.context(withCalls(tellingCalls(client), dispatch.calls)))
      ).pipe(
        Layer.provide(service.layer(options)),
        Layer.provide(Layer.succeed(HttpClient.HttpClient, mockHttp(service.provider, dispatch)))
      )
    })
  )

const Calls = Symbol("calls")

const withCalls = (client: ApiClient, calls: ReadonlyArray<Recorded>): ApiClient =>
  Object.assign(client, { [Calls]: calls })

/**
 * Returns all calls of a mocked service in their order. Dies if the service is not a mock.
 *
 * @category getters
 */
export const allCalls = <R>(service: {
  readonly provider: string
  readonly client: Effect.Effect<ApiClient, never, R>
}): Effect.Effect<ReadonlyArray<Recorded>, never, R> =>
  Effect.map(service.client, (client) => {
    const { [Calls]: calls } = client as ApiClient & { readonly [Calls]?: ReadonlyArray<Recorded> }
    if (calls === undefined) throw new Error(`The ${service.provider} service is not a mock: its calls are unknown`)
    return [...calls]
  })

/**
 * The inputs with which an endpoint was called so far.
 *
 * @category getters
 */
export const calls = <E extends Endpoint.Any>(
  endpoint: E
): Effect.Effect<ReadonlyArray<Endpoint.Input<E>>, never, ServiceOf<E>> =>
  Effect.map(allCalls(Endpoint.serviceOf(endpoint)), (calls) =>
    calls.flatMap((call) => (call.endpoint === endpoint.id ? [call.input as Endpoint.Input<E>] : []))
  ) as Effect.Effect<ReadonlyArray<Endpoint.Input<E>>, never, ServiceOf<E>>

type ServiceOf<E> = E extends { readonly raw: (...args: never) => Effect.Effect<unknown, unknown, infer R> } ? R : never
