/** Brings the answers of compatible servers into the form that the API documents. */

import type * as Endpoint from "../../Endpoint.ts"
import { arrayOf, isObject, type JsonObject } from "../../internal/json/json.ts"
import { jsonText } from "../../internal/json/jsonText.ts"
import { textOfContent, thinkingOfContent } from "./content.ts"

/** Returns an answer, or an event of its stream, as the API would have sent it. Leaves the given JSON as it is. */
export const inApiForm = ({ id }: Endpoint.Metadata, body: unknown, input?: unknown): unknown => {
  if (!isObject(body)) return body
  if (Array.isArray(body["choices"])) return withChoices(body, body["choices"], asksForJson(input))
  if (id.includes("responses.")) return withItems(body)
  if (id.startsWith("audio.tran")) return withNumbers(body)
  return id === "embeddings.create" ? withIndices(body) : body
}

/** Whether the answer is to be JSON: Cloudflare then sends the value in place of its text. */
const asksForJson = (input: unknown): boolean => {
  const format = isObject(input) ? input["response_format"] : undefined
  return isObject(format) && format["type"] !== "text"
}

const withChoices = (body: JsonObject, choices: ReadonlyArray<unknown>, isJson: boolean): JsonObject => {
  let isOther = false
  const plain = choices.map((choice) => {
    if (!isObject(choice)) return choice
    const name = "delta" in choice ? "delta" : "message"
    const message = choice[name]
    const given = isJson && isObject(message) ? withTextAsContent(message) : message
    const own = isObject(given) ? plainMessage(given, name === "delta") : given
    if (own === message) return choice
    isOther = true
    return { ...choice, [name]: own }
  })
  return isOther ? { ...body, choices: plain } : body
}

const withTextAsContent = (message: JsonObject): JsonObject =>
  isObject(message["content"]) ? { ...message, content: JSON.stringify(message["content"]) } : message

/**
 * A message whose arguments are JSON text. The content of a delta is text too: what is thought is apart from what is
 * said. A whole answer keeps its list of parts, which has to go back to the server as it came; its role is the model's,
 * under whatever name.
 */
export const plainMessage = (message: JsonObject, isDelta = true): JsonObject => {
  const { content, tool_calls: calls } = message
  const hasParts = isDelta && Array.isArray(content)
  const hasObjects = arrayOf(calls).some(hasObjectAsArguments)
  const { role } = message
  // A role of another type is wrong, and the decoder says so.
  const hasRole = isDelta || role === "assistant" || (role !== undefined && role !== null && typeof role !== "string")
  if (!hasParts && !hasObjects && hasRole) return message
  const thinking = hasParts ? thinkingOfContent(content) : ""
  return {
    ...message,
    ...(hasRole ? {} : { role: "assistant" }),
    ...(hasParts ? { content: textOfContent(content) } : {}),
    ...(thinking === "" || message["reasoning_content"] ? {} : { reasoning_content: thinking }),
    ...(hasObjects ? { tool_calls: arrayOf(calls).map(withTextAsArguments) } : {})
  }
}

/** A response, or an event of its stream, with the arguments of its calls as text. */
const withItems = (body: JsonObject): JsonObject => {
  const { item, output, response, type } = body
  if (isObject(response)) {
    const own = withItems(response)
    return own === response ? body : { ...body, response: own }
  }
  if (isObject(item)) {
    const own = withTextOf(item)
    return own === item ? body : { ...body, item: own }
  }
  if (Array.isArray(output)) {
    const own = output.map((one: unknown) => (isObject(one) ? withTextOf(one) : one))
    return own.every((one, at) => one === output[at]) ? body : { ...body, output: own }
  }
  return type === "response.function_call_arguments.done" ? withTextOf(body) : body
}

/** The arguments of other items, such as those of a search for tools, are objects. */
const withTextOf = (call: JsonObject): JsonObject => {
  const { arguments: json, type } = call
  const isText = type === "function_call" || type === "response.function_call_arguments.done"
  return isText && isObject(json) ? { ...call, arguments: jsonText(json) } : call
}

const hasObjectAsArguments = (call: unknown): boolean =>
  isObject(call) && isObject(call["function"]) && isObject(call["function"]["arguments"])

const withTextAsArguments = (call: unknown): unknown =>
  isObject(call) && isObject(call["function"]) && isObject(call["function"]["arguments"])
    ? { ...call, function: { ...call["function"], arguments: jsonText(call["function"]["arguments"]) } }
    : call

const numbers: ReadonlySet<string> = new Set([
  "duration",
  "start",
  "end",
  "seek",
  "temperature",
  "avg_logprob",
  "compression_ratio",
  "no_speech_prob"
])

/** Whisper servers write numbers as text, as the published schema once said of the duration. */
const withNumbers = (value: JsonObject): JsonObject =>
  Object.fromEntries(
    Object.entries(value).map(([name, field]) => {
      if (Array.isArray(field)) return [name, field.map((item) => (isObject(item) ? withNumbers(item) : item))]
      const isNumber =
        typeof field === "string" && numbers.has(name) && field.trim() !== "" && Number.isFinite(Number(field))
      return [name, isNumber ? Number(field) : field]
    })
  )

/** Some servers leave out an index, above all that of the first vector. */
const withIndices = (body: JsonObject): JsonObject => {
  const { data } = body
  const isComplete = arrayOf(data).every((item) => isObject(item) && typeof item["index"] === "number")
  if (isComplete || !Array.isArray(data)) return body
  const taken = new Set(data.map((item: unknown) => (isObject(item) ? item["index"] : undefined)))
  let next = 0
  const free = (): number => {
    while (taken.has(next)) next++
    return next++
  }
  return {
    ...body,
    data: data.map((item: unknown) =>
      isObject(item) && typeof item["index"] !== "number" ? { ...item, index: free() } : item
    )
  }
}
