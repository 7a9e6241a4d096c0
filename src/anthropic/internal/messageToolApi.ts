/** How a tool loop asks both versions of the Messages API. The loop itself is in `tools/ToolLoop.ts`. */
import type * as Accumulator from "../../Accumulator.ts"
import { finishWith } from "../../internal/stream/fold.ts"
import type * as ToolLoop from "../../tools/ToolLoop.ts"
import { Anthropic } from "../Anthropic.ts"
import { conversion } from "./conversion.ts"
import type { MessageAnswer, MessageInput, StreamEndpoint } from "./messageApi.ts"
import { callsOf, endingOf, nextInput } from "./messageParam.ts"

/** Returns how to ask one version of the API, and how to read its answers. */
export const messageToolApi = <Input extends MessageInput, Event, Answer extends MessageAnswer>(
  stream: StreamEndpoint<Input, Event>,
  accumulator: Accumulator.Accumulator<Event, Answer, Accumulator.Step>
): ToolLoop.Api<Input, Event, Answer, Answer, Anthropic> => ({
  service: Anthropic,
  conversion: { ...conversion, objectOnly: true },
  withTools: (input, tools) => ({
    ...input,
    tools: [
      ...(input.tools ?? []),
      ...tools.map(({ description, jsonSchema, name, strict }) => ({
        name,
        ...(description === undefined ? {} : { description }),
        input_schema: { ...jsonSchema, type: "object" as const },
        ...(strict ? { strict } : {})
      }))
    ]
  }),
  events: (input) => stream(input),
  accumulator,
  finish: finishWith(stream, "a message"),
  ending: endingOf,
  calls: callsOf,
  next: nextInput
})
