import type { ServerDetail } from "../../ApiError.ts"

import { mayHaveError } from "../../internal/decode/declares.ts"
import { type Dialect, ErrorInBody, skip } from "../../internal/dialect.ts"
import { detailIn, failedChoiceIn, isError, isErrorLike } from "../../internal/errors/serverError.ts"
import { isObject, type JsonObject } from "../../internal/json/json.ts"
import { normalize } from "./compatible.ts"
import { textOfContent } from "./content.ts"
import { endingOf } from "./ending.ts"

export const dialect: Dialect = {
  provider: "openai",
  requestIdHeaders: ["x-request-id", "apim-request-id"],
  queryStyle: { nulls: "empty", arrays: "brackets" },
  events: (endpoint, frames) => (event, data) => {
    const json = frames.read(event, data)
    if (!isObject(json)) return json
    if (isError(json["error"])) throw new ErrorInBody(json)
    if (endpoint.envelope === true) {
      // Each event of a run has a name.
      if (event !== "" && event !== "message") return json
      if (isErrorLike(json)) throw new ErrorInBody(json)
      return frames.isKeepAliveObject(json) ? skip : json
    }
    const { choices, response, type } = json
    if (Array.isArray(choices)) refuseFailedChoice(json)
    else if (isObject(response)) return withStatus(json, typeof type === "string" ? type : event, response)
    else if (endpoint.terminal === "finishReason" && isOfServer(event, json)) return skip
    else if (type === undefined)
      return event.includes(".") ? { ...json, type: event } : frames.isKeepAliveObject(json) ? skip : json
    return json
  },
  ending: endingOf,
  normalize,
  unwrap: (endpoint, body) => {
    if (!isObject(body)) return body
    const { choices } = body
    if (isError(body["error"]) && !mayHaveError(endpoint.success, body)) throw new ErrorInBody(body)
    if (body["object"] === "error" || body["type"] === "error") throw new ErrorInBody(body)
    if (Array.isArray(choices)) refuseFailedChoice(body)
    return body
  },
  errorDetail: (body): ServerDetail | undefined => detailIn(body),
  note: (event, progress) => {
    if (!isObject(event)) return
    const { choices, type } = event
    if (Array.isArray(choices)) progress.addText(textOfChoice(choices[0]))
    else if (type === "response.output_text.delta" || type === "transcript.text.delta") progress.addText(event["delta"])
    else if (event["event"] === "thread.message.delta") textsOfThread(event["data"]).forEach(progress.addText, progress)
    progress.setUsage(isObject(event["response"]) ? event["response"]["usage"] : event["usage"])
  }
}

/** Whether a frame between the chunks of an answer, which have no type, says something of the server itself. */
const isOfServer = (event: string, json: JsonObject): boolean =>
  (typeof json["type"] === "string" || !/^(?:|message|error)$/.test(event)) && !isErrorLike(json)

const refuseFailedChoice = (json: JsonObject): void => {
  const failed = failedChoiceIn(json)
  if (failed !== undefined) throw new ErrorInBody({ error: failed["error"] })
}

const statusOfEnd: ReadonlyMap<string, string> = new Map([
  ["response.completed", "completed"],
  ["response.failed", "failed"],
  ["response.incomplete", "incomplete"]
])

/** Other spellings of the end of a response. */
const otherEnds: ReadonlySet<string> = new Set(["response.done", "response.cancelled", "response.canceled"])

const isUnderWay = (status: unknown): boolean =>
  status === undefined || status === null || status === "in_progress" || status === "queued"

/** An event with a response, under the name that the API has for it: the end of a response says how it ended. */
const withStatus = (json: JsonObject, type: string, response: JsonObject): JsonObject => {
  const { status } = response
  const own = statusOfEnd.get(type)
  if (own !== undefined) {
    return isUnderWay(status) ? { ...json, type, response: { ...response, status: own } } : named(json, type)
  }
  if (!otherEnds.has(type) || status === "in_progress" || status === "queued") return named(json, type)
  const ended = status ?? (type === "response.done" ? "completed" : "cancelled")
  const end = [...statusOfEnd].find(([, value]) => value === ended)?.[0] ?? "response.incomplete"
  return { ...json, type: end, response: { ...response, status: ended } }
}

const named = (json: JsonObject, type: string): JsonObject =>
  json["type"] === type || type === "" ? json : { ...json, type }

const textOfChoice = (choice: unknown): unknown => {
  if (!isObject(choice)) return undefined
  const { delta, text } = choice
  return isObject(delta) ? textOfContent(delta["content"]) : text
}

const textsOfThread = (data: unknown): ReadonlyArray<unknown> => {
  const delta = isObject(data) ? data["delta"] : undefined
  const content = isObject(delta) ? delta["content"] : undefined
  const parts: ReadonlyArray<unknown> = Array.isArray(content) ? content : []
  return parts.map((part) => (isObject(part) && isObject(part["text"]) ? part["text"]["value"] : undefined))
}
