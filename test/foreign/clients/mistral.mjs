import { deepStrictEqual, match, ok, strictEqual } from "node:assert"
import { Mistral } from "@mistralai/mistralai"
import {
  ada,
  anthropicModel,
  assertRetried,
  assertVector,
  citySchema,
  collect,
  failure,
  forecast,
  person,
  personSchema
} from "./shared.mjs"

export const name = "Mistral"

const model = "mistral-small-latest"

export const faults = {
  "streams a tool call":
    "the client demands a function's name in each chunk of its arguments; OpenAI sends it in the first",
  "embeds many": "the client demands an id of an embedding response; OpenAI's has none"
}

export const checks = (urls) => {
  const client = (options) =>
    new Mistral({
      apiKey: "any",
      serverURL: new URL("/openai", urls.openai).href,
      retryConfig: { strategy: "none" },
      ...options
    })
  const user = (content) => ({ role: "user", content })
  const weather = {
    type: "function",
    function: { name: "weather", description: "The weather of a city", parameters: citySchema }
  }
  return {
    chats: async () => {
      const { choices, usage } = await client().chat.complete({ model, messages: [user("one two three")] })
      strictEqual(choices[0].message.content, "one two three")
      strictEqual(choices[0].finishReason, "stop")
      ok(usage.totalTokens > 0)
    },
    "continues a conversation": async () => {
      const { choices } = await client().chat.complete({ model, messages: [user("first")] })
      const next = await client().chat.complete({
        model,
        messages: [user("first"), choices[0].message, user("second")]
      })
      strictEqual(next.choices[0].message.content, "second")
    },
    streams: async () => {
      const events = await collect(await client().chat.stream({ model, messages: [user("one two three")] }))
      const pieces = events.map(({ data }) => data.choices[0]?.delta.content).filter(Boolean)
      deepStrictEqual(pieces, ["one", " two", " three"])
    },
    "runs a tool to the end": async () => {
      const messages = [user("weather?")]
      const first = await client().chat.complete({ model, messages, tools: [weather] })
      const [{ message, finishReason }] = first.choices
      strictEqual(finishReason, "tool_calls")
      const results = message.toolCalls.map((call) => {
        deepStrictEqual(JSON.parse(call.function.arguments), { city: "Paris" })
        return { role: "tool", toolCallId: call.id, name: call.function.name, content: "21 degrees" }
      })
      const next = await client().chat.complete({
        model,
        messages: [...messages, message, ...results],
        tools: [weather]
      })
      strictEqual(next.choices[0].message.content, forecast)
    },
    "streams a tool call": async () => {
      const events = await collect(
        await client().chat.stream({ model, messages: [user("weather?")], tools: [weather] })
      )
      const calls = events.flatMap(({ data }) => data.choices[0]?.delta.toolCalls ?? [])
      strictEqual(calls[0].function.name, "weather")
      deepStrictEqual(JSON.parse(calls.map((call) => call.function.arguments).join("")), { city: "Paris" })
    },
    "gets a structured output": async () => {
      const { choices } = await client().chat.complete({
        model,
        messages: [user("Who is Ada?")],
        responseFormat: {
          type: "json_schema",
          jsonSchema: { name: "person", strict: true, schemaDefinition: personSchema }
        }
      })
      deepStrictEqual(JSON.parse(choices[0].message.content), ada)
    },
    "parses a structured output": async () => {
      const { choices } = await client().chat.parse({
        model,
        messages: [user("Who is Ada?")],
        responseFormat: person
      })
      deepStrictEqual(choices[0].message.parsed, ada)
    },
    "embeds many": async () => {
      const { data } = await client().embeddings.create({ model: "mistral-embed", inputs: ["a", "b"] })
      strictEqual(data.length, 2)
      for (const { embedding } of data) assertVector(embedding)
    },
    "lists models": async () => {
      const { data } = await client().models.list()
      ok(data.length > 0)
    },
    "reads a rate limit": async () => {
      const error = await failure(() => client().chat.complete({ model, messages: [user("too much")] }))
      strictEqual(error.statusCode, 429)
      match(error.body, /Slow down/)
    },
    "retries a busy server": () =>
      assertRetried(urls, async (text) => {
        const backoff = { initialInterval: 10, maxInterval: 50, exponent: 1.5, maxElapsedTime: 5_000 }
        const retryConfig = { strategy: "backoff", backoff, retryConnectionErrors: true }
        const { choices } = await client({ retryConfig }).chat.complete({ model, messages: [user(text)] })
        return choices[0].message.content
      }),
    "reads the error of an unknown model": async () => {
      const error = await failure(() => client().chat.complete({ model: anthropicModel, messages: [user("hi")] }))
      strictEqual(error.statusCode, 404)
    }
  }
}
