import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as HttpClientResponse from "effect/http/HttpClientResponse"
import * as ApiError from "../../ApiError.ts"
import type { Timeouts } from "../../policies/Timeouts.ts"
import { durationText } from "../durationText.ts"
import { type Call, errorOf, summarize } from "./call.ts"
import { untilTime } from "./untilTime.ts"

type Which = ApiError.TimeoutError["which"]
type Phase = Exclude<Which, "total">

/** The timeouts of one attempt in its phases. */
export interface Deadlines {
  /**
   * The limits in force from now on, counted from `start`. The whole call's limit always is. The response is told of by
   * the error, once there is one.
   */
  readonly set: (phases: ReadonlyArray<Phase>, start: number, response?: HttpClientResponse.HttpClientResponse) => void
  /** When the first limit in force ends, in milliseconds since 1970. */
  readonly at: () => number
  /** Fails as the limit that ends first says. */
  readonly passed: Effect.Effect<never, ApiError.ApiError>
  /** Runs a part of the attempt. The first timeout to expire interrupts it. */
  readonly guard: <A, E>(part: Effect.Effect<A, E>) => Effect.Effect<A, E | ApiError.ApiError>
}

/** `received` says what has come of a stream by the time that a limit passes. */
export const makeDeadlines = (call: Call, received?: () => ApiError.PartialOutput | undefined): Deadlines => {
  let which: Which = "total"
  let at = call.deadline ?? Infinity
  let hasPassed = false
  let arrived: HttpClientResponse.HttpClientResponse | undefined

  const passed = Effect.suspend(
    () => call.statusFailure ?? Effect.fail(timeoutError(call, which, arrived, received?.()))
  )

  return {
    set: (phases, start, response) => {
      arrived = response
      which = "total"
      at = call.deadline ?? Infinity
      for (const phase of phases) {
        const limit = call.timeouts[phase]
        if (limit === undefined) continue
        const end = start + Duration.toMillis(limit)
        if (end >= at) continue
        which = phase
        at = end
      }
      hasPassed = at <= start
    },
    at: () => at,
    passed,
    guard: (part) => (at === Infinity ? part : hasPassed ? passed : untilTime(part, () => at, passed))
  }
}

const timeoutError = (
  call: Call,
  which: Which,
  response: HttpClientResponse.HttpClientResponse | undefined,
  partial: ApiError.PartialOutput | undefined
): ApiError.ApiError => {
  const limit = call.timeouts[which]
  const duration = limit === undefined ? Duration.zero : Duration.fromInputUnsafe(limit)
  const length = limit === undefined ? "the deadline of the program" : durationText(Duration.toMillis(duration))
  return errorOf(
    call,
    new ApiError.TimeoutError({
      message: `${waitedFor[which]} (${which} timeout, ${length}, attempt ${call.sent})`,
      which,
      duration,
      attempt: call.sent
    }),
    response === undefined ? undefined : summarize(call, response, undefined),
    partial
  )
}

const waitedFor: { readonly [K in keyof Timeouts]-?: string } = {
  headers: "No response arrived in time",
  body: "The response did not end in time",
  firstEvent: "The stream's first event did not arrive in time",
  idle: "The stream went silent",
  total: "The call did not end in time"
}
