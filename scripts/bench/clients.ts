import * as FetchHttpClient from "effect/http/FetchHttpClient"
import type * as HttpClient from "effect/http/HttpClient"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Redacted from "effect/Redacted"
import { Anthropic } from "llmfx/anthropic/Anthropic"
import { Coze } from "llmfx/coze/Coze"
import { OpenAi } from "llmfx/openai/OpenAi"
import { key } from "./inputs.ts"
import { hasUndici } from "./nodeVersion.ts"

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
