/**
 * Sends a request for which llmfx has no endpoint, with the credential, policies and errors of a service.
 *
 * Use it for paths that are newer than this version. Each provider has it as `request`.
 *
 * @example
 * ```ts
 * import { OpenAi } from "llmfx/openai"
 *
 * const answer = OpenAi.request({
 *   method: "POST",
 *   path: "/files/{file_id}/copies",
 *   params: { file_id: "file-1" },
 *   body: { purpose: "user_data" }
 * })
 * ```
 */
import type * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { ApiError } from "./ApiError.ts"
import * as Endpoint from "./Endpoint.ts"
import { hasFile } from "./internal/request/multipart.ts"
import type { RequestOptions } from "./RequestOptions.ts"

/**
 * The request to send.
 *
 * @category models
 */
export interface ApiRequest {
  readonly method: Endpoint.Declaration["method"]
  /** The path below the base URL: a template such as `/files/{file_id}`. */
  readonly path: string
  /** The values of the path parameters. */
  readonly params?: { readonly [name: string]: string | number } | undefined
  readonly query?: { readonly [name: string]: unknown } | undefined
  /** Sent as a form if it is an object that contains a file, otherwise as JSON. */
  readonly body?: unknown
  readonly headers?: { readonly [name: string]: string } | undefined
  readonly credential?: "admin" | undefined
}

/**
 * The request to send and the schema of its response.
 *
 * @category models
 */
export interface Typed<out A> extends ApiRequest {
  readonly success: Schema.Codec<A, unknown>
}

/**
 * Sends a request through a service.
 *
 * **Details**
 *
 * Without a schema, returns the JSON as the server sent it. For a stream, a list or bytes, declare an `Endpoint`.
 *
 * @category running
 */
export function send<R, A>(
  service: Endpoint.Service<R>,
  request: Typed<A>,
  options?: RequestOptions
): Effect.Effect<A, ApiError, R>
export function send<R>(
  service: Endpoint.Service<R>,
  request: ApiRequest,
  options?: RequestOptions
): Effect.Effect<unknown, ApiError, R>
export function send<R>(
  service: Endpoint.Service<R>,
  request: ApiRequest & Partial<Typed<unknown>>,
  options?: RequestOptions
): Effect.Effect<unknown, ApiError, R> {
  const { body, credential, headers, method, params, path, query, success = Schema.Unknown } = request
  const isForm = typeof body === "object" && body !== null && !Array.isArray(body) && hasFile(body)
  const endpoint = Endpoint.json<{ readonly [name: string]: unknown }, unknown, R>(service, {
    id: `${method} ${path}`,
    method,
    path: path.startsWith("/") ? path : `/${path}`,
    success,
    ...(query === undefined ? {} : { query: Object.keys(query) }),
    ...(headers === undefined ? {} : { headers }),
    ...(credential === undefined ? {} : { credential }),
    ...(body === undefined ? {} : isForm ? { body: "multipart" } : { body: "json", bodyField: "body" })
  })
  return endpoint({ ...(isForm ? body : { body }), ...query, ...params }, options)
}
