import * as ApiError from "../../ApiError.ts"
import { type Dialect, ErrorInBody } from "../../internal/dialect.ts"
import { reasonOf } from "../../internal/errors/reasons.ts"
import { isObject, stringOf } from "../../internal/json/json.ts"
import type { JsonParser } from "../../internal/json/patternParser.ts"
import { errorCodes, hintFor } from "../api/ErrorCodes.ts"

export const dialect: Dialect = {
  provider: "coze",
  requestIdHeaders: ["x-tt-logid"],
  queryStyle: { nulls: "drop", arrays: "commas" },
  event: (event, data, id, parse) => {
    const json = parsed(data, parse)
    if (event === "error" || (event === "" && isFailure(json))) throw new ErrorInBody(json)
    return id === undefined ? { event, data: json } : { event, data: json, id }
  },
  unwrap: (endpoint, body) => {
    if (isFailure(body)) throw new ErrorInBody(body)
    if (endpoint.envelope === true || !isObject(body) || !("data" in body)) return body
    return endpoint.kind === "list" && Array.isArray(body["data"]) ? body : body["data"]
  },
  hasErrorsInPlaceOfBytes: true,
  errorDetail: (body) => {
    if (!isObject(body)) return undefined
    const code = stringOf(body["code"]) ?? stringOf(body["error_code"])
    const message = stringOf(body["msg"]) ?? stringOf(body["error_message"]) ?? stringOf(body["message"])
    if (code === undefined && message === undefined) return undefined
    const hint = hintFor(code)
    const said = message ?? `code ${code}`
    return {
      message: hint === undefined ? said : `${said}. ${hint}`,
      code,
      type: stringOf(body["error"]),
      param: undefined,
      helpUrl: helpUrlIn(body)
    }
  },
  requestIdIn: (body) =>
    isObject(body) ? stringOf(isObject(body["detail"]) ? body["detail"]["logid"] : body["logid"]) : undefined,
  reasonOf: (detail, _, { headers, now } = { headers: {}, now: 0 }) => {
    const tag = detail.code === undefined ? undefined : errorCodes[Number(detail.code)]?.reason
    if (tag === undefined) return undefined
    return tag === "ContentPolicyError"
      ? new ApiError.ContentPolicyError(detail)
      : reasonOf(statuses[tag], detail, headers, now)
  },
  note: (event, progress) => {
    if (!isObject(event) || !isObject(event["data"])) return
    const { content, usage } = event["data"]
    if (event["event"] === "conversation.message.delta" || event["event"] === "Message") progress.addText(content)
    progress.setUsage(usage)
  }
}

const parsed = (data: string, parse: JsonParser): unknown => {
  try {
    return parse(data)
  } catch {
    return data
  }
}

const isFailure = (body: unknown): boolean => isObject(body) && typeof body["code"] === "number" && body["code"] !== 0

const helpUrlIn = (body: { readonly [key: string]: unknown }): string | undefined => {
  const nested = isObject(body["error"]) ? body["error"] : isObject(body["detail"]) ? body["detail"] : body
  return stringOf(nested["help_doc"]) ?? stringOf(body["help_doc"])
}

const statuses = {
  AuthenticationError: 401,
  PermissionDeniedError: 403,
  NotFoundError: 404,
  InvalidRequestError: 400,
  ConflictError: 409,
  RateLimitError: 429,
  QuotaExceededError: 402,
  OverloadedError: 529,
  ServerError: 500
}
