/** Tells the frames of a stream that are events from those that only keep it alive, end it, or report an error. */

import { notJson } from "../decode/schemaDecoder.ts"
import { done, ErrorInBody, skip } from "../dialect.ts"
import { isErrorLike } from "../errors/serverError.ts"
import { isObject, type JsonObject } from "../json/json.ts"
import type { JsonParser } from "../json/patternParser.ts"

/** The longest data that says nothing, with room for blanks: `[DONE]`, `null`, `{}`. */
const longestSignal = 16

const keepAlive = /(?:^|[._:-])(?:ping|pong|keep[-_ ]?alive|heart[-_ ]?beat)$/i

/** Whether a name says that nothing happened. Looks at its last letter first: most events of a stream end in another. */
const isKeepAlive = (name: string): boolean => {
  switch (name.charCodeAt(name.length - 1) | 32) {
    case 101: // e
    case 103: // g
    case 116: // t
      return keepAlive.test(name)
    default:
      return false
  }
}

/** Whether data says nothing: blank, or an empty JSON value. */
const isEmptyFrame = (data: string): boolean => {
  if (data.length > longestSignal) return startsBlank(data) && data.trim() === ""
  return /^(?:\{\s*\}|\[\s*\]|null|"")?$/.test(data.trim())
}

/** Whether the first character may be blank: it is not one of visible ASCII. */
const startsBlank = (data: string): boolean => {
  const first = data.charCodeAt(0)
  return first <= 32 || first >= 127
}

/** Whether data is the mark that OpenAI ends its streams with. */
const isDoneFrame = (data: string): boolean => data.length <= longestSignal && /^\s*\[done\]\s*$/i.test(data)

/** A reader of the frames of one stream. */
export interface Frames {
  readonly parse: JsonParser
  /** Reads the JSON of a frame. */
  readonly read: (event: string, data: string) => unknown
  readonly isDone: (data: string) => boolean
  readonly isEmpty: (data: string) => boolean
  readonly isKeepAlive: (name: string) => boolean
  readonly isComment: (data: string) => boolean
  readonly isKeepAliveObject: (json: JsonObject) => boolean
}

export const framesOf = (parse: JsonParser): Frames => ({
  parse,
  read: (event, data) => readFrame(event, data, parse),
  isDone: isDoneFrame,
  isEmpty: isEmptyFrame,
  isKeepAlive,
  isComment,
  isKeepAliveObject
})

/**
 * The JSON of a frame, `skip` if it is not an event, or `done` if it ends the stream. Throws `ErrorInBody` for what
 * is not JSON but words. The `type` in the data says more than the name of the event.
 */
const readFrame = (event: string, data: string, parse: JsonParser): unknown => {
  if (data.length <= longestSignal) {
    if (isDoneFrame(data)) return isKeepAlive(event) ? skip : done
    if (isEmptyFrame(data)) return event === "done" ? done : skip
  }
  const json = jsonOf(event, data, parse)
  if (!isObject(json)) {
    if (isKeepAlive(event)) return skip
    return typeof json === "string" || (Array.isArray(json) && isErrorLike(json)) ? failWith(json) : json
  }
  const { type } = json
  if (typeof type !== "string") {
    if (event === "" || event === "message") return json
    if (event === "error") throw new ErrorInBody(json)
    return isKeepAlive(event) ? skip : event === "done" ? done : json
  }
  if (type === "error" || json["object"] === "error" || (event === "error" && isError(type, json))) {
    throw new ErrorInBody(json)
  }
  if (isErrorType(type) && isErrorLike(json)) throw new ErrorInBody(json)
  return isKeepAlive(type) || (isKeepAlive(event) && !isEventType.test(type)) ? skip : json
}

/** Whether the type is the kind of an error, such as `BadRequestError`; no event has such a name. */
const isErrorType = (type: string): boolean => {
  const last = type.charCodeAt(type.length - 1) | 32
  return (last === 114 || last === 110) && /(?:error|exception)$/i.test(type)
}

/** The names of events have several parts. */
const isEventType = /[._]/

/** Whether an object says that nothing happened, such as `{"type":"ping"}` or `{"ping":1718000000}`. */
const isKeepAliveObject = (json: JsonObject): boolean => {
  if (isKeepAliveName(json["type"]) || isKeepAliveName(json["object"]) || isKeepAliveName(json["event"])) return true
  let only: string | undefined
  for (const name in json) {
    if (only !== undefined) return false
    only = name
  }
  return isKeepAliveName(only)
}

const isKeepAliveName = (name: unknown): boolean => typeof name === "string" && isKeepAlive(name)

/** Whether the data of an event named `error` is one: its `type` may be the kind of the error, or that of an event. */
const isError = (type: string, json: unknown): boolean => /error|exception/i.test(type) || isErrorLike(json)

/** Whether data is a word that keeps a connection open, or a comment that a proxy has sent on as data. */
const isComment = (data: string): boolean => {
  const words = data.trim()
  return words.startsWith(":") || isKeepAlive(words)
}

const failWith = (raw: unknown): never => {
  throw new ErrorInBody(raw)
}

const jsonOf = (event: string, data: string, parse: JsonParser): unknown => {
  try {
    return parse(data)
  } catch {
    if (isKeepAlive(event) || (event !== "error" && isComment(data))) return skip
    if (event !== "error" && /^\s*(?:[[{"]|$)/.test(data)) throw notJson(data)
    return failWith(data)
  }
}
