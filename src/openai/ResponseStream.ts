/**
 * Responses as they come: text, reasoning and tool calls piece by piece, and the whole response at the end.
 *
 * @example
 * ```ts
 * import * as Console from "effect/Console"
 * import * as Effect from "effect/Effect"
 * import * as Stream from "effect/Stream"
 * import { ResponseStream } from "llmfx/openai"
 *
 * const program = Effect.scoped(
 *   Effect.gen(function* () {
 *     const answer = yield* ResponseStream.streamed({ model: "gpt-5.4-mini", input: "hi" })
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
import * as Responses from "./api/Responses.ts"
import { ResponseFold } from "./internal/responseFold.ts"
import { textOfResponse } from "./internal/responseText.ts"
import type { OpenAi } from "./OpenAi.ts"

/**
 * Folds events into the response. What the server says of a whole text, part, item or response counts more than its
 * pieces. A response that failed or is incomplete is a snapshot like any other; see its `status`.
 *
 * @category folding
 */
export const accumulator: Accumulator.Accumulator<Responses.ResponseStreamEvent, Responses.Response, Accumulator.Step> =
  /*#__PURE__*/ accumulatorOf(() => new ResponseFold())

/**
 * A response that is arriving. `E` is how its events may fail.
 *
 * @category models
 */
export interface Streamed<out E = ApiError>
  extends Accumulator.Streamed<
    Responses.ResponseStreamEvent,
    Responses.Response,
    Accumulator.Step,
    Responses.Response,
    E
  > {}

/**
 * Emits the steps of a response.
 *
 * @category running
 */
export const steps = (
  input: Responses.ResponseCreateParams,
  options?: RequestOptions
): Stream.Stream<Accumulator.Step, ApiError, OpenAi> => Accumulator.steps(accumulator)(Responses.stream(input, options))

/**
 * Starts a response that can be read as text, as steps, as snapshots and as the whole value.
 *
 * @category running
 */
export const streamed = (
  input: Responses.ResponseCreateParams,
  options?: RequestOptions
): Effect.Effect<Streamed, never, OpenAi | Scope.Scope> => fromEvents(Responses.stream(input, options))

/**
 * Like {@link streamed}, for events from elsewhere, such as `Responses.retrieveStream`.
 *
 * @category utilities
 */
export const fromEvents = <E, R>(
  events: Stream.Stream<Responses.ResponseStreamEvent, E, R>
): Effect.Effect<Streamed<E | ApiError>, never, R | Scope.Scope> =>
  Accumulator.streamed(accumulator, events, {
    text: (step) => (step._tag === "TextDelta" ? step.delta : undefined),
    finish: finishWith(Responses.stream, "a response")
  })

/**
 * The text of a response's messages.
 *
 * @category utilities
 */
export const outputText: (response: Responses.Response) => string = textOfResponse
