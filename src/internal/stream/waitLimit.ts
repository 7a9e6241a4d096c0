import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type * as HttpClientResponse from "effect/http/HttpClientResponse"
import type * as Pull from "effect/Pull"
import * as Scope from "effect/Scope"
import type * as ApiError from "../../ApiError.ts"
import type { Call } from "../attempt/call.ts"
import { type Deadlines, makeDeadlines } from "../attempt/deadlines.ts"
import { type Cancel, sleep } from "../attempt/untilTime.ts"
import type { StreamProgress } from "./progress.ts"

/** The time that a stream may take from one value to the next, and in all. */
export interface WaitLimit {
  /** Limits one pull. It costs a fiber and a timer. */
  readonly guard: <A>(pull: Pull.Pull<A, ApiError.ApiError>) => Pull.Pull<A, ApiError.ApiError>
  /** Limits the waits of a stream that is read with callbacks. */
  readonly timer: WaitTimer
}

/** Times the waits of one stream with a single timer: a value that comes in time costs none. */
export interface WaitTimer {
  /** A wait begins, and `late` is called if it takes too long. */
  readonly begin: (late: (outcome: Pull.Pull<never, ApiError.ApiError>) => void) => void
  readonly end: () => void
}

/** The limit of a call's stream, if it has any. */
export const waitLimit = (
  call: Call,
  response: HttpClientResponse.HttpClientResponse,
  progress: StreamProgress
): Effect.Effect<WaitLimit | undefined, never, Scope.Scope> => {
  if (call.timeouts.idle === undefined && call.deadline === undefined) return Effect.succeed(undefined)
  const deadlines = makeDeadlines(call, () => progress.received())
  // A server that keeps the connection open after the end of an answer does not spoil it.
  const unlessWhole = (error: ApiError.ApiError | Cause.Done): Pull.Pull<never, ApiError.ApiError> =>
    progress.ended && progress.complete ? Cause.done() : Effect.fail(error)
  return Effect.flatMap(Effect.scope, (scope) =>
    Clock.clockWith((clock): Effect.Effect<WaitLimit> => {
      const begin = (): void => deadlines.set(["idle"], clock.currentTimeMillisUnsafe(), response)
      const guard: WaitLimit["guard"] = (pull) =>
        Effect.suspend(() => {
          begin()
          return Effect.catch(deadlines.guard(pull), unlessWhole)
        })
      const timer = new Timer(clock, begin, deadlines, Effect.catch(deadlines.passed, unlessWhole))
      const stop = Effect.sync(() => timer.stop())
      return Effect.as(Scope.addFinalizer(scope, stop), { guard, timer })
    })
  )
}

class Timer implements WaitTimer {
  readonly #clock: Clock.Clock
  readonly #begin: () => void
  readonly #deadlines: Deadlines
  readonly #outcome: Pull.Pull<never, ApiError.ApiError>
  #late: Parameters<WaitTimer["begin"]>[0] | undefined
  #cancel: Cancel | undefined

  constructor(
    clock: Clock.Clock,
    begin: () => void,
    deadlines: Deadlines,
    outcome: Pull.Pull<never, ApiError.ApiError>
  ) {
    this.#clock = clock
    this.#begin = begin
    this.#deadlines = deadlines
    this.#outcome = outcome
  }

  begin(late: Parameters<WaitTimer["begin"]>[0]): void {
    this.#begin()
    this.#late = late
    if (this.#cancel === undefined) this.#check()
  }

  end(): void {
    this.#late = undefined
  }

  stop(): void {
    this.#cancel?.()
    this.#cancel = undefined
  }

  /** Waits on until the end of the wait that is under way. The next wait begins with a timer of its own if there is none. */
  #check(): void {
    this.#cancel = undefined
    const late = this.#late
    if (late === undefined) return
    const rest = this.#deadlines.at() - this.#clock.currentTimeMillisUnsafe()
    if (rest > 0) this.#cancel = sleep(this.#clock, rest, () => this.#check())
    else late(this.#outcome)
  }
}
