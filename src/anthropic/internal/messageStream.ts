/** Follows the stream of a message in either version of the API. */
import type * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Accumulator from "../../Accumulator.ts"
import type { ApiError } from "../../ApiError.ts"
import { finishWith } from "../../internal/stream/fold.ts"
import type { RequestOptions } from "../../RequestOptions.ts"
import type { Anthropic } from "../Anthropic.ts"
import type { StreamEndpoint } from "./messageApi.ts"

export const streamedMessage = <Input, Event, Answer>(
  stream: StreamEndpoint<Input, Event>,
  accumulator: Accumulator.Accumulator<Event, Answer, Accumulator.Step>,
  input: Input,
  options: RequestOptions | undefined
): Effect.Effect<
  Accumulator.Streamed<Event, Answer, Accumulator.Step, Answer, ApiError>,
  never,
  Anthropic | Scope.Scope
> =>
  Accumulator.streamed(accumulator, stream(input, options), {
    text: (step) => (step._tag === "TextDelta" ? step.delta : undefined),
    finish: finishWith(stream, "a message")
  })
