import { deepStrictEqual, match, ok, strictEqual } from "node:assert"
import { ChatAnthropic } from "@langchain/anthropic"
import { HumanMessage, ToolMessage } from "@langchain/core/messages"
import { tool } from "@langchain/core/tools"
import { ChatOpenAI, OpenAIEmbeddings } from "@langchain/openai"
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

export const name = "LangChain"

export const checks = (urls) => {
  const openai = (fields) =>
    new ChatOpenAI({
      model: openAiModel,
      apiKey: "any",
      maxRetries: 0,
      configuration: { baseURL: urls.openai },
      ...fields
    })
  const anthropic = (fields) =>
    new ChatAnthropic({
      model: anthropicModel,
      apiKey: "any",
      anthropicApiUrl: urls.anthropic,
      maxRetries: 0,
      ...fields
    })
  const models = {
    "openai (chat)": { make: openai, unknown: anthropicModel },
    "openai (responses)": {
      make: (fields) => openai({ useResponsesApi: true, ...fields }),
      unknown: anthropicModel
    },
    anthropic: { make: anthropic, unknown: openAiModel }
  }
  const weather = (asked) =>
    tool(
      async (input) => {
        asked.push(input)
        return "21 degrees"
      },
      { name: "weather", description: "The weather of a city", schema: city }
    )
  const ofModel = ([label, { make, unknown }]) => ({
    [`${label}: chats`]: async () => {
      const message = await make().invoke("one two three")
      strictEqual(message.text, "one two three")
      ok(message.usage_metadata.input_tokens > 0 && message.usage_metadata.output_tokens > 0)
    },
    [`${label}: continues a conversation`]: async () => {
      const first = new HumanMessage("first")
      const answer = await make().invoke([first])
      strictEqual((await make().invoke([first, answer, new HumanMessage("second")])).text, "second")
    },
    [`${label}: streams`]: async () => {
      const chunks = await collect(await make().stream("one two three"))
      deepStrictEqual(chunks.map(({ text }) => text).filter(Boolean), ["one", " two", " three"])
      const whole = chunks.reduce((sum, chunk) => sum.concat(chunk))
      ok(whole.usage_metadata.output_tokens > 0)
    },
    [`${label}: runs tools to the end`]: async () => {
      const asked = []
      const weatherTool = weather(asked)
      const model = make().bindTools([weatherTool])
      const question = new HumanMessage("weather?")
      const call = await model.invoke([question])
      const results = await Promise.all(call.tool_calls.map((toolCall) => weatherTool.invoke(toolCall)))
      ok(results.every((result) => result instanceof ToolMessage))
      strictEqual((await model.invoke([question, call, ...results])).text, forecast)
      assertAskedOnce(asked)
    },
    [`${label}: streams a tool call`]: async () => {
      const chunks = await collect(
        await make()
          .bindTools([weather([])])
          .stream("weather?")
      )
      const whole = chunks.reduce((sum, chunk) => sum.concat(chunk))
      deepStrictEqual(
        whole.tool_calls.map(({ name, args }) => ({ name, args })),
        [{ name: "weather", args: { city: "Paris" } }]
      )
    },
    [`${label}: gets a structured output`]: async () => {
      const model = make().withStructuredOutput(person, { name: "person" })
      deepStrictEqual(await model.invoke("Who is Ada?"), ada)
    },
    [`${label}: gets a structured output by a tool call`]: async () => {
      const model = make().withStructuredOutput(person, { name: "person", method: "functionCalling" })
      deepStrictEqual(await model.invoke("Who is Ada?"), ada)
    },
    [`${label}: reads a rate limit`]: async () => {
      const error = await failure(() => make().invoke("too much"))
      strictEqual(error.status, 429)
      match(error.message, /Slow down/)
    },
    [`${label}: retries a busy server`]: () =>
      assertRetried(urls, async (text) => (await make({ maxRetries: 1 }).invoke(text)).text),
    [`${label}: reads the error of an unknown model`]: async () => {
      const error = await failure(() => make({ model: unknown }).invoke("hi"))
      strictEqual(error.status, 404)
    }
  })
  const embeddings = () =>
    new OpenAIEmbeddings({ model: "text-embedding-3-small", apiKey: "any", configuration: { baseURL: urls.openai } })
  return Object.assign({}, ...Object.entries(models).map(ofModel), {
    "openai: embeds": async () => assertVector(await embeddings().embedQuery("a text")),
    "openai: embeds many": async () => {
      const vectors = await embeddings().embedDocuments(["a", "b", "c"])
      strictEqual(vectors.length, 3)
      for (const vector of vectors) assertVector(vector)
    }
  })
}
