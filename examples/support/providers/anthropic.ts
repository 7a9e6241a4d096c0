import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import { Anthropic, Messages, Models } from "llmfx/anthropic"
import type { Piece, Provider } from "../Provider.ts"

const model = "claude-sonnet-5"

export const anthropic = (options: { readonly demoUrl: string; readonly isLive: boolean }): Provider<Anthropic> => ({
  name: "Anthropic",
  model,
  live: options.isLive ? Anthropic.layerConfig() : undefined,
  demo: Anthropic.layer({ apiKey: Redacted.make("demo-key"), baseUrl: options.demoUrl }),

  chat: (question) =>
    Messages.create({ model, max_tokens: 300, messages: [{ role: "user", content: question }] }).pipe(
      Effect.map(({ content, usage }) => ({
        text: content.map((block) => (block.type === "text" ? block.text : "")).join(""),
        usage: { input: usage.input_tokens, output: usage.output_tokens }
      }))
    ),

  stream: (question) =>
    Messages.stream({ model, max_tokens: 300, messages: [{ role: "user", content: question }] }).pipe(
      Stream.mapAccum(
        () => 0,
        (input, event) => {
          const read = event.type === "message_start" ? event.message.usage.input_tokens : input
          return [read, [pieceOf(event, read)]] as const
        }
      )
    ),

  pages: Models.list.pages({ limit: 2 }).pipe(
    Stream.take(3),
    Stream.map(({ items }) => items.map(({ id }) => id))
  ),

  missing: Models.retrieve({ model_id: "claude-0" })
})

/** Input tokens are reported at the start of a stream, output tokens at its end. */
const pieceOf = (event: Messages.RawMessageStreamEvent, input: number): Piece => {
  switch (event.type) {
    case "content_block_delta":
      return event.delta.type === "text_delta" ? { text: event.delta.text } : {}
    case "message_delta":
      return { usage: { input, output: event.usage.output_tokens } }
    default:
      return {}
  }
}
