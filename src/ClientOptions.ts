/**
 * Settings that the layers of all providers take.
 *
 * Put here what holds for every call of a program. For a part of a program, use `RequestOptions`: it overrides these.
 *
 * @example
 * ```ts
 * import * as Redacted from "effect/Redacted"
 * import { RetryPolicy } from "llmfx"
 * import { OpenAi } from "llmfx/openai"
 *
 * const OpenAiLive = OpenAi.layer({
 *   apiKey: Redacted.make("sk-…"),
 *   retry: RetryPolicy.patient,
 *   timeouts: { total: "2 minutes" },
 *   headers: { "x-team": "search" }
 * })
 * ```
 */
import type * as HttpClient from "effect/http/HttpClient"
import type { Middleware } from "./Middleware.ts"
import type { RetryPolicy } from "./policies/RetryPolicy.ts"
import type { Timeouts } from "./policies/Timeouts.ts"
import type { Debug, Decoding } from "./RequestOptions.ts"

/**
 * Settings for all calls of a layer. `RequestOptions` override them for a program.
 *
 * @category models
 */
export interface ClientOptions {
  /** Headers of every request. `null` removes a header that the client would send. */
  readonly headers?: { readonly [name: string]: string | null } | undefined
  /** Query parameters of every request. */
  readonly query?: { readonly [name: string]: unknown } | undefined
  readonly retry?: RetryPolicy | undefined
  /** Merged into the provider's default timeouts. A field set to `undefined` removes that limit. */
  readonly timeouts?: Timeouts | undefined
  /** Default: `"open"`. */
  readonly decoding?: Decoding | undefined
  readonly debug?: Debug | undefined
  /** Wraps the `HttpClient`; runs once for each attempt. */
  readonly transformClient?: ((client: HttpClient.HttpClient) => HttpClient.HttpClient) | undefined
  /** Runs around every call. The first entry is the outermost. */
  readonly middleware?: ReadonlyArray<Middleware> | undefined
  /**
   * Whether tools that do not say `strict` themselves may be sent as strict. Set it to `false` for a compatible server
   * that refuses the field. Default: `true`, except on back ends that are known to refuse it.
   */
  readonly strictTools?: boolean | undefined
  /** How long the body of an answer may be, in bytes after decompression. Default: 128 MiB. Streams have no such limit. */
  readonly maxBodyLength?: number | undefined
  /** The longest event or line of a stream, in characters. Default: 64 Mi. */
  readonly maxEventLength?: number | undefined
}
