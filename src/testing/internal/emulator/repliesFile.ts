/** Replies that are written down as JSON. */
import { arrayOf, entryOf, isObject, type JsonObject } from "../../../internal/json/json.ts"
import * as Failure from "../../Failure.ts"
import type { ServerReason } from "../wireFailure.ts"
import type { ChatReply, ChatRequest, Scripted } from "./chat.ts"

const failures: { readonly [name: string]: (detail: JsonObject) => ServerReason } = {
  authentication: Failure.authentication,
  permissionDenied: Failure.permissionDenied,
  notFound: Failure.notFound,
  invalidRequest: Failure.invalidRequest,
  conflict: Failure.conflict,
  rateLimit: Failure.rateLimit,
  quotaExceeded: Failure.quotaExceeded,
  contentPolicy: Failure.contentPolicy,
  overloaded: Failure.overloaded,
  server: Failure.server
}

interface Rule {
  readonly matches: (request: ChatRequest) => boolean
  readonly reply: Scripted
  /** How often it can still answer. */
  left: number
}

const conditions: { readonly [name: string]: (request: ChatRequest, wanted: string) => boolean } = {
  provider: ({ provider }, wanted) => provider === wanted,
  endpoint: ({ endpoint }, wanted) => endpoint === wanted || endpoint === `${wanted}:stream`,
  model: ({ model }, wanted) => model === wanted,
  contains: ({ messages }, wanted) => messages.at(-1)?.text.includes(wanted) === true,
  after: ({ messages }, wanted) => messages.at(-1)?.role === wanted,
  tool: ({ tools }, wanted) => tools.some(({ name }) => name === wanted)
}

const texts = ["text", "reasoning", "refusal"]
const known = new Set([...texts, "toolCalls", "truncated", "tokens", "failure", "when", "times"])

const wrong = (index: number, problem: string): never => {
  throw new Error(`Reply ${index + 1} ${problem}`)
}

/**
 * The replies of a list: those with `when` answer each request that they match, the others one request each, in their
 * order. Throws if the list is not one of replies.
 */
export const parseReplies = (json: unknown): ((request: ChatRequest) => Scripted | undefined) => {
  if (!Array.isArray(json)) throw new Error("The replies are not a list")
  const rules = json.map((entry: unknown, index) => ruleOf(entry, index))
  return (request) => {
    const rule = rules.find((rule) => rule.left > 0 && rule.matches(request))
    if (rule === undefined) return undefined
    rule.left--
    return rule.reply
  }
}

const ruleOf = (entry: unknown, index: number): Rule => {
  if (typeof entry === "string") return { matches: () => true, reply: entry, left: 1 }
  if (!isObject(entry)) return wrong(index, "is neither a text nor an object")
  const odd = Object.keys(entry).find((name) => !known.has(name))
  if (odd !== undefined) return wrong(index, `has the unknown property "${odd}"`)
  const { times, when } = entry
  if (times !== undefined && !(Number.isInteger(times) && Number(times) > 0)) {
    return wrong(index, "has `times` that are not a positive whole number")
  }
  return {
    matches: matcherOf(when, index),
    reply: replyOf(entry, index),
    left: typeof times === "number" ? times : when === undefined ? 1 : Number.POSITIVE_INFINITY
  }
}

const matcherOf = (when: unknown, index: number): Rule["matches"] => {
  if (when === undefined) return () => true
  if (!isObject(when)) return wrong(index, "has a `when` that is not an object")
  const tests = Object.entries(when).map(([name, wanted]) => {
    const test = entryOf(conditions, name)
    if (test === undefined) {
      return wrong(index, `has the unknown condition "${name}": known are ${Object.keys(conditions).join(", ")}`)
    }
    return typeof wanted === "string"
      ? (request: ChatRequest) => test(request, wanted)
      : wrong(index, `has a condition "${name}" that is not a text`)
  })
  return (request) => tests.every((test) => test(request))
}

const replyOf = (entry: JsonObject, index: number): ChatReply => {
  for (const name of texts) {
    if (entry[name] !== undefined && typeof entry[name] !== "string") wrong(index, `has a ${name} that is not a text`)
  }
  const { failure, reasoning, refusal, text, tokens, toolCalls, truncated } = entry
  const calls = arrayOf(toolCalls).map((call) =>
    isObject(call) && typeof call["name"] === "string"
      ? { name: call["name"], input: call["input"] ?? {} }
      : wrong(index, "has a tool call without a name")
  )
  return {
    text: text as string | undefined,
    reasoning: reasoning as string | undefined,
    refusal: refusal as string | undefined,
    truncated: truncated === true,
    ...(calls.length === 0 ? {} : { toolCalls: calls }),
    ...(isObject(tokens) ? { tokens } : {}),
    ...(failure === undefined ? {} : { failure: failureOf(failure, index) })
  }
}

/** `"rateLimit"`, or `{ "reason": "rateLimit", "message": "…", "retryAfter": "2 seconds" }`. */
const failureOf = (failure: unknown, index: number): ServerReason => {
  const { reason, ...detail } = isObject(failure) ? failure : { reason: failure }
  const make = entryOf(failures, String(reason))
  return make === undefined
    ? wrong(index, `has the unknown failure "${reason}": known are ${Object.keys(failures).join(", ")}`)
    : make(detail)
}
