/** The common parts of both versions of the Messages API, for code that works on either. */
import type * as Effect from "effect/Effect"
import type * as Stream from "effect/Stream"
import type { ApiError } from "../../ApiError.ts"
import type * as Endpoint from "../../Endpoint.ts"
import type { RequestOptions } from "../../RequestOptions.ts"
import type { Anthropic } from "../Anthropic.ts"
import type { BetaMessage } from "../api/BetaMessages.ts"
import type { Message } from "../api/Messages.ts"

/** The parts of an input that are read or replaced. */
export interface MessageInput {
  readonly messages: ReadonlyArray<unknown>
  readonly tools?: ReadonlyArray<unknown> | undefined
  readonly container?: unknown
  readonly output_config?: object | undefined
  readonly tool_choice?: unknown
}

/** The answer of either version. */
export type MessageAnswer = Message | BetaMessage

/** `Messages.create` or `BetaMessages.create`. */
export type CreateEndpoint<Input, Answer> = Endpoint.Metadata &
  ((input: Input, options?: RequestOptions) => Effect.Effect<Answer, ApiError, Anthropic>)

/** `Messages.stream` or `BetaMessages.stream`. */
export type StreamEndpoint<Input, Event> = Endpoint.Metadata &
  ((input: Input, options?: RequestOptions) => Stream.Stream<Event, ApiError, Anthropic>)
