/**
 * Responses of the beta API as they come, like `ResponseStream`, with what only that API has: agents and their calls.
 *
 * @example
 * ```ts
 * import * as Console from "effect/Console"
 * import * as Effect from "effect/Effect"
 * import * as Stream from "effect/Stream"
 * import { BetaResponseStream } from "llmfx/openai"
 *
 * const program = Effect.scoped(
 *   Effect.gen(function* () {
 *     const answer = yield* BetaResponseStream.streamed({ model: "gpt-6-sol", input: "hi" })
 *     yield* Stream.runForEach(answer.text, (text) => Console.log(text))
 *     const { usage } = yield* answer.final
 *     return usage
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
import * as BetaResponses from "./api/BetaResponses.ts"
import { ResponseFold } from "./internal/responseFold.ts"
import { textOfResponse } from "./internal/responseText.ts"
import type { OpenAi } from "./OpenAi.ts"

/**
 * Folds events into the response; see `ResponseStream.accumulator`.
 *
 * @category folding
 */
export const accumulator: Accumulator.Accumulator<
  BetaResponses.BetaResponseStreamEvent,
  BetaResponses.BetaResponse,
  Accumulator.Step
> = /*#__PURE__*/ accumulatorOf(() => new ResponseFold())

/**
 * A response that is arriving. `E` is how its events may fail.
 *
 * @category models
 */
export interface Streamed<out E = ApiError>
  extends Accumulator.Streamed<
    BetaResponses.BetaResponseStreamEvent,
    BetaResponses.BetaResponse,
    Accumulator.Step,
    BetaResponses.BetaResponse,
    E
  > {}

/**
 * Emits the steps of a response.
 *
 * @category running
 */
export const steps = (
  input: BetaResponses.ResponseCreateParams,
  options?: RequestOptions
): Stream.Stream<Accumulator.Step, ApiError, OpenAi> =>
  Accumulator.steps(accumulator)(BetaResponses.stream(input, options))

/**
 * Starts a response that can be read as text, as steps, as snapshots and as the whole value.
 *
 * @category running
 */
export const streamed = (
  input: BetaResponses.ResponseCreateParams,
  options?: RequestOptions
): Effect.Effect<Streamed, never, OpenAi | Scope.Scope> => fromEvents(BetaResponses.stream(input, options))

/**
 * Like {@link streamed}, for events from elsewhere, such as `BetaResponses.retrieveStream`.
 *
 * @category utilities
 */
export const fromEvents = <E, R>(
  events: Stream.Stream<BetaResponses.BetaResponseStreamEvent, E, R>
): Effect.Effect<Streamed<E | ApiError>, never, R | Scope.Scope> =>
  Accumulator.streamed(accumulator, events, {
    text: (step) => (step._tag === "TextDelta" ? step.delta : undefined),
    finish: finishWith(BetaResponses.stream, "a response")
  })

/**
 * The text of a response's messages, of all agents.
 *
 * @category utilities
 */
export const outputText: (response: BetaResponses.BetaResponse) => string = textOfResponse
