import { type ServerDetail, ServerError } from "../../ApiError.ts"
import type { Dialect } from "../dialect.ts"
import { isObject, stringOf } from "../json/json.ts"

/** Makes a vendor's dialect read Amazon's own errors as well. */
export const withAwsErrors = (dialect: Dialect): Dialect => ({
  ...dialect,
  requestIdHeaders: [...new Set([...dialect.requestIdHeaders, "x-amzn-requestid"])],
  errorDetail: (body, headers = {}) => {
    const detail = dialect.errorDetail(body, headers) ?? capitalized(body)
    const type = headers["x-amzn-errortype"]?.split(":")[0] ?? (isObject(body) ? stringOf(body["__type"]) : undefined)
    return detail === undefined || type === undefined ? detail : { ...detail, type: type.replace(/^.*#/, "") }
  },
  // 424 means that the model failed, not that the request is wrong.
  reasonOf: (detail, raw) =>
    detail.type === "ModelErrorException"
      ? new ServerError({ ...detail, retryAfter: undefined })
      : dialect.reasonOf?.(detail, raw)
})

/** Some of Amazon's front ends capitalise `message`. */
const capitalized = (body: unknown): ServerDetail | undefined => {
  const message = isObject(body) ? stringOf(body["Message"]) : undefined
  return message === undefined
    ? undefined
    : { message, code: undefined, type: undefined, param: undefined, helpUrl: undefined }
}
