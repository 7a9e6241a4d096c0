import type * as HttpClientResponse from "effect/http/HttpClientResponse"
import type * as Endpoint from "../Endpoint.ts"
import * as RateLimit from "../RateLimit.ts"
import { type Call, requestIdOf } from "./call.ts"

/** A value with what came with it. What few callers look at is worked out when they do. */
export const responseOf = <A>(
  call: Call,
  response: HttpClientResponse.HttpClientResponse,
  now: number,
  value: A,
  raw: unknown
): Endpoint.Response<A> => ({
  value,
  raw,
  status: response.status,
  get headers() {
    return response.headers
  },
  get requestId() {
    return requestIdOf(call.config.dialect, response.headers)
  },
  get rateLimit() {
    return RateLimit.fromHeaders(response.headers, now)
  },
  attempts: call.sent
})
