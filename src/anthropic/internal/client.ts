import * as Effect from "effect/Effect"
import type * as HttpClient from "effect/http/HttpClient"
import type { ApiClient } from "../../ApiClient.ts"
import type { ClientOptions } from "../../ClientOptions.ts"
import { makeProvider, type ProviderConfig } from "../../internal/provider.ts"
import * as RetryPolicy from "../../policies/RetryPolicy.ts"
import * as Timeouts from "../../policies/Timeouts.ts"
import { refuseLongRequest, streamLongRequests } from "./longRequests.ts"

/** Settings of the Anthropic layers, whichever back end they call. */
export interface ClientSettings extends ClientOptions {
  /** The version of the API; `2026-10-21` unless set. */
  readonly version?: string | undefined
  /**
   * What to do with a `Messages.create` that may take more than ten minutes: refuse it with `RequestError` (the
   * default), stream it and give the final message, or send it all the same.
   */
  readonly longRequests?: "fail" | "stream" | "send" | undefined
}

export const defaultVersion = "2026-10-21"

/** The client of a back end that speaks the Messages API. */
export const makeAnthropic = (
  config: Omit<ProviderConfig, "retry" | "timeouts" | "options"> & { readonly options: ClientSettings }
): Effect.Effect<ApiClient, never, HttpClient.HttpClient> => {
  const { longRequests = "fail" } = config.options
  return makeProvider({
    ...config,
    dialect: longRequests === "fail" ? { ...config.dialect, guard: refuseLongRequest } : config.dialect,
    retry: retryPolicy,
    timeouts: Timeouts.official
  }).pipe(Effect.map((client) => (longRequests === "stream" ? streamLongRequests(client) : client)))
}

/** The official rule: as everywhere, but the server's wait is taken however long, and zero is none. */
const retryPolicy: RetryPolicy.RetryPolicy = {
  ...RetryPolicy.official,
  serverHint: { max: 2 ** 31 - 1, beyond: "ignore", acceptZero: false }
}
