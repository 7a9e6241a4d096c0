/** The words in which each API says what is wrong with a request. */
import * as Failure from "../../../Failure.ts"
import { Refusal } from "../exchange.ts"
import type { Fault, Path, Problem, TypeName } from "./shape.ts"

const quoted = (names: ReadonlyArray<string>, last: string): string =>
  names.map((name, index) => `${index > 0 && index === names.length - 1 ? `${last} ` : ""}'${name}'`).join(", ")

const noun = { string: "string", array: "array", object: "object" } as const

// ---- OpenAI

/** A place in a body as OpenAI writes it: `messages[0].content`. */
export const openAiPath = (path: Path): string =>
  path.map((step, index) => (typeof step === "number" ? `[${step}]` : index === 0 ? step : `.${step}`)).join("")

const openAiTypes: { readonly [K in TypeName]: string } = {
  string: "a string",
  boolean: "a boolean",
  number: "a decimal",
  integer: "an integer",
  object: "an object",
  array: "an array",
  "array of objects": "an array of objects"
}

const openAiTypeOf = (value: unknown): string => {
  if (value === null) return "null"
  if (Array.isArray(value)) return "an array"
  if (typeof value === "number") return Number.isInteger(value) ? "an integer" : "a decimal number"
  return typeof value === "object" ? "an object" : `a ${typeof value}`
}

const openAiExpected = (types: ReadonlyArray<TypeName>): string => {
  const [only] = types
  if (types.length === 1 && only !== undefined) return openAiTypes[only]
  const names = types.map((type, index) => (index === 0 ? openAiTypes[type] : openAiTypes[type].replace(/^an? /, "")))
  return `one of ${names.slice(0, -1).join(", ")} or ${names.at(-1)}`
}

const openAiProblem = (
  problem: Problem,
  at: string
): { readonly message: string; readonly code: string | undefined } => {
  switch (problem._tag) {
    case "Missing":
      return { message: `Missing required parameter: '${at}'.`, code: "missing_required_parameter" }
    case "WrongType":
      return {
        message: `Invalid type for '${at}': expected ${openAiExpected(problem.expected)}, but got ${openAiTypeOf(problem.given)} instead.`,
        code: "invalid_type"
      }
    case "UnknownValue":
      return {
        message: `Invalid value: '${problem.given}'. Supported values are: ${quoted(problem.known, "and")}.`,
        code: "invalid_value"
      }
    case "UnknownField":
      return { message: `Unknown parameter: '${at}'.`, code: "unknown_parameter" }
    case "OutOfRange": {
      const kind = problem.isInteger ? "integer" : "decimal"
      const [word, sign, name] =
        problem.side === "below" ? ["below minimum", ">=", "min"] : ["above maximum", "<=", "max"]
      return {
        message: `Invalid '${at}': ${kind} ${word} value. Expected a value ${sign} ${problem.limit}, but got ${problem.given} instead.`,
        code: `${kind}_${problem.side}_${name}_value`
      }
    }
    case "WrongLength":
      return openAiLength(problem, at)
    case "WrongPattern":
      return {
        message: `Invalid '${at}': string does not match pattern. Expected a string that matches the pattern '${problem.pattern}'.`,
        code: "invalid_value"
      }
  }
}

const openAiLength = (
  { given, limit, of, side }: Extract<Problem, { readonly _tag: "WrongLength" }>,
  at: string
): { readonly message: string; readonly code: string } => {
  const bound = `${side === "below" ? "minimum" : "maximum"} ${of === "object" ? "number of properties" : "length"} ${limit}`
  const length = `${given === 0 ? `an empty ${noun[of]}` : `${of === "string" ? "a string" : `an ${noun[of]}`} with length ${given}`}`
  const what =
    given === 0
      ? `empty ${noun[of]}`
      : `${noun[of]} too ${side === "below" ? "short" : of === "object" ? "large" : "long"}`
  return {
    message: `Invalid '${at}': ${what}. Expected ${of === "string" ? "a string" : `an ${noun[of]}`} with ${bound}, but got ${length} instead.`,
    code:
      given === 0
        ? `empty_${of}`
        : `${of}_${side}_${side === "below" ? "min" : "max"}_${of === "object" ? "properties" : "length"}`
  }
}

/** Refuses a request as OpenAI does. */
export const refuseOpenAi = (message: string, param: string | undefined, code?: string): never => {
  throw new Refusal(Failure.invalidRequest({ message, param, code }))
}

export const refuseOpenAiFault = ({ path, problem }: Fault): never => {
  const at = openAiPath(path)
  const { code, message } = openAiProblem(problem, at)
  return refuseOpenAi(message, at, code)
}

// ---- Anthropic

/** A place in a body as Anthropic writes it: `messages.0.content`. */
export const anthropicPath = (path: Path): string => path.join(".")

const anthropicTypes: { readonly [K in TypeName]: string } = {
  string: "string",
  boolean: "boolean",
  number: "number",
  integer: "integer",
  object: "dictionary",
  array: "list",
  "array of objects": "list"
}

const anthropicProblem = (problem: Problem): string => {
  switch (problem._tag) {
    case "Missing":
      return "Field required"
    case "WrongType":
      // Of several types the last one is the most general: the content of a message is a string or a list.
      return `Input should be a valid ${anthropicTypes[problem.expected.at(-1) ?? "object"]}`
    case "UnknownValue":
      return `Input should be ${quoted(problem.known, "or").replace(/, or /, " or ")}`
    case "UnknownField":
      return "Extra inputs are not permitted"
    case "OutOfRange":
      return `Input should be ${problem.side === "below" ? "greater" : "less"} than or equal to ${problem.limit}`
    case "WrongLength": {
      const what = problem.of === "string" ? "String" : problem.of === "array" ? "List" : "Dictionary"
      const unit = problem.of === "string" ? "character" : "item"
      const side = problem.side === "below" ? "at least" : "at most"
      const plural = problem.limit === 1 ? "" : "s"
      return problem.of === "string"
        ? `${what} should have ${side} ${problem.limit} ${unit}${plural}`
        : `${what} should have ${side} ${problem.limit} ${unit}${plural} after validation, not ${problem.given}`
    }
    case "WrongPattern":
      return `String should match pattern '${problem.pattern}'`
  }
}

/** Refuses a request as Anthropic does. */
export const refuseAnthropic = (message: string): never => {
  throw new Refusal(Failure.invalidRequest({ message }))
}

export const refuseAnthropicFault = ({ path, problem }: Fault): never =>
  refuseAnthropic(`${anthropicPath(path)}: ${anthropicProblem(problem)}`)

// ---- Coze

const cozeProblem = (problem: Problem): string => {
  switch (problem._tag) {
    case "Missing":
      return "is required"
    case "WrongType":
      return `must be ${openAiExpected(problem.expected)}`
    case "UnknownValue":
      return `must be one of ${problem.known.join(", ")}`
    case "UnknownField":
      return "is not a parameter"
    case "OutOfRange":
      return `must be ${problem.side === "below" ? ">=" : "<="} ${problem.limit}`
    case "WrongLength":
      return `must have ${problem.side === "below" ? "at least" : "at most"} ${problem.limit} items or characters`
    case "WrongPattern":
      return `must match ${problem.pattern}`
  }
}

export const refuseCozeFault = ({ path, problem }: Fault): never => {
  throw new Refusal(
    Failure.invalidRequest({
      message: `Request parameter error: ${openAiPath(path)} ${cozeProblem(problem)}. Please check your request.`
    })
  )
}
