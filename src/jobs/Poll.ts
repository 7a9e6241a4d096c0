/**
 * Waits for work that runs on the server: polls until the state is final.
 *
 * Each state can be followed as a Stream. The providers' `Jobs` modules define the jobs of their APIs; use this module
 * for anything else.
 *
 * @example
 * ```ts
 * import { Jobs } from "llmfx/openai"
 *
 * const file = Jobs.vectorStoreFile.createAndWait(
 *   { vector_store_id: "vs_1", file_id: "file-1" },
 *   { deadline: "10 minutes" }
 * )
 * ```
 */
import type * as Arr from "effect/Array"
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Data from "effect/Data"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import type * as Pull from "effect/Pull"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import type { ApiError } from "../ApiError.ts"
import type * as Endpoint from "../Endpoint.ts"
import { quietly } from "../internal/quietly.ts"

/**
 * The state was not final before the deadline.
 *
 * @category errors
 */
export class PollTimeoutError extends Data.TaggedError("PollTimeoutError")<{
  readonly message: string
  /** The last state that was seen. */
  readonly last: unknown
}> {}

/**
 * How long and how often to poll.
 *
 * @category models
 */
export interface Options {
  /**
   * The wait before each poll except the first; polling stops when the schedule ends. A state that is already known
   * counts as the first poll. Default: polls immediately, then as the server's `poll-after-ms` header says (100 ms to
   * one minute), or every five seconds.
   */
  readonly schedule?: Schedule.Schedule<unknown> | undefined
  /** How long to poll. When it expires, one last poll of up to ten seconds follows. Default: 24 hours. */
  readonly deadline?: Duration.Input | undefined
  /** Whether to cancel the work on the server if polling is interrupted or the deadline expires. Default: `false`. */
  readonly cancel?: boolean | undefined
}

/**
 * The work to poll.
 *
 * @category models
 */
export interface Target<in out A, out E, out R> {
  /** The id of the endpoint, for error messages. */
  readonly endpoint?: string | undefined
  /** Polls once. */
  readonly look: Effect.Effect<Pick<Endpoint.Response<A>, "value" | "headers">, E, R>
  readonly isFinal: (state: A) => boolean
  readonly cancel?: Effect.Effect<unknown, unknown, R> | undefined
}

const defaultInterval = 5000
/** A server that asks for no pause at all would be asked without end. */
const shortestHint = 100
const longestHint = 60_000
const longestLastLook = 10_000

/**
 * Emits each state that is seen; the last one is final. `first` is a state that is already known.
 *
 * @category running
 */
export const states = <A, E, R>(
  target: Target<A, E, R>,
  options: Options = {},
  first?: A
): Stream.Stream<A, E | PollTimeoutError, R> =>
  Stream.unwrap(
    Effect.gen(function* () {
      const end = (yield* Clock.currentTimeMillis) + Duration.toMillis(options.deadline ?? "24 hours")
      const nextWait = options.schedule === undefined ? undefined : yield* Schedule.toStep(options.schedule)
      let last = first
      let isOver = false
      let hasLooked = false
      let hint: number | undefined

      const seen = (state: A): Arr.NonEmptyReadonlyArray<A> => {
        last = state
        isOver = target.isFinal(state)
        return [state]
      }
      const timedOut = (why: string) =>
        new PollTimeoutError({ message: `The state${ofEndpoint(target.endpoint)} is not final ${why}`, last })
      const look = Effect.flatMap(Clock.currentTimeMillis, (now) =>
        target.look.pipe(
          Effect.timeoutOrElse({
            duration: Math.max(end - now, longestLastLook),
            orElse: () => timedOut("in time")
          }),
          Effect.map(({ headers, value }) => {
            hasLooked = true
            hint = hintOf(headers)
            return seen(value)
          })
        )
      )
      const nextDelay = (now: number): Effect.Effect<number | undefined> =>
        nextWait === undefined
          ? Effect.succeed(hint ?? (hasLooked ? defaultInterval : 0))
          : nextWait(now, undefined).pipe(
              Effect.map(([, delay]) => Duration.toMillis(delay)),
              Effect.catch(() => Effect.succeed(undefined))
            )
      const waitAndLook = Effect.gen(function* () {
        const now = yield* Clock.currentTimeMillis
        if (now >= end) return yield* timedOut("in time")
        const delay = yield* nextDelay(now)
        if (delay === undefined) return yield* timedOut("after the last look that the schedule allows")
        yield* Effect.sleep(Math.min(delay, end - now))
        return yield* look
      })

      let hasBegun = false
      const pull = Effect.suspend((): Pull.Pull<Arr.NonEmptyReadonlyArray<A>, E | PollTimeoutError, void, R> => {
        if (isOver) return Cause.done()
        if (hasBegun) return waitAndLook
        hasBegun = true
        return first === undefined ? look : Effect.sync(() => seen(first))
      })
      const followed = Stream.fromPull(Effect.succeed(pull))
      return options.cancel === true && target.cancel !== undefined
        ? Stream.onExit(followed, cancelling(target.cancel))
        : followed
    })
  )

