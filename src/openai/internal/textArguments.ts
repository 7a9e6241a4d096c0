import type { Behaviour } from "../../internal/behaviour.ts"
import { isObject, type JsonObject } from "../../internal/json/json.ts"
import { jsonText } from "../../internal/json/jsonText.ts"

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

/** Reads responses of servers that send the arguments of a call as an object. */
export const textArguments: Behaviour = { inApiForm: withItems }
