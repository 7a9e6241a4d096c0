import type { ServerDetail } from "../../ApiError.ts"
import { parseJson } from "../../internal/decode/schemaDecoder.ts"
import { type Dialect, done, ErrorInBody } from "../../internal/dialect.ts"
import { isObject, stringOf } from "../../internal/json/json.ts"
import { compactVectors } from "./compactVectors.ts"

export const dialect: Dialect = {
  provider: "openai",
  requestIdHeaders: ["x-request-id", "apim-request-id"],
  queryStyle: { nulls: "empty", arrays: "brackets" },
  event: (event, data, _id, parse) => {
    if (data === "[DONE]") return done
    const json = parseJson(data, parse)
    if (event === "error" || (isObject(json) && (isError(json["error"]) || json["type"] === "error"))) {
      throw new ErrorInBody(json)
    }
    return json
  },
  behaviours: { "embeddings.create": compactVectors },
  unwrap: (_, body) => {
    if (isObject(body) && isError(body["error"]) && !("id" in body)) throw new ErrorInBody(body)
    return body
  },
  errorDetail: (answer) => {
    // Google's compatible server wraps its error in an array.
    const body: unknown = Array.isArray(answer) ? answer[0] : answer
    if (!isObject(body)) return undefined
    const { detail, error, errors, message } = body
    if (isObject(error)) return detailOf(error)
    const [first] = Array.isArray(errors) ? (errors as ReadonlyArray<unknown>) : []
    if (isObject(first)) return detailOf(first)
    const text = stringOf(error) ?? stringOf(message) ?? stringOf(detail)
    return text === undefined ? undefined : detailOf({ ...body, message: text })
  },
  note: (event, progress) => {
    if (!isObject(event)) return
    const { choices, type } = event
    if (Array.isArray(choices)) progress.addText(textOfChoice(choices[0]))
    else if (type === "response.output_text.delta" || type === "transcript.text.delta") progress.addText(event["delta"])
    else if (event["event"] === "thread.message.delta") textsOfThread(event["data"]).forEach(progress.addText, progress)
    progress.setUsage(isObject(event["response"]) ? event["response"]["usage"] : event["usage"])
  }
}

const isError = (value: unknown): boolean => isObject(value) || (typeof value === "string" && value !== "")

const textOfChoice = (choice: unknown): unknown => {
  if (!isObject(choice)) return undefined
  const { delta, text } = choice
  return isObject(delta) ? delta["content"] : text
}

const textsOfThread = (data: unknown): ReadonlyArray<unknown> => {
  const delta = isObject(data) ? data["delta"] : undefined
  const content = isObject(delta) ? delta["content"] : undefined
  const parts: ReadonlyArray<unknown> = Array.isArray(content) ? content : []
  return parts.map((part) => (isObject(part) && isObject(part["text"]) ? part["text"]["value"] : undefined))
}

const detailOf = (error: { readonly [key: string]: unknown }): ServerDetail => ({
  message: stringOf(error["message"]) ?? JSON.stringify(error),
  code: stringOf(error["code"]),
  type: stringOf(error["type"]),
  param: stringOf(error["param"]),
  helpUrl: undefined
})
