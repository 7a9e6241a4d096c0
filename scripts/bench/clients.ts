import AnthropicSdk from "@anthropic-ai/sdk"
import { CozeAPI, RoleType } from "@coze/api"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import type * as HttpClient from "effect/http/HttpClient"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Redacted from "effect/Redacted"
import { Anthropic } from "llmfx/anthropic/Anthropic"
import { Coze } from "llmfx/coze/Coze"
import { OpenAi } from "llmfx/openai/OpenAi"
import OpenAiSdk from "openai"
import { hasUndici } from "./nodeVersion.ts"

const key = "bench-key-0123456789"

export const headers = { "content-type": "application/json", authorization: `Bearer ${key}` }

/** All three services over one HTTP client, and that client. */
export const runtime = (url: string, http: Layer.Layer<HttpClient.HttpClient>) =>
  ManagedRuntime.make(
    Layer.mergeAll(
      OpenAi.layer({ apiKey: Redacted.make(key), baseUrl: `${url}/v1` }),
      Anthropic.layer({ apiKey: Redacted.make(key), baseUrl: url }),
      Coze.layer({ token: Redacted.make(key), baseUrl: url })
    ).pipe(Layer.provideMerge(http))
  )

export const fetchRuntime = (url: string) => runtime(url, FetchHttpClient.layer)

/** The fast client, only on runtimes new enough for it. */
export const undiciRuntime = async (url: string) => {
  if (!hasUndici()) return undefined
  const NodeHttpClient = await import("@effect/platform-node/NodeHttpClient")
  return runtime(url, NodeHttpClient.layerUndici)
}

export const sdks = (url: string) => ({
  openai: new OpenAiSdk({ apiKey: key, baseURL: `${url}/v1` }),
  anthropic: new AnthropicSdk({ apiKey: key, baseURL: url }),
  coze: new CozeAPI({ token: key, baseURL: url })
})

export const inputs = {
  openai: { model: "gpt-5.4-mini", messages: [{ role: "user" as const, content: "hi" }] },
  anthropic: { model: "claude-sonnet-5", max_tokens: 256, messages: [{ role: "user" as const, content: "hi" }] },
  coze: {
    bot_id: "7380000000000000003",
    user_id: "u1",
    additional_messages: [{ role: RoleType.User, content: "hi", content_type: "text" as const }]
  }
}

/** The least work any client does: fetch, cut into events, parse. */
export const bareStream = async (
  url: string,
  body: object,
  onEvent: (event: unknown) => void = () => undefined
): Promise<number> => {
  const response = await fetch(url, {
    method: "POST",
    headers,
    body: JSON.stringify({ ...body, stream: true })
  })
  const decoder = new TextDecoder()
  let pending = ""
  let events = 0
  for await (const bytes of response.body ?? []) {
    const lines = (pending + decoder.decode(bytes, { stream: true })).split("\n")
    pending = lines.pop() ?? ""
    for (const line of lines) {
      if (!line.startsWith("data: ") || line === "data: [DONE]") continue
      onEvent(JSON.parse(line.slice(6)))
      events++
    }
  }
  return events
}
