import AnthropicSdk from "@anthropic-ai/sdk"
import { CozeAPI, RoleType } from "@coze/api"
import OpenAiSdk from "openai"
import { inputs, key } from "./inputs.ts"

/** The official clients. */
export const sdks = (url: string) => ({
  openai: new OpenAiSdk({ apiKey: key, baseURL: `${url}/v1` }),
  anthropic: new AnthropicSdk({ apiKey: key, baseURL: url }),
  coze: new CozeAPI({ token: key, baseURL: url })
})

/** The input of Coze, as its client's types want it. */
export const cozeInput = {
  ...inputs.coze,
  additional_messages: inputs.coze.additional_messages.map((message) => ({ ...message, role: RoleType.User }))
}
