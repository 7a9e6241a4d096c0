import { createAnthropic } from "@ai-sdk/anthropic"
import { createOpenAI } from "@ai-sdk/openai"
import { generateText, streamText } from "ai"
import { key } from "../inputs.ts"
import type { MakeContender } from "./contender.ts"

export const make: MakeContender = (provider, url) => {
  const model =
    provider === "openai"
      ? createOpenAI({ apiKey: key, baseURL: `${url}/v1` }).chat("gpt-5.4-mini")
      : createAnthropic({ apiKey: key, baseURL: `${url}/v1` })("claude-sonnet-5")
  return {
    stream: async (onEvent) => {
      for await (const text of streamText({ model, prompt: "hi" }).textStream) onEvent(text)
    },
    call: () => generateText({ model, prompt: "hi" })
  }
}
