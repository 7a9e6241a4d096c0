import { deepStrictEqual, match, ok, strictEqual } from "node:assert"
import { createAnthropic } from "@ai-sdk/anthropic"
import { createOpenAI } from "@ai-sdk/openai"
import { createOpenAICompatible } from "@ai-sdk/openai-compatible"
import { embed, embedMany, generateText, Output, stepCountIs, streamText, tool } from "ai"
import {
  ada,
  anthropicModel,
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

export const name = "Vercel AI SDK"

export const checks = (urls) => {
  const openai = createOpenAI({ apiKey: "any", baseURL: urls.openai })
  const anthropic = createAnthropic({ apiKey: "any", baseURL: `${urls.anthropic}/v1` })
  const compatible = createOpenAICompatible({
    name: "emulated",
    apiKey: "any",
    baseURL: urls.openai,
    supportsStructuredOutputs: true,
    includeUsage: true
  })
  const models = {
    "openai (responses)": openai(openAiModel),
    "openai (chat)": openai.chat(openAiModel),
    anthropic: anthropic(anthropicModel),
    compatible: compatible(openAiModel)
  }
  const unknown = {
    "openai (responses)": openai(anthropicModel),
    "openai (chat)": openai.chat(anthropicModel),
    anthropic: anthropic(openAiModel),
    compatible: compatible(anthropicModel)
  }
  const weather = (asked) =>
    tool({
      description: "The weather of a city",
      inputSchema: city,
      execute: async (input) => {
        asked.push(input)
        return { degrees: 21 }
      }
    })
  const ofModel = ([label, model]) => ({
    [`${label}: chats`]: async () => {
      const { finishReason, text, usage } = await generateText({ model, prompt: "one two three" })
      strictEqual(text, "one two three")
      strictEqual(finishReason, "stop")
      ok(usage.inputTokens > 0 && usage.outputTokens > 0)
    },
    [`${label}: continues a conversation`]: async () => {
      const first = await generateText({ model, messages: [{ role: "user", content: "first" }] })
      const { text } = await generateText({
        model,
        system: "Be brief.",
        messages: [{ role: "user", content: "first" }, ...first.response.messages, { role: "user", content: "second" }]
      })
      strictEqual(text, "second")
    },
    [`${label}: streams`]: async () => {
      const result = streamText({ model, prompt: "one two three" })
      deepStrictEqual(await collect(result.textStream), ["one", " two", " three"])
      strictEqual(await result.finishReason, "stop")
      ok((await result.usage).outputTokens > 0)
    },
    [`${label}: runs tools to the end`]: async () => {
      const asked = []
      const result = await generateText({
        model,
        prompt: "weather?",
        tools: { weather: weather(asked) },
        stopWhen: stepCountIs(3)
      })
      assertAskedOnce(asked)
      strictEqual(result.text, forecast)
      strictEqual(result.steps.length, 2)
    },
    [`${label}: runs tools in a stream`]: async () => {
      const asked = []
      const result = streamText({
        model,
        prompt: "weather?",
        tools: { weather: weather(asked) },
        stopWhen: stepCountIs(3)
      })
      strictEqual((await collect(result.textStream)).join(""), forecast)
      assertAskedOnce(asked)
    },
    [`${label}: gets a structured output`]: async () => {
      const { output } = await generateText({ model, prompt: "Who is Ada?", output: Output.object({ schema: person }) })
      deepStrictEqual(output, ada)
    },
    [`${label}: streams a structured output`]: async () => {
      const result = streamText({ model, prompt: "Who is Ada?", output: Output.object({ schema: person }) })
      deepStrictEqual((await collect(result.partialOutputStream)).at(-1), ada)
    },
    [`${label}: reads a rate limit`]: async () => {
      const error = await failure(() => generateText({ model, prompt: "too much", maxRetries: 0 }))
      strictEqual(error.statusCode, 429)
      strictEqual(error.isRetryable, true)
      match(error.message, /Slow down/)
    },
    [`${label}: retries a busy server`]: () =>
      assertRetried(urls, async (prompt) => (await generateText({ model, prompt, maxRetries: 1 })).text),
    [`${label}: reads the error of an unknown model`]: async () => {
      const error = await failure(() => generateText({ model: unknown[label], prompt: "hi", maxRetries: 0 }))
      strictEqual(error.statusCode, 404)
    }
  })
  const embeddings = {
    openai: openai.embeddingModel("text-embedding-3-small"),
    compatible: compatible.embeddingModel("text-embedding-3-small")
  }
  const ofEmbeddings = ([label, model]) => ({
    [`${label}: embeds`]: async () => assertVector((await embed({ model, value: "a text" })).embedding),
    [`${label}: embeds many`]: async () => {
      const { embeddings } = await embedMany({ model, values: ["a", "b", "c"] })
      strictEqual(embeddings.length, 3)
      for (const vector of embeddings) assertVector(vector)
    }
  })
  return Object.assign({}, ...Object.entries(models).map(ofModel), ...Object.entries(embeddings).map(ofEmbeddings))
}
