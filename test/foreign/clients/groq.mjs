import { deepStrictEqual, match, ok, strictEqual } from "node:assert"
import Groq from "groq-sdk"
import {
  ada,
  anthropicModel,
  assertRetried,
  assertVector,
  citySchema,
  collect,
  failure,
  forecast,
  personSchema
} from "./shared.mjs"

export const name = "Groq"

const model = "llama-3.3-70b-versatile"

export const checks = (urls) => {
  // The client adds /openai/v1 to the paths.
  const client = (options) =>
    new Groq({ apiKey: "any", baseURL: new URL("/", urls.openai).href, maxRetries: 0, ...options })
  const create = (body, options) => client(options).chat.completions.create({ model, ...body })
  const user = (content) => ({ role: "user", content })
  const weather = {
    type: "function",
    function: { name: "weather", description: "The weather of a city", parameters: citySchema }
  }
  return {
    chats: async () => {
      const { choices, usage } = await create({ messages: [user("one two three")] })
      strictEqual(choices[0].message.content, "one two three")
      ok(usage.total_tokens > 0)
    },
    "continues a conversation": async () => {
      const { choices } = await create({ messages: [user("first")] })
      const next = await create({ messages: [user("first"), choices[0].message, user("second")] })
      strictEqual(next.choices[0].message.content, "second")
    },
    streams: async () => {
      const chunks = await collect(await create({ messages: [user("one two three")], stream: true }))
      deepStrictEqual(chunks.map(({ choices }) => choices[0]?.delta.content).filter(Boolean), ["one", " two", " three"])
    },
    "runs a tool to the end": async () => {
      const messages = [user("weather?")]
      const first = await create({ messages, tools: [weather] })
      const [{ finish_reason, message }] = first.choices
      strictEqual(finish_reason, "tool_calls")
      const results = message.tool_calls.map((call) => {
        deepStrictEqual(JSON.parse(call.function.arguments), { city: "Paris" })
        return { role: "tool", tool_call_id: call.id, content: "21 degrees" }
      })
      const next = await create({ messages: [...messages, message, ...results], tools: [weather] })
      strictEqual(next.choices[0].message.content, forecast)
    },
    "streams a tool call": async () => {
      const chunks = await collect(await create({ messages: [user("weather?")], tools: [weather], stream: true }))
      const calls = chunks.flatMap(({ choices }) => choices[0]?.delta.tool_calls ?? [])
      strictEqual(calls[0].function.name, "weather")
      deepStrictEqual(JSON.parse(calls.map((call) => call.function.arguments ?? "").join("")), { city: "Paris" })
    },
    "gets a structured output": async () => {
      const { choices } = await create({
        messages: [user("Who is Ada?")],
        response_format: { type: "json_schema", json_schema: { name: "person", strict: true, schema: personSchema } }
      })
      deepStrictEqual(JSON.parse(choices[0].message.content), ada)
    },
    "gets JSON": async () => {
      const { choices } = await create({
        messages: [{ role: "system", content: "Answer in JSON." }, user("Who is Ada?")],
        response_format: { type: "json_object" }
      })
      deepStrictEqual(JSON.parse(choices[0].message.content), ada)
    },
    embeds: async () => {
      const { data } = await client().embeddings.create({ model: "nomic-embed-text-v1_5", input: ["a", "b"] })
      strictEqual(data.length, 2)
      for (const { embedding } of data) assertVector(embedding)
    },
    "reads a rate limit": async () => {
      const error = await failure(() => create({ messages: [user("too much")] }))
      ok(error instanceof Groq.RateLimitError)
      match(error.message, /Slow down/)
    },
    "retries a busy server": () =>
      assertRetried(urls, async (text) => {
        const { choices } = await create({ messages: [user(text)] }, { maxRetries: 1 })
        return choices[0].message.content
      }),
    "reads the error of an unknown model": async () => {
      const error = await failure(() => create({ model: anthropicModel, messages: [user("hi")] }))
      ok(error instanceof Groq.NotFoundError)
    },
    "reads the error of a missing key": async () => {
      const error = await failure(() => create({ messages: [user("hi")] }, { defaultHeaders: { authorization: null } }))
      ok(error instanceof Groq.AuthenticationError)
    }
  }
}
