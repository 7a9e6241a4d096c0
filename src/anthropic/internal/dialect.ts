import type { ServerDetail } from "../../ApiError.ts"
import { parseJson } from "../../internal/decode/schemaDecoder.ts"
import { type Dialect, ErrorInBody, skip } from "../../internal/dialect.ts"
import { isObject, stringOf } from "../../internal/json/json.ts"
import { outputFormat } from "./outputFormat.ts"

export const dialect: Dialect = {
  provider: "anthropic",
  requestIdHeaders: ["request-id", "x-request-id", "x-amzn-requestid"],
  queryStyle: { nulls: "empty", arrays: "brackets" },
  event: (event, data, _id, parse) => {
    if (event === "ping") return skip
    const json = parseJson(data, parse)
    if (!isObject(json)) return json
    if (event === "error" || json["type"] === "error") throw new ErrorInBody(json)
    return json["type"] === "ping" ? skip : json
  },
  unwrap: (_, body) => {
    if (isObject(body) && (body["type"] === "error" || (isObject(body["error"]) && !("id" in body)))) {
      throw new ErrorInBody(body)
    }
    return body
  },
  behaviours: outputFormat,
  errorDetail: (body): ServerDetail | undefined => {
    if (!isObject(body)) return undefined
    const error = isObject(body["error"]) ? body["error"] : body
    const message = stringOf(error["message"])
    if (message === undefined) return undefined
    const details = isObject(error["details"]) ? error["details"] : {}
    return {
      message,
      code: stringOf(details["error_code"]) ?? stringOf(error["code"]),
      type: stringOf(error["type"]),
      param: stringOf(error["param"]),
      helpUrl: undefined
    }
  },
  requestIdIn: (body) => (isObject(body) ? stringOf(body["request_id"]) : undefined),
  note: (event, progress) => {
    if (!isObject(event)) return
    const { delta, message } = event
    if (isObject(delta)) progress.addText(delta["text"])
    progress.setUsage(isObject(message) ? message["usage"] : event["usage"])
  }
}
