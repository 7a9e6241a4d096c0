/** Reads the error that a server reports, whatever words it has for it. */
import type { ServerDetail } from "../../ApiError.ts"
import { arrayOf, isObject, type JsonObject, parseJson, stringOf } from "../json/json.ts"

/** Names under which servers put an error within another object. */
const nestings = ["error", "errors", "Error", "fault", "detail", "details"] as const
const messageNames = [
  "message",
  "Message",
  "msg",
  "error_message",
  "errorMessage",
  "error_msg",
  "error_description",
  "detail",
  "details",
  "faultstring",
  "title",
  "reason",
  "description",
  "error"
] as const
const codeNames = ["code", "error_code", "errorCode", "Code"] as const
const statusNames = ["status", "status_code", "statusCode", "http_status", "http_code", "code", "error_code"] as const

/** Reads an error body. Returns `undefined` if it is not an error. */
export const detailIn = (body: unknown): ServerDetail | undefined => {
  const levels = levelsOf(body)
  if (levels.length === 0) return undefined
  const message = firstOf(levels, messageNames) ?? fieldProblem(levels)
  const code = firstOf(levels, codeNames)
  if (message === undefined && code === undefined && !levels.some(({ isNamed }) => isNamed)) return undefined
  return {
    message: withUpstream(message ?? JSON.stringify(levels[0]?.fields), levels),
    code,
    type: typeIn(levels),
    param: firstOf(levels, ["param"]) ?? locationIn(levels),
    helpUrl: undefined
  }
}

/** Routers report an error in words of their own, next to those of the server that they asked. */
const withUpstream = (message: string, levels: ReadonlyArray<Level>): string => {
  const metadata = levels.map(({ fields }) => fields["metadata"]).find(isObject)
  const raw = metadata?.["raw"]
  const said = (detailIn(raw)?.message ?? "").slice(0, longestUpstream)
  return said === "" || message.includes(said) ? message : `${message}: ${said}`
}

const longestUpstream = 1000

/** Whether a value that is not the answer looks like an error. */
export const isErrorLike = (body: unknown): boolean => {
  if (typeof body === "string") return body.trim() !== ""
  if (Array.isArray(body)) return isObject(body[0]) && isErrorLike(body[0])
  if (!isObject(body)) return false
  if (hasError(body) || body["object"] === "error" || body["type"] === "error") return true
  const says = firstOf([{ fields: body, isNamed: false }], messageNames) !== undefined
  return says && (statusIn(body) !== undefined || codeNames.some((name) => isCode(body[name])) || isBare(body))
}

/** Whether an object reports an error under one of the usual names. */
const hasError = (body: JsonObject): boolean =>
  isError(body["error"]) || isErrorList(body["errors"]) || isObject(body["fault"]) || failedChoiceIn(body) !== undefined

/** Whether the value of a property named `error` says that something went wrong. */
export const isError = (value: unknown): boolean =>
  typeof value === "string" ? value.trim() !== "" : isObject(value) && Object.keys(value).length > 0

/** The choice whose server reports that it failed: routers tell of an upstream so. */
export const failedChoiceIn = ({ choices }: JsonObject): JsonObject | undefined => {
  for (const choice of arrayOf(choices)) {
    if (isObject(choice) && isError(choice["error"])) return choice
  }
  return undefined
}

const isErrorList = (value: unknown): boolean => Array.isArray(value) && value.some(isError)

/** The HTTP status that an error names in its body, as a number or as digits. */
export const statusIn = (body: unknown): number | undefined => {
  for (const { fields } of levelsOf(body)) {
    for (const name of statusNames) {
      const status = Number(stringOf(fields[name]))
      if (Number.isInteger(status) && status >= 400 && status < 600) return status
    }
  }
  return undefined
}

interface Level {
  readonly fields: JsonObject
  /** Whether it stands under a name that errors have. */
  readonly isNamed: boolean
}

/** The objects of an error, from the inside out. */
const levelsOf = (body: unknown, isNamed = false, depth = 0): ReadonlyArray<Level> => {
  if (typeof body === "string") return textLevels(body, isNamed, depth)
  const value: unknown = Array.isArray(body) ? body.find((item) => isObject(item) || typeof item === "string") : body
  if (!isObject(value)) return typeof value === "string" ? textLevels(value, isNamed, depth) : []
  const outer = { fields: value, isNamed: isNamed || value["object"] === "error" || value["type"] === "error" }
  if (depth === 4) return [outer]
  const failed = failedChoiceIn(value)
  if (failed !== undefined) return [...levelsOf(failed, true, depth + 1), outer]
  for (const name of nestings) {
    const inner = value[name]
    const isNested = isObject(inner) || (Array.isArray(inner) && inner.some(isObject))
    if (!isNested && !(typeof inner === "string" && /^\s*[[{]/.test(inner))) continue
    return [...levelsOf(inner, name !== "detail" && name !== "details", depth + 1), outer]
  }
  return [outer]
}

/** A text may be an error in JSON, or only its words. */
const textLevels = (text: string, isNamed: boolean, depth: number): ReadonlyArray<Level> => {
  const words = text.replace(/^\s*error\s*:\s*(?=[[{])/i, "").trim()
  if (words === "") return []
  if (/^[[{]/.test(words) && depth < 4) {
    const json = parseJson(words)
    if (json !== undefined) return levelsOf(json, true, depth + 1)
  }
  return [{ fields: { message: words }, isNamed }]
}

const firstOf = (levels: ReadonlyArray<Level>, names: ReadonlyArray<string>): string | undefined => {
  for (const { fields } of levels) {
    for (const name of names) {
      const text = stringOf(fields[name])
      if (text !== undefined) return text
    }
  }
  return undefined
}

const typeIn = (levels: ReadonlyArray<Level>): string | undefined => {
  for (const { fields } of levels) {
    const type = stringOf(fields["type"])
    if (type !== undefined && type !== "error") return type
  }
  // Google names the kind of an error in `status`.
  const status = firstOf(levels, ["status"])
  return status !== undefined && /^[A-Za-z]\w*$/.test(status) ? status : undefined
}

/** Returns the problem of a field, from a server that checks fields one by one, as FastAPI does. */
const fieldProblem = (levels: ReadonlyArray<Level>): string | undefined => firstOf(levels, ["msg"])

const locationIn = (levels: ReadonlyArray<Level>): string | undefined => {
  for (const { fields } of levels) {
    if (Array.isArray(fields["loc"])) return fields["loc"].join(".")
  }
  return undefined
}

const isCode = (value: unknown): boolean =>
  typeof value === "number" ? value !== 0 : typeof value === "string" && value !== "" && value !== "0"

/** Whether an object has nothing but what an error says. */
const isBare = (body: JsonObject): boolean => Object.keys(body).every((name) => known.has(name))

const known: ReadonlySet<string> = new Set<string>([
  ...messageNames,
  ...codeNames,
  ...statusNames,
  "type",
  "param",
  "path",
  "timestamp",
  "request_id",
  "requestId",
  "success"
])

/** Returns the error in a text: JSON, JSON after `error:`, or the data of an event. Returns `undefined` otherwise. */
export const errorInText = (text: string): unknown => {
  const start = text.trimStart().slice(0, 6)
  if (/^(?:data|event|id|error) ?:|^:/i.test(start)) {
    const words = /^(?:data|error) ?:(.*)$/im.exec(text)?.[1]?.trim() ?? ""
    return parseJson(words)
  }
  return parseJson(text)
}
