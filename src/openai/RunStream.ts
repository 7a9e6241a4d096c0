/**
 * Runs of the Assistants API as they come: text and tool calls piece by piece, and the run with its steps and messages
 * at the end.
 *
 * @example
 * ```ts
 * import * as Console from "effect/Console"
 * import * as Effect from "effect/Effect"
 * import * as Stream from "effect/Stream"
 * import { RunStream } from "llmfx/openai"
 *
 * const program = Effect.scoped(
 *   Effect.gen(function* () {
 *     const answer = yield* RunStream.streamed({ thread_id: "thread_1", assistant_id: "asst_1" })
 *     yield* Stream.runForEach(answer.text, (text) => Console.log(text))
 *     const { run } = yield* answer.final
 *     return run.usage
 *   })
 * )
 * ```
 */
import type * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type * as Stream from "effect/Stream"
import * as Accumulator from "../Accumulator.ts"
import type { ApiError } from "../ApiError.ts"
import { accumulatorOf, finishWith } from "../internal/stream/fold.ts"
import type { RequestOptions } from "../RequestOptions.ts"
import type { AssistantStreamEvent } from "./api/BetaAssistants.ts"
import type { Thread } from "./api/BetaThreads.ts"
import type { Message } from "./api/BetaThreadsMessages.ts"
import * as BetaThreadsRuns from "./api/BetaThreadsRuns.ts"
import type { RunStep } from "./api/BetaThreadsRunsSteps.ts"
import { RunFold } from "./internal/runFold.ts"
import type { OpenAi } from "./OpenAi.ts"

/**
 * A run, and what has been done and said in it.
 *
 * @category models
 */
export interface Snapshot {
  /** The thread, if the stream created it. */
  readonly thread: Thread | undefined
  readonly run: BetaThreadsRuns.Run
  readonly steps: ReadonlyArray<RunStep>
  readonly messages: ReadonlyArray<Message>
}

/**
 * Folds events into the run, its steps and its messages. The first event of the run makes the first snapshot.
 *
 * **Details**
 *
 * A whole message or step from the server replaces its deltas. In the accumulator's steps, `index` counts messages; for
 * tool calls it counts the steps of the run.
 *
 * @category folding
 */
export const accumulator: Accumulator.Accumulator<AssistantStreamEvent, Snapshot, Accumulator.Step> =
  /*#__PURE__*/ accumulatorOf(() => new RunFold())

/**
 * A run that is arriving. `E` is how its events may fail.
 *
 * @category models
 */
export interface Streamed<out E = ApiError>
  extends Accumulator.Streamed<AssistantStreamEvent, Snapshot, Accumulator.Step, Snapshot, E> {}

/**
 * Emits the steps of a run.
 *
 * @category running
 */
export const steps = (
  input: BetaThreadsRuns.RunCreateParams,
  options?: RequestOptions
): Stream.Stream<Accumulator.Step, ApiError, OpenAi> =>
  Accumulator.steps(accumulator)(BetaThreadsRuns.stream(input, options))

/**
 * Starts a run that can be read as text, as steps, as snapshots and as the whole value.
 *
 * @category running
 */
export const streamed = (
  input: BetaThreadsRuns.RunCreateParams,
  options?: RequestOptions
): Effect.Effect<Streamed, never, OpenAi | Scope.Scope> => fromEvents(BetaThreadsRuns.stream(input, options))

/**
 * Like {@link streamed}, for events from elsewhere, such as `BetaThreadsRuns.submitToolOutputsStream`.
 *
 * @category utilities
 */
export const fromEvents = <E, R>(
  events: Stream.Stream<AssistantStreamEvent, E, R>
): Effect.Effect<Streamed<E | ApiError>, never, R | Scope.Scope> =>
  Accumulator.streamed(accumulator, events, {
    text: (step) => (step._tag === "TextDelta" ? step.delta : undefined),
    finish: finishWith(BetaThreadsRuns.stream, "a run")
  })
