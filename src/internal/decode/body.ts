/** From a successful response to the endpoint's value. */
import type * as HttpClientResponse from "effect/http/HttpClientResponse"
import * as ApiError from "../../ApiError.ts"
import { type Call, detailIn, errorOf, summarize } from "../attempt/call.ts"
import { ErrorInBody } from "../dialect.ts"
import { messageOf } from "../errors/messageOf.ts"
import { describeText, reasonOf } from "../errors/reasons.ts"
import { plainText, type Scrub } from "../errors/redact.ts"
import { errorInText, isErrorLike, statusIn } from "../errors/serverError.ts"
import { isObject } from "../json/json.ts"
import { endpointDecoder, pageReaderOf } from "./endpointDecoder.ts"
import { notJson } from "./schemaDecoder.ts"

/** The value and the parsed body it came from. Throws `ApiError`. */
export const decodeBody = (
  call: Call,
  input: unknown,
  response: HttpClientResponse.HttpClientResponse,
  text: string,
  now: number
): { readonly value: unknown; readonly raw: unknown } => {
  const { endpoint } = call
  if (endpoint.kind === "text") return { value: text, raw: text }
  if (endpoint.mayBeText === true || endpoint.kind === "none") {
    const type = response.headers["content-type"]
    if (endpoint.kind === "none" && !isJson(type ?? "")) return { value: undefined, raw: text }
    if (type !== undefined && !isJson(type)) return { value: text, raw: text }
  }
  try {
    if (text === "") return { value: decodeEmpty(call, response.headers["content-type"]), raw: undefined }
    const raw = parseJson(call, text, response)
    const answer = call.config.dialect.unwrap(endpoint, raw)
    const normalize = (call.options.decoding ?? "open") === "open" ? normalizerOf(call, input) : undefined
    const given = normalize === undefined ? answer : normalize(answer)
    const payload = endpoint.behaviour?.receive?.(given, input) ?? given
    if (endpoint.kind === "none") return { value: undefined, raw }
    return { value: decodePayload(call, input, payload), raw }
  } catch (thrown) {
    throw bodyError(call, response, text, thrown, now)
  }
}

/**
 * Returns the function that normalizes an answer, or an event of it: first by the rule of the dialect, then by that of the
 * endpoint. `undefined` if neither has one.
 */
export const normalizerOf = (
  { config: { dialect }, endpoint }: Pick<Call, "config" | "endpoint">,
  input: unknown
): ((json: unknown) => unknown) | undefined => {
  const general = dialect.normalize?.(endpoint, input)
  const own = endpoint.behaviour?.normalize
  if (own === undefined) return general
  return (json) => {
    const normal = general === undefined ? json : general(json)
    return isObject(normal) ? own(normal, input) : normal
  }
}

/** A body that does not fit but contains an error is an error of the server. */
const decodePayload = (call: Call, input: unknown, payload: unknown): unknown => {
  const { endpoint, options } = call
  const decode = endpointDecoder(endpoint, options.decoding)
  try {
    const page = pageReaderOf(endpoint)
    return page === undefined ? decode(payload) : page(payload, input, decode)
  } catch (thrown) {
    throw thrown instanceof ApiError.DecodeError && isErrorLike(payload) ? new ErrorInBody(payload) : thrown
  }
}

export const isJson = (contentType: string): boolean => /^[^;]*[/+]json\b/i.test(contentType)

const parseJson = (call: Call, text: string, response: HttpClientResponse.HttpClientResponse): unknown => {
  try {
    return (call.config.dialect.parse ?? JSON.parse)(text)
  } catch {
    const error = errorInText(text)
    if (isErrorLike(error)) throw new ErrorInBody(error)
    const contentType = response.headers["content-type"]
    if (contentType !== undefined && isJson(contentType) && /^\s*[[{"]/.test(text)) throw notJson(text)
    throw new ApiError.UnexpectedResponseError({
      message: describeText(text, contentType, call.scrub),
      contentType
    })
  }
}

/** Some calls respond with nothing. If the schema requires a value, an empty body is an error. */
const decodeEmpty = (call: Call, contentType: string | undefined): unknown => {
  try {
    return endpointDecoder(call.endpoint, call.options.decoding)(undefined)
  } catch {
    throw new ApiError.UnexpectedResponseError({ message: "The response has no body", contentType })
  }
}

/** The call's error for whatever reading a body or an event has thrown.  */
export const bodyError = (
  call: Call,
  response: HttpClientResponse.HttpClientResponse,
  text: string | undefined,
  thrown: unknown,
  now: number,
  partial?: ApiError.PartialOutput
): ApiError.ApiError => {
  const summary = summarize(call, response, text, thrown instanceof ErrorInBody ? thrown.raw : undefined)
  if (thrown instanceof ErrorInBody)
    return errorOf(call, reasonInBody(call, response, thrown.raw, now), summary, partial)
  if (thrown instanceof ApiError.DecodeError || thrown instanceof ApiError.UnexpectedResponseError) {
    return errorOf(call, thrown, summary, partial)
  }
  return errorOf(call, unreadable(thrown, text), summary, partial)
}

const textOfError = (raw: unknown, scrub: Scrub): string => {
  const text = typeof raw === "string" ? raw.trim() : jsonOf(raw)
  return text === "" || text === "{}" || text === "null" ? "The server reports an error" : plainText(text, 2000, scrub)
}

const jsonOf = (raw: unknown): string => {
  try {
    return JSON.stringify(raw) ?? ""
  } catch {
    return ""
  }
}

/** Whatever reading an answer throws is a reason: a nesting deeper than the stack, say. */
const unreadable = (thrown: unknown, text: string | undefined): ApiError.DecodeError =>
  new ApiError.DecodeError({
    message: `The answer cannot be read: ${messageOf(thrown)}`,
    path: [],
    expected: "an answer that can be read",
    raw: text
  })

const reasonInBody = (
  call: Call,
  response: HttpClientResponse.HttpClientResponse,
  raw: unknown,
  now: number
): ApiError.Reason => {
  const detail = detailIn(call, raw, response.headers) ?? {
    message: textOfError(raw, call.scrub),
    code: undefined,
    type: undefined,
    param: undefined,
    helpUrl: undefined
  }
  const reason =
    call.config.dialect.reasonOf?.(detail, raw, { headers: response.headers, now }) ??
    reasonOf(statusIn(raw) ?? response.status, detail, response.headers, now)
  return reason._tag === "StreamError" ? new ApiError.StreamError({ ...detail, raw }) : reason
}
