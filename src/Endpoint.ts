/**
 * An API operation as a value: a function from its input to an Effect or a Stream, together with its
 * metadata.
 *
 * Programs call endpoints; tools such as `Mock`, batches and the emulator read their id, method, path and schema and so
 * work on any of them. Generated modules declare their endpoints with {@link json}, {@link eventStream}, {@link list}
 * and the other constructors.
 *
 * @example
 * ```ts
 * import * as Schema from "effect/Schema"
 * import { Endpoint } from "llmfx"
 * import { OpenAi } from "llmfx/openai"
 *
 * // An endpoint that llmfx does not have.
 * const copy = Endpoint.json<{ readonly file_id: string; readonly purpose: string }, { readonly id: string }, OpenAi>(
 *   OpenAi,
 *   {
 *     id: "files.copy",
 *     method: "POST",
 *     path: "/files/{file_id}/copies",
 *     body: "json",
 *     success: Schema.Struct({ id: Schema.String })
 *   }
 * )
 *
 * const program = copy({ file_id: "file-1", purpose: "user_data" })
 * ```
 */
import * as Effect from "effect/Effect"
import type * as HttpClientResponse from "effect/http/HttpClientResponse"
import { pipeArguments } from "effect/Pipeable"
import type * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { ApiClient } from "./ApiClient.ts"
import type { ApiError } from "./ApiError.ts"
import { pageStream } from "./internal/attempt/paging.ts"
import type { Behaviour } from "./internal/behaviour.ts"
import { DecoderOf, PageReaderOf } from "./internal/decode/endpointDecoder.ts"
import { pageReader } from "./internal/decode/page.ts"
import { hotSchemaDecoder, type MakeDecoder, schemaDecoder } from "./internal/decode/schemaDecoder.ts"
import { streaming } from "./internal/stream/openStream.ts"
import { type Transport, TransportOf } from "./internal/stream/streamTransport.ts"
import type * as Page from "./Page.ts"
import type { RateLimitInfo } from "./policies/RateLimit.ts"
import type * as RequestOptions from "./RequestOptions.ts"

/**
 * The shape of an endpoint's response.
 *
 * @category models
 */
export type Kind = "json" | "none" | "text" | "binary" | "stream" | "jsonl" | "list"

/**
 * Says whether a call may be repeated. A `safe` call only reads. Repeating an `idempotent` call has no further effect.
 * Repeating an `unsafe` call may do the work twice.
 *
 * @category models
 */
export type Safety = "safe" | "idempotent" | "unsafe"

/**
 * How input fields become a body. Fields that go into the path, query or a header are not part of it.
 *
 * @category models
 */
export type BodyEncoding =
  | "json"
  | "multipart"
  /** Multipart if the input has a file, otherwise JSON. */
  | "jsonOrMultipart"
  /** `application/sdp` if the input is only an SDP offer, otherwise multipart. */
  | "sdpOrMultipart"

/**
 * The declaration of an endpoint.
 *
 * @category models
 */
export interface Declaration {
  /** The dotted id, such as `vectorStores.files.list`. A streaming twin ends with `:stream`. */
  readonly id: string
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE"
  /** A template, such as `/files/{file_id}`. It may contain a fixed query. */
  readonly path: string
  /**
   * Input fields that go into the query. Default for an endpoint without a body: all fields that are not in the path or
   * a header.
   */
  readonly query?: ReadonlyArray<string>
  /** How to write `null` in the query. Default: as the API's other queries do. */
  readonly nullQuery?: "empty" | "drop"
  /** Header names by input field. */
  readonly headerParams?: { readonly [field: string]: string }
  readonly headers?: { readonly [name: string]: string }
  readonly body?: BodyEncoding
  /** The input field that is the whole body. */
  readonly bodyField?: string
  /** Media types by form field. A value that is not text is sent as JSON. */
  readonly partTypes?: { readonly [field: string]: string }
  /** Fields to send with every call: in the body, or in the query if there is no body. */
  readonly fixed?: { readonly [field: string]: unknown }
  /** Whether to send the folder part of file names. */
  readonly keepFolders?: boolean
  readonly accept?: string
  /** Whether the call takes the admin key of the layer instead of its API key. */
  readonly credential?: "admin"
  readonly safety?: Safety
  /** Whether the response may be plain text instead of JSON. */
  readonly mayBeText?: boolean
  /** Whether the value keeps its envelope: `{ event, data }` of an event, `{ code, msg, data }` of a Coze response. */
  readonly envelope?: boolean
  /** Rewrites the input before it is split into path, query and body. */
  readonly prepare?: (input: { readonly [field: string]: unknown }) => { readonly [field: string]: unknown }
  /** What differs from the wire beyond this declaration. Modules of llmfx set it. */
  readonly behaviour?: Behaviour
  /** The error codes that the provider documents for this endpoint. */
  readonly errors?: ReadonlyArray<string>
}

