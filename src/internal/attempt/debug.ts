import * as Effect from "effect/Effect"
import type * as HttpClientResponse from "effect/http/HttpClientResponse"
import * as References from "effect/References"
import type * as ApiError from "../../ApiError.ts"
import type { Debug } from "../../RequestOptions.ts"
import { plainResponseHeaders, scrubbedStart, visible } from "../errors/redact.ts"
import type { Call } from "./call.ts"

export const hasDebug = ({ options: { debug } }: Call): boolean => debug !== undefined && debug !== false

const capped = (call: Call, text: string | undefined, debug: Debug | undefined): string | undefined => {
  if (text === undefined || typeof debug !== "object") return undefined
  const plain = visible(scrubbedStart(text, debug.bodies, call.scrub))
  return text.length > debug.bodies ? `${plain}… (${text.length} characters)` : plain
}

/** Logs what was asked for even if the program logs nothing below `Info`: setting `debug` is asking for it. */
const annotated = (call: Call, fields: { readonly [name: string]: unknown }) => (log: Effect.Effect<void>) =>
  log.pipe(
    Effect.annotateLogs({
      provider: call.endpoint.provider,
      endpoint: call.endpoint.id,
      attempt: call.sent,
      ...Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))
    }),
    Effect.provideService(References.MinimumLogLevel, "Debug")
  )

export const logRequest = (call: Call, debug: Debug): Effect.Effect<void> =>
  Effect.logDebug(`${call.wire.method} ${call.wire.summary.url}`).pipe(
    annotated(call, { headers: call.wire.summary.headers, body: capped(call, call.wire.json, debug) })
  )

export const logResponse = (call: Call, response: HttpClientResponse.HttpClientResponse): Effect.Effect<void> =>
  Effect.logDebug(`HTTP ${response.status}`).pipe(
    annotated(call, { headers: plainResponseHeaders(response.headers, call.scrub) })
  )

export const logBody = (call: Call, text: string): Effect.Effect<void> => {
  const body = capped(call, text, call.options.debug)
  return body === undefined ? Effect.void : Effect.logDebug("response body").pipe(annotated(call, { body }))
}

export const logRetry = (call: Call, error: ApiError.ApiError, waited: number): Effect.Effect<void> =>
  !hasDebug(call) ? Effect.void : Effect.logDebug(`retry after ${error.reason._tag}`).pipe(annotated(call, { waited }))
