import { bareStream, headers, inputs } from "../inputs.ts"
import type { MakeContender } from "./contender.ts"

const paths = { openai: "/v1/chat/completions", anthropic: "/v1/messages", coze: "/v3/chat" }

export const make: MakeContender = (provider, url) => ({
  stream: (onEvent) => bareStream(url + paths[provider], inputs[provider], onEvent),
  call: async () => {
    const body = JSON.stringify(inputs[provider])
    const response = await fetch(url + paths[provider], { method: "POST", headers, body })
    return response.json()
  }
})
