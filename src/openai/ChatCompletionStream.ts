/**
 * Chat completions as they come: text, reasoning and tool calls piece by piece, and the whole completion at the end.
 *
 * @example
 * ```ts
 * import * as Console from "effect/Console"
 * import * as Effect from "effect/Effect"
 * import * as Stream from "effect/Stream"
 * import { ChatCompletionStream } from "llmfx/openai"
 *
 * const program = Effect.scoped(
 *   Effect.gen(function* () {
 *     const answer = yield* ChatCompletionStream.streamed({
 *       model: "gpt-5.4-mini",
 *       messages: [{ role: "user", content: "hi" }]
 *     })
 *     yield* Stream.runForEach(answer.text, (text) => Console.log(text))
 *     const { usage } = yield* answer.final
 *     return usage
 *   })
 * )
 * ```
 */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type * as Stream from "effect/Stream"
import * as Accumulator from "../Accumulator.ts"
import type { ApiError } from "../ApiError.ts"
import { accumulatorOf, notWhole, refusedIn } from "../internal/stream/fold.ts"
import type { RequestOptions } from "../RequestOptions.ts"
import * as ChatCompletions from "./api/ChatCompletions.ts"
import { ChatFold } from "./internal/chatFold.ts"
import { textOfContent } from "./internal/content.ts"
import type { OpenAi } from "./OpenAi.ts"

/**
 * A choice that may still be arriving.
 *
 * @category models
 */
export interface SnapshotChoice extends Omit<ChatCompletions.ChatCompletionChoice, "finish_reason"> {
  /** `null` until the choice has ended. */
  readonly finish_reason: ChatCompletions.ChatCompletionChoice["finish_reason"] | null
}

/**
 * A completion that may still be arriving.
 *
 * @category models
 */
export interface Snapshot extends Omit<ChatCompletions.ChatCompletion, "choices"> {
  readonly choices: ReadonlyArray<SnapshotChoice>
}

/**
 * Folds chunks into the completion.
 *
 * **Details**
 *
 * Joins reasoning that a server sends as `reasoning` or `reasoning_content`. Tool calls are told apart by their index,
 * or by their id if a server repeats the index.
 *
 * @category folding
 */
export const accumulator: Accumulator.Accumulator<ChatCompletions.ChatCompletionChunk, Snapshot, Accumulator.Step> =
  /*#__PURE__*/ accumulatorOf(() => new ChatFold())

/**
 * A chat completion under way.
 *
 * @category models
 */
export interface Streamed
  extends Accumulator.Streamed<
    ChatCompletions.ChatCompletionChunk,
    Snapshot,
    Accumulator.Step,
    ChatCompletions.ChatCompletion,
    ApiError
  > {}

/**
 * The chunks of a completion. They include the token usage, unless the input says otherwise.
 *
 * @category utilities
 */
export const chunks = (
  input: ChatCompletions.ChatCompletionCreateParams,
  options?: RequestOptions
): Stream.Stream<ChatCompletions.ChatCompletionChunk, ApiError, OpenAi> =>
  ChatCompletions.stream(withUsage(input), options)

/** Leaves the field out if it is `null`, because some servers refuse it, whatever it holds. */
const withUsage = (input: ChatCompletions.ChatCompletionCreateParams): ChatCompletions.ChatCompletionCreateParams => {
  const { stream_options, ...rest } = input
  return stream_options === null ? rest : { ...rest, stream_options: { include_usage: true, ...stream_options } }
}

/**
 * Emits the steps of a completion.
 *
 * @category running
 */
export const steps = (
  input: ChatCompletions.ChatCompletionCreateParams,
  options?: RequestOptions
): Stream.Stream<Accumulator.Step, ApiError, OpenAi> => Accumulator.steps(accumulator)(chunks(input, options))

/**
 * Starts a completion that can be read as text, as steps, as snapshots and as the whole value.
 *
 * @category running
 */
export const streamed = (
  input: ChatCompletions.ChatCompletionCreateParams,
  options?: RequestOptions
): Effect.Effect<Streamed, never, OpenAi | Scope.Scope> =>
  Accumulator.streamed(accumulator, chunks(input, options), {
    text: (step) => (step._tag === "TextDelta" && step.index === 0 ? step.delta : undefined),
    finish
  })

/**
 * Returns the whole completion of a snapshot. Fails if a choice has not ended.
 *
 * @category getters
 */
export const finish = (snapshot: Snapshot | undefined): Effect.Effect<ChatCompletions.ChatCompletion, ApiError> => {
  const choices: Array<ChatCompletions.ChatCompletionChoice> = []
  for (const choice of snapshot?.choices ?? []) {
    const { finish_reason } = choice
    if (finish_reason !== null) choices.push({ ...choice, finish_reason })
  }
  return snapshot === undefined || choices.length < snapshot.choices.length
    ? Effect.fail(
        notWhole(
          ChatCompletions.stream,
          "the finish reason of each choice",
          textOfContent(snapshot?.choices[0]?.message.content),
          snapshot?.usage
        )
      )
    : (refusedIn(ChatCompletions.stream, snapshot) ?? Effect.succeed({ ...snapshot, choices }))
}