const ofEndpoint = (endpoint: string | undefined): string => (endpoint === undefined ? "" : ` that ${endpoint} gives`)

const cancelling =
  <R>(cancel: Effect.Effect<unknown, unknown, R>) =>
  (exit: Exit.Exit<unknown, unknown>): Effect.Effect<void, never, R> => {
    if (Exit.isSuccess(exit)) return Effect.void
    const error = Cause.findErrorOption(exit.cause)
    const isTimeout = Option.isSome(error) && error.value instanceof PollTimeoutError
    return isTimeout || Cause.hasInterrupts(exit.cause)
      ? quietly(Effect.timeoutOption(cancel, "10 seconds"))
      : Effect.void
  }

const hintOf = (headers: { readonly [name: string]: string }): number | undefined => {
  const text = Object.entries(headers).find(([name]) => name.endsWith("poll-after-ms"))?.[1]
  const hint = text === undefined || text.trim() === "" ? Number.NaN : Number(text)
  return Number.isFinite(hint) && hint >= 0 ? Math.min(Math.max(hint, shortestHint), longestHint) : undefined
}

/**
 * Returns the final state.
 *
 * @category getters
 */
export const wait = <A, E, R>(
  target: Target<A, E, R>,
  options?: Options,
  first?: A
): Effect.Effect<A, E | PollTimeoutError, R> =>
  Effect.flatMap(
    Stream.runLast(states(target, options, first)),
    Option.match({
      onNone: () => Effect.die(new Error("A poll ends with a final state or fails")),
      onSome: Effect.succeed
    })
  )

/**
 * Describes a kind of job: how to create, find and cancel it.
 *
 * @category models
 */
export interface JobDefinition<Create, Locate, A, R> {
  readonly create: Endpoint.Json<Create, A, R>
  readonly retrieve: Endpoint.Json<Locate, A, R>
  /** Returns the input that finds the created job. */
  readonly locate: (created: A, input: Create) => Locate
  readonly isFinal: (state: A) => boolean
  readonly cancel?: ((input: Locate) => Effect.Effect<unknown, ApiError, R>) | undefined
}

/**
 * A kind of job that can be awaited.
 *
 * @category models
 */
export interface Job<in Create, in Locate, out A, out R> {
  /** Waits for a job that was created before. Returns its final state, which may be a failure. */
  readonly wait: (input: Locate, options?: Options) => Effect.Effect<A, ApiError | PollTimeoutError, R>
  /** Follows a job that was created before. */
  readonly states: (input: Locate, options?: Options) => Stream.Stream<A, ApiError | PollTimeoutError, R>
  /** Creates a job and waits for it. */
  readonly createAndWait: (input: Create, options?: Options) => Effect.Effect<A, ApiError | PollTimeoutError, R>
  /** Creates a job and follows it, starting with the state in which it was created. */
  readonly createAndFollow: (input: Create, options?: Options) => Stream.Stream<A, ApiError | PollTimeoutError, R>
}

/**
 * Makes a kind of job from its endpoints.
 *
 * @category constructors
 */
export const job = <Create, Locate, A, R>(
  definition: JobDefinition<Create, Locate, A, R>
): Job<Create, Locate, A, R> => {
  const { cancel, create, isFinal, locate, retrieve } = definition
  const call = create as (input: Create) => Effect.Effect<A, ApiError, R>
  const withResponse = retrieve.withResponse as (input: Locate) => Effect.Effect<Endpoint.Response<A>, ApiError, R>
  const target = (input: Locate): Target<A, ApiError, R> => ({
    endpoint: retrieve.id,
    look: withResponse(input),
    isFinal,
    cancel: cancel?.(input)
  })
  return {
    wait: (input, options) => wait(target(input), options),
    states: (input, options) => states(target(input), options),
    createAndWait: (input, options) =>
      Effect.flatMap(call(input), (created) => wait(target(locate(created, input)), options, created)),
    createAndFollow: (input, options) =>
      Stream.unwrap(Effect.map(call(input), (created) => states(target(locate(created, input)), options, created)))
  }
}
