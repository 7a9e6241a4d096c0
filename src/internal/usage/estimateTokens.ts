import type { Call } from "../../Middleware.ts"
import { isObject } from "../json/json.ts"

/** How many tokens a call may use. */
export interface TokenEstimate {
  readonly input: number
  readonly output: number
}

const charactersPerToken = 4
const usualOutput = 1000

/** Estimates tokens from the input alone. Returns zero for calls without a model. */
export const estimateTokens = ({ input }: Pick<Call, "input">): TokenEstimate => {
  if (!isObject(input) || typeof input["model"] !== "string") return { input: 0, output: 0 }
  const allowed = [input["max_output_tokens"], input["max_completion_tokens"], input["max_tokens"]].find(
    (limit) => typeof limit === "number"
  )
  return {
    input: Math.ceil(lengthOf(input) / charactersPerToken),
    output: Math.min(typeof allowed === "number" ? allowed : usualOutput, usualOutput)
  }
}

const maxDepth = 30

/** Counts the characters of all texts except files, whose length says little about their tokens. */
const lengthOf = (value: unknown, depth = 0): number => {
  if (typeof value === "string") return value.startsWith("data:") ? 0 : value.length
  if (depth === maxDepth) return 0
  if (Array.isArray(value)) return value.reduce<number>((sum, item) => sum + lengthOf(item, depth + 1), 0)
  if (!isObject(value)) return 0
  return Object.entries(value).reduce(
    (sum, [name, item]) => sum + (fileFields.has(name) ? 0 : lengthOf(item, depth + 1)),
    0
  )
}

const fileFields: ReadonlySet<string> = new Set(["data", "file_data", "image_url", "model"])
