import { inputs } from "../inputs.ts"
import { cozeInput, sdks } from "../sdks.ts"
import type { MakeContender } from "./contender.ts"

export const make: MakeContender = (provider, url) => {
  const { anthropic, coze, openai } = sdks(url)
  const streams = {
    openai: async () => openai.chat.completions.create({ ...inputs.openai, stream: true }),
    anthropic: async () => anthropic.messages.create({ ...inputs.anthropic, stream: true }),
    coze: async () => coze.chat.stream(cozeInput)
  }
  const calls = {
    openai: () => openai.chat.completions.create({ ...inputs.openai }),
    anthropic: () => anthropic.messages.create({ ...inputs.anthropic }),
    coze: () => coze.chat.create(cozeInput)
  }
  return {
    stream: async (onEvent) => {
      const events: AsyncIterable<unknown> = await streams[provider]()
      for await (const event of events) onEvent(event)
    },
    call: (): Promise<unknown> => calls[provider]()
  }
}
