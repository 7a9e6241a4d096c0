/**
 * Chats as they come: the answer piece by piece, and the chat with all its messages at the end.
 *
 * @example
 * ```ts
 * import * as Console from "effect/Console"
 * import * as Effect from "effect/Effect"
 * import * as Stream from "effect/Stream"
 * import { ChatMessage, ChatStream } from "llmfx/coze"
 *
 * const program = Effect.scoped(
 *   Effect.gen(function* () {
 *     const answer = yield* ChatStream.streamed({
 *       bot_id: "73428668*****",
 *       user_id: "user-1",
 *       additional_messages: [ChatMessage.user("hi")]
 *     })
 *     yield* Stream.runForEach(answer.text, (text) => Console.log(text))
 *     const { chat } = yield* answer.final
 *     return chat.usage
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
import * as Chat from "./api/Chat.ts"
import type { Message } from "./api/ChatMessages.ts"
import type { Coze } from "./Coze.ts"
import { ChatFold } from "./internal/chatFold.ts"

/**
 * A chat and what has been said in it.
 *
 * @category models
 */
export interface Snapshot {
  readonly chat: Chat.ChatObject
  readonly messages: ReadonlyArray<Message>
}

/**
 * Folds events into the chat and its messages. What a message is as a whole counts more than its pieces.
 *
 * @category folding
 */
export const accumulator: Accumulator.Accumulator<Chat.ChatEvent, Snapshot, Accumulator.Step> =
  /*#__PURE__*/ accumulatorOf(() => new ChatFold())

/**
 * A chat under way.
 *
 * @category models
 */
export interface Streamed
  extends Accumulator.Streamed<Chat.ChatEvent, Snapshot, Accumulator.Step, Snapshot, ApiError> {}

/**
 * Emits the steps of a chat.
 *
 * @category running
 */
export const steps = (
  input: Chat.ChatCreateParams,
  options?: RequestOptions
): Stream.Stream<Accumulator.Step, ApiError, Coze> => Accumulator.steps(accumulator)(Chat.stream(input, options))

/**
 * Starts a chat that can be read as text, as steps, as snapshots and as the whole value.
 *
 * @category running
 */
export const streamed = (
  input: Chat.ChatCreateParams,
  options?: RequestOptions
): Effect.Effect<Streamed, never, Coze | Scope.Scope> =>
  Accumulator.streamed(accumulator, Chat.stream(input, options), {
    text: (step) => (step._tag === "TextDelta" ? step.delta : undefined),
    finish: finishWith(Chat.stream, "a chat")
  })
