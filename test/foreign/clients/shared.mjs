import { deepStrictEqual, strictEqual } from "node:assert"
import { z } from "zod"

export const openAiModel = "gpt-5.4-mini"
export const anthropicModel = "claude-sonnet-5"

export const person = z.object({ name: z.string(), age: z.number() })
export const ada = { name: "Ada", age: 36 }
export const city = z.object({ city: z.string() })

/** JSON Schemas of the same, for the clients that do not take Zod's. */
export const citySchema = {
  type: "object",
  properties: { city: { type: "string" } },
  required: ["city"],
  additionalProperties: false
}
export const personSchema = {
  type: "object",
  properties: { name: { type: "string" }, age: { type: "number" } },
  required: ["name", "age"],
  additionalProperties: false
}

/** The text of the emulator once the tool has answered. */
export const forecast = "It is 21 degrees in Paris."

/** The error with which a call fails. */
export const failure = async (call) => {
  try {
    await call()
  } catch (error) {
    return error
  }
  throw new Error("The call did not fail")
}

/** The pieces of a stream. */
export const collect = async (stream) => {
  const values = []
  for await (const value of stream) values.push(value)
  return values
}

/** Asserts that each call was made with the city that the emulator gives. */
export const assertAskedOnce = (asked) => deepStrictEqual(asked, [{ city: "Paris" }])

/** Asserts that a vector is made of numbers, not all of them 0. */
export const assertVector = (vector) => {
  const numbers = Array.from(vector)
  deepStrictEqual(numbers.length > 0 && numbers.every(Number.isFinite) && numbers.some((value) => value !== 0), true)
}

let busy = 0

/** Asserts that a call is repeated when its first attempt is answered with "overloaded". `ask` returns the answer. */
export const assertRetried = async (urls, ask) => {
  const text = `once busy ${busy++}.`
  strictEqual(await ask(text), text)
  const journal = await (await fetch(new URL("/__llmfx/journal", urls.openai))).json()
  const statuses = journal.data.filter(({ body }) => JSON.stringify(body).includes(text)).map(({ status }) => status)
  strictEqual(statuses.length, 2)
  strictEqual(statuses[0] >= 500, true)
  strictEqual(statuses[1], 200)
}