/**
 * The end of a stream: an event of one of these types or, for chat completions, a finish reason.
 *
 * @category models
 */
export type Terminal = ReadonlyArray<string> | "finishReason"

/**
 * Everything about an endpoint except how to call it.
 *
 * @category models
 */
export interface Metadata extends Declaration {
  readonly provider: string
  readonly kind: Kind
  readonly pathParams: ReadonlyArray<string>
  readonly safety: Safety
  /** The schema of the response, of a list's item, or of a stream's event or line. */
  readonly success: Schema.Codec<unknown, unknown> | undefined
  readonly pagination: Page.Style | undefined
  /** `undefined` if the stream may end at any time. */
  readonly terminal: Terminal | undefined
}

/**
 * A value together with its response.
 *
 * @category models
 */
export interface Response<out A> {
  readonly value: A
  readonly status: number
  readonly headers: { readonly [name: string]: string }
  readonly requestId: string | undefined
  readonly rateLimit: RateLimitInfo | undefined
  /** How often the request was sent. */
  readonly attempts: number
  /** The body as the server sent it. `undefined` for streams. */
  readonly raw: unknown
}

/**
 * The arguments of an endpoint. If all input fields are optional, the input may be left out.
 *
 * @category models
 */
export type Args<Input> = {} extends Input
  ? [input?: Input, options?: RequestOptions.RequestOptions]
  : [input: Input, options?: RequestOptions.RequestOptions]

interface Raw<Input, out R, out E = ApiError> extends Metadata {
  /** Returns the response with its body unread. Error statuses fail as those of the endpoint do. */
  readonly raw: (...args: Args<Input>) => Effect.Effect<HttpClientResponse.HttpClientResponse, E, R>
}

interface Single<Input, out A, out R, out E = ApiError> extends Raw<Input, R, E> {
  (...args: Args<Input>): Effect.Effect<A, E, R>
  /** Returns the value with its status, headers, request id, rate limits and raw body. */
  readonly withResponse: (...args: Args<Input>) => Effect.Effect<Response<A>, E, R>
}

interface Many<Input, out A, out R, out E = ApiError> extends Raw<Input, R, E> {
  (...args: Args<Input>): Stream.Stream<A, E, R>
  /** Returns the stream with its status and headers, as soon as they arrive. The connection closes with the scope. */
  readonly withResponse: (...args: Args<Input>) => Effect.Effect<Response<Stream.Stream<A, E>>, E, R | Scope.Scope>
}

/**
 * An endpoint that responds with one JSON value.
 *
 * @category models
 */
export interface Json<Input, out A, out R, out E = ApiError> extends Single<Input, A, R, E> {
  readonly kind: "json"
  readonly success: Schema.Codec<A, unknown>
}

/**
 * An endpoint that responds with one JSON value, which is not decoded.
 *
 * @category models
 */
export interface RawJson<Input, out R, out E = ApiError> extends Single<Input, unknown, R, E> {
  readonly kind: "json"
}

/**
 * An endpoint that responds with server-sent events, which are not decoded.
 *
 * @category models
 */
export interface RawEventStream<Input, out R, out E = ApiError> extends Many<Input, unknown, R, E> {
  readonly kind: "stream"
}

/**
 * An endpoint whose response body is ignored.
 *
 * @category models
 */
export interface None<Input, out R, out E = ApiError> extends Single<Input, void, R, E> {
  readonly kind: "none"
}

/**
 * An endpoint that responds with text.
 *
 * @category models
 */
export interface Text<Input, out R, out E = ApiError> extends Single<Input, string, R, E> {
  readonly kind: "text"
}

/**
 * An endpoint that responds with a stream of bytes.
 *
 * @category models
 */
export interface Binary<Input, out R, out E = ApiError> extends Many<Input, Uint8Array, R, E> {
  readonly kind: "binary"
}

/**
 * An endpoint that responds with server-sent events.
 *
 * @category models
 */
export interface EventStream<Input, out A, out R, out E = ApiError> extends Many<Input, A, R, E> {
  readonly kind: "stream"
  readonly success: Schema.Codec<A, unknown>
}

/**
 * An endpoint that responds with lines of JSON.
 *
 * @category models
 */
