/**
 * A request that no endpoint describes, with the credential, policies and errors of a service.
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

/** What is sent. */
export interface ApiRequest {
  readonly method: Endpoint.Declaration["method"]
  /** Below the base URL; a template such as `/files/{file_id}`. */
  readonly path: string
  /** The values of the path's parameters. */
  readonly params?: { readonly [name: string]: string | number } | undefined
  readonly query?: { readonly [name: string]: unknown } | undefined
  /** Sent as JSON, or, where it is an object with a file in it, as a form. */
  readonly body?: unknown
  readonly headers?: { readonly [name: string]: string } | undefined
  readonly credential?: "admin" | undefined
}

/** What is sent, and the schema of the answer. */
export interface Typed<out A> extends ApiRequest {
  readonly success: Schema.Codec<A, unknown>
}

/**
 * Sends a request through a service; without a schema the answer is JSON as it came. A stream, a list or bytes need an
 * endpoint of their own: see `Endpoint`.
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
