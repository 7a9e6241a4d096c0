import { deepStrictEqual, match, ok, strictEqual } from "node:assert"
import * as instructor from "@instructor-ai/instructor"
import OpenAI from "openai"
import { z } from "zod/v3"
import { ada, anthropicModel, collect, failure, openAiModel } from "./shared.mjs"

export const name = "Instructor"

// It writes every error that it throws, whatever its options.
const quietly = async (check) => {
  const { error, warn } = console
  console.error = console.warn = () => {}
  try {
    return await check()
  } finally {
    Object.assign(console, { error, warn })
  }
}

// The client reads schemas of Zod 3.
const person = z.object({ name: z.string(), age: z.number() }).describe("A person")

// Instructor is published as a bundle that some versions of Node see as CommonJS.
const createInstructor = instructor.default?.default ?? instructor.default

const refusal = (call) => quietly(() => failure(call))

export const checks = (urls) => {
  const make = (mode, options) =>
    createInstructor({
      client: new OpenAI({ apiKey: "any", baseURL: urls.openai, maxRetries: 0 }),
      mode,
      ...options
    })
  const ask = (content, fields) => ({
    model: openAiModel,
    messages: [{ role: "user", content }],
    response_model: { schema: person, name: "person" },
    max_retries: 0,
    ...fields
  })
  const ofMode = (mode) => ({
    [`${mode}: extracts`]: async () => {
      const { _meta, ...found } = await make(mode).chat.completions.create(ask("Who is Ada?"))
      deepStrictEqual(found, ada)
      ok(_meta.usage.total_tokens > 0)
    },
    [`${mode}: streams what it extracts`]: async () => {
      const parts = await collect(await make(mode).chat.completions.create(ask("Who is Ada?", { stream: true })))
      const { _meta, ...found } = parts.at(-1)
      deepStrictEqual(found, ada)
    },
    [`${mode}: reads a rate limit`]: async () => {
      const error = await refusal(() => make(mode).chat.completions.create(ask("too much")))
      strictEqual(error.status, 429)
      match(error.message, /Slow down/)
    },
    [`${mode}: reads the error of an unknown model`]: async () => {
      const error = await refusal(() => make(mode).chat.completions.create(ask("hi", { model: anthropicModel })))
      strictEqual(error.status, 404)
    }
  })
  return Object.assign({}, ...["TOOLS", "FUNCTIONS", "JSON", "MD_JSON", "JSON_SCHEMA"].map(ofMode), {
    "TOOLS: asks again until the answer fits": async () => {
      const picky = person.extend({ name: z.string().refine((value) => value !== "Ada", "It must not be Ada") })
      const error = await refusal(() =>
        // Without the option it repeats only for errors of Zod 4.
        make("TOOLS", { retryAllErrors: true }).chat.completions.create(
          ask("Who is Ada? Not again", { response_model: { schema: picky, name: "person" }, max_retries: 1 })
        )
      )
      match(error.message, /must not be Ada/)
      const journal = await (await fetch(new URL("/__llmfx/journal", urls.openai))).json()
      strictEqual(journal.data.filter(({ body }) => JSON.stringify(body).includes("Not again")).length, 2)
    },
    "chats without a schema": async () => {
      const { choices } = await make("TOOLS").chat.completions.create({
        model: openAiModel,
        messages: [{ role: "user", content: "one two three" }]
      })
      strictEqual(choices[0].message.content, "one two three")
    }
  })
}
