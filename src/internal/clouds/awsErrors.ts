import { ServerError, type ServerDetail } from "../../ApiError.ts"
import { type Dialect, isObject, stringOf } from "../dialect.ts"

/** A vendor's dialect that reads Amazon's own errors too. */
export const withAwsErrors = (dialect: Dialect): Dialect => ({
  ...dialect,
  requestIdHeaders: [...new Set([...dialect.requestIdHeaders, "x-amzn-requestid"])],
  errorDetail: (body, headers = {}) => {
    const detail = dialect.errorDetail(body, headers) ?? capitalized(body)
    const type = headers["x-amzn-errortype"]?.split(":")[0] ?? (isObject(body) ? stringOf(body["__type"]) : undefined)
    return detail === undefined || type === undefined ? detail : { ...detail, type: type.replace(/^.*#/, "") }
  },
  // 424: the model has failed, not the request.
  reasonOf: (detail, raw) =>
    detail.type === "ModelErrorException"
      ? new ServerError({ ...detail, retryAfter: undefined })
      : dialect.reasonOf?.(detail, raw)
})

/** Some of Amazon's front ends write the name with a capital. */
const capitalized = (body: unknown): ServerDetail | undefined => {
  const message = isObject(body) ? stringOf(body["Message"]) : undefined
  return message === undefined
    ? undefined
    : { message, code: undefined, type: undefined, param: undefined, helpUrl: undefined }
}
