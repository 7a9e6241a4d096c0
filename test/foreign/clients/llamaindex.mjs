import { deepStrictEqual, match, strictEqual } from "node:assert"
import AnthropicClient from "@anthropic-ai/sdk"
import { Anthropic, AnthropicSession } from "@llamaindex/anthropic"
import { OpenAI, OpenAIEmbedding, OpenAIResponses } from "@llamaindex/openai"
import { agent, agentStreamEvent } from "@llamaindex/workflow"
import { tool } from "llamaindex"
import {
  ada,
  assertAskedOnce,
  assertRetried,
  assertVector,
  city,
  collect,
  failure,
  forecast,
  openAiModel,
  person
} from "./shared.mjs"

export const name = "LlamaIndex"

// The client offers tools only to models of a list of its own.
const anthropicModel = "claude-sonnet-4-5"

const repeatsDelta = "OpenAIResponses yields the last delta again for each event that follows it"

export const faults = {
  "openai (responses): streams": repeatsDelta,
  "openai (responses): runs an agent with tools in a stream": repeatsDelta
}

export const checks = (urls) => {
  const session = { apiKey: "any", additionalSessionOptions: { baseURL: urls.openai } }
  const models = {
    "openai (chat)": {
      make: (fields) => new OpenAI({ model: openAiModel, maxRetries: 0, ...session, ...fields }),
      unknown: anthropicModel
    },
    "openai (responses)": {
      make: (fields) => new OpenAIResponses({ model: openAiModel, maxRetries: 0, ...session, ...fields }),
      unknown: anthropicModel
    },
    anthropic: {
      make: ({ maxRetries = 0, ...fields } = {}) =>
        new Anthropic({
          model: anthropicModel,
          maxTokens: 100,
          session: Object.assign(new AnthropicSession({ apiKey: "any" }), {
            anthropic: new AnthropicClient({ apiKey: "any", baseURL: urls.anthropic, maxRetries })
          }),
          ...fields
        }),
      unknown: openAiModel
    }
  }
  const user = (content) => [{ role: "user", content }]
  const textOf = ({ message: { content } }) =>
    typeof content === "string" ? content : content.map(({ text = "" }) => text).join("")
  const weather = (asked) =>
    tool({
      name: "weather",
      description: "The weather of a city",
      parameters: city,
      execute: (input) => {
        asked.push(input)
        return "21 degrees"
      }
    })
  const ofModel = ([label, { make, unknown }]) => ({
    [`${label}: chats`]: async () =>
      strictEqual(textOf(await make().chat({ messages: user("one two three") })), "one two three"),
    [`${label}: continues a conversation`]: async () => {
      const { message } = await make().chat({ messages: user("first") })
      strictEqual(textOf(await make().chat({ messages: [...user("first"), message, ...user("second")] })), "second")
    },
    [`${label}: streams`]: async () => {
      const chunks = await collect(await make().chat({ messages: user("one two three"), stream: true }))
      deepStrictEqual(chunks.map(({ delta }) => delta).filter(Boolean), ["one", " two", " three"])
    },
    [`${label}: calls a tool`]: async () => {
      const { message } = await make().chat({ messages: user("weather?"), tools: [weather([])] })
      const [call, ...others] = message.options.toolCall
      deepStrictEqual(others, [])
      strictEqual(call.name, "weather")
      deepStrictEqual(typeof call.input === "string" ? JSON.parse(call.input) : call.input, { city: "Paris" })
    },
    [`${label}: runs an agent with tools in a stream`]: async () => {
      const asked = []
      const run = agent({ llm: make(), tools: [weather(asked)] }).runStream("weather?")
      let text = ""
      for await (const event of run) if (agentStreamEvent.include(event)) text += event.data.delta
      assertAskedOnce(asked)
      strictEqual(text, forecast)
    },
    [`${label}: reads a rate limit`]: async () => {
      const error = await failure(() => make().chat({ messages: user("too much") }))
      strictEqual(error.status, 429)
      match(error.message, /Slow down/)
    },
    [`${label}: retries a busy server`]: () =>
      assertRetried(urls, async (text) => textOf(await make({ maxRetries: 1 }).chat({ messages: user(text) }))),
    [`${label}: reads the error of an unknown model`]: async () => {
      const error = await failure(() => make({ model: unknown }).chat({ messages: user("hi") }))
      strictEqual(error.status, 404)
    }
  })
  const embeddings = () => new OpenAIEmbedding({ model: "text-embedding-3-small", ...session })
  return Object.assign({}, ...Object.entries(models).map(ofModel), {
    "openai (chat): gets a structured output": async () => {
      const answer = await models["openai (chat)"]
        .make()
        .chat({ messages: user("Who is Ada?"), responseFormat: person })
      deepStrictEqual(JSON.parse(textOf(answer)), ada)
    },
    "openai (chat): executes with a structured output": async () => {
      const { object } = await models["openai (chat)"]
        .make()
        .exec({ messages: user("Who is Ada?"), responseFormat: person })
      deepStrictEqual(object, ada)
    },
    "openai: embeds": async () => assertVector(await embeddings().getTextEmbedding("a text")),
    "openai: embeds many": async () => {
      const vectors = await embeddings().getTextEmbeddings(["a", "b", "c"])
      strictEqual(vectors.length, 3)
      for (const vector of vectors) assertVector(vector)
    }
  })
}
