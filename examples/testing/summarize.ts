/** The program that the tests in this folder test: it summarizes a text with a model. */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { ApiError } from "llmfx"
import { ChatCompletions, type OpenAi } from "llmfx/openai"

const request = (text: string) => ({
  model: "gpt-5.4-mini",
  messages: [
    { role: "developer" as const, content: "Summarize the user's text in one sentence." },
    { role: "user" as const, content: text }
  ]
})

/** Returns one sentence about a text, or the text itself if the model is not available. */
export const summarize = (text: string): Effect.Effect<string, ApiError.ApiError, OpenAi> =>
  ChatCompletions.create(request(text)).pipe(
    Effect.map((completion) => ChatCompletions.text(completion) || text),
    Effect.catchReason("ApiError", "OverloadedError", () => Effect.succeed(text))
  )

/** Streams the sentence. */
export const summarizeLive = (text: string): Stream.Stream<string, ApiError.ApiError, OpenAi> =>
  ChatCompletions.stream(request(text)).pipe(
    Stream.map(({ choices }) => choices[0]?.delta.content ?? ""),
    Stream.filter((piece) => piece !== "")
  )
