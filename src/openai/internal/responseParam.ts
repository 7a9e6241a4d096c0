/** Reads the calls of a response in either version of the API, and makes the next request from it. */

import * as ApiError from "../../ApiError.ts"
import type * as Endpoint from "../../Endpoint.ts"
import { finishKind } from "../../internal/decode/finishReason.ts"
import { reasonOf } from "../../internal/errors/reasons.ts"
import { isObject, stringOf } from "../../internal/json/json.ts"
import { jsonText } from "../../internal/json/jsonText.ts"
import { pairResults, sentArguments } from "../../internal/request/toolCalls.ts"
import type * as ToolLoop from "../../tools/ToolLoop.ts"
import type * as Tools from "../../tools/Tools.ts"
import type * as Responses from "../api/Responses.ts"
import { responseOutput } from "./toolOutput.ts"

interface Item {
  readonly type: string
}

type Fields = { readonly [name: string]: unknown }

/** The parts of a response that are read. */
export interface ResponseAnswer<out I extends Item = Item> {
  readonly output: ReadonlyArray<I>
  readonly status?: string | null | undefined
  readonly error?: unknown
  readonly incomplete_details?: { readonly reason?: string | null | undefined } | null | undefined
}

/** The parts of an input that are read or replaced. */
export interface ResponseInput {
  readonly conversation?: unknown
  readonly include?: ReadonlyArray<string> | null | undefined
  readonly input?: string | ReadonlyArray<unknown> | undefined
  readonly model?: string | undefined
  readonly store?: boolean | null | undefined
  readonly tool_choice?: unknown
  readonly tools?: ReadonlyArray<unknown> | undefined
}

const fieldsOf = (item: Item): Fields => ({ ...item })

/** How a response ended. */
export const endingOf =
  (endpoint: Endpoint.Metadata) =>
  (answer: ResponseAnswer): ToolLoop.Ending => {
    const { error, incomplete_details: details, output, status } = answer
    const kind = finishKind(status)
    switch (kind) {
      case "error":
        return failureOf(endpoint, error)
      case "incomplete": {
        const why = finishKind(details?.reason)
        return why === "maxTokens" || why === "contextWindow" || why === "contentFilter" || why === "refusal"
          ? why
          : "incomplete"
      }
      case "missing":
      case "end":
      case "unknown":
        return output.some(isRefusal) ? "refusal" : "uncut"
      case "calls":
      case "paused":
        return "uncut"
      default:
        return kind
    }
  }

const isRefusal = (item: Item): boolean => {
  const { content } = fieldsOf(item)
  return (
    item.type === "message" &&
    Array.isArray(content) &&
    content.some((part) => isObject(part) && part["type"] === "refusal" && part["refusal"] !== "")
  )
}

/** The error of a response that failed, with the reason that a status would have. */
const failureOf = (endpoint: Endpoint.Metadata, error: unknown): ApiError.ApiError => {
  const fields = isObject(error) ? error : {}
  const detail = {
    message: stringOf(fields["message"]) ?? "The response has failed, and the server does not say why",
    code: stringOf(fields["code"]),
    type: stringOf(fields["type"]),
    param: stringOf(fields["param"]),
    helpUrl: undefined
  }
  const reason = reasonOf(200, detail, {}, 0)
  return ApiError.local(
    endpoint,
    reason._tag === "StreamError" ? new ApiError.StreamError({ ...detail, raw: error }) : reason
  )
}

/** Returns the calls that a response asks for, or none if it was cut or declined. */
export const callsOf = (answer: ResponseAnswer): ReadonlyArray<Tools.Call> => wantedCalls(answer).map(callOf)

const wantedCalls = (answer: ResponseAnswer): ReadonlyArray<Item> => {
  const kind = finishKind(answer.status)
  const isOver = kind === "missing" || kind === "end" || kind === "calls"
  return isOver && !answer.output.some(isRefusal) ? answer.output.filter((item) => isCall(item) && isWhole(item)) : []
}

const isCall = ({ type }: Item): boolean => type === "function_call" || type === "custom_tool_call"

/** Servers also leave complete calls `in_progress`. A call without arguments was cut before the first of them. */
const isWhole = (item: Item): boolean => {
  const { status } = fieldsOf(item)
  return status !== "incomplete" && (status !== "in_progress" || callOf(item).arguments.trim() !== "")
}

const callOf = (item: Item): Tools.Call => {
  const { arguments: json, call_id, input, name } = fieldsOf(item)
  const text = item.type === "function_call" ? json : input
  return {
    id: stringOf(call_id) ?? "",
    name: stringOf(name) ?? "",
    arguments: typeof text === "string" ? text : jsonText(text ?? {})
  }
}

/** Whether the server stores the conversation, so only new items are sent. */
export const isKept = ({ conversation }: ResponseInput): boolean => conversation !== undefined && conversation !== null

/** Returns the input as items. */
export const itemsOf = <I>({
  input
}: {
  readonly input?: string | ReadonlyArray<I> | undefined
}): ReadonlyArray<I | { readonly role: "user"; readonly content: string }> =>
  input === undefined ? [] : typeof input === "string" ? [{ role: "user", content: input }] : input

/**
 * The output of a response as input of the next request: without what the API does not take back, calls that were cut,
 * and reasoning that leads to nothing. Reasoning that the server does not keep is left out unless it is encrypted.
 */
export const sentItems = (answer: ResponseAnswer, isStored: boolean): ReadonlyArray<Item> =>
  itemsWith(answer, isStored, new Map(wantedCalls(answer).map((item) => [item, callOf(item).id])))

