/**
 * Streams a response so that it survives broken connections.
 *
 * The response runs in the background on the server. After a break, the stream resumes with the next event, without
 * repeating any. If the server refuses to resume, the response is polled instead.
 *
 * @example
 * ```ts
 * import * as Console from "effect/Console"
 * import * as Effect from "effect/Effect"
 * import * as Stream from "effect/Stream"
 * import { ResumableResponse } from "llmfx/openai"
 *
 * const program = ResumableResponse.stream({ model: "gpt-5.4", input: "Write a long story." }, { cancel: true }).pipe(
 *   Stream.runForEach(({ cursor, event }) =>
 *     event.type === "response.output_text.delta" ? Console.log(cursor.sequenceNumber, event.delta) : Effect.void
 *   )
 * )
 * ```
 */
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { ApiError } from "../ApiError.ts"
import { isObject } from "../internal/json/json.ts"
import { quietly } from "../internal/quietly.ts"
import type * as Poll from "../jobs/Poll.ts"
import * as Responses from "./api/Responses.ts"
import * as Jobs from "./Jobs.ts"
import type { OpenAi } from "./OpenAi.ts"
import * as ResponseStream from "./ResponseStream.ts"

/**
 * How far a stream was read. It is plain JSON: store it to resume in another program.
 *
 * @category models
 */
export interface Cursor {
  readonly responseId: string
  /**
   * The number of the last event that was read. `undefined` before the first event, or if the server does not number
   * events.
   */
  readonly sequenceNumber: number | undefined
}

/**
 * An event, and the cursor after it.
 *
 * @category models
 */
export interface Resumable {
  readonly event: Responses.ResponseStreamEvent
  readonly cursor: Cursor
}

/**
 * How to handle broken connections.
 *
 * @category models
 */
export interface Options {
  /**
   * The waits before reconnecting; restarts with every event. When it ends, the response is polled. Default: five
   * waits, starting at half a second and doubling.
   */
  readonly schedule?: Schedule.Schedule<unknown> | undefined
  /** How to poll. */
  readonly poll?: Poll.Options | undefined
  /** Whether to cancel the response on the server if the stream is interrupted. Default: `false`. */
  readonly cancel?: boolean | undefined
}

const defaultSchedule: Schedule.Schedule<unknown> = /*#__PURE__*/ Schedule.max([
  /*#__PURE__*/ Schedule.exponential("500 millis"),
  /*#__PURE__*/ Schedule.recurs(5)
])

type Failure = ApiError | Poll.PollTimeoutError

/**
 * Starts a response in the background and follows it.
 *
 * @category running
 */
export const stream = (
  input: Omit<Responses.ResponseCreateParams, "background">,
  options: Options = {}
): Stream.Stream<Resumable, Failure, OpenAi> =>
  Stream.suspend(() => following(new Track(undefined), Responses.stream({ ...input, background: true }), options))

/**
 * Follows a response that was started before. A cursor without a sequence number starts at the first event.
 *
 * @category running
 */
export const resume = (cursor: Cursor, options: Options = {}): Stream.Stream<Resumable, Failure, OpenAi> =>
  Stream.suspend(() => following(new Track(cursor), reopened(cursor), options))

/**
 * Starts a response and offers its text, steps, snapshots and final value from one stream.
 *
 * @category running
 */
export const streamed = (
  input: Omit<Responses.ResponseCreateParams, "background">,
  options: Options = {}
): Effect.Effect<ResponseStream.Streamed<Failure>, never, OpenAi | Scope.Scope> =>
  ResponseStream.fromEvents(Stream.map(stream(input, options), ({ event }) => event))

/**
 * Follows a response that was started before, as {@link streamed} does.
 *
 * **Details**
 *
 * Events up to the cursor are read again for the snapshot, but no view emits them.
 *
 * @category running
 */
export const resumed = (
  cursor: Cursor,
  options: Options = {}
): Effect.Effect<ResponseStream.Streamed<Failure>, never, OpenAi | Scope.Scope> => {
  const events = resume({ ...cursor, sequenceNumber: undefined }, options).pipe(
    Stream.map(({ event }) => event),
    // Events one at a time, so the views start with the event after the cursor.
    Stream.rechunk(1)
  )
  const { sequenceNumber } = cursor
  return Effect.tap(ResponseStream.fromEvents(events), (streamed) =>
    sequenceNumber === undefined
      ? Effect.void
      : // A failure comes again, to whoever reads on.
        quietly(
          Stream.runDrain(Stream.takeUntil(streamed.events, (event) => (numberOf(event) ?? -1) >= sequenceNumber))
        )
  )
}

const numberOf = (event: Responses.ResponseStreamEvent): number | undefined =>
  "sequence_number" in event ? event.sequence_number : undefined

