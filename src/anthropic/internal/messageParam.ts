/** Reads the calls of a message, and makes the next request from it. */

import { finishKind } from "../../internal/decode/finishReason.ts"
import { isObject } from "../../internal/json/json.ts"
import { jsonText } from "../../internal/json/jsonText.ts"
import { pairResults } from "../../internal/request/toolCalls.ts"
import type * as ToolLoop from "../../tools/ToolLoop.ts"
import type * as Tools from "../../tools/Tools.ts"
import type { MessageAnswer, MessageInput } from "./messageApi.ts"
import { toolResult } from "./toolResult.ts"

type Block = { readonly type: string }
type Answer = Pick<MessageAnswer, "container" | "stop_reason"> & { readonly content: ReadonlyArray<Block> }

/** How a message ended. */
export const endingOf = (answer: Answer): Exclude<ToolLoop.Ending, object> => {
  const kind = finishKind(answer.stop_reason)
  switch (kind) {
    case "missing":
      return "uncut"
    case "calls":
      return wantedCalls(answer.content).some(isWhole) ? "uncut" : "incomplete"
    case "end":
    case "unknown":
      return wantedCalls(answer.content).length === 0 ? "uncut" : "incomplete"
    case "paused":
      return sentContent(answer).length === 0 ? "incomplete" : "paused"
    case "error":
      return "incomplete"
    default:
      return kind
  }
}

/** Returns the calls that a message asks for, or none if it was cut, paused or declined. */
export const callsOf = (answer: Answer): ReadonlyArray<Tools.Call> =>
  endingOf(answer) === "uncut" ? wantedCalls(answer.content).filter(isWhole).map(callOf) : []

/** Returns the text of a message. If a model declined and another took over, only the text of the latter. */
export const textOf = ({ content }: { readonly content: ReadonlyArray<Block> }): string =>
  content
    .slice(afterFallback(content))
    .map((block) => (block.type === "text" && "text" in block && typeof block.text === "string" ? block.text : ""))
    .join("")

/** Returns where the last model begins. The blocks before it belong to models that declined. */
const afterFallback = (content: ReadonlyArray<Block>): number =>
  content.findLastIndex(({ type }) => type === "fallback") + 1

const isCall = (block: Block): boolean => block.type === "tool_use"

const wantedCalls = (content: ReadonlyArray<Block>): ReadonlyArray<Block> =>
  content.slice(afterFallback(content)).filter(isCall)

/** The input of a call that was cut before its first character is an empty text. */
const isWhole = (block: Block): boolean => !("input" in block && block.input === "")

const idOf = (block: Block): string => ("id" in block && typeof block.id === "string" ? block.id : "")

const callOf = (block: Block): Tools.Call => {
  const input = "input" in block ? block.input : undefined
  return {
    id: idOf(block),
    name: "name" in block && typeof block.name === "string" ? block.name : "",
    arguments: typeof input === "string" ? input : jsonText(input ?? {})
  }
}

/**
 * Returns the blocks of an answer in the form of a request.
 *
 * **Details**
 *
 * Leaves out what the API refuses: blank texts, calls that are not made, and thoughts that lead to nothing. A call that
 * was made has the id of its result.
 */
export const sentContent = <B extends Block>(
  answer: Pick<Answer, "stop_reason"> & { readonly content: ReadonlyArray<B> },
  calls: ReadonlyMap<Block, string> = ownIds(answer)
): ReadonlyArray<B> => {
  const { content, stop_reason } = answer
  const isPaused = finishKind(stop_reason) === "paused"
  const answered = new Set(content.map((block) => ("tool_use_id" in block ? block.tool_use_id : undefined)))
  const kept = content.filter((block) => {
    if (block.type === "text") return !("text" in block && typeof block.text === "string" && block.text.trim() === "")
    if (isCall(block)) return calls.has(block)
    if (!/^(server|mcp)_tool_use$/.test(block.type)) return true
    // The server goes on with its own calls if the message is sent back; otherwise they were cut.
    return isPaused || calls.size > 0 || answered.has(idOf(block))
  })
  const end = isPaused ? kept.length : kept.findLastIndex(({ type }) => !/^(redacted_)?thinking$/.test(type)) + 1
  return kept.slice(0, end).map((block) => sentBlock(block, calls.get(block)))
}

const sentBlock = <B extends Block>(block: B, id: string | undefined): B => {
  if (!/tool_use$/.test(block.type)) return block
  const isValid = isObject("input" in block ? block.input : undefined) && (id === undefined || id === idOf(block))
  return isValid ? block : { ...block, ...(id === undefined ? {} : { id }), input: inputOf(block) }
}

const inputOf = (block: Block): object => ("input" in block && isObject(block.input) ? block.input : {})

const ownIds = (answer: Pick<Answer, "stop_reason"> & { readonly content: ReadonlyArray<Block> }) =>
  new Map(madeCalls(answer).map((block) => [block, idOf(block)]))

const madeCalls = (answer: Pick<Answer, "stop_reason"> & { readonly content: ReadonlyArray<Block> }) => {
  const kind = finishKind(answer.stop_reason)
  return kind === "calls" || kind === "missing" ? wantedCalls(answer.content).filter(isWhole) : []
}

/** The input of the next request: the exchange so far, the answer, and the results of its calls. */
export const nextInput = <Input extends MessageInput>(
  input: Input,
  answer: Answer,
  results: ReadonlyArray<Tools.CallResult>
): Input => {
  const calls = madeCalls(answer)
  const paired = pairResults(calls.map(idOf), results, input.messages.length)
  const told = paired.filter((result) => result !== undefined)
  const content = sentContent(answer, new Map(calls.flatMap((block, at) => idIn(paired[at], block))))
  const { container } = answer
  return {
    ...withoutForcedChoice(input),
    ...(container === undefined || container === null
      ? {}
      : { container: sentContainer(input.container, container.id) }),
    messages: [
      ...input.messages,
      ...(content.length === 0 ? [] : [{ role: "assistant", content }]),
      ...(told.length === 0 ? [] : [{ role: "user", content: told.map(toolResult) }])
    ]
  }
}

const idIn = (result: Tools.CallResult | undefined, block: Block): ReadonlyArray<readonly [Block, string]> =>
  result === undefined ? [] : [[block, result.id]]

/** The code of an answer runs in a container, which the next request has to name; what the input says of it stays. */
const sentContainer = (given: unknown, id: string): unknown => (isObject(given) ? { ...given, id } : id)

/** Forces no call any more: the model could never answer. */
const withoutForcedChoice = <Input extends MessageInput>(input: Input): Input => {
  const choice = input.tool_choice
  if (!isObject(choice) || (choice["type"] !== "any" && choice["type"] !== "tool")) return input
  const { disable_parallel_tool_use: disabled } = choice
  return {
    ...input,
    tool_choice: { type: "auto", ...(disabled === undefined ? {} : { disable_parallel_tool_use: disabled }) }
  }
}