const itemsWith = (answer: ResponseAnswer, isStored: boolean, ids: ReadonlyMap<Item, string>): ReadonlyArray<Item> => {
  const items = answer.output.flatMap((item) => {
    const id = ids.get(item)
    if ((isCall(item) && id === undefined) || isBlank(item)) return []
    return item.type === "reasoning" && !isStored && !isEncrypted(item) ? [] : sentItem(item, id)
  })
  return items.slice(0, items.findLastIndex(({ type }) => type !== "reasoning") + 1)
}

/** Whether an item is a message that says nothing, which the API does not take back. */
const isBlank = (item: Item): boolean => {
  const { content } = fieldsOf(item)
  const isNothing = (part: unknown) => isObject(part) && part["type"] === "output_text" && part["text"] === ""
  return item.type === "message" && Array.isArray(content) && content.every(isNothing)
}

/** The items of an output as items of an input, each as the API takes it back. */
export const inputItemsOf = (
  output: ReadonlyArray<Responses.ResponseOutputItem>
): ReadonlyArray<Responses.ResponseInputItem> =>
  // Every item that is left is one of an input, too.
  output.flatMap((item) => sentItem(item, callOf(item).id)) as ReadonlyArray<Responses.ResponseInputItem>

const isEncrypted = (item: Item): boolean => (stringOf(fieldsOf(item)["encrypted_content"]) ?? "") !== ""

const sentItem = (item: Item, id: string | undefined): ReadonlyArray<Item> => {
  if (item.type === "~unknown") return [item]
  const { created_by: _, ...rest } = fieldsOf(item)
  const plain = { ...rest, type: item.type }
  const { output, role, status } = fieldsOf(item)
  switch (item.type) {
    case "function_call":
      return [{ ...plain, ...{ call_id: id, arguments: sentArguments(callOf(item).arguments) } }]
    case "custom_tool_call":
      return [{ ...plain, ...{ call_id: id } }]
    case "additional_tools":
      return role === "developer" ? [plain] : []
    case "shell_call_output":
      return [{ ...plain, ...{ output: Array.isArray(output) ? output.map(withoutCreator) : output } }]
    case "custom_tool_call_output": {
      const { status: _, ...own } = rest
      return status === "completed" ? [{ ...own, type: item.type }] : []
    }
    case "computer_call_output":
      return status === "failed" ? [] : [plain]
    default:
      return [plain]
  }
}

const withoutCreator = (chunk: unknown): unknown => {
  if (!isObject(chunk)) return chunk
  const { created_by: _, ...rest } = chunk
  return rest
}

/** The input of the next request: the exchange so far, the answer, and the results of its calls. */
export const nextInput = <Input extends ResponseInput>(
  input: Input,
  answer: ResponseAnswer,
  results: ReadonlyArray<Tools.CallResult>
): Input => {
  const next = withoutForcedChoice(input)
  if (isKept(input)) return { ...next, input: answer.output.filter(isCall).map((item) => keptOutput(item, results)) }
  const items = itemsOf(input)
  const calls = wantedCalls(answer)
  const paired = pairResults(
    calls.map((item) => callOf(item).id),
    results,
    items.length
  )
  const made = calls.flatMap((item, at) => {
    const result = paired[at]
    return result === undefined ? [] : [[item, result] as const]
  })
  const ids = new Map(made.map(([item, { id }]) => [item, id]))
  return {
    ...next,
    input: [
      ...items,
      ...itemsWith(answer, input.store !== false, ids),
      ...made.map(([item, result]) => outputItem(item, result.id, responseOutput(result.output)))
    ]
  }
}

/** A conversation has the calls already, also those that are not made: it goes on only with an output for each. */
const keptOutput = (item: Item, results: ReadonlyArray<Tools.CallResult>): Item => {
  const { id } = callOf(item)
  const result = results.find((result) => result.id === id)
  return outputItem(item, id, result === undefined ? "The call was not made" : responseOutput(result.output))
}

const outputItem = ({ type }: Item, call_id: string, output: ReturnType<typeof responseOutput>) => ({
  type: type === "custom_tool_call" ? ("custom_tool_call_output" as const) : ("function_call_output" as const),
  call_id,
  output
})

/** Forces no call any more: the model could never answer. */
const withoutForcedChoice = <Input extends ResponseInput>(input: Input): Input => {
  const { tool_choice: choice, ...rest } = input
  if (choice === undefined || choice === null || choice === "auto" || choice === "none") return input
  // Everything but the choice is still there.
  const freed = rest as Input
  return isObject(choice) && choice["type"] === "allowed_tools"
    ? { ...freed, tool_choice: { ...choice, mode: "auto" } }
    : freed
}

const encryptedReasoning = "reasoning.encrypted_content"

/** Asks for reasoning in a form that can be sent back, if the server keeps nothing. `include: null` asks for nothing. */
export const withSentReasoning = <Input extends ResponseInput>(input: Input): Input =>
  input.store !== false || input.include === null || isKnownNotToReason(input.model)
    ? input
    : { ...input, include: [...new Set([...(input.include ?? []), encryptedReasoning])] }

/** Models that refuse to encrypt reasoning, since they have none. */
const isKnownNotToReason = (model: string | undefined): boolean =>
  model !== undefined && /^(ft:)?(gpt-3|gpt-4|chatgpt-)|^gpt-5[\w.]*-chat/.test(model)
