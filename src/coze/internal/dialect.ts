/** How Coze's API speaks, on its platforms and on self-hosted servers. */
import * as ApiError from "../../ApiError.ts"
import { isAnything, isArray, mayHaveError } from "../../internal/decode/declares.ts"
import { notJson } from "../../internal/decode/schemaDecoder.ts"
import { type Dialect, done, ErrorInBody, skip } from "../../internal/dialect.ts"
import { reasonOf } from "../../internal/errors/reasons.ts"
import { detailIn, isError, isErrorLike } from "../../internal/errors/serverError.ts"
import { isObject, stringOf } from "../../internal/json/json.ts"
import type { JsonParser } from "../../internal/json/patternParser.ts"
import type { Frames } from "../../internal/stream/frames.ts"
import { isUnderWay } from "../../internal/stream/status.ts"
import { errorCodes, hintFor } from "../api/ErrorCodes.ts"
import { inCloudForm } from "./cloudForm.ts"
import { eventNames } from "./eventNames.ts"
import { parseWide } from "./wideNumbers.ts"

export const dialect: Dialect = {
  provider: "coze",
  requestIdHeaders: ["x-tt-logid"],
  queryStyle: { nulls: "drop", arrays: "commas" },
  parse: parseWide,
  events: (endpoint, frames) => {
    const terminal = Array.isArray(endpoint.terminal) ? endpoint.terminal : []
    const nameOf = eventNames(terminal)
    // A workflow's PING is an event that its callers may see.
    const isKeepAlive = (event: string) => event !== "PING" && frames.isKeepAlive(event)
    /** The value of an event whose data is read. */
    const valueOf = (event: string, json: unknown, id: string | undefined): unknown => {
      if (isKeepAlive(event)) return skip
      refuseCut(event, json, frames)
      if (isObject(json) && frames.isKeepAliveObject(json)) return skip
      if (event === "" && typeof json === "string" && frames.isComment(json)) return skip
      refuseError(event, json)
      const data = correctStatus(event, withoutTypeName(json))
      return id === undefined ? { event, data } : { event, data, id }
    }
    return (frame, data, id) => {
      const event = nameOf(frame)
      if (isKeepAlive(event)) return skip
      if (frame === "" && frames.isDone(data)) return done
      if (frames.isEmpty(data) && !terminal.includes(event) && event !== "error") {
        return event === "PING" ? pong(id) : skip
      }
      const json = parsed(data, frames.parse)
      if (frame !== "" || !isObject(json) || typeof json["event"] !== "string") return valueOf(event, json, id)
      // A gateway has put the name and the data of an event into the data of a frame.
      const inner = json["data"]
      return valueOf(nameOf(json["event"]), typeof inner === "string" ? parsed(inner, frames.parse) : inner, id)
    }
  },
  ending: (_, _input, endings) => {
    const ending = endings.byName()
    let hasBegun = false
    let hasOpenMessage = false
    let hasEnded = false
    // The server is done, too, with a chat that it has given up.
    const goesOn = () => !hasEnded && (hasBegun || hasOpenMessage)
    return {
      see: (json, event) => {
        const name = isObject(json) ? json["event"] : undefined
        if (name === "conversation.message.delta") hasOpenMessage = true
        else if (name === "conversation.message.completed") hasOpenMessage = false
        else if (typeof name === "string" && name.startsWith("conversation.chat.")) {
          hasBegun = true
          hasEnded ||= statusByEndEvent.has(name)
        }
        ending.see(json, event)
      },
      isWhole: () => ending.isWhole() && !goesOn(),
      mayBeDone: (event) => hasEnded || (ending.mayBeDone(event) && !goesOn()),
      isOver: ending.isOver
    }
  },
  // A request that no endpoint covers has no schema that says what is an id.
  normalize: ({ success }) => (success === undefined || isAnything(success) ? undefined : inCloudForm),
  normalizesByShape: true,
  unwrap: (endpoint, body) => {
    if (isFailure(body)) throw new ErrorInBody(body)
    if (endpoint.envelope === true || !isObject(body)) return body
    if (isError(body["error"]) && body["data"] === undefined && !mayHaveError(endpoint.success, body)) {
      throw new ErrorInBody(body)
    }
    const data = body["data"] ?? payloadBesideEnvelope(body)
    if (data === undefined && endpoint.pagination !== undefined && isSuccess(body)) {
      // A self-hosted server leaves out what is empty.
      return { ...body, [endpoint.pagination.items]: body[endpoint.pagination.items] ?? [] }
    }
    if (data === undefined) return isArray(endpoint.success) ? [] : (body["data"] ?? withoutEnvelope(body))
    return endpoint.kind === "list" && Array.isArray(data) ? { ...body, data } : withoutTypeName(data)
  },
  hasErrorsInPlaceOfBytes: true,
  errorDetail: (body) => {
    const fields = isObject(body) ? body : {}
    const general = detailIn(body)
    const code = stringOf(fields["code"]) ?? stringOf(fields["error_code"]) ?? general?.code
    const message = stringOf(fields["msg"]) ?? stringOf(fields["error_message"]) ?? general?.message
    if (code === undefined && message === undefined) return undefined
    const hint = hintFor(code)
    const said = message ?? `code ${code}`
    return {
      message: hint === undefined ? said : `${said}. ${hint}`,
      code,
      type: wordOf(fields["error"]) ?? general?.type,
      param: undefined,
      helpUrl: helpUrlIn(fields)
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

/** Fails for data that began as JSON and is cut. */
const refuseCut = (event: string, json: unknown, frames: Frames): void => {
  if (typeof json !== "string" || event === "error" || event === "Error") return
  if (isCutJson(json, frames)) throw notJson(json)
}

/** Fails for an event that is an error. `Error` is also an event of workflows, whose data is an object. */
const refuseError = (event: string, json: unknown): void => {
  const isNamelessError = event === "" && (!isObject(json) || isFailure(json) || isErrorLike(json))
  if (event === "error" || (event === "Error" && !isObject(json)) || isNamelessError) throw new ErrorInBody(json)
}

/** The status of a chat after each of the events that end it. */
const statusByEndEvent: ReadonlyMap<unknown, string> = new Map([
  ["conversation.chat.completed", "completed"],
  ["conversation.chat.failed", "failed"],
  ["conversation.chat.requires_action", "requires_action"],
  ["conversation.chat.canceled", "canceled"]
])

/** Corrects the status of a chat that still says `in_progress` in the event that ends it. */
const correctStatus = (event: string, chat: unknown): unknown => {
  const status = statusByEndEvent.get(event)
  return status !== undefined && isObject(chat) && isUnderWay(stringOf(chat["status"])) ? { ...chat, status } : chat
}

const pong = (id: string | undefined) => (id === undefined ? { event: "PING" } : { event: "PING", id })

/** Some servers name the object within the data by its type, such as `ChatV3ChatDetail`. */
const withoutTypeName = (data: unknown): unknown => {
  if (!isObject(data)) return data
  let named: unknown
  for (const name in data) {
    if (named !== undefined || !isTypeName(name)) return data
    named = data[name]
  }
  return typeof named === "object" && named !== null ? named : data
}

/** Returns the payload of a response without `data`: its only object or list that is named by its type. */
const payloadBesideEnvelope = (body: { readonly [name: string]: unknown }): unknown => {
  const found = Object.entries(body).filter(
    ([name, value]) => isTypeName(name) && !/^Base(?:Resp)?$/.test(name) && typeof value === "object" && value !== null
  )
  return found.length === 1 ? found[0]?.[1] : undefined
}

const isTypeName = (name: string): boolean => /^[A-Z][a-z]/.test(name)

const parsed = (data: string, parse: JsonParser): unknown => {
  try {
    return parse(data)
  } catch {
    return data
  }
}

/** Whether data that is not JSON began as such. */
const isCutJson = (data: string, frames: Frames): boolean => /^\s*[[{]/.test(data) && !frames.isDone(data)

const isSuccess = ({ code }: { readonly [name: string]: unknown }): boolean => code !== undefined && Number(code) === 0

/** Returns `{}` if the response reports success and nothing else. */
const withoutEnvelope = (body: { readonly [name: string]: unknown }): unknown =>
  isSuccess(body) && Object.keys(body).every((name) => /^(?:code|msg|detail|BaseResp)$/.test(name)) ? {} : body

/** Whether a body has a code that is not 0. Some servers send the code as text; it counts only beside a message. */
const isFailure = (body: unknown): boolean => {
  if (!isObject(body)) return false
  const { code } = body
  if (typeof code === "number") return code !== 0
  return typeof code === "string" && !/^(?:0*|ok|success)$/i.test(code) && ("msg" in body || "message" in body)
}

/** The kind of an error, such as `invalid_grant`: some servers send its words in the same field. */
const wordOf = (error: unknown): string | undefined => {
  const word = stringOf(error)
  return word === undefined || /\s/.test(word) ? undefined : word
}

const helpUrlIn = (body: { readonly [key: string]: unknown }): string | undefined => {
  const nested = isObject(body["error"]) ? body["error"] : isObject(body["detail"]) ? body["detail"] : body
  return stringOf(nested["help_doc"]) ?? stringOf(body["help_doc"])
}

/** The HTTP status whose reason a code of Coze has. */
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
