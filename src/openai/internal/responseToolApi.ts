/** How a tool loop asks both versions of the Responses API. The loop itself is in `tools/ToolLoop.ts`. */
import type * as Stream from "effect/Stream"
import type * as Accumulator from "../../Accumulator.ts"
import type { ApiError } from "../../ApiError.ts"
import type * as Endpoint from "../../Endpoint.ts"
import { finishWith } from "../../internal/stream/fold.ts"
import type * as ToolLoop from "../../tools/ToolLoop.ts"
import { OpenAi } from "../OpenAi.ts"
import { conversion } from "./conversion.ts"
import {
  callsOf,
  endingOf,
  nextInput,
  type ResponseAnswer,
  type ResponseInput,
  withSentReasoning
} from "./responseParam.ts"

type StreamEndpoint<Input, Event> = Endpoint.Metadata & ((input: Input) => Stream.Stream<Event, ApiError, OpenAi>)

/** How a version of the API is asked, and how its answers are read. */
export const responseToolApi = <Input extends ResponseInput, Event, Answer extends ResponseAnswer>(
  stream: StreamEndpoint<Input, Event>,
  accumulator: Accumulator.Accumulator<Event, Answer, Accumulator.Step>
): ToolLoop.Api<Input, Event, Answer, Answer, OpenAi> => ({
  service: OpenAi,
  conversion,
  withTools: (input, tools) => ({
    ...input,
    tools: [
      ...(input.tools ?? []),
      ...tools.map(({ description, jsonSchema, name, strict }) => ({
        type: "function" as const,
        name,
        description,
        parameters: jsonSchema,
        strict
      }))
    ]
  }),
  events: (input) => stream(withSentReasoning(input)),
  accumulator,
  finish: finishWith(stream, "a response"),
  ending: endingOf(stream),
  calls: callsOf,
  next: nextInput
})
