import type * as HttpClientResponse from "effect/http/HttpClientResponse"
import type * as Endpoint from "../../Endpoint.ts"
import * as RateLimit from "../../policies/RateLimit.ts"
import { type Call, requestIdOf } from "./call.ts"

/** A value with what came with it. What few callers look at is worked out when they do. */
export const responseOf = <A>(
  call: Call,
  response: HttpClientResponse.HttpClientResponse,
  now: number,
  value: A,
  raw: unknown
): Endpoint.Response<A> => new Received(call, response, now, value, raw)

class Received<A> implements Endpoint.Response<A> {
  declare readonly headers: Endpoint.Response<A>["headers"]
  declare readonly requestId: Endpoint.Response<A>["requestId"]
  declare readonly rateLimit: Endpoint.Response<A>["rateLimit"]
  readonly value: A
  readonly raw: unknown
  readonly status: number
  readonly attempts: number
  readonly #call: Call
  readonly #response: HttpClientResponse.HttpClientResponse
  readonly #now: number

  constructor(call: Call, response: HttpClientResponse.HttpClientResponse, now: number, value: A, raw: unknown) {
    this.value = value
    this.raw = raw
    this.status = response.status
    this.attempts = call.sent
    this.#call = call
    this.#response = response
    this.#now = now
    Object.defineProperties(this, Received.#lazy)
  }

  /** Own properties, so that they are copied with the others; the same for all, as those of a literal would not be. */
  static readonly #lazy: PropertyDescriptorMap & ThisType<Received<unknown>> = {
    headers: {
      enumerable: true,
      get() {
        return this.#response.headers
      }
    },
    requestId: {
      enumerable: true,
      get() {
        return requestIdOf(this.#call.config.dialect, this.#response.headers)
      }
    },
    rateLimit: {
      enumerable: true,
      get() {
        return RateLimit.fromHeaders(this.#response.headers, this.#now)
      }
    }
  }
}
