/** The tool loop of both versions of the Messages API. */
import type * as Accumulator from "../../Accumulator.ts"
import { finishWith } from "../../internal/stream/fold.ts"
import type * as ToolLoop from "../../tools/ToolLoop.ts"
import type * as Tools from "../../tools/Tools.ts"
import type { Anthropic } from "../Anthropic.ts"
import { conversion } from "./conversion.ts"
import type { MessageAnswer, MessageInput, StreamEndpoint } from "./messageApi.ts"
import { toolResult } from "./toolResult.ts"

/** How a version of the API is asked, and how its answers are read. */
export const messageLoop = <Input extends MessageInput, Event, Answer extends MessageAnswer>(
  stream: StreamEndpoint<Input, Event>,
  accumulator: Accumulator.Accumulator<Event, Answer, Accumulator.Step>
): ToolLoop.Api<Input, Event, Answer, Answer, Anthropic> => ({
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
  calls: callsOf,
  isPaused: ({ stop_reason }) => stop_reason === "pause_turn" || stop_reason === "compaction",
  next: nextInput
})

type Block = MessageAnswer["content"][number]

/** The calls of a message. An input that was no JSON is there as it was written. */
export const callsOf = ({ content, stop_reason }: MessageAnswer): ReadonlyArray<Tools.Call> =>
  stop_reason === "refusal" ? [] : callsIn(content)

const callsIn = (content: ReadonlyArray<Block>): ReadonlyArray<Tools.Call> =>
  content.flatMap(
    (block): ReadonlyArray<Tools.Call> =>
      block.type === "tool_use"
        ? [
            {
              id: block.id,
              name: block.name,
              arguments: typeof block.input === "string" ? block.input : JSON.stringify(block.input)
            }
          ]
        : []
  )

/** The blocks of an answer as those of a request. */
export const sentContent = <Block extends { readonly type: string }>(
  content: ReadonlyArray<Block>
): ReadonlyArray<Block> =>
  content.flatMap((block): ReadonlyArray<Block> => {
    // The API refuses texts that are empty, and inputs that are no objects.
    if (block.type === "text" && "text" in block && block.text === "") return []
    return ["input" in block && typeof block.input === "string" ? { ...block, input: {} } : block]
  })

/** The input of the next request: the exchange so far, the answer, and the results of its calls. */
export const nextInput = <Input extends MessageInput>(
  input: Input,
  { content }: MessageAnswer,
  results: ReadonlyArray<Tools.CallResult>
): Input => ({
  ...input,
  messages: [
    ...input.messages,
    { role: "assistant", content: sentContent<Block>(content) },
    ...(results.length === 0 ? [] : [{ role: "user", content: results.map(toolResult) }])
  ]
})
