/** Brings the answers of compatible servers into the form that the API documents. */

import type * as Endpoint from "../../Endpoint.ts"
import { arrayOf, isObject, type JsonObject } from "../../internal/json/json.ts"
import { jsonText } from "../../internal/json/jsonText.ts"
import { textOfContent, thinkingOfContent } from "./content.ts"

/** Returns an answer, or an event of its stream, as the API would have sent it. Leaves the given JSON as it is. */
export const inApiForm = (_: Endpoint.Metadata, body: unknown, input?: unknown): unknown => {
  if (!isObject(body)) return body
  return Array.isArray(body["choices"]) ? withChoices(body, body["choices"], asksForJson(input)) : body
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

const hasObjectAsArguments = (call: unknown): boolean =>
  isObject(call) && isObject(call["function"]) && isObject(call["function"]["arguments"])

const withTextAsArguments = (call: unknown): unknown =>
  isObject(call) && isObject(call["function"]) && isObject(call["function"]["arguments"])
    ? { ...call, function: { ...call["function"], arguments: jsonText(call["function"]["arguments"]) } }
    : call
