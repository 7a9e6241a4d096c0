import * as Effect from "effect/Effect"
import type * as HttpClient from "effect/http/HttpClient"
import type { ApiClient } from "../../ApiClient.ts"
import type { ClientOptions } from "../../ClientOptions.ts"
import type { ConfigurationError } from "../../ConfigurationError.ts"
import { makeProvider, type ProviderConfig } from "../../internal/provider.ts"
import * as RetryPolicy from "../../policies/RetryPolicy.ts"
import * as Timeouts from "../../policies/Timeouts.ts"
import { refuseLongRequest, streamLongRequests } from "./longRequests.ts"

/** Settings that Anthropic's layers share on all back ends. */
export interface ClientSettings extends ClientOptions {
  /** The API version. Default: `2026-10-21`. */
  readonly version?: string | undefined
  /**
   * How to handle a `Messages.create` that may take more than ten minutes: fail with `RequestError`, stream it and
   * return the final message, or send it anyway. Default: `"fail"`.
   */
  readonly longRequests?: "fail" | "stream" | "send" | undefined
}

export const defaultVersion = "2026-10-21"

/** Makes the client of a back end that speaks the Messages API. */
export const makeAnthropic = (
  config: Omit<ProviderConfig, "retry" | "timeouts" | "options"> & { readonly options: ClientSettings }
): Effect.Effect<ApiClient, ConfigurationError, HttpClient.HttpClient> => {
  const { longRequests = "fail" } = config.options
  return makeProvider({
    ...config,
    dialect: longRequests === "fail" ? { ...config.dialect, guard: refuseLongRequest } : config.dialect,
    retry: retryPolicy,
    timeouts: Timeouts.official
  }).pipe(Effect.map((client) => (longRequests === "stream" ? streamLongRequests(client) : client)))
}

/** The official rule for Anthropic accepts a server wait of any length and treats zero as absent. */
const retryPolicy: RetryPolicy.RetryPolicy = {
  ...RetryPolicy.official,
  serverHint: { max: 2 ** 31 - 1, beyond: "ignore", acceptZero: false }
}
