import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { Anthropic } from "llmfx/anthropic/Anthropic"
import * as Messages from "llmfx/anthropic/Messages"
import * as Chat from "llmfx/coze/Chat"
import type { Coze } from "llmfx/coze/Coze"
import * as ChatCompletions from "llmfx/openai/ChatCompletions"
import type { OpenAi } from "llmfx/openai/OpenAi"
import { fetchRuntime, undiciRuntime } from "../clients.ts"
import { inputs } from "../inputs.ts"
import type { Contender, MakeContender } from "./contender.ts"
import type { Provider } from "./gateway.ts"

type Service = OpenAi | Anthropic | Coze
type Runtime = ReturnType<typeof fetchRuntime>

const streams: { readonly [P in Provider]: Stream.Stream<unknown, unknown, Service> } = {
  openai: ChatCompletions.stream(inputs.openai),
  anthropic: Messages.stream(inputs.anthropic),
  coze: Chat.stream(inputs.coze)
}

const calls: { readonly [P in Provider]: Effect.Effect<unknown, unknown, Service> } = {
  openai: ChatCompletions.create(inputs.openai),
  anthropic: Messages.create(inputs.anthropic),
  coze: Chat.create(inputs.coze)
}

const over = (runtime: Runtime, provider: Provider): Contender => ({
  stream: (onEvent) =>
    runtime.runPromise(Stream.runForEach(streams[provider], (event) => Effect.sync(() => onEvent(event)))),
  call: () => runtime.runPromise(calls[provider])
})

export const make: MakeContender = (provider, url) => over(fetchRuntime(url), provider)

export const makeOverUndici: MakeContender = async (provider, url) => {
  const runtime = await undiciRuntime(url)
  if (runtime === undefined) throw new Error("undici's client needs Node 22.19 or later")
  return over(runtime, provider)
}
