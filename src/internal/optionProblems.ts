/** Finds problems in options that no compiler checked, such as those of a JavaScript program. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import { isObject } from "./json/json.ts"

interface Check {
  readonly isValid: (value: unknown) => boolean
  readonly expected: string
}

const text: Check = { isValid: (value) => typeof value === "string", expected: "text" }

const oneOf = (...words: ReadonlyArray<string>): Check => ({
  isValid: (value) => typeof value === "string" && words.includes(value),
  expected: words.map((word) => JSON.stringify(word)).join(", ")
})

const credential: Check = {
  isValid: (value) =>
    Redacted.isRedacted(value) || Effect.isEffect(value) || (isObject(value) && Effect.isEffect(value["get"])),
  expected: "a secret in Redacted.make(…), an Effect of one, or a Credential"
}

const checks: { readonly [option: string]: Check } = {
  retry: {
    isValid: (value) =>
      isObject(value) && typeof value["maxRetries"] === "number" && typeof value["retryable"] === "function",
    expected: "a RetryPolicy, such as RetryPolicy.none or RetryPolicy.set(RetryPolicy.official, { maxRetries: 5 })"
  },
  timeouts: { isValid: isObject, expected: "an object of durations by name" },
  headers: { isValid: isObject, expected: "an object of texts by name" },
  query: { isValid: isObject, expected: "an object of values by name" },
  decoding: oneOf("open", "strict", "raw"),
  debug: {
    isValid: (value) => typeof value === "boolean" || (isObject(value) && typeof value["bodies"] === "number"),
    expected: "true, false or { bodies: n }"
  },
  transformClient: { isValid: (value) => typeof value === "function", expected: "a function" },
  middleware: {
    isValid: (value) => Array.isArray(value) && value.every((one) => typeof one === "function"),
    expected: "a list of Middleware"
  },
  maxEventLength: { isValid: (value) => typeof value === "number" && value > 0, expected: "a number above 0" },
  maxBodyLength: { isValid: (value) => typeof value === "number" && value > 0, expected: "a number above 0" },
  strictTools: { isValid: (value) => typeof value === "boolean", expected: "true or false" },
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
    if (!check.isValid(value)) return [`${name} is ${kindOf(value)}; it has to be ${check.expected}`]
    return [...partProblems(name, value)]
  })

const partProblems = (name: string, value: unknown): ReadonlyArray<string> => {
  if (!isObject(value)) return []
  const parts = Object.entries(value).filter(([, part]) => part !== undefined)
  if (name === "timeouts") {
    return parts
      .filter(([, part]) => Option.isNone(Duration.fromInput(part as Duration.Input)))
      .map(
        ([part]) => `timeouts.${part} is no duration; it has to be a number of milliseconds, or one such as "1 second"`
      )
  }
  return name !== "headers"
    ? []
    : parts
        .filter(([, part]) => part !== null && typeof part !== "string")
        .map(([part, given]) => `headers.${part} is ${kindOf(given)}; it has to be text, or null for none`)
}

const kindOf = (value: unknown): string => {
  if (value === null) return "null"
  if (Array.isArray(value)) return "a list"
  return typeof value === "string" ? "plain text" : typeof value === "object" ? "an object" : `a ${typeof value}`
}
