import type { ServerDetail } from "../../ApiError.ts"
import { declares } from "../../internal/decode/declares.ts"
import { type Dialect, done, ErrorInBody, skip } from "../../internal/dialect.ts"
import { detailIn, isError } from "../../internal/errors/serverError.ts"
import { isObject, stringOf, textOf } from "../../internal/json/json.ts"
import { endingByName } from "../../internal/stream/ending.ts"
import { readFrame } from "../../internal/stream/frames.ts"
import { outputFormat } from "./outputFormat.ts"

export const dialect: Dialect = {
  provider: "anthropic",
  requestIdHeaders: ["request-id", "x-request-id", "x-amzn-requestid"],
  queryStyle: { nulls: "empty", arrays: "brackets" },
  listHeaders: new Set(["anthropic-beta"]),
  event: (event, data, _id, parse, { terminal }) => {
    const json = readFrame(event, data, parse)
    // The API ends a stream with an event; an additional end mark comes from a proxy.
    if (json === done) return skip
    if (json === skip) return Array.isArray(terminal) && terminal.includes(event) ? { type: event } : skip
    if (!isObject(json) || typeof json["type"] === "string") return json
    if (isError(json["error"])) throw new ErrorInBody(json)
    return event.includes("_") ? { ...json, type: event } : json
  },
  ending: (endpoint) => {
    if (endpoint.terminal !== "finishReason") return endingByName(endpoint)
    // Each event of a legacy completion has the same name; the last one says why the text ended.
    let hasEnded = false
    const isOver = () => hasEnded
    return {
      see: (json) => {
        hasEnded ||= isObject(json) && textOf(json["stop_reason"]) !== ""
      },
      isWhole: isOver,
      mayBeDone: isOver,
      isOver
    }
  },
  unwrap: (endpoint, body) => {
    if (!isObject(body)) return body
    if (body["type"] === "error" || (isError(body["error"]) && !declares(endpoint.success, "error"))) {
      throw new ErrorInBody(body)
    }
    return body
  },
  behaviours: outputFormat,
  errorDetail: (body): ServerDetail | undefined => {
    const detail = detailIn(body)
    const error = isObject(body) && isObject(body["error"]) ? body["error"] : {}
    const code = isObject(error["details"]) ? stringOf(error["details"]["error_code"]) : undefined
    return detail === undefined || code === undefined ? detail : { ...detail, code }
  },
  requestIdIn: (body) => (isObject(body) ? stringOf(body["request_id"]) : undefined),
  note: (event, progress) => {
    if (!isObject(event)) return
    const { delta, message } = event
    if (isObject(delta)) progress.addText(delta["text"])
    else if (event["type"] === "completion") progress.addText(event["completion"])
    if (isObject(message)) progress.setUsage(message["usage"], true)
    else progress.setUsage(event["usage"])
  }
}
