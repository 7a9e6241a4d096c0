/** Brings the answers of compatible servers into the form that the API documents. */

import type * as Endpoint from "../../Endpoint.ts"
import { isObject, type JsonObject, mapItems, plainIndex, withoutUndefined } from "../../internal/json/json.ts"
import { jsonText } from "../../internal/json/jsonText.ts"
import { textOfContent, thinkingOfContent } from "./content.ts"

/** Returns what brings an answer, or the events of its stream, into the form of the API. Leaves the given JSON as it is. */
export const normalize = ({ id }: Endpoint.Metadata, input: unknown): ((body: unknown) => unknown) | undefined => {
  if (!id.startsWith("chat.")) return undefined
  const isStream = id.endsWith(":stream")
  const isJson = asksForJson(input)
  return (body) =>
    isObject(body) && Array.isArray(body["choices"]) ? withChoices(body, body["choices"], isStream, isJson) : body
}

/** Whether the answer is to be JSON: Cloudflare then sends the value in place of its text. */
const asksForJson = (input: unknown): boolean => {
  const format = isObject(input) ? input["response_format"] : undefined
  return isObject(format) && format["type"] !== "text"
}

const withChoices = (
  body: JsonObject,
  choices: ReadonlyArray<unknown>,
  isStream: boolean,
  isJson: boolean
): JsonObject => {
  const plain = mapItems(choices, (choice) => plainChoice(choice, isStream, isJson))
  return plain === choices ? body : { ...body, choices: plain }
}

const plainChoice = (choice: unknown, isStream: boolean, isJson: boolean): unknown => {
  if (!isObject(choice)) return choice
  const name = "delta" in choice || (isStream && !("message" in choice)) ? "delta" : "message"
  const message = choice[name] ?? messageOfText(choice)
  const given = isJson && isObject(message) ? withTextAsContent(message) : message
  const own = isObject(given) ? plainMessage(given, name === "delta") : given
  const index = plainIndex(choice["index"])
  return own === choice[name] && index === choice["index"] ? choice : { ...choice, index, [name]: own }
}

/** Some servers answer a chat with the text of a legacy completion. */
const messageOfText = ({ text }: JsonObject): JsonObject | undefined =>
  typeof text === "string" ? { role: "assistant", content: text } : undefined

const withTextAsContent = (message: JsonObject): JsonObject =>
  isObject(message["content"]) ? { ...message, content: JSON.stringify(message["content"]) } : message

/**
 * A message whose calls have the form of the API. The content of a delta is text: what is thought is apart from what is
 * said. A whole answer keeps its list of parts, which has to go back to the server as it came; its role is the model's,
 * under whatever name.
 */
export const plainMessage = (message: JsonObject, isDelta = true): JsonObject => {
  const { content: given, role, tool_calls: calls } = message
  const content = isPart(given) ? [given] : given
  const hasParts = isDelta && Array.isArray(content)
  const own = plainCalls(calls)
  // A role of another type is wrong, and the decoder says so.
  const hasRole = isDelta || role === "assistant" || (role !== undefined && role !== null && typeof role !== "string")
  if (!hasParts && own === calls && hasRole && content === given) return message
  const thinking = hasParts ? thinkingOfContent(content) : ""
  return {
    ...message,
    ...(hasRole ? {} : { role: "assistant" }),
    ...(content === undefined ? {} : { content: hasParts ? textOfContent(content) : content }),
    ...(thinking === "" || message["reasoning_content"] ? {} : { reasoning_content: thinking }),
    ...(own === calls ? {} : { tool_calls: own })
  }
}

/** Whether a content is one part in place of a list. */
const isPart = (content: unknown): boolean => isObject(content) && typeof content["text"] === "string"

const plainCalls = (calls: unknown): unknown => {
  if (calls === undefined || calls === null) return calls
  const given = isObject(calls) ? [calls] : calls
  if (!Array.isArray(given)) return calls
  return mapItems(given, plainCall)
}

/** A call whose arguments are text. Some servers leave out the object around name and arguments, or number ids. */
const plainCall = (call: unknown): unknown => {
  if (!isObject(call)) return call
  const { arguments: json, function: fn, id, index, name, ...rest } = call
  const isFlat = !isObject(fn) && typeof name === "string" && json !== undefined
  const given = isFlat ? { name, arguments: json } : fn
  const called = isObject(given) ? withTextOfJson(given) : given
  const [plainId, at] = [typeof id === "number" ? String(id) : id, plainIndex(index)]
  if (called === fn && plainId === id && at === index) return call
  return { ...(isFlat ? rest : call), ...withoutUndefined({ id: plainId, index: at, function: called }) }
}

const withTextOfJson = (called: JsonObject): JsonObject => {
  const { arguments: json } = called
  return typeof json === "object" && json !== null ? { ...called, arguments: jsonText(json) } : called
}
