import type { Behaviour } from "../../internal/behaviour.ts"
import { isObject, type JsonObject, mapItems } from "../../internal/json/json.ts"
import { jsonText } from "../../internal/json/jsonText.ts"

/** A response, or an event of its stream, with the items that the API documents. */
const withItems = (body: JsonObject): JsonObject => {
  const { item, output, response, type } = body
  if (isObject(response)) {
    const own = withItems(response)
    return own === response ? body : { ...body, response: own }
  }
  if (isObject(item)) {
    const own = plainItem(item)
    return own === item ? body : { ...body, item: own }
  }
  if (Array.isArray(output)) {
    const own = mapItems<unknown>(output, (one) => (isObject(one) ? plainItem(one) : one))
    return own === output ? body : { ...body, output: own }
  }
  return type === "response.function_call_arguments.done" ? withTextOf(body) : body
}

const plainItem = (item: JsonObject): JsonObject => (item["type"] === "message" ? plainOutput(item) : withTextOf(item))

/** A message whose content is a list of parts under the names of the API. */
const plainOutput = (message: JsonObject): JsonObject => {
  const { content, role } = message
  const parts = typeof content === "string" ? [{ type: "text", text: content }] : content
  const own = Array.isArray(parts) && parts.some(isPlainText) ? parts.map(asOutputText) : parts
  const hasRole = role !== undefined && role !== null
  return own === content && hasRole ? message : { ...message, ...(hasRole ? {} : { role: "assistant" }), content: own }
}

const isPlainText = (part: unknown): boolean => isObject(part) && part["type"] === "text"

const asOutputText = (part: unknown): unknown =>
  isObject(part) && isPlainText(part) ? { annotations: [], ...part, type: "output_text" } : part

/** The arguments of other items, such as those of a search for tools, are objects. */
const withTextOf = (call: JsonObject): JsonObject => {
  const { arguments: json, type } = call
  const isText = type === "function_call" || type === "response.function_call_arguments.done"
  return isText && isObject(json) ? { ...call, arguments: jsonText(json) } : call
}

/**
 * Reads responses of servers that send the arguments of a call as an object, the content of a message as a text, or its
 * parts under another name.
 */
export const textArguments: Behaviour = { normalize: withItems }
