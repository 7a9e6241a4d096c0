/**
 * Messages of the beta API as they come, like `MessageStream`, with what only that API has: compaction, MCP, containers,
 * other models that take over.
 *
 * @example
 * ```ts
 * import * as Console from "effect/Console"
 * import * as Effect from "effect/Effect"
 * import * as Stream from "effect/Stream"
 * import { BetaMessageStream } from "llmfx/anthropic"
 *
 * const program = Effect.scoped(
 *   Effect.gen(function* () {
 *     const answer = yield* BetaMessageStream.streamed({
 *       model: "claude-sonnet-5",
 *       max_tokens: 1024,
 *       messages: [{ role: "user", content: "hi" }],
 *       betas: ["compact-2026-01-12"]
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
import * as BetaMessages from "./api/BetaMessages.ts"
import { MessageFold } from "./internal/messageFold.ts"
import { streamedMessage } from "./internal/messageStream.ts"

/**
 * Folds events into the message; see `MessageStream.accumulator`.
 *
 * @category folding
 */
export const accumulator: Accumulator.Accumulator<
  BetaMessages.BetaRawMessageStreamEvent,
  BetaMessages.BetaMessage,
  Accumulator.Step
> = /*#__PURE__*/ accumulatorOf(() => new MessageFold(() => new JsonParser()))

/**
 * A message under way.
 *
 * @category models
 */
export interface Streamed
  extends Accumulator.Streamed<
    BetaMessages.BetaRawMessageStreamEvent,
    BetaMessages.BetaMessage,
    Accumulator.Step,
    BetaMessages.BetaMessage,
    ApiError
  > {}

/**
 * Emits the steps of a message.
 *
 * @category running
 */
export const steps = (
  input: BetaMessages.MessageCreateParams,
  options?: RequestOptions
): Stream.Stream<Accumulator.Step, ApiError, Anthropic> =>
  Accumulator.steps(accumulator)(BetaMessages.stream(input, options))

/**
 * Starts a message that can be read as text, as steps, as snapshots and as the whole value.
 *
 * @category running
 */
export const streamed = (
  input: BetaMessages.MessageCreateParams,
  options?: RequestOptions
): Effect.Effect<Streamed, never, Anthropic | Scope.Scope> =>
  streamedMessage(BetaMessages.stream, accumulator, input, options)
