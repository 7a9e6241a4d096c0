/** Reads the calls of a chat's message, and makes the next request from it. */

import { finishKind } from "../../internal/decode/finishReason.ts"
import { isObject } from "../../internal/json/json.ts"
import { jsonText } from "../../internal/json/jsonText.ts"
import { pairResults, sentArguments } from "../../internal/request/toolCalls.ts"
import type * as ToolLoop from "../../tools/ToolLoop.ts"
import type * as Tools from "../../tools/Tools.ts"
import type * as ChatCompletions from "../api/ChatCompletions.ts"
import { chatOutput } from "./toolOutput.ts"

type Message = ChatCompletions.ChatCompletionMessage
type Param = ChatCompletions.ChatCompletionAssistantMessageParam
type Call = ChatCompletions.ChatCompletionMessageToolCall

/** The parts of a completion that are read, whether it is complete or not. */
interface Answer {
  readonly choices: ReadonlyArray<{ readonly finish_reason: string | null; readonly message: Message }>
}

/** How the first choice of a completion ended. Servers say `stop` even if it ended in order to make calls. */
export const endingOf = ({ choices: [choice] }: Answer): Exclude<ToolLoop.Ending, object> => {
  const kind = finishKind(choice?.finish_reason)
  switch (kind) {
    case "missing":
    case "end":
    case "calls":
      return (choice?.message.refusal ?? "") === "" ? "uncut" : "refusal"
    case "unknown":
      return callsIn(choice?.message).length === 0 ? "uncut" : "incomplete"
    case "paused":
    case "error":
      return "incomplete"
    default:
      return kind
  }
}

/** Returns the calls that a completion's first choice asks for, or none if it was cut or declined. */
export const callsOf = (answer: Answer): ReadonlyArray<Tools.Call> =>
  endingOf(answer) === "uncut" ? callsIn(answer.choices[0]?.message).map(callOf) : []

const callsIn = (message: Message | undefined): ReadonlyArray<Call> =>
  (message?.tool_calls ?? []).filter((call) => "function" in call || "custom" in call)

const callOf = (call: Call): Tools.Call => {
  if ("function" in call) return { id: call.id, name: call.function.name, arguments: textOf(call.function.arguments) }
  return "custom" in call
    ? { id: call.id, name: call.custom.name, arguments: call.custom.input }
    : { id: "", name: "", arguments: "" }
}

/** Some servers write the arguments as an object. */
const textOf = (json: unknown): string => (typeof json === "string" ? json : jsonText(json ?? {}))

/**
 * A message of the model as a message of the next request: with what only its server knows, such as its reasoning, and
 * without what no server takes back. Calls are kept if they have an id here.
 */
export const paramOf = (message: Message, ids: ReadonlyMap<Call, string>): Param => {
  const { annotations: _, audio, content, function_call, refusal, tool_calls, ...own } = message
  const calls = (tool_calls ?? []).flatMap((call) => sentCall(call, ids.get(call)))
  return {
    ...Object.fromEntries(Object.entries(own).filter(([, value]) => value !== null && value !== undefined)),
    role: "assistant",
    // A server that sends a list of parts takes them back.
    content: (content ?? null) as NonNullable<Param["content"]> | null,
    ...(refusal === null || refusal === undefined ? {} : { refusal }),
    ...(function_call === null || function_call === undefined ? {} : { function_call }),
    ...(audio === null || audio === undefined ? {} : { audio: { id: audio.id } }),
    ...(calls.length === 0 ? {} : { tool_calls: calls })
  }
}

/** The ids of the calls of a completion that are made. */
export const ownIds = (answer: Answer): ReadonlyMap<Call, string> =>
  new Map(
    endingOf(answer) === "uncut" ? callsIn(answer.choices[0]?.message).map((call) => [call, callOf(call).id]) : []
  )

const sentCall = (call: Call, id: string | undefined): ReadonlyArray<Call> => {
  if (id === undefined) return []
  if (!("function" in call)) return "custom" in call && call.id !== id ? [{ ...call, id }] : [call]
  const json = sentArguments(textOf(call.function.arguments))
  return call.id === id && json === call.function.arguments
    ? [call]
    : [{ ...call, id, function: { ...call.function, arguments: json } }]
}

const hasContent = ({ audio, content, function_call, refusal, tool_calls }: Param): boolean =>
  [audio, function_call, tool_calls].some((part) => part !== undefined && part !== null) ||
  [content, refusal].some((part) => part !== undefined && part !== null && part.length > 0)

/** The input of the next request: the exchange so far, the answer, and the results of its calls. */
export const nextInput = (
  input: ChatCompletions.ChatCompletionCreateParams,
  answer: Answer,
  results: ReadonlyArray<Tools.CallResult>
): ChatCompletions.ChatCompletionCreateParams => {
  const message = answer.choices[0]?.message
  const calls = [...ownIds(answer)]
  const paired = pairResults(
    calls.map(([, id]) => id),
    results,
    input.messages.length
  )
  const ids = new Map(
    calls.flatMap(([call], at) => {
      const id = paired[at]?.id
      return id === undefined ? [] : [[call, id] as const]
    })
  )
  const param = message === undefined ? undefined : paramOf(message, ids)
  return {
    ...withoutForcedChoice(input),
    messages: [
      ...input.messages,
      ...(param !== undefined && hasContent(param) ? [param] : []),
      ...paired.flatMap((result) =>
        result === undefined
          ? []
          : [{ role: "tool" as const, tool_call_id: result.id, content: chatOutput(result.output) }]
      )
    ]
  }
}

/** Forces no call any more: the model could never answer. */
const withoutForcedChoice = (
  input: ChatCompletions.ChatCompletionCreateParams
): ChatCompletions.ChatCompletionCreateParams => {
  const { function_call, tool_choice, ...rest } = input
  return {
    ...rest,
    ...(tool_choice === undefined ? {} : freed(tool_choice)),
    ...(function_call === undefined || isObject(function_call) ? {} : { function_call })
  }
}

const freed = (
  choice: ChatCompletions.ChatCompletionToolChoiceOption
): Pick<ChatCompletions.ChatCompletionCreateParams, "tool_choice"> => {
  if (choice === "required") return {}
  if (typeof choice === "string") return { tool_choice: choice }
  if (choice.type !== "allowed_tools") return {}
  return { tool_choice: { ...choice, allowed_tools: { ...choice.allowed_tools, mode: "auto" } } }
}