export interface JsonLines<Input, out A, out R, out E = ApiError> extends Many<Input, A, R, E> {
  readonly kind: "jsonl"
  readonly success: Schema.Codec<A, unknown>
}

/**
 * An endpoint that responds with pages. Calling it returns the items of all pages.
 *
 * @category models
 */
export interface List<Input, out A, out R, out E = ApiError> extends Raw<Input, R, E> {
  (...args: Args<Input>): Stream.Stream<A, E, R>
  readonly kind: "list"
  readonly success: Schema.Codec<A, unknown>
  /** Returns the first page, or the page that the input's cursor selects. */
  readonly page: (...args: Args<Input>) => Effect.Effect<Page.Page<A>, E, R>
  /** Returns all pages, starting with that page. */
  readonly pages: (...args: Args<Input>) => Stream.Stream<Page.Page<A>, E, R>
  /** Returns one page with its status, headers, request id, rate limits and raw body. */
  readonly withResponse: (...args: Args<Input>) => Effect.Effect<Response<Page.Page<A>>, E, R>
}

/**
 * Any endpoint, for code that works on all endpoints.
 *
 * @category models
 */
export interface Any extends Metadata {
  readonly raw: (...args: never) => Effect.Effect<HttpClientResponse.HttpClientResponse, ApiError, unknown>
}

/**
 * The input of an endpoint.
 *
 * @category models
 */
export type Input<E> = E extends Raw<infer I, infer _R, infer _E> ? I : never

/**
 * The value, item or event type of an endpoint.
 *
 * @category models
 */
export type Success<E> =
  E extends Single<infer _I, infer A, infer _R, infer _E>
    ? A
    : E extends Many<infer _I, infer A, infer _R, infer _E>
      ? A
      : E extends List<infer _I, infer A, infer _R, infer _E>
        ? A
        : never

/**
 * The service that runs an endpoint.
 *
 * @category models
 */
export interface Service<out R> {
  readonly provider: string
  readonly client: Effect.Effect<ApiClient, never, R>
}

type Schemas<A> = { readonly success: Schema.Codec<A, unknown> }

/**
 * Declares an endpoint that returns `Effect<A>`, decoded from a JSON body.
 *
 * @category constructors
 */
export const json = <Input, A, R, E = ApiError>(
  service: Service<R>,
  declaration: Declaration & Schemas<A>
): Json<Input, A, R, E> => make(service, declaration, "json", single, schemaDecoder)

/**
 * Declares an endpoint that returns its JSON as it comes. For programs that read it themselves: bundles do without the
 * schemas, and without the code that decodes by them.
 *
 * @category constructors
 */
export const rawJson = <Input, R, E = ApiError>(service: Service<R>, declaration: Declaration): RawJson<Input, R, E> =>
  make(service, declaration, "json", single)

/**
 * Declares an endpoint that returns the JSON of server-sent events as it comes. See {@link rawJson}.
 *
 * @category constructors
 */
export const rawEventStream = <Input, R, E = ApiError>(
  service: Service<R>,
  declaration: Declaration & { readonly terminal?: Terminal }
): RawEventStream<Input, R, E> => make(service, declaration, "stream", many)

/**
 * Declares an endpoint that returns `Effect<void>`. The body is not read.
 *
 * @category constructors
 */
export const none = <Input, R, E = ApiError>(service: Service<R>, declaration: Declaration): None<Input, R, E> =>
  make(service, declaration, "none", single)

/**
 * Declares an endpoint that returns `Effect<string>`.
 *
 * @category constructors
 */
export const text = <Input, R, E = ApiError>(service: Service<R>, declaration: Declaration): Text<Input, R, E> =>
  make(service, declaration, "text", single)

/**
 * Declares an endpoint that returns `Stream<Uint8Array>`.
 *
 * @category constructors
 */
export const binary = <Input, R, E = ApiError>(service: Service<R>, declaration: Declaration): Binary<Input, R, E> =>
  make(service, declaration, "binary", many)

/**
 * Declares an endpoint that returns `Stream<A>`, decoded from server-sent events.
 *
 * @category constructors
 */
export const eventStream = <Input, A, R, E = ApiError>(
  service: Service<R>,
  declaration: Declaration & Schemas<A> & { readonly terminal?: Terminal }
): EventStream<Input, A, R, E> => make(service, declaration, "stream", many, hotSchemaDecoder)

/**
 * Declares an endpoint that returns `Stream<A>`, decoded from lines of JSON.
 *
 * @category constructors
 */
export const jsonLines = <Input, A, R, E = ApiError>(
  service: Service<R>,
  declaration: Declaration & Schemas<A>
): JsonLines<Input, A, R, E> => make(service, declaration, "jsonl", many, hotSchemaDecoder)

