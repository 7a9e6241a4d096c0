/**
 * Messages as they come: text, thinking and tool calls piece by piece, and the whole message at the end.
 *
 * @example
 * ```ts
 * import * as Console from "effect/Console"
 * import * as Effect from "effect/Effect"
 * import * as Stream from "effect/Stream"
 * import { MessageStream } from "llmfx/anthropic"
 *
 * const program = Effect.scoped(
 *   Effect.gen(function* () {
 *     const answer = yield* MessageStream.streamed({
 *       model: "claude-sonnet-5",
 *       max_tokens: 1024,
 *       messages: [{ role: "user", content: "hi" }]
 *     })
 *     yield* Stream.runForEach(answer.text, (text) => Console.log(text))
 *     const { stop_reason } = yield* answer.final
 *     return stop_reason
 *   })
 * )
 * ```
 */
import type * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type * as Stream from "effect/Stream"
import * as Accumulator from "../Accumulator.ts"
import type { ApiError } from "../ApiError.ts"
import { JsonParser } from "../internal/json/incrementalParser.ts"
import { accumulatorOf } from "../internal/stream/fold.ts"
import type { RequestOptions } from "../RequestOptions.ts"
import type { Anthropic } from "./Anthropic.ts"
import * as Messages from "./api/Messages.ts"
import { MessageFold } from "./internal/messageFold.ts"
import { streamedMessage } from "./internal/messageStream.ts"

/**
 * Folds events into the message. The input of a tool call is the part known so far; an input that is not JSON stays
 * text.
 *
 * @category folding
 */
export const accumulator: Accumulator.Accumulator<Messages.RawMessageStreamEvent, Messages.Message, Accumulator.Step> =
  /*#__PURE__*/ accumulatorOf(() => new MessageFold(() => new JsonParser()))

/**
 * A message under way.
 *
 * @category models
 */
export interface Streamed
  extends Accumulator.Streamed<
    Messages.RawMessageStreamEvent,
    Messages.Message,
    Accumulator.Step,
    Messages.Message,
    ApiError
  > {}

/**
 * Emits the steps of a message.
 *
 * @category running
 */
export const steps = (
  input: Messages.MessageCreateParams,
  options?: RequestOptions
): Stream.Stream<Accumulator.Step, ApiError, Anthropic> =>
  Accumulator.steps(accumulator)(Messages.stream(input, options))

/**
 * Starts a message that can be read as text, as steps, as snapshots and as the whole value.
 *
 * @category running
 */
export const streamed = (
  input: Messages.MessageCreateParams,
  options?: RequestOptions
): Effect.Effect<Streamed, never, Anthropic | Scope.Scope> =>
  streamedMessage(Messages.stream, accumulator, input, options)