const reopened = ({
  responseId,
  sequenceNumber
}: Cursor): Stream.Stream<Responses.ResponseStreamEvent, ApiError, OpenAi> =>
  Responses.retrieveStream({ response_id: responseId, starting_after: sequenceNumber })

/** The state of the reader. */
class Track {
  cursor: Cursor | undefined
  isOver = false
  /** Whether anything was read since the last connection. */
  hasProgress = false

  constructor(cursor: Cursor | undefined) {
    this.cursor = cursor
  }

  /** Returns the event with its cursor, or nothing if it was read before. */
  take(event: Responses.ResponseStreamEvent): ReadonlyArray<Resumable> {
    const number = numberOf(event)
    const last = this.cursor?.sequenceNumber
    if (number !== undefined && last !== undefined && number <= last) return []
    const responseId = "response" in event && isObject(event.response) ? event.response.id : this.cursor?.responseId
    this.hasProgress = true
    this.isOver ||= terminal.has(event.type)
    this.cursor = { responseId: responseId ?? "", sequenceNumber: number ?? last }
    return [{ event, cursor: this.cursor }]
  }
}

const terminal: ReadonlySet<string> = new Set(["response.completed", "response.failed", "response.incomplete"])

const following = (
  track: Track,
  first: Stream.Stream<Responses.ResponseStreamEvent, ApiError, OpenAi>,
  options: Options
): Stream.Stream<Resumable, Failure, OpenAi> => {
  const schedule = options.schedule ?? defaultSchedule

  const reading = (
    events: Stream.Stream<Responses.ResponseStreamEvent, ApiError, OpenAi>,
    nextDelay: Delays | undefined
  ): Stream.Stream<Resumable, Failure, OpenAi> =>
    Stream.flattenIterable(Stream.map(events, (event) => track.take(event))).pipe(
      Stream.catch((error) => {
        const { cursor } = track
        if (track.isOver) return Stream.empty
        if (cursor === undefined || cursor.responseId === "" || !isWorthwhile(error, track)) return Stream.fail(error)
        if (cursor.sequenceNumber === undefined && track.hasProgress) return polled(cursor)
        return isRefusal(error) ? polled(cursor) : again(cursor, track.hasProgress ? undefined : nextDelay)
      })
    )

  const again = (cursor: Cursor, before: Delays | undefined): Stream.Stream<Resumable, Failure, OpenAi> =>
    Stream.unwrap(
      Effect.gen(function* () {
        const delays = before ?? (yield* Schedule.toStep(schedule))
        const now = yield* Clock.currentTimeMillis
        const wait = yield* Effect.match(delays(now, undefined), {
          onFailure: () => undefined,
          onSuccess: ([, delay]) => delay
        })
        if (wait === undefined) return polled(cursor)
        yield* Effect.sleep(wait)
        track.hasProgress = false
        return reading(reopened(cursor), delays)
      })
    )

  /** Polls the response and emits its end as the event that would have ended the stream. */
  const polled = (cursor: Cursor): Stream.Stream<Resumable, Failure, OpenAi> =>
    Stream.flattenIterable(
      Stream.fromEffect(
        Effect.map(Jobs.response.wait({ response_id: cursor.responseId }, options.poll), (response) =>
          track.take(endOf(response, (cursor.sequenceNumber ?? -1) + 1))
        )
      )
    )

  const events = reading(first, undefined)
  return options.cancel === true
    ? Stream.onExit(events, (exit) =>
        Exit.isFailure(exit) && Cause.hasInterrupts(exit.cause) && track.cursor !== undefined && !track.isOver
          ? quietly(Effect.timeoutOption(Responses.cancel({ response_id: track.cursor.responseId }), "10 seconds"))
          : Effect.void
      )
    : events
}

type Delays = Effect.Success<ReturnType<typeof Schedule.toStep<unknown, unknown, never, never>>>

const endOf = (response: Responses.Response, sequence_number: number): Responses.ResponseStreamEvent => {
  switch (response.status) {
    case "completed":
      return { type: "response.completed", response, sequence_number }
    case "incomplete":
      return { type: "response.incomplete", response, sequence_number }
    default:
      return { type: "response.failed", response, sequence_number }
  }
}

/** The server no longer streams the response from this point, but still returns it. */
const isRefusal = ({ response }: ApiError): boolean =>
  response !== undefined && response.status >= 400 && response.status < 500 && response.status !== 429

/** Whether the response may still exist although its stream broke. */
const isWorthwhile = (error: ApiError, track: Track): boolean => {
  switch (error.reason._tag) {
    case "RequestError":
    case "DecodeError":
    case "AuthenticationError":
    case "PermissionDeniedError":
      return false
    case "TimeoutError":
      return error.reason.which !== "total"
    default:
      return track.cursor !== undefined
  }
}
