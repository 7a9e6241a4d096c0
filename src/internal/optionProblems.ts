/** Finds problems in options that no compiler checked, such as those of a JavaScript program. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import { isObject, type JsonObject } from "./json/json.ts"

/** Whether a value is valid, and what it has to be. */
type Check = readonly [isValid: (value: unknown) => boolean, expected: string]

const isFunction = (value: unknown): boolean => typeof value === "function"
const isBoolean = (value: unknown): boolean => typeof value === "boolean"

const text: Check = [(value) => typeof value === "string", "text"]
const length: Check = [(value) => typeof value === "number" && value > 0, "a number above 0"]
const credential: Check = [
  (value) => Redacted.isRedacted(value) || Effect.isEffect(value) || (isObject(value) && Effect.isEffect(value["get"])),
  "a secret in Redacted.make(…), an Effect of one, or a Credential"
]

const oneOf = (...words: ReadonlyArray<unknown>): Check => [
  (value) => words.includes(value),
  words.map((word) => JSON.stringify(word)).join(", ")
]

const checks: { readonly [option: string]: Check } = {
  retry: [
    (value) => isObject(value) && typeof value["maxRetries"] === "number" && isFunction(value["retryable"]),
    "a RetryPolicy, such as RetryPolicy.none or RetryPolicy.set(RetryPolicy.official, { maxRetries: 5 })"
  ],
  timeouts: [isObject, "an object of durations by name"],
  headers: [isObject, "an object of texts by name"],
  query: [isObject, "an object of values by name"],
  decoding: oneOf("open", "strict", "raw"),
  debug: [
    (value) => isBoolean(value) || (isObject(value) && typeof value["bodies"] === "number"),
    "true, false or { bodies: n }"
  ],
  transformClient: [isFunction, "a function"],
  middleware: [(value) => Array.isArray(value) && value.every(isFunction), "a list of Middleware"],
  maxEventLength: length,
  maxBodyLength: length,
  strictTools: [isBoolean, "true or false"],
  longRequests: oneOf("fail", "stream", "send"),
  baseUrl: text,
  version: text,
  organization: text,
  project: text,
  apiKey: credential,
  adminApiKey: credential,
  authToken: credential,
  token: credential
}

/** Names each option that has a value of a wrong type. Never shows a value, which may be a secret. */
export const optionProblems = (options: object): ReadonlyArray<string> =>
  Object.entries(options).flatMap(([name, value]) => {
    const check = Object.hasOwn(checks, name) ? checks[name] : undefined
    if (check === undefined || value === undefined) return []
    const [isValid, expected] = check
    if (!isValid(value)) return [`${name} is ${kindOf(value)}; it has to be ${expected}`]
    return isObject(value) ? partProblems(name, value) : []
  })

/** Names the parts of an option that have a wrong type: single timeouts and headers. */
const partProblems = (name: string, parts: JsonObject): ReadonlyArray<string> =>
  Object.entries(parts).flatMap(([key, part]) => {
    const expected = part === undefined ? undefined : expectedPart(name, part)
    return expected === undefined ? [] : [`${name}.${key} is ${kindOf(part)}; it has to be ${expected}`]
  })

const expectedPart = (name: string, part: unknown): string | undefined => {
  switch (name) {
    case "timeouts":
      return Number.isNaN(part) || Option.isNone(Duration.fromInput(part as Duration.Input))
        ? 'a duration: a number of milliseconds, or one such as "1 second"'
        : undefined
    case "headers":
      return part === null || typeof part === "string" ? undefined : "text, or null for none"
    default:
      return undefined
  }
}

const kindOf = (value: unknown): string => {
  if (value === null) return "null"
  if (Array.isArray(value)) return "a list"
  if (Number.isNaN(value)) return "not a number"
  return typeof value === "string" ? "plain text" : typeof value === "object" ? "an object" : `a ${typeof value}`
}
