/**
 * Reads sessions of managed agents: what the agent writes as it arrives, and all events when a turn ends.
 *
 * @example
 * ```ts
 * import * as Console from "effect/Console"
 * import * as Effect from "effect/Effect"
 * import * as Stream from "effect/Stream"
 * import { SessionStream } from "llmfx/anthropic"
 *
 * const program = Effect.scoped(
 *   Effect.gen(function* () {
 *     const turn = yield* SessionStream.streamedTurn({
 *       session_id: "sesn_1",
 *       events: [{ type: "user.message", content: [{ type: "text", text: "hi" }] }]
 *     })
 *     yield* Stream.runForEach(turn.text, (text) => Console.log(text))
 *     const { stopReason } = yield* turn.final
 *     return stopReason?.type
 *   })
 * )
 * ```
 */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as Accumulator from "../Accumulator.ts"
import type { ApiError } from "../ApiError.ts"
import { accumulatorOf, finishWith, notWhole } from "../internal/stream/fold.ts"
import type { RequestOptions } from "../RequestOptions.ts"
import type { Anthropic } from "./Anthropic.ts"
import type {
  BetaManagedAgentsDeltaEvent,
  BetaManagedAgentsSession,
  BetaManagedAgentsSessionUsageEvent,
  BetaManagedAgentsStartEvent
} from "./api/BetaSessions.ts"
import * as BetaSessionsEvents from "./api/BetaSessionsEvents.ts"
import { SessionFold } from "./internal/sessionFold.ts"

type StreamEvent = BetaSessionsEvents.BetaManagedAgentsStreamSessionEvents

/**
 * An event that the session keeps. It does not keep the previews of a message.
 *
 * @category models
 */
export type SessionEvent = Exclude<StreamEvent, BetaManagedAgentsStartEvent | BetaManagedAgentsDeltaEvent>

/**
 * A message that has not ended: it is still arriving, or was interrupted.
 *
 * @category models
 */
export type Preview = Pick<BetaSessionsEvents.BetaManagedAgentsAgentMessageEvent, "id" | "type" | "content">

/**
 * Everything that happened in a session since the stream began.
 *
 * @category models
 */
export interface Snapshot {
  /** The events, as `BetaSessionsEvents.list` gives them. */
  readonly events: ReadonlyArray<SessionEvent>
  readonly previews: ReadonlyArray<Preview>
  /** `undefined` until an event names it. */
  readonly status: BetaManagedAgentsSession["status"] | undefined
  /** Why the session is idle. */
  readonly stopReason: BetaSessionsEvents.StopReason | undefined
  /** The usage of the session so far, if an event reported it. */
  readonly usage: BetaManagedAgentsSessionUsageEvent["usage"] | undefined
}

/**
 * Folds the events of a session or of one of its threads, with the previews of its messages. If a preview leaves
 * something out, nothing is lost, because the finished message replaces it. Only calls of the program's own tools
 * become steps.
 *
 * @category folding
 */
export const accumulator: Accumulator.Accumulator<StreamEvent, Snapshot, Accumulator.Step> =
  /*#__PURE__*/ accumulatorOf(() => new SessionFold())

/**
 * A session whose events are arriving. `E` is how they may fail.
 *
 * @category models
 */
export interface Streamed<out E = ApiError>
  extends Accumulator.Streamed<StreamEvent, Snapshot, Accumulator.Step, Snapshot, E> {}

/**
 * Connects to a session and reads its events until it is idle, terminated or deleted. Messages come with previews, unless
 * `event_deltas` says otherwise.
 *
 * @category running
 */
export const streamed = (
  input: BetaSessionsEvents.EventStreamParams,
  options?: RequestOptions
): Effect.Effect<Streamed, ApiError, Anthropic | Scope.Scope> =>
  BetaSessionsEvents.stream
    .withResponse({ event_deltas: ["agent.message"], ...input }, options)
    .pipe(Effect.flatMap(({ value }) => streamedWith(untilIdle(value), finishTurn)))

/**
 * Sends events to a session and reads the turn that they start, like {@link streamed}.
 *
 * @category running
 */
export const streamedTurn = (
  input: BetaSessionsEvents.EventSendParams & Pick<BetaSessionsEvents.EventStreamParams, "event_deltas">,
  options?: RequestOptions
): Effect.Effect<Streamed, ApiError, Anthropic | Scope.Scope> => {
  const { event_deltas, events, ...session } = input
  // The stream connects before the events are sent, so it misses nothing that they cause.
  return streamed(event_deltas === undefined ? session : { ...session, event_deltas }, options).pipe(
    Effect.tap(() => BetaSessionsEvents.send({ ...session, events }, options))
  )
}

/**
 * Like {@link streamed}, for events from elsewhere, such as `BetaSessionsThreadsEvents.stream`. Reads them to their
 * end.
 *
 * @category utilities
 */
export const fromEvents = <E, R>(
  events: Stream.Stream<StreamEvent, E, R>
): Effect.Effect<Streamed<E | ApiError>, never, R | Scope.Scope> =>
  streamedWith(events, finishWith(BetaSessionsEvents.stream, "an event"))

const streamedWith = <E, R>(
  events: Stream.Stream<StreamEvent, E, R>,
  finish: (snapshot: Snapshot | undefined) => Effect.Effect<Snapshot, ApiError>
): Effect.Effect<Streamed<E | ApiError>, never, R | Scope.Scope> =>
  Accumulator.streamed(accumulator, events, {
    text: (step) => (step._tag === "TextDelta" ? step.delta : undefined),
    finish
  })

const finishTurn = (snapshot: Snapshot | undefined): Effect.Effect<Snapshot, ApiError> =>
  snapshot?.events.some(({ type }) => turnEnds.has(type)) === true
    ? Effect.succeed(snapshot)
    : Effect.fail(notWhole(BetaSessionsEvents.stream, "the end of the turn", textOf(snapshot), snapshot?.usage))

const textOf = (snapshot: Snapshot | undefined): string =>
  (snapshot?.previews ?? [])
    .flatMap(({ content }) => content)
    .map((block) => (block.type === "text" ? block.text : ""))
    .join("")

const turnEnds: ReadonlySet<string> = new Set(["session.status_idle", "session.status_terminated", "session.deleted"])

/**
 * Ends a stream with the event after which the session is idle, terminated or deleted.
 *
 * @category utilities
 */
export const untilIdle: <E, R>(events: Stream.Stream<StreamEvent, E, R>) => Stream.Stream<StreamEvent, E, R> =
  /*#__PURE__*/ Stream.takeUntil(({ type }: StreamEvent) => turnEnds.has(type))
