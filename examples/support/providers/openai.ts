import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import { ChatCompletions, type Completions, Files, Models, OpenAi } from "llmfx/openai"
import type { Provider, Usage } from "../Provider.ts"

const model = "gpt-5.4-mini"

export const openai = (options: { readonly demoUrl: string; readonly isLive: boolean }): Provider<OpenAi> => ({
  name: "OpenAI",
  model,
  live: options.isLive ? OpenAi.layerConfig() : undefined,
  demo: OpenAi.layer({ apiKey: Redacted.make("demo-key"), baseUrl: options.demoUrl }),

  chat: (question) =>
    ChatCompletions.create({ model, messages: [{ role: "user", content: question }] }).pipe(
      Effect.map((completion) => ({ text: ChatCompletions.text(completion), usage: usageOf(completion.usage) }))
    ),

  stream: (question) =>
    ChatCompletions.stream({
      model,
      messages: [{ role: "user", content: question }],
      stream_options: { include_usage: true }
    }).pipe(Stream.map(({ choices, usage }) => ({ text: choices[0]?.delta.content ?? "", usage: usageOf(usage) }))),

  pages: Files.list.pages({ limit: 2 }).pipe(
    Stream.take(3),
    Stream.map(({ items }) => items.map(({ filename }) => filename))
  ),

  missing: Models.retrieve({ model: "gpt-0" })
})

const usageOf = (usage: Completions.CompletionUsage | null | undefined): Usage | undefined =>
  usage == null ? undefined : { input: usage.prompt_tokens, output: usage.completion_tokens }
