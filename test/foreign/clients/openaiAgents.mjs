import { deepStrictEqual, match, ok, strictEqual } from "node:assert"
import { Agent, OpenAIProvider, Runner, setTracingDisabled, tool } from "@openai/agents"
import {
  ada,
  anthropicModel,
  assertAskedOnce,
  assertRetried,
  city,
  collect,
  failure,
  forecast,
  openAiModel,
  person
} from "./shared.mjs"

export const name = "OpenAI Agents"

export const checks = (urls) => {
  setTracingDisabled(true)
  const runners = {
    responses: { useResponses: true },
    chat: { useResponses: false }
  }
  const weather = (asked) =>
    tool({
      name: "weather",
      description: "The weather of a city",
      parameters: city,
      execute: async (input) => {
        asked.push(input)
        return "21 degrees"
      }
    })
  const agent = (fields) => new Agent({ name: "helper", instructions: "Be brief.", model: openAiModel, ...fields })
  const ofApi = ([label, options]) => {
    const runner = new Runner({
      modelProvider: new OpenAIProvider({ apiKey: "any", baseURL: urls.openai, ...options }),
      tracingDisabled: true
    })
    return {
      [`${label}: chats`]: async () => {
        const result = await runner.run(agent(), "one two three")
        strictEqual(result.finalOutput, "one two three")
        ok(result.state.usage.totalTokens > 0)
      },
      [`${label}: continues a conversation`]: async () => {
        const first = await runner.run(agent(), "first")
        const next = await runner.run(agent(), [...first.history, { role: "user", content: "second" }])
        strictEqual(next.finalOutput, "second")
      },
      [`${label}: streams`]: async () => {
        const result = await runner.run(agent(), "one two three", { stream: true })
        const pieces = await collect(result.toTextStream())
        await result.completed
        deepStrictEqual(pieces, ["one", " two", " three"])
        strictEqual(result.finalOutput, "one two three")
      },
      [`${label}: runs tools to the end`]: async () => {
        const asked = []
        const result = await runner.run(agent({ tools: [weather(asked)] }), "weather?")
        strictEqual(result.finalOutput, forecast)
        assertAskedOnce(asked)
      },
      [`${label}: runs tools in a stream`]: async () => {
        const asked = []
        const result = await runner.run(agent({ tools: [weather(asked)] }), "weather?", { stream: true })
        await result.completed
        strictEqual(result.finalOutput, forecast)
        assertAskedOnce(asked)
      },
      [`${label}: hands over to another agent`]: async () => {
        const expert = agent({ name: "expert" })
        const result = await runner.run(agent({ handoffs: [expert] }), "ask the expert")
        strictEqual(result.lastAgent.name, "expert")
      },
      [`${label}: gets a structured output`]: async () => {
        const result = await runner.run(agent({ outputType: person }), "Who is Ada?")
        deepStrictEqual(result.finalOutput, ada)
      },
      [`${label}: reads a rate limit`]: async () => {
        // The client makes two more attempts, after the second that the server asks for.
        const error = await failure(() => runner.run(agent(), "too much"))
        strictEqual(error.status, 429)
        match(error.message, /Slow down/)
      },
      [`${label}: retries a busy server`]: () =>
        assertRetried(urls, async (text) => (await runner.run(agent(), text)).finalOutput),
      [`${label}: reads the error of an unknown model`]: async () => {
        const error = await failure(() => runner.run(agent({ model: anthropicModel }), "hi"))
        strictEqual(error.status, 404)
      }
    }
  }
  return Object.assign({}, ...Object.entries(runners).map(ofApi))
}