/**
 * Declares an endpoint that returns `Stream<A>`, the items of all pages.
 *
 * @category constructors
 */
export const list = <Input, A, R, E = ApiError>(
  service: Service<R>,
  declaration: Declaration & Schemas<A> & { readonly pagination: Page.Style }
): List<Input, A, R, E> =>
  Object.assign(make<R, List<Input, A, R, E>>(service, declaration, "list", paged, hotSchemaDecoder), {
    [PageReaderOf]: pageReader(declaration.pagination)
  })

type Run = (service: Service<unknown>, endpoint: Metadata, input: unknown, options: Options) => unknown
type Options = RequestOptions.RequestOptions | undefined

/** The function that runs an endpoint, and its methods. */
interface Callable {
  readonly run: Run
  readonly methods: { readonly [name: string]: Run }
  readonly transport?: Transport
}

const value: Run = (service, endpoint, input, options) =>
  Effect.flatMap(service.client, (client) => Effect.map(client.call(endpoint, input, options), ({ value }) => value))

const call: Run = (service, endpoint, input, options) =>
  Effect.flatMap(service.client, (client) => client.call(endpoint, input, options))

const raw: Run = (service, endpoint, input, options) =>
  Effect.flatMap(service.client, (client) => client.raw(endpoint, input, options))

const single: Callable = { run: value, methods: { raw, withResponse: call } }

const many: Callable = {
  run: (service, endpoint, input, options) =>
    streaming.unwrap(Effect.map(service.client, (client) => client.stream(endpoint, input, options))),
  methods: {
    raw,
    withResponse: (service, endpoint, input, options) =>
      Effect.flatMap(service.client, (client) => client.open(endpoint, input, options))
  },
  transport: streaming
}

const pagesAs =
  (valuesOf: (page: Page.Page<unknown>) => ReadonlyArray<unknown>): Run =>
  (service, endpoint, input, options) =>
    Stream.unwrap(Effect.map(service.client, (client) => pageStream(client, endpoint, input, options, valuesOf)))

const paged: Callable = {
  run: /*#__PURE__*/ pagesAs(({ items }) => items),
  methods: { raw, withResponse: call, page: value, pages: /*#__PURE__*/ pagesAs((page) => [page]) }
}

const ServiceOf = Symbol("service")

/**
 * Returns the service that runs an endpoint, for tools that need its client.
 *
 * @category getters
 */
export const serviceOf = <R>(endpoint: {
  readonly provider: string
  readonly raw: (...args: never) => Effect.Effect<HttpClientResponse.HttpClientResponse, ApiError, R>
}): Service<R> => (endpoint as unknown as { readonly [ServiceOf]: Service<R> })[ServiceOf]

const prototypes = new WeakMap<Callable, object>()

const prototypeOf = (callable: Callable): object => {
  const cached = prototypes.get(callable)
  if (cached !== undefined) return cached
  const methods = Object.entries(callable.methods).map(([name, run]): readonly [string, PropertyDescriptor] => [
    name,
    {
      get(this: Metadata & { readonly [ServiceOf]: Service<unknown> }) {
        return (input: unknown, options: Options) => run(this[ServiceOf], this, input, options)
      }
    }
  ])
  const prototype = Object.create(Function.prototype, {
    ...Object.fromEntries(methods),
    [TransportOf]: { value: callable.transport },
    pipe: {
      value() {
        return pipeArguments(this, arguments)
      }
    }
  }) as object
  prototypes.set(callable, prototype)
  return prototype
}

const safeties: Record<Declaration["method"], Safety> = {
  GET: "safe",
  PUT: "idempotent",
  DELETE: "idempotent",
  POST: "unsafe",
  PATCH: "unsafe"
}

const make = <R, E extends Metadata>(
  service: Service<R>,
  declaration: Declaration & { readonly success?: unknown; readonly pagination?: unknown; readonly terminal?: unknown },
  kind: E["kind"],
  callable: Callable,
  decoder?: MakeDecoder
): E => {
  const { run } = callable
  const endpoint = (input: unknown, options: Options) => run(service as Service<unknown>, metadata, input, options)
  const metadata = Object.assign(Object.setPrototypeOf(endpoint, prototypeOf(callable)), {
    safety: safeties[declaration.method],
    ...declaration,
    kind,
    provider: service.provider,
    pathParams: Array.from(declaration.path.matchAll(/\{(\w+)\}/g), ([, name]) => name),
    [ServiceOf]: service,
    [DecoderOf]: decoder
  })
  return metadata
}
