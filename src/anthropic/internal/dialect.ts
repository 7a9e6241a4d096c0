import type { ServerDetail } from "../../ApiError.ts"
import { mayHaveError } from "../../internal/decode/declares.ts"
import { type Dialect, done, ErrorInBody, skip } from "../../internal/dialect.ts"
import { detailIn, isError } from "../../internal/errors/serverError.ts"
import { isObject, type JsonObject, plainIndex, stringOf, textOf } from "../../internal/json/json.ts"
import { jsonText } from "../../internal/json/jsonText.ts"

/**
 * An answer, or an event of its stream, as the API would have sent it: a piece of JSON is a text, an index a number, the
 * content a list, and the role is the model's, under whatever name.
 */
const plainAnswer = (given: unknown): unknown => {
  if (!isObject(given)) return given
  const index = plainIndex(given["index"])
  const body = index === given["index"] ? given : { ...given, index }
  const { delta, message, type } = body
  if (isObject(delta) && isObject(delta["partial_json"])) {
    return { ...body, delta: { ...delta, partial_json: jsonText(delta["partial_json"]) } }
  }
  if (type === "message_start" && isObject(message)) {
    const own = plainMessage(message)
    return own === message ? body : { ...body, message: own }
  }
  return type === "message" ? plainMessage(body) : body
}

/** A role of another type is wrong, and the decoder says so. */
const plainMessage = (message: JsonObject): JsonObject => {
  const { content, role } = message
  const isOther = role === undefined || role === null || (typeof role === "string" && role !== "assistant")
  if (!isOther && typeof content !== "string") return message
  return {
    ...message,
    ...(isOther ? { role: "assistant" } : {}),
    ...(typeof content === "string" ? { content: content === "" ? [] : [{ type: "text", text: content }] } : {})
  }
}

export const dialect: Dialect = {
  provider: "anthropic",
  requestIdHeaders: ["request-id", "x-request-id", "x-amzn-requestid"],
  queryStyle: { nulls: "empty", arrays: "brackets" },
  listHeaders: new Set(["anthropic-beta"]),
  events:
    ({ terminal }, frames) =>
    (event, data) => {
      const json = frames.read(event, data)
      // The API ends a stream with an event; an additional end mark comes from a proxy.
      if (json === done) return skip
      if (json === skip) return Array.isArray(terminal) && terminal.includes(event) ? { type: event } : skip
      if (!isObject(json) || typeof json["type"] === "string") return json
      if (isError(json["error"])) throw new ErrorInBody(json)
      if (event.includes("_")) return { ...json, type: event }
      return frames.isKeepAliveObject(json) ? skip : json
    },
  ending: ({ terminal }, _, endings) => {
    if (terminal !== "finishReason") return endings.byName()
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
    if (body["type"] === "error" || (isError(body["error"]) && !mayHaveError(endpoint.success, body))) {
      throw new ErrorInBody(body)
    }
    return body
  },
  normalize: () => plainAnswer,
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
